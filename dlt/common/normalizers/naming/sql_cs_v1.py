"""The naming convention sql_cs_v1."""

from dlt.schema.naming import SqlCsV1 as NamingConvention

__all__ = ["NamingConvention"]
