"""Specs and injection under the names that sources of PyPI `dlt` 1.x import."""

from dlt.configuration.inject import with_config
from dlt.configuration.spec import configspec

__all__ = ["configspec", "with_config"]
