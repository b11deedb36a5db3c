"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    CantExtractTablePrefix,
    DatabaseException,
    DatabaseTerminalException,
    DatabaseTransientException,
    DatabaseUndefinedRelation,
    DestinationConnectionError,
    DestinationSchemaWillNotUpdate,
    InvalidFilesystemLayout,
    InvalidPlaceholderCallback,
    LoadClientNotConnected,
    LoadJobFileTooBig,
    LoadJobInvalidStateTransitionException,
    LoadJobNotExistsException,
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
