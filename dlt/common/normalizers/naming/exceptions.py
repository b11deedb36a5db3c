"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    InvalidNamingType,
    NamingTypeNotFound,
    NormalizersException,
    UnknownNamingModule,
)

__all__ = [
    "InvalidNamingType",
    "NamingTypeNotFound",
    "NormalizersException",
    "UnknownNamingModule",
]
