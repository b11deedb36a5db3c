"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    DestinationTerminalException,
    DestinationTransientException,
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


class LoadClientJobException(Exception):
    """Named by programs, raised by nothing here."""


class LoadClientJobFailed(DestinationTerminalException, LoadClientJobException):
    """Named by programs, raised by nothing here."""


class LoadClientJobTerminalRetry(DestinationTerminalException, LoadClientJobException):
    """Named by programs, raised by nothing here."""


class LoadClientJobRetry(DestinationTransientException, LoadClientJobException):
    """Named by programs, raised by nothing here."""


class LoadClientUnsupportedFileFormats(DestinationTerminalException):
    """Named by programs, raised by nothing here."""


class LoadClientUnsupportedWriteDisposition(DestinationTerminalException):
    """Named by programs, raised by nothing here."""


class FollowupJobCreationFailedException(DestinationTransientException):
    """Named by programs, raised by nothing here."""


class TableChainFollowupJobCreationFailedException(FollowupJobCreationFailedException):
    """Named by programs, raised by nothing here."""
