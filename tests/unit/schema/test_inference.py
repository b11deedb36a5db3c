"""Types of values, and the columns that hold them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.schema.inference import coerce_value, detect, infer_column, infer_type, variant_name, variants

VALUES = (
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=20)
    | st.dates()
    | st.times()
    | st.datetimes(timezones=st.none() | st.just(dt.timezone.utc))
    | st.decimals(allow_nan=True, allow_infinity=True)
    | st.lists(st.integers(), max_size=2)
    | st.dictionaries(st.text(max_size=2), st.integers(), max_size=2)
)


@given(VALUES)
def test_every_value_has_a_type_and_fits_it(value: Any) -> None:
    """What a value is inferred to be, it can become, or a variant column takes it."""
    kind = infer_type(value)
    column = infer_column("c", value, kind)
    assert column["data_type"] == kind and column["nullable"]
    names = [entry["name"] for entry, _ in variants("c", value, ())]
    assert names[0] == variant_name("c", kind) and names[-1] == "c__v_binary"


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_of_64_bits_are_themselves(value: int) -> None:
    """Nothing is rounded on the way through a text."""
    assert infer_type(value) == "bigint"
    assert coerce_value("bigint", "text", coerce_value("text", "bigint", value)) == value


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "bool"),
        (2**63, "wei"),
        (10**40, "text"),
        (1.5, "double"),
        (Decimal("1.5"), "decimal"),
        (Decimal("NaN"), "text"),
        (b"x", "binary"),
        (dt.date(2024, 1, 2), "date"),
        (dt.datetime(2024, 1, 2), "timestamp"),
        (dt.time(1, 2), "time"),
        (dt.time(1, 2, tzinfo=dt.timezone(dt.timedelta(hours=1))), "text"),
        (dt.timedelta(seconds=1), "bigint"),
        ({"a": 1}, "json"),
        ([1], "json"),
    ],
)
def test_types_by_example(value: Any, kind: str) -> None:
    """A value that no type holds without loss is text."""
    assert infer_type(value) == kind


@pytest.mark.parametrize(
    ("value", "detections", "kind"),
    [
        ("2024-01-02T03:04:05Z", ("iso_timestamp",), "timestamp"),
        ("2024-01-02", ("iso_timestamp",), None),
        ("2024-01-02", ("iso_date",), "date"),
        ("2024-02-30", ("iso_date",), None),
        ("2024-13-02T03:04:05Z", ("iso_timestamp",), None),
        (1_700_000_000, ("timestamp",), "timestamp"),
        (7, ("timestamp",), None),
        (2**70, ("large_integer",), "wei"),
        (7, ("all_text",), "text"),
        ("2024-01-02", ("iso_date", "all_text"), "date"),
        ("2024-01-02", (), None),
    ],
)
def test_detections_are_asked_in_their_order(value: Any, detections: tuple[str, ...], kind: str | None) -> None:
    """The first one that knows the value counts."""
    assert detect(value, detections) == kind


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=15))
def test_a_decimal_column_has_the_scale_of_its_first_value(value: Decimal) -> None:
    """No digit behind the point is lost."""
    column = infer_column("price", value, infer_type(value))
    digits = -int(value.normalize().as_tuple().exponent)
    assert column.get("scale", 9) >= digits
