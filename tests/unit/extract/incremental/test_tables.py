"""Arrow tables and frames through a cursor: the same rows and the same state as from rows, whatever the column is."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal as D
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dlt.errors import (
    IncrementalCursorInvalidCoercion,
    IncrementalCursorPathHasValueNone,
    IncrementalCursorPathMissing,
    IncrementalPrimaryKeyMissing,
)
from dlt.extract.incremental import Incremental

UTC = dt.timezone.utc
FORMS: dict[str, Any] = {
    "table": lambda table: table,
    "batch": lambda table: table.combine_chunks().to_batches()[0],
    "polars": pl.from_arrow,
    "pandas": lambda table: table.to_pandas(),
}


def plain(items: Any) -> list[dict[str, Any]]:
    """Return the rows of a page, a table or a frame."""
    if items is None or isinstance(items, list):
        return items or []
    if isinstance(items, pd.DataFrame):
        return pa.Table.from_pandas(items, preserve_index=False).to_pylist()
    return items.to_dicts() if isinstance(items, pl.DataFrame) else items.to_pylist()


def kept(incremental: Incremental[Any], state: dict[str, Any], items: Any) -> list[Any]:
    """Return the ids of the rows that are new."""
    return [row["id"] for row in plain(incremental.bind_to("r", state)(items))]


def cursor(state: dict[str, Any]) -> Any:
    """Return the cursor of a state, its hashes in order."""
    found = dict(state.get("incremental", {}).get("at", {}))
    return {**found, "unique_hashes": sorted(found.get("unique_hashes", []))}


MOMENT = dt.datetime(2024, 1, 2, 3, 4, 5)
COLUMNS: dict[str, tuple[list[Any], pa.DataType]] = {
    "int8": ([3, 1, 2, 3], pa.int8()),
    "uint64": ([3, 1, 2, 3], pa.uint64()),
    "float": ([1.5, 0.5, 1.5], pa.float64()),
    "float32": ([1.5, 0.5, 1.5], pa.float32()),
    "decimal": ([D("1.50"), D("0.10"), D("1.50")], pa.decimal128(10, 2)),
    "wide decimal": ([D("1.5"), D("0.1")], pa.decimal256(50, 2)),
    "text": (["b", "a", "b", "ä"], pa.string()),
    "large text": (["b", "a", "b"], pa.large_string()),
    "view": (["b", "a", "b"], pa.string_view()),
    "dictionary": (["b", "a", "b"], pa.dictionary(pa.int8(), pa.string())),
    "date": ([dt.date(2024, 1, 2), dt.date(2024, 1, 1)], pa.date32()),
    "date64": ([dt.date(2024, 1, 2), dt.date(2024, 1, 1)], pa.date64()),
    "seconds": ([MOMENT, MOMENT.replace(day=1)], pa.timestamp("s")),
    "microseconds": ([MOMENT, MOMENT.replace(day=1)], pa.timestamp("us")),
    "zone": ([MOMENT.replace(tzinfo=UTC), MOMENT.replace(tzinfo=UTC, day=1)], pa.timestamp("us", "UTC")),
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("form", ["table", "batch"])
@pytest.mark.parametrize(
    "options", [{}, {"last_value_func": min}, {"range_start": "open"}, {"primary_key": ()}], ids=str
)
def test_a_column_of_every_type_is_as_its_rows_are(name: str, form: str, options: Any) -> None:
    """In three runs over the same data and more of it: the same rows, the same last value, the same hashes."""
    values, kind = COLUMNS[name]
    incremental: Incremental[Any] = Incremental("at", **{"primary_key": "id", **options})
    by_rows: dict[str, Any] = {}
    by_table: dict[str, Any] = {}
    for first, last in ((0, len(values)), (0, len(values)), (1, len(values))):
        table = pa.table({"id": list(range(first, last)), "at": pa.array(values[first:last], kind)})
        found = kept(incremental, by_table, FORMS[form](table))
        assert found == kept(incremental, by_rows, table.to_pylist())
        assert cursor(by_table) == cursor(by_rows)
        assert type(cursor(by_table)["last_value"]) is type(cursor(by_rows)["last_value"])


@pytest.mark.parametrize("form", FORMS)
def test_frames_of_all_libraries_give_themselves_back(form: str) -> None:
    """All rows, some of them, or none; a frame that lies wholly inside of the range is not copied."""
    table = pa.table({"id": [1, 2, 3], "at": [10, 20, 30]})
    whole = FORMS[form](table)
    state: dict[str, Any] = {}
    assert Incremental("at", 5).bind_to("r", {})(whole) is whole
    some = Incremental("at", 15, end_value=30).bind_to("r", {})(whole)
    assert type(some) is type(whole) and [row["id"] for row in plain(some)] == [2]
    assert Incremental("at", 99).bind_to("r", {})(whole) is None
    assert Incremental("at", 5).bind_to("r", {})(FORMS[form](table.slice(0, 3)).head(0) if form in ("polars", "pandas")
                                                 else table.slice(0, 0)) is None  # fmt: skip
    assert kept(Incremental("at", primary_key="id"), state, whole) == [1, 2, 3]
    assert kept(Incremental("at", primary_key="id"), state, whole) == []


@settings(max_examples=60)
@given(
    st.lists(st.none() | st.integers(0, 5), min_size=1, max_size=8),
    st.sampled_from(["include", "exclude"]),
    st.sampled_from([max, min]),
    st.none() | st.integers(0, 5),
    st.none() | st.integers(0, 5),
    st.sampled_from(["open", "closed"]),
    st.sampled_from(["table", "polars"]),
)
def test_rows_without_a_value_are_kept_or_not(
    values: list[Any], missing: str, func: Any, first: Any, end: Any, side: str, form: str
) -> None:
    """In their places among the others, within any range."""
    assume(None in (first, end) or func((end, first)) == end)
    incremental: Incremental[Any] = Incremental(
        "at",
        first,
        func,
        end_value=end,
        on_cursor_value_missing=missing,
        range_start=side,
        range_end=side,
        primary_key="id",
    )
    by_rows: dict[str, Any] = {}
    by_table: dict[str, Any] = {}
    table = pa.table({"id": list(range(len(values))), "at": pa.array(values, pa.int64())})
    for _ in range(2):
        assert kept(incremental, by_table, FORMS[form](table)) == kept(incremental, by_rows, table.to_pylist())
        assert cursor(by_table) == cursor(by_rows)


@pytest.mark.parametrize(
    ("values", "position", "what"),
    [([1, None, 2], 1, "None"), ([None], 0, "None"), ([1.5, 2.5, math.nan], 2, "NaN")],
)
def test_a_row_without_a_value_is_told_with_its_place(values: list[Any], position: int, what: str) -> None:
    """Counted over all tables of the run."""
    bound = Incremental("at").bind_to("orders", {})
    bound(pa.table({"at": pa.array([0, 0, 0])}))
    with pytest.raises(IncrementalCursorPathHasValueNone, match=rf"row {3 + position} \(counted from 0\)") as caught:
        bound(pa.table({"at": pa.array(values, from_pandas=False)}))
    assert caught.value.item_position == 3 + position and what in ("None", "NaN")


@pytest.mark.parametrize("form", FORMS)
def test_a_table_without_the_column_is_as_rows_without_the_field(form: str) -> None:
    """The error names the columns that it has."""
    items = FORMS[form](pa.table({"id": [1, 2], "other": [1, 2]}))
    with pytest.raises(
        IncrementalCursorPathMissing, match=r"has no column 'at', which the cursor at needs\. It has id, other"
    ):
        Incremental("at").bind_to("r", {})(items)
    assert Incremental("at", on_cursor_value_missing="include").bind_to("r", {})(items) is items
    assert Incremental("at", on_cursor_value_missing="exclude").bind_to("r", {})(items) is None


@pytest.mark.parametrize("path", ["doc.at", "$.doc.at", "doc.deep.at", "list[0]"])
def test_a_cursor_inside_of_documents_is_found_too(path: str) -> None:
    """In structs by column where all have one, otherwise row by row."""
    rows: list[Any] = [{"id": n, "doc": {"at": n, "deep": {"at": n}}, "list": [n, 0]} for n in (3, 1, 2)]
    state: dict[str, Any] = {}
    incremental: Incremental[int] = Incremental(path, 2)
    assert kept(incremental, state, pa.Table.from_pylist(rows)) == [3, 2]
    assert next(iter(state["incremental"].values()))["last_value"] == 3
    with_none = [*rows, {"id": 9, "doc": None, "list": [9]}]
    lenient: Incremental[int] = Incremental(path, 2, on_cursor_value_missing="include")
    assert kept(lenient, {}, pa.Table.from_pylist(with_none)) == [3, 2, 9]


@pytest.mark.parametrize(
    ("values", "kind", "start", "expected"),
    [
        ([1, 2, 3], pa.int64(), 1.5, [1, 2]),
        ([1, 2, 3], pa.int8(), 10**30, []),
        ([1, 2, 3], pa.int8(), -(10**30), [0, 1, 2]),
        ([D("1.1"), D("1.2")], pa.decimal128(5, 1), D("1.15"), [1]),
        ([dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2)], pa.timestamp("us"), dt.date(2024, 1, 2), [1]),
        ([dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2)], pa.timestamp("us"), "2024-01-02", [1]),
        (["2024-01-01", "2024-01-02"], pa.string(), dt.date(2024, 1, 2), [1]),
    ],
)
def test_a_bound_that_the_column_cannot_hold_is_compared_all_the_same(
    values: list[Any], kind: pa.DataType, start: Any, expected: list[int]
) -> None:
    """As it is with rows."""
    table = pa.table({"id": list(range(len(values))), "at": pa.array(values, kind)})
    assert (
        kept(Incremental("at", start), {}, table) == kept(Incremental("at", start), {}, table.to_pylist()) == expected
    )
    falling: Any = Incremental("at", start, min)
    assert kept(falling, {}, table) == kept(falling, {}, table.to_pylist())


@pytest.mark.parametrize("form", ["table", "batch"])
@pytest.mark.parametrize(
    "kind", [pa.string_view(), pa.binary_view(), pa.large_string(), pa.list_(pa.string())], ids=str
)
def test_columns_beside_the_cursor_may_be_of_any_type(form: str, kind: pa.DataType) -> None:
    """Also of types from which Arrow itself selects nothing; rows are told apart by them."""
    make: Any = {"list<item: string>": lambda text: [text], "binary_view": str.encode}.get(str(kind), str)
    table = pa.table({"id": [1, 2, 3], "at": [1, 2, 2], "v": pa.array([make(text) for text in "abc"], kind)})
    state: dict[str, Any] = {}
    bound = Incremental("at", 2).bind_to("r", state)
    assert plain(bound(FORMS[form](table))) == [{"id": n, "at": 2, "v": make(text)} for n, text in ((2, "b"), (3, "c"))]
    assert kept(Incremental("at", 2), state, FORMS[form](table)) == []


def test_a_bound_of_another_kind_is_refused() -> None:
    """As for rows."""
    with pytest.raises(IncrementalCursorInvalidCoercion, match=r"holds int.*is str"):
        Incremental("at", "x").bind_to("r", {})(pa.table({"at": [1]}))


def test_a_primary_key_that_the_table_lacks_is_named() -> None:
    """When its rows have to be told apart."""
    with pytest.raises(IncrementalPrimaryKeyMissing, match=r"the table has no column 'uid'.*primary_key"):
        Incremental("at", primary_key=("id", "uid")).bind_to("orders", {})(pa.table({"id": [1], "at": [1]}))
    assert Incremental("at", primary_key=()).bind_to("r", {})(pa.table({"at": [1]})) is not None


def test_a_function_of_the_user_decides_row_by_row() -> None:
    """Over all values, also where they are text of numbers."""
    longest: Any = Incremental("at", last_value_func=lambda values: max(values, key=len), primary_key="id")
    state: dict[str, Any] = {}
    table = pa.table({"id": [1, 2, 3], "at": ["a", "ccc", "bb"]})
    assert kept(longest, state, table) == [1, 2, 3] and cursor(state)["last_value"] == "ccc"
    assert kept(longest, state, pa.table({"id": [4, 5], "at": ["dddd", "b"]})) == [4]


def test_nanoseconds_are_told_apart_by_the_rest_of_the_row() -> None:
    """A state holds microseconds; rows of one microsecond are all loaded, each once."""
    values = pa.array([1_700_000_000_123_456_001, 1_700_000_000_123_456_002], pa.timestamp("ns"))
    table = pa.table({"id": [1, 2], "at": values})
    state: dict[str, Any] = {}
    assert kept(Incremental("at"), state, table) == [1, 2]
    assert kept(Incremental("at"), state, table) == []
    assert cursor(state)["last_value"] == dt.datetime(2023, 11, 14, 22, 13, 20, 123456)
    more = pa.table({"id": [2, 3], "at": pa.array([values[1].value, values[1].value], pa.timestamp("ns"))})
    assert kept(Incremental("at"), state, more) == [3]


def test_rows_out_of_range_let_an_ordered_resource_stop() -> None:
    """From either end."""
    table = pa.table({"at": [1, 5, 9]})
    late: Any = Incremental("at", 0, end_value=5, row_order="asc").bind_to("r", {})
    assert not late.can_close() and late(table) is not None and late.can_close()
    early: Any = Incremental("at", 5, row_order="desc").bind_to("r", {})
    assert not early.can_close() and early(table) is not None and early.can_close()
    inside: Any = Incremental("at", 0, row_order="desc").bind_to("r", {})
    inside(table)
    assert not inside.can_close()


def test_batches_and_rows_are_counted_before_they_are_filtered() -> None:
    """Whatever comes."""
    bound = Incremental("at", 5).bind_to("r", {})
    bound(pa.table({"at": [1, 9]})), bound([{"at": 7}]), bound({"at": 1}), bound(None)
    assert bound.custom_metrics == {"unfiltered_items_count": 4, "unfiltered_batches_count": 3}
