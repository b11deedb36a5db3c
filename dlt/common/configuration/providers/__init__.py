"""Places for values under the names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names
from dlt.common.configuration.providers.dictionary import DictionaryProvider
from dlt.common.configuration.providers.doc import CustomLoaderDocProvider
from dlt.common.configuration.providers.environ import EnvironProvider
from dlt.common.configuration.providers.provider import ConfigProvider
from dlt.common.configuration.providers.toml import (
    CONFIG_TOML,
    SECRETS_TOML,
    ConfigTomlProvider,
    SecretsTomlProvider,
    SettingsTomlProvider,
    StringTomlProvider,
)

__all__ = [
    "CONFIG_TOML",
    "SECRETS_TOML",
    "ConfigProvider",
    "ConfigTomlProvider",
    "CustomLoaderDocProvider",
    "DictionaryProvider",
    "EnvironProvider",
    "SecretsTomlProvider",
    "SettingsTomlProvider",
    "StringTomlProvider",
]
SECRETS_TOML_KEY = "dlt_secrets_toml"
EXPLICIT_VALUES_PROVIDER_NAME = "ExplicitValues"

__getattr__ = absent_names(
    __name__,
    "Register a provider that reads the vault: dlt.secrets.register_provider(CustomLoaderDocProvider(name, loader)).",
    "ContextProvider VaultDocProvider GoogleSecretsProvider AwsSecretsManagerProvider",
)
