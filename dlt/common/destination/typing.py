"""A table as a load has it, under the name of PyPI `dlt` 1.x."""

from dlt.schema.typing import TableSchema as PreparedTableSchema

__all__ = ["PreparedTableSchema"]
