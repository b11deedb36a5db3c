"""Exceptions under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Sequence

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


class VenvNotFound(DltException):
    """There is no interpreter of Python at a place; raised by `dlt.common.runners.Venv`."""

    def __init__(self, interpreter: str) -> None:
        super().__init__(f"There is no virtual environment with {interpreter}.", interpreter=interpreter)


class CannotInstallDependencies(DltException):
    """Packages cannot be installed; raised by `dlt.common.runners.Venv`."""

    def __init__(self, dependencies: Sequence[str], interpreter: str, output: str | bytes) -> None:
        text = output.decode(errors="replace") if isinstance(output, bytes) else output
        super().__init__(
            f"{', '.join(dependencies)} cannot be installed for {interpreter}: {text}",
            dependencies=dependencies,
            interpreter=interpreter,
        )
