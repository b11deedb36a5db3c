"""The cursor of an incremental: where it stands in the state of a pipeline, and how far it went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Protocol, TypedDict, cast

from dlt.io.codec import REST, decode
from dlt.late_dataclass import dataclass
from dlt.states.model import State

_RESOURCES, _INCREMENTAL = "resources", "incremental"

Path = tuple[object, ...]
"""The keys that lead to a value of a state."""


class _Ordered(Protocol):
    def __gt__(self, other: object, /) -> bool: ...


class CursorState(TypedDict):
    """A cursor as it is kept in the state of its resource, where programs look at it."""

    initial_value: object
    last_value: object
    unique_hashes: list[str]


@dataclass(frozen=True)
class CursorKey:
    """Whose cursor it is: of a field, in the rows of a resource."""

    source: str
    resource: str
    cursor_path: str

    @property
    def path(self) -> Path:
        """Return the keys that lead to it."""
        return "sources", self.source, _RESOURCES, self.resource, _INCREMENTAL, self.cursor_path

    @classmethod
    def of(cls, path: Sequence[object]) -> CursorKey | None:
        """Return whose cursor stands at a path; None if there is none."""
        if len(path) != 6 or (path[0], path[2], path[4]) != ("sources", _RESOURCES, _INCREMENTAL):
            return None
        return cls(str(path[1]), str(path[3]), str(path[5]))


@dataclass(frozen=True)
class Cursor:
    """How far an incremental went.

    Attributes:
        last_value: The value that it reached; None at the start.
        initial_value: Where it began.
        unique_hashes: Stand for the rows at the last value that were taken.
    """

    last_value: object = None
    initial_value: object = None
    unique_hashes: tuple[str, ...] = ()
    rest: Mapping[str, object] = field(default_factory=dict, metadata=REST)

    @classmethod
    def read(cls, state: Mapping[str, object]) -> Cursor:
        """Return the cursor that a state holds.

        Raises:
            Damaged: it holds something else.
        """
        return decode(cls, state)


def cursor_in(resource_state: State, cursor_path: str, fresh: CursorState) -> CursorState:
    """Return the cursor that the state of a resource holds, put there where there is none.

    Args:
        resource_state: State of the resource.
        cursor_path: Field of the cursor.
        fresh: A cursor that stands at its start.
    """
    # kept in the user's own state: programs look at it and reset it there
    found: CursorState = resource_state.setdefault(_INCREMENTAL, {}).setdefault(cursor_path, fresh)
    return found


def cursors_of(source_state: State, resource: str) -> Mapping[str, object]:
    """Return the cursors of a resource by their fields.

    Args:
        source_state: State of its source.
        resource: Its name.
    """
    return ((source_state.get(_RESOURCES) or {}).get(resource) or {}).get(_INCREMENTAL) or {}


def cursors(state: State) -> Iterator[tuple[CursorKey, Cursor]]:
    """Yield all cursors of the state of a pipeline.

    Args:
        state: The state.
    """
    for source, source_state in (state.get("sources") or {}).items():
        for resource in source_state.get(_RESOURCES) or {}:
            for path, found in cursors_of(source_state, resource).items():
                if isinstance(found, Mapping):
                    yield CursorKey(source, resource, path), Cursor.read(found)


def other_keys(resource_state: State) -> State:
    """Return what the state of a resource holds beside its cursors."""
    return {key: value for key, value in resource_state.items() if key != _INCREMENTAL}


def further(base: object, first: Mapping[str, object], second: Mapping[str, object]) -> Mapping[str, object]:
    """Return which of two cursors went further; rows at equal ones are remembered from both.

    Args:
        base: Where both started from.
        first: A cursor, as the state has it.
        second: Another one.

    Raises:
        Damaged: one of them is no cursor.
    """
    one, other = Cursor.read(first), Cursor.read(second)
    # rows at this value may have come by either of them, so none of them may come again
    if one.last_value == other.last_value:
        hashes = list(dict.fromkeys((*one.unique_hashes, *other.unique_hashes)))
        return {**first, "unique_hashes": hashes}
    # a cursor that never began says nothing of where the other one should be
    if one.last_value is None or other.last_value is None:
        return second if one.last_value is None else first
    # the state does not say whether the cursor seeks the largest or the smallest value: where both came from does
    start = Cursor.read(base).last_value if isinstance(base, Mapping) else None
    falling = start is not None and not _is_larger(one, start) and not _is_larger(other, start)
    return first if _is_larger(one, other.last_value) != falling else second


def went_back(base: object, now: Mapping[str, object], value: Mapping[str, object]) -> bool:
    """Tell whether a cursor went back since an extract started from it, as an undo or a refresh lets it.

    The extract saw none of the rows between where the cursor is now and where the extract started.

    Args:
        base: The cursor that the extract started from.
        now: The cursor as it is now.
        value: The cursor that the extract left.

    Raises:
        Damaged: one of them is no cursor.
    """
    start = Cursor.read(base).last_value if isinstance(base, Mapping) else None
    here, there = Cursor.read(now), Cursor.read(value)
    if start is None or None in (here.last_value, there.last_value):
        return False
    # cursors of one field move in one direction, which the state does not say
    return start not in (here.last_value, there.last_value) and _is_larger(here, start) != _is_larger(there, start)


def _is_larger(cursor: Cursor, value: object) -> bool:
    return cast("_Ordered", cursor.last_value) > value
