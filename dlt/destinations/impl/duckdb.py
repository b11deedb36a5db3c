"""DuckDB: one file beside the program, or one in memory."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from dlt.configuration import get_value
from dlt.configuration.spec import CredentialsConfiguration, configspec
from dlt.context import current
from dlt.destinations.base import Destination, missing_package
from dlt.destinations.kinds import Kind, database_error, is_transient
from dlt.destinations.memory import available
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.destinations.sql.dialect import Dialect
from dlt.destinations.sql.sql_client import Cursor, SqlClient
from dlt.errors import (
    DestinationConnectionError,
    DestinationException,
)
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.schema.typing import ColumnSchema, TableSchema

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

CAPABILITIES = Capabilities(max_decimal=(38, 38), sqlglot_dialect="duckdb")
_MEMORY = 400 * 10**6
"""Bytes that a load of narrow tables may use; its peak must not grow with the data, nor with the machine."""
_MEMORY_PER_COLUMN = 1_500_000
"""DuckDB keeps blocks of 256 KiB for each column: of the new rows and of the table, in each thread."""
_SMALL = 8 << 20
"""Bytes of rows that one thread takes as fast as several."""
BUSY = ("lock", "file handle conflict")
"""What DuckDB says while another process has the file, or another thread is about to close it."""
_NO_DATABASE: dict[str, Kind] = {
    "no such file or directory": "undefined",
    "is a directory": "undefined",
    "not a directory": "undefined",
    "not a valid duckdb database": "refused",
}
"""What DuckDB says of a path at which there is no database, and none can be made."""
_LOCK_WAIT = 10.0
"""Seconds to wait for another process that has the file open; DuckDB lets in one at a time."""


def _sized(column: ColumnSchema, capabilities: Capabilities) -> str | None:
    kind, precision, scale = column["data_type"], column.get("precision"), column.get("scale")
    if kind in ("decimal", "wei"):
        default = capabilities.decimal_precision if kind == "decimal" else capabilities.wei_precision
        return f"DECIMAL({min(precision or default[0], 38)},{default[1] if scale is None else scale})"
    if kind == "timestamp" and not column.get("timezone", True):
        return {0: "TIMESTAMP_S", 3: "TIMESTAMP_MS", 9: "TIMESTAMP_NS"}.get(precision or 6, "TIMESTAMP")
    if kind == "bigint" and precision is not None:
        sizes = {8: "TINYINT", 16: "SMALLINT", 32: "INTEGER"}
        return next((name for bits, name in sizes.items() if precision <= bits), None)
    return None


DIALECT = Dialect(
    types={
        "text": "VARCHAR",
        "double": "DOUBLE",
        "bool": "BOOLEAN",
        "timestamp": "TIMESTAMP WITH TIME ZONE",
        "bigint": "BIGINT",
        "binary": "BLOB",
        "json": "JSON",
        "date": "DATE",
        "time": "TIME",
    },
    sized=_sized,
    families={
        "VARCHAR": "text",
        "DOUBLE": "double",
        "FLOAT": "double",
        "BOOLEAN": "bool",
        "TIMESTAMP WITH TIME ZONE": "timestamp",
        "TIMESTAMP": "timestamp",
        "TIMESTAMP_S": "timestamp",
        "TIMESTAMP_MS": "timestamp",
        "TIMESTAMP_NS": "timestamp",
        "TINYINT": "bigint",
        "SMALLINT": "bigint",
        "INTEGER": "bigint",
        "BIGINT": "bigint",
        "HUGEINT": "bigint",
        "BLOB": "binary",
        "JSON": "json",
        "DECIMAL": "decimal",
        "DATE": "date",
        "TIME": "time",
    },
    capabilities=CAPABILITIES,
    precisions={
        "TIMESTAMP WITH TIME ZONE": 6,
        "TIMESTAMP": 6,
        "TIMESTAMP_S": 0,
        "TIMESTAMP_MS": 3,
        "TIMESTAMP_NS": 9,
    },
)


@configspec
class DuckDbCredentials(CredentialsConfiguration):
    """A database file: in one piece a secret, as its path may hold a token; the field may stand in config.toml."""

    database: str | None = None

    def parse_native_representation(self, native_value: Any) -> None:
        """Take a path, or a JSON document with it."""
        if isinstance(native_value, str) and not native_value.lstrip().startswith("{"):
            self.database = native_value
        else:
            super().parse_native_representation(native_value)


def memory_for(columns: int = 0) -> str:
    """Return what a load may use of memory when the user does not say it.

    Args:
        columns: Columns of the widest table.
    """
    # the rest is for Python, for Arrow, and for what DuckDB takes beyond its limit
    most = available() * 6 // 10
    return f"{min(most, _MEMORY + columns * _MEMORY_PER_COLUMN) // 10**6}MB"


class DuckDb(Destination):
    """Load into DuckDB.

    Args:
        credentials: A path, `duckdb:///path`, ":memory:", a dict with "database", or an open connection. Without it:
            the configuration, else `<pipeline name>.duckdb` in the current folder.
        create_indexes: Accepted for programs that pass it; no index is made.
    """

    destination_type: ClassVar[str] = "duckdb"
    setting_types: ClassVar[Mapping[str, Any]] = {"memory_limit": str}
    named_after_pipeline: ClassVar[bool] = True

    def __init__(self, credentials: Any = None, create_indexes: bool = False, **settings: Any) -> None:
        super().__init__(credentials, **settings)

    def own_capabilities(self) -> Capabilities:
        """Return what DuckDB can do."""
        return CAPABILITIES

    @property
    def path(self) -> str:
        """Return the path of the database file.

        Raises:
            ValueNotSecretException: credentials stand in config.toml, where they are not read.
        """
        credentials = self.credentials
        if credentials is None:
            from dlt.configuration.resolve import resolve_configuration

            sections = ("destination", self.destination_name, "credentials")
            credentials = resolve_configuration(DuckDbCredentials(), sections=sections).database
        if isinstance(credentials, dict):
            credentials = credentials.get("database")
        if credentials is None or credentials == ":pipeline:":
            return os.path.abspath(f"{self.pipeline_name or current().pipeline_name or 'dlt'}.duckdb")
        text = str(getattr(credentials, "database", credentials))
        text = text.removeprefix("duckdb:///").removeprefix("duckdb://").partition("?")[0]
        return text if text == ":memory:" or not text else os.path.abspath(os.path.expanduser(text))

    @property
    def _is_open(self) -> bool:
        return hasattr(self.credentials, "cursor") and hasattr(self.credentials, "execute")

    def displayable_credentials(self) -> str:
        """Return the path."""
        return "duckdb:///:external:" if self._is_open else f"duckdb:///{self.path}"

    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[DuckDbClient]:
        """Open the file, and wait for a process that has it open."""
        connection = (
            self.credentials.cursor() if self._is_open else _open(self.path, f"destination {self.destination_name}")
        )
        client = DuckDbClient(DIALECT, dataset_name, connection)
        client.use_utc()
        if not self._is_open and self.path != ":memory:":
            # a database in memory is all memory: only one in a file can do with less
            client.bound_memory(self.destination_name, self.settings.get("memory_limit"))
        try:
            yield client
        finally:
            connection.close()


def _open(path: str, where: str) -> duckdb.DuckDBPyConnection:
    try:
        import duckdb
    except ImportError as error:
        raise missing_package(where, "duckdb", "duckdb") from error
    if path == ":memory:":
        # one database in memory for the whole process, so that what one step wrote the next one reads
        return duckdb.connect(":memory:dlt")
    return wait_while_busy(lambda: duckdb.connect(path), f"{where}: {path}")


def wait_while_busy(
    connect: Callable[[], duckdb.DuckDBPyConnection], what: str, busy: Sequence[str] = BUSY
) -> duckdb.DuckDBPyConnection:
    """Return an open connection; what another program has open is tried again for some seconds.

    Args:
        connect: Opens it.
        what: Names destination and database, for messages.
        busy: Words by which errors tell that it is only busy.

    Raises:
        DestinationConnectionError: it stays busy, or cannot be reached.
        DatabaseTerminalException: there is no database that can be opened.
    """
    import duckdb

    deadline = time.monotonic() + _LOCK_WAIT
    while True:
        try:
            return connect()
        except duckdb.Error as error:
            is_busy = any(word in str(error).lower() for word in busy)
            if is_busy and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            raise _not_opened("busy" if is_busy else _kind_of_opening(error), what, error) from error


def _kind_of_opening(error: duckdb.Error) -> Kind:
    return next((kind for sign, kind in _NO_DATABASE.items() if sign in str(error).lower()), kind_of(error))


def _not_opened(kind: Kind, what: str, error: duckdb.Error) -> DestinationException:
    text = f"{what} cannot be opened: {first_line(error)}."
    if kind == "busy":
        return DestinationConnectionError(f"{text} Close the program that has it open.", kind=kind)
    if is_transient(kind):
        return DestinationConnectionError(f"{text} Check the path and its rights, and run again.", kind=kind)
    advice = "Check the path and its rights, and that it is a database of DuckDB."
    return database_error(kind, text, advice=advice)


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

    def _hold_first(self, pipeline_name: str) -> None:
        # nothing: another process cannot open the file, and in this one threads of other pipelines would clash
        return

    def load_file(self, table: TableSchema, target: str, path: str, file_format: str) -> None:
        """Take one file: Arrow from mapped memory, others by DuckDB's own readers."""
        if file_format == "arrow":
            self._load_arrow(table, target, [path])
            return
        from dlt.destinations.files.reading import select

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

    def _insert_rows(self, sql: str, dlt_rows: pa.Table) -> None:
        # DuckDB finds the table by the name of this argument; a registered one would stay in memory until the commit
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


def kind_of(error: duckdb.Error) -> Kind:
    """Return what an error of DuckDB is."""
    import duckdb

    text = str(error).lower()
    if "no space left" in text or "max_temp_directory_size" in text:
        return "disk_full"
    if "read-only" in text or "read only" in text:
        return "read_only"
    if "permission denied" in text:
        return "right"
    if isinstance(error, duckdb.CatalogException) and "does not exist" in text:
        return "undefined"
    if isinstance(error, duckdb.OutOfMemoryException):
        return "memory"
    if isinstance(error, duckdb.ConstraintException):
        return "constraint"
    if isinstance(error, duckdb.TransactionException):
        return "clash"
    if isinstance(error, duckdb.InterruptException):
        return "interrupted"
    if isinstance(error, duckdb.IOException):
        return "busy" if any(word in text for word in BUSY) else "connection"
    return "refused"


def _as_table(native: Any) -> Any:
    # the method was renamed in DuckDB 2.0
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return native.to_arrow_table() if hasattr(native, "to_arrow_table") else native.fetch_arrow_table()


def first_line(error: BaseException) -> str:
    """Return what an error says, without the excerpt of the statement that DuckDB adds."""
    return str(error).strip().partition("\n")[0].rstrip(".")
