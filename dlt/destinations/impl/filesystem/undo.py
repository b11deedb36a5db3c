"""Undo in a dataset of files: a snapshot names the files from before a load once more, and they count again.

Files of a table are never changed. A load that keeps what it replaces lets its snapshot name the files that were there,
so that they are not deleted; those of tables with a format are never deleted here, and older snapshots name them.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from dlt.destinations.impl.filesystem.lake.tables import NATIVE, kind_of
from dlt.destinations.impl.filesystem.session import FilesSession
from dlt.destinations.impl.filesystem.snapshot import Entry, Kept, Snapshot
from dlt.destinations.ledger import STATES_KEPT, LoadRow, StateRow
from dlt.destinations.undoing import ADDS, APPEND, MERGE, NESTED, REPLACE, UNDO, Replacing, Step, UndoRecord
from dlt.schema.system_tables import state_table
from dlt.schema.typing import TableSchema

_SNAPSHOT = "snapshot "
"""Begins the name under which is kept what an older snapshot has."""


class FilesUndo:
    """What one dataset has to do with undoing.

    Args:
        session: The dataset, and the load that is under way.
    """

    by_rows = False

    def __init__(self, session: FilesSession) -> None:
        self._session = session

    # -- what is known

    def loads(self) -> list[LoadRow]:
        """Return the records of loads, in the order in which they were committed."""
        return [
            LoadRow(
                str(row["load_id"]),
                str(row["schema_name"]),
                int(row["status"]),
                _moment(row["inserted_at"]),
                str(row["schema_version_hash"]),
            )
            for row in self._session.begun().loads
        ]

    def states(self, pipeline_name: str, dataset_name: str) -> list[StateRow]:
        """Return the states of a pipeline that are still there, oldest first."""
        is_here = dataset_name == self._session.dataset_name
        snapshot = self._session.begun() if is_here else self._session.beside(dataset_name).newest()
        own = [row for row in snapshot.states if row["pipeline_name"] == pipeline_name]
        names = list(state_table()["columns"])
        found = [StateRow(*({**row, "created_at": _moment(row["created_at"])}[name] for name in names)) for row in own]
        return sorted(found, key=lambda row: (row.version, row.created_at))

    def records(self) -> list[UndoRecord]:
        """Return what is known of what loads did."""
        newest = self._session.begun()
        found = [UndoRecord(undo, "", None, UNDO, undoes=load_id) for load_id, undo in newest.undone.items()]
        noted = set()
        for name, kept in newest.undo.items():
            for load_id in kept["loads"]:
                noted.add(load_id)
                for table, how in kept["how"].items():
                    kept_as = name if table in kept["before"] else None
                    found.append(UndoRecord(load_id, kept["schema"], table, how, kept_as))
        return [*found, *(record for record in self._told_by_snapshots() if record.load_id not in noted)]

    def _told_by_snapshots(self) -> Iterator[UndoRecord]:
        """Yield what two snapshots that follow each other tell of the loads in between."""
        newest = self._session.begun()
        numbers = [number for number in self._session.snapshots.numbers() if number < newest.number]
        # before the first snapshot there was nothing
        older = [self._session.snapshots.read(number) for number in (0, *numbers)]
        for before, after in pairwise([*older, newest]):
            if before is None or after is None or before.number != after.number - 1:
                continue
            for load in after.loads:
                if not before.has_load(load["load_id"]) and load["load_id"] not in newest.undone.values():
                    yield from self._told_by(before, after, str(load["load_id"]), str(load["schema_name"]))

    def _told_by(self, before: Snapshot, after: Snapshot, load_id: str, schema_name: str) -> Iterator[UndoRecord]:
        for table in {**before.files, **after.files}:
            old, new = before.files.get(table, []), after.files.get(table, [])
            paths = {entry["path"] for entry in new}
            if [entry["path"] for entry in old] == [entry["path"] for entry in new]:
                continue
            known = {entry["path"] for entry in old}
            # a merge without keys only adds rows, but to files that are of no load
            told = all("load_id" in entry for entry in new if entry["path"] not in known)
            how = APPEND if known <= paths and told else REPLACE
            kept_as = f"{_SNAPSHOT}{before.number}" if how == APPEND or self._are_there(old) else None
            yield UndoRecord(load_id, schema_name, table, how, kept_as)

    def _are_there(self, entries: Sequence[Entry]) -> bool:
        folders: dict[str, set[str]] = {}
        for entry in entries:
            folder, _, name = entry["path"].rpartition("/")
            if folder not in folders:
                folders[folder] = set(self._session.store.names(folder))
            if name not in folders[folder]:
                return False
        return True

    def rows(self, table: str) -> Mapping[str, int | None] | None:
        """Return how many rows of which load a root table has; None where files do not tell their load."""
        found: dict[str, int | None] = {}
        for entry in self._session.begun().files.get(table, []):
            if "load_id" not in entry:
                return None
            found[entry["load_id"]] = _sum(found.get(entry["load_id"], 0), entry.get("rows"))
        return found

    def kept(self, table: str, kept_as: str) -> int | None:
        """Return how many rows of a root table are kept, None where files do not tell it."""
        total: int | None = 0
        for entry in self._before(table, kept_as):
            total = _sum(total, entry.get("rows"))
        return total

    def _before(self, table: str, kept_as: str) -> list[Entry]:
        if kept_as.startswith(_SNAPSHOT):
            older = self._session.snapshots.read(int(kept_as.removeprefix(_SNAPSHOT)))
            return list(older.files.get(table, [])) if older is not None else []
        return list(self._session.begun().undo[kept_as]["before"].get(table, []))

    def has_ended(self, root: TableSchema, load_id: str) -> bool:  # noqa: ARG002 - of the seam
        """Return False: a history is written anew as a whole, in files that bear the id of no load."""
        return False

    # -- what a load keeps

    def prepare(self, chains: Sequence[tuple[Sequence[TableSchema], str]], keeps: int) -> None:  # noqa: ARG002 - of the seam
        """Let the next snapshot name what the load replaces."""
        self._session.change.states_kept = max(STATES_KEPT, keeps + 1)
        self._session.change.keeps = keeps

    def keep(self, chain: Sequence[TableSchema], how: str, load: Replacing) -> None:
        """Keep what a load is about to replace, and record what it does."""
        kept = self._kept(load)
        if how == APPEND and chain[0].get("write_disposition") == "merge":
            # one without keys only adds rows, but writes the files anew, of which the load has none of its own
            how = MERGE
        for table in chain:
            name = table["name"]
            kept["how"][name] = NESTED if table.get("parent") else how
            if how not in ADDS:
                self._take(name)
                kept["before"][name] = list(self._session.pending().files.get(name, []))

    def note_lost(self, tables: Sequence[str], load: Replacing) -> None:
        """Record that a load drops or empties tables, and that nothing of them is kept."""
        self._kept(load)["how"].update(dict.fromkeys(tables))

    def note_again(self, tables: Sequence[str], load: Replacing) -> None:
        """Record nothing: two snapshots tell it, and may have the files."""

    def prune(self, load: Replacing, keeps: int) -> None:
        """Forget what older loads of a schema replaced: the next snapshot does, whatever is there by then."""
        self._session.change.keeps = keeps
        self._kept(load)

    def _kept(self, load: Replacing) -> Kept:
        fresh: Kept = {"schema": load.schema_name, "loads": list(load.load_ids), "how": {}, "before": {}}
        return self._session.change.undo.setdefault(load.load_ids[0], fresh)

    def _take(self, table: str) -> None:
        """Join what another program made of a table with a format."""
        base, change = self._session.base, self._session.change
        kind = kind_of(table, base, change)
        if kind != NATIVE:
            self._session.lake.take(table, kind, base, change)

    # -- the undo

    def take_back(self, step: Step) -> None:
        """Let a root table and those nested in it be as they were."""
        there = [table for table in step.chain if table["name"] in self._session.base.columns]
        for table in there:
            name = table["name"]
            self._take(name)
            if step.how == APPEND:
                now = self._session.pending().files.get(name, [])
                left = [entry for entry in now if entry.get("load_id") not in step.load_ids]
            else:
                left = self._before(name, str(step.kept_as))
            self._session.change.replace[name] = left

    def mark(self, undo_id: str, schema_name: str, load_ids: Sequence[str]) -> None:  # noqa: ARG002 - of the seam
        """Write that loads were undone, and forget what is kept of them."""
        self._session.change.undone.update(dict.fromkeys(load_ids, undo_id))


def _moment(text: object) -> datetime.datetime:
    return datetime.datetime.fromisoformat(str(text))


def _sum(total: int | None, more: int | None) -> int | None:
    return None if total is None or more is None else total + more
