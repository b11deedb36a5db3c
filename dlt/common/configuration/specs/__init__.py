"""Specs under the names of PyPI `dlt` 1.x."""

from dlt.common.configuration.specs import known_sections
from dlt.common.configuration.specs.base_configuration import (
    CredentialsWithDefault,
    extract_inner_hint,
    is_base_configuration_inner_hint,
)
from dlt.common.configuration.specs.hf_credentials import HfCredentials
from dlt.common.configuration.specs.runtime_configuration import RunConfiguration, RuntimeConfiguration
from dlt.common.configuration.specs.sftp_credentials import SFTPCredentials
from dlt.common.configuration.specs.timezone_context import TimezoneContext
from dlt.configuration.contexts import ContainerInjectableContext
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
from dlt.configuration.run_context import PluggableRunContext
from dlt.configuration.sections_object import ConfigSectionContext
from dlt.configuration.spec import BaseConfiguration, CredentialsConfiguration, configspec

AnyAzureCredentials = (
    AzureCredentialsWithoutDefaults
    | AzureServicePrincipalCredentialsWithoutDefaults
    | AzureCredentials
    | AzureServicePrincipalCredentials
)
GcpClientCredentials = GcpServiceAccountCredentialsWithoutDefaults
GcpClientCredentialsWithDefault = GcpServiceAccountCredentials

__all__ = [
    "AnyAzureCredentials",
    "AwsCredentials",
    "AwsCredentialsWithoutDefaults",
    "AzureCredentials",
    "AzureCredentialsWithoutDefaults",
    "AzureServicePrincipalCredentials",
    "AzureServicePrincipalCredentialsWithoutDefaults",
    "BaseConfiguration",
    "ConfigSectionContext",
    "ConnectionStringCredentials",
    "ContainerInjectableContext",
    "CredentialsConfiguration",
    "CredentialsWithDefault",
    "GcpClientCredentials",
    "GcpClientCredentialsWithDefault",
    "GcpCredentials",
    "GcpOAuthCredentials",
    "GcpOAuthCredentialsWithoutDefaults",
    "GcpServiceAccountCredentials",
    "GcpServiceAccountCredentialsWithoutDefaults",
    "HfCredentials",
    "OAuth2Credentials",
    "PluggableRunContext",
    "RunConfiguration",
    "RuntimeConfiguration",
    "SFTPCredentials",
    "TimezoneContext",
    "configspec",
    "extract_inner_hint",
    "is_base_configuration_inner_hint",
    "known_sections",
]
