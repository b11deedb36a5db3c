"""A place for values that only has its name of PyPI `dlt` 1.x here."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "Register a provider that reads it: dlt.secrets.register_provider(CustomLoaderDocProvider(name, loader)).",
    "AwsSecretsManagerProvider",
)
