"""Exceptions of specs under the names of PyPI `dlt` 1.x."""

from dlt.errors import (
    InvalidAzureCredential,
    InvalidBoto3Session,
    InvalidConnectionString,
    InvalidGoogleNativeCredentialsType,
    InvalidGoogleOauth2Json,
    InvalidGoogleServicesJson,
    NativeValueError,
    OAuth2ScopesRequired,
    SpecException,
    UnsupportedAuthenticationMethodException,
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
