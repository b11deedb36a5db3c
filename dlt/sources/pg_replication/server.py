"""The server: connections to it, what its catalog tells, and what must hold before replication begins."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

from dlt.errors import MissingDependencyException, ReplicationError
from dlt.redact import redact
from dlt.sources.credentials import ConnectionStringCredentials
from dlt.sources.pg_replication.values import SERVER_SETTINGS, ServerType

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PgConnection
    from psycopg2.extras import LogicalReplicationConnection

Parameter = Union[str, int, "list[str]", "list[int]"]
BUSY_SECONDS = 20.0
"""How long a slot may go on being in use: the server finds out late that a process was killed."""
_PATIENT = {
    "statement_timeout": 0,
    "idle_in_transaction_session_timeout": 0,
    "idle_session_timeout": 140000,
    "transaction_timeout": 170000,
}
"""Limits for queries of people, and since when there are: a large table takes longer, and a connection waits for it."""
_REPLY_TIMEOUT = "300s"
"""After which the server gives a silent connection up: what takes the rows may be slow."""


def connect(credentials: ConnectionStringCredentials) -> PgConnection:
    """Return a connection for queries; each of them is a transaction, and values come as texts.

    Args:
        credentials: Of the server.

    Raises:
        MissingDependencyException: psycopg2 is not installed.
        ReplicationError: the server does not let us in.
    """
    connection = _connect(credentials, {})
    from psycopg2 import extensions

    # a transaction that stays open would keep rows of the whole database from being removed
    connection.autocommit = True
    with connection.cursor() as cursor:
        for setting, since in _PATIENT.items():
            if connection.server_version >= since:
                cursor.execute(f"SET {setting} = 0")
    # one text for each value, as the stream has it
    known = tuple(extensions.string_types)
    extensions.register_type(extensions.new_type(known, "TEXT", extensions.UNICODE), connection)
    return connection


def connect_for_replication(credentials: ConnectionStringCredentials) -> LogicalReplicationConnection:
    """Return a connection that speaks the protocol of replication.

    Args:
        credentials: Of the server.

    Raises:
        MissingDependencyException: psycopg2 is not installed.
        ReplicationError: the server does not let us in.
    """
    return _connect(credentials, {"wal_sender_timeout": _REPLY_TIMEOUT}, for_replication=True)


def _connect(
    credentials: ConnectionStringCredentials, settings: dict[str, str], for_replication: bool = False
) -> LogicalReplicationConnection:
    try:
        import psycopg2
        from psycopg2.extras import LogicalReplicationConnection
    except ImportError as error:
        raise MissingDependencyException(
            'pg_replication: the package psycopg2 is not installed. Run: pip install "dlt-tasks[pg_replication]"'
        ) from error
    arguments: dict[str, object] = {
        "host": credentials.host,
        "port": credentials.port,
        "user": credentials.username,
        "password": credentials.password,
        "dbname": credentials.database,
        **credentials.get_query(),
    }
    # ours come last, as values are read by them
    given = str(arguments.pop("options", None) or "")
    options = " ".join(f"-c {name}={value}" for name, value in {**SERVER_SETTINGS, **settings}.items())
    arguments["options"] = f"{given} {options}".strip()
    try:
        return psycopg2.connect(
            connection_factory=LogicalReplicationConnection if for_replication else None,
            **{name: value for name, value in arguments.items() if value is not None},
        )
    except psycopg2.Error as error:
        text = redact(" ".join(str(error).split()), [credentials.password or ""])
        # without the cause, whose text may hold the password
        raise ReplicationError(
            f"pg_replication: no connection to {credentials}: {text.rstrip('.')}. Check host, user, password and "
            "database under [sources.pg_replication.credentials]; replication needs a role with REPLICATION."
        ) from None


@contextmanager
def refused(what: str, advice: str) -> Iterator[None]:
    """Say of a statement that the server refuses what was tried, and what helps.

    Args:
        what: What was tried, as "the slot 'a' cannot be made".
        advice: What helps.

    Raises:
        ReplicationError: the server refuses it.
    """
    import psycopg2

    try:
        yield
    except psycopg2.Error as error:
        told = redact(" ".join(str(error).split())).rstrip(".")
        raise ReplicationError(f"init_replication: {what}: {told}. {advice}") from error


def quoted(*names: str) -> str:
    """Return names as SQL has them, with dots between them."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def quoted_text(text: str) -> str:
    """Return a text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def lsn_number(text: str) -> int:
    """Return a place in the log as a number: of "0/16B3748" it is 23803720."""
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def lsn_text(number: int) -> str:
    """Return a place in the log as the server writes it."""
    return f"{number >> 32:X}/{number & 0xFFFFFFFF:X}"


@dataclass(frozen=True)
class Slot:
    """A replication slot.

    Attributes:
        plugin: Its output plugin.
        database: Database that it is of.
        confirmed: Place in the log before which everything was confirmed.
        pid: Process of the server that uses it; None while nobody does.
        lost: Why the server cannot go on with it, "" where it can.
    """

    plugin: str | None
    database: str | None
    confirmed: int
    pid: int | None
    lost: str


@dataclass(frozen=True)
class Publication:
    """What a publication publishes, and of which operations."""

    operations: frozenset[str]
    tables: tuple[tuple[str, str], ...]

    @property
    def only_inserts(self) -> bool:
        """Tell whether rows only ever come."""
        return not self.operations & {"update", "delete"}


class Server:
    """Queries about a server.

    Args:
        connection: A connection that `connect` made; closed with the server.
    """

    def __init__(self, connection: PgConnection) -> None:
        self.connection = connection
        self._types: dict[int, ServerType] = {}

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def rows(self, query: str, *parameters: Parameter) -> list[tuple[str | None, ...]]:
        """Return the rows of a query, all values as texts."""
        with self.connection.cursor() as cursor:
            cursor.execute(query, parameters or None)
            return list(cursor.fetchall()) if cursor.description else []

    def row(self, query: str, *parameters: Parameter) -> tuple[str, ...] | None:
        """Return the first row of a query, with "" in place of NULL; None if there is none."""
        found = self.rows(query, *parameters)
        return tuple(value or "" for value in found[0]) if found else None

    @property
    def version(self) -> int:
        """Return the version as a number, such as 170002."""
        return int(self.connection.server_version)

    def position(self) -> int:
        """Return the place that the log has reached."""
        in_recovery = self.row("SELECT pg_is_in_recovery()")
        function = "pg_last_wal_replay_lsn" if in_recovery == ("t",) else "pg_current_wal_flush_lsn"
        # what is not on the server's disk yet it does not tell either
        found = self.row(f"SELECT {function}()")
        return lsn_number(found[0]) if found else 0

    def check(self) -> None:
        """Check that the server and the role can replicate.

        Raises:
            ReplicationError: one of them cannot.
        """
        level = self.row("SHOW wal_level")
        if level != ("logical",):
            raise ReplicationError(
                f"pg_replication: the server has wal_level = {level and level[0]}, and replication needs logical. Set "
                "wal_level = logical (on RDS and Cloud SQL by a parameter or flag) and restart the server."
            )
        may = self.row("SELECT rolsuper OR rolreplication, rolname FROM pg_roles WHERE rolname = current_user")
        # where clouds give no attributes, a role stands for it
        by_role = self.row(
            "SELECT 1 FROM pg_roles WHERE rolname IN ('rds_replication', 'rds_superuser', 'azure_pg_admin',"
            " 'cloudsqlsuperuser') AND pg_has_role(current_user, oid, 'member')"
        )
        if may is not None and may[0] != "t" and by_role is None:
            raise ReplicationError(
                f"pg_replication: the role {may[1]} may not replicate. Run: ALTER ROLE {quoted(may[1])} REPLICATION "
                "(on RDS: GRANT rds_replication)."
            )

    def slot(self, name: str) -> Slot | None:
        """Return a slot; None if there is none of this name."""
        reason = "invalidation_reason" if self.version >= 170000 else "NULL"
        lost = f"CASE WHEN wal_status = 'lost' THEN coalesce({reason}, 'wal_removed') ELSE {reason} END"
        found = self.row(
            f"SELECT plugin, database, confirmed_flush_lsn, active_pid, {lost if self.version >= 130000 else 'NULL'}"
            " FROM pg_replication_slots WHERE slot_name = %s",
            name,
        )
        if found is None:
            return None
        plugin, database, confirmed, pid, why = found
        return Slot(plugin or None, database or None, lsn_number(confirmed or "0/0"), int(pid) if pid else None, why)

    def usable_slot(self, name: str) -> Slot:
        """Return a slot when nobody else uses it.

        Args:
            name: Its name.

        Raises:
            ReplicationError: there is none, it is of another kind, or it stays in use.
        """
        give_up = time.monotonic() + BUSY_SECONDS
        # a run that was killed leaves its connection to the server, which notices at its next message
        while True:
            slot = self.slot(name)
            if slot is None:
                raise ReplicationError(
                    f"pg_replication: the server has no replication slot {name!r}. Call init_replication(...) once; if "
                    "there was one before, changes are lost since: load a new snapshot "
                    "(persist_snapshots=True, reset=True)."
                )
            self._check_slot(name, slot)
            if slot.pid is None:
                return slot
            if time.monotonic() > give_up:
                raise ReplicationError(
                    f"pg_replication: the replication slot {name!r} is in use by the server's process {slot.pid}: "
                    "another run replicates at this time. Let it end (or run SELECT "
                    f"pg_terminate_backend({slot.pid})), and give each pipeline a slot of its own."
                )
            time.sleep(0.1)

    def _check_slot(self, name: str, slot: Slot) -> None:
        database = self.row("SELECT current_database()")
        if slot.plugin != "pgoutput":
            raise ReplicationError(
                f"pg_replication: the replication slot {name!r} has the output plugin {slot.plugin}, and pgoutput is "
                "needed. Use another name, or drop it."
            )
        if database != (slot.database,):
            raise ReplicationError(
                f"pg_replication: the replication slot {name!r} is of the database {slot.database}, and the "
                f"credentials name {database and database[0]}. Slots belong to one database: use another name."
            )
        # its log is gone, and with it changes that nobody has read
        if slot.lost:
            raise ReplicationError(
                f"pg_replication: the server gave the replication slot {name!r} up ({slot.lost}), so changes are "
                "lost. Make it anew and load a new snapshot: init_replication(..., persist_snapshots=True, "
                "reset=True). Raise max_slot_wal_keep_size, or run more often."
            )

    def publication(self, name: str) -> Publication:
        """Return a publication.

        Args:
            name: Its name.

        Raises:
            ReplicationError: there is none, or two of its tables would be one.
        """
        found = self.row(
            "SELECT pubinsert::text, pubupdate::text, pubdelete::text, pubtruncate::text FROM pg_publication"
            " WHERE pubname = %s",
            name,
        )
        if found is None:
            raise ReplicationError(
                f"pg_replication: the database has no publication {name!r}. Call init_replication(...) once. A slot "
                "that was made before its publication cannot be used: reset=True makes both anew."
            )
        operations = ("insert", "update", "delete", "truncate")
        tables = tuple(
            (schema or "", table or "")
            for schema, table in self.rows(
                "SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = %s ORDER BY 1, 2", name
            )
        )
        _check_names(name, tables)
        return Publication(frozenset(op for op, on in zip(operations, found, strict=True) if on == "true"), tables)

    def published_columns(self, publication: str, schema: str, table: str) -> list[str]:
        """Return the names of the columns of a table that a publication publishes, in their order."""
        # what a list of columns in the publication leaves out never comes
        if self.version >= 150000:
            found = self.rows(
                "SELECT unnest(attnames) FROM pg_publication_tables"
                " WHERE pubname = %s AND schemaname = %s AND tablename = %s",
                publication, schema, table,
            )  # fmt: skip
            if found:
                return [name or "" for (name,) in found]
        found = self.rows(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
            " AND to_jsonb(pg_attribute) ->> 'attgenerated' IS DISTINCT FROM 's' ORDER BY attnum",
            quoted(schema, table),
        )
        return [name or "" for (name,) in found]

    def row_filter(self, publication: str, schema: str, table: str) -> str:
        """Return the condition under which rows of a table are published, "" for all."""
        if self.version < 150000:
            return ""
        found = self.row(
            "SELECT rowfilter FROM pg_publication_tables WHERE pubname = %s AND schemaname = %s AND tablename = %s",
            publication, schema, table,
        )  # fmt: skip
        return found[0] if found else ""

    def key(self, schema: str, table: str, identity: bool = True) -> tuple[str, ...]:
        """Return the columns that tell the rows of a table apart; none if there are none.

        Args:
            schema: Schema of the table.
            table: Its name.
            identity: Ask for the index that the table names as its identity first.
        """
        found = self.rows(
            "SELECT attname FROM pg_index, pg_attribute WHERE indrelid = to_regclass(%s) AND attrelid = indrelid"
            f" AND attnum = ANY (indkey) AND {'indisreplident' if identity else 'indisprimary'}"
            " ORDER BY array_position(indkey::int2[], attnum)",
            quoted(schema, table),
        )
        # of the default identity no index is marked
        if not found and identity:
            return self.key(schema, table, identity=False)
        return tuple(name or "" for (name,) in found)

    def types(self, oids: Iterable[int]) -> dict[int, ServerType]:
        """Return types by their numbers.

        Args:
            oids: The numbers.
        """
        asked = set(oids)
        wanted = asked - self._types.keys()
        if wanted:
            # a domain has the values of the type below, and an array those of its elements
            found = self.rows(
                "SELECT oid, typname, typtype, typbasetype, typtypmod,"
                " CASE WHEN typinput::text = 'array_in' THEN typelem ELSE 0 END FROM pg_type WHERE oid = ANY (%s)",
                list(wanted),
            )
            below = {int(row[3] or 0) for row in found} | {int(row[5] or 0) for row in found}
            self.types(below - {0})
            for oid, name, kind, base, modifier, element in found:
                below_of = self._types.get(int(base or 0))
                if kind == "d" and below_of is not None:
                    own = int(modifier or -1)
                    self._types[int(oid or 0)] = below_of._replace(modifier=own if own != -1 else below_of.modifier)
                else:
                    of = self._types.get(int(element or 0))
                    delimiter = self._delimiter(int(element or 0))
                    self._types[int(oid or 0)] = ServerType(name or "", of, delimiter=delimiter)
            # a type that was dropped since
            self._types.update({oid: ServerType("text") for oid in wanted if oid not in self._types})
        return {oid: self._types[oid] for oid in asked}

    def _delimiter(self, element: int) -> str:
        found = self.row("SELECT typdelim FROM pg_type WHERE oid = %s", element) if element else None
        return found[0] if found else ","


def _check_names(publication: str, tables: Sequence[tuple[str, str]]) -> None:
    # refused here, as at the destination nothing would tell their rows apart
    seen: dict[str, str] = {}
    for schema, table in tables:
        if table in seen:
            raise ReplicationError(
                f"pg_replication: the publication {publication!r} has {seen[table]}.{table} and {schema}.{table}, "
                f"which would both become the table {table!r}. Use a publication, a slot and a dataset for each schema."
            )
        seen[table] = schema


def close_quietly(connection: PgConnection) -> None:
    """Close a connection that may be broken."""
    # what was wrong with it was told before
    with suppress(Exception):
        connection.close()
