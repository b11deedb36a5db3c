"""The first load: tables as they were where the stream of a slot begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast
from uuid import uuid4

from dlt.extract.decorators import resource
from dlt.extract.hints import TableHints, make_hints
from dlt.extract.items import DataItemWithMeta, HintsMeta, MaterializedEmptyList
from dlt.extract.resource import DltResource
from dlt.extract.state import resource_state
from dlt.schema.typing import ColumnSchema
from dlt.sources.pg_replication.changes import SNAPSHOTS
from dlt.sources.pg_replication.server import (
    Server,
    close_quietly,
    connect,
    connect_for_replication,
    lsn_number,
    quoted,
    quoted_text,
    refused,
)
from dlt.sources.pg_replication.tables import ColumnHints, IncludedColumns, columns_of, hints_of
from dlt.sources.pg_replication.values import Decoder

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PgConnection
    from psycopg2.extras import LogicalReplicationConnection

    from dlt.sources.credentials import ConnectionStringCredentials
    from dlt.types import Row

_FIRST, _PAGE = 100, 5000
_LARGE = 16 << 20
_SLOTS = (
    "Names have lower case letters, digits and underscores. Where no slot is free, drop one that nobody reads (SELECT "
    "pg_drop_replication_slot(...)), or raise max_replication_slots and restart the server."
)
_DIGITS, _SCALE = 38, 9
"""Digits of a decimal that every destination has, and those behind the point that are there for later numbers."""


def create_slot(
    connection: LogicalReplicationConnection, name: str, temporary: bool = False, plugin: str = "pgoutput"
) -> tuple[int, str, str]:
    """Make a slot; return the place in the log where it begins, the snapshot of the tables there, and the server.

    Args:
        connection: A connection for replication; the snapshot is there until its next command.
        name: Name of the slot.
        temporary: It goes with the connection.
        plugin: Its output plugin.

    Raises:
        ReplicationError: the server refuses it.
    """
    with connection.cursor() as cursor:
        # before the slot is made: the snapshot is gone with the next command
        cursor.execute("IDENTIFY_SYSTEM")
        system = str(cursor.fetchone()[0])
        kind = "TEMPORARY LOGICAL" if temporary else "LOGICAL"
        with refused(f"the replication slot {name!r} cannot be made", _SLOTS):
            cursor.execute(f"CREATE_REPLICATION_SLOT {quoted(name)} {kind} {quoted(plugin)}")
        _, place, snapshot, _ = cursor.fetchone()
    return lsn_number(place), snapshot, system


class HeldSnapshot:
    """The tables at one place in the log, as long as the process lives; nothing is written at the server for it.

    Args:
        credentials: Of the server.
        lsn: The place.
        exported: Name under which the server knows the snapshot.
        system: Which server it is.
    """

    def __init__(self, credentials: ConnectionStringCredentials, lsn: int, exported: str, system: str) -> None:
        self.lsn, self.system, self._credentials = lsn, system, credentials
        self._holder = connect(credentials)
        try:
            with self._begun(self._holder, exported).cursor() as cursor:
                # the first name is gone when the connection that made it does anything else
                cursor.execute("SELECT pg_export_snapshot()")
                self._name: str = cursor.fetchone()[0]
        except BaseException:
            self.close()
            raise

    def open(self) -> PgConnection:
        """Return a connection that sees the tables."""
        connection = connect(self._credentials)
        try:
            return self._begun(connection, self._name)
        except BaseException:
            close_quietly(connection)
            raise

    def close(self) -> None:
        """Let it go."""
        close_quietly(self._holder)

    @staticmethod
    def _begun(connection: PgConnection, name: str) -> PgConnection:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True, autocommit=False)
        with connection.cursor() as cursor:
            cursor.execute(f"SET TRANSACTION SNAPSHOT {quoted_text(name)}")
        return connection


class SnapshotTables:
    """Tables whose snapshot is to be loaded, each once.

    Where the snapshot that the slot began with is gone, as its process ended before the load, a new one is taken, and
    changes of the table before it are left out of the stream.

    Args:
        credentials: Of the server.
        slot: Name of the slot.
        publication: Name of the publication.
        held: The snapshot that the slot began with; None if the slot was there before.
        count: Number of tables.
    """

    def __init__(
        self,
        credentials: ConnectionStringCredentials,
        slot: str,
        publication: str,
        held: HeldSnapshot | None,
        count: int,
    ) -> None:
        self.credentials, self.slot, self.publication = credentials, slot, publication
        self._held, self._left = held, count

    def is_loaded(self, known: int | None) -> bool:
        """Tell whether a table needs no load: it was loaded from this snapshot, or from one when there is none now.

        Args:
            known: Place of the snapshot that the pipeline loaded; None if it loaded none.
        """
        return known is not None and (self._held is None or known == self._held.lsn)

    def held(self) -> HeldSnapshot:
        """Return the snapshot; a new one where there is none."""
        if self._held is None:
            connection = connect_for_replication(self.credentials)
            try:
                # a slot, as only that says exactly which transactions its snapshot holds
                found = create_slot(connection, f"dlt_snapshot_{uuid4().hex}", temporary=True)
                self._held = HeldSnapshot(self.credentials, *found)
            finally:
                connection.close()
        return self._held

    def done(self) -> None:
        """Note that a table was read to its end; behind the last one the snapshot goes."""
        self._left -= 1
        if self._left <= 0 and self._held is not None:
            self._held.close()
            self._held = None


def snapshot_resource(
    tables: SnapshotTables,
    server: Server,
    schema: str,
    table: str,
    only_inserts: bool,
    include: IncludedColumns,
    columns: ColumnHints | None,
) -> DltResource[[]]:
    """Return a resource that gives the rows of a table as they are in a snapshot.

    Args:
        tables: The snapshot, and what it is of.
        server: The server.
        schema: Schema of the table.
        table: Its name.
        only_inserts: Nothing else is published.
        include: Columns that are wanted, by table.
        columns: What the program says of columns.
    """
    # the stream tells rows apart by the same columns
    key = server.key(schema, table)
    wanted = None if include is None else include.get(table)
    names = [
        name
        for name in server.published_columns(tables.publication, schema, table)
        if wanted is None or name in wanted or (name in key and not only_inserts)
    ]
    given = [
        (name, int(oid or 0), int(modifier or 0))
        for name in names
        for oid, modifier in server.rows(
            "SELECT atttypid, atttypmod FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s",
            quoted(schema, table), name,
        )
    ]  # fmt: skip
    found, decoders = columns_of(server, given, table, columns)
    condition = server.row_filter(tables.publication, schema, table)
    query = f"SELECT {', '.join(map(quoted, names))} FROM {quoted(schema, table)}"
    query += f" WHERE {condition}" if condition else ""
    oid = server.row("SELECT %s::regclass::oid", quoted(schema, table))
    own_key = [name for name in key if name in names]

    def rows() -> Iterator[DataItemWithMeta]:
        own = resource_state()
        # old rows over newer ones would undo what the stream brought
        if tables.is_loaded(own.get("snapshot_lsn")):
            return
        held = tables.held()
        # now, as a column keeps the type with which the table was loaded before
        hints = _columns_in(hints_of(table, found, own_key, only_inserts, of_changes=False))
        mark = HintsMeta(make_hints(columns=_with_sizes(held, f"FROM {quoted(schema, table)}", hints)))
        is_empty = True
        for page in _pages(held, query, names, decoders):
            is_empty = False
            yield DataItemWithMeta(mark, page)
        # who asks for it finds a table, though without rows
        if is_empty:
            yield DataItemWithMeta(mark, MaterializedEmptyList())
        # behind the last page: what was read in part only is read again
        own["snapshot_lsn"] = held.lsn
        place = f"{held.system}/{oid[0] if oid else ''}"
        resource_state(tables.slot).setdefault(SNAPSHOTS, {})[place] = held.lsn
        tables.done()

    return resource(
        rows, name=table, write_disposition="append" if only_inserts else "merge", primary_key=own_key or None
    )


def _columns_in(hints: TableHints) -> dict[str, ColumnSchema]:
    """Return the hints of columns by name."""
    return cast("dict[str, ColumnSchema]", hints["columns"])


def _with_sizes(held: HeldSnapshot, place: str, hints: dict[str, ColumnSchema]) -> dict[str, ColumnSchema]:
    """Return hints with sizes for numbers of any size: as many digits as those that are there have."""
    names = [n for n, column in hints.items() if column.get("data_type") == "decimal" and "precision" not in column]
    if not names:
        return hints
    finite = [f"CASE WHEN {name}::text ~ '[0-9]' THEN {name} END" for name in map(quoted, names)]
    sizes = ", ".join(f"max(length(trunc(abs({each}))::text)), max(scale({each}))" for each in finite)
    connection = held.open()
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {sizes} {place}")
            found = [int(size or 0) for size in cursor.fetchone()]
    finally:
        close_quietly(connection)
    sized = dict(hints)
    for at, name in enumerate(names):
        before, scale = found[2 * at], max(found[2 * at + 1], _SCALE)
        # larger ones go beside their column
        if before + scale <= _DIGITS:
            sized[name] = {**hints[name], "precision": _DIGITS, "scale": scale}
    return sized


def _pages(held: HeldSnapshot, query: str, names: Sequence[str], decoders: Sequence[Decoder]) -> Iterator[list[Row]]:
    connection = held.open()
    try:
        with connection.cursor(name="dlt_snapshot") as cursor:
            cursor.execute(query)
            size = _FIRST
            while found := cursor.fetchmany(size):
                # rows may be of any size, and a page is to be of one
                bytes_of_row = max(sum(map(len, filter(None, row))) for row in found[:: max(1, len(found) // 50)])
                size = max(1, min(_PAGE, _LARGE // (bytes_of_row + 1)))
                yield [
                    {
                        name: None if value is None else decode(value)
                        for name, decode, value in zip(names, decoders, row, strict=True)
                    }
                    for row in found
                ]
    finally:
        close_quietly(connection)
