"""Which errors another try of a step cannot mend."""

from __future__ import annotations

from dlt.errors import (
    CreatePipeException,
    DltSourceException,
    InvalidDestinationReference,
    InvalidPipelineName,
    InvalidStepFunctionArguments,
    MissingDependencyException,
    NormalizersException,
    PipelineConfigMissing,
    PipeNotBoundToData,
    SchemaException,
    SystemConfigurationException,
    TerminalException,
    UnknownDestinationModule,
    WriteDispositionNotSupported,
    causes,
    may_pass,
)

_TERMINAL = (
    TerminalException,
    # what a program, a schema or a configuration says, it says to every try
    CreatePipeException,
    DltSourceException,
    InvalidDestinationReference,
    InvalidPipelineName,
    InvalidStepFunctionArguments,
    MissingDependencyException,
    NormalizersException,
    PipelineConfigMissing,
    PipeNotBoundToData,
    SchemaException,
    SystemConfigurationException,
    UnknownDestinationModule,
    WriteDispositionNotSupported,
    ImportError,
    SyntaxError,
    TypeError,
    AttributeError,
    NameError,
    LookupError,
)


def is_terminal(error: BaseException | None) -> bool:
    """Tell whether another try of a step cannot help.

    Args:
        error: What a step raised; its causes count as well.
    """
    return not may_pass(error) and any(isinstance(cause, _TERMINAL) for cause in causes(error))
