"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import DltException

__all__ = ["RunContextNotAvailable", "RuntimeException"]


class RuntimeException(DltException):
    """Named by programs, raised by nothing here."""


class RunContextNotAvailable(RuntimeException):
    """Named by programs, raised by nothing here."""
