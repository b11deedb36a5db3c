"""What an extract changed in the state, as a value that is applied to whatever the state is by then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Final, cast

from dlt.errors import StaleExtract
from dlt.ids import digest_id
from dlt.io import typed_json
from dlt.io.codec import ABSENT, decode, encode
from dlt.io.sealed import Damaged
from dlt.late_dataclass import dataclass
from dlt.states.cursor import CursorKey, Path, further, went_back
from dlt.states.model import State, bump, new_state

_SCHEMA_NAMES: Path = ("schema_names",)
OTHER: Final = object()
"""Stands for a value that is none of a place: on the way there is one that is no dict, which someone else put there."""


@dataclass(frozen=True)
class Change:
    """What an extract changed at one place of the state.

    Attributes:
        path: The keys that lead to the place.
        base: What was there before.
        value: What is there now.
    """

    path: Path
    base: object = ABSENT
    value: object = ABSENT

    @property
    def cursor(self) -> CursorKey | None:
        """Return whose cursor it is, if it is one."""
        return CursorKey.of(self.path)

    @property
    def is_deep(self) -> bool:
        """Tell whether it is of a source, and not of the pipeline as a whole."""
        return len(self.path) > 1

    def __str__(self) -> str:
        return ".".join(map(str, self.path))


def difference(before: State, after: State) -> list[Change]:
    """Return what leads from one state to another; versions and what is local stay out.

    A cursor of an incremental is one value: its parts never change apart.

    Args:
        before: State that the extract started from.
        after: State that it left.
    """
    return [
        change
        for key in sorted({*before, *after})
        # these follow from the rest, or belong to one folder only
        if key not in ("_state_version", "_version_hash", "_local")
        for change in _changes((key,), before.get(key, ABSENT), after.get(key, ABSENT))
    ]


def _changes(path: Path, before: object, after: object) -> Iterator[Change]:
    is_opened = isinstance(after, dict) and after and CursorKey.of(path) is None
    if is_opened and isinstance(after, dict) and (before is ABSENT or isinstance(before, dict)):
        known = before if isinstance(before, dict) else {}
        for key in sorted({*known, *after}, key=str):
            yield from _changes((*path, key), known.get(key, ABSENT), after.get(key, ABSENT))
    elif before is ABSENT and after == {}:
        # who only looks makes empty dicts
        return
    elif before is ABSENT or after is ABSENT or before != after:
        yield Change(path, before, after)


def combined(deltas: Iterable[Iterable[Change]]) -> list[Change]:
    """Return the changes of several extracts that started from one state.

    Raises:
        StaleExtract: two of them gave one key different values.
    """
    found: dict[Path, Change] = {}
    for delta in deltas:
        for change in delta:
            known = found.setdefault(change.path, change)
            if known is not change and known.value != change.value:
                found[change.path] = _joined(known, change)
    return list(found.values())


def _joined(first: Change, second: Change) -> Change:
    if first.path == _SCHEMA_NAMES:
        return replace(first, value=sorted({*_names(first.value), *_names(second.value)}))
    if first.cursor is not None and isinstance(first.value, dict) and isinstance(second.value, dict):
        return replace(first, value=further(first.base, first.value, second.value))
    # names of pipeline and destination are the same in all parts of a run
    if not first.is_deep:
        return first
    raise StaleExtract(
        f"state {first}: two parts of one run gave it different values. Let each part write keys of its own, "
        "or extract them in one task."
    )


def _names(value: object) -> list[str]:
    return [str(name) for name in value] if isinstance(value, (list, tuple)) else []


def fingerprints(delta: Iterable[Change]) -> list[list[str]]:
    """Return path, hash before and hash after of each change below the top: small, whatever the values are.

    A cursor has the hash before in both places: when it stands where the extract left it, another run moved it there.
    """
    found = []
    for change in delta:
        if change.is_deep:
            before, after = _hash(change.base), _hash(change.value)
            is_cursor = change.cursor is not None
            # a path as JSON, as a key may have dots in it
            found.append([typed_json.dumps(list(change.path)), before, before if is_cursor else after])
    return found


def stale_changes(current: State, prints: Iterable[Sequence[str]]) -> list[str]:
    """Return the keys that are neither as the extract found them nor, but for cursors, as it left them.

    Args:
        current: State as it is now.
        prints: What `fingerprints` gave.
    """
    found = []
    for path, before, after in prints:
        keys = typed_json.loads(path)
        if _hash(get(current, keys)) not in (before, after):
            found.append(".".join(map(str, keys)))
    return found


def _hash(value: object) -> str:
    # a hash, because a token of a task must stay small and may be shown
    return "" if value is ABSENT else "other" if value is OTHER else digest_id(typed_json.dumps(value))


def apply(current: State | None, delta: Iterable[Change], pipeline_name: str, repeatable: bool) -> State | None:
    """Return the state with the changes made, and its version counted; None if nothing changes.

    Args:
        current: State as it is at the destination; None before the first load.
        delta: What the extract changed.
        pipeline_name: Name of the pipeline.
        repeatable: Rows that were loaded already do no harm when they come again, as with merge: then of two cursors
            the further one counts.

    Raises:
        StaleExtract: another run changed the same keys since the extract.
    """
    # changed as a whole or not at all: the caller's state stays what it was until the commit
    state = deepcopy(current) if current is not None else new_state(pipeline_name)
    for change in delta:
        now, value, is_cursor = get(state, change.path), change.value, change.cursor is not None
        # a retry that finds its own change done has nothing to do
        if now == value and (repeatable or not is_cursor):
            continue
        # a cursor that is there already was moved by another run, which loaded the same rows
        if change.path == _SCHEMA_NAMES:
            value = sorted({*_names(now), *_names(value)})
        elif not change.is_deep:
            # the first schema of a pipeline stays its default one, whichever run comes later
            value = now if change.path == ("default_schema_name",) and now and now is not ABSENT else value
        elif now != change.base:
            # rows that were taken back since are behind the cursor that this extract started from
            if not (repeatable and is_cursor and isinstance(now, dict) and isinstance(value, dict)) or went_back(
                change.base, now, value
            ):
                raise StaleExtract(
                    f"pipeline {pipeline_name}: {change} changed at the destination since this run extracted: "
                    "another run loaded in between, and loading this one as well could repeat its rows. Run the "
                    "extract task again (in Airflow: clear it with its downstream tasks), or let one run at a time "
                    "work on the pipeline.",
                    pipeline_name=pipeline_name,
                )
            value = further(change.base, now, value)
        put(state, change.path, value)
    return state if bump(state) else None


def with_changes(state: State, delta: Iterable[Change]) -> State:
    """Return a state with changes made, whatever was in their places; names of schemas are joined."""
    found = deepcopy(state)
    for change in delta:
        value = change.value
        if change.path == _SCHEMA_NAMES:
            value = sorted({*_names(found.get("schema_names")), *_names(value)})
        elif not change.is_deep and get(found, change.path) not in (None, ABSENT):
            continue
        put(found, change.path, value)
    return found


def get(state: object, path: Iterable[object]) -> object:
    """Return the value at a path; `ABSENT` if there is none, `OTHER` if something else is in its way."""
    for key in path:
        if not isinstance(state, dict):
            return OTHER
        if key not in state:
            return ABSENT
        state = state[key]
    return state


def put(state: State, path: Path, value: object) -> None:
    """Set the value at a path, in place of what is on the way and no dict; `ABSENT` removes it."""
    place: dict[object, object] = cast("dict[object, object]", state)
    for key in path[:-1]:
        if not isinstance(place.get(key), dict):
            place[key] = {}
        place = cast("dict[object, object]", place[key])
    if value is ABSENT:
        place.pop(path[-1], None)
    else:
        place[path[-1]] = deepcopy(value)


def encode_delta(delta: Iterable[Change]) -> str:
    """Return the text that stands in a package's manifest."""
    return typed_json.dumps([encode(change) for change in delta])


def decode_delta(text: str) -> list[Change]:
    """Return the changes from their text.

    Raises:
        Damaged: it is not what `encode_delta` gave.
    """
    try:
        found = typed_json.loads(text)
    except (ValueError, TypeError, LookupError, ArithmeticError) as error:
        raise Damaged(f"its state_delta is not JSON ({error})") from error
    if not isinstance(found, list):
        raise Damaged(f"its state_delta is {type(found).__name__}, not a list")
    return [decode(Change, each) for each in found]
