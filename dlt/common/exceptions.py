"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    DependencyVersionException,
    DictValidationException,
    DltException,
    MissingDependencyException,
    PipelineException,
    PipelineStateNotAvailable,
    ResourceNameNotAvailable,
    SignalReceivedException,
    SourceSectionNotAvailable,
    SystemConfigurationException,
    TerminalException,
    TerminalValueError,
    TransientException,
    TypeErrorWithKnownTypes,
    ValueErrorWithKnownValues,
)

__all__ = [
    "DependencyVersionException",
    "DictValidationException",
    "DltException",
    "MissingDependencyException",
    "PipelineException",
    "PipelineStateNotAvailable",
    "ResourceNameNotAvailable",
    "SignalReceivedException",
    "SourceSectionNotAvailable",
    "SystemConfigurationException",
    "TerminalException",
    "TerminalValueError",
    "TransientException",
    "TypeErrorWithKnownTypes",
    "ValueErrorWithKnownValues",
]
