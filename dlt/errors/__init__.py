"""Every exception of the library, in one tree; each of them is raised, or the base of one that is.

Each message says what failed, on which thing, what was found and what to do; details are attributes. Names of PyPI
`dlt` 1.x that nothing raises stand where programs import them from, such as `dlt.common.storages.exceptions`.

    DltException
        DictValidationException
            InvalidHint
        MissingDependencyException
        NotOffered
        SystemConfigurationException
        ReferenceImportError
            UnknownDestinationModule
        ConfigurationException
            ConfigurationValueError
                ConfigValueCannotBeCoercedException
            ConfigProviderException
                DuplicateConfigProviderException
            ConfigurationWrongTypeException
            ConfigFieldMissingException
            ConfigFieldMissingTypeHintException
            ValueNotSecretException
            InvalidNativeValue
            UnmatchedConfigHintResolversException
            SpecException
                NativeValueError
                    InvalidConnectionString
                    InvalidGoogleNativeCredentialsType
                    InvalidGoogleServicesJson
                    InvalidGoogleOauth2Json
                    InvalidBoto3Session
        ContainerException
            ContainerInjectableContextMangled
            ContextDefaultCannotBeCreated
        SchemaException
            InvalidSchemaName
            CannotCoerceColumnException
            IncompatibleSchemaException
            TablePropertiesConflictException
            CannotCoerceNullException
            SchemaCorruptedException
                SchemaIdentifierNormalizationCollision
            SchemaEngineNoUpgradePathException
            TableIdentifiersFrozen
            DataValidationError
            TableNotFound
            UnboundColumnException
            TooManyColumns
        NormalizersException
            UnknownNamingModule
            NamingTypeNotFound
            InvalidNamingType
        ExtractorException
        DltSourceException
            DltResourceException
                ResourceNameMissing
                ResourceNotFoundError
                InvalidResourceDataType
                    InvalidParallelResourceDataType
                    InvalidResourceDataTypeBasic
                    InvalidResourceDataTypeIsNone
                    InvalidResourceReturnsResource
                    InvalidResourceDataTypeMultiplePipes
                    ResourceFunctionExpected
                    InvalidParentResourceDataType
                InvalidTransformerGeneratorFunction
                ParametrizedResourceUnbound
                DeletingResourcesNotSupported
                ResourceNotATransformer
                DataItemRequiredForDynamicTableHints
                IncrementalUnboundError
            InconsistentTableTemplate
            ReplicationError
                IncompatiblePostgresVersionException
                NoPrimaryKeyException
            SourceDataIsNone
            SourceExhausted
            ResourcesNotFoundError
            SourceNotAFunction
            SourceIsAClassTypeError
            CurrentSourceSchemaNotAvailable
            CurrentSourceNotAvailable
            SqlDatabaseError
                SqlDatabaseTableMissing
                SqlDatabaseUnreachable
        ArgumentsOverloadException
            ExplicitSourceNameInvalid
        PipeException
            PipeGenInvalid
            CreatePipeException
            PipeNotBoundToData
            InvalidStepFunctionArguments
            ResourceExtractionError
            IncrementalCursorPathMissing
            IncrementalCursorPathHasValueNone
            IncrementalCursorInvalidCoercion
            IncrementalPrimaryKeyMissing
        DestinationException
            DestinationTerminalException
                DestinationUndefinedEntity
                    DatabaseUndefinedRelation
                DatabaseTerminalException
                LoadPackageAborted
                LoadJobTerminalException
                MergeDispositionException
                InvalidFilesystemLayout
                UnknownDestinationSetting
                DestinationLoadingViaStagingNotSupported
                UnsupportedDataType
                DestinationHasFailedJobs
                    LoadClientJobFailed
                DestinationSchemaTampered
                TableFormatNotSupported
                OpenTableFormatNotSupported
                OpenTableClientNotAvailable
                SqlClientNotAvailable
                Superseded
            DestinationTransientException
                DestinationConnectionError
                DatabaseTransientException
                LoadJobTransientException
            DatabaseException
            LoadClientJobException
            InvalidDestinationReference
            SchemaUpdateError
                SchemaUpdateTerminalError
            DestinationCapabilitiesException
                WriteDispositionNotSupported
        DatasetException
            IbisNotAvailable
            UnknownTable
            RelationException
                RelationHasQueryException
            LineageFailedException
                RelationUnknownColumnException
        StorageException
            LoadStorageException
                LoadPackageNotFound
                PackageCorrupt
            WorkingFolderDamaged
            DocumentTooNew
            SchemaStorageException
                SchemaNotFoundError
        DataWriterException
            InvalidDataItem
        PipelineException
            PipelineStateNotAvailable
            SourceSectionNotAvailable
            ResourceNameNotAvailable
            InvalidPipelineName
            PipelineConfigMissing
            CannotRestorePipelineException
            PipelineStepFailed
                SourceExhaustedInStep
            NormalizeException
                NormalizeJobFailed
            PipelineStateEngineNoUpgradePathException
            PipelineHasPendingDataException
            PipelineNeverRan
                NoSchemaYet
            PipelineNotActive
            PipelineLocked
        OrchestrationException
            SpecInvalid
            EmptyWindow
            HandoffMissing
            HandoffCorrupt
            PackageTooLarge
            StaleExtract
            ReloadUndecided
    ValueErrorWithKnownValues
    TerminalException
        SignalReceivedException
    TransientException
"""

from dlt.errors.base import *  # noqa: F403  # the names of one subject
from dlt.errors.base import rebuild
from dlt.errors.configuration import *  # noqa: F403  # the names of one subject
from dlt.errors.destinations import *  # noqa: F403  # the names of one subject
from dlt.errors.pipelines import *  # noqa: F403  # the names of one subject
from dlt.errors.schema import *  # noqa: F403  # the names of one subject
from dlt.errors.sources import *  # noqa: F403  # the names of one subject
from dlt.errors.storage import *  # noqa: F403  # the names of one subject
from dlt.errors.tasks import *  # noqa: F403  # the names of one subject

_rebuild = rebuild
"""Errors that an earlier release sent to another process name it so."""
