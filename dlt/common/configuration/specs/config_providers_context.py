"""The places for values as an object, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from dlt.absent import absent_names
from dlt.configuration.run_context import ConfigProvidersContainer

__all__ = ["ConfigProvidersContainer"]
__getattr__ = absent_names(
    __name__,
    "Register the provider that you want: dlt.secrets.register_provider(...).",
    "ConfigProvidersConfiguration VaultProviderConfiguration AwsSecretsProviderConfiguration "
    "_google_secrets_provider _airflow_providers _aws_secrets_provider",
)
