"""The text of a query: clauses and conditions of one relation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dlt.destinations.sql.sql_client import SqlClient

OPERATORS = {
    "eq": "=",
    "ne": "<>",
    "gt": ">",
    "lt": "<",
    "gte": ">=",
    "lte": "<=",
    "=": "=",
    "==": "=",
    "!=": "<>",
    "<>": "<>",
    ">": ">",
    "<": "<",
    ">=": ">=",
    "<=": "<=",
    "like": "LIKE",
    "in": "IN",
    "not_in": "NOT IN",
}
"""Words and signs that programs write, and what SQL has for them."""


class Condition(NamedTuple):
    """A comparison of a column with a value."""

    column: str
    sign: str
    value: object

    @classmethod
    def of(cls, column: str, operator: str, value: object) -> Condition:
        """Return a comparison.

        Args:
            column: Name of the column.
            operator: One of `OPERATORS`.
            value: What the column is compared with.

        Raises:
            ValueError: the operator is not known.
        """
        if operator not in OPERATORS:
            raise ValueError(f"operator {operator!r} is not known. Use one of {', '.join(OPERATORS)}.")
        sign = OPERATORS[operator]
        # a comparison with NULL is never true in SQL, and a person who writes None means the rows without a value
        if value is None and sign in ("=", "<>"):
            sign = "IS" if sign == "=" else "IS NOT"
        return cls(column, sign, value)


@dataclass(frozen=True)
class Query:
    """What is selected, from where.

    Attributes:
        source: A qualified table, or a query in parentheses.
        columns: Names of columns; all when empty.
        conditions: Comparisons, and conditions that are SQL already.
        ordering: Columns with ASC or DESC.
        limit: Most rows, or None.
    """

    source: str
    columns: Sequence[str] = ()
    conditions: Sequence[str | Condition] = ()
    ordering: Sequence[tuple[str, str]] = ()
    limit: int | None = None

    def clauses(self, client: SqlClient) -> Iterator[str]:
        """Yield the clauses.

        Args:
            client: Knows how the destination quotes names and writes values.
        """
        quoted = client.escape_column_name
        yield f"SELECT {', '.join(quoted(name) for name in self.columns) or '*'}"
        yield f"FROM {self.source}"
        if self.conditions:
            yield "WHERE " + " AND ".join(
                test if isinstance(test, str) else f"{quoted(test.column)} {test.sign} {client.literal(test.value)}"
                for test in self.conditions
            )
        if self.ordering:
            yield "ORDER BY " + ", ".join(f"{quoted(name)} {direction}" for name, direction in self.ordering)
        if self.limit is not None:
            yield f"LIMIT {self.limit}"
