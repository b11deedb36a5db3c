"""Columns of one data type as Arrow arrays."""

from __future__ import annotations

from collections.abc import Sequence

from dlt.late import pa
from dlt.schema import arrow
from dlt.schema.capabilities import Capabilities
from dlt.schema.limits import digits_of
from dlt.schema.typing import ColumnSchema


def arrow_type(column: ColumnSchema, capabilities: Capabilities) -> pa.DataType:
    """Return the Arrow type in which a column is handed to a destination."""
    decimal = column["data_type"] in ("decimal", "wei")
    return arrow.arrow_type(column, digits_of(column, capabilities) if decimal else None)


def build(values: Sequence[object], column: ColumnSchema, capabilities: Capabilities) -> pa.Array:
    """Return values as the column stores them as an array."""
    wanted = arrow_type(column, capabilities)
    if pa.types.is_string(wanted):
        # a UUID or another class whose text is stored
        values = [value if value is None or isinstance(value, str) else str(value) for value in values]
    return arrow.array_of(values, wanted)
