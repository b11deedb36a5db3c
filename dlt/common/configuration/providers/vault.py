"""Vaults as places for values: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

SECRETS_TOML_KEY = "dlt_secrets_toml"

__getattr__ = absent_names(
    __name__,
    "Register a provider that reads the vault: dlt.secrets.register_provider(CustomLoaderDocProvider(name, loader)).",
    "VaultDocProvider",
)
