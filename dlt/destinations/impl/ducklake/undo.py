"""Undo in DuckLake: what a load replaced is in the snapshots from before it, also where no copy was kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dlt.destinations.sql.undo import SqlUndo
from dlt.destinations.undoing import APPEND, REPLACE, Replacing, Step, UndoRecord
from dlt.schema.system_tables import LOADS_TABLE, is_system_name

_SNAPSHOT = "snapshot "
"""Begins the name under which is kept what an older snapshot has."""
_ADDS = ("tables_inserted_into", "inlined_insert")
_REMOVES = ("tables_deleted_from", "inlined_delete")
"""What DuckLake notes of a snapshot; each names tables by their ids."""


class DuckLakeUndo(SqlUndo):
    """What one dataset of a lake has to do with undoing."""

    def records(self) -> list[UndoRecord]:
        """Return what is known of what loads did."""
        known = super().records()
        noted = {record.load_id for record in known}
        return [*known, *(record for record in self._told_by_snapshots() if record.load_id not in noted)]

    def note_again(self, tables: Sequence[str], load: Replacing) -> None:
        """Record nothing: snapshots tell it, and have the rows."""

    def _told_by_snapshots(self) -> Iterator[UndoRecord]:
        """Yield what snapshots tell of loads."""
        lake = self._dialect.literal(self._database)
        changes: dict[int, Mapping[str, Sequence[str]]] = dict(
            self._session.query(f"SELECT snapshot_id, changes FROM ducklake_snapshots({lake})").fetchall()
        )
        if not changes or not self._catalog.has_table(LOADS_TABLE):
            return
        names = self._names()
        for version, load_id, schema_name in self._loads_at(changes):
            # of the oldest snapshot that is left nobody knows what was before
            if version - 1 not in changes:
                continue
            added, removed = (
                {names[table] for key in keys for table in changes[version].get(key, ()) if table in names}
                for keys in (_ADDS, _REMOVES)
            )
            for table in sorted(added | removed):
                how = REPLACE if table in removed else APPEND
                yield UndoRecord(load_id, schema_name, table, how, f"{_SNAPSHOT}{version - 1}")

    def _loads_at(self, changes: Mapping[int, object]) -> Sequence[tuple[int, str, str]]:
        """Return the snapshot in which each load was committed; the mark of an undo comes later."""
        places = (self._database, self._catalog.dataset_name, LOADS_TABLE)
        given = ", ".join([*map(self._dialect.literal, places), str(min(changes)), str(max(changes))])
        found = f"SELECT MIN(snapshot_id), load_id, schema_name FROM ducklake_table_insertions({given})"
        rows = self._session.query(f"{found} GROUP BY load_id, schema_name").fetchall()
        return [(int(version), str(load_id), str(schema_name)) for version, load_id, schema_name in rows]

    def _names(self) -> dict[str, str]:
        """Return the names of the dataset's tables with data by their ids, which other datasets have too."""
        lake = self._dialect.quote(f"__ducklake_metadata_{self._database}")
        sql = (
            f"SELECT t.table_id, t.table_name FROM {lake}.ducklake_table AS t JOIN {lake}.ducklake_schema AS s "
            "ON s.schema_id = t.schema_id "
            "WHERE t.end_snapshot IS NULL AND s.end_snapshot IS NULL AND s.schema_name = %s"
        )
        rows = self._session.query(sql, (self._catalog.dataset_name,)).fetchall()
        return {str(table): str(name) for table, name in rows if not is_system_name(name)}

    @property
    def _database(self) -> str:
        row = self._session.query("SELECT current_catalog()").fetchone()
        assert row is not None
        return str(row[0])

    def kept(self, table: str, kept_as: str) -> int | None:
        """Return how many rows of a root table are kept."""
        if not kept_as.startswith(_SNAPSHOT):
            return super().kept(table, kept_as)
        if not self._columns_at(table, kept_as):
            return 0
        row = self._session.query(f"SELECT COUNT(*) FROM {self._at(table, kept_as)}").fetchone()
        return int(row[0]) if row is not None else None

    def take_back(self, step: Step) -> None:
        """Let a root table and those nested in it be as they were."""
        if step.how == APPEND or not str(step.kept_as).startswith(_SNAPSHOT):
            super().take_back(step)
            return
        self._ledger.take_turn(step.chain)
        for table in step.chain:
            if self._catalog.has_table(table["name"]):
                self._bring_back(table["name"], str(step.kept_as))

    def _bring_back(self, table: str, kept_as: str) -> None:
        final, copy = self._catalog.qualified(table), self._dialect.quote("dlt_undo_copy")
        # a column may have got another name since
        kept = self._columns_at(table, kept_as)
        found = [name for name in self._columns(table) if name in kept]
        names = ", ".join(self._dialect.quote(name) for name in found)
        if names:
            then = ", ".join(f"{self._dialect.quote(kept[n])} AS {self._dialect.quote(n)}" for n in found)
            # before the delete: DuckLake leaves rows that this transaction deletes out of older snapshots too
            query = f"SELECT {then} FROM {self._at(table, kept_as)}"
            self._session.query(self._dialect.create_temporary(copy, query))
        self._session.change(f"DELETE FROM {final}")
        if names:
            self._session.change(f"INSERT INTO {final} ({names}) SELECT {names} FROM {copy}")
            self._session.query(self._dialect.drop_temporary(copy))

    def _at(self, table: str, kept_as: str) -> str:
        return f"{self._catalog.qualified(table)} AT (VERSION => {int(kept_as.removeprefix(_SNAPSHOT))})"

    def _columns_at(self, table: str, kept_as: str) -> dict[str, str]:
        """Return the names that the columns of a table had in a snapshot, by those of today; none without a table."""
        lake = self._dialect.quote(f"__ducklake_metadata_{self._database}")
        version = int(kept_as.removeprefix(_SNAPSHOT))
        then = "{0}.begin_snapshot <= {1} AND ({0}.end_snapshot IS NULL OR {0}.end_snapshot > {1})"
        sql = (
            f"SELECT COALESCE(n.column_name, c.column_name), c.column_name FROM {lake}.ducklake_column AS c "
            f"LEFT JOIN {lake}.ducklake_column AS n "
            "ON n.table_id = c.table_id AND n.column_id = c.column_id AND n.end_snapshot IS NULL "
            f"JOIN {lake}.ducklake_table AS t ON t.table_id = c.table_id "
            f"JOIN {lake}.ducklake_schema AS s ON s.schema_id = t.schema_id "
            f"WHERE t.table_name = %s AND s.schema_name = %s AND c.parent_column IS NULL "
            f"AND {then.format('c', version)} AND {then.format('t', version)}"
        )
        rows = self._session.query(sql, (table, self._catalog.dataset_name)).fetchall()
        return {str(now): str(then) for now, then in rows}
