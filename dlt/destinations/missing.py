"""Destinations of PyPI `dlt` 1.x that are not part of this library, and where their data may go instead."""

from __future__ import annotations

_SQLALCHEMY = (
    "Load through its SQLAlchemy dialect where that does what you need: install the dialect and pass "
    'dlt.destinations.sqlalchemy("{url}"). Or write files that it reads, with dlt.destinations.filesystem.'
)
_FILES = (
    "Write files that it reads, with dlt.destinations.filesystem, or hand rows to its client in a function decorated "
    "with @dlt.destination."
)
MISSING: dict[str, str] = {
    "athena": "Write table_format='iceberg' with dlt.destinations.filesystem('s3://...'), which Athena reads.",
    "clickhouse": _SQLALCHEMY.format(url="clickhousedb://..."),
    "databricks": _SQLALCHEMY.format(url="databricks://...") + " Delta tables in a bucket are read there as they are.",
    "dremio": "Write table_format='iceberg' with dlt.destinations.filesystem, which Dremio reads.",
    "fabric": _SQLALCHEMY.format(url="mssql+pyodbc://..."),
    "lance": _FILES,
    "lancedb": _FILES,
    "mssql": _SQLALCHEMY.format(url="mssql+pyodbc://..."),
    "qdrant": _FILES,
    "snowflake": _SQLALCHEMY.format(url="snowflake://..."),
    "synapse": _SQLALCHEMY.format(url="mssql+pyodbc://..."),
    "weaviate": _FILES,
}
"""The way out by short name of the destination."""
