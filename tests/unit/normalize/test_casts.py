"""Whole arrays are cast only where that gives what the table of conversions gives for each value."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlt.errors import SchemaIdentifierNormalizationCollision, UnsupportedDataType
from dlt.formats.arrow_values import values_of
from dlt.normalize.arrays import arrow_type, build
from dlt.normalize.casts import by_value, coalesced, place, whole
from dlt.normalize.placement import Placement
from dlt.schema.capabilities import GENERIC
from dlt.schema.conversions import convert
from dlt.schema.limits import Misfit
from dlt.schema.schema import Schema
from dlt.schema.typing import DATA_TYPES, ColumnSchema

UTC = dt.timezone.utc
CAPABILITIES = {
    "generic": GENERIC,
    "strict": replace(GENERIC, enforces_length=True, supports_nul=False, supports_nan=False),
    "bytes": replace(GENERIC, enforces_length=True, max_text_data_type_length=6),
    "narrow": replace(GENERIC, max_decimal=(12, 4), decimal_precision=(10, 2), wei_precision=(12, 0)),
}
HINTS: list[dict[str, Any]] = [
    *[{"data_type": kind} for kind in DATA_TYPES],
    {"data_type": "text", "precision": 3},
    {"data_type": "binary", "precision": 2},
    {"data_type": "bigint", "precision": 8},
    {"data_type": "bigint", "precision": 32},
    {"data_type": "decimal", "precision": 6, "scale": 2},
    {"data_type": "decimal", "precision": 50, "scale": 20},
    {"data_type": "timestamp", "timezone": False},
    {"data_type": "timestamp", "precision": 0},
    {"data_type": "timestamp", "precision": 3, "timezone": False},
    {"data_type": "timestamp", "precision": 9},
    {"data_type": "time", "precision": 0},
]
WORDS = [
    *[
        "",
        " ",
        "a",
        "abcd",
        "äö",
        "😀😀",
        "a\0",
        "true",
        "0",
        "-0",
        "7",
        " 7",
        "+7",
        "007",
        "1.5",
        "1e3",
        "9" * 18,
        "9" * 19,
    ],
    *["2024-01-02", "2024-01-02T03", "2024-01-02 03:04", "2024-01-02T03:04:05", "2024-01-02T03:04:05Z", "20240102"],
    *["2024-01-02T03:04:05.5+05:30", "2024-01-02T03:04:05.123456789", "2024-01-02T24:00:00", "2024-02-30", "03:04:05"],
    *[
        "2024-01-02T03:04:05+0530",
        "2024-01-02T03:04:05-05",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59Z",
        "2024",
    ],
    *["2024-01-02T03:04:05 Z", "2024-1-2", "10000-01-01", "0000-01-01", "2024-01-02T03:04:60", "2024-01-02t03:04:05z"],
]
MOMENTS = [
    dt.datetime(2024, 1, 2),
    dt.datetime(2024, 1, 2, 3, 4, 5),
    dt.datetime(1, 1, 1),
    dt.datetime(9999, 12, 31, 23),
]
ARRAYS: dict[str, st.SearchStrategy[pa.Array]] = {}


def arrays(name: str, kind: pa.DataType, values: st.SearchStrategy[Any]) -> None:
    """Add arrays of a type, with values that are not there among the others."""
    ARRAYS[name] = st.lists(st.none() | values, min_size=1, max_size=4).map(lambda found: pa.array(found, kind))


for bits in (8, 16, 32, 64):
    edge = 2 ** (bits - 1)
    arrays(f"int{bits}", getattr(pa, f"int{bits}")(), st.integers(-edge, edge - 1) | st.integers(-9, 9))
    arrays(f"uint{bits}", getattr(pa, f"uint{bits}")(), st.integers(0, 2 * edge - 1) | st.integers(0, 9))
arrays("float64", pa.float64(), st.floats() | st.sampled_from([0.5, 3.0, 1e20]))
arrays("float32", pa.float32(), st.floats(width=32))
arrays("float16", pa.float16(), st.floats(width=16))
arrays("bool", pa.bool_(), st.booleans())
for text in (pa.string(), pa.large_string(), pa.string_view()):
    arrays(str(text), text, st.sampled_from(WORDS))
arrays("digits", pa.string(), st.from_regex(r"-?[0-9]{1,20}", fullmatch=True))
ISO = r"2024-0[1-3]-[0-3][0-9]([T ][0-2][0-9](:[0-6][0-9]){0,2}(\.[0-9]{1,7})?(Z|\+0[0-9]:?[0-9]{0,2})?)?"
arrays("iso", pa.string(), st.from_regex(ISO, fullmatch=True))
for binary in (pa.binary(), pa.large_binary(), pa.binary_view()):
    arrays(str(binary), binary, st.binary(max_size=4))
arrays("fixed", pa.binary(2), st.binary(min_size=2, max_size=2))
arrays("decimal128", pa.decimal128(20, 4), st.decimals(-(10**15), 10**15, places=4) | st.decimals(-99, 99, places=1))
arrays("decimal256", pa.decimal256(60, 8), st.decimals(-(10**9), 10**9, places=8))
for unit in ("s", "ms", "us"):
    arrays(f"naive {unit}", pa.timestamp(unit), st.sampled_from(MOMENTS))
    arrays(
        f"zone {unit}", pa.timestamp(unit, "Asia/Karachi"), st.sampled_from([m.replace(tzinfo=UTC) for m in MOMENTS])
    )
arrays("naive ns", pa.timestamp("ns"), st.sampled_from(MOMENTS[:2]))
arrays("micros", pa.timestamp("us"), st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2100, 1, 1)))
arrays("date32", pa.date32(), st.dates())
arrays("date64", pa.date64(), st.dates())
arrays("time32", pa.time32("ms"), st.sampled_from([dt.time(3, 4, 5), dt.time(3, 4, 5, 7000)]))
arrays("time64", pa.time64("us"), st.times())
arrays("duration", pa.duration("us"), st.timedeltas(dt.timedelta(-9), dt.timedelta(9)))
arrays("nulls", pa.null(), st.none())


def stored(array: pa.Array, column: ColumnSchema, capabilities: Any) -> pa.Array | None:
    """Return what the table of conversions makes of an array; None where a value does not fit."""
    try:
        values = [None if value is None else convert(value, column, capabilities) for value in values_of(array)]
    except Misfit:
        return None
    return build(values, column, capabilities)


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal, NaN among them."""
    return one == other or (isinstance(one, float) and math.isnan(one) and math.isnan(other))


@settings(max_examples=15)
@pytest.mark.parametrize("name", ARRAYS)
@given(st.data())
def test_an_array_that_is_cast_holds_what_its_values_become(name: str, data: st.DataObject) -> None:
    """In every column, at every destination; where one value does not fit, none is cast."""
    array = data.draw(ARRAYS[name])
    for hints in HINTS:
        column: Any = {"name": "c", **hints}
        for capabilities in CAPABILITIES.values():
            found = whole(array, column, capabilities)
            if found is None:
                continue
            wanted = stored(array, column, capabilities)
            assert wanted is not None, (hints, array)
            assert found.type == wanted.type == arrow_type(column, capabilities)
            pairs = zip(found.to_pylist(), wanted.to_pylist(), strict=True)
            assert all(same(one, other) for one, other in pairs), (hints, array)


@pytest.mark.parametrize(
    ("array", "hints"),
    [
        (pa.array([None, None], pa.int8()), {"data_type": "text"}),
        (pa.nulls(2), {"data_type": "decimal"}),
        (pa.array([1, 2]), {"data_type": "text"}),
        (pa.array(["a"]), {"data_type": "text"}),
        (pa.array(["a"], pa.large_string()), {"data_type": "text"}),
        (pa.array([1.5]), {"data_type": "double"}),
        (pa.array([1]), {"data_type": "double"}),
        (pa.array([1.5], pa.float16()), {"data_type": "double"}),
        (pa.array([True]), {"data_type": "bool"}),
        (pa.array([1], pa.uint64()), {"data_type": "bigint"}),
        (pa.array(["12"]), {"data_type": "bigint"}),
        (pa.array([dt.timedelta(1)], pa.duration("s")), {"data_type": "bigint"}),
        (pa.array([D("1.5")], pa.decimal128(5, 1)), {"data_type": "decimal"}),
        (pa.array([7]), {"data_type": "wei"}),
        (pa.array([MOMENTS[1]], pa.timestamp("ms")), {"data_type": "timestamp", "timezone": False}),
        (pa.array([MOMENTS[1]], pa.timestamp("ms")), {"data_type": "timestamp", "precision": 0}),
        (pa.array(["2024-01-02T03:04:05Z"]), {"data_type": "timestamp"}),
        (pa.array(["2024-01-02T03:04:05"]), {"data_type": "timestamp"}),
        (pa.array([dt.date(2024, 1, 2)]), {"data_type": "timestamp"}),
        (pa.array([1_700_000_000]), {"data_type": "timestamp"}),
        (pa.array([dt.date(2024, 1, 2)]), {"data_type": "date"}),
        (pa.array([dt.time(3)], pa.time32("s")), {"data_type": "time", "precision": 0}),
        (pa.array([b"a"], pa.binary(1)), {"data_type": "binary", "precision": 1}),
    ],
    ids=str,
)
def test_what_can_be_cast_is_cast(array: pa.Array, hints: Any) -> None:
    """Value by value would be a hundred times slower."""
    assert whole(array, {"name": "c", **hints}, GENERIC) is not None


# -- value by value


def placement(contract: Any = None, **columns: Any) -> Placement:
    """Return the placement of a table with some columns."""
    schema = Schema("s")
    named = {name: {"name": name, "data_type": kind} for name, kind in columns.items()}
    schema.update_table({"name": "t", "columns": named})  # type: ignore[typeddict-item]
    schema.tables["t"]["x-normalizer"] = {"seen-data": True}
    schema.set_schema_contract(contract)
    return Placement(schema)


def test_values_that_do_not_fit_go_to_variant_columns() -> None:
    """Each in the place of its row; the column itself is there too."""
    found, mask = by_value(placement(c="bigint"), "t", "c", [1, "x", None, 1.5, "y"])
    assert {name: array.to_pylist() for name, array in found.items()} == {
        "c": [1, None, None, None, None],
        "c__v_text": [None, "x", None, None, "y"],
        "c__v_double": [None, None, None, 1.5, None],
    }
    assert mask is None
    found, _ = by_value(placement(c="bigint"), "t", "c", ["x"])
    assert {name: array.to_pylist() for name, array in found.items()} == {"c": [None], "c__v_text": ["x"]}


def test_a_first_value_decides_the_column() -> None:
    """None at all decides nothing."""
    found, _ = by_value(placement(), "t", "c", [None, 1.5, 2])
    assert {name: array.to_pylist() for name, array in found.items()} == {"c": [None, 1.5, 2.0]}
    assert by_value(placement(), "t", "c", [None, None]) == ({}, None)


@pytest.mark.parametrize(
    ("mode", "columns", "mask"),
    [("discard_value", {"c": [1, None, 3]}, None), ("discard_row", {"c": [1, None, 3]}, [False, True, False])],
)
def test_the_contract_discards_values_or_rows(mode: str, columns: Any, mask: Any) -> None:
    """Rows by a mask, as other columns of theirs are in other arrays."""
    found, refused = by_value(placement({"data_type": mode}, c="bigint"), "t", "c", [1, "x", 3], {})
    assert {name: array.to_pylist() for name, array in found.items()} == columns
    assert (refused and refused.to_pylist()) == mask


def test_an_array_is_placed_whole_where_it_can_be() -> None:
    """And value by value elsewhere."""
    placed, mask = place(placement(c="bigint"), "t", "c", pa.array([1, 2]))
    assert mask is None and placed["c"].to_pylist() == [1, 2] and list(placed) == ["c"]
    placed, _ = place(placement(c="bigint"), "t", "c", pa.array([1.0, 2.5]))
    assert {name: array.to_pylist() for name, array in placed.items()} == {"c": [1, None], "c__v_double": [None, 2.5]}


def test_two_keys_of_one_column_meet_only_where_rows_have_one_of_them() -> None:
    """A row with both would lose one value."""
    one, other = pa.array([1, None, None]), pa.array([None, 2, None])
    assert coalesced(None, one, "t", "c") is one
    assert coalesced(one, other, "t", "c").to_pylist() == [1, 2, None]
    assert coalesced(one, one, "t", "c").to_pylist() == [1, None, None]
    with pytest.raises(SchemaIdentifierNormalizationCollision):
        coalesced(one, pa.array([3, None, None]), "t", "c")
    with pytest.raises(UnsupportedDataType, match="two arrays of types int64 and string meet"):
        coalesced(one, pa.array(["a", None, None]), "t", "c")


@pytest.mark.parametrize(
    ("values", "hints", "expected"),
    [
        ([1, "a", None, D("1.5")], {"data_type": "text"}, ["1", "a", None, "1.5"]),
        ([True, None], {"data_type": "bool"}, [True, None]),
        ([], {"data_type": "bigint"}, []),
        ([D("1.5")], {"data_type": "decimal"}, [D("1.500000000")]),
    ],
)
def test_values_of_a_column_become_an_array(values: Any, hints: Any, expected: Any) -> None:
    """Of the type that the destination gets."""
    column: Any = {"name": "c", **hints}
    array = build(values, column, GENERIC)
    assert array.to_pylist() == expected and array.type == arrow_type(column, GENERIC)
