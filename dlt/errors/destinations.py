"""Errors of destinations and of reading from them."""

from __future__ import annotations

from collections.abc import Sequence

from dlt.errors.base import DltException, ReferenceImportError, TerminalException, TransientException


class DestinationException(DltException):
    """An error of a destination.

    Attributes:
        kind: What it is, one of `dlt.error_kinds.Kind`.
        clash: Another load was faster, so that another try at once may succeed.
        file: Name of the file of a package that it is about, empty where it is about none.
    """

    kind: str = "refused"
    clash: bool = False
    file: str = ""


class DestinationTerminalException(DestinationException, TerminalException):
    """An error of a destination that comes back on every try."""


class DestinationTransientException(DestinationException, TransientException):
    """An error of a destination that may be gone on the next try; one that says no more broke off on the way."""

    kind = "interrupted"


class DestinationConnectionError(DestinationTransientException):
    """The destination cannot be reached."""

    kind = "connection"


class DestinationUndefinedEntity(DestinationTerminalException):
    """Something is asked for that is not at the destination."""

    kind = "undefined"


class DatabaseException(DestinationException):
    """An error of a database; the cause is the driver's."""


class DatabaseTerminalException(DestinationTerminalException, DatabaseException):
    """A statement fails on every try."""


class DatabaseUndefinedRelation(DestinationUndefinedEntity, DatabaseException):
    """A table or dataset is not there."""


class DatabaseTransientException(DestinationTransientException, DatabaseException):
    """A statement may succeed on the next try; with `clash` another load was faster."""


class LoadPackageAborted(DestinationTerminalException):
    """A file of a package cannot be loaded, so that nothing of the package was."""


class LoadUndone(DestinationTerminalException):
    """A package is to be loaded whose load was undone; attribute load_id."""


class UndoRefused(DestinationTerminalException):
    """A load cannot be undone.

    Attributes:
        load_id: The load.
        blocking: Later loads that are in the way.
    """

    load_id: str = ""
    blocking: Sequence[str] = ()


class LoadJobTerminalException(DestinationTerminalException):
    """The function of a destination failed with an error that it calls terminal."""


class LoadJobTransientException(DestinationTransientException):
    """The function of a destination failed; the package waits for the next run."""


class MergeDispositionException(DestinationTerminalException):
    """Tables cannot be merged as they are declared, such as without a key."""


class InvalidFilesystemLayout(DestinationTerminalException):
    """The layout of files lacks or has placeholders that it must not."""


class UnknownDestinationModule(ReferenceImportError, DestinationException, KeyError):
    """There is no destination of this name."""


class InvalidDestinationReference(DestinationException):
    """What is given as destination is none."""


class UnknownDestinationSetting(DestinationTerminalException, TypeError):
    """A destination is given a setting that it does not have; attribute setting."""


class DestinationLoadingViaStagingNotSupported(DestinationTerminalException):
    """A destination does not load through the staging place that was given."""


class UnsupportedDataType(DestinationTerminalException):
    """The destination has no type for values of a column."""


class DestinationHasFailedJobs(DestinationTerminalException):
    """Jobs of a load failed, and the program asked to be told by an error."""


class LoadClientJobException(DestinationException):
    """A job of a load failed; attributes load_id, job_id, failed_message."""


class LoadClientJobFailed(DestinationHasFailedJobs, LoadClientJobException):
    """A job failed for good, and the load step raises; failed_jobs and destination_name as well."""


class DestinationSchemaTampered(DestinationTerminalException):
    """Tables at the destination are not as the library left them."""


class SchemaUpdateError(DestinationException):
    """Tables at the destination cannot become what the schema says."""


class SchemaUpdateTerminalError(SchemaUpdateError, DestinationTerminalException):
    """A change of a table fails on every try."""


class DestinationCapabilitiesException(DestinationException):
    """The destination cannot do what is asked for."""


class WriteDispositionNotSupported(DestinationCapabilitiesException):
    """The destination does not know this way to write."""


class TableFormatNotSupported(DestinationTerminalException):
    """The destination does not know this format of tables."""


class ChecksNotSupported(DestinationTerminalException):
    """The destination cannot do a check of data; attributes table, check."""


class ChecksFailed(DestinationTerminalException):
    """Checks of data failed, so that nothing of the load is visible.

    Attributes:
        checks: The results of all checks of the load.
    """


class OpenTableFormatNotSupported(DestinationTerminalException):
    """The place or the data does not go with this format of tables."""


class OpenTableClientNotAvailable(DestinationTerminalException):
    """The destination has no tables of an open format."""


class SqlClientNotAvailable(DestinationTerminalException):
    """The destination has no SQL."""


class DatasetException(DltException):
    """A dataset does not have, or cannot do, what is asked for."""


class IbisNotAvailable(DatasetException, NotImplementedError):
    """ibis cannot use the connection of a destination."""


class UnknownTable(DatasetException, ValueError, KeyError):
    """A dataset has no such table."""


class RelationException(DatasetException, ValueError):
    """A relation is not of the shape that is needed for what is asked of it."""


class RelationHasQueryException(RelationException):
    """Something is asked of a query that works on tables only."""


class LineageFailedException(DatasetException):
    """A query cannot be understood with the schema: it names what is not there, or selects nothing."""


class RelationUnknownColumnException(LineageFailedException, KeyError):
    """A table or query has no such column."""


class Superseded(DestinationTerminalException):
    """A later try of the same task took over; this one may not commit."""
