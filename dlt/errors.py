"""Every exception of the library, in one tree.

Each message says what failed, on which thing, what was found and what to do; details are attributes.

    DltException
        DictValidationException
            InvalidHint
        MissingDependencyException
        DependencyVersionException
        SystemConfigurationException
        PipelineException
            PipelineStateNotAvailable
            ResourceNameNotAvailable
            SourceSectionNotAvailable
            InvalidPipelineName
            PipelineConfigMissing
            CannotRestorePipelineException
            PipelineStepFailed
            PipelineStateEngineNoUpgradePathException
            PipelineHasPendingDataException
            PipelineNeverRan
            PipelineNotActive
            PipelineLocked
        ExtractorException
        DltSourceException
            DltResourceException
                ResourceNameMissing
                DataLocationKindRequired
                ResourceNotFoundError
                InvalidResourceDataType
                    InvalidParallelResourceDataType
                    InvalidResourceDataTypeBasic
                    InvalidResourceDataTypeMultiplePipes
                    InvalidTransformerDataTypeGeneratorFunctionRequired
                    InvalidResourceDataTypeIsNone
                    InvalidResourceReturnsResource
                    ResourceFunctionExpected
                    InvalidParentResourceDataType
                InvalidTransformerGeneratorFunction
                InvalidParentResourceIsAFunction
                DeletingResourcesNotSupported
                ParametrizedResourceUnbound
                ResourceNotATransformer
                DataItemRequiredForDynamicTableHints
                IncrementalUnboundError
            InconsistentTableTemplate
            SourceDataIsNone
            SourceExhausted
            ResourcesNotFoundError
            SourceNotAFunction
            SourceIsAClassTypeError
            CurrentSourceSchemaNotAvailable
            CurrentSourceNotAvailable
            ExplicitSourceNameInvalid
            InvalidSourceReference
        PipeException
            CreatePipeException
            PipeItemProcessingError
            PipeNotBoundToData
            InvalidStepFunctionArguments
            ResourceExtractionError
            PipeGenInvalid
            IncrementalCursorPathMissing
            IncrementalCursorPathHasValueNone
            IncrementalCursorInvalidCoercion
            IncrementalPrimaryKeyMissing
            ExternalSchedulerNotAvailable
        ReferenceImportError
            UnknownSourceReference
            UnknownDestinationModule
        IntervalNotAvailable
        NormalizeException
            NormalizeJobFailed
        DestinationException
            DestinationTerminalException
                LoadClientJobFailed
                LoadClientJobTerminalRetry
                LoadPackageAborted
                LoadClientUnsupportedFileFormats
                LoadClientUnsupportedWriteDisposition
                DatabaseTerminalException
                DestinationUndefinedEntity
                    DatabaseUndefinedRelation
                DestinationSchemaWillNotUpdate
                LoadJobNotExistsException
                LoadJobTerminalException
                LoadJobInvalidStateTransitionException
                LoadJobFileTooBig
                MergeDispositionException
                InvalidFilesystemLayout
                CantExtractTablePrefix
                UnknownDestinationSetting
                DestinationLoadingViaStagingNotSupported
                DestinationLoadingWithoutStagingNotSupported
                DestinationNoStagingMode
                DestinationIncompatibleLoaderFileFormatException
                IdentifierTooLongException
                UnsupportedDataType
                DestinationHasFailedJobs
                DestinationSchemaTampered
                DestinationInvalidFileFormat
                TableFormatNotSupported
                OpenTableFormatNotSupported
                OpenTableCatalogNotSupported
                SqlClientNotAvailable
                DatasetNotAvailable
                OpenTableClientNotAvailable
                FSClientNotAvailable
            DestinationTransientException
                LoadClientJobRetry
                DatabaseTransientException
                DestinationConnectionError
                LoadClientNotConnected
                LoadJobTransientException
                InvalidPlaceholderCallback
            DatabaseException
            InvalidDestinationReference
            SchemaUpdateError
                SchemaUpdateTransientError
                SchemaUpdateTerminalError
            DestinationCapabilitiesException
                WriteDispositionNotSupported
        ConfigurationException
            ConfigurationValueError
                ConfigValueCannotBeCoercedException
            ConfigProviderException
                DuplicateConfigProviderException
            ConfigurationWrongTypeException
            ConfigFieldMissingException
            FinalConfigFieldException
            ConfigFileNotFoundException
            ConfigFieldMissingTypeHintException
            ConfigFieldTypeHintNotSupported
            ValueNotSecretException
            InvalidNativeValue
            SpecException
                OAuth2ScopesRequired
                NativeValueError
                    InvalidConnectionString
                    InvalidGoogleNativeCredentialsType
                    InvalidGoogleServicesJson
                    InvalidGoogleOauth2Json
                    InvalidBoto3Session
                    InvalidAzureCredential
            UnsupportedAuthenticationMethodException
        SchemaException
            InvalidSchemaName
            CannotCoerceColumnException
            TablePropertiesConflictException
            ParentTableNotFoundException
            CannotCoerceNullException
            SchemaCorruptedException
                SchemaIdentifierNormalizationCollision
            SchemaEngineNoUpgradePathException
            DataValidationError
            TableNotFound
            TableIdentifiersFrozen
            IncompatibleSchemaException
            ColumnNameConflictException
            UnboundColumnException
            UnboundColumnWithoutTypeException
            TooManyColumns
        StorageException
            NoMigrationPathException
            WrongStorageVersionException
            UnsupportedStorageVersionException
            StorageMigrationError
            LoadStorageException
                JobFileFormatUnsupported
                LoadPackageNotFound
                LoadPackageCancelled
                LoadPackageAlreadyCompleted
                LoadPackageNotCompleted
                LoadPackageInconsistent
                PackageCorrupt
            SchemaStorageException
                InStorageSchemaModified
                SchemaNotFoundError
                UnexpectedSchemaName
            CurrentLoadPackageStateNotAvailable
            WorkingFolderDamaged
        DataWriterException
            InvalidFileNameTemplateException
            InvalidEncoding
            InvalidEncodingErrors
            FileImportNotFound
            DestinationCapabilitiesRequired
            DataWriterNotFound
                FileFormatForItemFormatNotFound
            InvalidDataItem
            IncompatibleArrowSchema
        NormalizerException
            InvalidJsonNormalizer
        NormalizersException
            UnknownNamingModule
            NamingTypeNotFound
            InvalidNamingType
        DatasetException
            RelationHasQueryException
            RelationUnknownColumnException
    ValueErrorWithKnownValues
    TypeErrorWithKnownTypes
    TerminalException
        TerminalValueError
        SignalReceivedException
    TransientException
    WithJobError
        LoadClientJobException
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dlt.redact import clean_current_error, redact


class DltException(Exception):
    """Base of all errors that the library raises.

    Args:
        message: What failed, on which thing, what was found and what to do.
        **attributes: Details, kept as attributes of the exception.
    """

    def __init__(self, message: str = "", **attributes: Any) -> None:
        # what it will be printed with must not show a secret either
        clean_current_error()
        self.message = redact(message)
        super().__init__(self.message)
        self.__dict__.update(attributes)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __str__(self) -> str:
        # KeyError, a base of some, would print the repr of the message
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # pipelines and connections stay where they are, and so do causes that hold them
        details = {key: value for key, value in self.__dict__.items() if _travels(value)}
        cause = self.__cause__ if _travels(self.__cause__) else None
        return _rebuild, (type(self), self.message, details, cause)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, its cause, the cause of that, and so on; each once, as errors may be causes of each other.

    Args:
        error: The outermost one.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__


class ValueErrorWithKnownValues(ValueError):
    """Say which values are accepted in place of the one found."""

    def __init__(self, key: str, found: Any, known: Any) -> None:
        super().__init__(f"{key}: found {found!r}, expected one of {list(known)!r}")


class TypeErrorWithKnownTypes(TypeError):
    """Say which types are accepted in place of the one found."""

    def __init__(self, key: str, found: Any, known: Any) -> None:
        super().__init__(f"{key}: found {found!r}, expected one of {list(known)!r}")


class TerminalException(BaseException):
    """Mark an error that comes back on every try."""


class TransientException(BaseException):
    """Mark an error that may be gone on the next try."""


class TerminalValueError(TerminalException, ValueError):
    """Terminal value error."""


class SignalReceivedException(KeyboardInterrupt, TerminalException):
    """Raised at a safe point after SIGINT or SIGTERM."""

    def __init__(self, signal_code: int) -> None:
        super().__init__(f"signal {signal_code} received: the step stops at a safe point")
        self.signal_code = signal_code


class DictValidationException(DltException):
    """Dict validation."""


class InvalidHint(DictValidationException, ValueError):
    """A hint of a table or column is not known, or has a value that cannot be; attributes hint, column_name, found."""


class MissingDependencyException(DltException, ImportError):
    """Missing dependency."""


class DependencyVersionException(DltException):
    """Dependency version."""


class SystemConfigurationException(DltException):
    """System configuration."""


class PipelineException(DltException):
    """Pipeline."""


class PipelineStateNotAvailable(PipelineException):
    """Pipeline state not available."""


class ResourceNameNotAvailable(PipelineException):
    """Resource name not available."""


class SourceSectionNotAvailable(PipelineException):
    """Source section not available."""


class InvalidPipelineName(PipelineException, ValueError):
    """Invalid pipeline name."""


class PipelineConfigMissing(PipelineException):
    """Pipeline config missing."""


class CannotRestorePipelineException(PipelineException):
    """Cannot restore pipeline."""


class PipelineStepFailed(PipelineException):
    """A step failed; attributes pipeline, step, load_id, exception, step_info, has_pending_data."""


class PipelineStateEngineNoUpgradePathException(PipelineException):
    """Pipeline state engine no upgrade path."""


class PipelineHasPendingDataException(PipelineException):
    """Pipeline has pending data."""


class PipelineNeverRan(PipelineException):
    """Pipeline never ran."""


class PipelineNotActive(PipelineException):
    """Pipeline not active."""


class ExtractorException(DltException):
    """Extractor."""


class DltSourceException(DltException):
    """Dlt source."""


class DltResourceException(DltSourceException):
    """Dlt resource."""


class PipeException(DltException):
    """Pipe."""


class CreatePipeException(PipeException):
    """Create pipe."""


class PipeItemProcessingError(PipeException):
    """Pipe item processing error."""


class PipeNotBoundToData(PipeException):
    """Pipe not bound to data."""


class InvalidStepFunctionArguments(PipeException):
    """Invalid step function arguments."""


class ResourceExtractionError(PipeException):
    """Resource extraction error."""


class PipeGenInvalid(PipeException):
    """Pipe gen invalid."""


class ResourceNameMissing(DltResourceException):
    """Resource name missing."""


class DataLocationKindRequired(DltResourceException):
    """Data location kind required."""


class ResourceNotFoundError(DltResourceException, KeyError):
    """Resource not found error."""


class InvalidResourceDataType(DltResourceException):
    """Invalid resource data type."""


class InvalidParallelResourceDataType(InvalidResourceDataType):
    """Invalid parallel resource data type."""


class InvalidResourceDataTypeBasic(InvalidResourceDataType):
    """Invalid resource data type basic."""


class InvalidResourceDataTypeMultiplePipes(InvalidResourceDataType):
    """Invalid resource data type multiple pipes."""


class InvalidTransformerDataTypeGeneratorFunctionRequired(InvalidResourceDataType):
    """Invalid transformer data type generator function required."""


class InvalidTransformerGeneratorFunction(DltResourceException):
    """Invalid transformer generator function."""


class InvalidResourceDataTypeIsNone(InvalidResourceDataType):
    """Invalid resource data type is none."""


class InvalidResourceReturnsResource(InvalidResourceDataType):
    """Invalid resource returns resource."""


class ResourceFunctionExpected(InvalidResourceDataType):
    """Resource function expected."""


class InvalidParentResourceDataType(InvalidResourceDataType):
    """Invalid parent resource data type."""


class InvalidParentResourceIsAFunction(DltResourceException):
    """Invalid parent resource is afunction."""


class DeletingResourcesNotSupported(DltResourceException):
    """Deleting resources not supported."""


class ParametrizedResourceUnbound(DltResourceException):
    """Parametrized resource unbound."""


class ResourceNotATransformer(DltResourceException):
    """Resource not atransformer."""


class InconsistentTableTemplate(DltSourceException):
    """Inconsistent table template."""


class DataItemRequiredForDynamicTableHints(DltResourceException):
    """Data item required for dynamic table hints."""


class SourceDataIsNone(DltSourceException):
    """Source data is none."""


class SourceExhausted(DltSourceException):
    """Source exhausted."""


class ResourcesNotFoundError(DltSourceException):
    """Resources not found error."""


class SourceNotAFunction(DltSourceException):
    """Source not afunction."""


class SourceIsAClassTypeError(DltSourceException):
    """Source is aclass type error."""


class CurrentSourceSchemaNotAvailable(DltSourceException):
    """Current source schema not available."""


class CurrentSourceNotAvailable(DltSourceException):
    """Current source not available."""


class ExplicitSourceNameInvalid(DltSourceException):
    """Explicit source name invalid."""


class ReferenceImportError(DltException, ImportError):
    """Reference import error."""


class UnknownSourceReference(ReferenceImportError, DltSourceException, KeyError):
    """Unknown source reference."""


class InvalidSourceReference(DltSourceException):
    """Invalid source reference."""


class IncrementalUnboundError(DltResourceException):
    """Incremental unbound error."""


class IntervalNotAvailable(DltException):
    """Interval not available."""


class IncrementalCursorPathMissing(PipeException):
    """Incremental cursor path missing."""


class IncrementalCursorPathHasValueNone(PipeException):
    """Incremental cursor path has value none."""


class IncrementalCursorInvalidCoercion(PipeException):
    """Incremental cursor invalid coercion."""


class IncrementalPrimaryKeyMissing(PipeException):
    """Incremental primary key missing."""


class ExternalSchedulerNotAvailable(PipeException):
    """External scheduler not available."""


class NormalizeException(DltException):
    """Normalize."""


class WithJobError(Exception):
    """With job error."""


class NormalizeJobFailed(NormalizeException, WithJobError):
    """Normalize job failed."""


class LoadClientJobException(WithJobError):
    """Load client job."""


class DestinationException(DltException):
    """An error of a destination.

    Attributes:
        kind: What it is, one of `dlt.error_kinds.Kind`.
    """

    kind: str = "refused"


class DestinationTerminalException(DestinationException, TerminalException):
    """Destination terminal."""


class LoadClientJobFailed(DestinationTerminalException, LoadClientJobException):
    """Load client job failed."""


class LoadClientJobTerminalRetry(DestinationTerminalException, LoadClientJobException):
    """Load client job terminal retry."""


class LoadPackageAborted(DestinationTerminalException):
    """Load package aborted."""


class DestinationTransientException(DestinationException, TransientException):
    """An error of a destination that may be gone on the next try; one that says no more broke off on the way."""

    kind = "interrupted"


class LoadClientJobRetry(DestinationTransientException, LoadClientJobException):
    """Load client job retry."""


class LoadClientUnsupportedFileFormats(DestinationTerminalException):
    """Load client unsupported file formats."""


class LoadClientUnsupportedWriteDisposition(DestinationTerminalException):
    """Load client unsupported write disposition."""


class DatabaseException(DestinationException):
    """Database."""


class DatabaseTerminalException(DestinationTerminalException, DatabaseException):
    """Database terminal."""


class DestinationUndefinedEntity(DestinationTerminalException):
    """Destination undefined entity."""

    kind = "undefined"


class DatabaseUndefinedRelation(DestinationUndefinedEntity, DatabaseException):
    """Database undefined relation."""


class DatabaseTransientException(DestinationTransientException, DatabaseException):
    """Database transient."""


class DestinationConnectionError(DestinationTransientException):
    """Destination connection error."""

    kind = "connection"


class LoadClientNotConnected(DestinationTransientException):
    """Load client not connected."""

    kind = "connection"


class DestinationSchemaWillNotUpdate(DestinationTerminalException):
    """Destination schema will not update."""


class LoadJobNotExistsException(DestinationTerminalException):
    """Load job not exists."""


class LoadJobTerminalException(DestinationTerminalException):
    """Load job terminal."""


class LoadJobTransientException(DestinationTransientException):
    """Load job transient."""


class LoadJobInvalidStateTransitionException(DestinationTerminalException):
    """Load job invalid state transition."""


class LoadJobFileTooBig(DestinationTerminalException):
    """Load job file too big."""


class MergeDispositionException(DestinationTerminalException):
    """Merge disposition."""


class InvalidFilesystemLayout(DestinationTerminalException):
    """Invalid filesystem layout."""


class InvalidPlaceholderCallback(DestinationTransientException):
    """Invalid placeholder callback."""


class CantExtractTablePrefix(DestinationTerminalException):
    """Cant extract table prefix."""


class UnknownDestinationModule(ReferenceImportError, DestinationException, KeyError):
    """Unknown destination module."""


class InvalidDestinationReference(DestinationException):
    """Invalid destination reference."""


class UnknownDestinationSetting(DestinationTerminalException, TypeError):
    """A destination is given a setting that it does not have; attribute setting."""


class DestinationLoadingViaStagingNotSupported(DestinationTerminalException):
    """Destination loading via staging not supported."""


class DestinationLoadingWithoutStagingNotSupported(DestinationTerminalException):
    """Destination loading without staging not supported."""


class DestinationNoStagingMode(DestinationTerminalException):
    """Destination no staging mode."""


class DestinationIncompatibleLoaderFileFormatException(DestinationTerminalException):
    """Destination incompatible loader file format."""


class IdentifierTooLongException(DestinationTerminalException):
    """Identifier too long."""


class UnsupportedDataType(DestinationTerminalException):
    """Unsupported data type."""


class DestinationHasFailedJobs(DestinationTerminalException):
    """Destination has failed jobs."""


class DestinationSchemaTampered(DestinationTerminalException):
    """Destination schema tampered."""


class SchemaUpdateError(DestinationException):
    """Schema update error."""


class SchemaUpdateTransientError(SchemaUpdateError, DestinationTransientException):
    """Schema update transient error."""


class SchemaUpdateTerminalError(SchemaUpdateError, DestinationTerminalException):
    """Schema update terminal error."""


class DestinationCapabilitiesException(DestinationException):
    """Destination capabilities."""


class WriteDispositionNotSupported(DestinationCapabilitiesException):
    """Write disposition not supported."""


class DestinationInvalidFileFormat(DestinationTerminalException):
    """Destination invalid file format."""


class TableFormatNotSupported(DestinationTerminalException):
    """Table format not supported."""


class OpenTableFormatNotSupported(DestinationTerminalException):
    """Open table format not supported."""


class OpenTableCatalogNotSupported(DestinationTerminalException):
    """Open table catalog not supported."""


class SqlClientNotAvailable(DestinationTerminalException):
    """Sql client not available."""


class DatasetNotAvailable(DestinationTerminalException):
    """Dataset not available."""


class OpenTableClientNotAvailable(DestinationTerminalException):
    """Open table client not available."""


class FSClientNotAvailable(DestinationTerminalException):
    """Fsclient not available."""


class ConfigurationException(DltException, TerminalException):
    """Configuration."""


class ConfigurationValueError(ConfigurationException, ValueError):
    """Configuration value error."""


class ConfigProviderException(ConfigurationException):
    """Config provider."""


class ConfigurationWrongTypeException(ConfigurationException):
    """Configuration wrong type."""


class ConfigFieldMissingException(ConfigurationException, KeyError):
    """Config field missing."""


class FinalConfigFieldException(ConfigurationException):
    """Final config field."""


class ConfigValueCannotBeCoercedException(ConfigurationValueError):
    """Config value cannot be coerced."""


class ConfigFileNotFoundException(ConfigurationException):
    """Config file not found."""


class ConfigFieldMissingTypeHintException(ConfigurationException):
    """Config field missing type hint."""


class ConfigFieldTypeHintNotSupported(ConfigurationException):
    """Config field type hint not supported."""


class ValueNotSecretException(ConfigurationException):
    """Value not secret."""


class InvalidNativeValue(ConfigurationException):
    """Invalid native value."""


class DuplicateConfigProviderException(ConfigProviderException):
    """Duplicate config provider."""


class SpecException(ConfigurationException):
    """Spec."""


class OAuth2ScopesRequired(SpecException):
    """Oauth2 scopes required."""


class NativeValueError(SpecException, ValueError):
    """Native value error.

    Args:
        spec: The message, or the spec that does not take the value.
        native_value: The value; it may be a secret, so only its type is kept.
        msg: What is wrong with it.
        **attributes: Details.
    """

    def __init__(self, spec: Any = "", native_value: Any = None, msg: str = "", **attributes: Any) -> None:
        if isinstance(spec, str):
            super().__init__(spec or msg, **attributes)
        else:
            super().__init__(msg, spec=spec, native_value_type=type(native_value), **attributes)


class InvalidConnectionString(NativeValueError):
    """Invalid connection string."""


class InvalidGoogleNativeCredentialsType(NativeValueError):
    """Invalid google native credentials type."""


class InvalidGoogleServicesJson(NativeValueError):
    """Invalid google services json."""


class InvalidGoogleOauth2Json(NativeValueError):
    """Invalid google oauth2 json."""


class InvalidBoto3Session(NativeValueError):
    """Invalid boto3 session."""


class InvalidAzureCredential(NativeValueError):
    """Invalid azure credential."""


class UnsupportedAuthenticationMethodException(ConfigurationException):
    """Unsupported authentication method."""


class SchemaException(DltException):
    """Schema."""


class InvalidSchemaName(SchemaException, ValueError):
    """Invalid schema name."""


class CannotCoerceColumnException(SchemaException):
    """Cannot coerce column."""


class TablePropertiesConflictException(SchemaException):
    """Table properties conflict."""


class ParentTableNotFoundException(SchemaException):
    """Parent table not found."""


class CannotCoerceNullException(SchemaException):
    """Cannot coerce null."""


class SchemaCorruptedException(SchemaException):
    """Schema corrupted."""


class SchemaIdentifierNormalizationCollision(SchemaCorruptedException):
    """Schema identifier normalization collision."""


class SchemaEngineNoUpgradePathException(SchemaException):
    """Schema engine no upgrade path."""


class DataValidationError(SchemaException):
    """Data validation error."""


class TableNotFound(SchemaException, KeyError):
    """Table not found."""


class TableIdentifiersFrozen(SchemaException):
    """Table identifiers frozen."""


class IncompatibleSchemaException(SchemaException):
    """Incompatible schema."""


class ColumnNameConflictException(SchemaException):
    """Column name conflict."""


class UnboundColumnException(SchemaException):
    """Unbound column."""


class UnboundColumnWithoutTypeException(SchemaException):
    """Unbound column without type."""


class TooManyColumns(SchemaException):
    """Too many columns."""


class StorageException(DltException):
    """Storage."""


class NoMigrationPathException(StorageException):
    """No migration path."""


class WrongStorageVersionException(StorageException):
    """Wrong storage version."""


class UnsupportedStorageVersionException(StorageException):
    """Unsupported storage version."""


class StorageMigrationError(StorageException):
    """Storage migration error."""


class LoadStorageException(StorageException):
    """Load storage."""


class JobFileFormatUnsupported(LoadStorageException, TerminalValueError):
    """Job file format unsupported."""


class LoadPackageNotFound(LoadStorageException, FileNotFoundError):
    """Load package not found."""


class LoadPackageCancelled(LoadStorageException):
    """Load package cancelled."""


class LoadPackageAlreadyCompleted(LoadStorageException):
    """Load package already completed."""


class LoadPackageNotCompleted(LoadStorageException):
    """Load package not completed."""


class LoadPackageInconsistent(LoadStorageException):
    """Load package inconsistent."""


class SchemaStorageException(StorageException):
    """Schema storage."""


class InStorageSchemaModified(SchemaStorageException):
    """In storage schema modified."""


class SchemaNotFoundError(SchemaStorageException, FileNotFoundError, KeyError):
    """Schema not found error."""


class UnexpectedSchemaName(SchemaStorageException, ValueError):
    """Unexpected schema name."""


class CurrentLoadPackageStateNotAvailable(StorageException):
    """Current load package state not available."""


class DataWriterException(DltException):
    """Data writer."""


class InvalidFileNameTemplateException(DataWriterException, ValueError):
    """Invalid file name template."""


class InvalidEncoding(DataWriterException, ValueError):
    """Invalid encoding."""


class InvalidEncodingErrors(DataWriterException, ValueError):
    """Invalid encoding errors."""


class FileImportNotFound(DataWriterException, FileNotFoundError):
    """File import not found."""


class DestinationCapabilitiesRequired(DataWriterException, ValueError):
    """Destination capabilities required."""


class DataWriterNotFound(DataWriterException):
    """Data writer not found."""


class FileFormatForItemFormatNotFound(DataWriterNotFound):
    """File format for item format not found."""


class InvalidDataItem(DataWriterException):
    """Invalid data item."""


class IncompatibleArrowSchema(DataWriterException):
    """Incompatible arrow schema."""


class NormalizerException(DltException):
    """Normalizer."""


class InvalidJsonNormalizer(NormalizerException):
    """Invalid json normalizer."""


class NormalizersException(DltException):
    """Normalizers."""


class UnknownNamingModule(NormalizersException, ImportError):
    """Unknown naming module."""


class NamingTypeNotFound(NormalizersException, ImportError):
    """Naming type not found."""


class InvalidNamingType(NormalizersException):
    """Invalid naming type."""


class DatasetException(DltException):
    """Dataset."""


class RelationHasQueryException(DatasetException):
    """Relation has query."""


class RelationUnknownColumnException(DatasetException):
    """Relation unknown column."""


class PipelineLocked(PipelineException):
    """Another process runs the pipeline."""


class PackageCorrupt(LoadStorageException):
    """A package on disk is not what was committed."""


class WorkingFolderDamaged(StorageException):
    """A file of a pipeline's working folder is not what was written, or belongs to something else."""


class SourceExhaustedInStep(PipelineStepFailed, SourceExhausted):
    """A step of a pipeline got a source or resource that was consumed before."""


def _rebuild(
    kind: type[DltException], message: str, attributes: dict[str, Any], cause: BaseException | None = None
) -> DltException:
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    error.__dict__.update(attributes)
    error.__cause__ = cause
    return error


def _travels(value: Any) -> bool:
    """Tell whether a value can be sent to another process."""
    import pickle

    if value is None or isinstance(value, (bool, int, float, str)):
        return True
    try:
        pickle.dumps(value)
    except Exception:  # noqa: BLE001 - anything may happen in the code of a value's class
        return False
    return True


ConfigFieldMissing = ConfigFieldMissingException


class OrchestrationException(DltException):
    """Base of errors of steps that run as separate tasks."""


class SpecInvalid(OrchestrationException, TerminalException):
    """A spec cannot be imported, or names something of another kind."""


class EmptyWindow(OrchestrationException, TerminalException):
    """A window ends where it begins, or before."""


class HandoffMissing(OrchestrationException, TerminalException):
    """A package is neither on this worker nor at the hand-off."""


class HandoffCorrupt(OrchestrationException, TerminalException):
    """A package at the hand-off is not what its token says."""


class PackageTooLarge(OrchestrationException, TerminalException):
    """A package is larger than the hand-off takes."""


class StaleExtract(OrchestrationException, TerminalException):
    """The state went on at the destination since the data was extracted."""


class ReloadUndecided(OrchestrationException, TerminalException):
    """A run that was loaded is to be loaded once more, and nobody can tell what becomes of the rows that it left."""


class Superseded(DestinationTerminalException):
    """A later try of the same task took over; this one may not commit."""
