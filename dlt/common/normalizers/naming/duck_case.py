"""The naming convention duck_case."""

from dlt.schema.naming import DuckCase as NamingConvention

__all__ = ["NamingConvention"]
