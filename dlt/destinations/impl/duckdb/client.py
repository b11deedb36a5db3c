"""What a load does at DuckDB."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

from dlt.destinations.impl.duckdb.arrow import as_table, batches_of_files
from dlt.destinations.impl.duckdb.errors import translate
from dlt.destinations.impl.duckdb.memory import Memory, as_told
from dlt.destinations.sql.catalog import Catalog, Questions
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.destinations.sql.cursor import Cursor
from dlt.destinations.sql.dialect import Dialect
from dlt.destinations.sql.ledger import Ledger
from dlt.destinations.sql.loader import Loader
from dlt.destinations.sql.places import placed
from dlt.destinations.sql.session import Session
from dlt.errors import DatabaseUndefinedRelation, DestinationException
from dlt.late import duckdb, pa
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.user_log import logger

_FEW = 8
"""Tables that are asked for by name, where more are found in the list of all."""
_SMALL = 8 << 20
"""Bytes of rows that one thread takes as fast as several."""


def duckdb_client(
    dialect: Dialect,
    dataset_name: str,
    connection: duckdb.DuckDBPyConnection,
    memory: Memory | None = None,
    is_own_file: bool = False,
) -> DuckDbClient:
    """Return a client for a dataset of a DuckDB database.

    Args:
        dialect: How DuckDB writes names and types.
        dataset_name: Name of the dataset.
        connection: Open connection.
        memory: What loads may use; as much as there is when None.
        is_own_file: The connection is to a file, was opened for the load, and is closed behind it.
    """
    session = DuckDbSession(dialect, connection, memory or Memory(), is_own_file=is_own_file)
    catalog = DuckDbCatalog(session, dataset_name)
    return DuckDbClient(DuckDbLoader(catalog), DuckDbLedger(catalog))


class DuckDbClient(SqlDestinationClient):
    """Work on one dataset of a DuckDB database."""

    session: DuckDbSession


class DuckDbSession(Session):
    """A connection to DuckDB; it reads moments without a time zone as UTC, whatever the machine's zone is.

    Attributes:
        memory_limit: What a load may use of memory now; None leaves the limit as it is.

    Args:
        dialect: How DuckDB writes names and types.
        connection: Open connection.
        memory: What loads may use.
        translated: Gives our error for one of DuckDB, and for what to do where memory is not enough.
        is_own_file: The connection is to a file, was opened for the load, and is closed behind it.
    """

    connection: duckdb.DuckDBPyConnection

    def __init__(
        self,
        dialect: Dialect,
        connection: duckdb.DuckDBPyConnection,
        memory: Memory,
        translated: Callable[[duckdb.Error, str], DestinationException] = translate,
        is_own_file: bool = False,
    ) -> None:
        super().__init__(dialect, connection)
        self._is_own_file = is_own_file
        self._memory, self._translated = memory, translated
        self.memory_limit = memory.limit()
        self._threads: int | None = None
        self._widest, self._merges = 0, False
        self._settings = (1, True, "")
        # of this connection only
        self.query("SET TimeZone = 'UTC'")

    @cached_property
    def database(self) -> str:
        """Return the name of the database."""
        row = self.query("SELECT current_catalog()").fetchone()
        assert row is not None
        return str(row[0])

    def query(self, sql: str, parameters: Sequence[object] = ()) -> Cursor:
        """Run SQL with parameters written %s."""
        with self.translating():
            if parameters:
                native = self.connection.execute(placed(sql, lambda _: "?"), list(parameters))
            else:
                native = self.connection.execute(sql)
        return Cursor(native, lambda: as_table(native), native.df)

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Raise errors of DuckDB as ours."""
        try:
            yield
        except duckdb.Error as error:
            raise self._translated(error, self._memory.advice(self.memory_limit)) from error

    def begin(self) -> None:
        """Start the transaction; rows need no order inside of it, which spares writing them twice."""
        names = ("threads", "preserve_insertion_order", "memory_limit")
        row = self.query("SELECT " + ", ".join(f"current_setting('{name}')" for name in names)).fetchone()
        assert row is not None
        self._settings = (int(row[0]), bool(row[1]), str(row[2]))
        # one thread until there is work for more: many small statements cost less that way
        self._threads, self._widest, self._merges = 1, 0, False
        self.query("SET preserve_insertion_order = false; SET threads = 1")
        self._bound(self._memory.limit())
        super().begin()

    def commit(self) -> None:
        """Make all of it visible at once."""
        super().commit()
        if self._is_own_file:
            self._checkpoint()
        self._restore_settings()

    def _checkpoint(self) -> None:
        """Write what is committed into the file now, in bounded memory; to close it would do so in all there is."""
        try:
            self.connection.execute("CHECKPOINT")
        except duckdb.Error as error:
            # the load is done: another connection of the program writes, and whoever closes the file last does it
            logger.debug(f"the checkpoint of a load is left to the close: {error}")

    def rollback(self) -> None:
        """Undo all of it."""
        try:
            # a commit that failed has ended the transaction
            if self.transaction is not None:
                super().rollback()
        finally:
            self._restore_settings()

    def _restore_settings(self) -> None:
        # they are those of the whole database, with which the queries of the program go on
        threads, ordered, memory = self._settings
        self._threads = None
        self.query(f"SET threads = {threads}; SET preserve_insertion_order = {str(ordered).lower()}")
        if self.memory_limit:
            self.query(f"SET memory_limit = '{as_told(memory)}'")

    def use_threads(self) -> None:
        """Use as many threads as there are, from now to the end of the transaction."""
        if self._threads == 1:
            # as many as there were before, which the user may have set
            self._threads = self._settings[0]
            self.query(f"SET threads = {self._threads}")

    def fit_memory(self, chain: Sequence[TableSchema]) -> None:
        """Give wide tables and merges more memory, where the machine has it and the user did not say otherwise."""
        self._widest = max(self._widest, *(len(table["columns"]) for table in chain))
        self._merges = self._merges or chain[0].get("write_disposition") == "merge"
        wanted = self._memory.limit(self._widest, self._merges)
        if wanted != self.memory_limit:
            self._bound(wanted)

    def _bound(self, limit: str | None) -> None:
        self.memory_limit = limit
        if limit:
            self.query(f"SET memory_limit = '{limit}'")


class DuckDbCatalog(Catalog):
    """The tables of a dataset; other databases may be attached, and have datasets of the same name.

    Args:
        session: The connection.
        dataset_name: Name of the dataset.
        before_ddl: Does what must be done before tables change.
    """

    session: DuckDbSession
    questions = Questions(
        # what information_schema is made of, in a quarter less time
        dataset="SELECT 1 FROM duckdb_schemas() WHERE schema_name = %s AND database_name = current_catalog()",
        columns="SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = %s "
        "AND database_name = current_catalog() ORDER BY table_name, column_index",
    )

    def __init__(
        self,
        session: DuckDbSession,
        dataset_name: str,
        before_ddl: Callable[[DuckDbSession, SchemaUpdate], None] | None = None,
    ) -> None:
        super().__init__(session, dataset_name)
        self._before_ddl = before_ddl

    def create_dataset(self) -> None:
        """Make the dataset if it is not there."""
        is_there = self.has_dataset()
        super().create_dataset()
        if not is_there:
            # to list tables costs a database that was just opened more than to make a few
            self.know({})

    def stored_tables(self, names: Sequence[str]) -> dict[str, dict[str, ColumnSchema]]:
        """Return the columns of tables that are there, by table."""
        # DuckDB 1 does not find a quoted name in which a quote stands
        is_odd = any('"' in name for name in (self.dataset_name, *names))
        if self.session.transaction is not None or len(names) > _FEW or is_odd:
            return super().stored_tables(names)
        # to list all tables, a database that was just opened sets up the views of its own catalog first
        found = {name: self._described(name) for name in names}
        return {name: columns for name, columns in found.items() if columns}

    def _described(self, name: str) -> dict[str, ColumnSchema]:
        asked = "SELECT name, type FROM pragma_table_info(%s)"
        try:
            rows = self.session.query(asked, (self.qualified(name),)).fetchall()
        except DatabaseUndefinedRelation:
            return {}
        return {column: self.dialect.column_of(column, reported) for column, reported in rows}

    def apply_ddl(self, update: SchemaUpdate) -> list[TableSchema]:
        """Add tables and columns.

        Raises:
            SchemaUpdateTerminalError: a column has another type at the destination.
        """
        if self._before_ddl is not None:
            self._before_ddl(self.session, update)
        return super().apply_ddl(update)

    def qualified_dataset(self, dataset_name: str | None = None) -> str:
        """Return a dataset's name with its database, which may bear the same name, quoted."""
        return f"{self.dialect.quote(self.session.database)}.{super().qualified_dataset(dataset_name)}"

    def drop_dataset(self) -> None:
        """Delete the dataset with all in it."""
        name = self.qualified_dataset()
        if self.session.database.lower() == self.dataset_name.lower():
            # to drop shop.shop is ambiguous for DuckDB, and shop is the schema: a database is no schema
            name = self.dialect.quote(self.dataset_name)
        self.session.run_ddl(f"DROP SCHEMA IF EXISTS {name} CASCADE")

    def path(self, table: str, dataset_name: str | None = None) -> list[str]:
        """Return the parts of a table's name in a query, not quoted."""
        parts = super().path(table, dataset_name)
        # of a database and a dataset of one name DuckDB does not know which one is meant
        return [self.session.database, *parts] if self.session.database.lower() == parts[0].lower() else parts

    def use(self) -> None:
        """Let bare names of tables mean those of the dataset."""
        # DuckDB refuses to use a schema that is not there
        if self.has_dataset():
            self.session.query(f"USE {self.qualified_dataset()}")


class DuckDbLedger(Ledger):
    """Records of one dataset."""

    def hold_first(self, pipeline_name: str) -> None:
        """Need nothing: other processes cannot open the file, and threads of other pipelines would clash."""


class DuckDbLoader(Loader):
    """Rows into the tables of one dataset."""

    session: DuckDbSession

    def __init__(self, catalog: DuckDbCatalog) -> None:
        super().__init__(catalog)

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> dict[str, str]:
        """Prepare to take the files of a chain."""
        self.session.fit_memory(chain)
        return super().stage(chain, load_id)

    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:
        """Take some files; Arrow in one statement, which spares writing row groups that are not full."""
        if file_format == "arrow":
            self._load_arrow(table, target, paths)
            return
        super().load_files(table, target, paths, file_format)

    def load_file(self, table: TableSchema, target: str, path: str, file_format: str) -> None:
        """Take one file by DuckDB's own readers."""
        names = ", ".join(self.dialect.quote(name) for name, c in table["columns"].items() if "data_type" in c)
        from dlt.destinations.reading import select

        rows = select(table["columns"], [(path, file_format)])
        self.session.query(f"INSERT INTO {target} ({names}) {rows}")

    def _load_arrow(self, table: TableSchema, target: str, paths: Sequence[str]) -> None:
        """Take files of Arrow, one after the other, in one statement."""
        # threads cost more than they bring where rows are few
        if sum(map(os.path.getsize, paths)) > _SMALL:
            self.session.use_threads()
        with batches_of_files(paths) as rows:
            there = set(rows.schema.names)
            names = ", ".join(self.dialect.quote(name) for name in table["columns"] if name in there)
            self._insert_rows(f"INSERT INTO {target} ({names}) SELECT {names} FROM dlt_rows", rows)

    def _insert_rows(self, sql: str, dlt_rows: pa.RecordBatchReader) -> None:  # noqa: ARG002 - DuckDB finds the rows by this name
        # a registered table would stay in memory until the commit
        with self.session.translating():
            self.session.connection.execute(sql)
