"""The tables that every dataset carries beside its data."""

from __future__ import annotations

from dlt.schema.system_columns import LOAD_ID, ROW_ID
from dlt.schema.typing import ColumnSchema, DataType, TableSchema

LOADS_TABLE = "_dlt_loads"
VERSION_TABLE = "_dlt_version"
STATE_TABLE = "_dlt_pipeline_state"
PREFIX = "_dlt"


def _table(name: str, columns: list[tuple[str, DataType, bool]]) -> TableSchema:
    built: dict[str, ColumnSchema] = {}
    for column, kind, nullable in columns:
        built[column] = {"name": column, "data_type": kind, "nullable": nullable}
    return {"name": name, "write_disposition": "skip", "columns": built}


def loads_table() -> TableSchema:
    """Return the table with one row for each load that is complete."""
    return _table(
        LOADS_TABLE,
        [
            ("load_id", "text", False),
            ("schema_name", "text", True),
            ("status", "bigint", False),
            ("inserted_at", "timestamp", False),
            ("schema_version_hash", "text", True),
        ],
    )


def version_table() -> TableSchema:
    """Return the table with one row for each version of a schema."""
    return _table(
        VERSION_TABLE,
        [
            ("version", "bigint", False),
            ("engine_version", "bigint", False),
            ("inserted_at", "timestamp", False),
            ("schema_name", "text", False),
            ("version_hash", "text", False),
            ("schema", "text", False),
        ],
    )


def state_table() -> TableSchema:
    """Return the table with the states of pipelines, newest last."""
    table = _table(
        STATE_TABLE,
        [
            ("version", "bigint", False),
            ("engine_version", "bigint", False),
            ("pipeline_name", "text", False),
            ("state", "text", False),
            ("created_at", "timestamp", False),
            ("version_hash", "text", True),
            (LOAD_ID, "text", False),
            (ROW_ID, "text", False),
        ],
    )
    # as PyPI dlt has it, which loads the state as a row of data
    table["columns"][ROW_ID].update({"unique": True, "row_key": True})
    return table


def is_system_name(name: object) -> bool:
    """Tell whether a table or column is one of ours."""
    return isinstance(name, str) and name.startswith(PREFIX)
