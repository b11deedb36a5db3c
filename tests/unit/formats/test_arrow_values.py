"""Arrow types as columns, and arrays as Python values that lose nothing."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from decimal import Decimal as D
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import UnsupportedDataType
from dlt.formats.arrow_values import column_of, plain, storage_type, values_of

UTC = dt.timezone.utc
MOMENT = dt.datetime(2024, 1, 2, 3, 4, 5, 678_000)
UUIDS = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([uuid.UUID(int=7).bytes, None], pa.binary(16)))
FLAGS = pa.ExtensionArray.from_storage(pa.bool8(), pa.array([0, 1, 5, None], pa.int8()))
JSON = pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a":1}', None]))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        *[(kind, {"data_type": "text"}) for kind in (pa.string(), pa.large_string(), pa.string_view())],
        *[(kind, {"data_type": "bigint"}) for kind in (pa.int8(), pa.uint64(), pa.duration("ns"))],
        *[(kind, {"data_type": "double"}) for kind in (pa.float16(), pa.float32(), pa.float64())],
        (pa.bool_(), {"data_type": "bool"}),
        (pa.bool8(), {"data_type": "bool"}),
        (pa.uuid(), {"data_type": "text"}),
        (pa.json_(), {"data_type": "json"}),
        (pa.timestamp("ns"), {"data_type": "timestamp", "timezone": False}),
        (pa.timestamp("s", "Asia/Karachi"), {"data_type": "timestamp", "timezone": True}),
        *[(kind, {"data_type": "date"}) for kind in (pa.date32(), pa.date64())],
        *[(kind, {"data_type": "time"}) for kind in (pa.time32("s"), pa.time64("ns"))],
        (pa.decimal128(10, 2), {"data_type": "decimal", "precision": 10, "scale": 2}),
        (pa.decimal256(60, 0), {"data_type": "decimal", "precision": 60, "scale": 0}),
        *[(kind, {"data_type": "binary"}) for kind in (pa.binary(), pa.large_binary(), pa.binary(3), pa.binary_view())],
        (pa.dictionary(pa.int8(), pa.string()), {"data_type": "text"}),
        (pa.run_end_encoded(pa.int32(), pa.float64()), {"data_type": "double"}),
        (pa.dictionary(pa.int8(), pa.date32()), {"data_type": "date"}),
        *[(kind, {"data_type": "json"}) for kind in (pa.list_(pa.int8()), pa.large_list(pa.string()))],
        *[(kind, {"data_type": "json"}) for kind in (pa.list_(pa.int8(), 2), pa.list_view(pa.int8()))],
        (pa.struct([("a", pa.int8()), ("b", pa.list_(pa.null()))]), {"data_type": "json"}),
        (pa.map_(pa.string(), pa.int8()), {"data_type": "json"}),
    ],
    ids=str,
)
def test_each_arrow_type_has_a_column(kind: pa.DataType, expected: Any) -> None:
    """Dictionaries and runs are the type of their values, extensions that of their storage."""
    assert column_of("c", kind) == {"name": "c", "nullable": True, **expected}


@pytest.mark.parametrize(
    "kind",
    [pa.null(), pa.month_day_nano_interval(), pa.list_(pa.month_day_nano_interval()),
     pa.struct([("a", pa.map_(pa.string(), pa.month_day_nano_interval()))])],
    ids=str,
)  # fmt: skip
def test_a_type_without_a_column_is_refused(kind: pa.DataType) -> None:
    """Also inside of documents, with the name of the column."""
    with pytest.raises(UnsupportedDataType, match=r"column c: the Arrow type .* has no data type here"):
        column_of("c", kind)


@pytest.mark.parametrize(
    ("array", "values"),
    [
        (pa.nulls(2), [None, None]),
        (pa.array([1, None], pa.uint64()), [1, None]),
        (pa.array([1.5, math.inf, None], pa.float16()), [1.5, math.inf, None]),
        (pa.array(["a", None]).dictionary_encode(), ["a", None]),
        (pa.RunEndEncodedArray.from_arrays([2, 3], ["x", None]), ["x", "x", None]),
        (UUIDS, [str(uuid.UUID(int=7)), None]),
        (FLAGS, [False, True, True, None]),
        (JSON, ['{"a":1}', None]),
        (pa.array([MOMENT, None], pa.timestamp("us")), [MOMENT, None]),
        (pa.array([MOMENT], pa.timestamp("ms", "Asia/Karachi")), [MOMENT.replace(tzinfo=UTC)]),
        (pa.array([5], pa.timestamp("s")), [dt.datetime(1970, 1, 1, 0, 0, 5)]),
        (pa.array([1_000], pa.timestamp("ns")), [dt.datetime(1970, 1, 1, 0, 0, 0, 1)]),
        (pa.array([1_001, None], pa.timestamp("ns")), ["1970-01-01T00:00:00.000001001", None]),
        (pa.array([1_001], pa.timestamp("ns", "UTC")), ["1970-01-01T00:00:00.000001001+00:00"]),
        (pa.array([253_402_300_800], pa.timestamp("s")), ["10000-01-01T00:00:00"]),
        (pa.array([-62_135_596_801, 0], pa.timestamp("s", "UTC")), ["0000-12-31T23:59:59+00:00",
                                                                    dt.datetime(1970, 1, 1, tzinfo=UTC)]),
        (pa.array([dt.date(2024, 1, 2), None]), [dt.date(2024, 1, 2), None]),
        (pa.array([2_932_897, -719_163], pa.date32()), ["10000-01-01", "0000-12-31"]),
        (pa.array([dt.date(2024, 1, 2), None], pa.date64()), [dt.date(2024, 1, 2), None]),
        (pa.array([dt.time(3, 4, 5, 6), None], pa.time64("us")), [dt.time(3, 4, 5, 6), None]),
        (pa.array([dt.time(3)], pa.time32("ms")), [dt.time(3)]),
        (pa.array([1_000, 3_723_000_000_001, None], pa.int64()).cast(pa.time64("ns")),
         [dt.time(0, 0, 0, 1), "01:02:03.000000001", None]),
        (pa.array([1, None], pa.duration("s")), [dt.timedelta(seconds=1), None]),
        (pa.array([1_000, 1], pa.duration("ns")), [dt.timedelta(microseconds=1), D("0.001")]),
        (pa.array([10**15], pa.duration("s")), [10**21]),
        (pa.array([D("1.50"), None], pa.decimal128(5, 2)), [D("1.50"), None]),
        (pa.array([b"a", None], pa.binary_view()), [b"a", None]),
        (pa.array([{"a": 1, "b": None}, None], pa.struct([("a", pa.int8()), ("b", pa.string())])),
         [{"a": 1, "b": None}, None]),
        (pa.array([{}], pa.struct([])), [{}]),
        (pa.array([[1], None, [], [None]], pa.list_(pa.int8())), [[1], None, [], [None]]),
        (pa.array([[1, 2], None], pa.list_(pa.int8(), 2)), [[1, 2], None]),
        (pa.array([[("k", 1)], None, []], pa.map_(pa.string(), pa.int8())), [{"k": 1}, None, {}]),
        (pa.array([[(1, "a"), (2, None)]], pa.map_(pa.int8(), pa.string())), [{"1": "a", "2": None}]),
        (pa.array([[("k", 1), ("k", 2)]], pa.map_(pa.string(), pa.int8())),
         [[{"key": "k", "value": 1}, {"key": "k", "value": 2}]]),
        (pa.array([[(D("1.5"), 1)], []], pa.map_(pa.decimal128(3, 1), pa.int8())),
         [[{"key": D("1.5"), "value": 1}], []]),
        (pa.array([[("k", [("l", 1)])]], pa.map_(pa.string(), pa.map_(pa.string(), pa.int8()))), [{"k": {"l": 1}}]),
        (pa.array([{"at": [1_001]}], pa.struct([("at", pa.list_(pa.timestamp("ns")))])),
         [{"at": ["1970-01-01T00:00:00.000001001"]}]),
    ],
    ids=lambda part: str(part.type)[:40] if isinstance(part, pa.Array) else "",
)  # fmt: skip
def test_an_array_has_values_that_lose_nothing(array: pa.Array, values: Any) -> None:
    """What Python has no value for is text, or a decimal of microseconds; a slice has its own values."""
    found = values_of(array)
    assert found == values and [type(value) for value in found] == [type(value) for value in values]
    assert values_of(array.slice(1)) == values[1:]
    assert values_of(array.slice(0, 0)) == []


SCALARS = st.none() | st.integers(-9, 9)


@given(st.lists(st.none() | st.lists(SCALARS, max_size=3), max_size=5), st.integers(0, 3))
def test_lists_of_any_kind_hold_what_they_held(rows: list[Any], start: int) -> None:
    """From any place of the array on."""
    for kind in (pa.list_(pa.int8()), pa.large_list(pa.int8()), pa.list_view(pa.int8()), pa.large_list_view(pa.int8())):
        array = pa.array(rows, kind)
        assert values_of(array.slice(start)) == rows[start:]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (pa.int8(), pa.int8()),
        (pa.dictionary(pa.int8(), pa.dictionary(pa.int8(), pa.string())), pa.string()),
        (pa.run_end_encoded(pa.int32(), pa.bool8()), pa.bool_()),
        (pa.uuid(), pa.string()),
        (pa.json_(), pa.string()),
    ],
    ids=str,
)
def test_types_stand_for_what_is_behind_them(kind: pa.DataType, expected: pa.DataType) -> None:
    """However deep that is."""
    assert storage_type(kind) == expected


def test_a_plain_array_is_left_as_it_is() -> None:
    """Nothing is copied."""
    array = pa.array([1])
    assert plain(array) is array and plain(JSON).type == pa.string() and plain(FLAGS).type == pa.bool_()
