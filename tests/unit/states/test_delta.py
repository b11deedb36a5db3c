"""State deltas: what one extract changed, applied to whatever the state is by then."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import StaleExtract
from dlt.io.codec import ABSENT
from dlt.states.delta import (
    OTHER,
    apply,
    combined,
    decode_delta,
    difference,
    encode_delta,
    fingerprints,
    get,
    put,
    stale_changes,
    with_changes,
)
from dlt.states.model import bump, new_state

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


# -- differences


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ({}, {}, []),
        ({"a": 1}, {"a": 1}, []),
        ({}, {"a": 1}, [("a",)]),
        ({"a": 1}, {}, [("a",)]),
        ({"a": 1}, {"a": None}, [("a",)]),
        ({}, {"a": None}, [("a",)]),
        ({}, {"a": {}}, []),
        ({"a": {}}, {}, [("a",)]),
        ({"a": 1}, {"a": {}}, [("a",)]),
        ({"a": {"b": 1}}, {"a": {}}, [("a",)]),
        ({"a": {"b": 1, "c": 1}}, {"a": {"b": 2, "c": 1}}, [("a", "b")]),
        ({"a": {"b": 1, "c": 1}}, {"a": {"c": 1}}, [("a", "b")]),
        ({}, {"a": {"b": {"c": 1}}}, [("a", "b", "c")]),
        ({"a": 5}, {"a": {"b": 1}}, [("a",)]),
        ({"a": {"b": 1}}, {"a": [1]}, [("a",)]),
        ({"a": {2: 1, "x": 1}}, {"a": {2: 2, "x": 2}}, [("a", 2), ("a", "x")]),
    ],
    ids=str,
)
def test_a_difference_names_the_deepest_places_that_changed(before: Any, after: Any, changes: Any) -> None:
    """Dicts are opened, all other values are one; what holds nothing is no change where nothing was."""
    found = difference(before, after)
    assert [change.path for change in found] == changes
    for change in found:
        assert get(before, change.path) == change.base and get(after, change.path) == change.value
        assert str(change) == ".".join(map(str, change.path)) and change.is_deep is (len(change.path) > 1)


@pytest.mark.parametrize("key", ["_state_version", "_version_hash", "_local"])
def test_versions_and_what_is_local_are_no_change(key: str) -> None:
    """They belong to the machine, or follow from the rest."""
    assert difference({key: 1}, {key: 2}) == difference({}, {key: 1}) == difference({key: 1}, {}) == []


def test_a_cursor_is_one_value() -> None:
    """Its parts never change apart; keys beside it are values of their own."""
    before, after = cursor(1, "a"), cursor(2, "a")
    after["sources"]["s"]["resources"]["r"]["own"] = 1
    one, other = difference(before, after)
    assert one.cursor is not None and one.cursor.cursor_path == "id" and other.cursor is None
    assert (one.base, one.value) == (position(before), position(after)) and str(other) == "sources.s.resources.r.own"


# -- joined


def at_top(key: str, *values: Any) -> list[Any]:
    """Return deltas that each set a key of the pipeline as a whole."""
    return [difference(state({}), {**state({}), key: value}) for value in values]


def test_names_of_schemas_are_joined() -> None:
    """In any order, each once."""
    (found,) = combined(at_top("schema_names", ["b"], ["a", "b"], ["c"]))
    assert found.value == ["a", "b", "c"]


def test_of_other_keys_of_the_pipeline_the_first_counts() -> None:
    """Parts of one run name the same dataset, or the first one does."""
    (found,) = combined(at_top("default_schema_name", "one", "other"))
    assert found.value == "one"


def test_two_parts_that_moved_one_cursor_leave_the_further_one() -> None:
    """From where both began."""
    deltas = [difference(cursor(1), cursor(value, str(value))) for value in (5, 9, 7)]
    (found,) = combined(deltas)
    assert found.value == {"initial_value": 0, "last_value": 9, "unique_hashes": ["9"]}
    falling = [difference(cursor(9), cursor(value)) for value in (5, 3)]
    assert combined(falling)[0].value["last_value"] == 3  # type: ignore[index]


def test_parts_that_say_the_same_are_one() -> None:
    """And nothing at all is nothing."""
    delta = difference(state({}), state({"s": {"key": 1}}))
    assert combined([delta, delta]) == delta and combined([]) == combined([[], []]) == []


# -- applied


@pytest.mark.parametrize("repeatable", [True, False])
def test_a_state_that_someone_else_changed_is_not_written_over(repeatable: bool) -> None:
    """The same value is no change of theirs, and a key that they removed is one."""
    delta = difference(state({"s": {"key": 1}}), state({"s": {"key": 2}}))
    assert apply(state({"s": {"key": 1}}), delta, "p", repeatable) is not None
    same = state({"s": {"key": 2}})
    bump(same)
    assert apply(same, delta, "p", repeatable) is None
    for theirs in ({"s": {"key": 3}}, {"s": {}}, {"s": {"key": {"deep": 1}}}, {}):
        with pytest.raises(StaleExtract, match=r"pipeline p: sources\.s\.key changed at the destination") as caught:
            apply(state(theirs), delta, "p", repeatable)
        assert caught.value.pipeline_name == "p"


def test_the_first_load_makes_the_state() -> None:
    """Of the pipeline that is given; nothing is changed in what is there."""
    delta = difference(state({}), {**state({"s": {"key": 1}}), "schema_names": ["s"], "default_schema_name": "s"})
    found = apply(None, delta, "shop", False)
    assert found is not None and found["pipeline_name"] == "shop" and found["_state_version"] == 1
    assert (found["schema_names"], found["default_schema_name"], found["sources"]) == (["s"], "s", {"s": {"key": 1}})
    current = state({"s": {"old": 1}})
    before = deepcopy(current)
    assert apply(current, delta, "p", False) is not None and current == before


def test_a_default_schema_stays_the_one_that_is_there() -> None:
    """Other keys of the pipeline are those of the newer run."""
    delta = difference(state({}), {**state({}), "default_schema_name": "new", "dataset_name": "new_data"})
    found = apply({**state({}), "default_schema_name": "old", "dataset_name": "old_data"}, delta, "p", False)
    assert found is not None and (found["default_schema_name"], found["dataset_name"]) == ("old", "new_data")
    for nothing in ({}, {"default_schema_name": None}, {"default_schema_name": ""}):
        current = {key: value for key, value in state({}).items() if key != "default_schema_name"}
        made = apply({**current, **nothing}, delta, "p", False)
        assert made is not None and made["default_schema_name"] == "new"


def test_a_cursor_that_another_run_moved_to_the_same_place_is_taken_where_rows_may_repeat() -> None:
    """It is a conflict elsewhere, though the values are equal."""
    delta = difference(cursor(1), cursor(5))
    assert position(apply(cursor(5), delta, "p", True) or cursor(5))["last_value"] == 5
    with pytest.raises(StaleExtract):
        apply(cursor(5), delta, "p", False)


def test_a_cursor_that_is_gone_is_a_conflict_even_where_rows_may_repeat() -> None:
    """A refresh took it away, and there are no two values to compare."""
    delta = difference(cursor(1), cursor(5))
    for theirs in (state({}), state({"s": {"resources": {"r": {"incremental": {"id": "broken"}}}}})):
        with pytest.raises(StaleExtract):
            apply(theirs, delta, "p", True)
    gone = difference(cursor(1), state({"s": {"resources": {"r": {"incremental": {}}}}}))
    with pytest.raises(StaleExtract):
        apply(cursor(5), gone, "p", True)


@pytest.mark.parametrize(("start", "ours", "back"), [(5, 9, 1), (5, 3, 8)])
def test_a_cursor_that_was_taken_back_is_a_conflict_where_rows_may_repeat_too(start: int, ours: int, back: int) -> None:
    """An undo took rows back that this extract, which started behind them, never saw."""
    with pytest.raises(StaleExtract):
        apply(cursor(back), difference(cursor(start), cursor(ours)), "p", True)
    # one that found nothing new leaves it where it is, so that the rows come again
    found = apply(cursor(1), difference(cursor(5), cursor(5, "seen")), "p", True) or cursor(1)
    assert position(found)["last_value"] == 1


# -- written over


def test_changes_may_be_made_whatever_is_there() -> None:
    """Below the top; at the top only where there is nothing, and names of schemas are joined."""
    after = {**state({"s": {"key": 2}}), "schema_names": ["b", "a"], "default_schema_name": "b", "dataset_name": "d"}
    delta = difference(state({"s": {"key": 1}}), after)
    there = {**state({"s": {"key": 9, "own": 1}}), "schema_names": ["c"], "default_schema_name": "c"}
    found = with_changes(there, delta)
    assert found["sources"] == {"s": {"key": 2, "own": 1}} and found["schema_names"] == ["a", "b", "c"]
    assert (found["default_schema_name"], found["dataset_name"]) == ("c", "d")
    assert there["sources"]["s"]["key"] == 9


def test_a_value_is_put_as_a_copy_and_taken_out() -> None:
    """Places above it are made; to take out what is not there changes nothing."""
    place: dict[str, Any] = {}
    value = {"deep": [1]}
    put(place, ("a", "b"), value)
    value["deep"].append(2)
    assert place == {"a": {"b": {"deep": [1]}}} and get(place, ("a", "b", "deep")) == [1]
    put(place, ("a", "b"), ABSENT)
    put(place, ("a", "c"), ABSENT)
    assert place == {"a": {}} and get(place, ("a", "b")) is get(place, ("x", "y")) is ABSENT
    assert get(place, ()) is place


@pytest.mark.parametrize("theirs", [5, "text", [1], None])
def test_a_value_where_the_way_leads_to_a_place_is_someone_elses(theirs: Any) -> None:
    """An extract added a key below one that another run gave a value: a conflict, and no error of another kind."""
    for before in ({}, {"k": {"old": 1}}):
        delta = difference(state({"s": before}), state({"s": {"k": {**before.get("k", {}), "a": 1}}}))
        there = state({"s": {"k": theirs}})
        assert get(there, ("sources", "s", "k", "a")) is OTHER
        for repeatable in (True, False):
            with pytest.raises(StaleExtract, match=r"sources\.s\.k\.a changed at the destination"):
                apply(there, delta, "p", repeatable)
        assert stale_changes(there, fingerprints(delta)) == ["sources.s.k.a"]
        assert with_changes(there, delta)["sources"] == {"s": {"k": {"a": 1}}}


# -- compared by hashes


@given(SOURCES, SOURCES)
def test_what_the_extract_found_or_left_is_not_stale(before: Any, after: Any) -> None:
    """Every other value is, and is named; only changes below the top are looked at."""
    delta = difference({**state(before), "dataset_name": "a"}, {**state(after), "dataset_name": "b"})
    prints = fingerprints(delta)
    assert len(prints) == sum(change.is_deep for change in delta)
    assert stale_changes(state(before), prints) == []
    cursors = {str(change) for change in delta if change.cursor is not None}
    assert set(stale_changes(state(after), prints)) <= cursors
    changed = [change for change in delta if change.is_deep and change.base != "other" != change.value]
    for change in changed:
        theirs = state(before)
        put(theirs, change.path, "other")
        assert str(change) in stale_changes(theirs, prints)
