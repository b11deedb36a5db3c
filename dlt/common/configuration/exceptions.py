"""Exceptions under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    ConfigFieldMissingException,
    ConfigFieldMissingTypeHintException,
    ConfigProviderException,
    ConfigurationException,
    ConfigurationValueError,
    ConfigurationWrongTypeException,
    ConfigValueCannotBeCoercedException,
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
    "DuplicateConfigProviderException",
    "FinalConfigFieldException",
    "InvalidNativeValue",
    "ValueNotSecretException",
]


class ConfigFileNotFoundException(ConfigurationException):
    """Named by programs, raised by nothing here."""


class ConfigFieldTypeHintNotSupported(ConfigurationException):
    """Named by programs, raised by nothing here."""
