"""Undo in SQL: rows that a load replaces are copied into tables of their own, in its transaction, and come back.

A merge keeps the rows with its keys; a replace and a history keep all rows of their tables. What a load brought bears
its load id, so that it can go before the others come back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, replace
from typing import TYPE_CHECKING

from dlt.clock import moment_of, moment_of_load
from dlt.destinations.ledger import STATES_KEPT, UNDONE, LoadRow, StateRow
from dlt.destinations.undoing import ADDS, AGAIN, APPEND, MERGE, NESTED, UNDO, Replacing, Step, UndoRecord
from dlt.schema.system_columns import LOAD_ID, ROOT_ID, ROW_ID
from dlt.schema.system_tables import (
    KEPT_BY,
    LOADS_TABLE,
    STATE_TABLE,
    UNDO_TABLE,
    kept_name,
    loads_table,
    state_table,
    undo_table,
)
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.schema.x_keys import X_BOUNDARY_TIMESTAMP, X_MERGE_STRATEGY, X_VALID_TO

if TYPE_CHECKING:
    from dlt.destinations.sql.dbapi import ResultRow
    from dlt.destinations.sql.ledger import Ledger
    from dlt.destinations.sql.loader import Loader

_PASSES = f"undoes IS NULL AND (how IS NULL OR how <> '{AGAIN}')"
"""Records that newer loads let go: that of a run that was loaded once more says what no row tells."""
Statement = tuple[str, tuple[object, ...]]
"""SQL with the values of its parameters."""


class SqlUndo:
    """What one dataset has to do with undoing.

    Args:
        loader: Brings rows into its tables.
        ledger: Keeps its records.
    """

    by_rows = True

    def __init__(self, loader: Loader, ledger: Ledger) -> None:
        self._loader, self._ledger = loader, ledger
        self._catalog, self._session, self._dialect = loader.catalog, loader.session, loader.dialect
        self._kept_by, self._id = self._dialect.quote(KEPT_BY), self._dialect.quote(ROW_ID)
        self._load_id, self._root_id = self._dialect.quote(LOAD_ID), self._dialect.quote(ROOT_ID)

    # -- what is known

    def loads(self) -> list[LoadRow]:
        """Return the records of loads, in the order in which they were committed."""
        found = [LoadRow(*row) for row in self._all(self._ledger, loads_table(), LOADS_TABLE)]
        return sorted(found, key=lambda row: (row.inserted_at, row.load_id))

    def states(self, pipeline_name: str, dataset_name: str) -> list[StateRow]:
        """Return the states of a pipeline that are still there, oldest first."""
        ledger = self._ledger.for_dataset(dataset_name)
        found = [StateRow(*row) for row in self._all(ledger, state_table(), STATE_TABLE)]
        own = [row for row in found if row.pipeline_name == pipeline_name]
        return sorted(own, key=lambda row: (row.version, row.created_at))

    def records(self) -> list[UndoRecord]:
        """Return what is known of what loads did."""
        # the last column tells when
        found = [UndoRecord(*row[:-1]) for row in self._all(self._ledger, undo_table(), UNDO_TABLE)]
        # what was kept of a table that was dropped since went with it
        return [replace(record, kept_as=None) if self._is_gone(record) else record for record in found]

    def _is_gone(self, record: UndoRecord) -> bool:
        return record.kept_as is not None and not self._catalog.has_table(self._kept_name(str(record.table)))

    def _all(self, ledger: Ledger, table: TableSchema, name: str) -> list[ResultRow]:
        if not ledger.catalog.has_table(name):
            return []
        names = ", ".join(self._dialect.quote(column) for column in table["columns"])
        found = self._session.query(f"SELECT {names} FROM {ledger.catalog.qualified(name)}")
        return self._session.typed(found, table["columns"]).fetchall()

    def rows(self, table: str) -> Mapping[str, int | None] | None:
        """Return how many rows of which load a root table has; None where rows do not tell their load."""
        columns = self._columns(table)
        if not columns:
            return {}
        if LOAD_ID not in columns:
            return None
        sql = f"SELECT {self._load_id}, COUNT(*) FROM {self._catalog.qualified(table)} GROUP BY {self._load_id}"
        return {str(found): int(count) for found, count in self._session.query(sql).fetchall()}

    def kept(self, table: str, kept_as: str) -> int | None:
        """Return how many rows of a root table are kept."""
        if not self._catalog.has_table(self._kept_name(table)):
            return None
        sql = f"SELECT COUNT(*) FROM {self._kept_table(table)} WHERE {self._kept_by} = %s"
        row = self._session.query(sql, (kept_as,)).fetchone()
        return int(row[0]) if row is not None else None

    def has_ended(self, root: TableSchema, load_id: str) -> bool:
        """Tell whether versions of a history end with a load, which may have brought none of its own."""
        end = str(root.get(X_VALID_TO))
        if end not in self._columns(root["name"]):
            return False
        given = root.get(X_BOUNDARY_TIMESTAMP)
        moment = self._dialect.moment(moment_of(str(given)) if given else moment_of_load(load_id))
        sql = (
            f"SELECT COUNT(*) FROM {self._catalog.qualified(root['name'])} WHERE {self._dialect.quote(end)} = {moment}"
        )
        row = self._session.query(sql).fetchone()
        return row is not None and bool(row[0])

    # -- what a load keeps

    def prepare(self, chains: Sequence[tuple[Sequence[TableSchema], str]], keeps: int) -> None:
        """Make the tables for what a load is about to replace."""
        self._session.states_kept = max(STATES_KEPT, keeps + 1)
        made: dict[str, TableSchema] = {UNDO_TABLE: undo_table()}
        for table in (table for chain, how in chains if how not in ADDS for table in chain):
            columns: dict[str, ColumnSchema] = {KEPT_BY: {"name": KEPT_BY, "data_type": "text", "nullable": False}}
            for name, column in self._columns(table["name"]).items():
                # of the sizes that they have there; a row that was kept before a column came has none in it
                if "data_type" in column:
                    columns[name] = {**column, "nullable": True}
            kept = self._kept_name(table["name"])
            made[kept] = {"name": kept, "columns": columns}
        self._catalog.apply_ddl(SchemaUpdate(made))

    def keep(self, chain: Sequence[TableSchema], how: str, load: Replacing) -> None:
        """Keep what a load is about to replace, and record what it does."""
        kept_as = None
        # a column of a type that nothing here makes would be missing in the copy, so that the copy were of no use
        is_whole = all("data_type" in spec for table in chain for spec in self._columns(table["name"]).values())
        if how not in ADDS and is_whole:
            kept_as = load.load_ids[0]
            # before the look at what is there: no other load may replace it meanwhile
            self._ledger.take_turn(chain)
            copies = self._merged(chain, kept_as, load.package) if how == MERGE else self._whole(chain, kept_as)
            for statement, values in copies:
                self._session.change(statement, values)
        for load_id in load.load_ids:
            for table in chain:
                way = NESTED if table.get("parent") else how
                self._record(UndoRecord(load_id, load.schema_name, table["name"], way, kept_as))

    def note_lost(self, tables: Sequence[str], load: Replacing) -> None:
        """Record that a load drops or empties tables, and that nothing of them is kept."""
        for table in tables:
            for load_id in load.load_ids:
                self._record(UndoRecord(load_id, load.schema_name, table, None))

    def note_again(self, tables: Sequence[str], load: Replacing) -> None:
        """Record that a load took rows of an earlier load of its run away."""
        self._catalog.apply_ddl(SchemaUpdate({UNDO_TABLE: undo_table()}))
        for table in tables:
            for load_id in load.load_ids:
                self._record(UndoRecord(load_id, load.schema_name, table, AGAIN))

    def _record(self, record: UndoRecord) -> None:
        self._ledger.insert(undo_table(), (*astuple(record), self._session.now))

    def _whole(self, chain: Sequence[TableSchema], kept_as: str) -> Iterator[Statement]:
        for table in chain:
            yield self._copy(table["name"], self._catalog.qualified(table["name"])), (kept_as,)

    def _merged(self, chain: Sequence[TableSchema], kept_as: str, package: str) -> Iterator[Statement]:
        root, *nested = chain
        if root.get(X_MERGE_STRATEGY) == "insert-only" and ROW_ID not in self._columns(root["name"]):
            return  # it replaces no row, and without ids none has nested rows that may be more now
        # rows that were nested before a merge came have no root ids yet, and would not be found
        self._loader.complete_root_ids(chain)
        staged, earlier = self._loader.staged_rows(root, package), ""
        for keys in self._keys(root):
            match = " AND ".join(f"_dlt_d.{key} = _dlt_s.{key}" for key in keys)
            new = f"(SELECT DISTINCT {', '.join(keys)} FROM {staged} AS _dlt_q) AS _dlt_s"
            known = f"{self._catalog.qualified(root['name'])} AS _dlt_d JOIN {new} ON {match}{earlier}"
            yield self._copy(root["name"], known, "_dlt_d."), (kept_as,)
            # what one key finds is not to be kept twice, as the other one may find it too
            same = " AND ".join(f"_dlt_d.{key} = _dlt_e.{key}" for key in keys)
            earlier = f" WHERE NOT EXISTS (SELECT 1 FROM {staged} AS _dlt_e WHERE {same})"
        for table in nested:
            found = f"{self._catalog.qualified(table['name'])} WHERE {self._root_id} IN ({self._kept_ids(root)})"
            yield self._copy(table["name"], found), (kept_as, kept_as)

    def _keys(self, root: TableSchema) -> Iterator[list[str]]:
        # an upsert, and a merge that only inserts, find rows by the primary key alone
        is_plain = root.get(X_MERGE_STRATEGY, "delete-insert") == "delete-insert"
        for hint in ("primary_key", "merge_key") if is_plain else ("primary_key",):
            names = [self._dialect.quote(name) for name, column in root["columns"].items() if column.get(hint)]
            if names:
                yield names

    def _copy(self, table: str, source: str, prefix: str = "") -> str:
        names = [self._dialect.quote(name) for name in self._columns(table)]
        into = f"INSERT INTO {self._kept_table(table)} ({', '.join([self._kept_by, *names])})"
        return f"{into} SELECT %s, {', '.join(prefix + name for name in names)} FROM {source}"

    def prune(self, load: Replacing, keeps: int) -> None:
        """Forget what older loads of a schema replaced."""
        sql = f"SELECT DISTINCT load_id, inserted_at FROM {self._records} WHERE schema_name = %s AND {_PASSES}"
        rows = self._session.query(sql, (load.schema_name,)).fetchall()
        found = {str(load_id): moment for load_id, moment in rows if load_id not in load.load_ids}
        # loads of one transaction count as one; this one is the newest
        moments = sorted(set(found.values()), reverse=True)[keeps - 1 :]
        self._forget([load_id for load_id, moment in found.items() if moment in moments])

    def _forget(self, load_ids: Sequence[str]) -> None:
        """Delete what is kept of loads, and what they did."""
        if not load_ids:
            return
        kept = {(str(r.table), r.kept_as) for r in self.records() if r.load_id in load_ids and r.kept_as is not None}
        for table, kept_as in kept:
            if self._catalog.has_table(self._kept_name(table)):
                self._session.change(f"DELETE FROM {self._kept_table(table)} WHERE {self._kept_by} = %s", (kept_as,))
        for load_id in load_ids:
            self._session.change(f"DELETE FROM {self._records} WHERE {_PASSES} AND load_id = %s", (load_id,))

    # -- the undo

    def take_back(self, step: Step) -> None:
        """Let a root table and those nested in it be as they were."""
        chain = [table for table in step.chain if self._catalog.has_table(table["name"])]
        if step.how == APPEND:
            for load_id in step.load_ids:
                self._loader.remove_load(chain, load_id)
            return
        self._ledger.take_turn(chain)
        for statement, values in self._emptied(chain, step):
            self._session.change(statement, values)
        for table in chain:
            # of another load nothing may be kept of a table that came later
            if self._catalog.has_table(self._kept_name(table["name"])):
                self._session.change(self._back(table["name"]), (step.kept_as,))

    def _emptied(self, chain: Sequence[TableSchema], step: Step) -> Iterator[Statement]:
        root, *nested = chain
        name = self._catalog.qualified(root["name"])
        if step.how != MERGE:
            for table in reversed(chain):
                yield f"DELETE FROM {self._catalog.qualified(table['name'])}", ()
            return
        places = ", ".join(["%s"] * len(step.load_ids))
        brought = f"{self._load_id} IN ({places})"
        has_ids = ROW_ID in self._columns(root["name"])
        for table in nested:
            # of rows that came, and of those that stayed and got more nested rows
            theirs = f"SELECT {self._id} FROM {name} WHERE {brought} UNION ALL {self._kept_ids(root)}"
            yield (
                f"DELETE FROM {self._catalog.qualified(table['name'])} WHERE {self._root_id} IN ({theirs})",
                (*step.load_ids, step.kept_as),
            )
        yield f"DELETE FROM {name} WHERE {brought}", step.load_ids
        if has_ids:
            yield f"DELETE FROM {name} WHERE {self._id} IN ({self._kept_ids(root)})", (step.kept_as,)

    def _back(self, table: str) -> str:
        kept = self._columns(self._kept_name(table))
        names = ", ".join(self._dialect.quote(name) for name in self._columns(table) if name in kept)
        into = f"INSERT INTO {self._catalog.qualified(table)} ({names})"
        return f"{into} SELECT {names} FROM {self._kept_table(table)} WHERE {self._kept_by} = %s"

    def mark(self, undo_id: str, schema_name: str, load_ids: Sequence[str]) -> None:
        """Write that loads were undone, and forget what is kept of them."""
        self._catalog.need(undo_table())
        self._forget(load_ids)
        loads = self._catalog.qualified(LOADS_TABLE)
        for load_id in load_ids:
            self._session.change(f"UPDATE {loads} SET status = %s WHERE load_id = %s", (UNDONE, load_id))
            self._record(UndoRecord(undo_id, schema_name, None, UNDO, undoes=load_id))

    # -- names

    def _columns(self, table: str) -> dict[str, ColumnSchema]:
        return self._catalog.stored_tables([table]).get(table, {})

    @property
    def _records(self) -> str:
        return self._catalog.qualified(UNDO_TABLE)

    def _kept_ids(self, root: TableSchema) -> str:
        return f"SELECT {self._id} FROM {self._kept_table(root['name'])} WHERE {self._kept_by} = %s"

    def _kept_table(self, table: str) -> str:
        return self._catalog.qualified(self._kept_name(table))

    def _kept_name(self, table: str) -> str:
        return kept_name(table, self._dialect.capabilities.max_identifier_length)
