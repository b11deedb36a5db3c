"""The client of DuckDB under its path of PyPI `dlt` 1.x."""

from dlt.absent import absent_names
from dlt.destinations.sql.sql_client import SqlClient as DuckDbSqlClient

__all__ = ["DuckDbSqlClient"]
__getattr__ = absent_names(__name__, "pipeline.dataset() reads files and tables.", "WithTableScanners")
