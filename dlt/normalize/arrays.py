"""Columns of one data type as Arrow arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dlt.schema.capabilities import Capabilities
from dlt.schema.conversions import digits_of
from dlt.schema.typing import ColumnSchema

if TYPE_CHECKING:
    import pyarrow as pa


def arrow_type(column: ColumnSchema, capabilities: Capabilities) -> pa.DataType:
    """Return the Arrow type in which a column is handed to a destination."""
    import pyarrow as pa

    kind = column["data_type"]
    if kind == "timestamp":
        return pa.timestamp("us", "UTC" if column.get("timezone", True) else None)
    if kind in ("decimal", "wei"):
        precision, scale = digits_of(column, capabilities)
        return pa.decimal128(precision, scale) if precision <= 38 else pa.decimal256(precision, scale)
    return {
        "text": pa.string(),
        "json": pa.string(),
        "complex": pa.string(),
        "double": pa.float64(),
        "bool": pa.bool_(),
        "bigint": pa.int64(),
        "binary": pa.binary(),
        "date": pa.date32(),
        "time": pa.time64("us"),
    }[kind]


def build(values: Sequence[Any], column: ColumnSchema, capabilities: Capabilities) -> pa.Array:
    """Return values as the column stores them as an array."""
    import pyarrow as pa

    wanted = arrow_type(column, capabilities)
    if pa.types.is_string(wanted):
        values = [value if value is None or isinstance(value, str) else str(value) for value in values]
    return pa.array(values, wanted)
