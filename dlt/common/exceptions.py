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
    """A package is older than a program asks for; raised by `dlt.common.utils.assert_min_pkg_version`."""


class SourceSectionNotAvailable(PipelineException):
    """Named by programs, raised by nothing here."""
