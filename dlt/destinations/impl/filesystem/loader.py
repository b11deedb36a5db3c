"""The files of a load at their places in a dataset of files; a merge writes its tables anew."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from itertools import count

from dlt.destinations.impl.filesystem.lake.index import data_path
from dlt.destinations.impl.filesystem.lake.tables import NATIVE, kind_of
from dlt.destinations.impl.filesystem.lake.types import write_lake_file
from dlt.destinations.impl.filesystem.rewrite import merge_files
from dlt.destinations.impl.filesystem.session import FilesSession
from dlt.destinations.impl.filesystem.snapshot import Entry
from dlt.destinations.work import CHOICES
from dlt.errors import DestinationTransientException, ReloadUndecided
from dlt.ids import random_id
from dlt.io import failpoints
from dlt.io.mapped import mapped_batches, schema_of
from dlt.io.paths import segment
from dlt.late import pq
from dlt.schema.typing import TableSchema


class FilesLoader:
    """Files into one dataset.

    Args:
        session: The dataset, and the load that is under way.
        table_format: Format of tables that name none.
    """

    def __init__(self, session: FilesSession, table_format: str) -> None:
        self._session, self._store, self._table_format = session, session.store, table_format
        self._staged: dict[str, list[tuple[str, str]]] = {}
        self._numbers = count()

    def begin(self) -> None:
        """Begin without files."""
        self._staged = {}

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> dict[str, str]:
        """Prepare to take the files of a chain."""
        self._session.load_id = load_id
        disposition = chain[0].get("write_disposition", "append")
        wanted = str(chain[0].get("table_format") or self._table_format)
        for table in chain:
            self._session.lake.take(table["name"], wanted, self._session.base, self._session.change)
            if disposition == "replace":
                self._session.change.replace[table["name"]] = self._session.of_others(table["name"])
            elif disposition == "merge":
                # a merge needs all new rows of a table at once
                self._staged[table["name"]] = []
        return {table["name"]: table["name"] for table in chain}

    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:  # noqa: ARG002 - the table again
        """Copy files to their places; files that are to be merged wait."""
        name = table["name"]
        if name in self._staged:
            self._staged[name] += [(path, file_format) for path in paths]
            return
        entries = self._store.each(lambda path: self._upload(name, path, file_format) | self._came_by(path), paths)
        goal = self._session.change.replace if name in self._session.change.replace else self._session.change.add
        goal.setdefault(name, []).extend(entries)

    def _came_by(self, path: str) -> Entry:
        """Return by what load a file came."""
        return {"load_id": self._session.parts.get(path, self._session.load_id)}

    def _upload(self, table: str, path: str, file_format: str) -> Entry:
        load_id = self._session.load_id
        # loader files are named table.number.format
        number = os.path.basename(path).split(".")[1]
        # what no other file has: neither one of another try or program, nor of another part of a run in this one
        file_id = f"{number}-{self._session.change.letters}{next(self._numbers):x}"
        kind = kind_of(table, self._session.base, self._session.change)
        with tempfile.TemporaryDirectory() as folder:
            more: Entry = {}
            if kind != NATIVE:
                target = os.path.join(folder, "table.parquet")
                columns = self._session.pending().columns[table]
                more = {"rows": write_lake_file(columns, path, file_format, kind, target)}
                path, file_format = target, "parquet"
            elif file_format == "arrow":
                path, file_format = _as_parquet(path, folder), "parquet"
            if kind != NATIVE:
                relative = data_path(kind, table, f"{segment(load_id)}.{file_id}.parquet")
            else:
                relative = self._session.layout.path(self._session.schema_name, table, load_id, file_id, file_format)
            # noted before it is there: what a kill leaves must be found
            self._session.writes(relative)
            size = os.path.getsize(path)
            failpoints.point("filesystem.before_file")
            self._store.upload(path, relative)
        failpoints.point("filesystem.file_written")
        return {"path": relative, "format": file_format, "bytes": size, **more}

    def publish(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Merge what waits into the files of a chain, as new files."""
        if chain[0].get("write_disposition") != "merge":
            return
        with tempfile.TemporaryDirectory() as folder:
            pending = self._session.pending()
            own = {t["name"]: self._session.own(t["name"], pending.files.get(t["name"], [])) for t in chain}
            current = {name: self._fetch(entries, folder) for name, entries in own.items()}
            staged = {table["name"]: self._staged.pop(table["name"]) for table in chain}
            for name, path in merge_files(folder, chain, pending.columns, current, staged, load_id).items():
                others = self._session.of_others(name)
                self._session.change.replace[name] = [*others, self._upload(name, path, "parquet")]

    def _fetch(self, entries: Sequence[Entry], folder: str) -> list[tuple[str, str]]:
        def one(numbered: tuple[int, Entry]) -> tuple[str, str]:
            number, entry = numbered
            local = os.path.join(folder, f"{number:06d}-{random_id(8)}.{entry['format']}")
            try:
                self._store.fetch(str(entry["path"]), local)
            except FileNotFoundError as error:
                where = self._store.full(str(entry["path"]))
                raise DestinationTransientException(
                    f"{where}: another load took its place meanwhile. Run this load again.", kind="clash"
                ) from error
            return local, str(entry["format"])

        return self._store.each(one, list(enumerate(entries)))

    def remove_load(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Leave the files of a load out of the next snapshot.

        Raises:
            ReloadUndecided: a file does not tell by what load it came.
        """
        for table in chain:
            name = table["name"]
            kind = kind_of(name, self._session.base, self._session.change)
            if kind != NATIVE:
                self._session.lake.take(name, kind, self._session.base, self._session.change)
            entries = self._session.change.replace.get(name, self._session.base.files.get(name, []))
            if any("load_id" not in entry for entry in entries):
                raise ReloadUndecided(
                    f"table {name}: the run was loaded before and is to be loaded once more, and files of the table do "
                    f"not tell by what load they came: an earlier version wrote them, or a merge. {CHOICES}"
                )
            kept = [entry for entry in entries if entry["load_id"] != load_id]
            if len(kept) < len(entries):
                self._session.change.replace[name] = kept


def _as_parquet(path: str, folder: str) -> str:
    target = os.path.join(folder, os.path.basename(path) + ".parquet")
    with pq.ParquetWriter(target, schema_of(path)) as writer:
        for batch in mapped_batches(path):
            writer.write_batch(batch)
    return target
