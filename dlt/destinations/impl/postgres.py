"""PostgreSQL through psycopg2: every file by COPY, every package in one transaction."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from dlt.configuration import get_value
from dlt.configuration.credentials.database import ConnectionStringCredentials
from dlt.configuration.spec import configspec
from dlt.destinations.base import Destination, missing_package
from dlt.destinations.kinds import connecting_error, is_transient
from dlt.destinations.pg.binary import BYTEA
from dlt.destinations.pg.copy import CHUNK, arrow_batches, by_schema, other_batches, stream
from dlt.destinations.pg.dialect import CAPABILITIES, DIALECT
from dlt.destinations.pg.errors import kind_of_connecting, translated
from dlt.destinations.pg.results import as_table
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.destinations.sql.sql_client import Cursor, SqlClient
from dlt.errors import DatabaseTerminalException
from dlt.ids import digest_id
from dlt.redact import redact
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.schema.system_tables import LOADS_TABLE, STATE_TABLE
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate

if TYPE_CHECKING:
    from typing_extensions import Self

_MAX_INDEX_COLUMNS = 32
CONNECT_ATTEMPTS = 5
"""How often a server that does not answer is asked."""


@configspec
class PostgresCredentials(ConnectionStringCredentials):
    """A PostgreSQL server.

    Host, database and user are required, and a password unless they come as a URL without one: the server may need
    none, or libpq finds it in `~/.pgpass`. With `libpq_defaults`, all that is left out is as libpq has it.
    """

    __advice__: ClassVar[str] = (
        "To leave what is missing to libpq, which looks for PG* variables, service files and ~/.pgpass, set "
        "libpq_defaults=true among the credentials."
    )
    drivername: str = "postgresql"
    connect_timeout: int = 15
    libpq_defaults: bool = False

    def parse_native_representation(self, native_value: Any) -> None:
        """Take the parts from a URL; `libpq_defaults=true` may stand among its options.

        Raises:
            InvalidConnectionString: it is no such URL.
        """
        super().parse_native_representation(native_value)
        if self.query and "libpq_defaults" in self.query:
            options = dict(self.query)
            self.libpq_defaults = options.pop("libpq_defaults").lower() in ("true", "1", "yes")
            self.query = options

    @property
    def uses_libpq_defaults(self) -> bool:
        """Tell whether what is left out is left to libpq, because the user says so or names a service."""
        return self.libpq_defaults or "service" in (self.query or {})

    def missing_fields(self) -> list[str]:
        """Return the names of required fields without a value."""
        absent = super().missing_fields()
        if self.uses_libpq_defaults:
            return absent
        needed = _NEEDED if self.is_url else {**_NEEDED, "password": ("password", "passfile", "sslcert")}
        options = self.query or {}
        return absent + [
            name for name, same in needed.items() if not self.get(name) and not any(key in options for key in same)
        ]


_NEEDED = {"host": ("host", "hostaddr"), "database": ("dbname",), "username": ("user",)}
"""What says where to load, with the options of libpq that say the same."""


class Postgres(Destination):
    """A PostgreSQL database.

    Args:
        credentials: A URL, a dict, `PostgresCredentials`, or an open psycopg2 connection.
        create_indexes: Make indexes on the keys by which merges look rows up, and unique ones on columns with the hint
            unique.
    """

    destination_type: ClassVar[str] = "postgres"
    setting_types: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, credentials: Any = None, create_indexes: bool | None = None, **settings: Any) -> None:
        super().__init__(credentials, **settings)
        if create_indexes is not None:
            self.settings["create_indexes"] = create_indexes

    def own_capabilities(self) -> Capabilities:
        """Return what PostgreSQL can do."""
        return CAPABILITIES

    def resolved(self) -> PostgresCredentials:
        """Return the credentials with what the configuration says."""
        from dlt.configuration.resolve import resolve_configuration

        if isinstance(self.credentials, PostgresCredentials) and self.credentials.is_resolved():
            return self.credentials
        sections = ("destination", self.destination_name, "credentials")
        return resolve_configuration(PostgresCredentials(), sections=sections, explicit_value=self.credentials)

    @property
    def _is_open(self) -> bool:
        return hasattr(self.credentials, "cursor") and hasattr(self.credentials, "autocommit")

    def displayable_credentials(self) -> str:
        """Return server and database, without the password."""
        return "postgresql://:external:" if self._is_open else str(self.resolved())

    def fingerprint(self) -> str:
        """Return a hash that tells servers and databases apart, whoever connects."""
        if self._is_open:
            return digest_id(f"postgres {id(self.credentials)}")
        known = self.resolved()
        return digest_id(f"postgres {known.host} {known.port} {known.database}")

    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[PostgresClient]:
        """Connect to the server; one that does not answer is asked again, with growing pauses."""
        connection = self.credentials if self._is_open else self._connect()
        before = connection.autocommit, connection.encoding
        self._prepare(connection)
        client = PostgresClient(DIALECT, dataset_name, connection)
        section = ("destination", self.destination_name)
        client.create_indexes = bool(
            self.settings["create_indexes"]
            if "create_indexes" in self.settings
            else get_value("create_indexes", bool, sections=section, default=True)
        )
        try:
            yield client
        finally:
            if connection is not self.credentials:
                connection.close()
            elif not connection.closed:
                connection.autocommit = before[0]
                connection.set_client_encoding(before[1])

    def _prepare(self, connection: Any) -> None:
        import psycopg2

        try:
            # transactions begin and end where dlt says so
            connection.autocommit = True
            connection.set_client_encoding("UTF8")
        except psycopg2.Error as error:
            raise DatabaseTerminalException(
                f"destination {self.destination_name}: the open connection cannot be used: {str(error).strip()}. "
                "Commit or roll back what is open in it, and hand it over when it is idle."
            ) from error
        kind = psycopg2.extensions.new_type((BYTEA,), "BYTES", _as_bytes)
        psycopg2.extensions.register_type(kind, connection)

    def _connect(self) -> Any:
        try:
            import psycopg2
        except ImportError as error:
            where = f"destination {self.destination_name}"
            raise missing_package(where, "psycopg2", self.destination_type) from error
        known = self.resolved()
        for attempt in range(1, CONNECT_ATTEMPTS + 1):
            try:
                connection = psycopg2.connect(**_arguments(known))
                connection.autocommit = True
                # moments without a zone are UTC; not by an option of the connection, which poolers refuse
                connection.cursor().execute("SET TIME ZONE 'UTC'")
                return connection
            except psycopg2.Error as error:
                text = _without(known, " ".join(str(error).split()).rstrip("."))
                where = f"destination {self.destination_name} ({known})"
                kind = kind_of_connecting(error, text)
                if not is_transient(kind) or attempt == CONNECT_ATTEMPTS:
                    check = "user, password and database, and the options of the connection, under "
                    check += f"[destination.{self.destination_name}.credentials]"
                    told = f"{text} (asked {attempt} times)" if attempt > 1 else text
                    raise connecting_error(kind, where, told, check) from None
                time.sleep(0.1 * 2**attempt * random.uniform(0.75, 1.25))
        raise AssertionError("CONNECT_ATTEMPTS is at least 1")


def _arguments(known: PostgresCredentials) -> dict[str, Any]:
    given = {
        "dbname": known.database,
        "user": known.username,
        "password": str(known.password) if known.password else None,
        "host": known.host,
        "port": known.port,
    }
    options: dict[str, Any] = {
        "connect_timeout": known.connect_timeout,
        "fallback_application_name": "dlt",
        # a worker that lost its network must not hold locks for hours, nor wait for ever
        "keepalives": 1,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "client_encoding": "utf8",
        **(known.query or {}),
    }
    if not known.uses_libpq_defaults:
        # PGPORT and PGHOSTADDR must not decide where it loads
        given["port"] = known.port or 5432
        options.setdefault("hostaddr", "")
    return {**options, **{key: value for key, value in given.items() if value is not None}}


def _without(known: PostgresCredentials, text: str) -> str:
    secrets = [str(value) for key, value in (known.query or {}).items() if "password" in key]
    return redact(text, [str(known.password or ""), *secrets])


def _as_bytes(value: Any, cursor: Any) -> bytes | None:
    import psycopg2

    found = psycopg2.BINARY(value, cursor)
    return None if found is None else bytes(found)


class PostgresClient(SqlDestinationClient):
    """Work on one schema of a PostgreSQL database."""

    create_indexes: bool = True
    _has_ddl_lock = False

    # -- statements

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        """Run SQL with parameters written %s."""
        import psycopg2

        cursor = self.connection.cursor()
        try:
            cursor.execute(sql, tuple(parameters) or None)
        except psycopg2.Error as error:
            raise translated(error) from error
        return Cursor(cursor, lambda: as_table(cursor))

    def for_dataset(self, dataset_name: str) -> Self:
        """Return a client on the same connection for another dataset."""
        other = super().for_dataset(dataset_name)
        # the lock is on the name of one dataset
        other._has_ddl_lock = self._has_ddl_lock and dataset_name == self.dataset_name
        return other

    def begin(self) -> None:
        """Start the transaction."""
        self._has_ddl_lock = False
        super().begin()
        # what is read after a wait for a lock must be what the other one committed, whatever the server's default is
        self.query("SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL TIME ZONE 'UTC'")

    def commit(self) -> None:
        """Make all of it visible at once."""
        self._in_transaction, self._known = False, None
        if self.query("COMMIT").native_cursor.statusmessage == "ROLLBACK":
            # an error in between was caught by the program, and the server says nothing more about it
            raise DatabaseTerminalException(
                f"dataset {self.dataset_name}: a statement of this transaction had failed, so the server undid all of "
                "it instead of committing. Look for the first error."
            )

    def rollback(self) -> None:
        """Undo all of it; a connection that is gone has done so already."""
        if self.connection.closed:
            self._in_transaction, self._known = False, None
            return
        super().rollback()

    # -- dataset and tables

    def has_dataset(self) -> bool:
        """Tell whether the schema is there, also for a user who may only read in it."""
        return self.query("SELECT 1 FROM pg_namespace WHERE nspname = %s", (self.dataset_name,)).fetchone() is not None

    def create_dataset(self) -> None:
        """Make the schema if it is not there."""
        if not self.has_dataset():
            self._lock_ddl()
            super().create_dataset()

    def _tables(self) -> dict[str, dict[str, ColumnSchema]]:
        if self._known is not None:
            return self._known
        # information_schema leaves out sizes, and tables of other owners
        sql = (
            "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a "
            "JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped "
            "ORDER BY c.relname, a.attnum"
        )
        found: dict[str, dict[str, ColumnSchema]] = {}
        for table, name, reported in self.query(sql, (self.dataset_name,)).fetchall():
            found.setdefault(table, {})[name] = self.dialect.column_of(name, reported)
        if self._in_transaction:
            self._known = found
        return found

    def _lock_ddl(self) -> None:
        """Let one transaction at a time change tables of the dataset: two that add the same one would clash."""
        if self._in_transaction and not self._has_ddl_lock:
            self.query("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"dlt {self.dataset_name}",))
            self._has_ddl_lock = True
            # another one may have added them while this one waited
            self._known = None

    def _create(self, *tables: TableSchema) -> None:
        if not tables:
            return
        self._lock_ddl()
        there = self._tables()
        super()._create(*(table for table in tables if table["name"] not in there))
        for table in tables:
            for columns in _LOOKED_UP.get(table["name"], ()):
                self._index(table["name"], columns)

    def apply_ddl(self, update: SchemaUpdate) -> None:
        """Add tables and columns.

        Raises:
            SchemaUpdateTerminalError: a column has another type at the destination.
        """
        stored = self.stored_tables(list(update.tables))
        if any(set(table["columns"]) - set(stored.get(name, ())) for name, table in update.tables.items()):
            self._lock_ddl()
            stored = self.stored_tables(list(update.tables))
        super().apply_ddl(update)
        for name, table in update.tables.items():
            # versions of a row, and rows of its nested tables, have the same value several times
            if table.get("x-merge-strategy") == "scd2" or table.get("parent"):
                continue
            for column, hints in table["columns"].items():
                if hints.get("unique") and not hints.get("row_key") and column not in stored.get(name, ()):
                    self._index(name, [column], unique=True)

    def has_load(self, load_id: str) -> bool:
        """Tell whether a load is complete; in a transaction, let no other one load it before this one ends."""
        if self._in_transaction:
            # two that both see it missing would both load it
            name = f"dlt {self.dataset_name} load {load_id}"
            self.query("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))
            self._known = None
        return super().has_load(load_id)

    def _hold_first(self, pipeline_name: str) -> None:
        name = f"dlt {self.dataset_name} pipeline {pipeline_name}"
        self.query("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))
        self._known = None

    def _create_fences(self) -> None:
        if not self.stored_tables(["_dlt_fences"]):
            self._lock_ddl()
            super()._create_fences()

    def _index(self, table: str, columns: Sequence[str], unique: bool = False) -> None:
        if not self.create_indexes:
            return
        columns = columns[:_MAX_INDEX_COLUMNS]
        name = self.dialect.quote(f"dlt_{digest_id(f'{table} {columns}' + ' unique' * unique)}")
        keys = ", ".join(self.dialect.quote(column) for column in columns)
        kind = "UNIQUE INDEX" if unique else "INDEX"
        self.query(f"CREATE {kind} IF NOT EXISTS {name} ON {self.qualified(table)} ({keys})")

    def claim(self, pipeline_name: str, load_id: str, attempt: int) -> int:
        """Take a load over from older tries, and end their connections: one that sleeps would hold its locks.

        Raises:
            Superseded: a later attempt has it.
        """
        self._check_attempt(pipeline_name, load_id, attempt)
        name = f"dlt load {digest_id(f'{pipeline_name} {load_id}')}"
        self.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s "
            "AND datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()",
            (name,),
        )
        self.query("SELECT set_config('application_name', %s, false)", (name,))
        return super().claim(pipeline_name, load_id, attempt)

    # -- data

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> dict[str, str]:
        """Prepare to take the files of a chain."""
        disposition = chain[0].get("write_disposition", "append")
        if disposition in ("merge", "replace"):
            # two that delete and insert at once would leave rows of both; readers are not kept waiting
            names = ", ".join(self.qualified(table["name"]) for table in chain)
            self.query(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
        return super().stage(chain, load_id)

    def publish(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Bring what was staged for a chain into its tables."""
        if chain[0].get("write_disposition") == "merge":
            for table in chain:
                # without statistics large merges get plans for small tables
                self.query(f"ANALYZE {self._staged_name(table['name'], load_id)}")
        super().publish(chain, load_id)
        if chain[0].get("write_disposition") == "merge":
            # after the rows: to make an index of many is cheaper than to add them to it one by one
            self._index_lookups(chain)

    def _index_lookups(self, chain: Sequence[TableSchema]) -> None:
        """Make the indexes by which the next merge looks rows up."""
        root, *nested = chain
        keys = [name for name, column in root["columns"].items() if column.get("primary_key")]
        if keys:
            self._index(root["name"], keys)
        if nested and "_dlt_id" in root["columns"]:
            self._index(root["name"], ["_dlt_id"])
        for table in nested:
            if "_dlt_root_id" in table["columns"]:
                self._index(table["name"], ["_dlt_root_id"])

    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:
        """Take some files of one table, in one COPY."""
        import psycopg2

        name = table["name"]
        batches = arrow_batches(paths) if file_format == "arrow" else other_batches(table, paths, file_format)
        oids = self._oids(target)
        for schema, group in by_schema(batches):
            columns = ", ".join(self.dialect.quote(column) for column in schema.names)
            reader = stream(name, schema, [oids.get(column, 0) for column in schema.names], group)
            cursor = self.connection.cursor()
            try:
                cursor.copy_expert(f"COPY {target} ({columns}) FROM STDIN ({reader.options})", reader, size=CHUNK)
            except psycopg2.Error as error:
                # when reading failed, the driver tells the server, and wraps what the server answers
                raise reader.error or translated(error, name) from error
            finally:
                cursor.close()

    def load_file(self, table: TableSchema, target: str, path: str, file_format: str) -> None:
        """Take one file."""
        self.load_files(table, target, [path], file_format)

    def _oids(self, target: str) -> dict[str, int]:
        sql = (
            "SELECT attname, atttypid::bigint FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        )
        return dict(self.query(sql, (target,)).fetchall())

    def sql_client(self) -> SqlClient:
        """Return a client for queries; bare table names mean tables of the dataset."""
        self.query(f"SET search_path TO {self.qualified_dataset()}, public")
        return super().sql_client()


_LOOKED_UP: Mapping[str, tuple[tuple[str, ...], ...]] = {
    LOADS_TABLE: (("load_id",),),
    STATE_TABLE: (("pipeline_name", "version"),),
}
"""Columns by which every load looks up rows of the tables that grow with the number of loads."""
