"""Accessors under the names of PyPI `dlt` 1.x."""

from dlt.configuration import config, secrets

__all__ = ["config", "secrets"]
