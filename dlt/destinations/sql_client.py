"""Queries for people under the names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names
from dlt.destinations.sql.cursor import Cursor as DBApiCursor
from dlt.destinations.sql.sql_client import SqlClient as SqlClientBase

__all__ = ["DBApiCursor", "SqlClientBase"]
__getattr__ = absent_names(
    __name__,
    "A client of pipeline.sql_client() raises the errors of dlt.destinations.exceptions by itself.",
    "raise_database_error raise_open_connection_error TQueryTags WithSqlClient DBApiCursorImpl",
)
