"""The client of DuckDB under its path of PyPI `dlt` 1.x."""

from dlt.destinations.impl.duckdb.client import DuckDbClient

__all__ = ["DuckDbClient"]
