"""The client of a destination with transactions and SQL; an engine adds how it connects and takes files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from typing import TYPE_CHECKING, Any

from dlt.clock import utc_now
from dlt.destinations.client import WorkDone
from dlt.destinations.ledger import (
    FENCES_TABLE,
    STATES_KEPT,
    LoadRow,
    StateRow,
    VersionRow,
    check_attempt,
    first_epoch,
    load_fence,
    pipeline_fence,
    taken_over,
)
from dlt.destinations.sql.ddl import add_columns, check_types, create_table
from dlt.destinations.sql.dialect import Dialect
from dlt.destinations.sql.merge import Merge, replace_chain
from dlt.destinations.sql.orphans import check_orphans
from dlt.destinations.sql.sql_client import Cursor, SqlClient
from dlt.destinations.work import check_bears_load_ids, remove_load, work_done, work_name
from dlt.errors import DestinationException
from dlt.ids import digest_id
from dlt.schema.row_order import keeps_order
from dlt.schema.schema import Schema
from dlt.schema.stored import unpacked
from dlt.schema.system_columns import PARENT_ID, ROOT_ID, ROW_ID, ROW_ORDER
from dlt.schema.system_tables import LOADS_TABLE, STATE_TABLE, VERSION_TABLE, loads_table, state_table, version_table
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate

if TYPE_CHECKING:
    from typing_extensions import Self


class SqlDestinationClient(ABC):
    """Work on one dataset through one connection.

    Args:
        dialect: How the engine writes names and types.
        dataset_name: Name of the dataset.
        connection: Open connection of the driver.
    """

    def __init__(self, dialect: Dialect, dataset_name: str, connection: Any) -> None:
        self.dialect, self.dataset_name, self.connection = dialect, dataset_name, connection
        self._now = utc_now()
        self._in_transaction = False
        self._known: dict[str, dict[str, ColumnSchema]] | None = None

    @abstractmethod
    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        """Run SQL with parameters written %s; errors of the driver become ours."""

    def change(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Change rows in the transaction."""
        self.query(sql, parameters)

    def run_ddl(self, sql: str) -> None:
        """Run a statement that makes, changes or drops a table or dataset."""
        self.query(sql)

    def typed(self, cursor: Cursor, columns: Mapping[str, ColumnSchema]) -> Cursor:  # noqa: ARG002 - for drivers
        """Return a result whose values have the classes of these columns, where the driver gives others."""
        return cursor

    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:
        """Take some files of one table and one format."""
        for path in paths:
            self.load_file(table, target, path, file_format)

    @abstractmethod
    def load_file(self, table: TableSchema, target: str, path: str, file_format: str) -> None:
        """Take one file by the bulk path of the engine."""

    # -- names

    def for_dataset(self, dataset_name: str) -> Self:
        """Return a client on the same connection for another dataset."""
        other = copy(self)
        other.dataset_name = dataset_name
        if dataset_name != self.dataset_name:
            other._known = None
        return other

    def qualified(self, table: str, dataset_name: str | None = None) -> str:
        """Return a table's name with its dataset, quoted."""
        return f"{self.qualified_dataset(dataset_name)}.{self.dialect.quote(table)}"

    def qualified_dataset(self, dataset_name: str | None = None) -> str:
        """Return a dataset's name, quoted."""
        return self.dialect.quote(dataset_name or self.dataset_name)

    def _in_catalog(self, column: str) -> str:  # noqa: ARG002 - for engines that have several
        """Return a condition that keeps to the database at hand, where information_schema shows others too."""
        return ""

    def _staged_name(self, table: str, load_id: str) -> str:
        # short: engines cut names that are too long, some without a word
        return self.dialect.quote(f"dlt_staged_{digest_id(f'{load_id} {table}')}")

    # -- dataset and tables

    def has_dataset(self) -> bool:
        """Tell whether the dataset is there."""
        sql = f"SELECT 1 FROM information_schema.schemata WHERE schema_name = %s{self._in_catalog('catalog_name')}"
        return self.query(sql, (self.dataset_name,)).fetchone() is not None

    def create_dataset(self) -> None:
        """Make the dataset if it is not there."""
        self.run_ddl(f"CREATE SCHEMA IF NOT EXISTS {self.qualified_dataset()}")

    def drop_dataset(self) -> None:
        """Delete the dataset with all in it."""
        self.run_ddl(f"DROP SCHEMA IF EXISTS {self.qualified_dataset()} CASCADE")

    def stored_tables(self, names: Sequence[str]) -> dict[str, dict[str, ColumnSchema]]:
        """Return the columns of tables that are there, by table."""
        known = self._tables()
        return {name: known[name] for name in names if name in known}

    def _tables(self) -> dict[str, dict[str, ColumnSchema]]:
        # asked once in a transaction: what changes inside of it changes here too
        if self._known is not None:
            return self._known
        sql = (
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            f"WHERE table_schema = %s{self._in_catalog('table_catalog')} ORDER BY table_name, ordinal_position"
        )
        found: dict[str, dict[str, ColumnSchema]] = {}
        for table, name, reported in self.query(sql, (self.dataset_name,)).fetchall():
            found.setdefault(table, {})[name] = self.dialect.column_of(name, reported)
        if self._in_transaction:
            self._known = found
        return found

    def _create(self, *tables: TableSchema) -> None:
        if tables:
            statements = [create_table(self.dialect, self.qualified(table["name"]), table) for table in tables]
            self.run_ddl("; ".join(statements))
            self._tables().update({table["name"]: self._as_stored(table["columns"]) for table in tables})

    def _as_stored(self, columns: Mapping[str, ColumnSchema]) -> dict[str, ColumnSchema]:
        return {name: self.dialect.as_stored(column) for name, column in columns.items()}

    def apply_ddl(self, update: SchemaUpdate) -> None:
        """Add tables and columns.

        Raises:
            SchemaUpdateTerminalError: a column has another type at the destination.
        """
        stored = self.stored_tables(list(update.tables))
        self._create(*(table for name, table in update.tables.items() if name not in stored))
        without_root_ids = []
        for name, there in stored.items():
            table = update.tables[name]
            check_types(self.dialect, self.dataset_name, table, there)
            new = {column: spec for column, spec in table["columns"].items() if column not in there}
            for statement in add_columns(self.dialect, self.qualified(name), new):
                self.run_ddl(statement)
            self._tables().setdefault(name, {}).update(self._as_stored(new))
            if ROOT_ID in new:
                without_root_ids.append(table)
        # after all DDL: some engines cannot change a table that a statement of this transaction has read
        for table in without_root_ids:
            self.fill_root_ids(table)

    def fill_root_ids(self, table: TableSchema, where: Callable[[str], str] | None = None) -> None:
        """Give root ids to rows of a nested table that were loaded before merge needed them; its parent has them.

        Args:
            table: The nested table.
            where: Gives the condition for rows that get them, by what a row is called; those without one when None.
        """
        parent = table.get("parent")
        if not parent:
            return
        known = self.stored_tables([parent]).get(parent, {})
        source = ROOT_ID if ROOT_ID in known else ROW_ID
        quote, own = self.dialect.quote, self.dialect.quote(ROOT_ID)
        # a version of a history that came back is there twice, under one id
        root = f"SELECT MAX(p.{quote(source)}) FROM {self.qualified(parent)} AS p"
        # the parent may have columns of the same names: those of the nested table are written with its name
        self.query(
            f"UPDATE {self.qualified(table['name'])} AS n SET {own} = "
            f"({root} WHERE p.{quote(ROW_ID)} = n.{quote(PARENT_ID)}) "
            f"WHERE {where('n') if where is not None else f'n.{own} IS NULL'}"
        )

    def remove_tables(self, drop: Sequence[str], truncate: Sequence[str]) -> None:
        """Drop tables, and empty others, where they are there."""
        stored = self.stored_tables([*drop, *truncate])
        for name in drop:
            if name in stored:
                self.run_ddl(f"DROP TABLE {self.qualified(name)}")
                self._tables().pop(name, None)
        for name in truncate:
            if name in stored:
                self.query(f"DELETE FROM {self.qualified(name)}")

    # -- transaction

    def begin(self) -> None:
        """Start the transaction."""
        self._now = utc_now()
        self.query("BEGIN")
        self._in_transaction, self._known = True, None

    def commit(self) -> None:
        """Make all of it visible at once."""
        self._in_transaction, self._known = False, None
        self.query("COMMIT")

    def rollback(self) -> None:
        """Undo all of it."""
        self._in_transaction, self._known = False, None
        self.query("ROLLBACK")

    # -- data

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> dict[str, str]:
        """Prepare to take the files of a chain; return where each table's files go."""
        root = chain[0]
        disposition = root.get("write_disposition", "append")
        if disposition == "merge":
            targets = {}
            for table in chain:
                target = targets[table["name"]] = self._staged_name(table["name"], load_id)
                # the largest bigint, so that engines give the column this type
                place = f", 9223372036854775807 AS {self.dialect.quote(ROW_ORDER)}" if keeps_order(root) else ""
                columns = f"SELECT q.*{place} FROM {self.qualified(table['name'])} AS q WHERE 1 = 0"
                self.query(self.dialect.create_temporary(target, columns))
            return targets
        if disposition == "replace":
            for statement in replace_chain(chain, lambda table: self.qualified(table["name"])):
                self.query(statement)
        return {table["name"]: self.qualified(table["name"]) for table in chain}

    def publish(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Bring what was staged for a chain into its tables."""
        if chain[0].get("write_disposition") != "merge":
            return
        self._complete_root_ids(chain)
        merge = self._merge(chain, load_id)
        check_orphans(self, chain, merge)
        count = merge.most_of_one_key()
        if count is not None:
            # to count the rows of each key costs a fraction of ranking them
            row = self.query(count).fetchone()
            merge = self._merge(chain, load_id, distinct=row is None or (row[0] or 0) <= 1)
        for statement in merge.statements():
            self.query(statement)
        for table in chain:
            self.query(self.dialect.drop_temporary(self._staged_name(table["name"], load_id)))

    def _complete_root_ids(self, chain: Sequence[TableSchema]) -> None:
        for table in chain[1:]:
            # rows that an older release, or another program, appended after a merge have none
            name, root = self.qualified(table["name"]), self.dialect.quote(ROOT_ID)
            if self.query(f"SELECT 1 FROM {name} WHERE {root} IS NULL LIMIT 1").fetchone() is not None:
                self.fill_root_ids(table)

    def _merge(self, chain: Sequence[TableSchema], load_id: str, distinct: bool = False) -> Merge:
        return Merge(
            self.dialect,
            chain,
            lambda table: self._staged_name(table["name"], load_id),
            lambda table: self.qualified(table["name"]),
            load_id,
            self.dialect.moment(self._now),
            distinct,
        )

    # -- records

    def has_load(self, load_id: str) -> bool:
        """Tell whether a load is complete."""
        if not self.stored_tables([LOADS_TABLE]):
            return False
        sql = f"SELECT 1 FROM {self.qualified(LOADS_TABLE)} WHERE load_id = %s"
        return self.query(sql, (load_id,)).fetchone() is not None

    def loaded_schema(self, load_id: str) -> str | None:
        """Return the name of the schema of a complete load."""
        sql = f"SELECT schema_name FROM {self.qualified(LOADS_TABLE)} WHERE load_id = %s"
        row = self.query(sql, (load_id,)).fetchone()
        return None if row is None or row[0] is None else str(row[0])

    def record_load(self, load_id: str, schema: Schema) -> None:
        """Write that the load is complete, and the version of its schema."""
        self._need(loads_table())
        self._need(version_table())
        version = VersionRow.of(schema, self._now)
        known = f"SELECT 1 FROM {self.qualified(VERSION_TABLE)} WHERE version_hash = %s AND schema_name = %s"
        if self.query(known, (version.version_hash, schema.name)).fetchone() is None:
            self._insert(VERSION_TABLE, version_table(), version.values())
        self._insert(LOADS_TABLE, loads_table(), LoadRow.of(load_id, schema, self._now).values())

    def record_state(self, dataset_name: str, load_id: str, state: Mapping[str, Any]) -> None:
        """Write the state of the pipeline into a dataset, and forget states that are long superseded."""
        client = self if dataset_name == self.dataset_name else self.for_dataset(dataset_name)
        client.create_dataset()
        client._need(state_table())
        row = StateRow.of(load_id, state, self._now)
        client._insert(STATE_TABLE, state_table(), row.values())
        sql = f"DELETE FROM {client.qualified(STATE_TABLE)} WHERE pipeline_name = %s AND version <= %s"
        client.query(sql, (row.pipeline_name, row.version - STATES_KEPT))

    def read_schema(self, name: str | None = None, version_hash: str | None = None) -> dict[str, Any] | None:
        """Return the newest stored schema."""
        if not self.stored_tables([VERSION_TABLE]):
            return None
        conditions = {"schema_name": name, "version_hash": version_hash}
        given = {key: value for key, value in conditions.items() if value is not None}
        where = f" WHERE {' AND '.join(f'{key} = %s' for key in given)}" if given else ""
        table, schema = self.qualified(VERSION_TABLE), self.dialect.quote("schema")
        newest = f"inserted_at = (SELECT MAX(inserted_at) FROM {table}{where})"
        sql = f"SELECT {schema} FROM {table}{f'{where} AND' if where else ' WHERE'} {newest} ORDER BY version DESC"
        row = self.query(sql, (*given.values(), *given.values())).fetchone()
        if row is None:
            return None
        import orjson

        found: dict[str, Any] = orjson.loads(unpacked(row[0]))
        return found

    def read_state(self, pipeline_name: str, dataset_name: str | None = None) -> str | None:
        """Return the newest state of a pipeline, of complete loads only."""
        client = self if dataset_name in (None, self.dataset_name) else self.for_dataset(str(dataset_name))
        if not client.stored_tables([STATE_TABLE]):
            return None
        table = client.qualified(STATE_TABLE)
        newest = f"version = (SELECT MAX(version) FROM {table} WHERE pipeline_name = %s)"
        sql = f"SELECT state FROM {table} WHERE pipeline_name = %s AND {newest} ORDER BY created_at DESC"
        row = self.query(sql, (pipeline_name, pipeline_name)).fetchone()
        return str(row[0]) if row is not None else None

    def hold_state(self, pipeline_name: str, dataset_name: str | None = None) -> None:
        """Let no other load of the pipeline change its state before this transaction ends."""
        client = self if dataset_name in (None, self.dataset_name) else self.for_dataset(str(dataset_name))
        client._hold_first(pipeline_name)
        if not client.stored_tables([STATE_TABLE]):
            return  # two that make the table at once clash over that
        name = self.dialect.quote("pipeline_name")
        # it waits for the other load, and what is read after it is not out of date
        client.query(f"UPDATE {client.qualified(STATE_TABLE)} SET {name} = {name} WHERE {name} = %s", (pipeline_name,))

    def _hold_first(self, pipeline_name: str) -> None:
        """Let another first load of the pipeline wait or clash, for which there is no row of its state yet."""
        if not self.stored_tables([STATE_TABLE]):
            return
        table, name = self.qualified(STATE_TABLE), self.dialect.quote("pipeline_name")
        if self.query(f"SELECT 1 FROM {table} WHERE {name} = %s", (pipeline_name,)).fetchone() is None:
            self.query(f"UPDATE {table} SET {name} = {name}")

    # -- fencing: one row for each load under way, and one for each pipeline

    def claim(self, pipeline_name: str, load_id: str, attempt: int) -> int:
        """Take a load over from older tries; return the epoch that now may commit it.

        Raises:
            Superseded: a later attempt has it.
        """
        self.begin()
        try:
            self.create_dataset()
            self._create_fences()
            table, (key, epoch) = self.qualified(FENCES_TABLE), self._fence_columns()
            mine = load_fence(load_id)
            for name in (mine, pipeline_fence(pipeline_name)):
                # a row that is there may be locked by a load, which an insert would wait for
                if self._epoch(name) is None:
                    self._add_fence(name)
            # the update comes first: it waits for others, and what is read after it is not out of date
            self.query(f"UPDATE {table} SET {epoch} = {epoch} + 1 WHERE {key} = %s", (mine,))
            taken, given = self._check_attempt(pipeline_name, load_id, attempt), first_epoch(attempt)
            if taken < given:
                self.query(f"UPDATE {table} SET {epoch} = %s WHERE {key} = %s", (given, mine))
            self.commit()
        except BaseException:
            with suppress(DestinationException):
                # where the connection is gone the transaction is too; the first error is the one to see
                self.rollback()
            raise
        return max(taken, given)

    def hold(self, pipeline_name: str, load_id: str, epoch: int) -> None:
        """Let no other task commit a load of the pipeline before this transaction ends.

        Raises:
            Superseded: another try took the load over.
        """
        table, (key, column) = self.qualified(FENCES_TABLE), self._fence_columns()
        self.query(f"UPDATE {table} SET {column} = {column} + 1 WHERE {key} = %s", (pipeline_fence(pipeline_name),))
        # after the wait for other loads: what is newest is told by this time
        self._now = utc_now()
        if self._epoch(load_fence(load_id)) != epoch:
            raise taken_over(pipeline_name, load_id)

    # -- the work of runs: which load holds it. A key is text and is replaced as a whole

    def read_work(self, key: str) -> WorkDone | None:
        """Return what is known of the work of one part of a run; None if it was never loaded."""
        if not self.stored_tables([FENCES_TABLE]):
            return None
        column, _ = self._fence_columns()
        sql = f"SELECT {column} FROM {self.qualified(FENCES_TABLE)} WHERE {column} LIKE %s"
        found = [work_done(str(name)) for (name,) in self.query(sql, (f"work {key} %",)).fetchall()]
        return max(found, key=lambda done: done.revision, default=None)

    def record_work(self, key: str, done: WorkDone) -> None:
        """Write in the transaction what load holds the work of one part of a run."""
        self._create_fences()
        table, (column, epoch) = self.qualified(FENCES_TABLE), self._fence_columns()
        self.query(f"DELETE FROM {table} WHERE {column} LIKE %s", (f"work {key} %",))
        self.query(f"INSERT INTO {table} ({column}, {epoch}) VALUES (%s, 0)", (work_name(key, done),))

    def note_parts(self, loads: Mapping[str, str]) -> None:  # noqa: B027  # nothing to do, for all engines
        """Need nothing: rows bear the ids of their loads."""

    def remove_load(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Delete the rows that a load appended to a chain.

        Raises:
            ReloadUndecided: the rows of the root table do not bear the ids of their loads.
        """
        root = chain[0]["name"]
        stored = self.stored_tables([table["name"] for table in chain])
        if root not in stored:
            return
        check_bears_load_ids(root, stored[root])
        for statement in remove_load(chain, stored, self.qualified, self.dialect.quote):
            self.change(statement, (load_id,))

    def _check_attempt(self, pipeline_name: str, load_id: str, attempt: int) -> int:
        taken = self._epoch(load_fence(load_id)) or 0
        check_attempt(pipeline_name, load_id, attempt, taken)
        return taken

    def _epoch(self, name: str) -> int | None:
        if not self.stored_tables([FENCES_TABLE]):
            return None
        key, epoch = self._fence_columns()
        row = self.query(f"SELECT {epoch} FROM {self.qualified(FENCES_TABLE)} WHERE {key} = %s", (name,)).fetchone()
        return None if row is None else int(row[0])

    def _create_fences(self) -> None:
        if self.stored_tables([FENCES_TABLE]):
            return
        key, epoch = self._fence_columns()
        self.run_ddl(
            f"CREATE TABLE IF NOT EXISTS {self.qualified(FENCES_TABLE)} "
            f"({key} {self.dialect.key_text}, {epoch} {self.dialect.types['bigint']} NOT NULL)"
        )
        self._known = None

    def _add_fence(self, name: str) -> None:
        table, (key, epoch) = self.qualified(FENCES_TABLE), self._fence_columns()
        self.query(self.dialect.insert_new(table, f"{key}, {epoch}", "%s, 0"), (name,))

    def _fence_columns(self) -> tuple[str, str]:
        return self.dialect.quote("fence_key"), self.dialect.quote("epoch")

    def sql_client(self) -> SqlClient:
        """Return a client for queries."""
        return SqlClient(self, self.dataset_name)

    def _need(self, table: TableSchema) -> None:
        if not self.stored_tables([table["name"]]):
            self._create(table)

    def _insert(self, name: str, table: TableSchema, values: Sequence[Any]) -> None:
        columns = ", ".join(self.dialect.quote(column) for column in table["columns"])
        places = ", ".join(["%s"] * len(values))
        self.query(f"INSERT INTO {self.qualified(name)} ({columns}) VALUES ({places})", values)
