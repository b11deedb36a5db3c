"""The place for values in Airflow: a name of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    'Read the variable yourself: dlt.secrets.register_provider(CustomLoaderDocProvider("airflow", loader)).',
    "AirflowSecretsTomlProvider",
)
