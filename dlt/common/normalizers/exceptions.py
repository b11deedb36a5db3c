"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    DltException,
)

__all__ = [
    "InvalidJsonNormalizer",
    "NormalizerException",
]


class NormalizerException(DltException):
    """Named by programs, raised by nothing here."""


class InvalidJsonNormalizer(NormalizerException):
    """Named by programs, raised by nothing here."""
