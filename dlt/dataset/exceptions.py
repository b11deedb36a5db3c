"""Errors of datasets under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    DatasetException,
    LineageFailedException,
    RelationHasQueryException,
    RelationUnknownColumnException,
)

__all__ = [
    "DatasetException",
    "LineageFailedException",
    "RelationHasQueryException",
    "RelationUnknownColumnException",
]
