"""What a load does at a dataset of files."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import count
from typing import Any, cast

from dlt.clock import utc_now
from dlt.destinations.client import WorkDone
from dlt.destinations.impl.duckdb.dialect import DIALECT
from dlt.destinations.impl.filesystem.lake.index import data_path
from dlt.destinations.impl.filesystem.lake.tables import NATIVE, LakeTables, formats_of, kind_of, open_index
from dlt.destinations.impl.filesystem.lake.types import write_lake_file
from dlt.destinations.impl.filesystem.layout import Layout, table_folder
from dlt.destinations.impl.filesystem.query import open_tables
from dlt.destinations.impl.filesystem.rewrite import merge_files
from dlt.destinations.impl.filesystem.snapshot import FOLDER as SNAPSHOTS_FOLDER
from dlt.destinations.impl.filesystem.snapshot import TYPE, Change, Snapshot, Snapshots
from dlt.destinations.impl.filesystem.tries import Tries, Try, new_letters, old_ones
from dlt.destinations.ledger import FENCES_TABLE, LoadRow, StateRow, VersionRow, check_attempt, first_epoch, taken_over
from dlt.destinations.sql.ddl import check_types
from dlt.destinations.work import CHOICES
from dlt.errors import DestinationException, DestinationTransientException, ReloadUndecided
from dlt.ids import random_id
from dlt.io import failpoints
from dlt.io.paths import segment
from dlt.io.store import Store
from dlt.schema.schema import Schema
from dlt.schema.system_columns import ROW_ID
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.user_log import logger


class FilesystemClient:
    """Work on one dataset of files.

    Args:
        store: The folder of the dataset.
        dataset_name: Its name.
        layout: Template for paths.
        schema: Schema of the tables, if known.
        table_format: Format of tables that name none.
    """

    def __init__(
        self,
        store: Store,
        dataset_name: str,
        layout: Layout,
        schema: Schema | None = None,
        table_format: str = NATIVE,
    ) -> None:
        self.store, self.dataset_name = store, dataset_name
        self._layout, self._table_format = layout, table_format
        self._schema_name = schema.name if schema is not None else "schema"
        self._snapshots = Snapshots(store)
        self._tries = Tries(store)
        self._try: Try | None = None
        self._lake = LakeTables(store, self._snapshots, dataset_name)
        self._base = Snapshot()
        self._in_transaction = False
        self._change = Change()
        self._written: list[str] = []
        self._staged: dict[str, list[tuple[str, str]]] = {}
        self._load_id = ""
        self._fence: tuple[str, str, int] | None = None
        self._now = utc_now()
        self._parts: dict[str, str] = {}
        self._open: list[Callable[[], None]] = []
        self._numbers, self._announcing = count(), threading.Lock()

    # -- dataset and tables

    def has_dataset(self) -> bool:
        """Tell whether anything was loaded."""
        return self._snapshots.newest().is_dataset

    def create_dataset(self) -> None:
        """Make the folder."""
        self.store.make()

    def drop_dataset(self) -> None:
        """Delete all that is there; what stays is a manifest that says so, for loads that began before."""
        there = self.store.find()
        if not there:
            return
        self._snapshots.drop()
        # a load that begins now has files of its own, which are not among these
        self.store.delete(path for path in there if not path.startswith(f"{SNAPSHOTS_FOLDER}/"))
        self.store.delete_empty_folders()
        self._base = Snapshot()

    def stored_tables(self, names: Sequence[str]) -> dict[str, dict[str, ColumnSchema]]:
        """Return the columns of tables that are there, by table."""
        known = (self._pending() if self._in_transaction else self._snapshots.newest()).columns
        return {name: known[name] for name in names if name in known}

    def apply_ddl(self, update: SchemaUpdate) -> None:
        """Remember tables and columns.

        Raises:
            SchemaUpdateTerminalError: a column has another type already.
        """
        stored = self.stored_tables(list(update.tables))
        for name, table in update.tables.items():
            there = stored.get(name, {})
            check_types(DIALECT, self.dataset_name, table, _as_made(there))
            self._change.columns[name] = {
                column: _keeping_type(spec, there.get(column)) for column, spec in table["columns"].items()
            }

    def remove_tables(self, drop: Sequence[str], truncate: Sequence[str]) -> None:
        """Drop tables, and empty others, where they are there."""
        self._change.drop += list(drop)
        for name in truncate:
            if name in self._base.columns:
                self._change.replace[name] = []

    def _pending(self) -> Snapshot:
        """Return the dataset as it will be after this load, as far as it is known."""
        return self._change.applied_to(self._base)

    # -- transaction

    def begin(self) -> None:
        """Read the newest snapshot."""
        self._base, self._in_transaction = self._snapshots.newest(), True
        self._change, self._written, self._staged = Change(letters=new_letters()), [], {}
        self._fence, self._try = None, None
        self._now = utc_now()
        self._change.forwarded = self._forward(self._base)
        self._lake.begin(self._base, self._change)

    def commit(self) -> None:
        """Write the next snapshot, which makes the load visible; then delete files that no longer count."""
        before, indexed = self._base.paths(), self._base.indexed_paths()
        self._check_fence()
        others = self._tries.others(self._change.letters)
        self._change.refused = old_ones(others, self._base)
        failpoints.point("filesystem.before_manifest")
        self._base = self._snapshots.commit(self._base, self._change)
        written, self._written = self._written, []
        self._in_transaction = False
        failpoints.point("filesystem.after_manifest")
        try:
            self._forward(self._base)
            if not self._change.is_in(self._base):
                # another try of this load was faster: what counts are its files
                self.store.delete(written)
            elif self._change.rewritten:
                # other programs may read older versions of tables with a format, and take their files away themselves
                self.store.delete(before - self._base.paths() - indexed)
            self._snapshots.prune()
            self._end_try()
            if any(attempt.counts(self._base) for attempt in others):
                self._delete_replaced()
            if gone := self._tries.collect(others, self._base):
                logger.info("dataset %s: deleted %s files that killed tries left", self.dataset_name, gone)
        except DestinationException as error:
            # the load is complete, whatever becomes of old files; states that wait are sent by the next load
            logger.warning("dataset %s: cleaning up after load %s failed: %s", self.dataset_name, self._load_id, error)
        self._lake.publish(self._base, self._change)

    def rollback(self) -> None:
        """Delete what was written, which nobody else knows; but not if a manifest may name it."""
        self._in_transaction = False
        if self._written and not self._snapshots.is_uncertain:
            written, self._written = self._written, []
            failpoints.point("filesystem.before_rollback")
            try:
                self.store.delete(written)
                self._end_try()
            except DestinationException as error:
                # no snapshot has them, so nobody reads them; why the load failed is what has to be seen
                logger.warning("dataset %s: files of load %s are left: %s", self.dataset_name, self._load_id, error)

    def _delete_replaced(self) -> None:
        """Delete the files that loads replaced which were killed before they could do so."""
        there, replaced = self._base.paths(), set[str]()
        for number in self._snapshots.numbers():
            older = self._snapshots.read(number) if number < self._base.number else None
            if older is not None:
                replaced |= older.paths() - older.indexed_paths() - there
        self.store.delete(replaced)

    def _forward(self, snapshot: Snapshot) -> set[str]:
        """Write states into the datasets where they belong, if they are not there yet; return their ids."""
        for entry in snapshot.outbox:
            other = Snapshots(self.store.beside(segment(entry["dataset"])))
            found = other.newest()
            if all(state[ROW_ID] != entry["state"][ROW_ID] for state in found.states):
                other.commit(found, Change(states=[entry["state"]]))
        return {entry["state"][ROW_ID] for entry in snapshot.outbox}

    # -- table formats

    def table_formats(self) -> dict[str, str]:
        """Return the format of each table that has one, of complete loads only."""
        return formats_of(self._snapshots.newest())

    def open_table(self, name: str) -> Any:
        """Return a table as the package of its format has it: a DeltaTable, or a Table of pyiceberg."""
        return open_index(self.table_formats()[name], self.store, name).open()

    # -- data

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> dict[str, str]:
        """Prepare to take the files of a chain."""
        self._load_id = load_id
        disposition = chain[0].get("write_disposition", "append")
        wanted = str(chain[0].get("table_format") or self._table_format)
        for table in chain:
            self._lake.take(table["name"], wanted, self._base, self._change)
            if disposition == "replace":
                self._change.replace[table["name"]] = []
            elif disposition == "merge":
                self._staged[table["name"]] = []
        return {table["name"]: table["name"] for table in chain}

    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:  # noqa: ARG002 - the table again
        """Copy files to their places; files that are to be merged wait."""
        name = table["name"]
        if name in self._staged:
            self._staged[name] += [(path, file_format) for path in paths]
            return
        entries = self.store.each(lambda path: self._upload(name, path, file_format) | self._came_by(path), paths)
        goal = self._change.replace if name in self._change.replace else self._change.add
        goal.setdefault(name, []).extend(entries)

    def _came_by(self, path: str) -> dict[str, Any]:
        """Return by what load a file came."""
        return {"load_id": self._parts.get(path, self._load_id)}

    def _upload(self, table: str, path: str, file_format: str) -> dict[str, Any]:
        number = os.path.basename(path).rsplit(".", 1)[0].rpartition(".")[2]
        # what no other file has: neither one of another try or program, nor of another part of a run in this one
        file_id = f"{number}-{self._change.letters}{next(self._numbers):x}"
        kind = kind_of(table, self._base, self._change)
        with tempfile.TemporaryDirectory() as folder:
            more = {}
            if kind != NATIVE:
                target = os.path.join(folder, "table.parquet")
                columns = self._pending().columns[table]
                more = {"rows": write_lake_file(columns, path, file_format, kind, target)}
                path, file_format = target, "parquet"
            elif file_format == "arrow":
                path, file_format = _as_parquet(path, folder), "parquet"
            if kind != NATIVE:
                relative = data_path(kind, table, f"{segment(self._load_id)}.{file_id}.parquet")
            else:
                relative = self._layout.path(self._schema_name, table, self._load_id, file_id, file_format)
            self._announce(relative)
            self._written.append(relative)
            size = os.path.getsize(path)
            failpoints.point("filesystem.before_file")
            self.store.upload(path, relative)
        failpoints.point("filesystem.file_written")
        return {"path": relative, "format": file_format, "bytes": size, **more}

    def _announce(self, relative: str) -> None:
        """Say where this try writes, before it does, so that what it leaves behind if it is killed can be found."""
        folder = relative.rpartition("/")[0]
        with self._announcing:
            known = self._try
            if known is not None and folder in known.folders:
                return
            if known is None:
                loads = tuple(sorted({*self._parts.values()} or {self._load_id}))
                known = Try(self._change.letters, loads, utc_now().isoformat(), self._folders())
            self._try = replace(known, folders=tuple(sorted({*known.folders, folder})))
            self._tries.announce(self._try)

    def _folders(self) -> tuple[str, ...]:
        """Return the folders of tables that this load may fill: to say it once is cheaper than for each of them."""
        if not self._layout.has_table_folders:
            return ()
        kinds = {name: kind_of(name, self._base, self._change) for name in self._change.columns}
        return tuple(
            table_folder(name) if kind == NATIVE else data_path(kind, name, "x").rpartition("/")[0]
            for name, kind in kinds.items()
        )

    def _end_try(self) -> None:
        if self._try is not None:
            self._tries.forget(self._try)
            self._try = None

    def publish(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Merge what waits into the files of a chain, as new files."""
        if chain[0].get("write_disposition") != "merge":
            return
        with tempfile.TemporaryDirectory() as folder:
            pending = self._pending()
            current = {t["name"]: self._fetch(pending.files.get(t["name"], []), folder) for t in chain}
            staged = {table["name"]: self._staged.pop(table["name"]) for table in chain}
            for name, path in merge_files(folder, chain, pending.columns, current, staged, load_id).items():
                self._change.replace[name] = [self._upload(name, path, "parquet")]

    def _fetch(self, entries: Sequence[Mapping[str, Any]], folder: str) -> list[tuple[str, str]]:
        def one(numbered: tuple[int, Mapping[str, Any]]) -> tuple[str, str]:
            number, entry = numbered
            local = os.path.join(folder, f"{number:06d}-{random_id(8)}.{entry['format']}")
            try:
                self.store.fetch(str(entry["path"]), local)
            except FileNotFoundError as error:
                where = self.store.full(str(entry["path"]))
                raise DestinationTransientException(
                    f"{where}: another load took its place meanwhile. Run this load again.", kind="clash"
                ) from error
            return local, str(entry["format"])

        return self.store.each(one, list(enumerate(entries)))

    # -- records

    def has_load(self, load_id: str) -> bool:
        """Tell whether a load is complete."""
        return self._base.has_load(load_id)

    def loaded_schema(self, load_id: str) -> str | None:
        """Return the name of the schema of a complete load."""
        return next((str(load["schema_name"]) for load in self._base.loads if load["load_id"] == load_id), None)

    def record_load(self, load_id: str, schema: Schema) -> None:
        """Write that the load is complete, and the version of its schema."""
        # the letters tell tries of one load apart
        self._change.loads.append({**LoadRow.of(load_id, schema, self._now).document(), "try": self._change.letters})
        self._change.versions.append(VersionRow.of(schema, self._now).document())

    def record_state(self, dataset_name: str, load_id: str, state: Mapping[str, Any]) -> None:
        """Write the state of the pipeline into a dataset."""
        row = StateRow.of(load_id, state, self._now).document()
        if dataset_name == self.dataset_name:
            self._change.states.append(row)
        else:
            self._change.outbox.append({"dataset": dataset_name, "state": row})

    def read_schema(self, name: str | None = None, version_hash: str | None = None) -> dict[str, Any] | None:
        """Return the newest stored schema."""
        for version in reversed(self._snapshots.newest().versions):
            if name in (None, version["schema_name"]) and version_hash in (None, version["version_hash"]):
                found: dict[str, Any] = version["schema"]
                return found
        return None

    def read_state(self, pipeline_name: str, dataset_name: str | None = None) -> str | None:
        """Return the newest state of a pipeline."""
        elsewhere = dataset_name not in (None, self.dataset_name)
        snapshots = Snapshots(self.store.beside(segment(str(dataset_name)))) if elsewhere else self._snapshots
        found = [s for s in snapshots.newest().states if s["pipeline_name"] == pipeline_name]
        return str(max(found, key=lambda s: (s["version"], s["created_at"]))["state"]) if found else None

    def hold_state(self, pipeline_name: str, dataset_name: str | None = None) -> None:
        """Make a load in between that changes the state of the pipeline a clash."""
        if dataset_name in (None, self.dataset_name):
            self._change.watched = pipeline_name

    # -- fencing

    def claim(self, pipeline_name: str, load_id: str, attempt: int) -> int:
        """Take a load over from older tries; return the epoch that now may commit it.

        Raises:
            Superseded: a later attempt has it.
        """
        while True:
            taken = self._epochs(load_id)
            epoch = max([first_epoch(attempt), *(number + 1 for number in taken)])
            check_attempt(pipeline_name, load_id, attempt, epoch)
            if self.store.put_if_absent(f"{FENCES_TABLE}/{segment(load_id)}/{epoch}", random_id().encode()):
                return epoch

    def hold(self, pipeline_name: str, load_id: str, epoch: int) -> None:
        """Make another load in between a clash.

        Raises:
            Superseded: another try took the load over.
        """
        self._change.exclusive = True
        self._fence = (pipeline_name, load_id, epoch)
        self._check_fence()

    def _check_fence(self) -> None:
        if self._fence is None:
            return
        pipeline_name, load_id, epoch = self._fence
        if max(self._epochs(load_id), default=epoch) != epoch:
            raise taken_over(pipeline_name, load_id)

    def _epochs(self, load_id: str) -> list[int]:
        return [int(name) for name in self.store.names(f"{FENCES_TABLE}/{segment(load_id)}") if name.isdigit()]

    # -- the work of runs

    def read_work(self, key: str) -> WorkDone | None:
        """Return what is known of the work of one part of a run; None if it was never loaded."""
        found = (self._base if self._in_transaction else self._snapshots.newest()).work.get(key)
        return WorkDone(**found) if found is not None else None

    def record_work(self, key: str, done: WorkDone) -> None:
        """Let the next snapshot say what load holds the work of one part of a run."""
        self._change.work[key] = asdict(done)

    def note_parts(self, loads: Mapping[str, str]) -> None:
        """Take note of the load ids of files, by path, where one load takes files of several parts of a run."""
        self._parts = dict(loads)

    def remove_load(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Leave the files of a load out of the next snapshot.

        Raises:
            ReloadUndecided: a file does not tell by what load it came.
        """
        for table in chain:
            name = table["name"]
            kind = kind_of(name, self._base, self._change)
            if kind != NATIVE:
                self._lake.take(name, kind, self._base, self._change)
            entries = self._change.replace.get(name, self._base.files.get(name, []))
            if any("load_id" not in entry for entry in entries):
                raise ReloadUndecided(
                    f"table {name}: the run was loaded before and is to be loaded once more, and files of the table do "
                    f"not tell by what load they came: an earlier version wrote them, or a merge. {CHOICES}"
                )
            kept = [entry for entry in entries if entry["load_id"] != load_id]
            if len(kept) < len(entries):
                self._change.replace[name] = kept

    def table_files(self, table: str) -> list[str]:
        """Return the paths of a table's files, of complete loads only."""
        return [self.store.full(entry["path"]) for entry in self._snapshots.newest().files.get(table, [])]

    def sql_client(self) -> Any:
        """Return a client for queries: DuckDB in memory, with a view for each table."""
        client, close = open_tables(self.store, self.dataset_name, self._snapshots.newest)
        self._open.append(close)
        return client

    def close(self) -> None:
        """End the connections that were opened for queries."""
        while self._open:
            self._open.pop()()


def _as_made(columns: Mapping[str, ColumnSchema]) -> dict[str, ColumnSchema]:
    return {name: {**DIALECT.as_stored(column), "data_type": column["data_type"]} for name, column in columns.items()}


def _keeping_type(column: ColumnSchema, there: ColumnSchema | None) -> ColumnSchema:
    if there is None:
        return column
    # the type that the first load gave holds the values of all loads
    kept: dict[str, Any] = {key: value for key, value in column.items() if key not in TYPE}
    kept.update({key: value for key, value in there.items() if key in TYPE})
    return cast(ColumnSchema, kept)


def _as_parquet(path: str, folder: str) -> str:
    import pyarrow as pa
    import pyarrow.parquet as pq

    target = os.path.join(folder, os.path.basename(path) + ".parquet")
    with (
        pa.memory_map(path) as source,
        pa.ipc.open_stream(source) as rows,
        pq.ParquetWriter(target, rows.schema) as writer,
    ):
        for batch in rows:
            writer.write_batch(batch)
    return target
