"""How engines write the types of columns, as the objects that programs for PyPI `dlt` 1.x ask."""

from __future__ import annotations

from abc import ABC, abstractmethod

from dlt.destinations.sql.dialect import Dialect
from dlt.schema.capabilities import Capabilities
from dlt.schema.typing import ColumnSchema, TableSchema

__all__ = ["DataTypeMapper", "type_in_schema"]


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


def type_in_schema(
    dialect: Dialect, capabilities: Capabilities, db_type: str, precision: int | None, scale: int | None
) -> ColumnSchema:
    """Return the type that a type of an engine stands for; text for one that nothing else stands for.

    Args:
        dialect: Knows the engine's types.
        capabilities: What the engine can do.
        db_type: Name of the engine's type.
        precision: Number of digits, or length of a text.
        scale: Number of digits behind the point.
    """
    # PostgreSQL's catalog says the long word, programs the short one
    name = {"VARCHAR": "CHARACTER VARYING"}.get(db_type.upper(), db_type.upper())
    found: ColumnSchema = {"data_type": dialect.families.get(name, "text")}
    # nothing but its size tells a wei from another decimal
    if found["data_type"] == "decimal" and (precision, scale) == capabilities.wei_precision:
        return {"data_type": "wei"}
    if precision is not None:
        found["precision"] = precision
    if scale is not None:
        found["scale"] = scale
    return found
