"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    DltException,
)

__all__ = [
    "NormalizeException",
    "NormalizeJobFailed",
]


class NormalizeException(DltException):
    """Named by programs, raised by nothing here."""


class NormalizeJobFailed(NormalizeException):
    """Named by programs, raised by nothing here."""
