"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    CreatePipeException,
    CurrentSourceNotAvailable,
    CurrentSourceSchemaNotAvailable,
    DataItemRequiredForDynamicTableHints,
    DeletingResourcesNotSupported,
    DltResourceException,
    DltSourceException,
    ExplicitSourceNameInvalid,
    ExtractorException,
    InconsistentTableTemplate,
    IncrementalUnboundError,
    InvalidParallelResourceDataType,
    InvalidParentResourceDataType,
    InvalidResourceDataType,
    InvalidResourceDataTypeBasic,
    InvalidResourceDataTypeIsNone,
    InvalidResourceDataTypeMultiplePipes,
    InvalidResourceReturnsResource,
    InvalidStepFunctionArguments,
    InvalidTransformerGeneratorFunction,
    ParametrizedResourceUnbound,
    PipeException,
    PipeGenInvalid,
    PipeNotBoundToData,
    ReferenceImportError,
    ResourceExtractionError,
    ResourceFunctionExpected,
    ResourceNameMissing,
    ResourceNotATransformer,
    ResourceNotFoundError,
    ResourcesNotFoundError,
    SourceDataIsNone,
    SourceExhausted,
    SourceIsAClassTypeError,
    SourceNotAFunction,
)

__all__ = [
    "CreatePipeException",
    "CurrentSourceNotAvailable",
    "CurrentSourceSchemaNotAvailable",
    "DataItemRequiredForDynamicTableHints",
    "DataLocationKindRequired",
    "DeletingResourcesNotSupported",
    "DltResourceException",
    "DltSourceException",
    "ExplicitSourceNameInvalid",
    "ExtractorException",
    "InconsistentTableTemplate",
    "IncrementalUnboundError",
    "InvalidParallelResourceDataType",
    "InvalidParentResourceDataType",
    "InvalidParentResourceIsAFunction",
    "InvalidResourceDataType",
    "InvalidResourceDataTypeBasic",
    "InvalidResourceDataTypeIsNone",
    "InvalidResourceDataTypeMultiplePipes",
    "InvalidResourceReturnsResource",
    "InvalidSourceReference",
    "InvalidStepFunctionArguments",
    "InvalidTransformerDataTypeGeneratorFunctionRequired",
    "InvalidTransformerGeneratorFunction",
    "ParametrizedResourceUnbound",
    "PipeException",
    "PipeGenInvalid",
    "PipeItemProcessingError",
    "PipeNotBoundToData",
    "ResourceExtractionError",
    "ResourceFunctionExpected",
    "ResourceNameMissing",
    "ResourceNotATransformer",
    "ResourceNotFoundError",
    "ResourcesNotFoundError",
    "SourceDataIsNone",
    "SourceExhausted",
    "SourceIsAClassTypeError",
    "SourceNotAFunction",
    "UnclosablePipe",
    "UnknownSourceReference",
]


class DataLocationKindRequired(DltResourceException):
    """Named by programs, raised by nothing here."""


class PipeItemProcessingError(PipeException):
    """Named by programs, raised by nothing here."""


class InvalidTransformerDataTypeGeneratorFunctionRequired(ResourceFunctionExpected):
    """Named by programs, raised by nothing here."""


class InvalidParentResourceIsAFunction(InvalidParentResourceDataType):
    """Named by programs, raised by nothing here."""


class UnknownSourceReference(ReferenceImportError, DltSourceException, KeyError):
    """Named by programs, raised by nothing here."""


class InvalidSourceReference(DltSourceException):
    """Named by programs, raised by nothing here."""


class UnclosablePipe(PipeException):
    """Named by programs, raised by nothing here."""
