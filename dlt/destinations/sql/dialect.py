"""How an engine writes names and types."""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Callable, Mapping
from dataclasses import field

from dlt.errors import DatasetException
from dlt.late_dataclass import dataclass
from dlt.schema.capabilities import Capabilities
from dlt.schema.typing import ColumnSchema, DataType, TableSchema


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
        regex: The condition that a regular expression, {pattern}, is found in a {text}.
    """

    types: dict[DataType, str]
    sized: Callable[[ColumnSchema, Capabilities], str | None]
    families: dict[str, DataType]
    capabilities: Capabilities
    temporary: str = "TEMP"
    quote_character: str = '"'
    precisions: Mapping[str, int] = field(default_factory=dict)
    regex: str = "REGEXP_LIKE({text}, {pattern})"

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
            # DECIMAL(18) is one without digits behind the point
            column["precision"], column["scale"] = (*numbers, 0)[:2]
        elif family == "timestamp" and numbers:
            column["precision"] = numbers[0]
        return column

    def as_stored(self, column: ColumnSchema) -> ColumnSchema:
        """Return a column as the engine reports it once it was made."""
        return self.column_of(column["name"], self.type_of(column))

    @property
    def key_text(self) -> str:
        """Return type and constraint of a column of short texts that is a primary key."""
        return f"{self.types['text']} PRIMARY KEY"

    def table_options(self, table: TableSchema) -> str:  # noqa: ARG002 - for engines that have some
        """Return what stands behind the columns of CREATE TABLE, with a blank before it."""
        return ""

    # -- statements and values

    def moment(self, value: datetime.datetime) -> str:
        """Return a moment with a time zone as a literal."""
        return f"TIMESTAMP WITH TIME ZONE '{value.isoformat(sep=' ')}'"

    def ordered(self, column: str, direction: str) -> str:
        """Return a term of ORDER BY that puts NULL last.

        Args:
            column: Quoted name.
            direction: "asc" or "desc".
        """
        return f"{column} {direction.upper()} NULLS LAST"

    def matching(self, text: str, pattern: str) -> str:
        """Return the condition that a regular expression is found in a text.

        Args:
            text: Gives the text.
            pattern: The expression.
        """
        return self.regex.format(text=text, pattern=self.literal(pattern))

    def comparable(self, text: str, column: ColumnSchema) -> str:  # noqa: ARG002 - for engines that store texts
        """Return what gives the value of a column so that it can be compared with a literal.

        Args:
            text: Gives the value as it is stored.
            column: The column.
        """
        return text

    def rename_column(self, table: str, old: str, new: str) -> str:
        """Return the statement that gives a column another name.

        Args:
            table: Qualified name.
            old: Its name.
            new: Its new name.
        """
        return f"ALTER TABLE {table} RENAME COLUMN {self.quote(old)} TO {self.quote(new)}"

    def create_temporary(self, name: str, query: str, lookup: str | None = None) -> str:  # noqa: ARG002 - for an index
        """Return the statement that makes a temporary table of a query.

        Args:
            name: Quoted name.
            query: Gives columns and rows.
            lookup: Quoted column by which rows will be looked up, for engines that need an index to be fast.
        """
        return f"CREATE {self.temporary} TABLE {name} AS {query}"

    def drop_temporary(self, name: str) -> str:
        """Return the statement that drops a temporary table."""
        return f"DROP TABLE {name}"

    def delete_matching(self, table: str, keys: str, match: str) -> str:
        """Return the statement that deletes rows whose keys are in a query.

        Args:
            table: Qualified name; `d` in the condition.
            keys: Query in brackets; `s` in the condition.
            match: The condition.
        """
        return f"DELETE FROM {table} AS _dlt_d USING {keys} AS _dlt_s WHERE {match}"

    def delete_listed(self, table: str, column: str, ids: str) -> str:
        """Return the statement that deletes rows of which a column is among the ids of a temporary table."""
        return f"DELETE FROM {table} WHERE {column} IN (SELECT id FROM {ids})"

    def insert_new(self, table: str, columns: str, places: str) -> str:
        """Return the statement that inserts a row unless its key is there."""
        # two may add the row at once: to the second one it is there, which is all that it wants
        return f"INSERT INTO {table} ({columns}) VALUES ({places}) ON CONFLICT DO NOTHING"

    def literal(self, value: object) -> str:
        """Return a value as a literal.

        Raises:
            DatasetException: there is no literal for values of its class.
        """
        if value is None:
            return "NULL"
        # before numbers: bool is a kind of int to Python
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, (int, float, decimal.Decimal)):
            return str(value)
        if isinstance(value, datetime.datetime):
            return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
        if isinstance(value, datetime.date):
            return f"DATE '{value.isoformat()}'"
        if isinstance(value, str):
            return "'" + value.replace("'", "''") + "'"
        if isinstance(value, (list, tuple, set, frozenset)):
            return "(" + ", ".join(self.literal(item) for item in value) + ")"
        raise DatasetException(f"A value of type {type(value).__name__} has no SQL literal. Convert it first.")
