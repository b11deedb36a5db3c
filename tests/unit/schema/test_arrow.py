"""The Arrow type of a column."""

from __future__ import annotations

import datetime
import sys
import zoneinfo
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.schema.arrow import array_of, arrow_type
from dlt.schema.typing import DATA_TYPES


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ({"data_type": "text"}, pa.string()),
        ({"data_type": "text", "precision": 5}, pa.string()),
        ({"data_type": "json"}, pa.string()),
        ({"data_type": "complex"}, pa.string()),
        ({"data_type": "double"}, pa.float64()),
        ({"data_type": "bool"}, pa.bool_()),
        ({"data_type": "binary"}, pa.binary()),
        ({"data_type": "binary", "precision": 5}, pa.binary()),
        ({"data_type": "date"}, pa.date32()),
        ({"data_type": "time"}, pa.time64("us")),
        ({"data_type": "time", "precision": 3}, pa.time64("us")),
        ({"data_type": "timestamp"}, pa.timestamp("us", "UTC")),
        ({"data_type": "timestamp", "timezone": True}, pa.timestamp("us", "UTC")),
        ({"data_type": "timestamp", "timezone": False}, pa.timestamp("us")),
        ({"data_type": "timestamp", "precision": 9}, pa.timestamp("us", "UTC")),
        ({"data_type": "bigint"}, pa.int64()),
        ({"data_type": "bigint", "precision": 8}, pa.int64()),
        ({"data_type": "decimal"}, pa.decimal128(38, 0)),
        ({"data_type": "decimal", "precision": 10, "scale": 2}, pa.decimal128(10, 2)),
        ({"data_type": "decimal", "precision": 10}, pa.decimal128(10, 0)),
        ({"data_type": "decimal", "precision": 39, "scale": 2}, pa.decimal256(39, 2)),
        ({"data_type": "decimal", "precision": 100, "scale": 3}, pa.decimal256(76, 3)),
        ({"data_type": "wei"}, pa.decimal128(38, 0)),
        ({"data_type": "wei", "precision": 76}, pa.decimal256(76, 0)),
    ],
    ids=str,
)
def test_each_type_has_one_arrow_type(column: Any, expected: pa.DataType) -> None:
    """Sizes of texts and of fractions of a second do not count, digits do."""
    assert arrow_type({"name": "c", **column}) == expected


def test_every_data_type_has_one() -> None:
    """A new data type cannot be forgotten here."""
    for kind in DATA_TYPES:
        assert isinstance(arrow_type({"name": "c", "data_type": kind}), pa.DataType)


@pytest.mark.parametrize(
    ("precision", "bits", "size"),
    [
        (None, (8, 16, 32, 64), 64),
        (0, (8, 16, 32, 64), 64),
        (1, (8, 16, 32, 64), 8),
        (8, (8, 16, 32, 64), 8),
        (9, (8, 16, 32, 64), 16),
        (16, (16, 32, 64), 16),
        (8, (16, 32, 64), 16),
        (17, (16, 32, 64), 32),
        (32, (32, 64), 32),
        (33, (32, 64), 64),
        (64, (32, 64), 64),
        (70, (8, 16, 32, 64), 64),
    ],
)
def test_whole_numbers_take_the_smallest_size_that_there_is(precision: Any, bits: Any, size: int) -> None:
    """Of those that a destination has; more bits than 64 there are not."""
    column: Any = {"name": "c", "data_type": "bigint", "precision": precision}
    assert arrow_type(column, bits=bits) == getattr(pa, f"int{size}")()


@given(st.integers(1, 90), st.integers(0, 38))
def test_digits_of_a_destination_come_before_those_of_the_column(precision: int, scale: int) -> None:
    """Up to 38 they are a small decimal, beyond that a large one."""
    scale = min(scale, precision)
    for kind in ("decimal", "wei"):
        column: Any = {"name": "c", "data_type": kind, "precision": 5, "scale": 1}
        found = arrow_type(column, (precision, scale))
        assert (found.precision, found.scale) == (min(precision, 76), scale)
        assert (found.bit_width == 128) is (precision <= 38)


MOMENTS = st.datetimes(timezones=st.sampled_from([None, datetime.timezone.utc, zoneinfo.ZoneInfo("Asia/Tokyo")]))
KINDS: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.string(), st.text(st.characters(exclude_categories=["Cs"]))),
    (pa.binary(), st.binary()),
    (pa.bool_(), st.booleans()),
    (pa.float64(), st.floats(allow_nan=False) | st.integers(-5, 5)),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.int8(), st.integers(-128, 127)),
    (pa.timestamp("us", "UTC"), MOMENTS),
    (pa.timestamp("us"), MOMENTS),
    (pa.date32(), st.dates()),
    (pa.time64("us"), st.times()),
    (pa.decimal128(12, 2), st.decimals(-1000, 1000, places=2)),
]


@given(st.data(), st.sampled_from(KINDS))
def test_arrays_are_those_that_arrow_makes(
    data: st.DataObject, kind: tuple[pa.DataType, st.SearchStrategy[Any]]
) -> None:
    """Values become the same array whether pandas was imported before or not."""
    values = data.draw(st.lists(st.none() | kind[1], max_size=40))
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(sys.modules, "pandas", raising=False)
        found = array_of(values, kind[0])
    found.validate(full=True)
    assert found.equals(pa.array(values, kind[0])) and found.null_count == values.count(None)


REFUSED = (pa.ArrowException, OverflowError, UnicodeEncodeError)


@pytest.mark.parametrize(
    ("values", "kind"),
    [([2**63], pa.int64()), (["\ud800"], pa.string()), (["a"], pa.int64()), ([None, 7], pa.string())],
)
def test_what_an_array_cannot_hold_is_refused(
    values: list[Any], kind: pa.DataType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is the one that Arrow gives."""
    monkeypatch.delitem(sys.modules, "pandas", raising=False)
    with pytest.raises(REFUSED) as wanted:
        pa.array(values, kind)
    with pytest.raises(wanted.type):
        array_of(values, kind)
