"""The naming convention sql_ci_v1."""

from dlt.schema.naming import SqlCiV1 as NamingConvention

__all__ = ["NamingConvention"]
