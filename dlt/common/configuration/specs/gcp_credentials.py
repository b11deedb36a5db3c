"""Credentials of Google under the names of PyPI `dlt` 1.x."""

from dlt.configuration.credentials import (
    GcpCredentials,
    GcpOAuthCredentials,
    GcpOAuthCredentialsWithoutDefaults,
    GcpServiceAccountCredentials,
    GcpServiceAccountCredentialsWithoutDefaults,
)

GcpDefaultCredentials = GcpServiceAccountCredentials | GcpOAuthCredentials

__all__ = [
    "GcpCredentials",
    "GcpDefaultCredentials",
    "GcpOAuthCredentials",
    "GcpOAuthCredentialsWithoutDefaults",
    "GcpServiceAccountCredentials",
    "GcpServiceAccountCredentialsWithoutDefaults",
]
