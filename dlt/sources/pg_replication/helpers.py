"""What sets replication up at the server, under the names of the verified source `pg_replication`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dlt.configuration.accessors import config, secrets
from dlt.errors import InvalidHint, ReplicationError
from dlt.extract.resource import DltResource
from dlt.schema.typing import ColumnSchema
from dlt.sources.config import with_config
from dlt.sources.credentials import ConnectionStringCredentials
from dlt.sources.pg_replication.changes import OWN
from dlt.sources.pg_replication.publications import (
    add_schema_to_publication,
    add_table_to_publication,
    add_tables_to_publication,
    create_publication,
    drop_publication,
    publish_tables,
)
from dlt.sources.pg_replication.server import (
    BUSY_SECONDS,
    Server,
    connect,
    connect_for_replication,
    lsn_number,
    lsn_text,
    quoted_text,
)
from dlt.sources.pg_replication.snapshot import HeldSnapshot, SnapshotTables, create_slot, snapshot_resource
from dlt.user_log import error as tell

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as PgCursor
    from psycopg2.extras import LogicalReplicationConnection

__all__ = [
    "add_schema_to_publication",
    "add_table_to_publication",
    "add_tables_to_publication",
    "advance_slot",
    "create_publication",
    "create_replication_slot",
    "drop_publication",
    "drop_replication_slot",
    "get_max_lsn",
    "get_pg_version",
    "get_pub_ops",
    "init_replication",
    "lsn_int_to_hex",
    "replication_connection",
]

OPERATIONS = ("insert", "update", "delete", "truncate")
_SECTIONS = ("sources", "pg_replication")
lsn_int_to_hex = lsn_text


@with_config(sections=_SECTIONS)
def init_replication(
    slot_name: str = config.value,
    pub_name: str = config.value,
    schema_name: str = config.value,
    table_names: str | Sequence[str] | None = config.value,
    credentials: ConnectionStringCredentials = secrets.value,
    publish: str = "insert, update, delete",
    persist_snapshots: bool = False,
    include_columns: Mapping[str, Sequence[str]] | None = None,
    columns: Mapping[str, Mapping[str, ColumnSchema]] | None = None,
    reset: bool = False,
) -> DltResource[[]] | list[DltResource[[]]] | None:
    """Make publication and replication slot where they are not there yet, and take a snapshot of the tables.

    What is there stays: tables are added to the publication, and none is taken out of it.

    Args:
        slot_name: Name of the slot.
        pub_name: Name of the publication.
        schema_name: Schema of the tables.
        table_names: A table, or several; None for all tables that the schema has and will have.
        credentials: Of the server; the role needs REPLICATION, and must own the tables.
        publish: What is published: "insert", "update", "delete" and "truncate", with commas between them. Only what is
            inserted is appended; else rows are merged.
        persist_snapshots: Return what loads the tables as they are where the slot begins.
        include_columns: Columns that snapshots have, by table; all of tables that are not named.
        columns: Hints for columns, by table and column.
        reset: Drop slot and publication first.

    Returns:
        A resource for the snapshot of each table, one alone if `table_names` is a text; None without snapshots. Where
        the slot was there before, and the pipeline loaded the snapshot, it gives nothing.

    Raises:
        ReplicationError: the server or the role cannot replicate, or a table is not there.
        IncompatiblePostgresVersionException: a schema as a whole is asked of a server before version 15.
        InvalidHint: `publish` names no operation, or something else, or `table_names` names no table.
    """
    given = _operations(publish)
    if table_names is not None and not table_names:
        raise InvalidHint("init_replication: table_names is empty. Name tables, or pass None for the whole schema.")
    server = Server(connect(credentials))
    try:
        server.check()
        _check_tables(server, schema_name, table_names)
        with server.connection.cursor() as cursor:
            if reset:
                _wait_for_slot(server, slot_name)
                drop_replication_slot(slot_name, cursor)
                drop_publication(pub_name, cursor)
            # a slot decodes with the publication as it was at each place of the log, so this comes first
            publish_tables(server, cursor, pub_name, publish, schema_name, table_names)
        names = _names(server, schema_name, pub_name, table_names)
        publication = server.publication(pub_name)
        only_inserts = publication.only_inserts
        if publication.operations != set(given):
            tell(
                f"pg_replication: the publication {pub_name!r} is there already, and publishes "
                f"{', '.join(sorted(publication.operations))}. Run ALTER PUBLICATION ... SET (publish = "
                f"{quoted_text(publish)}) for what is asked for, or reset=True."
            )
        # now, as the first to notice would be the programs that write to the table
        if not only_inserts:
            _tell_keyless(server, schema_name, names)
        held = _begin(server, credentials, slot_name, persist_snapshots)
        if not persist_snapshots:
            return None
        tables = SnapshotTables(credentials, slot_name, pub_name, held, len(names))
        made = [
            snapshot_resource(tables, server, schema_name, name, only_inserts, include_columns, columns)
            for name in names
        ]
        return made[0] if isinstance(table_names, str) else made
    finally:
        server.close()


def _check_tables(server: Server, schema: str, given: str | Sequence[str] | None) -> None:
    """Check that the tables are there, before anything is made for them.

    Raises:
        ReplicationError: there is no such schema, or no such table in it.
    """
    if server.row("SELECT nspname FROM pg_namespace WHERE nspname = %s", schema) is None:
        raise ReplicationError(f"init_replication: there is no schema {schema!r}. Check schema_name.")
    names = [given] if isinstance(given, str) else list(given or ())
    known = server.rows(
        "SELECT relname FROM pg_class, pg_namespace n WHERE relnamespace = n.oid AND nspname = %s"
        " AND relkind IN ('r', 'p')",
        schema,
    )
    missing = [name for name in names if (name,) not in known]
    if missing:
        raise ReplicationError(
            f"init_replication: there is no table {missing[0]!r} in the schema {schema!r}. Check table_names, capitals "
            "included; views cannot be replicated. Nothing was made on the server."
        )


def _operations(publish: str) -> list[str]:
    given = [name.strip().lower() for name in publish.split(",")]
    if set(given) - set(OPERATIONS):
        raise InvalidHint(
            f"init_replication: publish is {publish!r}. It names some of {', '.join(OPERATIONS)}, with commas between."
        )
    return given


def _names(server: Server, schema: str, publication: str, given: str | Sequence[str] | None) -> list[str]:
    # a table that is named twice is one
    if given is not None:
        return [given] if isinstance(given, str) else list(dict.fromkeys(given))
    tables = server.publication(publication).tables
    return [table for found, table in tables if found == schema and not table.startswith(OWN)]


def _begin(
    server: Server, credentials: ConnectionStringCredentials, slot: str, with_snapshot: bool
) -> HeldSnapshot | None:
    """Make the slot if it is not there; return what its snapshot holds."""
    if server.slot(slot) is not None:
        return None
    # its snapshot is there until the connection does anything else
    connection = connect_for_replication(credentials)
    try:
        found = create_slot(connection, slot)
        return HeldSnapshot(credentials, *found) if with_snapshot else None
    finally:
        connection.close()


def _wait_for_slot(server: Server, name: str) -> None:
    """Wait until nobody uses a slot: the server finds out late that a process was killed."""
    give_up = time.monotonic() + BUSY_SECONDS
    while (slot := server.slot(name)) is not None and slot.pid is not None:
        if time.monotonic() > give_up:
            raise ReplicationError(
                f"init_replication: the replication slot {name!r} is in use by the server's process {slot.pid}, so it "
                f"cannot be dropped. Let that run end, or run SELECT pg_terminate_backend({slot.pid})."
            )
        time.sleep(0.1)


def _tell_keyless(server: Server, schema: str, names: Sequence[str]) -> None:
    for name in names:
        if not server.key(schema, name):
            tell(
                f"pg_replication: the table {schema}.{name} has no primary key: its rows are appended, and the server "
                "refuses updates and deletes in it as long as it is published. Add a key, or publish inserts only "
                '(publish="insert").'
            )


def get_pg_version(cur: PgCursor | None = None, credentials: ConnectionStringCredentials = secrets.value) -> int:
    """Return the version of the server as a number, such as 170002.

    Args:
        cur: A cursor to ask by.
        credentials: Of the server; looked up in the configuration where there is no cursor.
    """
    return int(cur.connection.server_version) if cur is not None else _version_of_server(credentials=credentials)


@with_config(sections=_SECTIONS)
def _version_of_server(credentials: ConnectionStringCredentials = secrets.value) -> int:
    server = Server(connect(credentials))
    try:
        return server.version
    finally:
        server.close()


@with_config(sections=_SECTIONS)
def replication_connection(
    slot_name: str, credentials: ConnectionStringCredentials = secrets.value
) -> LogicalReplicationConnection:
    """Return a connection that speaks the protocol of replication, when the slot is free.

    Args:
        slot_name: Name of the slot.
        credentials: Of the server.
    """
    server = Server(connect(credentials))
    try:
        server.usable_slot(slot_name)
    finally:
        server.close()
    return connect_for_replication(credentials)


def create_replication_slot(name: str, cur: PgCursor, output_plugin: str = "pgoutput") -> dict[str, str] | None:
    """Make a replication slot, if there is none of this name; return what the server says of it.

    Args:
        name: Its name.
        cur: A cursor of a connection for replication.
        output_plugin: Its output plugin.
    """
    cur.execute(f"SELECT 1 FROM pg_replication_slots WHERE slot_name = {quoted_text(name)}")
    if cur.fetchone() is not None:
        return None
    lsn, snapshot, _ = create_slot(cur.connection, name, plugin=output_plugin)
    return {
        "slot_name": name,
        "consistent_point": lsn_text(lsn),
        "snapshot_name": snapshot,
        "output_plugin": output_plugin,
    }


def drop_replication_slot(name: str, cur: PgCursor) -> None:
    """Drop a replication slot, if it is there.

    Args:
        name: Its name.
        cur: A cursor.
    """
    cur.execute(
        f"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = {quoted_text(name)}"
    )


def get_pub_ops(pub_name: str, cur: PgCursor) -> dict[str, bool]:
    """Return which operations a publication publishes.

    Args:
        pub_name: Its name.
        cur: A cursor.

    Raises:
        ReplicationError: there is none of this name.
    """
    operations = Server(cur.connection).publication(pub_name).operations
    return {name: name in operations for name in OPERATIONS}


def get_max_lsn(slot_name: str, options: Mapping[str, str], credentials: ConnectionStringCredentials) -> int | None:
    """Return the place of the last change that a slot has; None if it has none.

    Args:
        slot_name: Name of the slot.
        options: Options of its output plugin, such as `proto_version` and `publication_names`.
        credentials: Of the server.
    """
    given = [text for option in options.items() for text in option]
    server = Server(connect(credentials))
    try:
        # to look at changes does not consume them
        found = server.row(
            "SELECT max(lsn) FROM pg_logical_slot_peek_binary_changes(%s, NULL, NULL, VARIADIC %s::text[])",
            slot_name, given,
        )  # fmt: skip
    finally:
        server.close()
    return lsn_number(found[0]) if found and found[0] else None


def advance_slot(upto_lsn: int, slot_name: str, credentials: ConnectionStringCredentials) -> None:
    """Confirm all changes of a slot before a place; replication does so by itself, when they are loaded.

    Args:
        upto_lsn: The place.
        slot_name: Name of the slot.
        credentials: Of the server.
    """
    server = Server(connect(credentials))
    try:
        server.rows("SELECT pg_replication_slot_advance(%s, %s::pg_lsn)", slot_name, lsn_text(upto_lsn))
    finally:
        server.close()
