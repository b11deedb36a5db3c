"""DDL as text: only for what is missing."""

from __future__ import annotations

from collections.abc import Mapping

from dlt.destinations.sql.dialect import Dialect
from dlt.errors import SchemaUpdateTerminalError
from dlt.schema.holding import OTHER_TYPES, type_text
from dlt.schema.typing import ColumnSchema, DataType, TableSchema


def create_table(dialect: Dialect, qualified: str, table: TableSchema) -> str:
    """Return CREATE TABLE for all columns of a table."""
    columns = ", ".join(_definition(dialect, column) for column in table["columns"].values())
    return f"CREATE TABLE {qualified} ({columns}){dialect.table_options(table)}"


def add_columns(dialect: Dialect, qualified: str, columns: Mapping[str, ColumnSchema]) -> list[str]:
    """Return one ALTER TABLE for each column; rows that are there have no value, so it is nullable."""
    return [
        f"ALTER TABLE {qualified} ADD COLUMN {dialect.quote(name)} {dialect.type_of(column)}"
        for name, column in columns.items()
    ]


def _definition(dialect: Dialect, column: ColumnSchema) -> str:
    required = "" if column.get("nullable", True) else " NOT NULL"
    return f"{dialect.quote(column['name'])} {dialect.type_of(column)}{required}"


def check_types(dialect: Dialect, dataset: str, table: TableSchema, stored: Mapping[str, ColumnSchema]) -> None:
    """Compare the columns of the schema with those that are there: each must hold the new values unchanged.

    Args:
        dialect: How the engine stores types.
        dataset: Name of the dataset, for messages.
        table: Table of the schema.
        stored: Columns at the destination; those of types that we never make are left out.

    Raises:
        SchemaUpdateTerminalError: a column has another type there.
    """
    for name, column in table["columns"].items():
        found = stored.get(name)
        # a column of a type that nothing here makes is taken as it is
        if found is None or "data_type" not in column or "data_type" not in found:
            continue
        if not _holds(found, column["data_type"], dialect.as_stored(column)):
            wanted, there = type_text(column), type_text(found)
            raise SchemaUpdateTerminalError(
                f"{dataset}.{table['name']}.{name}: the schema says {wanted}, the table at the destination has "
                f"{there}, which cannot hold all its values unchanged. Declare the column as {there}, load into "
                "another dataset, or refresh the table.",
                table=table["name"],
                column=name,
            )


def _holds(there: ColumnSchema, wanted: DataType, made: ColumnSchema) -> bool:
    kind = there["data_type"]
    if kind not in (wanted, made.get("data_type")) and wanted not in OTHER_TYPES.get(kind, ()):
        return False
    if kind in ("decimal", "wei"):
        # engines refuse a number with too many digits, but round the places behind the point without a word
        return there.get("scale", 0) >= made.get("scale", 0)
    if kind == wanted == "timestamp":
        return there.get("precision", 9) >= made.get("precision", 0)
    return True
