"""DDL as text: only for what is missing."""

from __future__ import annotations

from collections.abc import Mapping

from dlt.destinations.sql.dialect import Dialect
from dlt.errors import SchemaUpdateTerminalError
from dlt.schema.typing import ColumnSchema, DataType, TableSchema

_SAME: tuple[frozenset[DataType], ...] = (
    frozenset({"json", "text"}),
    frozenset({"decimal", "wei", "double", "bigint"}),
    frozenset({"timestamp", "date"}),
)


def create_table(dialect: Dialect, qualified: str, table: TableSchema) -> str:
    """Return CREATE TABLE for all columns of a table."""
    columns = ", ".join(_definition(dialect, column) for column in table["columns"].values())
    return f"CREATE TABLE {qualified} ({columns})"


def add_columns(dialect: Dialect, qualified: str, columns: Mapping[str, ColumnSchema]) -> list[str]:
    """Return one ALTER TABLE for each column; rows that are there have no value, so it is nullable."""
    return [
        f"ALTER TABLE {qualified} ADD COLUMN {dialect.quote(name)} {dialect.type_of(column)}"
        for name, column in columns.items()
    ]


def _definition(dialect: Dialect, column: ColumnSchema) -> str:
    required = "" if column.get("nullable", True) else " NOT NULL"
    return f"{dialect.quote(column['name'])} {dialect.type_of(column)}{required}"


def check_types(dataset: str, table: TableSchema, stored: Mapping[str, ColumnSchema]) -> None:
    """Compare the columns of the schema with those that are there.

    Args:
        dataset: Name of the dataset, for messages.
        table: Table of the schema.
        stored: Columns at the destination; those of types that we never make are left out.

    Raises:
        SchemaUpdateTerminalError: a column has another type there.
    """
    for name, column in table["columns"].items():
        found = stored.get(name)
        if found is None or "data_type" not in column or "data_type" not in found:
            continue
        wanted, there = column["data_type"], found["data_type"]
        if wanted != there and not any({wanted, there} <= group for group in _SAME):
            raise SchemaUpdateTerminalError(
                f"{dataset}.{table['name']}.{name}: the schema says {wanted}, the table at the destination has "
                f"{there}. Set the column's data_type to {there!r}, load into another dataset, or refresh the table.",
                table=table["name"],
                column=name,
            )
