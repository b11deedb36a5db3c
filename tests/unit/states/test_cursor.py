"""Cursors as they stand in the state of a pipeline: where, how they are read, and which of two went further."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.io.sealed import Damaged
from dlt.states.cursor import Cursor, CursorKey, cursor_in, cursors_of, further, other_keys

UTC = dt.timezone.utc


def cursor(value: Any, *hashes: str, **more: Any) -> dict[str, Any]:
    """Return a cursor as a state has it."""
    return {"initial_value": None, "last_value": value, "unique_hashes": list(hashes), **more}


@pytest.mark.parametrize(
    "path",
    [
        (),
        ("sources",),
        ("sources", "s", "resources", "r", "incremental"),
        ("sources", "s", "resources", "r", "incremental", "id", "last_value"),
        ("other", "s", "resources", "r", "incremental", "id"),
        ("sources", "s", "others", "r", "incremental", "id"),
        ("sources", "s", "resources", "r", "other", "id"),
    ],
)
def test_at_other_places_of_the_state_stands_no_cursor(path: Any) -> None:
    """Those above it, below it, and beside it."""
    assert CursorKey.of(path) is None


def test_keys_of_a_place_are_texts() -> None:
    """A cursor path may have been a number in a program."""
    assert CursorKey.of(["sources", 1, "resources", "r", "incremental", 2]) == CursorKey("1", "r", "2")


def test_a_cursor_is_put_where_there_is_none() -> None:
    """One that is there stays, and is the one that programs see."""
    state: dict[str, Any] = {"own": 1}
    fresh = cursor(None)
    assert cursor_in(state, "id", fresh) is fresh  # type: ignore[arg-type]
    assert state == {"own": 1, "incremental": {"id": fresh}}
    assert cursor_in(state, "id", cursor(9)) is fresh  # type: ignore[arg-type]
    other = cursor_in(state, "at", cursor(5))  # type: ignore[arg-type]
    assert state["incremental"]["at"] is other and other is not fresh


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ({}, {}),
        ({"resources": None}, {}),
        ({"resources": {"other": {"incremental": {"id": 1}}}}, {}),
        ({"resources": {"r": None}}, {}),
        ({"resources": {"r": {"own": 1}}}, {}),
        ({"resources": {"r": {"incremental": None}}}, {}),
        ({"resources": {"r": {"incremental": {"id": 1, "at": 2}}}}, {"id": 1, "at": 2}),
    ],
)
def test_the_cursors_of_a_resource_are_found_by_their_fields(state: Any, found: Any) -> None:
    """None where the resource has none, or was never seen."""
    assert cursors_of(state, "r") == found


def test_what_a_resource_keeps_beside_its_cursors_is_its_own() -> None:
    """Nothing is taken out of the state itself."""
    state = {"incremental": {"id": cursor(1)}, "own": {"a": 1}, "b": None}
    assert other_keys(state) == {"own": {"a": 1}, "b": None}
    assert other_keys({}) == {} and "incremental" in state


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"last_value": None},
        {"last_value": dt.datetime(2024, 1, 2, tzinfo=UTC), "unique_hashes": []},
        {"initial_value": Decimal("1.5"), "last_value": [1], "unique_hashes": ["a", "b"]},
        {"of_a_later_release": {"x": 1}},
    ],
)
def test_a_cursor_is_read_with_all_that_it_has(values: Any) -> None:
    """Of values of any type; keys of other releases stay."""
    found = Cursor.read(values)
    assert (found.last_value, found.initial_value) == (values.get("last_value"), values.get("initial_value"))
    assert list(found.unique_hashes) == values.get("unique_hashes", [])
    assert dict(found.rest) == {k: v for k, v in values.items() if k.startswith("of_a")}


@pytest.mark.parametrize("values", [{"unique_hashes": "ab"}, {"unique_hashes": [1]}, {"unique_hashes": None}])
def test_what_is_no_cursor_is_told(values: Any) -> None:
    """Before anything is compared with it."""
    with pytest.raises(Damaged, match="unique_hashes"):
        Cursor.read(values)
    with pytest.raises(Damaged, match="unique_hashes"):
        further(None, values, cursor(1))
    with pytest.raises(Damaged, match="unique_hashes"):
        further(None, cursor(1), values)


VALUES = [
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=4),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.decimals(allow_nan=False),
]


@given(st.sampled_from(VALUES).flatmap(lambda one: st.tuples(one, one, one)))
def test_the_further_one_of_two_cursors_is_the_one_farther_from_the_start(values: Any) -> None:
    """Upwards unless both went down; from either side, and with no start known, the larger one."""
    start, one, other = values
    ours, theirs = cursor(one, "a"), cursor(other, "b")
    for base in (None, cursor(None), cursor(start)):
        found = further(base, ours, theirs)
        if one == other:
            assert found == {**ours, "unique_hashes": ["a", "b"]}
            continue
        down = base is not None and base["last_value"] is not None and one <= start and other <= start
        wanted = min(one, other) if down else max(one, other)
        assert found["last_value"] == wanted and found is (ours if wanted == one else theirs)
        assert further(base, theirs, ours) is found


@pytest.mark.parametrize("base", [None, cursor(5), "broken"])
def test_a_cursor_that_did_not_move_yet_is_behind(base: Any) -> None:
    """None is no value that anything is compared with."""
    at_start, moved = cursor(None), cursor(1)
    assert further(base, at_start, moved) is moved and further(base, moved, at_start) is moved
    assert further(base, at_start, cursor(None, "x"))["unique_hashes"] == ["x"]


def test_rows_at_equal_cursors_are_remembered_once_and_in_order() -> None:
    """And the rest is that of the first one."""
    first, second = cursor(5, "a", "b", own=1), cursor(5, "b", "c", own=2)
    assert further(None, first, second) == cursor(5, "a", "b", "c", own=1)
    assert first["unique_hashes"] == ["a", "b"]


@pytest.mark.parametrize(
    ("start", "one", "other", "kept"),
    [(5, 3, 4, 3), (5, 5, 4, 4), (5, 3, 7, 7), (5, 6, 7, 7), (5, 5, 6, 6)],
)
def test_a_cursor_falls_only_where_both_fell(start: int, one: int, other: int, kept: int) -> None:
    """Where one rose it is a cursor that rises."""
    assert further(cursor(start), cursor(one), cursor(other))["last_value"] == kept
