"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import NormalizeException, NormalizeJobFailed

__all__ = [
    "NormalizeException",
    "NormalizeJobFailed",
]
