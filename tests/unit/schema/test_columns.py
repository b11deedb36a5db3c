"""The column that a first value makes: who decides its type, and which hints it gets."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from dlt.schema.columns import column_for
from dlt.schema.schema import Schema


def schema(**columns: Any) -> Schema:
    """Return a schema with a table of these columns."""
    made = Schema("s")
    named = {name: {"name": name, **hints} for name, hints in columns.items()}
    made.update_table({"name": "t", "columns": named})  # type: ignore[typeddict-item]
    return made


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "bool"),
        (1, "bigint"),
        (2**63, "wei"),
        (1.5, "double"),
        ("a", "text"),
        (b"a", "binary"),
        (dt.date(2024, 1, 2), "date"),
        (dt.datetime(2024, 1, 2), "timestamp"),
        (dt.time(1), "time"),
        (dt.timedelta(1), "bigint"),
        ([1], "json"),
        ({"a": 1}, "json"),
        ("2024-01-02T03:04:05Z", "timestamp"),
        ("2024-01-02", "text"),
    ],
)
def test_a_first_value_decides_the_type(value: Any, kind: str) -> None:
    """In a table that is known, and in one that is not."""
    for made in (schema(), Schema("s")):
        assert column_for(made, "t", "c", value) == {"name": "c", "data_type": kind, "nullable": True}


def test_a_decimal_makes_a_column_of_its_scale() -> None:
    """With as many digits before the point as there is room for."""
    found = column_for(schema(), "t", "c", Decimal("0.12345678901"))
    assert found == {"name": "c", "data_type": "decimal", "nullable": True, "precision": 38, "scale": 11}
    assert "scale" not in column_for(schema(), "t", "c", Decimal("1.5"))


def test_a_declared_type_is_the_type() -> None:
    """The column is the one that was declared, whatever the value is."""
    made = schema(c={"data_type": "text", "nullable": False, "x-own": 1})
    assert column_for(made, "t", "c", 5) is made.tables["t"]["columns"]["c"]


def test_declared_hints_stay_with_the_type_of_the_value() -> None:
    """A column of which only hints are known gets its type from the first value."""
    made = schema(c={"primary_key": True, "nullable": False})
    expected = {"name": "c", "data_type": "bigint", "nullable": False, "primary_key": True}
    assert column_for(made, "t", "c", 5) == expected
    assert made.tables["t"]["columns"]["c"] == {"name": "c", "primary_key": True, "nullable": False}


def test_a_preferred_type_comes_before_detections_and_the_value() -> None:
    """Detections come before the value's own type."""
    made = schema()
    made.update_preferred_types({"re:_day$": "date"})
    assert column_for(made, "t", "birth_day", "2024-01-02T03:04:05Z")["data_type"] == "date"
    assert column_for(made, "t", "birthday", "2024-01-02T03:04:05Z")["data_type"] == "timestamp"
    made.remove_type_detection("iso_timestamp")
    assert column_for(made, "t", "birthday", "2024-01-02T03:04:05Z")["data_type"] == "text"


def test_default_hints_come_before_those_of_a_first_value_and_behind_declared_ones() -> None:
    """A column that may be empty by declaration stays so, though the settings say otherwise."""
    made = schema(b={"nullable": True, "sort": False})
    made.settings["default_hints"] = {"not_null": ["re:."], "sort": ["a", "b"]}
    assert column_for(made, "t", "a", 1) == {"name": "a", "data_type": "bigint", "nullable": False, "sort": True}
    assert column_for(made, "t", "b", 1) == {"name": "b", "data_type": "bigint", "nullable": True, "sort": False}
    assert column_for(made, "t", "c", 1) == {"name": "c", "data_type": "bigint", "nullable": False}


def test_a_column_of_another_table_says_nothing() -> None:
    """Tables are told apart."""
    made = schema(c={"data_type": "text"})
    assert column_for(made, "other", "c", 5)["data_type"] == "bigint"
