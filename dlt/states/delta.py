"""What an extract changed in the state, as a value that is applied to whatever the state is by then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from typing import Any

from dlt.errors import StaleExtract
from dlt.ids import digest_id
from dlt.io import typed_json
from dlt.states.model import bump, new_state

MISSING = object()
"""Stands for a value that is absent."""
Change = dict[str, Any]
"""path, value and base of one change; a key that is absent stands for a value that is absent."""


def difference(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Return what leads from one state to another; versions and what is local stay out.

    A cursor of an incremental is one value: its parts never change apart.

    Args:
        before: State that the extract started from.
        after: State that it left.
    """
    return [
        change
        for key in sorted({*before, *after})
        if key not in ("_state_version", "_version_hash", "_local")
        for change in _changes((key,), before.get(key, MISSING), after.get(key, MISSING))
    ]


def _changes(path: tuple[str, ...], before: Any, after: Any) -> Iterator[Change]:
    if isinstance(after, dict) and after and not _is_cursor(path) and (before is MISSING or isinstance(before, dict)):
        known: dict[str, Any] = before if isinstance(before, dict) else {}
        for key in sorted({*known, *after}, key=str):
            yield from _changes((*path, key), known.get(key, MISSING), after.get(key, MISSING))
    elif before is MISSING and after == {}:
        # who only looks makes empty dicts
        return
    elif before is MISSING or after is MISSING or before != after:
        change: Change = {"path": list(path)}
        if before is not MISSING:
            change["base"] = before
        if after is not MISSING:
            change["value"] = after
        yield change


def _is_cursor(path: tuple[str, ...]) -> bool:
    return len(path) == 6 and path[0] == "sources" and path[4] == "incremental"


def combined(deltas: Iterable[list[Change]]) -> list[Change]:
    """Return the changes of several extracts that started from one state.

    Raises:
        StaleExtract: two of them gave one key different values.
    """
    found: dict[tuple[str, ...], Change] = {}
    for delta in deltas:
        for change in delta:
            path = tuple(change["path"])
            known = found.setdefault(path, change)
            if known is not change and known.get("value", MISSING) != change.get("value", MISSING):
                found[path] = _joined(path, known, change)
    return list(found.values())


def _joined(path: tuple[str, ...], first: Change, second: Change) -> Change:
    if path == ("schema_names",):
        return {**first, "value": sorted({*first["value"], *second["value"]})}
    if _is_cursor(path) and "value" in first and "value" in second:
        return {**first, "value": _further(first.get("base"), first["value"], second["value"])}
    if len(path) == 1:
        return first
    raise StaleExtract(
        f"state {'.'.join(path)}: two parts of one run gave it different values. Let each part write keys of its own, "
        "or extract them in one task."
    )


def _further(base: Any, first: Any, second: Any) -> Any:
    """Return the cursor that went further from the base; rows at equal cursors are remembered from both."""
    start = (base or {}).get("last_value")
    ends = first.get("last_value"), second.get("last_value")
    if ends[0] == ends[1]:
        hashes = [*first.get("unique_hashes", []), *second.get("unique_hashes", [])]
        return {**first, "unique_hashes": list(dict.fromkeys(hashes))}
    if ends[0] is None or ends[1] is None:
        return second if ends[0] is None else first
    falling = start is not None and ends[0] <= start and ends[1] <= start
    return first if (ends[0] > ends[1]) != falling else second


def fingerprints(delta: Iterable[Change]) -> list[list[str]]:
    """Return path, hash before and hash after of each change below the top: small, whatever the values are.

    A cursor has the hash before in both places: when it stands where the extract left it, another run moved it there.
    """
    found = []
    for change in delta:
        path = change["path"]
        if len(path) > 1:
            before, after = (_hash(change.get(key, MISSING)) for key in ("base", "value"))
            found.append([typed_json.dumps(path), before, before if _is_cursor(tuple(path)) else after])
    return found


def stale_changes(current: dict[str, Any], prints: Iterable[Sequence[str]]) -> list[str]:
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


def _hash(value: Any) -> str:
    return "" if value is MISSING else digest_id(typed_json.dumps(value))


def apply(
    current: dict[str, Any] | None, delta: Iterable[Change], pipeline_name: str, repeatable: bool
) -> dict[str, Any] | None:
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
    state = deepcopy(current) if current is not None else new_state(pipeline_name)
    for change in delta:
        path = tuple(change["path"])
        now, value = get(state, path), change.get("value", MISSING)
        if now == value and (repeatable or not _is_cursor(path)):
            continue
        # a cursor that is there already was moved by another run, which loaded the same rows
        if path == ("schema_names",):
            value = sorted({*(now or []), *value})
        elif len(path) == 1:
            value = now if path[0] == "default_schema_name" and now else value
        elif now != change.get("base", MISSING):
            if not (repeatable and _is_cursor(path) and isinstance(now, dict) and isinstance(value, dict)):
                raise StaleExtract(
                    f"pipeline {pipeline_name}: {'.'.join(path)} changed at the destination since this run extracted: "
                    "another run loaded in between, and loading this one as well could repeat its rows. Run the "
                    "extract task again (in Airflow: clear it with its downstream tasks), or let one run at a time "
                    "work on the pipeline.",
                    pipeline_name=pipeline_name,
                )
            value = _further(change.get("base"), now, value)
        put(state, path, value)
    return state if bump(state) else None


def with_changes(state: dict[str, Any], delta: Iterable[Change]) -> dict[str, Any]:
    """Return a state with changes made, whatever was in their places; names of schemas are joined."""
    found = deepcopy(state)
    for change in delta:
        path, value = tuple(change["path"]), change.get("value", MISSING)
        if path == ("schema_names",):
            value = sorted({*(found.get("schema_names") or []), *value})
        elif len(path) == 1 and found.get(path[0]) is not None:
            continue
        put(found, path, value)
    return found


def get(state: Any, path: Sequence[str]) -> Any:
    """Return the value at a path, `MISSING` if there is none."""
    for key in path:
        if not isinstance(state, dict) or key not in state:
            return MISSING
        state = state[key]
    return state


def put(state: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Set the value at a path; `MISSING` removes it."""
    for key in path[:-1]:
        state = state.setdefault(key, {})
    if value is MISSING:
        state.pop(path[-1], None)
    else:
        state[path[-1]] = deepcopy(value)


def encode_delta(delta: list[Change]) -> str:
    """Return the text that stands in a package's manifest."""
    return typed_json.dumps(delta)


def decode_delta(text: str) -> list[Change]:
    """Return the changes from their text."""
    found: list[Change] = typed_json.loads(text)
    return found
