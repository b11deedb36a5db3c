"""Which files make up a dataset: a numbered snapshot, of which the newest one counts.

A load writes its data files first, each under a name that nobody else uses, and then the next snapshot under a name
that must not exist yet. Whoever reads the newest snapshot sees whole loads only. A file that no snapshot names does not
count: what a load left behind is never read, and no later load builds on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

import orjson

from dlt.destinations.ledger import STATES_KEPT, UNDONE
from dlt.errors import DestinationTerminalException, DestinationTransientException
from dlt.io import failpoints
from dlt.io.store import Store
from dlt.schema.system_columns import ROW_ID
from dlt.schema.typing import ColumnSchema
from dlt.types import JsonObject

FOLDER = "_dlt_snapshots"
# older ones are needed to join what another program made of a table with what was loaded since
KEPT = 10
_NATIVE = "native"
_LATER = ("since", "refused", "undo", "undone", "of_1x")
TYPE = ("data_type", "precision", "scale", "timezone")
"""Keys of a column that make up its type."""


class Entry(TypedDict, total=False):
    """A file of a table.

    Attributes:
        path: Its path in the dataset.
        format: Its format.
        bytes: Its size; an earlier release did not say it.
        rows: Number of its rows, for tables with a format.
        load_id: Load by which it came; a merge makes files of several.
    """

    path: str
    format: str
    bytes: int
    rows: int
    load_id: str


class Outgoing(TypedDict):
    """A state that belongs into another dataset."""

    dataset: str
    state: JsonObject


class Kept(TypedDict):
    """What a load did, and the files that it replaced.

    Attributes:
        schema: Its schema.
        loads: Load ids that its rows bear.
        how: How it brought rows into each table; None for those that it dropped or emptied.
        before: Entries of each table that it replaced.
    """

    schema: str
    loads: list[str]
    how: dict[str, str | None]
    before: dict[str, list[Entry]]


class WorkRow(TypedDict):
    """Which load holds the work of a part of a run, as `WorkDone` has it."""

    revision: int
    wish: int
    load_id: str


@dataclass
class Snapshot:
    """The content of a dataset.

    Attributes:
        number: Its place in the order; 0 before the first load.
        files: Entries (path, format, bytes) by table.
        columns: Columns by table.
        loads: Rows of `_dlt_loads`.
        versions: Rows of `_dlt_version`.
        states: Rows of `_dlt_pipeline_state`.
        outbox: States that belong into another dataset, each a dict with dataset and state. They are written there
            after this snapshot; the next load of this dataset makes up for a process that died in between.
        formats: Table format by table, where it has one.
        unpublished: Tables with a format whose index may lack the files of a snapshot, by table, and the number of that
            snapshot. It is written after the snapshot, and made up for in the same way.
        since: Number of the snapshot that dropped the dataset as it was before; 0 if it was never dropped.
        work: Which load holds the work of a part of a run, by the key of that work: revision, wish, load_id.
        refused: Letters of tries that began long ago and must not commit any more, as their files were deleted.
        undo: What the last loads did, and which files they replaced, where that is kept; by load id.
        undone: Loads that were undone, each with the load id of its undo.
        of_1x: PyPI dlt 1.x loaded the dataset before this library did.
    """

    number: int = 0
    files: dict[str, list[Entry]] = field(default_factory=dict)
    columns: dict[str, dict[str, ColumnSchema]] = field(default_factory=dict)
    loads: list[JsonObject] = field(default_factory=list)
    versions: list[JsonObject] = field(default_factory=list)
    states: list[JsonObject] = field(default_factory=list)
    outbox: list[Outgoing] = field(default_factory=list)
    formats: dict[str, str] = field(default_factory=dict)
    unpublished: dict[str, int] = field(default_factory=dict)
    since: int = 0
    work: dict[str, WorkRow] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    undo: dict[str, Kept] = field(default_factory=dict)
    undone: dict[str, str] = field(default_factory=dict)
    of_1x: bool = False

    @property
    def is_dataset(self) -> bool:
        """Tell whether the dataset is there: something was loaded since it was dropped."""
        return self.number > self.since or self.of_1x

    def encoded(self) -> bytes:
        """Return the content of its file."""
        # earlier versions of this program do not know all of these, and read a dataset that has none of them
        known = {key: value for key, value in self.__dict__.items() if key not in _LATER or value}
        return orjson.dumps(known, default=str)

    def paths(self) -> set[str]:
        """Return the paths of all data files, also of those that are kept for an undo."""
        kept = (entries for row in self.undo.values() for entries in row["before"].values())
        return {entry["path"] for entries in (*self.files.values(), *kept) for entry in entries}

    def indexed_paths(self) -> set[str]:
        """Return the paths of the files of tables with a format."""
        known = (self.files, *(row["before"] for row in self.undo.values()))
        return {entry["path"] for files in known for table in self.formats for entry in files.get(table, [])}

    def has_load(self, load_id: str) -> bool:
        """Tell whether a load is complete."""
        return any(load["load_id"] == load_id for load in self.loads)


@dataclass
class Change:
    """What one load does to a dataset."""

    add: dict[str, list[Entry]] = field(default_factory=dict)
    replace: dict[str, list[Entry]] = field(default_factory=dict)
    drop: list[str] = field(default_factory=list)
    columns: dict[str, dict[str, ColumnSchema]] = field(default_factory=dict)
    loads: list[JsonObject] = field(default_factory=list)
    versions: list[JsonObject] = field(default_factory=list)
    states: list[JsonObject] = field(default_factory=list)
    outbox: list[Outgoing] = field(default_factory=list)
    forwarded: set[str] = field(default_factory=set)
    formats: dict[str, str] = field(default_factory=dict)
    published: dict[str, int] = field(default_factory=dict)
    work: dict[str, WorkRow] = field(default_factory=dict)
    undo: dict[str, Kept] = field(default_factory=dict)
    undone: dict[str, str] = field(default_factory=dict)
    keeps: int = 0
    """Of how many loads of a schema it stays kept what they replaced; 0 leaves that as it is."""
    states_kept: int = STATES_KEPT
    refused: Sequence[str] = ()
    letters: str = ""
    """Those of the try that makes this change."""
    exclusive: bool = False
    """Whether what was read of the base must still hold, so that another load in between is a clash."""
    watched: str | None = None
    """A pipeline whose state must still be that of the base."""

    def applied_to(self, base: Snapshot) -> Snapshot:
        """Return the next snapshot."""
        files = {table: list(entries) for table, entries in base.files.items() if table not in self.drop}
        columns = {table: dict(found) for table, found in base.columns.items() if table not in self.drop}
        for table, entries in self.replace.items():
            files[table] = list(entries)
        for table, entries in self.add.items():
            files.setdefault(table, []).extend(entries)
        for table, found in self.columns.items():
            columns.setdefault(table, {}).update(found)
        formats = {**base.formats, **self.formats}
        changed = [t for t in formats if files.get(t) != base.files.get(t) or columns.get(t) != base.columns.get(t)]
        known = {(version["schema_name"], version["version_hash"]) for version in base.versions}
        return Snapshot(
            number=base.number + 1,
            files=files,
            columns=columns,
            loads=[*(self._marked(load) for load in base.loads), *self.loads],
            versions=[
                *base.versions,
                *(v for v in self.versions if (v["schema_name"], v["version_hash"]) not in known),
            ],
            states=_with_states(base.states, self.states, self.states_kept),
            outbox=[*(e for e in base.outbox if e["state"][ROW_ID] not in self.forwarded), *self.outbox],
            formats=formats,
            unpublished={
                **{t: number for t, number in base.unpublished.items() if self.published.get(t) != number},
                **dict.fromkeys(changed, base.number + 1),
            },
            since=base.since,
            work={**base.work, **self.work},
            refused=list(dict.fromkeys([*base.refused, *self.refused])),
            undo=self._kept(base),
            undone={**base.undone, **self.undone},
            of_1x=base.of_1x,
        )

    def _marked(self, load: JsonObject) -> JsonObject:
        return {**load, "status": UNDONE} if load["load_id"] in self.undone else load

    def _kept(self, base: Snapshot) -> dict[str, Kept]:
        """Return what is known of the last loads of each schema, without those that were undone."""
        known = {name: row for name, row in base.undo.items() if not self.undone.keys() & row["loads"]}
        for name, row in self.undo.items():
            own = [other for other, kept in known.items() if kept["schema"] == row["schema"] and other != name]
            for other in own[: max(0, len(own) - self.keeps + 1)]:
                del known[other]
            known[name] = row
        return known

    @property
    def rewritten(self) -> set[str]:
        """Return the tables whose files are replaced or dropped."""
        return {*self.replace, *self.drop}

    def is_in(self, snapshot: Snapshot) -> bool:
        """Tell whether a snapshot has all loads of this change, by this very try."""
        return all(load in snapshot.loads for load in self.loads)

    def clash(self, base: Snapshot, found: Snapshot) -> str | None:
        """Return what another load did since the base that makes this change wrong, None if it can go on top."""
        if found.since != base.since:
            return "the dataset was dropped meanwhile"
        if self.letters in found.refused:
            return "this try of a load began so long ago that its files were deleted, as those that killed tries left"
        if self.exclusive:
            return "another load was faster"
        if self.watched is not None and _states_of(self.watched, found) != _states_of(self.watched, base):
            return f"another load of pipeline {self.watched} was faster"
        rewritten = {t for t in self.rewritten if found.files.get(t) != base.files.get(t)}
        made = {t for t in {*self.add, *self.replace, *self.columns} if self._is_other(t, base, found)}
        if rewritten or made:
            return f"another load changed the tables {', '.join(sorted({*rewritten, *made}))} meanwhile"
        return None

    def _is_other(self, table: str, base: Snapshot, found: Snapshot) -> bool:
        """Tell whether another load gave a table another format, or a column another type, than this one found."""
        if table not in found.columns:
            return False
        wanted = {**base.formats, **self.formats}.get(table, _NATIVE)
        there, own = found.columns[table], self.columns.get(table, {})
        retyped = any(name in there and _type_of(there[name]) != _type_of(own[name]) for name in own)
        return retyped or found.formats.get(table, _NATIVE) != wanted


def _type_of(column: ColumnSchema) -> list[object]:
    return [column.get(key) for key in TYPE]


def _with_states(old: Iterable[JsonObject], new: Iterable[JsonObject], keeps: int) -> list[JsonObject]:
    # one that was sent twice is there once
    found = {state[ROW_ID]: state for state in [*old, *new]}
    by_pipeline: dict[str, list[JsonObject]] = {}
    for state in found.values():
        by_pipeline.setdefault(state["pipeline_name"], []).append(state)
    kept: list[JsonObject] = []
    for states in by_pipeline.values():
        kept += sorted(states, key=lambda state: (state["version"], state["created_at"]))[-keeps:]
    return kept


def _states_of(pipeline_name: str, snapshot: Snapshot) -> set[str]:
    return {str(state[ROW_ID]) for state in snapshot.states if state["pipeline_name"] == pipeline_name}


class Snapshots:
    """The snapshots of one dataset.

    Args:
        store: The folder of the dataset.
        before: Tells what another program left there before the first snapshot.
    """

    def __init__(self, store: Store, before: Callable[[], Snapshot] = Snapshot) -> None:
        self._store, self._before = store, before
        self._known: list[int] = []
        self.is_uncertain = False
        """Whether a snapshot was sent and nothing is known of what became of it: it may still arrive."""

    def numbers(self) -> list[int]:
        """Return the numbers that are there, in order."""
        # on a local disk documents that are not finished lie beside them
        found = (re.fullmatch(r"(\d{12})\.json", name) for name in self._store.names(FOLDER))
        return sorted(int(match[1]) for match in found if match)

    def newest(self) -> Snapshot:
        """Return the newest snapshot; before the first load what another program left, or an empty one.

        Raises:
            DestinationTerminalException: it is damaged, or not one of ours.
        """
        while numbers := self.numbers():
            content = self._store.read(_path(numbers[-1]))
            if content is not None:
                return self._parsed(numbers[-1], content)
            # a writer was faster and deleted it with other old ones
        return self._before()

    def read(self, number: int) -> Snapshot | None:
        """Return one snapshot, None if it was deleted."""
        content = self._store.read(_path(number)) if number > 0 else b"{}"
        return None if content is None else self._parsed(number, content)

    def _parsed(self, number: int, content: bytes) -> Snapshot:
        try:
            # a key that is not known is refused: a newer version may have meant by it that files do not count
            return Snapshot(**orjson.loads(content))
        except (TypeError, ValueError) as error:
            raise DestinationTerminalException(
                f"{self._store.full(_path(number))}: this manifest of the dataset cannot be read: {error}. Put it back "
                "from a backup; or, if a newer version of dlt wrote it, use that one."
            ) from error

    def commit(self, base: Snapshot, change: Change) -> Snapshot:
        """Write the next snapshot; when another load was faster, on top of that one. Return the newest one.

        Nothing is written if another try of the same load was faster.

        Raises:
            DestinationTransientException: the other load touched tables that this one rewrites.
        """
        while True:
            # anew in each round: another load may have gone in between
            after = change.applied_to(base)
            # until it is known whether it arrived, no file that it may name is deleted
            self.is_uncertain = True
            failpoints.point("filesystem.before_put")
            is_written = self._store.put_if_absent(_path(after.number), after.encoded())
            failpoints.point("filesystem.after_put")
            if is_written:
                self._known = self.numbers()
                if self._known[-1:] in ([], [after.number]):
                    self.is_uncertain = False
                    return after
            # another one has this number, or had it: a writer that slept long can fill the gap of one that was deleted
            found = self.newest()
            self.is_uncertain = False
            if any(found.has_load(load["load_id"]) for load in change.loads):
                return found
            clash = change.clash(base, found)
            if clash is not None:
                raise DestinationTransientException(
                    f"{self._store.root}: {clash}. Run this load again.", kind="clash", clash=change.exclusive
                )
            base = found

    def drop(self) -> None:
        """Write that the dataset is gone, so that a load that began before does not bring a part of it back."""
        while True:
            found = self.newest()
            number = found.number + 1
            if self._store.put_if_absent(_path(number), Snapshot(number=number, since=number).encoded()):
                # only now: at every moment there is a newest one to be read
                self._store.delete(_path(old) for old in self.numbers() if old < number)
                return

    def prune(self) -> None:
        """Delete old snapshots, as the last commit saw them."""
        self._store.delete(_path(number) for number in self._known[:-KEPT])


def _path(number: int) -> str:
    return f"{FOLDER}/{number:012d}.json"
