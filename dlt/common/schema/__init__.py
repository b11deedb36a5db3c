"""The schema under the name of PyPI `dlt` 1.x."""

from dlt.schema.schema import Schema

__all__ = ["Schema"]
