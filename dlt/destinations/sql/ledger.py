"""The ledger of a dataset in SQL: what loads it holds, with their schemas and states, and who may commit one.

All statements on the system tables stand here. An engine says what more it must do so that of two loads only
one does what only one of them may.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import orjson

from dlt.clock import is_of_1x, utc_now
from dlt.destinations.client import WorkDone
from dlt.destinations.ledger import (
    FENCES_TABLE,
    UNDONE,
    LoadRow,
    StateRow,
    VersionRow,
    check_attempt,
    first_epoch,
    load_fence,
    pipeline_fence,
    taken_over,
)
from dlt.destinations.sql.catalog import Catalog
from dlt.destinations.work import work_done, work_name
from dlt.errors import DestinationException
from dlt.schema.schema import Schema
from dlt.schema.stored import unpacked
from dlt.schema.system_columns import LOAD_ID
from dlt.schema.system_tables import LOADS_TABLE, STATE_TABLE, VERSION_TABLE, loads_table, state_table, version_table
from dlt.schema.typing import TableSchema
from dlt.states.model import State
from dlt.types import JsonObject

if TYPE_CHECKING:
    from typing_extensions import Self

Where = tuple[str, tuple[object, ...]]
"""A condition with the values of its parameters."""


class Ledger:
    """Records of one dataset.

    Args:
        catalog: The tables of the dataset.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog, self.session, self.dialect = catalog, catalog.session, catalog.dialect

    def for_dataset(self, dataset_name: str | None) -> Self:
        """Return the ledger of another dataset on the same connection; this one when None or the same."""
        if dataset_name in (None, self.catalog.dataset_name):
            return self
        return type(self)(self.catalog.for_dataset(str(dataset_name)))

    # -- loads, schemas and states

    def has_load(self, load_id: str) -> bool:
        """Tell whether a load was committed; in a transaction, let no other one load it before this one ends."""
        if self.session.transaction is not None:
            # its commit may still be on its way where a connection broke, and two that see it missing would both load
            self.catalog.lock(load_fence(load_id))
        if not self.catalog.has_table(LOADS_TABLE):
            return False
        sql = f"SELECT 1 FROM {self.catalog.qualified(LOADS_TABLE)} WHERE load_id = %s"
        return self.session.query(sql, (load_id,)).fetchone() is not None

    def is_undone(self, load_id: str) -> bool:
        """Tell whether a load that was committed was undone."""
        sql = f"SELECT status FROM {self.catalog.qualified(LOADS_TABLE)} WHERE load_id = %s"
        row = self.session.query(sql, (load_id,)).fetchone()
        return row is not None and row[0] == UNDONE

    def loaded_schema(self, load_id: str) -> str | None:
        """Return the name of the schema of a complete load."""
        sql = f"SELECT schema_name FROM {self.catalog.qualified(LOADS_TABLE)} WHERE load_id = %s"
        row = self.session.query(sql, (load_id,)).fetchone()
        return None if row is None or row[0] is None else str(row[0])

    def record_load(self, load_id: str, schema: Schema) -> None:
        """Write that the load is complete, and the version of its schema."""
        # a package without files stages nothing, and what is to be emptied would wait for ever
        self.catalog.empty_tables()
        self.catalog.need(loads_table())
        self.catalog.need(version_table())
        self.insert_version(VersionRow.of(schema, self.session.now))
        self.insert(loads_table(), LoadRow.of(load_id, schema, self.session.now).values())

    def insert_version(self, row: VersionRow) -> None:
        """Write a version of a schema, unless it is there."""
        known = f"SELECT 1 FROM {self.catalog.qualified(VERSION_TABLE)} WHERE version_hash = %s AND schema_name = %s"
        if self.session.query(known, (row.version_hash, row.schema_name)).fetchone() is None:
            self.insert(version_table(), row.values())

    def record_state(self, dataset_name: str, load_id: str, state: State) -> None:
        """Write the state of the pipeline into a dataset, and forget states that are long superseded."""
        self.for_dataset(dataset_name).insert_state(StateRow.of(load_id, state, self.session.now))

    def insert_state(self, row: StateRow) -> None:
        """Write a state into this dataset."""
        self.catalog.create_dataset()
        self.catalog.need(state_table())
        self.insert(state_table(), row.values())
        sql = f"DELETE FROM {self.catalog.qualified(STATE_TABLE)} WHERE pipeline_name = %s AND version <= %s"
        self.session.change(sql, (row.pipeline_name, row.version - self.session.states_kept))

    def insert(self, table: TableSchema, values: Sequence[object]) -> None:
        """Add a row to a system table."""
        columns = ", ".join(self.dialect.quote(column) for column in table["columns"])
        places = ", ".join(["%s"] * len(values))
        sql = f"INSERT INTO {self.catalog.qualified(table['name'])} ({columns}) VALUES ({places})"
        self.session.change(sql, values)

    def read_schema(self, name: str | None = None, version_hash: str | None = None) -> JsonObject | None:
        """Return the newest stored schema."""
        if not self.catalog.has_table(VERSION_TABLE):
            return None
        conditions = {"schema_name": name, "version_hash": version_hash}
        given = {key: value for key, value in conditions.items() if value is not None}
        where = f" WHERE {' AND '.join(f'{key} = %s' for key in given)}" if given else ""
        table, schema = self.catalog.qualified(VERSION_TABLE), self.dialect.quote("schema")
        # by the moment, as PyPI dlt 1.x looks for it
        newest = f"inserted_at = (SELECT MAX(inserted_at) FROM {table}{where})"
        sql = f"SELECT {schema} FROM {table}{f'{where} AND' if where else ' WHERE'} {newest} ORDER BY version DESC"
        row = self.session.query(sql, (*given.values(), *given.values())).fetchone()
        if row is None:
            return None
        found: JsonObject = orjson.loads(unpacked(row[0]))
        return found

    def read_state(self, pipeline_name: str, dataset_name: str | None = None) -> str | None:
        """Return the newest state of a pipeline, of complete loads only."""
        ledger = self.for_dataset(dataset_name)
        if not ledger.catalog.has_table(STATE_TABLE):
            return None
        table, load_id = ledger.catalog.qualified(STATE_TABLE), self.dialect.quote(LOAD_ID)
        newest = f"version = (SELECT MAX(version) FROM {table} WHERE pipeline_name = %s)"
        sql = f"SELECT state, {load_id} FROM {table} WHERE pipeline_name = %s AND {newest} ORDER BY created_at DESC"
        row = self.session.query(sql, (pipeline_name, pipeline_name)).fetchone()
        if row is not None and not ledger.is_complete(str(row[1])):
            # PyPI dlt loads a state as it loads rows: that of a load which it did not complete is ahead of them
            sql = (
                f"SELECT state, {load_id} FROM {table} WHERE pipeline_name = %s ORDER BY version DESC, created_at DESC"
            )
            rows = self.session.query(sql, (pipeline_name,)).fetchall()
            row = next((found for found in rows if ledger.is_complete(str(found[1]))), None)
        return str(row[0]) if row is not None else None

    def is_complete(self, load_id: str) -> bool:
        """Tell whether the load of a state is complete: ours always is, that of PyPI `dlt` 1.x is recorded last.

        Args:
            load_id: The load.
        """
        # of ours the record may stand in another dataset, that of the schema that it brought
        if not is_of_1x(load_id):
            return True
        if not self.catalog.has_table(LOADS_TABLE):
            return False
        sql = f"SELECT 1 FROM {self.catalog.qualified(LOADS_TABLE)} WHERE load_id = %s AND status = 0"
        return self.session.query(sql, (load_id,)).fetchone() is not None

    def hold_state(self, pipeline_name: str, dataset_name: str | None = None) -> None:
        """Let no other load of the pipeline change its state before this transaction ends."""
        ledger = self.for_dataset(dataset_name)
        ledger.hold_first(pipeline_name)
        if not ledger.catalog.has_table(STATE_TABLE):
            return  # two that make the table at once clash over that
        table, name = ledger.catalog.qualified(STATE_TABLE), self.dialect.quote("pipeline_name")
        # it waits for the other load, and what is read after it is not out of date
        self.session.query(f"UPDATE {table} SET {name} = {name} WHERE {name} = %s", (pipeline_name,))

    def hold_first(self, pipeline_name: str) -> None:
        """Let another first load of the pipeline wait or clash, for which there is no row of its state yet."""
        if self.catalog.lock(pipeline_fence(pipeline_name)) or not self.catalog.has_table(STATE_TABLE):
            return
        table, name = self.catalog.qualified(STATE_TABLE), self.dialect.quote("pipeline_name")
        if self.session.query(f"SELECT 1 FROM {table} WHERE {name} = %s", (pipeline_name,)).fetchone() is None:
            # no row of its own to wait for: of two that change all rows one waits, or clashes
            self.session.query(f"UPDATE {table} SET {name} = {name}")

    def take_turn(self, chain: Sequence[TableSchema]) -> None:
        """Let loads that replace or merge the same tables wait for each other, or clash, where they else would not."""

    # -- fencing: one row for each load under way, and one for each pipeline

    def claim(self, pipeline_name: str, load_id: str, attempt: int) -> int:
        """Take a load over from older tries; return the epoch that now may commit it.

        Raises:
            Superseded: a later attempt has it.
        """
        self.session.begin()
        try:
            self.catalog.create_dataset()
            self.create_fences()
            mine = load_fence(load_id)
            for name in (mine, pipeline_fence(pipeline_name)):
                # a row that is there may be locked by a load, which an insert would wait for
                if self.epoch(name) is None:
                    self.add_fence(name)
            # the update comes first: it waits for others, and what is read after it is not out of date
            self.touch(mine)
            taken, given = self.check_attempt(pipeline_name, load_id, attempt), first_epoch(attempt)
            if taken < given:
                where, values = self.fence(mine)
                self.session.query(f"UPDATE {self.fences} SET {self._epoch} = %s WHERE {where}", (given, *values))
            self.session.commit()
        except BaseException:
            with suppress(DestinationException):
                # where the connection is gone the transaction is too; the first error is the one to see
                self.session.rollback()
            raise
        return max(taken, given)

    def hold(self, pipeline_name: str, load_id: str, epoch: int) -> None:
        """Let no other task commit a load of the pipeline before this transaction ends.

        Raises:
            Superseded: another try took the load over.
        """
        self.touch(pipeline_fence(pipeline_name))
        # after the wait for other loads: what is newest is told by this time
        self.session.now = utc_now()
        if self.epoch(load_fence(load_id)) != epoch:
            raise taken_over(pipeline_name, load_id)

    def check_attempt(self, pipeline_name: str, load_id: str, attempt: int) -> int:
        """Return the epoch of a load, 0 where it has none.

        Raises:
            Superseded: a later attempt has it.
        """
        taken = self.epoch(load_fence(load_id)) or 0
        check_attempt(pipeline_name, load_id, attempt, taken)
        return taken

    def epoch(self, name: str) -> int | None:
        """Return the epoch of a fence, None where it is not there."""
        if not self.catalog.has_table(FENCES_TABLE):
            return None
        where, values = self.fence(name)
        # two that came first at once may both have added the row, where an engine has no keys
        row = self.session.query(f"SELECT MAX({self._epoch}) FROM {self.fences} WHERE {where}", values).fetchone()
        return None if row is None or row[0] is None else int(row[0])

    def touch(self, name: str) -> None:
        """Change a fence: two transactions that do so wait for each other, or clash."""
        where, values = self.fence(name)
        self.session.query(f"UPDATE {self.fences} SET {self._epoch} = {self._epoch} + 1 WHERE {where}", values)

    def create_fences(self) -> None:
        """Make the table of fences if it is not there."""
        if self.catalog.has_table(FENCES_TABLE):
            return
        self.catalog.lock_tables()
        self.session.run_ddl(
            f"CREATE TABLE IF NOT EXISTS {self.fences} "
            f"({self._key} {self.dialect.key_text}, {self._epoch} {self.dialect.types['bigint']} NOT NULL)"
        )
        # it was made by a statement of its own, of which the catalog knows nothing
        self.catalog.forget()

    def add_fence(self, name: str) -> None:
        """Add a fence that is not there."""
        self.session.query(self.dialect.insert_new(self.fences, f"{self._key}, {self._epoch}", "%s, 0"), (name,))

    def fence(self, name: str) -> Where:
        """Return the condition for the row of a fence."""
        return f"{self._key} = %s", (name,)

    @property
    def fences(self) -> str:
        """Return the name of the table of fences, with its dataset."""
        return self.catalog.qualified(FENCES_TABLE)

    @property
    def _key(self) -> str:
        return self.dialect.quote("fence_key")

    @property
    def _epoch(self) -> str:
        return self.dialect.quote("epoch")

    # -- the work of runs: which load holds it. A key is text and is replaced as a whole

    def read_work(self, key: str) -> WorkDone | None:
        """Return what is known of the work of one part of a run; None if it was never loaded."""
        if not self.catalog.has_table(FENCES_TABLE):
            return None
        where, values = self.work(key)
        rows = self.session.query(f"SELECT {self._key} FROM {self.fences} WHERE {where}", values).fetchall()
        return max((work_done(str(name)) for (name,) in rows), key=lambda done: done.revision, default=None)

    def record_work(self, key: str, done: WorkDone) -> None:
        """Write in the transaction what load holds the work of one part of a run."""
        self.create_fences()
        where, values = self.work(key)
        self.session.change(f"DELETE FROM {self.fences} WHERE {where}", values)
        self.insert_work(key, work_name(key, done))

    def work(self, key: str) -> Where:
        """Return the condition for the row of the work of one part of a run."""
        # a key has hex digits only, none of which is a pattern
        return f"{self._key} LIKE %s", (f"work {key} %",)

    def insert_work(self, key: str, name: str) -> None:  # noqa: ARG002 - for partitions by key
        """Add the row of the work of one part of a run."""
        self.session.change(f"INSERT INTO {self.fences} ({self._key}, {self._epoch}) VALUES (%s, 0)", (name,))
