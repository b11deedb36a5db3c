"""Give packages up: they go, and what their extracts changed in state and schemas goes back, all of it or nothing.

A journal with the load ids is written first. Everything after it may be done again, so that a process that is killed
in between leaves the rest to the next one.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from copy import deepcopy
from dataclasses import replace

from dlt.errors import LoadPackageNotFound, PackageCorrupt, WorkingFolderDamaged
from dlt.io import atomic, failpoints, typed_json
from dlt.io.codec import ABSENT, Document
from dlt.io.sealed import Damaged
from dlt.late_dataclass import dataclass
from dlt.packages.package import JOURNAL, STATE, LoadPackage
from dlt.packages.undo import Undo, overlap, reverted_schema, reverted_state
from dlt.packages.workdir import Workdir
from dlt.schema.schema import Schema
from dlt.states.delta import Change, difference, encode_delta, put
from dlt.states.model import State, bump, content_hash, new_state

PENDING = ("extracted", "normalized")


@dataclass(frozen=True)
class Journal:
    """Load ids of the packages that are being given up."""

    load_ids: tuple[str, ...]


JOURNAL_DOCUMENT = Document(Journal, "the journal of packages that are given up")


@dataclass(frozen=True)
class Waiting:
    """A package that waits, with what is known of its extract.

    Attributes:
        undo: What giving it up takes back; None where nobody knows.
        is_copy: It is the copy of another package, or of another pipeline: only its files go.
    """

    package: LoadPackage
    undo: Undo | None
    is_copy: bool = False

    @property
    def extract(self) -> str | None:
        """Return the id of its extract, which packages of several schemas share."""
        return self.undo.extract if self.undo is not None else None

    @property
    def changes(self) -> tuple[Change, ...]:
        """Return what its extract changed in the state."""
        return self.undo.state if self.undo is not None else ()


def with_followers(workdir: Workdir, load_ids: Collection[str]) -> list[str]:
    """Return the load ids of packages that go when some are given up: also those that build on their state.

    A later package whose extract went on from where one of them ended would leave a gap.

    Raises:
        LoadPackageNotFound: one of them does not wait.
    """
    waiting = list(_waiting(workdir))
    known = {one.package.load_id for one in waiting}
    if missing := [load_id for load_id in load_ids if load_id not in known]:
        raise LoadPackageNotFound(
            f"{workdir.path}: no package {', '.join(missing)} waits to be normalized or loaded. "
            f"Waiting: {', '.join(sorted(known)) or 'none'}.",
            load_id=missing[0],
        )
    chosen: list[Waiting] = []
    for one in waiting:
        if one.package.load_id in load_ids or any(_builds_on(one, earlier) for earlier in chosen):
            chosen.append(one)
    return [one.package.load_id for one in chosen]


def _builds_on(later: Waiting, earlier: Waiting) -> bool:
    if earlier.is_copy or later.is_copy:
        return False
    if earlier.undo is None:
        # nobody knows what it changed
        return True
    return overlap(earlier.changes, later.changes)


def abandon(workdir: Workdir, load_ids: Collection[str]) -> list[str]:
    """Give packages up, with those that build on them.

    Args:
        workdir: The working folder; what killed processes left was tidied up.
        load_ids: Packages that wait.

    Returns:
        The load ids of all that went.

    Raises:
        LoadPackageNotFound: one of them does not wait.
    """
    chosen = with_followers(workdir, load_ids)
    if chosen:
        journal = os.path.join(workdir.path, JOURNAL)
        atomic.write_bytes(journal, JOURNAL_DOCUMENT.dump(Journal(tuple(chosen))))
        _carry_out(workdir, chosen)
        os.unlink(journal)
        atomic.sync_folder(workdir.path)
    return chosen


def finish(workdir: Workdir) -> None:
    """Carry on where a process was killed that gave packages up.

    Raises:
        WorkingFolderDamaged: the journal is not what was written.
    """
    path = os.path.join(workdir.path, JOURNAL)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        load_ids = JOURNAL_DOCUMENT.load(data, path).load_ids
    except Damaged as error:
        raise WorkingFolderDamaged(
            f"{path}: {error}. It said which packages were being given up when a process was killed. Delete this file, "
            f"then give them up again: dlt pipeline {workdir.name} drop-pending-packages (in Python: "
            "pipeline.drop_pending_packages()). Their rows come again with the next extract.",
            path=path,
        ) from error
    _carry_out(workdir, load_ids)
    os.unlink(path)
    atomic.sync_folder(workdir.path)


def _carry_out(workdir: Workdir, load_ids: Collection[str]) -> None:
    waiting = list(_waiting(workdir))
    going = [one for one in waiting if one.package.load_id in load_ids]
    real = [one for one in going if not one.is_copy]
    staying = [one for one in waiting if one.package.load_id not in load_ids and not one.is_copy]
    if real:
        _rewrite_staying(workdir, real, staying)
        _revert_schemas(workdir, real, staying)
        state = workdir.read_state()
        if state is not None:
            workdir.write_state(_state_without(workdir, state, real, staying))
    # the packages go last: what is taken back is known from them, should this be done once more
    failpoints.point("abandon.reverted")
    for one in going:
        workdir.remove(one.package)
    failpoints.point("abandon.removed")


def _waiting(workdir: Workdir) -> Iterator[Waiting]:
    """Yield the packages that wait, in the order in which they were extracted."""
    found = [package for stage in ("normalized", "extracted") for package in workdir.packages(stage)]
    found.sort(key=lambda package: workdir.order(package.load_id))
    known = {p.load_id for stage in ("loaded", *PENDING) for p in workdir.packages(stage)}
    before = _last_loaded_state(workdir)
    for package in found:
        if workdir.is_copy(package, known):
            yield Waiting(package, None, is_copy=True)
            continue
        yield Waiting(package, package.undo or _guessed(workdir, package, before, found))
        before = _state_of(package) or before


def _state_of(package: LoadPackage) -> State | None:
    try:
        return package.state
    except PackageCorrupt:
        return None


def _last_loaded_state(workdir: Workdir) -> State | None:
    loaded = workdir.packages("loaded")
    state = next((found for package in reversed(loaded) if (found := _state_of(package))), None)
    if state is None and not loaded:
        here = workdir.read_state()
        if here is None or here.get("_local", {}).get("first_run", True):
            return new_state(workdir.name)
    return state


def _guessed(workdir: Workdir, package: LoadPackage, before: State | None, all_: list[LoadPackage]) -> Undo | None:
    """Return what a package of an earlier release, or a damaged one, changed, by the states of those before it."""
    if not _carries_state(package):
        return _no_undo(before)
    after = _state_of(package)
    if after is None and package is all_[-1]:
        after = workdir.read_state()
    if after is None or before is None:
        return None
    return replace(_no_undo(before), state=tuple(difference(before, after)))


def _carries_state(package: LoadPackage) -> bool:
    try:
        return package.manifest.has_state or os.path.exists(os.path.join(package.path, STATE))
    except PackageCorrupt:
        return True


def _no_undo(before: State | None) -> Undo:
    known = before or {}
    return Undo(state_version=int(known.get("_state_version") or 0), version_hash=known.get("_version_hash"))


def _state_without(workdir: Workdir, state: State, going: list[Waiting], staying: list[Waiting]) -> State:
    """Return the pipeline's state once packages are gone."""
    found = deepcopy(state)
    for one in reversed(going):
        # the last one first: each of them goes back to what it had found
        found = reverted_state(found, one.changes)
    local = found.setdefault("_local", {})
    if any(one.undo is None for one in going):
        # the destination knows what was loaded
        local["resync"] = True
    _forget_schemas(found, going, staying)
    first = going[0].undo
    if content_hash(found) == content_hash(state):
        return found
    if first is not None and _hash_before(first, workdir) == content_hash(found):
        found["_state_version"], found["_version_hash"] = first.state_version, first.version_hash
    else:
        bump(found)
        # no package brings this content to the destination: the next one does
        local["unsent"] = True
    return found


def _hash_before(undo: Undo, workdir: Workdir) -> str:
    """Return the hash of the state before an extract; that of a pipeline that never ran has none yet."""
    return str(undo.version_hash or content_hash(new_state(workdir.name)))


def _forget_schemas(state: State, going: list[Waiting], staying: list[Waiting]) -> None:
    """Take the names out that are not to be looked for at the destination: nothing of these schemas was loaded."""
    gone = _new_schemas(going, staying)
    state["schema_names"] = [name for name in state.get("schema_names") or [] if name not in gone]
    if not staying and state.get("_local", {}).get("first_run", True):
        # nothing was loaded and nothing waits: the pipeline goes anywhere
        state.get("_local", {}).pop("place", None)
        for one in reversed(going):
            for change in one.changes:
                if not change.is_deep and change.path != ("schema_names",):
                    put(state, change.path, None if change.base is ABSENT else change.base)


def _new_schemas(going: list[Waiting], staying: list[Waiting]) -> set[str | None]:
    new = {one.undo.schema_name for one in going if one.undo is not None and one.undo.new_schema}
    return new - {one.undo.schema_name if one.undo is not None else None for one in staying}


def _rewrite_staying(workdir: Workdir, going: list[Waiting], staying: list[Waiting]) -> None:
    """Take the changes out of the states of packages that stay, and let one of them bring what another was to bring."""
    for one in staying:
        same = [gone for gone in going if one.extract is not None and gone.extract == one.extract]
        place = workdir.order(one.package.load_id)
        earlier = [gone for gone in going if gone in same or workdir.order(gone.package.load_id) < place]
        brings = next((w.package for w in (one, *same) if _carries_state(w.package)), None)
        others = [w for w in staying if w is not one and one.extract is not None and w.extract == one.extract]
        if brings is None or (brings is not one.package and any(_takes_over(w, one) for w in others)):
            continue
        before = _state_of(brings)
        if before is None:
            continue
        after = reverted_state(before, [change for gone in reversed(earlier) for change in gone.changes])
        _forget_schemas(after, earlier, staying)
        if after == before and brings is one.package:
            continue
        after["_version_hash"] = content_hash(after)
        manifest = replace(one.package.manifest, has_state=True)
        if brings.state_delta is not None:
            delta = _delta_without(brings.state_delta, same, _new_schemas(earlier, staying))
            manifest = replace(manifest, state_delta=encode_delta(delta))
        workdir.write_into(one.package, STATE, typed_json.dumps(after).encode())
        workdir.record(one.package, manifest)


def _takes_over(other: Waiting, one: Waiting) -> bool:
    """Tell whether another package of the extract brings its state: one that does already, or a later one."""
    return _carries_state(other.package) or other.package.load_id > one.package.load_id


def _delta_without(delta: list[Change], gone: list[Waiting], schemas: set[str | None]) -> list[Change]:
    paths = {change.path for one in gone for change in one.changes if change.is_deep}
    return [
        replace(change, value=[name for name in change.value if name not in schemas])
        if change.path == ("schema_names",) and isinstance(change.value, (list, tuple))
        else change
        for change in delta
        if change.path not in paths
    ]


def _revert_schemas(workdir: Workdir, going: list[Waiting], staying: list[Waiting]) -> None:
    for one in reversed(going):
        tables = one.undo.tables if one.undo is not None else None
        if not tables:
            continue
        try:
            if one.package.manifest.tried:
                # its tables and columns may be at a destination that cannot take them back
                continue
            left = one.package.schema
            current = workdir.read_schema(left.name)
        except (PackageCorrupt, WorkingFolderDamaged, KeyError):
            # the schema stays as it is: columns that no row fills do no harm
            continue
        found = reverted_schema(current, left, tables, list(_schemas_of(left.name, workdir, staying)))
        if found is not None:
            workdir.write_schema(found)


def _schemas_of(name: str, workdir: Workdir, staying: Iterable[Waiting]) -> Iterator[Schema]:
    packages = [*workdir.packages("loaded")[-20:], *(one.package for one in staying)]
    for package in packages:
        try:
            if package.schema_name == name:
                yield package.schema
        except PackageCorrupt:
            continue
