"""The cursor during one run: how the last value moves, and which rows at it are remembered."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import IncrementalCursorPathMissing, IncrementalUnboundError, ValueErrorWithKnownValues
from dlt.extract.incremental import Incremental
from dlt.extract.incremental import run as run_module
from dlt.extract.incremental.settings import SETTINGS


def rows(*values: Any) -> list[dict[str, Any]]:
    """Return rows with a cursor and an id."""
    return [{"id": number, "at": value} for number, value in enumerate(values)]


def cursor(state: dict[str, Any]) -> Any:
    """Return the cursor of a state."""
    return state["incremental"]["at"]


ROWS = st.lists(st.integers(0, 5), max_size=6).map(lambda values: rows(*values))


@given(st.lists(ROWS, max_size=4), st.sampled_from([max, min]), st.sampled_from(["open", "closed"]), st.booleans())
def test_pages_of_any_size_leave_the_same(pages: list[Any], func: Any, side: str, mixed: bool) -> None:
    """Row by row, page by page, or in one page; pages of several types are gone through one by one."""
    numbered = [{"id": n, "at": row["at"]} for n, row in enumerate(row for page in pages for row in page)]
    cast = (lambda row: {**row, "at": float(row["at"])}) if mixed else (lambda row: row)
    numbered = [cast(row) if row["id"] % 2 else row for row in numbered]
    found = []
    for split in ([numbered], [[row] for row in numbered], [numbered[::2], numbered[1::2]]):
        state: dict[str, Any] = {}
        incremental: Incremental[Any] = Incremental("at", None, func, range_start=side, primary_key="id")
        for _ in range(2):
            bound = incremental.bind_to("r", state)
            new = [row for page in split for row in bound(page) or []]
        left = cursor(state)
        found.append((sorted(row["id"] for row in new), left["last_value"], sorted(left["unique_hashes"])))
    assert found[0] == found[1] == found[2]
    # the second run saw the same rows
    assert found[0][0] == []


@pytest.mark.parametrize(
    ("values", "func", "last", "remembered"),
    [
        ([1, 3, 2], max, 3, 1),
        ([3, 1, 3], max, 3, 2),
        ([3, 1, 3, 1], min, 1, 2),
        ([], max, None, 0),
        ([0], max, 0, 1),
    ],
)
def test_rows_at_the_last_value_are_remembered(values: list[int], func: Any, last: Any, remembered: int) -> None:
    """And no others: they cannot come again."""
    state: dict[str, Any] = {}
    Incremental("at", last_value_func=func).bind_to("r", state)(rows(*values))
    assert (cursor(state)["last_value"], len(cursor(state)["unique_hashes"])) == (last, remembered)


def test_a_user_may_move_the_cursor() -> None:
    """Then the rows at the value before are forgotten; to set the same value changes nothing."""
    state: dict[str, Any] = {}
    bound = Incremental("at").bind_to("r", state)
    bound(rows(5, 5))
    bound.advance(5)
    assert len(cursor(state)["unique_hashes"]) == 2
    bound.advance(9)
    assert cursor(state) == {"initial_value": None, "last_value": 9, "unique_hashes": []}
    assert bound.get_state() is cursor(state) and bound.last_value == 9
    bound(rows(7))
    assert bound.last_value == 9


@pytest.mark.parametrize("options", [{"range_start": "open"}, {"primary_key": ()}], ids=str)
def test_hashes_that_nothing_compares_any_more_are_dropped(options: Any) -> None:
    """A setting changed since the last run."""
    state: dict[str, Any] = {}
    Incremental("at").bind_to("r", state)(rows(5, 5))
    bound = Incremental("at", **options).bind_to("r", state)
    assert len(cursor(state)["unique_hashes"]) == 2
    bound(rows(1))
    assert cursor(state)["unique_hashes"] == []


def test_a_state_that_fills_with_hashes_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """When more rows share the last value than is usual."""
    monkeypatch.setattr(run_module, "WARN_AT", 3)
    caplog.set_level(logging.WARNING, "dlt")
    logging.getLogger("dlt").addHandler(caplog.handler)
    try:
        bound = Incremental("at", primary_key="id").bind_to("orders", {})
        bound(rows(5, 5, 5))
        assert not caplog.records
        for number in range(3, 6):
            bound([{"id": number, "at": 5}])
    finally:
        logging.getLogger("dlt").removeHandler(caplog.handler)
    assert {record.getMessage() for record in caplog.records if "orders" in record.getMessage()} == {
        "Resource 'orders': more than 3 rows share the last value of at, and all of them are remembered in the state. "
        "Set primary_key=() or range_start='open' to stop that."
    }


def test_a_row_is_as_good_as_a_page() -> None:
    """It comes back as it was, or not at all; a page of nothing is nothing."""
    bound = Incremental("at", 5).bind_to("r", {})
    row = {"at": 7}
    assert bound(row) is row and bound({"at": 1}) is None and bound([{"at": 1}]) is None and bound([]) is None


def test_a_range_is_known_during_a_run() -> None:
    """With the lag, and without it; before a run it is what is set."""
    state = {"incremental": {"at": {"initial_value": 0, "last_value": 10, "unique_hashes": []}}}
    incremental: Incremental[int] = Incremental("at", 0, lag=3)
    assert (incremental.start_value, incremental.last_value, incremental.in_use) == (0, 0, False)
    bound = incremental.bind_to("r", state)
    assert bound.in_use and (bound.start_value, bound.last_value) == (7, 7)
    assert bound.get_current_range() == (7, None) and bound.get_current_range(apply_lag=False) == (10, None)
    assert repr(bound) == "<dlt.sources.incremental(cursor_path='at', initial_value=0, lag=3, start_value=7)>"
    assert repr(incremental) == "<dlt.sources.incremental(cursor_path='at', initial_value=0, lag=3)>"
    backfill = Incremental("at", 2, end_value=9, lag=3).bind_to("r", state)
    assert backfill.get_current_range() == (2, 9)


def test_a_first_run_has_nothing_to_look_back_at() -> None:
    """The lag counts from the second one on."""
    assert Incremental("at", 5, lag=3).bind_to("r", {}).start_value == 5
    assert Incremental("at", lag=3).bind_to("r", {}).start_value is None


def test_what_is_not_bound_has_no_run() -> None:
    """The messages say where it belongs; without a path there is nothing to bind."""
    incremental: Incremental[int] = Incremental("at")
    for ask in (incremental.get_state, lambda: incremental.advance(1), lambda: incremental([{"at": 1}])):
        with pytest.raises(IncrementalUnboundError, match="on 'at' is not bound to a resource"):
            ask()
    assert incremental(None) is None and not incremental.can_close()
    with pytest.raises(IncrementalCursorPathMissing, match="Resource 'orders': its incremental has no cursor_path"):
        Incremental().bind_to("orders", {})


def test_a_second_cursor_of_a_resource_keeps_no_values() -> None:
    """It says which parameter is the one that does."""
    other: Incremental[int] = Incremental("at").beside("updated")
    for ask in (lambda: other.start_value, lambda: other.last_value, other.get_state):
        with pytest.raises(IncrementalUnboundError, match="that of the parameter 'updated'"):
            ask()


def test_a_copy_is_bound_to_nothing() -> None:
    """Unless it is to stay so; its counts are its own."""
    bound = Incremental("at").bind_to("r", {})
    bound(rows(1))
    copy, same = bound.copy(), bound.copy(with_transient_state=True)
    assert not copy.in_use and copy.resource_name is None and same.in_use and same.resource_name == "r"
    same.custom_metrics["unfiltered_items_count"] = 99
    assert bound.custom_metrics["unfiltered_items_count"] == 1
    assert bound.with_cursor("id").cursor_path == "id" and bound.cursor_path == "at"


@pytest.mark.parametrize(
    ("name", "word"),
    [("row_order", "up"), ("on_cursor_value_missing", "drop"), ("range_start", "half"), ("range_end", None)],
)
def test_words_are_known(name: str, word: Any) -> None:
    """Each setting has its own."""
    with pytest.raises(ValueErrorWithKnownValues, match=name):
        Incremental("at", **{name: word})


def test_names_of_functions_and_settings_are_known() -> None:
    """As the configuration writes them."""
    assert Incremental("at", last_value_func="min").last_value_func is min
    assert Incremental("at", last_value_func=None).last_value_func is max
    with pytest.raises(ValueErrorWithKnownValues, match="last_value_func"):
        Incremental("at", last_value_func="mean")
    with pytest.raises(ValueErrorWithKnownValues, match="cursor"):
        Incremental.of({"cursor": "at"})


@pytest.mark.parametrize(
    ("value", "base", "expected"),
    [
        ("at", None, ("at", None)),
        ("at", Incremental("id"), (None, "at")),
        (5, None, (None, 5)),
        ({"cursor_path": "at", "initial_value": 5}, None, ("at", 5)),
        (Incremental("at", 5), None, ("at", 5)),
    ],
    ids=repr,
)
def test_what_programs_write_is_an_incremental(value: Any, base: Any, expected: Any) -> None:
    """A path, a start, a dict, or an incremental itself."""
    made = Incremental.of(value, base)
    assert (made.cursor_path, made.initial_value) == expected


def test_what_is_set_on_one_comes_on_top_of_another() -> None:
    """None says nothing, what was passed counts even where it is the default, and so does what was set later."""
    base: Incremental[int] = Incremental("at", 5, min, "id", lag=3, range_end="closed")
    assert vars(base.merge(Incremental())).items() >= {name: vars(base)[name] for name in SETTINGS}.items()
    top: Incremental[int] = Incremental(None, 7, range_end="open", lag=None)
    top.primary_key = ("a", "b")
    merged = base.merge(top)
    assert (merged.cursor_path, merged.initial_value, merged.last_value_func) == ("at", 7, min)
    assert (merged.primary_key, merged.lag, merged.range_end) == (("a", "b"), 3, "open")
    assert base.initial_value == 5 and merged.given == base.given | top.given
    native: Incremental[int] = Incremental()
    native.parse_native_representation({"cursor_path": "at"})
    native.parse_native_representation(5)
    assert (native.cursor_path, native.initial_value) == ("at", 5)


def test_a_source_may_look_back_by_itself() -> None:
    """What it sets as the start counts for this run, and the state does not go back; one that is in no run has none."""
    state = {"incremental": {"at": {"initial_value": 1, "last_value": 9, "unique_hashes": []}}}
    made = Incremental[int]("at", 1).bind_to("r", state)
    assert made(rows(8)) is None
    made.start_value = 7
    assert made.start_value == 7 and made(rows(6, 7, 8)) == rows(6, 7, 8)[1:]
    assert cursor(state)["last_value"] == 9
    assert made(rows(10)) == rows(10) and cursor(state)["last_value"] == 10
    with pytest.raises(IncrementalUnboundError):
        Incremental[int]("at", 1).start_value = 7
