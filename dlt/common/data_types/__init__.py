"""Data types of columns, and values of them, under the names of PyPI `dlt` 1.x."""

from dlt.common.data_types.type_helpers import coerce_value, py_type_to_sc_type
from dlt.common.data_types.typing import DATA_TYPES, TDataType

__all__ = ["DATA_TYPES", "TDataType", "coerce_value", "py_type_to_sc_type"]
