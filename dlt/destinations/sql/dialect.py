"""How an engine writes names and types."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

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
        temporary: How temporary tables are made.
        quote_character: Stands around identifiers.
        precisions: Digits of seconds that a type keeps, where its name tells.
    """

    types: dict[DataType, str]
    sized: Callable[[ColumnSchema, Capabilities], str | None]
    families: dict[str, DataType]
    capabilities: Capabilities
    temporary: str = "TEMP"
    quote_character: str = '"'
    precisions: Mapping[str, int] = field(default_factory=dict)

    def quote(self, name: str) -> str:
        """Return an identifier in quotes."""
        mark = self.quote_character
        return mark + name.replace(mark, mark * 2) + mark

    def type_of(self, column: ColumnSchema) -> str:
        """Return the type text of a column."""
        return self.sized(column, self.capabilities) or self.types[column["data_type"]]

    def column_of(self, name: str, reported: str) -> ColumnSchema:
        """Return the column that a type text of the engine stands for; without a data type for one we never make."""
        column: ColumnSchema = {"name": name}
        base, _, sizes = reported.upper().partition("(")
        family = self.families.get(base.strip())
        if family is None:
            return column
        column["data_type"] = family
        if base.strip() in self.precisions:
            column["precision"] = self.precisions[base.strip()]
        numbers = [int(number) for number in re.findall(r"\d+", sizes)]
        if family == "decimal" and numbers:
            column["precision"], column["scale"] = (*numbers, 0)[:2]
        elif family == "timestamp" and numbers:
            column["precision"] = numbers[0]
        return column

    def as_stored(self, column: ColumnSchema) -> ColumnSchema:
        """Return a column as the engine reports it once it was made."""
        return self.column_of(column["name"], self.type_of(column))
