"""The base of naming conventions."""

from dlt.common.normalizers.naming import direct, duck_case, naming, s3_tables, snake_case, sql_ci_v1, sql_cs_v1
from dlt.common.normalizers.naming.naming import NamingConvention

__all__ = ["NamingConvention", "direct", "duck_case", "naming", "s3_tables", "snake_case", "sql_ci_v1", "sql_cs_v1"]
