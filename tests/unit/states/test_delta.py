"""State deltas: what one extract changed, applied to whatever the state is by then."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import StaleExtract
from dlt.states.delta import (
    apply,
    combined,
    decode_delta,
    difference,
    encode_delta,
    fingerprints,
    stale_changes,
)
from dlt.states.model import new_state

VALUES = st.none() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=3)
NESTED = st.recursive(VALUES, lambda inner: st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=8)
SOURCES = st.dictionaries(st.text(max_size=3), st.dictionaries(st.text(max_size=3), NESTED, max_size=3), max_size=3)


def state(sources: Any) -> dict[str, Any]:
    """Return a state with these sources."""
    return {**new_state("p"), "sources": sources}


def without_empty(value: Any) -> Any:
    """Return a value without dicts that hold nothing: whoever looks for a key makes them."""
    if not isinstance(value, dict):
        return value
    found = {key: without_empty(item) for key, item in value.items()}
    return {key: item for key, item in found.items() if item != {}}


@given(SOURCES, SOURCES)
def test_a_delta_leads_from_one_state_to_the_other(before: Any, after: Any) -> None:
    """The delta of two states, sent as text and applied to the first, gives the second."""
    first, second = state(before), state(after)
    kept = deepcopy(first)
    delta = decode_delta(encode_delta(difference(first, second)))
    found = apply(first, delta, "p", False) or first
    assert without_empty(found["sources"]) == without_empty(second["sources"])
    assert first == kept
    assert not stale_changes(first, fingerprints(delta)) and not stale_changes(found, fingerprints(delta))


@given(SOURCES, SOURCES)
def test_a_delta_that_was_applied_changes_nothing_more(before: Any, after: Any) -> None:
    """A load that is repeated leaves the state, and its version, as they are."""
    delta = difference(state(before), state(after))
    once = apply(state(before), delta, "p", False)
    if once is not None:
        assert apply(once, delta, "p", False) is None


@given(st.lists(st.dictionaries(st.text(max_size=3), NESTED, max_size=3), min_size=2, max_size=4))
def test_parts_that_write_keys_of_their_own_are_all_kept(parts: Any) -> None:
    """Fan-out: whatever each resource wrote is in the state, whatever the order."""
    base = state({})
    deltas = [difference(base, state({"s": {"resources": {f"r{n}": part}}})) for n, part in enumerate(parts)]
    found = apply(base, combined(deltas), "p", False) or base
    reverse = apply(base, combined(reversed(deltas)), "p", False) or base
    wanted = {f"r{n}": part for n, part in enumerate(parts)}
    assert without_empty(found.get("sources", {})) == without_empty({"s": {"resources": wanted}})
    assert without_empty(found) == without_empty(reverse)


def cursor(value: Any, *hashes: str) -> Any:
    """Return a state in which a cursor stands at a value."""
    unit = {"initial_value": 0, "last_value": value, "unique_hashes": list(hashes)}
    return state({"s": {"resources": {"r": {"incremental": {"id": unit}}}}})


def position(found: Any) -> Any:
    """Return the cursor of a state."""
    return found["sources"]["s"]["resources"]["r"]["incremental"]["id"]


def test_a_cursor_that_another_run_moved_is_a_conflict() -> None:
    """Appended rows could come twice, so the load is refused and says what to do."""
    delta = difference(cursor(1), cursor(5))
    # at 5 too: whoever moved it there loaded the same rows
    for theirs in (9, 5):
        with pytest.raises(StaleExtract, match=r"sources\.s\.resources\.r\.incremental\.id changed.*clear it with its"):
            apply(cursor(theirs), delta, "p", False)
        assert stale_changes(cursor(theirs), fingerprints(delta)) == ["sources.s.resources.r.incremental.id"]
    assert not stale_changes(cursor(1), fingerprints(delta))


@pytest.mark.parametrize(("start", "ours", "theirs", "kept"), [(1, 5, 9, 9), (1, 9, 5, 9), (9, 5, 3, 3), (9, 3, 5, 3)])
def test_of_two_cursors_the_further_one_stays(start: int, ours: int, theirs: int, kept: int) -> None:
    """Merge may load rows twice: the cursor never moves back, whichever way it moves."""
    found = apply(cursor(theirs), difference(cursor(start), cursor(ours)), "p", True) or cursor(theirs)
    assert position(found)["last_value"] == kept


def test_rows_at_equal_cursors_are_remembered_from_both() -> None:
    """Boundary rows that either run saw are not loaded again."""
    found = apply(cursor(5, "a"), difference(cursor(1), cursor(5, "b")), "p", True)
    assert sorted(position(found)["unique_hashes"]) == ["a", "b"]


def test_two_parts_that_write_one_key_differently_are_told_so() -> None:
    """Fan-out: silently keeping one of two values would lose the other."""
    base = state({})
    deltas = [difference(base, state({"s": {"key": value}})) for value in (1, 2)]
    with pytest.raises(StaleExtract, match=r"sources\.s\.key: two parts of one run gave it different values"):
        combined(deltas)
