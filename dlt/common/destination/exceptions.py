"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    DestinationCapabilitiesException,
    DestinationException,
    DestinationHasFailedJobs,
    DestinationLoadingViaStagingNotSupported,
    DestinationSchemaTampered,
    DestinationTerminalException,
    DestinationTransientException,
    DestinationUndefinedEntity,
    InvalidDestinationReference,
    OpenTableClientNotAvailable,
    OpenTableFormatNotSupported,
    SchemaUpdateError,
    SchemaUpdateTerminalError,
    SqlClientNotAvailable,
    TableFormatNotSupported,
    UnknownDestinationModule,
    UnsupportedDataType,
    WriteDispositionNotSupported,
)

__all__ = [
    "DatasetNotAvailable",
    "DestinationCapabilitiesException",
    "DestinationException",
    "DestinationHasFailedJobs",
    "DestinationIncompatibleLoaderFileFormatException",
    "DestinationInvalidFileFormat",
    "DestinationLoadingViaStagingNotSupported",
    "DestinationLoadingWithoutStagingNotSupported",
    "DestinationNoStagingMode",
    "DestinationSchemaTampered",
    "DestinationTerminalException",
    "DestinationTransientException",
    "DestinationUndefinedEntity",
    "FSClientNotAvailable",
    "IdentifierTooLongException",
    "InvalidDestinationReference",
    "OpenTableCatalogNotSupported",
    "OpenTableClientNotAvailable",
    "OpenTableFormatNotSupported",
    "SchemaUpdateError",
    "SchemaUpdateTerminalError",
    "SchemaUpdateTransientError",
    "SqlClientNotAvailable",
    "TableFormatNotSupported",
    "UnknownDestinationModule",
    "UnsupportedDataType",
    "WriteDispositionNotSupported",
]


class DestinationLoadingWithoutStagingNotSupported(DestinationTerminalException):
    """Named by programs, raised by nothing here."""


class DestinationNoStagingMode(DestinationTerminalException):
    """Named by programs, raised by nothing here."""


class DestinationIncompatibleLoaderFileFormatException(DestinationTerminalException):
    """No format of files is one that both a destination and its staging have."""


class IdentifierTooLongException(DestinationTerminalException):
    """Named by programs, raised by nothing here."""


class SchemaUpdateTransientError(SchemaUpdateError, DestinationTransientException):
    """Named by programs, raised by nothing here."""


class DestinationInvalidFileFormat(DestinationTerminalException):
    """Named by programs, raised by nothing here."""


class OpenTableCatalogNotSupported(DestinationTerminalException):
    """Named by programs, raised by nothing here."""


class DatasetNotAvailable(DestinationTerminalException):
    """Named by programs, raised by nothing here."""


class FSClientNotAvailable(DestinationTerminalException):
    """Named by programs, raised by nothing here."""
