"""Errors of sources, resources and their items."""

from __future__ import annotations

from dlt.errors.base import DltException, TransientException


class ExtractorException(DltException):
    """The work of extract cannot go on."""


class DltSourceException(DltException):
    """A source is not as it must be."""


class DltResourceException(DltSourceException):
    """A resource is not as it must be."""

    in_1x = ("resource_name", "msg")


class BrokenFile(DltException, ValueError):
    """A file is not what its name or its reader says; with its URL and, where there is one, the line."""

    file_url: str


class ResourceNameMissing(DltResourceException):
    """Data has no name by which its table can be called."""


class ResourceNotFoundError(DltResourceException, KeyError):
    """The source has no resource of this name."""


class InvalidResourceDataType(DltResourceException):
    """A resource is made of what it cannot be made of."""


class InvalidParallelResourceDataType(InvalidResourceDataType):
    """A resource whose items cannot come from threads is to be parallel."""


class InvalidResourceDataTypeBasic(InvalidResourceDataType):
    """A resource is made of a text or a dict, which are no lists of rows."""


class InvalidResourceDataTypeIsNone(InvalidResourceDataType):
    """A resource is made of None; a function may lack its `return` or `yield`."""


class InvalidResourceReturnsResource(InvalidResourceDataType):
    """A resource gives resources in place of items."""


class ResourceFunctionExpected(InvalidResourceDataType):
    """A transformer is made of something that is no function."""


class InvalidParentResourceDataType(InvalidResourceDataType):
    """A transformer gets its items from something that is no resource."""


class InvalidTransformerGeneratorFunction(DltResourceException):
    """The function of a transformer takes no item.

    Attributes:
        code: 1 where it has no parameter, 2 where a second one cannot be passed by name, 3 where the first can only be.
    """


class InvalidResourceDataTypeMultiplePipes(InvalidResourceDataType):
    """A resource that has data is given more of it, or a function returns two of one name."""


class ParametrizedResourceUnbound(DltResourceException, TypeError):
    """A resource whose function needs arguments was not called, and the configuration has none.

    Attributes:
        func_name: Name of the function.
        sig: Its signature.
    """


class DeletingResourcesNotSupported(DltResourceException):
    """A resource is deleted from its source, where it can only be deselected."""


class ResourceNotATransformer(DltResourceException):
    """A pipe leads to a resource that takes no items."""


class DataItemRequiredForDynamicTableHints(DltResourceException):
    """Hints are functions of the item, and no item is given."""


class IncrementalUnboundError(DltResourceException):
    """An incremental is asked for its value outside of a run."""


class InconsistentTableTemplate(DltSourceException):
    """Hints of one table contradict each other."""


class SourceDataIsNone(DltSourceException):
    """The function of a source returned None."""


class SourceExhausted(DltSourceException):
    """A generator that was consumed before is to be extracted once more."""


class ResourcesNotFoundError(DltSourceException):
    """Resources are selected that the source does not have."""


class SourceNotAFunction(DltSourceException):
    """A source is made of something that is no function."""


class SourceIsAClassTypeError(DltSourceException):
    """A source is made of a class."""


class CurrentSourceSchemaNotAvailable(DltSourceException):
    """The schema of the source at work is asked for where none works."""


class CurrentSourceNotAvailable(DltSourceException):
    """The source at work is asked for where none works."""


class ArgumentsOverloadException(DltException):
    """Arguments of a call exclude each other.

    Attributes:
        func_name: What was called.
    """


class ExplicitSourceNameInvalid(ArgumentsOverloadException, DltSourceException):
    """A source's name is not that of its schema."""


class PipeException(DltException):
    """An item cannot go through the steps of a resource."""

    in_1x = ("pipe_name", "msg")


class PipeGenInvalid(PipeException, InvalidResourceDataTypeIsNone):
    """The function of a resource returned None where items are due."""


class CreatePipeException(PipeException):
    """The steps of a resource cannot be lined up."""


class PipeNotBoundToData(PipeException):
    """A transformer has no parent that gives it items."""


class InvalidStepFunctionArguments(PipeException):
    """A function that is to be a step cannot be called with an item."""


class ResourceExtractionError(PipeException):
    """The code of a resource failed; the cause is its error.

    Attributes:
        resource_name: Name of the resource.
        pipe_name: The same.
        item_position: Of the item that failed, counted from 0.
        kind: "generator" where the items are made, "transform" behind.
        func_name: Name of the function, or class of what made the items.
        msg: What the error says.
    """


class IncrementalCursorPathMissing(PipeException):
    """An item has no field of the cursor's name."""


class IncrementalCursorPathHasValueNone(PipeException):
    """The cursor of an item is None."""


class IncrementalCursorInvalidCoercion(PipeException):
    """The cursor of an item cannot be compared with the start or end value."""


class IncrementalPrimaryKeyMissing(PipeException):
    """An item lacks the key by which rows at the boundary are told apart."""


class ReplicationError(DltSourceException):
    """Replication of a PostgreSQL cannot begin, or not go on."""


class StreamBroken(ReplicationError):
    """The connection by which changes come was lost."""


class IncompatiblePostgresVersionException(ReplicationError):
    """The server is too old for what is asked of it."""


class NoPrimaryKeyException(ReplicationError):
    """Rows of a table are updated or deleted, and nothing tells which ones they are."""


class SqlDatabaseError(DltSourceException):
    """A database that is read refuses what it is asked, or lets nobody in."""


class SqlDatabaseTableMissing(SqlDatabaseError, KeyError):
    """A database that is read has no table, view or column of this name."""


class SqlDatabaseUnreachable(SqlDatabaseError, TransientException):
    """A database that is read does not answer, or not any more; another try may succeed."""
