"""A table or a query of a dataset: narrowed step by step, and read when it is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from dlt.dataset.query import Condition, Query
from dlt.errors import DatasetException, RelationHasQueryException, RelationUnknownColumnException
from dlt.schema.system_columns import LOAD_ID, PARENT_ID, ROW_ID

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from dlt.destinations.sql.cursor import Cursor
    from dlt.destinations.sql.sql_client import SqlClient
    from dlt.schema.schema import Schema
    from dlt.schema.typing import ColumnSchema

# programs count with the values that they fetch, and what they are the query says
ResultRow = tuple[Any, ...]
"""One row of a result: the values of its columns, as the driver of the destination gives them."""


class Tables(Protocol):
    """A dataset, as its relations know it."""

    @property
    def schema(self) -> Schema:
        """Return the schema of the tables."""

    def table(self, table_name: str) -> Relation:
        """Return a table."""

    def sql_client(self) -> AbstractContextManager[SqlClient]:
        """Open a client that runs SQL."""


@dataclass(frozen=True)
class Relation:
    """A table or a query that is read when asked; each method that narrows it returns a new one."""

    dataset: Tables
    table: str | None = None
    sql: str | None = None
    columns_selected: tuple[str, ...] = ()
    conditions: tuple[str | Condition, ...] = ()
    ordering: tuple[tuple[str, str], ...] = ()
    rows_limit: int | None = None

    # -- narrowing

    def select(self, *columns: str) -> Relation:
        """Keep columns.

        Raises:
            RelationUnknownColumnException: the table has no such column.
        """
        # programs for PyPI dlt 1.x pass a list too
        names = tuple(columns[0]) if len(columns) == 1 and isinstance(columns[0], (list, tuple)) else columns
        self._need_columns(names)
        return replace(self, columns_selected=names)

    def __getitem__(self, columns: str | Sequence[str]) -> Relation:
        return self.select(*([columns] if isinstance(columns, str) else columns))

    def limit(self, limit: int) -> Relation:
        """Keep at most so many rows."""
        return replace(self, rows_limit=int(limit))

    # five as in PyPI dlt 1.x
    def head(self, limit: int = 5) -> Relation:
        """Keep the first rows."""
        return self.limit(limit)

    def order_by(self, column_name: str, direction: str = "asc") -> Relation:
        """Sort by a column, "asc" or "desc"."""
        # it stands in the text as it is
        if direction.lower() not in ("asc", "desc"):
            raise ValueError(f"order_by direction {direction!r} is not asc or desc.")
        self._need_columns((column_name,))
        return replace(self, ordering=(*self.ordering, (column_name, direction.upper())))

    def where(self, column_or_expr: str, operator: str | None = None, value: object = None) -> Relation:
        """Keep rows.

        Args:
            column_or_expr: A column, or a whole condition in SQL.
            operator: eq, ne, gt, lt, gte, lte, like, in or not_in; None when a condition is given.
            value: What the column is compared with.
        """
        if operator is None:
            # in parentheses: an OR in it would take the other conditions apart
            return replace(self, conditions=(*self.conditions, f"({column_or_expr})"))
        found = Condition.of(column_or_expr, operator, value)
        self._need_columns((column_or_expr,))
        return replace(self, conditions=(*self.conditions, found))

    filter = where

    def from_loads(self, load_ids: Sequence[str] | str, add_load_id_column: bool = False) -> Relation:
        """Keep rows of some loads; rows of nested tables belong to the load of their root row.

        Args:
            load_ids: The loads.
            add_load_id_column: Add the load id to rows of a nested table; those of others have it.
        """
        wanted = [load_ids] if isinstance(load_ids, str) else list(load_ids)
        if self.table is None:
            raise RelationHasQueryException("from_loads works on a table, not on a query. Start at dataset.table().")
        parent = self.dataset.schema.get_table(self.table).get("parent")
        # a nested table has no load id of its own: it is that of its root row
        if add_load_id_column and parent:
            above = self.dataset.table(parent).from_loads(wanted, add_load_id_column=True)
            return Relation(
                self.dataset,
                sql=f"SELECT l.*, r.{LOAD_ID} FROM ({self.to_sql()}) AS l "
                f"JOIN ({above.to_sql()}) AS r ON l.{PARENT_ID} = r.{ROW_ID}",
            )
        return replace(self, conditions=(*self.conditions, self._loaded_by(self.table, wanted)))

    def _loaded_by(self, table: str, load_ids: Iterable[str]) -> str:
        entry = self.dataset.schema.get_table(table)
        if not entry.get("parent"):
            with self.dataset.sql_client() as client:
                return f"{LOAD_ID} IN {client.literal(list(load_ids))}"
        with self.dataset.sql_client() as client:
            parent = client.make_qualified_table_name(entry["parent"])
        above = self._loaded_by(entry["parent"], load_ids)
        # no join: the result has the columns of the table, and each row once
        return f"{PARENT_ID} IN (SELECT {ROW_ID} FROM {parent} WHERE {above})"

    def max(self) -> Relation:
        """Return the largest value of the one selected column."""
        return self._aggregate("MAX")

    def min(self) -> Relation:
        """Return the smallest value of the one selected column."""
        return self._aggregate("MIN")

    def _aggregate(self, function: str) -> Relation:
        if len(self.columns_selected) != 1:
            raise DatasetException(f"{function.lower()}() needs exactly one selected column.")
        with self.dataset.sql_client() as client:
            column = client.escape_column_name(self.columns_selected[0])
        return Relation(self.dataset, sql=f"SELECT {function}({column}) AS {column} FROM ({self.to_sql()}) AS q")

    def join(
        self, other: Relation | str, on: str | None = None, *, kind: str = "inner", alias: str | None = None
    ) -> Relation:
        """Join another table; nested tables find their parent by themselves.

        Args:
            other: Table or relation.
            on: Condition; left side `l`, right side `r` or the alias. Left out between a table and its nested table.
            kind: inner, left, right or full.
            alias: Name of the right side.

        Raises:
            DatasetException: the alias is no name, or there is no condition and the tables are not nested.
        """
        name = alias or "r"
        # it stands in the text as it is
        if not name.isidentifier() or name == "l":
            raise DatasetException(f"join: the alias {name!r} is no name for the right side. Give a word of letters.")
        right = self.dataset.table(other) if isinstance(other, str) else other
        if on is None:
            on = self._reference(right, name)
        return Relation(
            self.dataset,
            sql=f"SELECT * FROM ({self.to_sql()}) AS l {kind.upper()} JOIN ({right.to_sql()}) AS {name} ON {on}",
        )

    def _reference(self, right: Relation, name: str) -> str:
        tables = self.dataset.schema.tables
        if self.table and right.table:
            if tables[right.table].get("parent") == self.table:
                return f"l.{ROW_ID} = {name}.{PARENT_ID}"
            if tables[self.table].get("parent") == right.table:
                return f"l.{PARENT_ID} = {name}.{ROW_ID}"
        raise DatasetException("join: the tables are not parent and child, so the condition must be given as on=.")

    # -- reading

    def to_sql(self, pretty: bool = False) -> str:
        """Return the query.

        Args:
            pretty: Begin each clause on a line of its own.
        """
        untouched = not (self.columns_selected or self.conditions or self.ordering or self.rows_limit is not None)
        # a query that nobody narrowed runs as it is written, also one that cannot stand in parentheses
        if self.sql is not None and untouched:
            return self.sql
        with self.dataset.sql_client() as client:
            return ("\n" if pretty else " ").join(self._query(client).clauses(client))

    def _query(self, client: SqlClient) -> Query:
        if self.table is None:
            source, columns = f"({self.sql}) AS q", self.columns_selected
        else:
            # named, so that a column that another program adds to the table is not in the result
            source, columns = client.make_qualified_table_name(self.table), tuple(self.columns)
        return Query(source, columns, self.conditions, self.ordering, self.rows_limit)

    @property
    def columns_schema(self) -> Mapping[str, ColumnSchema]:
        """Return the columns of a table as the schema has them."""
        if self.table is None:
            return {name: {"name": name} for name in self.columns}
        known = self.dataset.schema.get_table_columns(self.table)
        return {name: known[name] for name in (self.columns_selected or known)}

    @property
    def columns(self) -> list[str]:
        """Return the names of the columns."""
        if self.columns_selected:
            return list(self.columns_selected)
        if self.table is not None:
            return list(self.dataset.schema.get_table_columns(self.table))
        # the engine tells what a query gives, and no row has to come for that
        with self._cursor(f"SELECT * FROM ({self.sql}) AS q LIMIT 0") as cursor:
            return cursor.names

    @contextmanager
    def _cursor(self, sql: str | None = None) -> Iterator[Cursor]:
        text = sql or self.to_sql()
        # values of a table get their classes on every engine; what a query gives, only the engine knows
        known = self.columns_schema if self.table is not None and sql is None else None
        with self.dataset.sql_client() as client, client.execute_query(text, columns=known) as cursor:
            yield cursor

    def df(self, chunk_size: int | None = None) -> pd.DataFrame:
        """Return a pandas frame; of the first rows where a number is given."""
        with self._cursor() as cursor:
            frame: pd.DataFrame = cursor.df(chunk_size)
            return frame

    def arrow(self, chunk_size: int | None = None) -> pa.Table:
        """Return an Arrow table; of the first rows where a number is given."""
        with self._cursor() as cursor:
            return cursor.arrow(chunk_size)

    def fetchall(self) -> list[ResultRow]:
        """Return all rows."""
        with self._cursor() as cursor:
            return list(cursor.fetchall())

    def fetchmany(self, size: int) -> list[ResultRow]:
        """Return the first rows."""
        with self._cursor() as cursor:
            return list(cursor.fetchmany(size))

    def fetchone(self) -> ResultRow | None:
        """Return the first row."""
        with self._cursor() as cursor:
            row = cursor.fetchone()
            return tuple(row) if row is not None else None

    def fetchscalar(self) -> Any:
        """Return the one value of the one row."""
        row = self.fetchone()
        return row[0] if row else None

    def iter_fetch(self, chunk_size: int = 10_000) -> Iterator[list[ResultRow]]:
        """Yield lists of rows."""
        with self._cursor() as cursor:
            yield from cursor.iter_fetch(chunk_size)

    def iter_df(self, chunk_size: int = 10_000) -> Iterator[pd.DataFrame]:
        """Yield pandas frames."""
        with self._cursor() as cursor:
            yield from cursor.iter_df(chunk_size)

    def iter_arrow(self, chunk_size: int = 10_000) -> Iterator[pa.Table]:
        """Yield Arrow tables."""
        with self._cursor() as cursor:
            yield from cursor.iter_arrow(chunk_size)

    def _need_columns(self, names: Iterable[str]) -> None:
        if self.table is None:
            return
        known = self.dataset.schema.get_table_columns(self.table)
        for name in names:
            if name not in known:
                raise RelationUnknownColumnException(
                    f"table {self.table} has no column {name!r}. It has {', '.join(known)}.", column=name
                )

    def __repr__(self) -> str:
        return f"<dlt relation {self.table or self.sql}>"
