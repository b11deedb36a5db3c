"""Types of SQLAlchemy for columns: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "Columns get the types that their dialect has for data_type and precision: set those by hints.",
    "SqlalchemyTypeMapper MysqlVariantTypeMapper MssqlVariantTypeMapper TrinoVariantTypeMapper",
)
