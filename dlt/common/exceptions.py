"""Exceptions under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from dlt.errors import (
    ArgumentsOverloadException,
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
    TransientException,
    ValueErrorWithKnownValues,
)
from dlt.helpers.venvs import CannotInstallDependencies, VenvNotFound

__all__ = [
    "ArgumentsOverloadException",
    "CannotInstallDependencies",
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
    "UnsupportedProcessStartMethodException",
    "ValueErrorWithKnownValues",
    "VenvNotFound",
]


class TypeErrorWithKnownTypes(TypeError):
    """Named by programs, raised by nothing here."""


class TerminalValueError(TerminalException, ValueError):
    """Named by programs, raised by nothing here."""


class DependencyVersionException(DltException):
    """A package is older than a program asks for; raised by `dlt.common.utils.assert_min_pkg_version`."""


class UnsupportedProcessStartMethodException(DltException):
    """Named by programs, raised by nothing here."""
