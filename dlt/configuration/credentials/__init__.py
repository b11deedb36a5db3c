"""Credentials as specs: connection strings, Google, Amazon and Azure."""

from dlt.configuration.credentials.database import ConnectionStringCredentials
from dlt.configuration.credentials.google import (
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
from dlt.configuration.credentials.stores import (
    AwsCredentials,
    AwsCredentialsWithoutDefaults,
    AzureCredentials,
    AzureCredentialsWithoutDefaults,
    AzureServicePrincipalCredentials,
    AzureServicePrincipalCredentialsWithoutDefaults,
)

__all__ = [
    "AwsCredentials",
    "AwsCredentialsWithoutDefaults",
    "AzureCredentials",
    "AzureCredentialsWithoutDefaults",
    "AzureServicePrincipalCredentials",
    "AzureServicePrincipalCredentialsWithoutDefaults",
    "ConnectionStringCredentials",
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
]
