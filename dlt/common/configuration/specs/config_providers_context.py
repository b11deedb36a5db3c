"""The places for values as an object, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Sequence

from dlt.absent import absent_names
from dlt.configuration import container
from dlt.configuration.providers.base import ConfigProvider

__getattr__ = absent_names(
    __name__,
    "Register the provider that you want: dlt.secrets.register_provider(...).",
    "ConfigProvidersConfiguration VaultProviderConfiguration AwsSecretsProviderConfiguration "
    "_google_secrets_provider _airflow_providers _aws_secrets_provider",
)


class ConfigProvidersContainer:
    """The places that are asked for values; those that it is made with are asked from then on.

    Args:
        initial_providers: The places, in order; those of the library when None.
    """

    def __init__(self, initial_providers: Sequence[ConfigProvider] | None = None) -> None:
        if initial_providers is not None:
            container.use_providers(initial_providers)

    @property
    def providers(self) -> Sequence[ConfigProvider]:
        """Return the places, in order."""
        return [*container.registered(secret=True)]

    def __getitem__(self, name: str) -> ConfigProvider:
        found = (provider for provider in self.providers if provider.name == name)
        return next(found)

    def __contains__(self, name: object) -> bool:
        return any(provider.name == name for provider in self.providers)

    def add_provider(self, provider: ConfigProvider) -> None:
        """Ask another place too.

        Raises:
            DuplicateConfigProviderException: one of its name is asked already.
        """
        container.register_provider(provider)
