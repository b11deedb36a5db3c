"""The names of data types under the names of PyPI `dlt` 1.x."""

from typing import get_args

from dlt.schema.typing import DataType as TDataType

__all__ = ["DATA_TYPES", "TDataType"]

DATA_TYPES: set[str] = set(get_args(TDataType))
