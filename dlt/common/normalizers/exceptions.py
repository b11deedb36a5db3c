"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    InvalidJsonNormalizer,
    NormalizerException,
)

__all__ = [
    "InvalidJsonNormalizer",
    "NormalizerException",
]
