"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    DictValidationException,
    DltException,
    MissingDependencyException,
    PipelineException,
    PipelineStateNotAvailable,
    ResourceNameNotAvailable,
    SignalReceivedException,
    SystemConfigurationException,
    TerminalException,
    TransientException,
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


class TypeErrorWithKnownTypes(TypeError):
    """Named by programs, raised by nothing here."""


class TerminalValueError(TerminalException, ValueError):
    """Named by programs, raised by nothing here."""


class DependencyVersionException(DltException):
    """Named by programs, raised by nothing here."""


class SourceSectionNotAvailable(PipelineException):
    """Named by programs, raised by nothing here."""
