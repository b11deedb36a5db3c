"""Credentials of Azure under the names of PyPI `dlt` 1.x."""

from dlt.configuration.credentials import (
    AzureCredentials,
    AzureCredentialsWithoutDefaults,
    AzureServicePrincipalCredentials,
    AzureServicePrincipalCredentialsWithoutDefaults,
)

__all__ = [
    "AzureCredentials",
    "AzureCredentialsWithoutDefaults",
    "AzureServicePrincipalCredentials",
    "AzureServicePrincipalCredentialsWithoutDefaults",
]
