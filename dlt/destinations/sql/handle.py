"""A client for SQL that is made before its connection, as programs for PyPI `dlt` 1.x hold it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import TracebackType

from dlt.destinations.sql.cursor import Cursor
from dlt.destinations.sql.dbapi import NativeConnection, ResultRow
from dlt.destinations.sql.sql_client import SqlClient, staging_name
from dlt.errors import SqlClientNotAvailable
from dlt.schema.capabilities import Capabilities
from dlt.schema.typing import ColumnSchema


class SqlHandle:
    """Names the dataset at once, and runs SQL in it inside of a `with` block.

    Args:
        opened: Opens a client.
        dataset_name: Name of the dataset.
        capabilities: What the destination can do.
    """

    def __init__(
        self, opened: Callable[[], AbstractContextManager[SqlClient]], dataset_name: str, capabilities: Capabilities
    ) -> None:
        self._opened, self._dataset_name, self.capabilities = opened, dataset_name, capabilities
        self._client: SqlClient | None = None
        self._stack = ExitStack()

    # -- the connection

    def __enter__(self) -> SqlClient:
        if self._client is None:
            self._client = self._stack.enter_context(self._opened())
        return self._client

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        self._client = None
        return self._stack.__exit__(kind, error, trace)

    def open_connection(self) -> NativeConnection:
        """Open the connection; `close_connection` ends it."""
        return self.__enter__().native_connection

    def close_connection(self) -> None:
        """End the connection."""
        self.__exit__(None, None, None)

    @property
    def native_connection(self) -> NativeConnection | None:
        """Return the connection of the driver, None outside of the block."""
        return None if self._client is None else self._client.native_connection

    def _need(self) -> SqlClient:
        if self._client is None:
            raise SqlClientNotAvailable(
                f"dataset {self._dataset_name}: the client for SQL is not open. Use it inside of a block: "
                "with pipeline.sql_client() as client: ..."
            )
        return self._client

    @contextmanager
    def _borrowed(self) -> Iterator[SqlClient]:
        """Use the open client, or one for the moment: how names are written only the connection knows."""
        if self._client is not None:
            yield self._client
            return
        with self._opened() as client:
            yield client

    # -- names

    @property
    def dataset_name(self) -> str:
        """Return the dataset in which bare names are looked up."""
        return self._dataset_name if self._client is None else self._client.dataset_name

    @property
    def staging_dataset_name(self) -> str:
        """Return the name of the dataset in which rows wait."""
        return staging_name(self._dataset_name)

    def make_qualified_table_name(self, table_name: str, quote: bool = True) -> str:
        """Return a table's name with its dataset."""
        with self._borrowed() as client:
            return client.make_qualified_table_name(table_name, quote)

    def fully_qualified_dataset_name(self, quote: bool = True, staging: bool = False) -> str:
        """Return the dataset's name, or that of the one in which rows wait."""
        with self._borrowed() as client:
            return client.fully_qualified_dataset_name(quote, staging)

    def escape_column_name(self, name: str, quote: bool = True) -> str:
        """Return a column's name."""
        with self._borrowed() as client:
            return client.escape_column_name(name, quote)

    # -- what needs the connection

    def execute_sql(self, sql: str, *args: object) -> list[ResultRow] | None:
        """Run a statement; return its rows if it has any."""
        return self._need().execute_sql(sql, *args)

    def execute_query(
        self, query: str, *args: object, columns: Mapping[str, ColumnSchema] | None = None
    ) -> AbstractContextManager[Cursor]:
        """Run a query; inside of the block its result can be read."""
        return self._need().execute_query(query, *args, columns=columns)

    def execute_many(self, statements: Sequence[str], *args: object) -> list[list[ResultRow]]:
        """Run statements one after the other; return the rows of those that have any."""
        return self._need().execute_many(statements, *args)

    def execute_fragments(self, fragments: Sequence[str], *args: object) -> list[ResultRow] | None:
        """Run a statement that comes in pieces; return its rows if it has any."""
        return self._need().execute_fragments(fragments, *args)

    def begin_transaction(self) -> AbstractContextManager[SqlClient]:
        """Run a block in a transaction."""
        return self._need().begin_transaction()

    def has_dataset(self) -> bool:
        """Tell whether the dataset is there."""
        return self._need().has_dataset()

    def create_dataset(self) -> None:
        """Make the dataset."""
        self._need().create_dataset()

    def drop_dataset(self) -> None:
        """Delete the dataset with all in it."""
        self._need().drop_dataset()

    def drop_tables(self, *tables: str) -> None:
        """Delete tables."""
        self._need().drop_tables(*tables)

    def truncate_tables(self, *tables: str) -> None:
        """Empty tables."""
        self._need().truncate_tables(*tables)

    def with_alternative_dataset_name(self, dataset_name: str) -> AbstractContextManager[SqlClient]:
        """Look up bare names in another dataset for the length of a block."""
        return self._need().with_alternative_dataset_name(dataset_name)

    def with_staging_dataset(self) -> AbstractContextManager[SqlClient]:
        """Look up bare names in the staging dataset for the length of a block."""
        return self._need().with_staging_dataset()

    def __repr__(self) -> str:
        return f"<dlt sql client of dataset {self.dataset_name}>"
