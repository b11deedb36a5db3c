"""The naming convention snake_case."""

from dlt.schema.naming import SnakeCase as NamingConvention

__all__ = ["NamingConvention"]
