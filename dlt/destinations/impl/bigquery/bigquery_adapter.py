"""The adapter of BigQuery under its path of PyPI `dlt` 1.x."""

from dlt.absent import absent_names
from dlt.destinations.adapters import bigquery_adapter, bigquery_partition

__all__ = ["bigquery_adapter", "bigquery_partition"]


__getattr__ = absent_names(
    __name__,
    "The hints of bigquery_adapter lie under x-bigquery of the table.",
    "AUTODETECT_SCHEMA_HINT PARTITION_HINT CLUSTER_HINT should_autodetect_schema",
)
