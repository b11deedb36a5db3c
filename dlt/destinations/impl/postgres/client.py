"""What a load does at Postgres."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dlt.destinations.impl.postgres.copy import CHUNK, arrow_batches, by_schema, other_batches, stream
from dlt.destinations.impl.postgres.errors import translated
from dlt.destinations.impl.postgres.results import as_table
from dlt.destinations.ledger import FENCES_TABLE
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.destinations.sql.sql_client import Cursor, SqlClient
from dlt.errors import DatabaseTerminalException
from dlt.ids import digest_id
from dlt.schema.system_columns import ROOT_ID, ROW_ID
from dlt.schema.system_tables import LOADS_TABLE, STATE_TABLE
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.schema.x_keys import X_MERGE_STRATEGY

if TYPE_CHECKING:
    from typing_extensions import Self


_MAX_INDEX_COLUMNS = 32


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
            if table.get(X_MERGE_STRATEGY) == "scd2" or table.get("parent"):
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
        if not self.stored_tables([FENCES_TABLE]):
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
        if nested and ROW_ID in root["columns"]:
            self._index(root["name"], [ROW_ID])
        for table in nested:
            if ROOT_ID in table["columns"]:
                self._index(table["name"], [ROOT_ID])

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
