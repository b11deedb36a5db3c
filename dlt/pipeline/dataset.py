"""Read access to a dataset: tables and queries as rows, frames and Arrow tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dlt.errors import (
    DatasetException,
    RelationHasQueryException,
    RelationUnknownColumnException,
    SqlClientNotAvailable,
)
from dlt.schema.system_columns import LOAD_ID, PARENT_ID, ROW_ID
from dlt.schema.system_tables import LOADS_TABLE
from dlt.user_log import tell_without_effect

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from dlt.schema.schema import Schema

_OPERATORS = {
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


class Dataset:
    """The tables of one dataset.

    Args:
        dataset_name: Its name at the destination.
        connect: Opens a client of the destination.
        schema: What its tables look like, if known.
    """

    def __init__(
        self, dataset_name: str, connect: Callable[[], AbstractContextManager[Any]], schema: Schema | None = None
    ) -> None:
        self.dataset_name = dataset_name
        self._connect = connect
        self._schema = schema

    @property
    def schema(self) -> Schema:
        """Return the schema.

        Raises:
            DatasetException: none is known, here or at the destination.
        """
        if self._schema is None:
            from dlt.schema.schema import Schema

            with self._connect() as client:
                stored = client.read_schema()
            if stored is None:
                raise DatasetException(f"dataset {self.dataset_name} holds no schema. Load something first.")
            self._schema = Schema.from_dict(stored)
        return self._schema

    @property
    def tables(self) -> list[str]:
        """Return the names of the tables, those of the library last."""
        return [*self.schema.data_table_names(), *self.schema.dlt_table_names()]

    @contextmanager
    def sql_client(self) -> Iterator[Any]:
        """Open a client that runs SQL in the dataset."""
        with self._connect() as client:
            sql = client.sql_client()
            if sql is None:
                raise SqlClientNotAvailable(f"dataset {self.dataset_name}: its destination has no SQL.")
            yield sql

    def table(self, table_name: str, *, load_ids: Sequence[str] | None = None) -> Relation:
        """Return a table; nothing is read yet.

        Args:
            table_name: Name of the table, also as the source gave it.
            load_ids: Keep only rows of these loads.

        Raises:
            DatasetException: there is no such table.
        """
        known = self.tables
        if table_name not in known:
            normalized = self.schema.naming.normalize_tables_path(table_name)
            if normalized not in known:
                raise DatasetException(
                    f"dataset {self.dataset_name} has no table {table_name!r}. It has {', '.join(known)}."
                )
            table_name = normalized
        found = Relation(self, table=table_name)
        return found.from_loads(load_ids) if load_ids is not None else found

    def query(self, query: str, query_dialect: str | None = None, *, _execute_raw_query: bool = True) -> Relation:
        """Return the result of a query; it runs as it is written, when it is read.

        Args:
            query: SQL of the destination.
            query_dialect: Dialect in which the query is written, as sqlglot names it.
            _execute_raw_query: False is without effect, and that is said.

        Raises:
            DatasetException: the destination speaks another dialect.
        """
        if query_dialect is not None:
            with self.sql_client() as client:
                spoken = client.capabilities.sqlglot_dialect
            if query_dialect != spoken:
                raise DatasetException(
                    f"dataset {self.dataset_name}: a query in the dialect {query_dialect!r} runs as it is written, and "
                    f"the destination speaks {spoken!r}. Write it in that dialect, or translate it with sqlglot."
                )
        if not _execute_raw_query:
            tell_without_effect("dataset.query: _execute_raw_query=False", "queries run as they are written")
        return Relation(self, sql=str(query))

    __call__ = query

    def __getitem__(self, table_name: str) -> Relation:
        return self.table(table_name)

    def __getattr__(self, name: str) -> Relation:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self.table(name)
        except DatasetException as error:
            raise AttributeError(str(error)) from error

    def row_counts(
        self,
        *,
        data_tables: bool = True,
        dlt_tables: bool = False,
        table_names: Sequence[str] | None = None,
        load_id: str | None = None,
    ) -> Relation:
        """Return the number of rows of each table, in columns `table_name` and `row_count`.

        Args:
            data_tables: Count users' tables.
            dlt_tables: Count the tables of the library.
            table_names: Count these tables instead.
            load_id: Count only rows of this load, in tables that carry load ids.
        """
        names = list(table_names or [])
        if not names:
            names += self.schema.data_table_names() if data_tables else []
            names += self.schema.dlt_table_names() if dlt_tables else []
        if load_id is not None:
            names = [name for name in names if LOAD_ID in self.schema.get_table_columns(name)]
        if not names:
            return Relation(self, sql="SELECT '' AS table_name, 0 AS row_count WHERE 1 = 0")
        with self.sql_client() as client:
            condition = f" WHERE {LOAD_ID} = {client.literal(load_id)}" if load_id is not None else ""
            parts = [
                f"SELECT {client.literal(name)} AS table_name, COUNT(*) AS row_count "
                f"FROM {client.make_qualified_table_name(name)}{condition}"
                for name in names
            ]
        return Relation(self, sql=" UNION ALL ".join(parts))

    def loads_table(self) -> Relation:
        """Return the table of complete loads."""
        return self.table(LOADS_TABLE)

    def load_ids(self, schema_name: str | None = None) -> list[str]:
        """Return the ids of complete loads, oldest first."""
        relation = self.loads_table().select("load_id").order_by("load_id")
        if schema_name:
            relation = relation.where("schema_name", "eq", schema_name)
        return [row[0] for row in relation.fetchall()]

    def latest_load_id(self, schema_name: str | None = None) -> str | None:
        """Return the id of the last complete load."""
        found = self.load_ids(schema_name)
        return found[-1] if found else None

    def __repr__(self) -> str:
        return f"<dlt dataset {self.dataset_name}>"


@dataclass(frozen=True)
class Relation:
    """A table or a query that is read when asked; each method that narrows it returns a new one."""

    dataset: Dataset
    table: str | None = None
    sql: str | None = None
    columns_selected: tuple[str, ...] = ()
    conditions: tuple[str | tuple[str, str, Any], ...] = ()
    ordering: tuple[tuple[str, str], ...] = ()
    rows_limit: int | None = None

    # -- narrowing

    def select(self, *columns: str) -> Relation:
        """Keep columns.

        Raises:
            RelationUnknownColumnException: the table has no such column.
        """
        names = tuple(columns[0]) if len(columns) == 1 and isinstance(columns[0], (list, tuple)) else columns
        self._need_columns(names)
        return replace(self, columns_selected=names)

    def __getitem__(self, columns: str | Sequence[str]) -> Relation:
        return self.select(*([columns] if isinstance(columns, str) else columns))

    def limit(self, limit: int) -> Relation:
        """Keep at most so many rows."""
        return replace(self, rows_limit=int(limit))

    def head(self, limit: int = 5) -> Relation:
        """Keep the first rows."""
        return self.limit(limit)

    def order_by(self, column_name: str, direction: str = "asc") -> Relation:
        """Sort by a column, "asc" or "desc"."""
        if direction.lower() not in ("asc", "desc"):
            raise ValueError(f"order_by direction {direction!r} is not asc or desc.")
        self._need_columns((column_name,))
        return replace(self, ordering=(*self.ordering, (column_name, direction.upper())))

    def where(self, column_or_expr: str, operator: str | None = None, value: Any = None) -> Relation:
        """Keep rows.

        Args:
            column_or_expr: A column, or a whole condition in SQL.
            operator: eq, ne, gt, lt, gte, lte, like, in or not_in; None when a condition is given.
            value: What the column is compared with.
        """
        if operator is None:
            return replace(self, conditions=(*self.conditions, f"({column_or_expr})"))
        if operator not in _OPERATORS:
            raise ValueError(f"operator {operator!r} is not known. Use one of {', '.join(_OPERATORS)}.")
        self._need_columns((column_or_expr,))
        sign = _OPERATORS[operator]
        if value is None and sign in ("=", "<>"):
            sign = "IS" if sign == "=" else "IS NOT"
        return replace(self, conditions=(*self.conditions, (column_or_expr, sign, value)))

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
        if self.sql is not None and untouched:
            return self.sql
        with self.dataset.sql_client() as client:
            return ("\n" if pretty else " ").join(self._clauses(client))

    def _clauses(self, client: Any) -> Iterator[str]:
        quoted = client.escape_column_name
        names = self.columns_selected or (tuple(self.columns) if self.table is not None else ())
        source = client.make_qualified_table_name(self.table) if self.table is not None else f"({self.sql}) AS q"
        yield f"SELECT {', '.join(quoted(name) for name in names) or '*'}"
        yield f"FROM {source}"
        if self.conditions:
            tests = [
                test if isinstance(test, str) else f"{quoted(test[0])} {test[1]} {client.literal(test[2])}"
                for test in self.conditions
            ]
            yield "WHERE " + " AND ".join(tests)
        if self.ordering:
            yield "ORDER BY " + ", ".join(f"{quoted(name)} {direction}" for name, direction in self.ordering)
        if self.rows_limit is not None:
            yield f"LIMIT {self.rows_limit}"

    @property
    def columns_schema(self) -> dict[str, Any]:
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
        with self._cursor(f"SELECT * FROM ({self.sql}) AS q LIMIT 0") as cursor:
            return [column[0] for column in cursor.description]

    @contextmanager
    def _cursor(self, sql: str | None = None) -> Iterator[Any]:
        text = sql or self.to_sql()
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

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows."""
        with self._cursor() as cursor:
            return list(cursor.fetchall())

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        """Return the first rows."""
        with self._cursor() as cursor:
            return list(cursor.fetchmany(size))

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the first row."""
        with self._cursor() as cursor:
            row = cursor.fetchone()
            return tuple(row) if row is not None else None

    def fetchscalar(self) -> Any:
        """Return the one value of the one row."""
        row = self.fetchone()
        return row[0] if row else None

    def iter_fetch(self, chunk_size: int = 10_000) -> Iterator[list[tuple[Any, ...]]]:
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


def open_dataset(destination: Any, dataset_name: str, schema: Any = None) -> Dataset:
    """Return a dataset of a destination, without a pipeline.

    Args:
        destination: Name of the destination, or the destination.
        dataset_name: Name of the dataset.
        schema: Schema of its tables; the newest stored one when None.
    """
    from dlt.destinations.base import resolve_destination

    found = resolve_destination(destination)
    known = None if isinstance(schema, str) else schema
    return Dataset(dataset_name, lambda: found.connect(dataset_name, known), known)
