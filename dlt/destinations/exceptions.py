"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    DatabaseException,
    DatabaseTerminalException,
    DatabaseTransientException,
    DatabaseUndefinedRelation,
    DestinationConnectionError,
    DestinationTerminalException,
    DestinationTransientException,
    DestinationUndefinedEntity,
    InvalidFilesystemLayout,
    LoadJobTerminalException,
    LoadJobTransientException,
    MergeDispositionException,
)

__all__ = [
    "CantExtractTablePrefix",
    "DatabaseException",
    "DatabaseTerminalException",
    "DatabaseTransientException",
    "DatabaseUndefinedRelation",
    "DestinationConnectionError",
    "DestinationSchemaWillNotUpdate",
    "DestinationUndefinedEntity",
    "InvalidFilesystemLayout",
    "InvalidPlaceholderCallback",
    "LoadClientNotConnected",
    "LoadJobFileTooBig",
    "LoadJobInvalidStateTransitionException",
    "LoadJobNotExistsException",
    "LoadJobTerminalException",
    "LoadJobTransientException",
    "MergeDispositionException",
]


class LoadClientNotConnected(DestinationTransientException):
    """Named by programs, raised by nothing here."""

    kind = "connection"


class DestinationSchemaWillNotUpdate(DestinationTerminalException):
    """Named by programs, raised by nothing here."""


class LoadJobNotExistsException(DestinationTerminalException):
    """Named by programs, raised by nothing here."""


class LoadJobInvalidStateTransitionException(DestinationTerminalException):
    """Named by programs, raised by nothing here."""


class LoadJobFileTooBig(DestinationTerminalException):
    """Named by programs, raised by nothing here."""


class InvalidPlaceholderCallback(DestinationTransientException):
    """Named by programs, raised by nothing here."""


class CantExtractTablePrefix(DestinationTerminalException):
    """Named by programs, raised by nothing here."""
