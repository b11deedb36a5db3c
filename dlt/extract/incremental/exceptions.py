"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    DltException,
    IncrementalCursorInvalidCoercion,
    IncrementalCursorPathHasValueNone,
    IncrementalCursorPathMissing,
    IncrementalPrimaryKeyMissing,
    PipeException,
)

__all__ = [
    "ExternalSchedulerNotAvailable",
    "IncrementalCursorInvalidCoercion",
    "IncrementalCursorPathHasValueNone",
    "IncrementalCursorPathMissing",
    "IncrementalPrimaryKeyMissing",
    "IntervalNotAvailable",
    "JoinSchedulerError",
]


class IntervalNotAvailable(DltException):
    """Named by programs, raised by nothing here."""


class ExternalSchedulerNotAvailable(PipeException):
    """Named by programs, raised by nothing here."""


class JoinSchedulerError(PipeException):
    """Named by programs, raised by nothing here."""
