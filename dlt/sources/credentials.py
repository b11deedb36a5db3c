"""Credentials under the name that sources of PyPI `dlt` 1.x import."""

from dlt.configuration.credentials import (
    AwsCredentials,
    AwsCredentialsWithoutDefaults,
    AzureCredentials,
    AzureCredentialsWithoutDefaults,
    AzureServicePrincipalCredentials,
    AzureServicePrincipalCredentialsWithoutDefaults,
    ConnectionStringCredentials,
    GcpCredentials,
    GcpOAuthCredentials,
    GcpOAuthCredentialsWithoutDefaults,
    GcpServiceAccountCredentials,
    GcpServiceAccountCredentialsWithoutDefaults,
    OAuth2Credentials,
)
from dlt.configuration.credentials.places import (
    FilesystemConfiguration,
    FilesystemConfigurationWithLocalFiles,
    FileSystemCredentials,
    HfCredentials,
    SFTPCredentials,
)
from dlt.configuration.spec import CredentialsConfiguration, configspec

__all__ = [
    "AwsCredentials",
    "AwsCredentialsWithoutDefaults",
    "AzureCredentials",
    "AzureCredentialsWithoutDefaults",
    "AzureServicePrincipalCredentials",
    "AzureServicePrincipalCredentialsWithoutDefaults",
    "ConnectionStringCredentials",
    "CredentialsConfiguration",
    "FileSystemCredentials",
    "FilesystemConfiguration",
    "FilesystemConfigurationWithLocalFiles",
    "GcpCredentials",
    "GcpOAuthCredentials",
    "GcpOAuthCredentialsWithoutDefaults",
    "GcpServiceAccountCredentials",
    "GcpServiceAccountCredentialsWithoutDefaults",
    "HfCredentials",
    "OAuth2Credentials",
    "SFTPCredentials",
    "configspec",
]
