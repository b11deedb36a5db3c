"""Injection under the names of PyPI `dlt` 1.x."""

from dlt.configuration import spec_from_signature, with_config

__all__ = ["spec_from_signature", "with_config"]
