"""One load into a dataset of files: the snapshot on which it builds, what it changes, and the files that it wrote."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dlt.clock import utc_now
from dlt.destinations.impl.filesystem.lake.index import data_path
from dlt.destinations.impl.filesystem.lake.tables import NATIVE, LakeTables, kind_of
from dlt.destinations.impl.filesystem.layout import Layout, table_folder
from dlt.destinations.impl.filesystem.of_1x import found_of_1x, refuse_later_loads
from dlt.destinations.impl.filesystem.snapshot import Change, Entry, Snapshot, Snapshots
from dlt.destinations.impl.filesystem.tries import Tries, Try, new_letters, old_ones
from dlt.errors import DestinationException
from dlt.io import failpoints
from dlt.io.paths import segment
from dlt.io.store import Store
from dlt.schema.system_columns import ROW_ID
from dlt.user_log import logger


class FilesSession:
    """A dataset, and the load that is under way.

    Attributes:
        base: Snapshot on which the load builds.
        change: What it changes.
        now: Moment of the load.
        load_id: The load.
        parts: Load ids of files, by path, where one load takes files of several parts of a run.

    Args:
        store: The folder of the dataset.
        dataset_name: Its name.
        layout: Template for paths.
        schema_name: Name of the schema that is loaded.
    """

    def __init__(self, store: Store, dataset_name: str, layout: Layout, schema_name: str) -> None:
        self.store, self.dataset_name, self.layout, self.schema_name = store, dataset_name, layout, schema_name
        self.snapshots = self._snapshots_of(store)
        self.lake = LakeTables(store, self.snapshots, dataset_name)
        self.base, self.change = Snapshot(), Change()
        self.now, self.load_id = utc_now(), ""
        self.parts: Mapping[str, str] = {}
        self._in_transaction = False
        self._tries = Tries(store)
        self._try: Try | None = None
        self._written: list[str] = []
        # files of one table are uploaded at the same time, each in a thread of its own
        self._announcing = threading.Lock()

    def pending(self) -> Snapshot:
        """Return the dataset as it will be after this load, as far as it is known."""
        return self.change.applied_to(self.base)

    def seen(self) -> Snapshot:
        """Return the dataset as it is for what runs now: with what the load did so far, if one is under way."""
        return self.pending() if self._in_transaction else self.snapshots.newest()

    def begun(self) -> Snapshot:
        """Return the snapshot on which the load builds, else the newest."""
        return self.base if self._in_transaction else self.snapshots.newest()

    def own(self, table: str, entries: Sequence[Entry]) -> list[Entry]:
        """Return those files of a table that are of this schema: all, where paths do not tell schemas apart.

        Args:
            table: Name of the table.
            entries: Its files.
        """
        if not self.layout.tells_schemas or kind_of(table, self.base, self.change) != NATIVE:
            return list(entries)
        return [entry for entry in entries if self.layout.is_of(self.schema_name, entry["path"])]

    def of_others(self, table: str) -> list[Entry]:
        """Return the files of a table that are of other schemas: what a load does to the table leaves them alone."""
        if not self.layout.tells_schemas:
            return []
        entries = self.pending().files.get(table, [])
        own = {entry["path"] for entry in self.own(table, entries)}
        return [entry for entry in entries if entry["path"] not in own]

    def beside(self, dataset_name: str) -> Snapshots:
        """Return the snapshots of another dataset."""
        return self._snapshots_of(self.store.beside(segment(dataset_name)))

    def _snapshots_of(self, store: Store) -> Snapshots:
        return Snapshots(store, lambda: found_of_1x(store, self.layout))

    # -- transaction

    def begin(self) -> None:
        """Read the newest snapshot."""
        self.base, self._in_transaction = self.snapshots.newest(), True
        if self.base.of_1x and self.base.number:
            refuse_later_loads(self.store, self.base)
        self.change, self._written = Change(letters=new_letters()), []
        self._try = None
        self.now = utc_now()
        # a process that died behind its snapshot left states that belong elsewhere
        self.change.forwarded = self._forward(self.base)
        self.lake.begin(self.base, self.change)

    def commit(self) -> None:
        """Write the next snapshot, which makes the load visible; then delete files that no longer count."""
        # of the base: what another load added meanwhile is not for this one to delete
        before, indexed = self.base.paths(), self.base.indexed_paths()
        others = self._tries.others(self.change.letters)
        # one that still lives must be refused by the snapshot before its files go
        self.change.refused = old_ones(others, self.base)
        failpoints.point("filesystem.before_manifest")
        self.base = self.snapshots.commit(self.base, self.change)
        written, self._written = self._written, []
        self._in_transaction = False
        failpoints.point("filesystem.after_manifest")
        try:
            self._forward(self.base)
            if not self.change.is_in(self.base):
                # another try of this load was faster: what counts are its files
                self.store.delete(written)
            elif self.change.rewritten or self.change.keeps or self.change.undone:
                # other programs may read older versions of tables with a format, and take their files away themselves
                self.store.delete(before - self.base.paths() - indexed)
            self.snapshots.prune()
            self._end_try()
            if any(attempt.counts(self.base) for attempt in others):
                self._delete_replaced()
            if gone := self._tries.collect(others, self.base):
                logger.info("dataset %s: deleted %s files that killed tries left", self.dataset_name, gone)
        except DestinationException as error:
            # the load is complete, whatever becomes of old files; states that wait are sent by the next load
            logger.warning("dataset %s: cleaning up after load %s failed: %s", self.dataset_name, self.load_id, error)
        # after the snapshot: an index that is behind is made up for, one that is ahead would show a load that may fail
        self.lake.publish(self.base, self.change)

    def rollback(self) -> None:
        """Delete what was written, which nobody else knows; but not if a manifest may name it."""
        self._in_transaction = False
        if self._written and not self.snapshots.is_uncertain:
            written, self._written = self._written, []
            failpoints.point("filesystem.before_rollback")
            try:
                self.store.delete(written)
                self._end_try()
            except DestinationException as error:
                # no snapshot has them, so nobody reads them; why the load failed is what has to be seen
                logger.warning("dataset %s: files of load %s are left: %s", self.dataset_name, self.load_id, error)

    def _delete_replaced(self) -> None:
        """Delete the files that loads replaced which were killed before they could do so."""
        there, replaced = self.base.paths(), set[str]()
        for number in self.snapshots.numbers():
            older = self.snapshots.read(number) if number < self.base.number else None
            if older is not None:
                replaced |= older.paths() - older.indexed_paths() - there
        if self.base.of_1x and self.snapshots.read(1) is not None:
            # the load that took the dataset over built on no snapshot
            older = found_of_1x(self.store, self.layout)
            replaced |= older.paths() - older.indexed_paths() - there
        self.store.delete(replaced)

    def _forward(self, snapshot: Snapshot) -> set[str]:
        """Write states into the datasets where they belong, if they are not there yet; return their ids."""
        for entry in snapshot.outbox:
            other = self.beside(entry["dataset"])
            found = other.newest()
            # whoever wrote it may have died before a snapshot could say so
            if all(state[ROW_ID] != entry["state"][ROW_ID] for state in found.states):
                other.commit(found, Change(states=[entry["state"]]))
        return {entry["state"][ROW_ID] for entry in snapshot.outbox}

    # -- files of this try

    def writes(self, relative: str) -> None:
        """Note that a file is about to be written; say so first, so that what a killed try leaves can be found."""
        self._announce(relative)
        self._written.append(relative)

    def _announce(self, relative: str) -> None:
        """Say where this try writes, before it does, so that what it leaves behind if it is killed can be found."""
        folder = relative.rpartition("/")[0]
        with self._announcing:
            known = self._try
            if known is not None and folder in known.folders:
                return
            if known is None:
                loads = tuple(sorted({*self.parts.values()} or {self.load_id}))
                known = Try(self.change.letters, loads, utc_now().isoformat(), self._folders())
            # said before the first file: what nobody announced would never be found
            self._try = replace(known, folders=tuple(sorted({*known.folders, folder})))
            self._tries.announce(self._try)

    def _folders(self) -> tuple[str, ...]:
        """Return the folders of tables that this load may fill: to say it once is cheaper than for each of them."""
        if not self.layout.has_table_folders:
            return ()
        kinds = {name: kind_of(name, self.base, self.change) for name in self.change.columns}
        return tuple(
            table_folder(name) if kind == NATIVE else data_path(kind, name, "x").rpartition("/")[0]
            for name, kind in kinds.items()
        )

    def _end_try(self) -> None:
        if self._try is not None:
            self._tries.forget(self._try)
            self._try = None
