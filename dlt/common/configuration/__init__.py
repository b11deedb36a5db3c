"""Configuration under the names of PyPI `dlt` 1.x."""

from dlt.configuration import configspec, resolve_configuration, with_config

__all__ = ["configspec", "resolve_configuration", "with_config"]
