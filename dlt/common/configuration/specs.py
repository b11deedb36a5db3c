"""Specs under the names of PyPI `dlt` 1.x."""

from dlt.configuration.credentials import (
    AwsCredentials,
    AwsCredentialsWithoutDefaults,
    AzureCredentials,
    AzureCredentialsWithoutDefaults,
    ConnectionStringCredentials,
    GcpOAuthCredentials,
    GcpServiceAccountCredentials,
    GcpServiceAccountCredentialsWithoutDefaults,
)
from dlt.configuration.spec import BaseConfiguration, CredentialsConfiguration, configspec

__all__ = [
    "AwsCredentials",
    "AwsCredentialsWithoutDefaults",
    "AzureCredentials",
    "AzureCredentialsWithoutDefaults",
    "BaseConfiguration",
    "ConnectionStringCredentials",
    "CredentialsConfiguration",
    "GcpOAuthCredentials",
    "GcpServiceAccountCredentials",
    "GcpServiceAccountCredentialsWithoutDefaults",
    "configspec",
]
