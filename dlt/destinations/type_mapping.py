"""How engines write the types of columns, as the objects that programs for PyPI `dlt` 1.x ask."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from dlt.destinations.sql.dialect import Dialect
from dlt.schema.capabilities import Capabilities
from dlt.schema.typing import ColumnSchema, TableSchema

__all__ = ["DataTypeMapper", "DialectTypeMapper"]


class DataTypeMapper(ABC):
    """Says how an engine writes the types of columns.

    Args:
        capabilities: What the engine can do.
    """

    def __init__(self, capabilities: Capabilities) -> None:
        self.capabilities = capabilities

    @abstractmethod
    def to_destination_type(self, column: ColumnSchema, table: TableSchema) -> str:
        """Return the engine's type of a column."""

    @abstractmethod
    def from_destination_type(
        self, db_type: str, precision: int | None = None, scale: int | None = None
    ) -> ColumnSchema:
        """Return the type that a type of the engine stands for."""


class DialectTypeMapper(DataTypeMapper):
    """Says what a dialect of the library says."""

    dialect: ClassVar[Dialect]

    def to_destination_type(self, column: ColumnSchema, table: TableSchema) -> str:  # noqa: ARG002 - programs pass it
        """Return the engine's type of a column."""
        return self.dialect.type_of(column)

    def from_destination_type(
        self, db_type: str, precision: int | None = None, scale: int | None = None
    ) -> ColumnSchema:
        """Return the type that a type of the engine stands for; text for one that nothing else stands for."""
        name = {"VARCHAR": "CHARACTER VARYING"}.get(db_type.upper(), db_type.upper())
        found: ColumnSchema = {"data_type": self.dialect.families.get(name, "text")}
        if found["data_type"] == "decimal" and (precision, scale) == self.capabilities.wei_precision:
            return {"data_type": "wei"}
        if precision is not None:
            found["precision"] = precision
        if scale is not None:
            found["scale"] = scale
        return found
