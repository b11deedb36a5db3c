"""What a dialect of SQLAlchemy can do: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "Pass what a dialect can do as settings: dlt.destinations.sqlalchemy(url, max_identifier_length=...).",
    "DialectCapabilities register_dialect_capabilities get_dialect_capabilities DIALECT_CAPS_REGISTRY "
    "MysqlDialectCapabilities MssqlDialectCapabilities TrinoDialectCapabilities OracleDialectCapabilities",
)
