"""The client of files as tables under its path of PyPI `dlt` 1.x."""

from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials
from dlt.destinations.sql.sql_client import SqlClient as FilesystemSqlClient

__all__ = ["DuckDbCredentials", "FilesystemSqlClient"]
