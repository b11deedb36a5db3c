"""The adapter of BigQuery under its path of PyPI `dlt` 1.x."""

from dlt.destinations.adapters import bigquery_adapter, bigquery_partition

__all__ = ["bigquery_adapter", "bigquery_partition"]
