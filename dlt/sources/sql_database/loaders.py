"""Loaders: what runs the query for a table, and gives its rows in the form of a backend."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine, Result

from dlt.errors import ConfigurationValueError, ValueErrorWithKnownValues
from dlt.extract.hints import TableHints, make_hints
from dlt.extract.incremental import Incremental
from dlt.extract.items import DataItemWithMeta, HintsMeta
from dlt.extract.pipe import Limit
from dlt.late import pa
from dlt.schema.typing import ColumnSchema
from dlt.sources.sql_database import connectorx, copying, cursors, frames
from dlt.sources.sql_database.again import Known
from dlt.sources.sql_database.arrow_helpers import in_zone, rows_of, without_types
from dlt.sources.sql_database.engines import translated
from dlt.sources.sql_database.queries import adapted, as_text, as_texts, cursor_column, range_of, select_from
from dlt.sources.sql_database.ranges import in_ranges, read_at_once
from dlt.sources.sql_database.reading import Wanted, columns_of, without_loss
from dlt.sources.sql_database.vocabulary import SelectAny, SelectClause, SqlType, TableBackend, TQueryAdapter
from dlt.types import TDataItem

BackendArguments = dict[str, Any]
_DIGITS, _SCALE = 38, 9
"""Size of a column of decimals that says none."""


class BaseTableLoader(ABC):
    """Rows of a table; subclasses say how they come.

    Args:
        engine: The engine.
        backend: Name of the backend.
        table: The table, or a subquery.
        columns: Hints of its columns.
        chunk_size: Rows that are read at once.
        incremental: The cursor of the resource.
        query_adapter_callback: Gives another query.
        limit: How much of the resource is taken.

    Raises:
        ValueError: the path of the cursor is no name of a column.
        KeyError: the table has no such column.
    """

    begin: Sequence[str] = ()
    """Statements that come first in the transaction in which rows are read."""
    partitions: int = 1
    """Ranges of the key that are read at once."""
    kept: frozenset[str] = frozenset()
    """Columns whose type was loaded before, and stays."""
    known: Known | None = None
    """Rows that come again, and are left out."""
    casts: Mapping[str, SqlType] = MappingProxyType({})
    """Types in which the database is to give numbers, by the names of columns."""

    def __init__(
        self,
        engine: Engine,
        backend: TableBackend,
        table: sa.Table,
        columns: dict[str, ColumnSchema],
        chunk_size: int = 1000,
        incremental: Incremental[Any] | None = None,
        query_adapter_callback: TQueryAdapter | None = None,
        limit: Limit | None = None,
    ) -> None:
        self.engine, self.backend, self.table, self.columns = engine, backend, table, columns
        self.chunk_size, self.incremental, self.limit = chunk_size, incremental, limit
        self.query_adapter_callback = query_adapter_callback
        # a cursor that is not there is told before anything is read
        self.cursor_column = None if incremental is None else cursor_column(table, incremental)

    def _make_query(self) -> SelectAny:
        """Return the query for the table, before the program's adapter."""
        wanted = None if self.incremental is None else range_of(self.table, self.incremental)
        if wanted is not None and self.engine.dialect.name == "sqlite":
            wanted = as_texts(wanted)
        if wanted is not None and self.known is not None:
            wanted = replace(wanted, known=wanted.known + self.known.count)
        return select_from(self.table, wanted, self.limit, self.chunk_size)

    def make_query(self) -> SelectClause:
        """Return the query, as the program's adapter leaves it."""
        return adapted(self._make_query(), self.query_adapter_callback, self.table, self.incremental, self.engine)

    def _sized(self, query: SelectClause) -> TableHints | None:
        """Return hints for numbers of any size that need another one than that of all others; None without them.

        PostgreSQL has numbers of any size, and a column of decimals has one: the values tell which.
        """
        # only PostgreSQL has such columns
        wanted = columns_of(query, self.columns, self.engine.dialect.name)
        names = [column.name for column in wanted or () if column.unsized]
        if not names:
            return None
        told: dict[str, ColumnSchema] = {}
        for name, (whole, scale) in copying.sizes_of(self.engine, query, names).items():
            own = self.columns.get(name, {})
            is_usual = whole <= _DIGITS - _SCALE and scale <= _SCALE
            size = _SCALE if is_usual else min(scale, max(_DIGITS - whole, 0))
            sized: ColumnSchema = {**own, "precision": _DIGITS, "scale": size}
            if "data_type" in own:
                self.columns[name] = sized
                # tables of Arrow tell the size of each column, as with PyPI dlt
                if name not in self.kept and (not is_usual or self.backend in ("pyarrow", "auto")):
                    told[name] = sized
        return make_hints(columns=told) if told else None

    def _new_rows(self, table: pa.Table) -> pa.Table:
        """Return the rows of a table that did not come before."""
        return table if self.known is None else self.known.new_rows(table)

    def compile_query(self, query: SelectClause) -> str:
        """Return a query with its values in it, for readers that take text.

        Args:
            query: The query.

        Raises:
            SqlDatabaseError: a value has no literal in this dialect.
        """
        return as_text(query, self.engine)

    def get_connection_url(self) -> str:
        """Return the URL of the database with its password and without a driver, for readers that are no DBAPI."""
        # the name of a driver means something to SQLAlchemy only
        url = self.engine.url
        url = url.set(drivername=url.get_backend_name())
        # ConnectorX takes a path from the top only
        if url.drivername == "sqlite" and url.database:
            url = url.set(database=os.path.abspath(url.database))
        return url.render_as_string(hide_password=False)

    @abstractmethod
    def load_rows(self, backend_kwargs: BackendArguments | None = None) -> Iterator[TDataItem]:
        """Yield the rows, in pages.

        Args:
            backend_kwargs: Arguments of the backend.
        """


class TableLoader(BaseTableLoader):
    """Rows by the driver of the engine."""

    def load_rows(self, backend_kwargs: BackendArguments | None = None) -> Iterator[TDataItem]:
        """Yield the rows, in pages.

        Args:
            backend_kwargs: Arguments of the backend.

        Raises:
            ConfigurationValueError: the backend has no such argument.
            SqlDatabaseError: the database refuses the query, or is gone.
        """
        arguments = dict(backend_kwargs or {})
        frames.check_arguments(self.backend, arguments)
        query = self.make_query()
        hints = self._sized(query)
        if hints is not None:
            yield DataItemWithMeta(HintsMeta(hints), None)
        yield from self._load_rows(query, arguments)

    def _load_rows(self, query: SelectClause, backend_kwargs: BackendArguments) -> Iterator[TDataItem]:
        """Yield the rows of a query; programs that page through a table have another one here."""
        tz = backend_kwargs.get("tz")
        ranges = in_ranges(query, self.table, self.partitions, self.engine)
        tables = read_at_once(ranges, lambda part: self._tables(part, tz)) if ranges else self._tables(query, tz)
        for table in tables:
            yield from self._page(table, backend_kwargs)

    def _convert_result(self, result: Result[Any], backend_kwargs: BackendArguments) -> Iterator[TDataItem]:
        """Yield what SQLAlchemy gave for a query, in the form of the backend."""
        with translated(self.engine):
            for table in cursors.tables_of(result, self.columns, self.chunk_size, backend_kwargs.get("tz")):
                yield from self._page(table, backend_kwargs)

    def _tables(self, query: SelectClause, tz: str | None) -> Iterator[pa.Table]:
        wanted = _copied(self.engine, query, self.columns) if copying.can_copy(self.engine) else None
        if wanted is None:
            yield from cursors.read(self.engine, query, self.columns, self.chunk_size, tz, self.begin, self.casts)
            return
        if isinstance(query, sa.Select):
            query = without_loss(query, self.engine.dialect.name, with_copy=True, casts=self.casts)
        elif isinstance(query, sa.TextClause) and any(column.listed for column in wanted):
            query = copying.with_documents(query, wanted, self.engine)
        for table in copying.read(self.engine, query, wanted, self.chunk_size, self.begin):
            arrays = [in_zone(array.combine_chunks(), tz) for array in table.columns]
            yield pa.Table.from_arrays(arrays, names=table.column_names)

    def _page(self, table: pa.Table, backend_kwargs: BackendArguments) -> Iterator[TDataItem]:
        """Yield the rows that did not come before as one page, or none."""
        table = self._new_rows(table)
        if not table.num_rows:
            return
        if self.backend == "sqlalchemy":
            nested = [name for name in table.column_names if "data_type" not in self.columns.get(name, {})]
            yield rows_of(table, _with_documents(self.columns, self.table), nested)
            return
        if not any("data_type" in column for column in self.columns.values()):
            table = without_types(table)
        yield frames.frame_of(table, backend_kwargs) if self.backend == "pandas" else table


def _with_documents(columns: dict[str, ColumnSchema], table: sa.Table) -> dict[str, ColumnSchema]:
    """Return hints in which documents are some, also where the program wants no types."""
    from dlt.sources.sql_database.schema_types import type_hints

    found = dict(columns)
    for column in table.c:
        given = found.get(str(column.name), {})
        if "data_type" not in given:
            found[str(column.name)] = {**given, **type_hints(column.type, with_sizes=False)}
    return found


def _copied(engine: Engine, query: SelectClause, columns: dict[str, ColumnSchema]) -> list[Wanted] | None:
    """Return the columns of a query whose types are all known; None if that cannot be."""
    # text of the server is read by type, so that all types have to be known before the first row
    wanted = columns_of(query, columns, engine.dialect.name)
    if wanted is not None and all(column.is_known for column in wanted):
        return wanted
    told = copying.described(engine, query)
    if told is None:
        return None
    if wanted is None:
        return [_of_text(column, columns.get(column.name, {})) for column in told]
    return [own if own.is_known else column for own, column in zip(wanted, told, strict=True)]


def _of_text(told: Wanted, known: ColumnSchema) -> Wanted:
    """Return a column of a query that is text: what the server tells, and what is known of a column of its name."""
    if "data_type" not in known:
        return told
    # a document of such a type is a list, or what else holds several values
    return Wanted(told.name, known, listed=known["data_type"] == "json" and told.foreign)


class ConnectorXTableLoader(BaseTableLoader):
    """Rows by ConnectorX, which has drivers of its own."""

    def load_rows(self, backend_kwargs: BackendArguments | None = None) -> Iterator[TDataItem]:
        """Yield the rows as Arrow tables.

        Args:
            backend_kwargs: Arguments of `connectorx.read_sql`; `conn` is the URL if it is another one.

        Raises:
            MissingDependencyException: ConnectorX is not installed.
            SqlDatabaseError: ConnectorX cannot read the query, or the database refuses it.
        """
        query = self.make_query()
        hints = self._sized(query)
        if hints is not None:
            yield DataItemWithMeta(HintsMeta(hints), None)
        yield from self._load_rows_connectorx(query, dict(backend_kwargs or {}))

    def _load_rows_connectorx(self, query: SelectClause, backend_kwargs: BackendArguments) -> Iterator[TDataItem]:
        plain = connectorx.plain_query(query, self.columns, self.engine, self.casts)
        url = backend_kwargs.pop("conn", None) or self.get_connection_url()
        has_types = any("data_type" in column for column in self.columns.values())
        text = self.compile_query(plain.query)
        for table in connectorx.read(text, str(url), plain, self.chunk_size, backend_kwargs):
            table = self._new_rows(table)
            if table.num_rows:
                yield table if has_types else without_types(table)


TABLE_LOADER_REGISTRY: dict[str, type[BaseTableLoader]] = {
    "sqlalchemy": TableLoader,
    "pyarrow": TableLoader,
    "pandas": TableLoader,
    "connectorx": ConnectorXTableLoader,
    "auto": TableLoader,
}
"""Loaders by the names of their backends."""


def register_table_loader_backend(backend_name: str, loader_class: type[BaseTableLoader]) -> None:
    """Make a loader one that is named as a backend.

    Args:
        backend_name: The name.
        loader_class: The loader.

    Raises:
        ValueError: it is no subclass of `BaseTableLoader`.
    """
    if not (isinstance(loader_class, type) and issubclass(loader_class, BaseTableLoader)):
        raise ValueError(f"backend {backend_name!r}: found {loader_class!r}. Must be a subclass of BaseTableLoader.")
    TABLE_LOADER_REGISTRY[backend_name] = loader_class
    known = TableBackend.__args__  # type: ignore[attr-defined]
    if backend_name not in known:
        # programs ask the type which backends there are
        TableBackend.__args__ = (*known, backend_name)  # type: ignore[attr-defined]


def get_table_loader_class(backend_name: str) -> type[BaseTableLoader]:
    """Return the loader of a backend.

    Args:
        backend_name: Name of the backend.

    Raises:
        ValueErrorWithKnownValues: there is no such backend.
    """
    if backend_name not in TABLE_LOADER_REGISTRY:
        raise ValueErrorWithKnownValues("backend", backend_name, list(TABLE_LOADER_REGISTRY))
    return TABLE_LOADER_REGISTRY[backend_name]


def check_backend(
    backend: str, backend_kwargs: BackendArguments | None, loader_class: type[BaseTableLoader] | None, chunk_size: int
) -> None:
    """Check a backend and its arguments before anything is asked of the database.

    Args:
        backend: Its name.
        backend_kwargs: Its arguments.
        loader_class: Loader of the program in place of its own.
        chunk_size: Rows that are read at once.

    Raises:
        ValueErrorWithKnownValues: there is no such backend.
        ConfigurationValueError: it has no such argument, or cannot read so few rows.
    """
    if chunk_size < 1:
        raise ConfigurationValueError(f"sql_database: chunk_size={chunk_size}. It is a number of rows: 1 or more.")
    if loader_class is None:
        get_table_loader_class(backend)
        frames.check_arguments(backend, dict(backend_kwargs or {}))
