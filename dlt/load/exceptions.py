"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    DestinationTerminalException,
    DestinationTransientException,
    LoadClientJobException,
    LoadClientJobFailed,
    LoadPackageAborted,
)

__all__ = [
    "FollowupJobCreationFailedException",
    "LoadClientJobException",
    "LoadClientJobFailed",
    "LoadClientJobRetry",
    "LoadClientJobTerminalRetry",
    "LoadClientUnsupportedFileFormats",
    "LoadClientUnsupportedWriteDisposition",
    "LoadPackageAborted",
    "TableChainFollowupJobCreationFailedException",
]


LoadClientJobTerminalRetry = LoadClientJobFailed
"""The package waits, and the next load tries its jobs again."""


class LoadClientJobRetry(DestinationTransientException, LoadClientJobException):
    """Named by programs: a load raises the error of the destination itself."""


class LoadClientUnsupportedFileFormats(DestinationTerminalException):
    """Named by programs, raised by nothing here."""


class LoadClientUnsupportedWriteDisposition(DestinationTerminalException):
    """Named by programs, raised by nothing here."""


class FollowupJobCreationFailedException(DestinationTransientException):
    """Named by programs, raised by nothing here."""


class TableChainFollowupJobCreationFailedException(FollowupJobCreationFailedException):
    """Named by programs, raised by nothing here."""
