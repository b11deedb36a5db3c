"""Which files make up a dataset: a numbered snapshot, of which the newest one counts.

A load writes its data files first, and then the next snapshot under a name that must not exist yet. Whoever reads the
newest snapshot sees whole loads only.
"""

from __future__ import annotations

import os
import re
import uuid
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import orjson

from dlt.errors import DestinationTransientException
from dlt.workdir import atomic

FOLDER = "_dlt_snapshots"
KEPT = 10
_STATES_KEPT = 5


@dataclass
class Snapshot:
    """The content of a dataset.

    Attributes:
        number: Its place in the order; 0 before the first load.
        files: Entries (path, format, rows) by table.
        columns: Columns by table.
        loads: Rows of `_dlt_loads`.
        versions: Rows of `_dlt_version`.
        states: Rows of `_dlt_pipeline_state`.
    """

    number: int = 0
    files: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    columns: dict[str, dict[str, Any]] = field(default_factory=dict)
    loads: list[dict[str, Any]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    states: list[dict[str, Any]] = field(default_factory=list)

    def paths(self) -> set[str]:
        """Return the paths of all data files."""
        return {entry["path"] for entries in self.files.values() for entry in entries}


@dataclass
class Change:
    """What one load does to a dataset."""

    add: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    replace: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    drop: list[str] = field(default_factory=list)
    columns: dict[str, dict[str, Any]] = field(default_factory=dict)
    loads: list[dict[str, Any]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    states: list[dict[str, Any]] = field(default_factory=list)

    def applied_to(self, base: Snapshot) -> Snapshot:
        """Return the next snapshot."""
        after = deepcopy(base)
        after.number += 1
        for table in self.drop:
            after.files.pop(table, None)
            after.columns.pop(table, None)
        for table, entries in self.replace.items():
            after.files[table] = list(entries)
        for table, entries in self.add.items():
            after.files.setdefault(table, []).extend(entries)
        for table, columns in self.columns.items():
            after.columns[table] = {**after.columns.get(table, {}), **columns}
        after.loads += self.loads
        known = {version["version_hash"] for version in after.versions}
        after.versions += [version for version in self.versions if version["version_hash"] not in known]
        for state in self.states:
            own = [s for s in after.states if s["pipeline_name"] == state["pipeline_name"]]
            others = [s for s in after.states if s["pipeline_name"] != state["pipeline_name"]]
            after.states = [*others, *own[-(_STATES_KEPT - 1) :], state]
        return after

    @property
    def rewritten(self) -> set[str]:
        """Return the tables whose files are replaced or dropped."""
        return {*self.replace, *self.drop}


class Snapshots:
    """The snapshots of one dataset.

    Args:
        filesystem: An fsspec file system.
        root: Path of the dataset.
    """

    def __init__(self, filesystem: Any, root: str) -> None:
        self._filesystem = filesystem
        self._folder = f"{root}/{FOLDER}"

    def numbers(self) -> list[int]:
        """Return the numbers that are there, in order."""
        try:
            self._filesystem.invalidate_cache(self._folder)
            names = self._filesystem.ls(self._folder, detail=False)
        except FileNotFoundError:
            return []
        found = (re.search(r"(\d{12})\.json$", name) for name in names)
        return sorted(int(match[1]) for match in found if match)

    def newest(self) -> Snapshot:
        """Return the newest snapshot, an empty one before the first load."""
        while numbers := self.numbers():
            try:
                content = orjson.loads(self._filesystem.cat_file(self._path(numbers[-1])))
                return Snapshot(**content)
            except FileNotFoundError:
                continue  # a writer was faster and deleted it with other old ones
        return Snapshot()

    def commit(self, base: Snapshot, change: Change) -> Snapshot:
        """Write the next snapshot; when another load was faster, on top of that one.

        Raises:
            DestinationTransientException: the other load touched tables that this one rewrites.
        """
        while True:
            after = change.applied_to(base)
            if self._put_if_absent(self._path(after.number), orjson.dumps(after.__dict__, default=str)):
                return after
            found = self.newest()
            clash = {t for t in change.rewritten if found.files.get(t) != base.files.get(t)}
            if clash:
                raise DestinationTransientException(
                    f"another load changed the tables {', '.join(sorted(clash))} meanwhile. Run this load again."
                )
            base = found

    def prune(self) -> None:
        """Delete old snapshots."""
        for number in self.numbers()[:-KEPT]:
            try:
                self._filesystem.rm_file(self._path(number))
            except FileNotFoundError:
                continue  # another writer prunes as well

    def _path(self, number: int) -> str:
        return f"{self._folder}/{number:012d}.json"

    def _put_if_absent(self, path: str, data: bytes) -> bool:
        if "file" in _protocols(self._filesystem):
            return _link_if_absent(path, data)
        if "memory" in _protocols(self._filesystem) and self._filesystem.exists(path):
            return False
        try:
            self._filesystem.pipe_file(path, data, mode="create")
        except FileExistsError:
            return False
        return True


def _protocols(filesystem: Any) -> tuple[str, ...]:
    found = filesystem.protocol
    return (found,) if isinstance(found, str) else tuple(found)


def _link_if_absent(path: str, data: bytes) -> bool:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = f"{path}.{uuid.uuid4().hex}.tmp"
    with open(temporary, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    atomic.point("snapshot.synced")
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(temporary)
    atomic.sync_folder(os.path.dirname(path))
    return True
