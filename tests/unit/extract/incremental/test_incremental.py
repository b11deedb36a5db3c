"""`dlt.sources.incremental`: each row once, on rows and on Arrow alike."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dlt
from dlt.errors import (
    IncrementalCursorInvalidCoercion,
    IncrementalCursorPathHasValueNone,
    IncrementalCursorPathMissing,
    IncrementalPrimaryKeyMissing,
    ResourceExtractionError,
    ValueErrorWithKnownValues,
)
from dlt.extract.incremental import Incremental

UTC = dt.timezone.utc


def run(incremental: Incremental[Any], state: dict[str, Any], pages: list[Any]) -> list[Any]:
    """Return the rows of one run over pages; the state goes on."""
    bound = incremental.bind_to("r", state)
    kept: list[Any] = []
    for page in pages:
        found = bound(page)
        if found is not None:
            kept += found if isinstance(found, list) else found.to_pylist()
    return kept


def rows(*values: Any) -> list[dict[str, Any]]:
    """Return rows with a cursor and an id."""
    return [{"id": number, "at": value} for number, value in enumerate(values)]


@given(st.lists(st.lists(st.integers(0, 6), max_size=5), max_size=5))
def test_a_growing_list_is_loaded_row_by_row_exactly_once(batches: list[list[int]]) -> None:
    """Every run sees all rows so far; each new row that is not behind the cursor comes once."""
    incremental: Incremental[int] = Incremental("at", primary_key="id")
    state: dict[str, Any] = {}
    seen: list[dict[str, Any]] = []
    loaded: list[dict[str, Any]] = []
    high = 0
    for batch in batches:
        batch = [value + high for value in batch]
        high = max([high, *batch])
        seen += [{"id": len(seen) + n, "at": value} for n, value in enumerate(batch)]
        loaded += run(incremental, state, [list(seen)])
    assert sorted(row["id"] for row in loaded) == [row["id"] for row in seen]


values = st.one_of(
    st.lists(st.integers(0, 9), max_size=8),
    st.lists(st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 3)), max_size=8),
    st.lists(st.dates(dt.date(2024, 1, 1), dt.date(2024, 1, 9)), max_size=8),
    st.lists(st.sampled_from(["a", "b", "c"]), max_size=8),
)


@settings(max_examples=150)
@given(
    values,
    st.sampled_from([max, min]),
    st.sampled_from(["open", "closed"]),
    st.sampled_from(["open", "closed"]),
    st.booleans(),
)
def test_rows_and_arrow_agree(data: list[Any], func: Any, start: str, end: str, bounded: bool) -> None:
    """The vectorised path gives the same rows and the same state."""
    bound = sorted(data)[len(data) // 2] if bounded and data else None
    incremental: Incremental[Any] = Incremental(
        "at", last_value_func=func, range_start=start, range_end=end, end_value=bound, primary_key="id"
    )
    if bound is not None:
        incremental.initial_value = min(data) if func is max else max(data)
    state_rows: dict[str, Any] = {}
    state_arrow: dict[str, Any] = {}
    for _ in range(2):
        page = rows(*data)
        table = pa.table({"id": pa.array([r["id"] for r in page], pa.int64()), "at": [r["at"] for r in page]})
        if not page:
            continue
        assert run(incremental, state_arrow, [table]) == run(incremental, state_rows, [page])
        left, right = (s.get("incremental", {}).get("at", {}) for s in (state_rows, state_arrow))
        assert left.get("last_value") == right.get("last_value")
        assert sorted(left.get("unique_hashes", [])) == sorted(right.get("unique_hashes", []))


def test_rows_at_the_start_come_once() -> None:
    """A closed start reads them again and drops those that were loaded; `primary_key=()` keeps them."""
    state: dict[str, Any] = {}
    assert len(run(Incremental("at"), state, [rows(1, 2, 2)])) == 3
    again = [*rows(1, 2, 2), {"id": 9, "at": 2}]
    assert run(Incremental("at"), state, [again]) == [{"id": 9, "at": 2}]
    assert len(run(Incremental("at", primary_key=()), {"incremental": {}}, [rows(2, 2)])) == 2


def test_an_open_start_leaves_equal_rows_out_and_keeps_no_hashes() -> None:
    """range_start="open"."""
    state: dict[str, Any] = {}
    run(Incremental("at", range_start="open"), state, [rows(1, 2)])
    assert run(Incremental("at", range_start="open"), state, [rows(2, 3)]) == [{"id": 1, "at": 3}]
    assert state["incremental"]["at"]["unique_hashes"] == []


def test_a_backfill_has_an_end_and_no_state() -> None:
    """end_value: an open end by default, closed on demand; the state is not touched."""
    state: dict[str, Any] = {}
    assert [r["at"] for r in run(Incremental("at", 1, end_value=3), state, [rows(0, 1, 2, 3, 4)])] == [1, 2]
    closed: Incremental[int] = Incremental("at", 1, end_value=3, range_end="closed")
    assert [r["at"] for r in run(closed, state, [rows(0, 1, 2, 3, 4)])] == [1, 2, 3]
    assert state == {}


@pytest.mark.parametrize(
    ("value", "lag", "start"),
    [
        (dt.datetime(2024, 1, 2, tzinfo=UTC), 3600, dt.datetime(2024, 1, 1, 23, tzinfo=UTC)),
        ("2024-01-02T00:00:00Z", 3600, "2024-01-01T23:00:00Z"),
        (dt.date(2024, 1, 5), 2, dt.date(2024, 1, 3)),
        ("2024-01-05", 2, "2024-01-03"),
        (10, 3, 7),
        (Decimal("1.5"), 1, Decimal("0.5")),
    ],
)
def test_lag_moves_the_start_back(value: Any, lag: float, start: Any) -> None:
    """lag: seconds for moments, days for dates, units for numbers; never before the initial value."""
    state: dict[str, Any] = {}
    run(Incremental("at", lag=lag), state, [rows(value)])
    assert Incremental("at", lag=lag).bind_to("r", state).start_value == start


@pytest.mark.parametrize("lag", [None, 3])
def test_the_last_value_is_the_start_until_rows_come(lag: float | None) -> None:
    """A source that is asked from `last_value` on gives the rows that the lag wants again."""
    state: dict[str, Any] = {}
    run(Incremental("at", lag=lag), state, [rows(9)])
    bound = Incremental("at", lag=lag).bind_to("r", state)
    assert bound.last_value == bound.start_value == (6 if lag else 9)
    bound(rows(7))
    assert bound.last_value == 9
    bound(rows(12))
    assert bound.last_value == 12
    by_hand = Incremental("at", lag=lag).bind_to("r", state)
    by_hand.advance(50)
    assert by_hand.last_value == 50


def test_lag_stops_at_the_initial_value() -> None:
    """lag: the very first start is never passed."""
    state: dict[str, Any] = {}
    run(Incremental("at", initial_value=9, lag=5), state, [rows(10)])
    assert Incremental("at", initial_value=9, lag=5).bind_to("r", state).start_value == 9


@pytest.mark.parametrize("row", [{"id": 1}, {"id": 1, "at": None}])
def test_rows_without_a_cursor(row: dict[str, Any]) -> None:
    """on_cursor_value_missing: raise with the position, include, exclude."""
    kind = IncrementalCursorPathHasValueNone if "at" in row else IncrementalCursorPathMissing
    with pytest.raises(kind, match="row 1 "):
        run(Incremental("at"), {}, [[{"id": 0, "at": 1}, row]])
    assert run(Incremental("at", on_cursor_value_missing="include"), {}, [[row]]) == [row]
    assert run(Incremental("at", on_cursor_value_missing="exclude"), {}, [[row]]) == []


def test_values_of_two_types_are_aligned_or_refused() -> None:
    """Initial values as text and rows as datetimes meet; what cannot be compared is named."""
    late = dt.datetime(2024, 1, 2, tzinfo=UTC)
    assert len(run(Incremental("at", "2024-01-01T00:00:00Z"), {}, [rows(late)])) == 1
    assert len(run(Incremental("at", dt.datetime(2024, 1, 1)), {}, [rows(late)])) == 1
    assert len(run(Incremental("at", dt.datetime(2024, 1, 1, tzinfo=UTC)), {}, [rows("2024-01-02T00:00:00Z")])) == 1
    with pytest.raises(IncrementalCursorInvalidCoercion, match=r"holds int.*is str"):
        run(Incremental("at", "x"), {}, [rows(1)])


def test_a_primary_key_that_a_row_lacks_is_named() -> None:
    """The error names the field."""
    with pytest.raises(IncrementalPrimaryKeyMissing, match="'uid'"):
        run(Incremental("at", primary_key="uid"), {}, [rows(1)])


def test_words_are_checked() -> None:
    """An unknown word lists the known ones."""
    with pytest.raises(ValueErrorWithKnownValues):
        Incremental("at", row_order="sideways")


def test_a_resource_in_order_stops_early() -> None:
    """row_order: nothing is read behind the end of the range."""
    read: list[int] = []

    @dlt.resource
    def numbers(at: Any = Incremental("at", 0, end_value=5, row_order="asc")) -> Any:
        for value in range(100):
            read.append(value)
            yield [{"at": value}]

    assert [row["at"] for row in numbers()] == [0, 1, 2, 3, 4]
    assert len(read) < 20


def test_descending_rows_stop_at_the_last_value() -> None:
    """row_order desc with max: the start is the end of the road."""
    state: dict[str, Any] = {}
    run(Incremental("at"), state, [rows(5)])
    bound = Incremental("at", row_order="desc").bind_to("r", state)
    assert bound([{"at": 9}]) == [{"at": 9}] and not bound.can_close()
    bound([{"at": 4}])
    assert bound.can_close()


def test_it_is_a_default_a_hint_and_an_argument() -> None:
    """It is given as default, as `incremental=` or by apply_hints; inside the resource start_value is known."""
    starts: list[Any] = []

    @dlt.resource
    def by_default(at: dlt.sources.incremental[int] = Incremental("at", 3)) -> Any:
        starts.append((at.start_value, at.last_value, at.cursor_path))
        yield rows(1, 3, 5)

    @dlt.resource(incremental=Incremental("at", 3))
    def by_argument() -> Any:
        yield rows(1, 3, 5)

    @dlt.resource
    def by_hint() -> Any:
        yield rows(1, 3, 5)

    expected = [3, 5]
    assert [row["at"] for row in by_default()] == expected and starts == [(3, 3, "at")]
    assert [row["at"] for row in by_argument()] == expected
    assert [row["at"] for row in by_hint.apply_hints(incremental=Incremental("at", 3))] == expected


def test_configuration_sets_parts_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables set single settings."""

    @dlt.resource(section="shops")
    def orders(at: Any = dlt.sources.incremental("id", initial_value=2)) -> Any:
        yield [{"id": number} for number in range(6)]

    assert [row["id"] for row in orders()] == [2, 3, 4, 5]
    monkeypatch.setenv("SOURCES__SHOPS__ORDERS__AT__INITIAL_VALUE", "5")
    assert [row["id"] for row in orders()] == [5]


def test_a_scheduler_gives_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    """allow_external_schedulers: the interval is start and end, and no state is kept; without one it is ignored."""
    state: dict[str, Any] = {}
    plan: Incremental[int] = Incremental("at", dt.datetime(2020, 1, 1), allow_external_schedulers=True)
    assert len(run(plan, {}, [rows(dt.datetime(2024, 1, 1))])) == 1
    monkeypatch.setenv("DLT_INTERVAL_START", "2024-01-01T00:00:00Z")
    monkeypatch.setenv("DLT_INTERVAL_END", "2024-01-02T00:00:00Z")
    days = [dt.datetime(2023, 12, 31, tzinfo=UTC) + dt.timedelta(days=n) for n in range(3)]
    assert [row["id"] for row in run(plan, state, [rows(*days)])] == [1]
    assert state == {}


def test_nested_cursors_are_found() -> None:
    """cursor_path is a JSONPath: dotted keys, and expressions."""
    page = [{"a": {"b": 1}}, {"a": {"b": 5}}]
    assert run(Incremental("a.b", 3), {}, [page]) == [page[1]]
    listed = [{"a": [{"b": 1}]}, {"a": [{"b": 5}]}]
    assert run(Incremental("a[0].b", 3), {}, [listed]) == [listed[1]]


def test_errors_in_a_run_name_the_resource() -> None:
    """Bad input names resource and position."""

    @dlt.resource
    def broken(at: Any = Incremental("at")) -> Any:
        yield [{"at": 1}, {"id": 2}]

    with pytest.raises((ResourceExtractionError, IncrementalCursorPathMissing), match="broken"):
        list(broken())
