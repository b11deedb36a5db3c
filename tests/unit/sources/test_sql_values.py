"""Values of drivers as columns of Arrow."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlt.sources.documents import documents_of
from dlt.sources.sql_database.arrow_helpers import column_of, row_tuples_to_arrow, shortest_floats

MOMENTS = st.datetimes(min_value=datetime.datetime(1, 1, 2), max_value=datetime.datetime(9999, 12, 30))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(allow_nan=False),
    "text": st.text(),
    "bool": st.booleans(),
    "binary": st.binary(),
    "date": st.dates(),
    "time": st.times(),
    "timestamp": MOMENTS,
    "decimal": st.decimals(min_value=-(10**20), max_value=10**20, places=4),
}
ANY = st.one_of(*VALUES.values(), st.integers(), st.timedeltas())


@pytest.mark.parametrize("kind", VALUES)
@settings(max_examples=30)
@given(data=st.data())
def test_values_of_the_type_of_their_column_stay_what_they_are(kind: str, data: st.DataObject) -> None:
    """Whatever they are, and wherever they are NULL."""
    values = data.draw(st.lists(st.none() | VALUES[kind], max_size=20))
    column: Any = {"data_type": kind, "timezone": False}
    assert column_of(values, column).to_pylist() == values


@pytest.mark.parametrize("kind", [*VALUES, "json", None])
@settings(max_examples=30)
@given(values=st.lists(st.none() | ANY, max_size=20))
def test_no_value_is_lost_whatever_the_type_of_its_column(kind: str | None, values: list[Any]) -> None:
    """A column has as many rows as there are values, and is NULL where they are and nowhere else."""
    column: Any = None if kind is None else {"data_type": kind, "precision": 30, "scale": 4}
    if kind != "decimal" and column is not None:
        del column["precision"], column["scale"]
    found = column_of(values, column).to_pylist()
    assert [value is None for value in found] == [
        value is None or (kind == "json" and value == "null") for value in values
    ]


def test_documents_have_one_form() -> None:
    """Blanks between their parts go, and long numbers keep their digits."""
    texts = pa.array(['{"a":  1, "b": [1, 2.5, "x y"]}', "12345678901234567890", "null", None])
    assert documents_of(texts).to_pylist() == ['{"a":1,"b":[1,2.5,"x y"]}', "12345678901234567890", None, None]


def test_rows_become_a_table() -> None:
    """Columns without a type get that of their values, and moments are shown in the zone that is asked for."""
    moment = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
    columns: Any = {
        "id": {},
        "at": {"data_type": "timestamp"},
        "n": {"data_type": "decimal", "precision": 5, "scale": 2},
    }
    table = row_tuples_to_arrow([(1, moment, Decimal("1.5")), (2, None, None)], columns, tz="Europe/Berlin")
    assert [str(kind) for kind in table.schema.types] == [
        "int64",
        "timestamp[us, tz=Europe/Berlin]",
        "decimal128(5, 2)",
    ]
    assert table.to_pylist()[0]["at"] == moment
    assert row_tuples_to_arrow([], columns).column_names == ["id", "at", "n"]


@given(st.lists(st.none() | st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_numbers_of_32_bits_have_their_shortest_text(values: list[float | None]) -> None:
    """They are the same numbers, when they are of 32 bits again."""
    found = shortest_floats(pa.array(values, pa.float64()))
    assert found.cast(pa.float32()).to_pylist() == pa.array(values, pa.float32()).to_pylist()
    assert [value is None for value in found.to_pylist()] == [value is None for value in values]


def test_only_a_number_that_is_neither_true_nor_false_has_another_text() -> None:
    """SQLite holds any number in such a column: what fits it is read as true or false again, and no other value is."""
    column: Any = {"data_type": "bool"}
    assert column_of([1, 0, None, 5, "maybe"], column).to_pylist() == ["true", "false", None, "5", "maybe"]
    assert column_of(["1", "0", None], column).to_pylist() == [True, False, None]


@pytest.mark.parametrize("others", [[], [0.1], ["free"]])
def test_a_float_without_a_fraction_becomes_all_of_its_digits(others: list[Any]) -> None:
    """One that has a fraction is what its shortest text says, whatever stands beside it."""
    column: Any = {"data_type": "decimal", "precision": 38, "scale": 10}
    found = column_of([12345678901234567168.0, 1.1, *others], column).to_pylist()
    assert [Decimal(value) for value in found[:2]] == [Decimal(12345678901234567168), Decimal("1.1")]
