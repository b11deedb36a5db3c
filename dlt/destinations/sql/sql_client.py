"""Queries for people: execute SQL and read results as rows, frames and Arrow tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from dlt.destinations.sql.dialect import Dialect
from dlt.schema.typing import ColumnSchema

if TYPE_CHECKING:
    from typing_extensions import Self


class Cursor:
    """A result of a query; wraps a DB-API cursor.

    Args:
        native: The driver's cursor.
        to_arrow: Reads the rest of the result as an Arrow table, where the driver can.
    """

    def __init__(self, native: Any, to_arrow: Callable[[], Any] | None = None) -> None:
        self.native_cursor = native
        self._to_arrow = to_arrow

    @property
    def description(self) -> Any:
        """Return the columns as DB-API describes them."""
        return self.native_cursor.description

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows."""
        return list(self.native_cursor.fetchall())

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        """Return some rows."""
        return list(self.native_cursor.fetchmany(size))

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row, or None."""
        row = self.native_cursor.fetchone()
        return None if row is None else tuple(row)

    def iter_fetch(self, chunk_size: int = 10_000) -> Iterator[list[tuple[Any, ...]]]:
        """Yield lists of rows."""
        while rows := self.fetchmany(chunk_size):
            yield rows

    def arrow(self, chunk_size: int | None = None, **_: Any) -> Any:
        """Return the rest of the result as an Arrow table."""
        if self._to_arrow is not None and chunk_size is None:
            return self._to_arrow()
        import pyarrow as pa

        rows = self.fetchall() if chunk_size is None else self.fetchmany(chunk_size)
        names = [column[0] for column in self.description]
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
        return pa.table({name: pa.array(list(values)) for name, values in zip(names, columns, strict=True)})

    def df(self, chunk_size: int | None = None, **_: Any) -> Any:
        """Return the rest of the result as a pandas frame."""
        if hasattr(self.native_cursor, "df") and chunk_size is None:
            return self.native_cursor.df()
        import pandas as pd

        rows = self.fetchall() if chunk_size is None else self.fetchmany(chunk_size)
        return pd.DataFrame(rows, columns=[column[0] for column in self.description])

    def iter_arrow(self, chunk_size: int = 10_000) -> Iterator[Any]:
        """Yield Arrow tables."""
        import pyarrow as pa

        whole = self.arrow()
        for batch in whole.to_batches(max_chunksize=chunk_size):
            yield pa.Table.from_batches([batch])

    def iter_df(self, chunk_size: int = 10_000) -> Iterator[Any]:
        """Yield pandas frames."""
        while len(frame := self.df(chunk_size)):
            yield frame

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for rows in self.iter_fetch():
            yield from rows


class Session(Protocol):
    """An open connection to an engine, and what a dataset there is called."""

    dialect: Dialect
    connection: Any

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        """Run a statement with parameters, which it has as %s."""

    def typed(self, cursor: Cursor, columns: Mapping[str, ColumnSchema]) -> Cursor:
        """Return a result whose values have the classes of its columns."""

    def begin(self) -> None:
        """Begin a transaction."""

    def commit(self) -> None:
        """End the transaction; what it did is there."""

    def rollback(self) -> None:
        """End the transaction; what it did is not there."""

    def qualified(self, table: str, dataset_name: str | None = None) -> str:
        """Return a table's name with its dataset, quoted."""

    def qualified_dataset(self, dataset_name: str | None = None) -> str:
        """Return a dataset's name, quoted."""

    def for_dataset(self, dataset_name: str) -> Self:
        """Return this session with another dataset."""

    def has_dataset(self) -> bool:
        """Tell whether the dataset is there."""

    def create_dataset(self) -> None:
        """Make the dataset if it is not there."""

    def drop_dataset(self) -> None:
        """Delete the dataset with all in it."""

    def remove_tables(self, drop: Sequence[str], truncate: Sequence[str]) -> None:
        """Delete tables, and empty others."""


class SqlClient:
    """Run SQL in one dataset.

    Args:
        client: The open client of the destination.
        dataset_name: Dataset in which bare table names are looked up.
    """

    def __init__(self, client: Session, dataset_name: str) -> None:
        self._client = client
        self.dataset_name = dataset_name

    @property
    def native_connection(self) -> Any:
        """Return the connection of the driver."""
        return self._client.connection

    @property
    def capabilities(self) -> Any:
        """Return what the engine can do."""
        return self._client.dialect.capabilities

    @contextmanager
    def execute_query(
        self, query: str, *args: Any, columns: Mapping[str, ColumnSchema] | None = None
    ) -> Iterator[Cursor]:
        """Run a query; inside of the block its result can be read.

        Args:
            query: SQL; parameters are written %s.
            args: Values of the parameters.
            columns: Columns of the result, if known; values then have their classes on every engine.
        """
        cursor = self._client.query(query, args)
        yield self._client.typed(cursor, columns) if columns else cursor

    def execute_sql(self, sql: str, *args: Any) -> list[tuple[Any, ...]] | None:
        """Run a statement; return its rows if it has any."""
        cursor = self._client.query(sql, args)
        return cursor.fetchall() if cursor.description else None

    def execute_many(self, statements: Sequence[str]) -> None:
        """Run statements one after the other."""
        for statement in statements:
            self._client.query(statement, ())

    @contextmanager
    def begin_transaction(self) -> Iterator[SqlClient]:
        """Run a block in a transaction."""
        self._client.begin()
        try:
            yield self
        except BaseException:
            self._client.rollback()
            raise
        self._client.commit()

    def make_qualified_table_name(self, table_name: str) -> str:
        """Return a table's name with its dataset, quoted."""
        return self._client.qualified(table_name, self.dataset_name)

    def fully_qualified_dataset_name(self) -> str:
        """Return the dataset's name, quoted."""
        return self._client.qualified_dataset(self.dataset_name)

    def escape_column_name(self, name: str, quote: bool = True) -> str:
        """Return a column's name, quoted."""
        return self._client.dialect.quote(name) if quote else name

    def literal(self, value: Any) -> str:
        """Return a value as an SQL literal.

        Raises:
            DatasetException: there is no literal for values of its class.
        """
        return self._client.dialect.literal(value)

    def has_dataset(self) -> bool:
        """Tell whether the dataset is there."""
        return self._client.for_dataset(self.dataset_name).has_dataset()

    def create_dataset(self) -> None:
        """Make the dataset."""
        self._client.for_dataset(self.dataset_name).create_dataset()

    def drop_dataset(self) -> None:
        """Delete the dataset with all in it."""
        self._client.for_dataset(self.dataset_name).drop_dataset()

    def drop_tables(self, *tables: str) -> None:
        """Delete tables."""
        self._client.for_dataset(self.dataset_name).remove_tables(tables, ())

    def with_alternative_dataset_name(self, dataset_name: str) -> AbstractContextManager[SqlClient]:
        """Look up bare names in another dataset for the length of a block."""
        return self._other(dataset_name)

    def with_staging_dataset(self) -> AbstractContextManager[SqlClient]:
        """Look up bare names in the staging dataset for the length of a block."""
        return self._other(f"{self.dataset_name}_staging")

    @contextmanager
    def _other(self, dataset_name: str) -> Iterator[SqlClient]:
        previous, self.dataset_name = self.dataset_name, dataset_name
        try:
            yield self
        finally:
            self.dataset_name = previous

    def __repr__(self) -> str:
        return f"<dlt sql client of dataset {self.dataset_name}>"
