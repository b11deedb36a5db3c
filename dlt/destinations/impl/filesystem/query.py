"""SQL over the files of a dataset: DuckDB in memory, one view for each table."""

from __future__ import annotations

import datetime
import io
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import orjson

from dlt.destinations.impl.duckdb.client import DuckDbClient, duckdb_client
from dlt.destinations.impl.duckdb.dialect import DIALECT
from dlt.destinations.impl.filesystem.named import tables_in
from dlt.destinations.impl.filesystem.snapshot import Snapshot
from dlt.destinations.looks import LOCAL, Looks
from dlt.destinations.reading import select
from dlt.destinations.sql.cursor import Cursor
from dlt.destinations.sql.dbapi import ResultRow
from dlt.destinations.sql.places import placed
from dlt.destinations.sql.sql_client import SqlClient
from dlt.errors import DatabaseException, DatabaseTerminalException, DatabaseTransientException
from dlt.io.faults import translated
from dlt.io.store import Store
from dlt.late import duckdb
from dlt.schema.system_tables import loads_table, state_table, version_table
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.types import JsonObject, override

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_PROTOCOL = "dltfiles"
_WHOLE = 4 << 20
"""Files up to this size, in bytes, are read in one request."""
_KEPT = 64 << 20
"""Bytes of such files that are kept for the next query."""


def open_tables(
    store: Store, dataset_name: str, newest: Callable[[], Snapshot]
) -> tuple[SqlClient, Callable[[], None]]:
    """Return a client for queries and the function that ends it.

    Args:
        store: The folder of the dataset.
        dataset_name: Its name.
        newest: Tells which files count.
    """
    # of its own: views must not mix with what a program has in DuckDB
    connection = duckdb.connect(":memory:")
    try:
        client = duckdb_client(DIALECT, dataset_name, connection)
        return FilesSqlClient(client, dataset_name, store, newest), connection.close
    except BaseException:
        connection.close()
        raise


class FilesSqlClient(SqlClient):
    """Run SQL over the files of one snapshot.

    The view of a table is made when a query names it, because that reads the beginning of each of its files. When a
    newer load has deleted files of the snapshot, the query runs on the newest one.

    Args:
        client: Client of an empty database.
        dataset_name: Name of the dataset.
        store: Its folder.
        newest: Tells which files count.
    """

    def __init__(self, client: DuckDbClient, dataset_name: str, store: Store, newest: Callable[[], Snapshot]) -> None:
        super().__init__(client, dataset_name)
        self._database, self._store, self._newest = client, store, newest
        self._waiting: dict[str, Mapping[str, ColumnSchema]] = {}
        self._failures: list[Exception] = []
        self._looks = LOCAL
        self._show(newest())

    @property
    def native_connection(self) -> duckdb.DuckDBPyConnection:
        """Return the connection of DuckDB, with the views of all tables."""
        self._make_views(self._waiting)
        return self._database.session.connection

    @contextmanager
    def execute_query(
        self, query: str, *args: object, columns: Mapping[str, ColumnSchema] | None = None
    ) -> Iterator[Cursor]:
        """Run a query; inside of the block its result can be read."""
        cursor = self._run(query, args)
        yield self._client.session.typed(cursor, columns) if columns else cursor

    def execute_sql(self, sql: str, *args: object) -> list[ResultRow] | None:
        """Run a statement; return its rows if it has any."""
        cursor = self._run(sql, args)
        return cursor.fetchall() if cursor.description else None

    def _run(self, sql: str, parameters: Sequence[object]) -> Cursor:
        while True:
            try:
                self._make_views(self._named_in(sql))
                return self._database.query(sql, parameters)
            except (DatabaseException, OSError) as error:
                # DuckDB makes text of what failed in a file that it reads; what is looked at before it is as it was
                failures = self._failures[:]
                self._failures.clear()
                if isinstance(error, OSError):
                    failures = failures or [error]
                # a fault of the query itself is there on newer files as well
                if not failures and not isinstance(error, DatabaseTransientException):
                    raise
                newer = self._newest()
                if newer.number == self._snapshot.number:
                    if failures:
                        with translated(self._store.root):
                            # nothing is its own cause: whoever follows the causes of an error would never end
                            raise failures[0] from None if failures[0] is error else error
                    raise
                self._show(newer)

    def _named_in(self, sql: str) -> list[str]:
        """Return the tables whose views a query needs.

        Raises:
            DatabaseTerminalException: names of tables differ by case only, and it is not said which one is meant.
        """
        written = tables_in(self._database.session.connection, placed(sql, lambda _: "?"))
        if written is None:
            return list(self._waiting)
        # DuckDB compares names without case
        folded = {name.casefold() for name in written}
        return [name for name in self._waiting if name.casefold() in folded and self._is_meant(name, written)]

    def _is_meant(self, name: str, written: Collection[str]) -> bool:
        """Tell which of several tables is meant whose names differ by case only, for which DuckDB has one view.

        Raises:
            DatabaseTerminalException: it is not said.
        """
        if name not in self._alike:
            return True
        alike = [other for other in self._snapshot.columns if other.casefold() == name.casefold()]
        meant = [other for other in alike if other in written]
        if len(meant) != 1:
            raise DatabaseTerminalException(
                f"{self._store.root}: the names of the tables {', '.join(alike)} differ by case only, and a query "
                "reads one of them at a time. Write its name as it is here."
            )
        return meant == [name]

    def _show(self, snapshot: Snapshot) -> None:
        """Make the tables of a snapshot in place of those of the one before."""
        self._snapshot, self._waiting = snapshot, dict(snapshot.columns)
        count = Counter(name.casefold() for name in snapshot.columns)
        self._alike = {name for name in snapshot.columns if count[name.casefold()] > 1}
        client = self._database
        if not self._store.is_local:
            files = _files(self._store, snapshot, self._failures.append)
            if files.protocol in client.connection.list_filesystems():
                client.connection.unregister_filesystem(files.protocol)
            client.connection.register_filesystem(files)
            self._looks = Looks(files.open, files.size)
        # tables of the snapshot before may be gone, or have other columns
        client.drop_dataset()
        client.create_dataset()
        records = (
            (loads_table(), snapshot.loads),
            (version_table(), [{**row, "schema": orjson.dumps(row["schema"]).decode()} for row in snapshot.versions]),
            (state_table(), snapshot.states),
        )
        for table, rows in records:
            _fill(client, table, rows)
        client.query(f"USE {client.catalog.qualified_dataset()}")

    def _make_views(self, names: Iterable[str]) -> None:
        prefix = "" if self._store.is_local else f"{_PROTOCOL}://"
        for name in list(names):
            entries = self._snapshot.files.get(name, [])
            files = [(f"{prefix}{self._store.full(entry['path'])}", entry["format"]) for entry in entries]
            rows = select(self._waiting[name], files, self._looks)
            # to bind a view DuckDB reads the beginning of every file of it
            self._database.query(f"CREATE OR REPLACE VIEW {self._database.catalog.qualified(name)} AS {rows}")
            # of those that differ by case DuckDB has one view, which each query makes anew
            if name not in self._alike:
                del self._waiting[name]


def _fill(client: DuckDbClient, table: TableSchema, rows: list[JsonObject]) -> None:
    definitions = ", ".join(
        f"{DIALECT.quote(name)} {DIALECT.type_of(column)}" for name, column in table["columns"].items()
    )
    client.query(f"CREATE TABLE {client.catalog.qualified(table['name'])} ({definitions})")
    for row in rows:
        places = ", ".join(["%s"] * len(table["columns"]))
        client.query(
            f"INSERT INTO {client.catalog.qualified(table['name'])} VALUES ({places})",
            [row[name] for name in table["columns"]],
        )


def _files(store: Store, snapshot: Snapshot, note: Callable[[Exception], None]) -> AbstractFileSystem:
    """Return the files of a snapshot as a file system for DuckDB, which asks for sizes and names again and again.

    A snapshot knows its files and how large they are, and nobody changes them: small ones are read once and kept.

    Args:
        store: The folder of the dataset.
        snapshot: Which files there are.
        note: Gets every error.
    """
    from fsspec import AbstractFileSystem

    known = {store.full(entry["path"]): entry for entries in snapshot.files.values() for entry in entries}
    kept: dict[str, bytes] = {}

    def size_of(path: str) -> int:
        if path not in known:
            raise FileNotFoundError(path)
        size = known[path].get("bytes")
        if size is None:
            # a snapshot of an earlier version does not tell
            size = known[path]["bytes"] = store.size(known[path]["path"]) or 0
        return size

    def content_of(path: str) -> bytes:
        content = kept.pop(path, None)
        if content is None:
            content = store.read(known[path]["path"])
        if content is None:
            raise FileNotFoundError(path)
        kept[path] = content
        while sum(map(len, kept.values())) > _KEPT:
            # the one that was used last is at the end
            kept.pop(next(iter(kept)))
        return content

    class Files(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
        protocol = _PROTOCOL
        # each snapshot has an object of its own, which fsspec need not keep
        cachable = False

        def info(self, path: str, **_: object) -> dict[str, object]:
            path = self._strip_protocol(path)
            return {"name": path, "size": size_of(path), "type": "file"}

        @override
        def modified(self, path: str) -> datetime.datetime:
            # no file of a snapshot ever changes, and DuckDB asks when it did
            return datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)

        @override
        def open(self, path: str, mode: str = "rb", **_: object) -> _File:
            path = self._strip_protocol(path)
            with _noting(note):
                if size_of(path) <= _WHOLE:
                    return _File(path, io.BytesIO(content_of(path)), note)
                return _File(path, store.filesystem.open(path, "rb", cache_type="readahead"), note)

    return Files()


@contextmanager
def _noting(note: Callable[[Exception], None]) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        note(error)
        raise


class _File:
    """An open file as DuckDB needs it.

    Args:
        path: Its path.
        native: The file.
        note: Gets every error.
    """

    def __init__(self, path: str, native: BinaryIO, note: Callable[[Exception], None]) -> None:
        self.path, self._native, self._note = path, native, note

    def read(self, length: int = -1) -> bytes:
        """Return the next bytes."""
        with _noting(self._note):
            return self._native.read(length)

    def __getattr__(self, name: str) -> object:
        return getattr(self._native, name)
