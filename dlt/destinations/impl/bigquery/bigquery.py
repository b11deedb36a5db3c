"""The client of BigQuery under its path of PyPI `dlt` 1.x."""

from dlt.absent import absent_names
from dlt.destinations.impl.bigquery.client import BigQueryClient

__all__ = ["BigQueryClient"]

__getattr__ = absent_names(
    __name__,
    "dlt.destinations.bigquery(...) takes the settings by name.",
    "BigQueryClientConfiguration BigQueryLoadJob",
)
