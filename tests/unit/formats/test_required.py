"""Values for columns that must have one are found at extract, with their place in the data."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import CannotCoerceColumnException
from dlt.formats.required import Required, _fit, columns_without_variant
from dlt.schema.conversions import convert
from dlt.schema.limits import Misfit
from dlt.schema.typing import DATA_TYPES


def required(**columns: Any) -> Required:
    """Return the check of some columns; names are those of the keys in lower case."""
    named = {name: {"name": name, "nullable": False, **hints} for name, hints in columns.items()}
    return Required("t", named, str.lower)  # type: ignore[arg-type]


def test_columns_that_need_a_value_have_no_variant() -> None:
    """Those of which the type is declared; the library's own fill themselves."""
    columns = {
        "a": {"data_type": "text", "nullable": False},
        "b": {"data_type": "text", "nullable": True},
        "c": {"data_type": "text"},
        "d": {"nullable": False},
        "_dlt_id": {"data_type": "text", "nullable": False},
    }
    assert list(columns_without_variant({"columns": columns})) == ["a"]
    assert columns_without_variant({}) == columns_without_variant({"columns": None}) == {}


GOOD: list[tuple[Any, Any]] = [
    ({"data_type": "bigint"}, [1, "2", 3.0, None]),
    ({"data_type": "text"}, ["a", 5, dt.date(2024, 1, 2)]),
    ({"data_type": "timestamp"}, [dt.datetime(2024, 1, 2), "2024-01-02", 5]),
    ({"data_type": "decimal", "precision": 5, "scale": 2}, [1, "1.50", Decimal("999.99")]),
    ({"data_type": "json"}, [{"a": 1}, [1], '{"a":1}']),
]
BAD: list[tuple[Any, Any]] = [
    ({"data_type": "bigint"}, 2**63),
    ({"data_type": "bigint"}, "x"),
    ({"data_type": "bigint", "precision": 8}, 128),
    ({"data_type": "text"}, "\ud800"),
    ({"data_type": "text"}, b"x" and {"s": "\ud800"} and float("nan")),
    ({"data_type": "timestamp"}, "soon"),
    ({"data_type": "timestamp"}, dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))),
    ({"data_type": "decimal", "precision": 5, "scale": 2}, Decimal("1000")),
    ({"data_type": "bool"}, 2),
    ({"data_type": "date"}, dt.datetime(2024, 1, 2, 3)),
]


@pytest.mark.parametrize(("hints", "values"), GOOD, ids=str)
def test_values_that_fit_are_let_through(hints: Any, values: list[Any]) -> None:
    """In whichever form they come, and a value that is not there is told elsewhere."""
    required(c=hints).check_rows([{"C": value, "x": object()} for value in values], 0)


@pytest.mark.parametrize(("hints", "value"), BAD, ids=str)
@pytest.mark.parametrize("position", [0, 7])
def test_a_value_that_does_not_fit_is_told_with_its_place(hints: Any, value: Any, position: int) -> None:
    """Key and item, counted over all pages."""
    rows = [{"x": 1}, {"C": None}, {"C": value}]
    with pytest.raises(CannotCoerceColumnException) as caught:
        required(c=hints).check_rows(rows, position)
    text = str(caught.value)
    assert f"table t: item {position + 2}, key 'C': a value of type {type(value).__name__} does not fit" in text
    assert (caught.value.item_position, caught.value.table, caught.value.column) == (position + 2, "t", "c")


def test_what_is_no_row_or_no_key_of_the_column_is_of_no_concern() -> None:
    """Items of other kinds, keys that are no texts, values that nobody stores."""
    check = required(c={"data_type": "bigint"})
    check.check_rows([], 0)
    check.check_rows([5, {"c": "x"}], 0)
    check.check_rows([{5: "x", "d": "x"}], 0)
    check.check_rows([{"c": object()}], 0)


@pytest.mark.parametrize(
    ("hints", "array", "wrong"),
    [
        ({"data_type": "bigint"}, pa.array([1, 2]), None),
        ({"data_type": "bigint"}, pa.array([1, 2**63], pa.uint64()), 1),
        ({"data_type": "bigint", "precision": 8}, pa.array([1, 2, 300]), 2),
        ({"data_type": "bigint"}, pa.array(["1", "x"]), 1),
        ({"data_type": "bigint"}, pa.nulls(2), None),
        ({"data_type": "text"}, pa.array(["a", "é"]), None),
        ({"data_type": "text"}, pa.array([1.5, float("nan")]), 1),
        ({"data_type": "timestamp"}, pa.array([0, 253_402_300_800], pa.timestamp("s")), 1),
        ({"data_type": "date"}, pa.array([0, 2_932_897], pa.date32()), 1),
        ({"data_type": "decimal", "precision": 5, "scale": 2}, pa.array([Decimal("1.5"), Decimal("1000.0")]), 1),
    ],
    ids=str,
)
def test_values_of_tables_are_looked_at_where_their_type_leaves_a_doubt(hints: Any, array: Any, wrong: Any) -> None:
    """In all of their parts."""
    check = required(c=hints)
    table = pa.table({"C": pa.chunked_array([array.slice(0, 1), array.slice(1)]), "x": [0] * len(array)})
    if wrong is None:
        check.check_table(table)
        return
    with pytest.raises(CannotCoerceColumnException, match=f"item {wrong}, key 'C'"):
        check.check_table(table)


VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(max_size=2) | st.dates()
    | st.datetimes(timezones=st.none() | st.just(dt.timezone(dt.timedelta(hours=9)))) | st.just({"a": 1}) | st.just([1])
)  # fmt: skip


@given(st.sampled_from(DATA_TYPES), st.lists(VALUES, max_size=4))
def test_values_that_need_no_look_fit(kind: Any, values: list[Any]) -> None:
    """Else a value that does not fit would come to load."""
    column: Any = {"name": "c", "data_type": kind}
    for found in (values, [v for v in values if type(v) in {type(values[0])}] if values else []):
        if not _fit(column, found):
            continue
        for value in found:
            if value is not None:
                try:
                    convert(value, column)
                except Misfit:
                    pytest.fail(f"{value!r} does not fit {kind}")
