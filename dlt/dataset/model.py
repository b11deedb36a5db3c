"""A query as a value that can be passed on."""

from __future__ import annotations

from dlt.dataset.lineage import parse


class SqlModel:
    """The text of a query, and the dialect in which it is written.

    Args:
        query: SQL.
        dialect: Its dialect, as sqlglot names it.
    """

    # no dataclass: its fields are no row for a table
    def __init__(self, query: str, dialect: str | None = None) -> None:
        self.query, self.dialect = query, dialect

    @classmethod
    def from_query_string(cls, query: str, dialect: str | None = None) -> SqlModel:
        """Return a query.

        Args:
            query: SQL.
            dialect: Its dialect, as sqlglot names it.

        Raises:
            LineageFailedException: it is no SELECT, or no SQL that sqlglot reads.
        """
        return cls(parse(query, dialect).sql(dialect), dialect)

    def to_sql(self) -> str:
        """Return the text."""
        return self.query

    def __repr__(self) -> str:
        return f"SqlModel({self.query!r}, dialect={self.dialect!r})"
