"""The column that is made when a table meets a value for the first time."""

from __future__ import annotations

from dlt.schema.inference import detect, infer_column, infer_type
from dlt.schema.schema import Schema
from dlt.schema.typing import ColumnSchema


def column_for(schema: Schema, table: str, name: str, value: object) -> ColumnSchema:
    """Return the column that a first value decides: declared hints, then preferred types, detections, its own type."""
    entry = schema.tables.get(table)
    declared = entry["columns"].get(name) if entry else None
    # what the user declares comes before all that data suggests
    if declared is not None and "data_type" in declared:
        return declared
    kind = schema.get_preferred_type(name) or detect(value, schema.detections) or infer_type(value)
    hints = schema.default_column_hints(name)
    column = infer_column(name, value, kind)
    column.update(hints)
    # after the defaults, which hold for any column of such a name
    column.update(declared or {})
    column["name"], column["data_type"] = name, kind
    return column
