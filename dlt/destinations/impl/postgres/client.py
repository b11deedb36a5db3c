"""What a load does at Postgres."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import psycopg2

from dlt.destinations.impl.postgres.configuration import PostgresSettings
from dlt.destinations.impl.postgres.copy import CHUNK, arrow_batches, by_schema, other_batches, stream
from dlt.destinations.impl.postgres.dialect import DIALECT
from dlt.destinations.impl.postgres.errors import translate
from dlt.destinations.impl.postgres.results import as_table
from dlt.destinations.impl.postgres.session import PsycopgSession, Server
from dlt.destinations.sql.catalog import Catalog, Questions
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.destinations.sql.ledger import Ledger
from dlt.destinations.sql.loader import Loader
from dlt.ids import digest_id
from dlt.schema.system_columns import ROOT_ID, ROW_ID
from dlt.schema.system_tables import LOADS_TABLE, STATE_TABLE
from dlt.schema.typing import TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.schema.x_keys import X_FORMER, X_MERGE_STRATEGY

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PgConnection
    from typing_extensions import Self

# INDEX_MAX_KEYS of PostgreSQL, which only those change who compile it
_MAX_INDEX_COLUMNS = 32
_SERVER = Server(
    translate=translate,
    to_arrow=as_table,
    parameter=lambda value: value,
    # what is read after a wait for a lock must be what the other one committed, whatever the server's default is
    at_begin="SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL TIME ZONE 'UTC'",
)
QUESTIONS = Questions(
    # information_schema shows a user who may only read no schema; it leaves out sizes, and tables of other owners
    dataset="SELECT 1 FROM pg_namespace WHERE nspname = %s",
    columns="SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a "
    "JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
    # tables, partitioned ones, views, materialized ones and foreign tables
    "WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped "
    "ORDER BY c.relname, a.attnum",
)


def postgres_client(connection: PgConnection, dataset_name: str, settings: PostgresSettings) -> SqlDestinationClient:
    """Return a client for one schema of a PostgreSQL database.

    Args:
        connection: Open connection of psycopg2.
        dataset_name: Name of the schema.
        settings: What the user says.
    """
    catalog = PostgresCatalog(PsycopgSession(DIALECT, connection, _SERVER), dataset_name, settings)
    return SqlDestinationClient(PostgresLoader(catalog), PostgresLedger(catalog))


class PostgresCatalog(Catalog):
    """The tables of one schema.

    Args:
        session: The connection.
        dataset_name: Name of the schema.
        settings: What the user says.
    """

    questions = QUESTIONS

    def __init__(self, session: PsycopgSession, dataset_name: str, settings: PostgresSettings) -> None:
        super().__init__(session, dataset_name)
        self._settings = settings
        self._locked_in: int | None = None

    def for_dataset(self, dataset_name: str) -> Self:
        """Return the catalog of another schema; the lock is on the name of one."""
        other = super().for_dataset(dataset_name)
        if other is not self:
            other._locked_in = None  # noqa: SLF001 - a copy of its own class
        return other

    def use(self) -> None:
        """Let bare names of tables mean those of the dataset."""
        self.session.query(f"SET search_path TO {self.qualified_dataset()}, public")

    def create_dataset(self) -> None:
        """Make the schema if it is not there."""
        if not self.has_dataset():
            self.lock_tables()
            super().create_dataset()

    def lock_tables(self) -> None:
        """Let one transaction at a time change tables of the dataset: two that add the same one would clash."""
        transaction = self.session.transaction
        # outside of a transaction the lock would end with its own statement
        if transaction is not None and self._locked_in != transaction:
            self._wait_for(f"dlt {self.dataset_name}")
            self._locked_in = transaction

    def lock(self, what: str) -> bool:
        """Let one transaction at a time hold a name in the schema."""
        self._wait_for(f"dlt {self.dataset_name} {what}")
        return True

    def _wait_for(self, name: str) -> None:
        # a lock of the transaction: it ends with it, also where this process is killed
        # names become numbers: advisory locks have keys of 64 bits
        self.session.query("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))
        # another one may have changed tables while this one waited
        self.forget()

    def create(self, *tables: TableSchema) -> None:
        """Make tables that are not there."""
        super().create(*tables)
        for table in tables:
            for columns in _LOOKED_UP.get(table["name"], ()):
                self.index(table["name"], columns)

    def apply_ddl(self, update: SchemaUpdate) -> list[TableSchema]:
        """Add tables and columns.

        Raises:
            SchemaUpdateTerminalError: a column has another type at the destination.
        """
        before = {name: set(columns) for name, columns in self.stored_tables(list(update.tables)).items()}
        found = super().apply_ddl(update)
        for name, table in update.tables.items():
            # versions of a row, and rows of its nested tables, have the same value several times
            if table.get(X_MERGE_STRATEGY) == "scd2" or table.get("parent"):
                continue
            for column, hints in table["columns"].items():
                # an index goes along with a column that gets another name
                is_new = before.get(name, set()).isdisjoint((column, *hints.get(X_FORMER, ())))
                if hints.get("unique") and not hints.get("row_key") and is_new:
                    self.index(name, [column], unique=True)
        return found

    def index(self, table: str, columns: Sequence[str], unique: bool = False) -> None:
        """Make an index if it is not there, where indexes are wanted."""
        if not self._settings.create_indexes:
            return
        columns = columns[:_MAX_INDEX_COLUMNS]
        # a digest: names of indexes are unique in a schema, and are cut at 63 bytes
        name = self.dialect.quote(f"dlt_{digest_id(f'{table} {columns}' + ' unique' * unique)}")
        keys = ", ".join(self.dialect.quote(column) for column in columns)
        kind = "UNIQUE INDEX" if unique else "INDEX"
        self.session.query(f"CREATE {kind} IF NOT EXISTS {name} ON {self.qualified(table)} ({keys})")


class PostgresLedger(Ledger):
    """Records of one schema."""

    def take_turn(self, chain: Sequence[TableSchema]) -> None:
        """Let loads that replace or merge wait for each other."""
        # two that delete and insert at once would leave rows of both; readers are not kept waiting
        names = ", ".join(self.catalog.qualified(table["name"]) for table in chain)
        self.session.query(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")

    def claim(self, pipeline_name: str, load_id: str, attempt: int) -> int:
        """Take a load over from older tries, and end their connections: one that sleeps would hold its locks.

        Raises:
            Superseded: a later attempt has it.
        """
        # first: a try that was superseded must not end the connection of the one that took over
        self.check_attempt(pipeline_name, load_id, attempt)
        # a digest: PostgreSQL cuts application_name at 63 bytes
        name = f"dlt load {digest_id(f'{pipeline_name} {load_id}')}"
        self.session.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s "
            # to end connections of other users takes a right of its own
            "AND datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()",
            (name,),
        )
        # by this name a later try finds this connection
        self.session.query("SELECT set_config('application_name', %s, false)", (name,))
        return super().claim(pipeline_name, load_id, attempt)


class PostgresLoader(Loader):
    """Rows into the tables of one schema, by COPY."""

    catalog: PostgresCatalog
    session: PsycopgSession

    def __init__(self, catalog: PostgresCatalog) -> None:
        super().__init__(catalog)

    def publish(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Bring what was staged for a chain into its tables."""
        if chain[0].get("write_disposition") == "merge":
            for table in chain:
                # without statistics large merges get plans for small tables
                self.session.query(f"ANALYZE {self.staged_name(table['name'], load_id)}")
        super().publish(chain, load_id)
        if chain[0].get("write_disposition") == "merge":
            # after the rows: to make an index of many is cheaper than to add them to it one by one
            self._index_lookups(chain)

    def _index_lookups(self, chain: Sequence[TableSchema]) -> None:
        """Make the indexes by which the next merge looks rows up."""
        root, *nested = chain
        keys = [name for name, column in root["columns"].items() if column.get("primary_key")]
        if keys:
            self.catalog.index(root["name"], keys)
        if nested and ROW_ID in root["columns"]:
            self.catalog.index(root["name"], [ROW_ID])
        for table in nested:
            if ROOT_ID in table["columns"]:
                self.catalog.index(table["name"], [ROOT_ID])

    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:
        """Take some files of one table, in one COPY."""
        name = table["name"]
        batches = arrow_batches(paths) if file_format == "arrow" else other_batches(table, paths, file_format)
        oids = self._oids(target)
        for schema, group in by_schema(batches):
            columns = ", ".join(self.dialect.quote(column) for column in schema.names)
            reader = stream(name, schema, [oids.get(column, 0) for column in schema.names], group)
            cursor = self.session.connection.cursor()
            try:
                cursor.copy_expert(f"COPY {target} ({columns}) FROM STDIN ({reader.options})", reader, size=CHUNK)
            except psycopg2.Error as error:
                # when reading failed, the driver tells the server, and wraps what the server answers
                raise reader.error or translate(error, name) from error
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
        return dict(self.session.query(sql, (target,)).fetchall())


_LOOKED_UP: Mapping[str, tuple[tuple[str, ...], ...]] = {
    LOADS_TABLE: (("load_id",),),
    STATE_TABLE: (("pipeline_name", "version"),),
}
"""Columns by which every load looks up rows of the tables that grow with the number of loads."""
