"""Exceptions of specs under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    ConfigurationException,
    InvalidBoto3Session,
    InvalidConnectionString,
    InvalidGoogleNativeCredentialsType,
    InvalidGoogleOauth2Json,
    InvalidGoogleServicesJson,
    NativeValueError,
    SpecException,
)

__all__ = [
    "InvalidAzureCredential",
    "InvalidBoto3Session",
    "InvalidConnectionString",
    "InvalidGoogleNativeCredentialsType",
    "InvalidGoogleOauth2Json",
    "InvalidGoogleServicesJson",
    "NativeValueError",
    "OAuth2ScopesRequired",
    "SpecException",
    "UnsupportedAuthenticationMethodException",
]


class OAuth2ScopesRequired(SpecException):
    """Named by programs, raised by nothing here."""


class InvalidAzureCredential(NativeValueError):
    """Named by programs, raised by nothing here."""


class UnsupportedAuthenticationMethodException(ConfigurationException):
    """Named by programs, raised by nothing here."""
