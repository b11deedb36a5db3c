"""Exceptions under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

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
    InvalidNativeValue,
    UnmatchedConfigHintResolversException,
    ValueNotSecretException,
)
from dlt.errors.lookups import LookupTrace, LookupTraces

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


class ConfigFileNotFoundException(ConfigurationException):
    """Named by programs, raised by nothing here."""


class ConfigFieldTypeHintNotSupported(ConfigurationException):
    """Named by programs, raised by nothing here."""


class FinalConfigFieldException(ConfigurationException):
    """Named by programs, raised by nothing here: what a place says of a final field is left out."""


__getattr__ = absent_names(
    __name__,
    "The message of the error names the places that were asked.",
    "get_run_context_warning",
)
