"""The naming convention direct."""

from dlt.schema.naming import Direct as NamingConvention

__all__ = ["NamingConvention"]
