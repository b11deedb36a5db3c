"""How Postgres writes the types of columns, as an object."""

from __future__ import annotations

from dlt.destinations.impl.postgres.dialect import DIALECT
from dlt.destinations.type_mapping import DataTypeMapper, type_in_schema
from dlt.schema.typing import ColumnSchema, TableSchema


class PostgresTypeMapper(DataTypeMapper):
    """Says how Postgres writes the types of columns."""

    def to_destination_type(self, column: ColumnSchema, table: TableSchema) -> str:  # noqa: ARG002 - programs pass it
        """Return the engine's type of a column."""
        return DIALECT.type_of(column)

    def from_destination_type(
        self, db_type: str, precision: int | None = None, scale: int | None = None
    ) -> ColumnSchema:
        """Return the type that a type of the engine stands for; text for one that nothing else stands for."""
        return type_in_schema(DIALECT, self.capabilities, db_type, precision, scale)
