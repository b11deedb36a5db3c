"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    ExternalSchedulerNotAvailable,
    IncrementalCursorInvalidCoercion,
    IncrementalCursorPathHasValueNone,
    IncrementalCursorPathMissing,
    IncrementalPrimaryKeyMissing,
    IntervalNotAvailable,
)

__all__ = [
    "ExternalSchedulerNotAvailable",
    "IncrementalCursorInvalidCoercion",
    "IncrementalCursorPathHasValueNone",
    "IncrementalCursorPathMissing",
    "IncrementalPrimaryKeyMissing",
    "IntervalNotAvailable",
]
