"""What is selected from a dataset: what it is, and reading it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from dlt.dataset.binding import Bound, Names, bind, located, text_of
from dlt.dataset.lineage import Columns, parse
from dlt.dataset.model import SqlModel
from dlt.dataset.types import passed_on
from dlt.errors import RelationException, RelationUnknownColumnException

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from dlt.dataset.ibis_backend import DatasetBackend, Native
    from dlt.destinations.sql.cursor import Cursor
    from dlt.destinations.sql.handle import SqlHandle
    from dlt.destinations.sql.sql_client import SqlClient
    from dlt.late import exp
    from dlt.schema.schema import Schema
    from dlt.schema.typing import ColumnSchema, TableSchema

# programs count with the values that they fetch, and what they are the query says
Value = Any
"""One value of a result, as the driver of the destination gives it."""
ResultRow = tuple[Any, ...]
"""One row of a result: the values of its columns."""


class Tables(Names, Protocol):
    """A dataset, as its relations know it."""

    @property
    def dataset_name(self) -> str:
        """Return its name."""

    @property
    def schemas(self) -> Sequence[Schema]:
        """Return the schemas of the tables."""

    @property
    def sql_client(self) -> SqlHandle:
        """Return a client that runs SQL, to be opened by `with`."""

    @property
    def sql_client_class(self) -> type[SqlClient]:
        """Return the class of clients that run SQL."""

    def literal(self, value: object) -> str:
        """Return a value as the destination reads it."""

    def session(self, datasets: frozenset[str]) -> AbstractContextManager[SqlClient]:
        """Open a client in one of the datasets of a query."""

    def is_same_dataset(self, other: Tables) -> bool:
        """Tell whether another one has the same tables."""

    def ibis(self) -> DatasetBackend:
        """Return a connection of ibis."""


class Selection:
    """A query of a dataset, which is read when it is asked.

    Args:
        dataset: The dataset.
        query: What is selected; None for a text that runs as it is written.
        table: Name of the table, of a whole table.
        base: Name of the table of whose rows each row is made.
        raw: Text that runs as it is written.
        is_incremental: Only rows that a cursor has not passed.
    """

    def __init__(
        self,
        dataset: Tables,
        query: exp.Query | None = None,
        *,
        table: str | None = None,
        base: str | None = None,
        raw: str | None = None,
        is_incremental: bool = False,
    ) -> None:
        self._dataset, self._query, self._table, self._base, self._raw = dataset, query, table, base or table, raw
        self.is_incremental = is_incremental

    @property
    def sqlglot_expression(self) -> exp.Query:
        """Return the tree of the query, with names as they were asked for.

        Raises:
            LineageFailedException: a text that runs as it is written cannot be read.
        """
        return self._query.copy() if self._query is not None else parse(self._raw or "", self.query_dialect)

    @property
    def query_dialect(self) -> str | None:
        """Return the dialect in which conditions are written."""
        return self._dataset.destination_dialect

    @property
    def destination_dialect(self) -> str | None:
        """Return the name that sqlglot has for the SQL of the destination."""
        return self._dataset.destination_dialect

    @property
    def sql_client(self) -> SqlHandle:
        """Return a client that runs SQL in the dataset, to be opened by `with`."""
        return self._dataset.sql_client

    @property
    def sql_client_class(self) -> type[SqlClient]:
        """Return the class of clients that run SQL."""
        return self._dataset.sql_client_class

    def to_sql(self, pretty: bool = False, *, _raw_query: bool = False) -> str:
        """Return the query.

        Args:
            pretty: Begin each clause on a line of its own.
            _raw_query: As it was asked for, without what the schema and the destination add.
        """
        if self._raw is not None:
            return self._raw
        if _raw_query:
            return self.sqlglot_expression.sql(self.destination_dialect, pretty=pretty)
        bound = self._bound()
        with self._dataset.session(bound.datasets) as client:
            return text_of(located(bound, client.path_of), self.destination_dialect, pretty)

    def to_model(self) -> SqlModel:
        """Return the query with its dialect."""
        return SqlModel(self.to_sql(), self.destination_dialect)

    def to_ibis(self) -> Native:
        """Return it as a table of ibis, which reads with a connection of its own."""
        known = self._dataset.find(self._table or "")
        if known is not None:
            return self._dataset.ibis().table(known.name, database=known.dataset)
        return self._dataset.ibis().sql(self.to_sql())

    @property
    def columns_schema(self) -> Mapping[str, ColumnSchema]:
        """Return the columns, with their types as far as they are known before they are read."""
        if self._table is not None:
            return {name: passed_on(column, name) for name, column in self._columns_of(self._table).items()}
        known = self._bound().columns if self._raw is None else None
        return known if known is not None else {name: {"name": name} for name in self._asked_columns()}

    @property
    def schema(self) -> TableSchema:
        """Return the columns as part of a table."""
        return {"columns": dict(self.columns_schema)}

    @property
    def columns(self) -> list[str]:
        """Return the names of the columns."""
        return list(self.columns_schema)

    def _bound(self) -> Bound:
        return bind(self.sqlglot_expression, self._dataset)

    def _asked_columns(self) -> list[str]:
        # no row has to come for that
        text = f"SELECT * FROM ({self.to_sql()}) AS q LIMIT 0"
        with self._dataset.session(frozenset()) as client, client.execute_query(text) as cursor:
            return cursor.names

    def _columns_of(self, table: str | None) -> Mapping[str, ColumnSchema]:
        known = self._dataset.find(table or "")
        return known.columns if known is not None else {}

    def _known_columns(self) -> Columns:
        """Return columns with which rows can be compared: those of the result, and of the table of its rows."""
        shown: Mapping[str, ColumnSchema] = {}
        if self._table is None and self._raw is None:
            shown = self._bound().columns or {}
        return {**self._columns_of(self._base), **shown}

    def _need_columns(self, names: Iterable[str]) -> None:
        known = self._known_columns()
        for name in names:
            # where nothing is known the destination says it
            if known and name not in known:
                raise RelationUnknownColumnException(
                    f"{self._base or 'the query'} has no column {name!r}: Columns `{name}` not found on dataset "
                    f"{self._dataset.dataset_name}. It has {', '.join(known)}.",
                    column=name,
                )

    def _ipython_key_completions_(self) -> list[str]:
        return self.columns

    def __str__(self) -> str:
        columns = [f"  {name} {column.get('data_type', '')}".rstrip() for name, column in self.columns_schema.items()]
        query = textwrap.indent(self.to_sql(pretty=True), "  ")
        return f"Relation query:\n{query}\nColumns:\n" + "\n".join(columns) + "\n"

    def __repr__(self) -> str:
        query = self._raw if self._raw is not None else self.to_sql(pretty=True)
        return f"<dlt.Relation(dataset={str(repr(self._dataset))!r}, query={query!r})>"

    # -- reading

    @contextmanager
    def _cursor(self) -> Iterator[Cursor]:
        if self._raw is not None:
            with self._dataset.session(frozenset()) as client, client.execute_query(self._raw) as cursor:
                yield cursor
            return
        bound = self._bound()
        with self._dataset.session(bound.datasets) as client:
            text = text_of(located(bound, client.path_of), self.destination_dialect)
            # values of columns get their classes on every engine; of what a query computes only the engine knows them
            with client.execute_query(text, columns=bound.stored or None) as cursor:
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

    def fetchscalar(self) -> Value:
        """Return the one value of the one row, None if there is no row.

        Raises:
            RelationException: there are more rows, or more columns.
        """
        rows = self.fetchmany(2)
        expected = "Expected scalar result (single row, single column), got"
        if len(rows) > 1:
            raise RelationException(f"{expected} more than one row. Select one, or use fetchall().")
        if rows and len(rows[0]) != 1:
            raise RelationException(f"{expected} 1 row with {len(rows[0])} columns. Select one of them.")
        return rows[0][0] if rows else None

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
