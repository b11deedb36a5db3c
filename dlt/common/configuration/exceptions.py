"""Exceptions under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dlt.absent import absent_names
from dlt.errors import (
    ConfigFieldMissingException,
    ConfigFieldMissingTypeHintException,
    ConfigProviderException,
    ConfigurationException,
    ConfigurationValueError,
    ConfigurationWrongTypeException,
    ConfigValueCannotBeCoercedException,
    ContainerException,
    ContainerInjectableContextMangled,
    ContextDefaultCannotBeCreated,
    DuplicateConfigProviderException,
    FinalConfigFieldException,
    InvalidNativeValue,
    ValueNotSecretException,
)

__all__ = [
    "ConfigFieldMissingException",
    "ConfigFieldMissingTypeHintException",
    "ConfigFieldTypeHintNotSupported",
    "ConfigFileNotFoundException",
    "ConfigProviderException",
    "ConfigValueCannotBeCoercedException",
    "ConfigurationException",
    "ConfigurationValueError",
    "ConfigurationWrongTypeException",
    "ContainerException",
    "ContainerInjectableContextMangled",
    "ContextDefaultCannotBeCreated",
    "DuplicateConfigProviderException",
    "FinalConfigFieldException",
    "InvalidNativeValue",
    "LookupTrace",
    "LookupTraces",
    "UnmatchedConfigHintResolversException",
    "ValueNotSecretException",
]


class LookupTrace(NamedTuple):
    """One place that was asked for a value.

    Attributes:
        provider: The place.
        sections: Sections that were looked in.
        key: Name that was looked for.
        value: What was found, or None.
        provider_location: File that was looked in.
    """

    provider: str
    sections: Sequence[str]
    key: str
    value: object
    provider_location: str = ""


class LookupTraces(NamedTuple):
    """The places that were asked for the fields of a spec.

    Attributes:
        spec_name: The spec.
        resolved_fields_set: Fields that have values.
        union_pos: Which of several specs that may stand here it is.
        union_count: How many there are.
        traces: Places by field.
    """

    spec_name: str
    resolved_fields_set: list[str]
    union_pos: int
    union_count: int
    traces: Mapping[str, Sequence[LookupTrace | LookupTraces]]


class ConfigFileNotFoundException(ConfigurationException):
    """Named by programs, raised by nothing here."""


class ConfigFieldTypeHintNotSupported(ConfigurationException):
    """Named by programs, raised by nothing here."""


class UnmatchedConfigHintResolversException(ConfigurationException):
    """Named by programs, raised by nothing here."""


__getattr__ = absent_names(
    __name__,
    "The message of the error names the places that were asked.",
    "get_run_context_warning",
)
