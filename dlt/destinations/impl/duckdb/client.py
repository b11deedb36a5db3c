"""What a load does at DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from dlt.configuration import get_value
from dlt.destinations.impl.duckdb.errors import first_line, kind_of
from dlt.destinations.impl.duckdb.memory import memory_for
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.destinations.sql.sql_client import Cursor, SqlClient
from dlt.error_kinds import database_error
from dlt.errors import DestinationException
from dlt.schema.typing import TableSchema

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


_SMALL = 8 << 20
"""Bytes of rows that one thread takes as fast as several."""


class DuckDbClient(SqlDestinationClient):
    """Work on one dataset of a DuckDB database."""

    connection: duckdb.DuckDBPyConnection
    engine: ClassVar[str] = "duckdb"

    @cached_property
    def catalog(self) -> str:
        """Return the name of the database; a dataset may bear the same name, so it is always written."""
        row = self.query("SELECT current_catalog()").fetchone()
        assert row is not None
        return str(row[0])

    def qualified_dataset(self, dataset_name: str | None = None) -> str:
        """Return a dataset's name with its database, quoted."""
        return f"{self.dialect.quote(self.catalog)}.{super().qualified_dataset(dataset_name)}"

    def _in_catalog(self, column: str) -> str:
        return f" AND {column} = current_catalog()"

    def sql_client(self) -> SqlClient:
        """Return a client for queries; bare table names mean tables of the dataset."""
        if self.has_dataset():
            self.query(f"USE {self.qualified_dataset()}")
        return super().sql_client()

    _threads: int | None = None
    _settings: tuple[int, bool, str] = (1, True, "")
    memory_limit: str | None = None
    """What a load may use of memory; DuckDB spills to disk beyond it. None leaves the limit as it is."""
    _follows_machine = False
    _memory_setting = "memory_limit under [destination.duckdb]"

    def bound_memory(self, destination_name: str, given: str | None = None) -> None:
        """Bound the memory of loads: as the user says, else by the machine.

        Args:
            destination_name: Under which name the setting is configured.
            given: What the program says.
        """
        configured = get_value("memory_limit", str, sections=("destination", destination_name), default=None)
        self.memory_limit = given or configured or memory_for()
        self._follows_machine = not (given or configured)
        self._memory_setting = f"memory_limit under [destination.{destination_name}]"

    def fit_memory(self, chain: Sequence[TableSchema]) -> None:
        """Give wide tables more memory, where the machine has it and the user did not say what a load may use."""
        widest = max(len(table["columns"]) for table in chain)
        wanted = memory_for(widest)
        if self._follows_machine and wanted != memory_for():
            self.memory_limit = wanted
            self.query(f"SET memory_limit = '{wanted}'")

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> dict[str, str]:
        """Prepare to take the files of a chain."""
        self.fit_memory(chain)
        return super().stage(chain, load_id)

    def use_utc(self) -> None:
        """Read moments without a time zone as UTC, whatever the machine's zone is; holds for this connection only."""
        self.query("SET TimeZone = 'UTC'")

    def begin(self) -> None:
        """Start the transaction; rows need no order inside of it, which spares writing them twice."""
        names = ("threads", "preserve_insertion_order", "memory_limit")
        row = self.query("SELECT " + ", ".join(f"current_setting('{name}')" for name in names)).fetchone()
        assert row is not None
        self._settings = (int(row[0]), bool(row[1]), str(row[2]))
        # one thread until there is work for more: many small statements cost less that way
        self._threads = 1
        self.query("SET preserve_insertion_order = false; SET threads = 1")
        if self.memory_limit:
            if self._follows_machine:
                self.memory_limit = memory_for()
            self.query(f"SET memory_limit = '{self.memory_limit}'")
        super().begin()

    def _restore_settings(self) -> None:
        threads, ordered, memory = self._settings
        self._threads = None
        self.query(f"SET threads = {threads}; SET preserve_insertion_order = {str(ordered).lower()}")
        if self.memory_limit:
            self.query(f"SET memory_limit = '{memory}'")

    def _use_threads(self) -> None:
        if self._threads == 1:
            self._threads = self._settings[0]
            self.query(f"SET threads = {self._threads}")

    def commit(self) -> None:
        """Make all of it visible at once."""
        super().commit()
        self._restore_settings()

    def rollback(self) -> None:
        """Undo all of it."""
        try:
            # a commit that failed has ended the transaction
            if self._in_transaction:
                super().rollback()
        finally:
            self._restore_settings()

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        """Run SQL with parameters written %s."""
        import duckdb

        try:
            if parameters:
                native = self.connection.execute(sql.replace("%s", "?"), list(parameters))
            else:
                native = self.connection.execute(sql)
        except duckdb.Error as error:
            raise self.translated(error) from error
        return Cursor(native, lambda: _as_table(native))

    @override
    def _hold_first(self, pipeline_name: str) -> None:
        # nothing: another process cannot open the file, and in this one threads of other pipelines would clash
        return

    def load_file(self, table: TableSchema, target: str, path: str, file_format: str) -> None:
        """Take one file: Arrow from mapped memory, others by DuckDB's own readers."""
        if file_format == "arrow":
            self._load_arrow(table, target, [path])
            return
        from dlt.destinations.reading import select

        names = ", ".join(self.dialect.quote(name) for name, c in table["columns"].items() if "data_type" in c)
        rows = select(table["columns"], [(path, file_format)])
        self.query(f"INSERT INTO {target} ({names}) {rows}")

    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:
        """Take some files; Arrow in one statement, which spares writing row groups that are not full."""
        if file_format == "arrow":
            self._load_arrow(table, target, paths)
            return
        super().load_files(table, target, paths, file_format)

    def _load_arrow(self, table: TableSchema, target: str, paths: Sequence[str]) -> None:
        import pyarrow as pa

        with ExitStack() as stack:
            parts = [pa.ipc.open_stream(stack.enter_context(pa.memory_map(path))).read_all() for path in paths]
            # files of one load may have integers and floats of several widths
            rows = parts[0] if len(parts) == 1 else pa.concat_tables(parts, promote_options="permissive")
            if rows.nbytes > _SMALL:
                self._use_threads()
            there = set(rows.column_names)
            names = ", ".join(self.dialect.quote(name) for name in table["columns"] if name in there)
            self._insert_rows(f"INSERT INTO {target} ({names}) SELECT {names} FROM dlt_rows", rows)

    def _insert_rows(self, sql: str, dlt_rows: pa.Table) -> None:  # noqa: ARG002 - DuckDB finds the table by this name
        # a registered table would stay in memory until the commit
        import duckdb

        try:
            self.connection.execute(sql)
        except duckdb.Error as error:
            raise self.translated(error) from error

    def translated(self, error: duckdb.Error) -> DestinationException:
        """Return our error for one of DuckDB."""
        text = f"{self.engine}: {first_line(error)}"
        kind = kind_of(error)
        if kind == "memory":
            limit = f" of {self.memory_limit}" if self.memory_limit else ""
            return database_error(
                kind,
                text,
                advice=f"The load has reached its limit{limit}, and what DuckDB can put on the disk is there. Set a "
                f"higher {self._memory_setting}, or load tables with fewer columns.",
            )
        return database_error(kind, text)


def _as_table(native: Any) -> Any:
    # the method was renamed in DuckDB 2.0
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return native.to_arrow_table() if hasattr(native, "to_arrow_table") else native.fetch_arrow_table()
