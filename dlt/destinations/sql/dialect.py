"""How an engine writes names and types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dlt.schema.capabilities import Capabilities
from dlt.schema.typing import ColumnSchema, DataType


@dataclass(frozen=True)
class Dialect:
    """Names and types of one engine, and what of its SQL differs.

    Attributes:
        types: Type text for columns without precision.
        sized: Gives the type text of a column with precision or scale, or None.
        families: Data type for each type that the engine reports.
        capabilities: Limits of the engine.
        delete_using: "USING" where DELETE joins with it; "" where only EXISTS works.
    """

    types: dict[DataType, str]
    sized: Callable[[ColumnSchema, Capabilities], str | None]
    families: dict[str, DataType]
    capabilities: Capabilities
    temporary: str = "TEMP"
    quote_character: str = '"'

    def quote(self, name: str) -> str:
        """Return an identifier in quotes."""
        mark = self.quote_character
        return mark + name.replace(mark, mark * 2) + mark

    def type_of(self, column: ColumnSchema) -> str:
        """Return the type text of a column."""
        return self.sized(column, self.capabilities) or self.types[column["data_type"]]

    def family_of(self, reported: str) -> DataType | None:
        """Return the data type that stands for a type the engine reports; None for one we never make."""
        return self.families.get(reported.upper().partition("(")[0].strip())
