"""Queries for people: execute SQL in a dataset and read results."""

from __future__ import annotations

import datetime
import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from dlt.destinations.sql.catalog import Catalog
from dlt.destinations.sql.cursor import Cursor
from dlt.destinations.sql.dbapi import NativeConnection, ResultRow
from dlt.destinations.sql.session import Session
from dlt.schema.capabilities import Capabilities
from dlt.schema.typing import ColumnSchema


def staging_name(dataset_name: str) -> str:
    """Return the name of the dataset in which rows wait, by default in PyPI `dlt` 1.x too."""
    return f"{dataset_name}_staging"


class Parts(Protocol):
    """What queries need of a client."""

    @property
    def session(self) -> Session:
        """Return the connection."""

    @property
    def catalog(self) -> Catalog:
        """Return the tables."""

    def begin(self) -> None:
        """Begin a transaction."""

    def commit(self) -> None:
        """End the transaction; what it did is there."""

    def rollback(self) -> None:
        """End the transaction; what it did is not there."""


class SqlClient:
    """Run SQL in one dataset.

    Args:
        client: The open client of the destination.
        dataset_name: Dataset in which bare table names are looked up.
    """

    def __class_getitem__(cls, parts: object) -> types.GenericAlias:
        """Return the class with a type behind it, as programs write that of the connection."""
        return types.GenericAlias(cls, parts)

    def __init__(self, client: Parts, dataset_name: str) -> None:
        self._client = client
        self.dataset_name = dataset_name
        self._in_transaction = False

    @property
    def native_connection(self) -> NativeConnection:
        """Return the connection of the driver."""
        return self._client.session.connection

    @property
    def capabilities(self) -> Capabilities:
        """Return what the engine can do."""
        return self._client.session.dialect.capabilities

    @contextmanager
    def execute_query(
        self, query: str, *args: object, columns: Mapping[str, ColumnSchema] | None = None
    ) -> Iterator[Cursor]:
        """Run a query; inside of the block its result can be read.

        Args:
            query: SQL; parameters are written %s.
            args: Values of the parameters.
            columns: Columns of the result, if known; values then have their classes on every engine.
        """
        cursor = self._client.session.query(query, args)
        yield self._client.session.typed(cursor, columns) if columns else cursor

    def execute_sql(self, sql: str, *args: object) -> list[ResultRow] | None:
        """Run a statement; return its rows if it has any."""
        cursor = self._client.session.query(sql, args)
        return cursor.fetchall() if cursor.description else None

    def execute_many(self, statements: Sequence[str], *args: object) -> list[list[ResultRow]]:
        """Run statements one after the other, with the same parameters; return the rows of those that have any."""
        found = [self.execute_sql(statement, *args) for statement in statements]
        return [rows for rows in found if rows is not None]

    def execute_fragments(self, fragments: Sequence[str], *args: object) -> list[ResultRow] | None:
        """Run a statement that comes in pieces; return its rows if it has any."""
        return self.execute_sql("".join(fragments), *args)

    @contextmanager
    def begin_transaction(self) -> Iterator[SqlClient]:
        """Run a block in a transaction; the block may end it by itself, too."""
        self._client.begin()
        self._in_transaction = True
        try:
            yield self
        except BaseException:
            self.rollback_transaction()
            raise
        self.commit_transaction()

    def commit_transaction(self) -> None:
        """End the transaction of the block, if it is not over; what it did is there."""
        if self._in_transaction:
            self._in_transaction = False
            self._client.commit()

    def rollback_transaction(self) -> None:
        """End the transaction of the block, if it is not over; what it did is not there."""
        if self._in_transaction:
            self._in_transaction = False
            self._client.rollback()

    def make_qualified_table_name(self, table_name: str, quote: bool = True) -> str:
        """Return a table's name with its dataset."""
        if not quote:
            return f"{self.dataset_name}.{table_name}"
        return self._client.catalog.qualified(table_name, self.dataset_name)

    def path_of(self, table_name: str, dataset_name: str) -> list[str]:
        """Return the parts of a table's name in a query, not quoted."""
        return self._client.catalog.path(table_name, dataset_name)

    def make_qualified_table_name_path(self, table_name: str, quote: bool = True) -> list[str]:
        """Return the parts of a table's name with its dataset.

        Args:
            table_name: The table.
            quote: Put the parts in quotes.
        """
        parts = self.path_of(table_name, self.dataset_name)
        return [self.escape_column_name(part, quote) for part in parts]

    def fully_qualified_dataset_name(self, quote: bool = True, staging: bool = False) -> str:
        """Return the dataset's name, or that of the one in which rows wait."""
        name = self.staging_dataset_name if staging else self.dataset_name
        return self._client.catalog.qualified_dataset(name) if quote else name

    @property
    def staging_dataset_name(self) -> str:
        """Return the name of the dataset in which rows wait."""
        return staging_name(self.dataset_name)

    def escape_column_name(self, name: str, quote: bool = True) -> str:
        """Return a column's name, quoted."""
        return self._client.session.dialect.quote(name) if quote else name

    def literal(self, value: object) -> str:
        """Return a value as an SQL literal.

        Args:
            value: The value; a moment with a time zone is one also for the engine.

        Raises:
            DatasetException: there is no literal for values of its class.
        """
        dialect = self._client.session.dialect
        if isinstance(value, datetime.datetime) and value.tzinfo is not None:
            return dialect.moment(value)
        return dialect.literal(value)

    def matching(self, text: str, pattern: str) -> str:
        """Return the condition that a regular expression is found in a text.

        Args:
            text: SQL that gives the text.
            pattern: The expression, as the engine reads it.
        """
        return self._client.session.dialect.matching(text, pattern)

    def comparable(self, text: str, column: ColumnSchema) -> str:
        """Return SQL for the value of a column that can be compared with a literal.

        Args:
            text: SQL that gives the value as it is stored.
            column: The column.
        """
        return self._client.session.dialect.comparable(text, column)

    def has_dataset(self) -> bool:
        """Tell whether the dataset is there."""
        return self._client.catalog.for_dataset(self.dataset_name).has_dataset()

    def create_dataset(self) -> None:
        """Make the dataset."""
        self._client.catalog.for_dataset(self.dataset_name).create_dataset()

    def drop_dataset(self) -> None:
        """Delete the dataset with all in it."""
        self._client.catalog.for_dataset(self.dataset_name).drop_dataset()

    def drop_tables(self, *tables: str) -> None:
        """Delete tables."""
        self._client.catalog.for_dataset(self.dataset_name).remove_tables(tables, ())

    def truncate_tables(self, *tables: str) -> None:
        """Empty tables."""
        self._client.catalog.for_dataset(self.dataset_name).remove_tables((), tables)

    def with_alternative_dataset_name(self, dataset_name: str) -> AbstractContextManager[SqlClient]:
        """Look up bare names in another dataset for the length of a block."""
        return self._other(dataset_name)

    def with_staging_dataset(self) -> AbstractContextManager[SqlClient]:
        """Look up bare names in the staging dataset for the length of a block."""
        return self._other(self.staging_dataset_name)

    @contextmanager
    def _other(self, dataset_name: str) -> Iterator[SqlClient]:
        previous, self.dataset_name = self.dataset_name, dataset_name
        try:
            yield self
        finally:
            self.dataset_name = previous

    def __repr__(self) -> str:
        return f"<dlt sql client of dataset {self.dataset_name}>"
