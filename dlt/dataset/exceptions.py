"""Errors of datasets under the names of PyPI `dlt` 1.x."""

from dlt.errors import DatasetException, DltException, RelationHasQueryException, RelationUnknownColumnException

__all__ = [
    "DatasetException",
    "LineageFailedException",
    "RelationHasQueryException",
    "RelationUnknownColumnException",
]


class LineageFailedException(DltException):
    """Named by programs, raised by nothing here."""
