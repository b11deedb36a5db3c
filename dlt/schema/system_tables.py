"""The tables that every dataset carries beside its data."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dlt.ids import digest_id
from dlt.schema.system_columns import LOAD_ID, ROW_ID
from dlt.schema.typing import ColumnSchema, DataType, TableSchema

LOADS_TABLE = "_dlt_loads"
VERSION_TABLE = "_dlt_version"
STATE_TABLE = "_dlt_pipeline_state"
UNDO_TABLE = "_dlt_undo"
KEPT_PREFIX = "_dlt_undo__"
"""Beginning of the names of tables that hold rows which loads replaced."""
KEPT_BY = "_dlt_undo_load_id"
"""Column of these tables: the load that replaced the row."""
QUARANTINE_TABLE = "_dlt_quarantine"
CHECKS_TABLE = "_dlt_checks"
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


def undo_table() -> TableSchema:
    """Return the table that says what loads did to tables, in datasets where that is kept or where one was undone."""
    return _table(
        UNDO_TABLE,
        [
            ("load_id", "text", False),
            ("schema_name", "text", False),
            ("table_name", "text", True),
            ("how", "text", True),
            ("kept_as", "text", True),
            ("undoes", "text", True),
            ("inserted_at", "timestamp", False),
        ],
    )


def checks_table() -> TableSchema:
    """Return the table with what came of checks of data, made where a resource has some."""
    return _table(
        CHECKS_TABLE,
        [
            ("load_id", "text", False),
            ("schema_name", "text", True),
            ("table_name", "text", False),
            ("check_name", "text", False),
            ("severity", "text", False),
            ("scope", "text", False),
            ("passed", "bool", False),
            ("failing_count", "bigint", False),
            ("checked_count", "bigint", False),
            ("checked_at", "timestamp", False),
        ],
    )


def kept_name(table: str, longest: int | None) -> str:
    """Return the name of the table that holds rows of a table which loads replaced.

    Args:
        table: Name of the table.
        longest: Bytes that a name may have; None for any.
    """
    name = f"{KEPT_PREFIX}{table}"
    # engines cut names that are too long, some without a word
    return name if longest is None or len(name.encode()) <= longest else f"{KEPT_PREFIX}{digest_id(table)}"


def quarantine_table() -> TableSchema:
    """Return the table with the items that a contract kept out; only datasets that use it have one."""
    table = _table(
        QUARANTINE_TABLE,
        [
            ("load_id", "text", False),
            ("quarantined_at", "timestamp", False),
            ("schema_name", "text", False),
            ("table_name", "text", False),
            ("path", "text", True),
            ("reason", "text", False),
            ("entity", "text", False),
            ("contract", "text", False),
            ("item", "text", False),
            ("origin", "text", True),
            (LOAD_ID, "text", False),
            (ROW_ID, "text", False),
        ],
    )
    # its rows are files of a package like those of other tables
    table["write_disposition"] = "append"
    table["columns"][ROW_ID].update({"unique": True, "row_key": True})
    return table


OCCASIONAL: Mapping[str, Callable[[], TableSchema]] = {UNDO_TABLE: undo_table, CHECKS_TABLE: checks_table}
"""Tables that only datasets have which use what they are for; no schema has them."""


def is_system_name(name: object) -> bool:
    """Tell whether a table or column is one of ours."""
    return isinstance(name, str) and name.startswith(PREFIX)
