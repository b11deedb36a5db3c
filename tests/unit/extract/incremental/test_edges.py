"""Cursors at the edge: values that compare with nothing, bounds that a column cannot hold, settings that change."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from dlt.errors import IncrementalCursorInvalidCoercion, IncrementalCursorPathHasValueNone
from dlt.extract.incremental import Incremental

UTC = dt.timezone.utc


def run(incremental: Any, state: dict[str, Any], *pages: Any) -> list[Any]:
    """Return the rows of one run over pages; the state goes on."""
    bound = incremental.bind_to("r", state)
    kept: list[Any] = []
    for page in pages:
        found = bound(page)
        if found is None:
            continue
        if isinstance(found, pd.DataFrame):
            kept += found.to_dict("records")
        elif isinstance(found, pl.DataFrame):
            kept += found.to_dicts()
        else:
            kept += found if isinstance(found, list) else found.to_pylist()
    return kept


def rows(*values: Any) -> list[dict[str, Any]]:
    """Return rows with a cursor."""
    return [{"at": value} for value in values]


def test_decimals_that_are_no_numbers() -> None:
    """A NaN, also a signaling one that refuses every comparison, is a row without a cursor value."""
    page = rows(Decimal(1), Decimal("NaN"), Decimal("sNaN"), Decimal(2))
    with pytest.raises(IncrementalCursorPathHasValueNone, match=r"row 1 .* has NaN in at"):
        run(Incremental("at"), {}, page)
    state: dict[str, Any] = {}
    excluding: Any = Incremental("at", on_cursor_value_missing="exclude")
    assert [row["at"] for row in run(excluding, state, page)] == [1, 2]
    assert state["incremental"]["at"]["last_value"] == 2


def test_moments_with_and_without_a_zone_in_one_page() -> None:
    """The bounds follow each row's kind, so that every row is compared, and the last one wins in its own kind."""
    naive, aware = dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2, tzinfo=UTC)
    state: dict[str, Any] = {}
    assert len(run(Incremental("at", initial_value="2023-01-01T00:00:00Z"), state, rows(naive, aware, naive))) == 3
    assert state["incremental"]["at"]["last_value"] in (aware, aware.replace(tzinfo=None))


def test_values_of_two_kinds_in_one_page_are_named() -> None:
    """Both of them, and what to do; an own function's error is its own."""
    with pytest.raises(IncrementalCursorInvalidCoercion, match=r"(?s)int.*str|str.*int"):
        run(Incremental("at"), {}, rows(1, "a"))

    def picky(values: Any) -> Any:
        raise TypeError("mine")

    with pytest.raises(TypeError, match="mine"):
        run(Incremental("at", last_value_func=picky), {}, rows(1, 2))


BOUNDS: list[tuple[Any, dict[str, Any], list[Any]]] = [
    (pa.array([1, 2, 3], pa.int32()), {"initial_value": 1.5, "end_value": 2.5}, [2]),
    (pa.array([1, 2, 3], pa.int8()), {"end_value": 10**12}, [1, 2, 3]),
    (pa.array([1.5, 2.5], pa.float32()), {"initial_value": 2}, [2.5]),
    (pa.array([Decimal("1.5"), Decimal("2.5")]), {"initial_value": 2}, [Decimal("2.5")]),
    (pa.array(["a", "b", "c"]).dictionary_encode(), {"initial_value": "b"}, ["b", "c"]),
    (pa.array(["a", "b"], pa.large_string()), {"initial_value": "b"}, ["b"]),
    (
        pa.array([dt.date(2024, 1, 1), dt.date(2024, 1, 2)], pa.date64()),
        {"initial_value": "2024-01-02"},
        [dt.date(2024, 1, 2)],
    ),
    (
        pa.array([dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2)], pa.timestamp("s")),
        {"initial_value": dt.date(2024, 1, 2)},
        [dt.datetime(2024, 1, 2)],
    ),
    (
        pa.array([0, 86400], pa.int64()).cast(pa.timestamp("s", "UTC")),
        {"initial_value": "1970-01-02T01:00:00+01:00"},
        [dt.datetime(1970, 1, 2, tzinfo=UTC)],
    ),
]


@pytest.mark.parametrize(("column", "settings", "kept"), BOUNDS)
def test_bounds_of_another_type_than_the_column(column: Any, settings: dict[str, Any], kept: list[Any]) -> None:
    """Numbers between integers, dates beside moments, texts of moments: Arrow data and rows are cut alike."""
    table = pa.table({"at": column})
    by_table = [row["at"] for row in run(Incremental("at", **settings), {}, table)]
    by_rows = [row["at"] for row in run(Incremental("at", **settings), {}, table.to_pylist())]
    assert by_table == by_rows == kept


def test_a_cursor_inside_of_a_column_of_documents() -> None:
    """By its path; where a document is missing, its row has no cursor, as for rows."""
    documents = [{"at": 1}, {"at": 3}, {"at": 2}]
    for page in (pa.table({"meta": documents}), [{"meta": row} for row in documents]):
        state: dict[str, Any] = {}
        assert len(run(Incremental("meta.at", initial_value=2), state, page)) == 2
        assert state["incremental"]["meta.at"]["last_value"] == 3
    holes = pa.table({"meta": [{"at": 1}, None]})
    with pytest.raises(Exception, match="row 1"):
        run(Incremental("meta.at"), {}, holes)
    assert len(run(Incremental("meta.at", on_cursor_value_missing="include"), {}, holes)) == 2


def test_frames_stay_what_they_are() -> None:
    """Also where rows are dropped in the middle, and where keys are other columns."""
    columns = {"id": [1, 2, 3], "at": [1, 2, 2]}
    for frame in (pd.DataFrame(columns), pl.DataFrame(columns), pa.table(columns), pa.RecordBatch.from_pydict(columns)):
        state: dict[str, Any] = {}
        incremental: Any = Incremental("at", primary_key="id")
        assert len(run(incremental, state, frame)) == 3
        bound = incremental.bind_to("r", state)
        assert bound(frame) is None
        more = type(frame)({"id": [3, 4], "at": [2, 2]}) if not isinstance(frame, (pa.Table, pa.RecordBatch)) else None
        if more is not None:
            found = bound(more)
            assert type(found) is type(frame) and len(found) == 1


def test_a_setting_that_changes_leaves_no_hashes_behind() -> None:
    """The state does not carry for ever what nothing reads any more, of rows and of tables."""
    for page in (rows(1, 1), pa.table({"at": [1, 1]})):
        state: dict[str, Any] = {}
        run(Incremental("at"), state, page)
        assert state["incremental"]["at"]["unique_hashes"]
        run(Incremental("at", range_start="open"), state, page)
        assert state["incremental"]["at"]["unique_hashes"] == []


def test_it_is_looked_at_from_outside() -> None:
    """Range, state, column and settings of a cursor, before and during a run; a copy counts for itself."""
    incremental: Incremental[int] = Incremental("at", initial_value=5, lag=2)
    assert (incremental.start_value, incremental.last_value, incremental.in_use) == (5, 5, False)
    state: dict[str, Any] = {"incremental": {"at": {"initial_value": 5, "last_value": 9, "unique_hashes": []}}}
    bound = incremental.bind_to("r", state)
    assert bound.in_use and bound.get_current_range() == (7, None)
    assert bound.get_current_range(apply_lag=False) == (9, None)
    bound(rows(8, 12))
    assert (bound.last_value, bound.custom_metrics["unfiltered_items_count"]) == (12, 2)
    bound.advance(20)
    assert bound.get_state()["last_value"] == 20 and not bound.can_close()
    assert (bound.copy().in_use, bound.copy(with_transient_state=True).in_use) == (False, True)
    assert Incremental("a").get_cursor_column_name() == "a" and Incremental("a.b").get_cursor_column_name() is None
    assert incremental.with_cursor("other").cursor_path == "other" and incremental.cursor_path == "at"
    assert "cursor_path='at'" in repr(bound) and "start_value=7" in repr(bound)


def test_settings_from_one_value() -> None:
    """A start, a dict or another cursor; text is a start too, as with PyPI `dlt` 1.x."""
    made: Incremental[Any] = Incremental()
    made.parse_native_representation("2024")
    assert made.initial_value == "2024"
    made.parse_native_representation({"cursor_path": "at", "lag": 3})
    made.parse_native_representation(Incremental(initial_value=7, range_start="open"))
    assert (made.cursor_path, made.lag, made.initial_value, made.range_start) == ("at", 3, 7, "open")
    assert Incremental("at", 1, min).merge(Incremental.EMPTY).last_value_func is min
