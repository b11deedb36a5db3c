"""The base of naming conventions."""

from dlt.schema.naming import NamingConvention

__all__ = ["NamingConvention"]
