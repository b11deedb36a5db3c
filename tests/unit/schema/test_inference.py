"""Types of values, and the columns that hold them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.schema.capabilities import GENERIC
from dlt.schema.inference import coerce_value, detect, infer_column, infer_type, variant_name, variants
from dlt.schema.limits import Misfit

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


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (2**63 - 1, "bigint"),
        (-(2**63), "bigint"),
        (-(2**63) - 1, "wei"),
        (10**38 - 1, "wei"),
        (10**38, "text"),
        (-(10**38), "text"),
        (-(10**38) + 1, "wei"),
        (dt.timedelta.max, "wei"),
        (dt.timedelta(days=100_000_000), "bigint"),
        (dt.timedelta(days=-1), "bigint"),
        (Decimal("Infinity"), "text"),
        (Decimal("0E-40"), "decimal"),
        (Decimal("1E-28"), "decimal"),
        (Decimal("1E-29"), "text"),
        (Decimal("1E+28"), "decimal"),
        (Decimal("1E+29"), "text"),
        (Decimal("1234567890.1234567890123456789012345678"), "decimal"),
        (Decimal("12345678901.1234567890123456789012345678"), "text"),
        (dt.time(1, tzinfo=dt.timezone.utc), "time"),
        (dt.datetime(2024, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=14))), "timestamp"),
        (dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=14))), "text"),
        (float("nan"), "double"),
        ((1, 2), "json"),
    ],
)
def test_types_at_their_limits(value: Any, kind: str) -> None:
    """One step further a value is of another type."""
    assert infer_type(value) == kind


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("1.5"), {}),
        (Decimal("1.123456789"), {}),
        (Decimal("1.1234567891"), {"precision": 38, "scale": 10}),
        (Decimal("1E-28"), {"precision": 38, "scale": 28}),
        (Decimal("1.10000000000000"), {}),
        (Decimal("0E-20"), {}),
    ],
)
def test_a_decimal_column_has_digits_of_its_own_where_the_usual_ones_are_too_few(value: Decimal, expected: Any) -> None:
    """Zeros at the end are no digits."""
    column = infer_column("c", value, "decimal")
    assert column == {"name": "c", "data_type": "decimal", "nullable": True, **expected}
    assert infer_column("c", value, "text") == {"name": "c", "data_type": "text", "nullable": True}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("2024-01-02T03:04:05Z", "timestamp"),
        ("2024-01-02 03:04:05", "timestamp"),
        ("2024-01-02T03:04:05.1z", "timestamp"),
        ("2024-01-02T03:04:05,123456+05", "timestamp"),
        ("2024-01-02T03:04:05+0530", "timestamp"),
        ("2024-01-02T03:04:05-05:30", "timestamp"),
        ("2024-12-31T23:59:59Z", "timestamp"),
        ("2024-01-02 03:04", "timestamp"),
        ("2024-01-02T03:04+05:30", "timestamp"),
        ("2024-01-02T03:04Z", "timestamp"),
        ("2024-01-02T03", "timestamp"),
        ("2024-01-02 03", "timestamp"),
        *[
            (text, None)
            for text in (
                "2024-01-02T03:04:05.1234567Z",
                "2024-01-02",
                "2024-01-02T3",
                "2024-01-02T03:4",
                "2024-01-02T24:00:00",
                "2024-01-02T03:60:00",
                "2024-01-02T03:04:60",
                "2024-00-02T03:04:05",
                "2024-01-32T03:04:05",
                "2024-02-30T03:04:05",
                "2024-01-02T03:04:05+24:00",
                "2024-01-02T03:04:05+05:60",
                "2024-01-02T03:04:05.Z",
                "0000-01-01T00:00:00",
                "0001-01-01T00:00:00+01:00",
                " 2024-01-02T03:04:05Z",
                "2024-01-02T03:04:05Z\n",
                "x2024-01-02T03:04:05",
                "20240102T030405Z",
                "2024/01/02 03:04:05",
                "2024-W01-2T03:04",
                "2024-002T03:04:05",
                "",
            )
        ],
        (1_700_000_000, None),
        (b"2024-01-02T03:04:05Z", None),
    ],
)
def test_moments_are_detected_in_text_that_tells_one(value: Any, kind: str | None) -> None:
    """A date with an hour, minutes and seconds or none; every moment that is detected is one that fits its column."""
    assert detect(value, ["iso_timestamp"]) == kind
    if kind:
        assert coerce_value("timestamp", "text", value).tzinfo is dt.timezone.utc


@pytest.mark.parametrize(
    ("detection", "value", "kind"),
    [
        ("timestamp", 946_684_799, None),
        ("timestamp", 946_684_800, "timestamp"),
        ("timestamp", 4_102_444_800, "timestamp"),
        ("timestamp", 4_102_444_801, None),
        ("timestamp", 1_700_000_000.5, "timestamp"),
        ("timestamp", float("nan"), None),
        ("timestamp", "1700000000", None),
        ("timestamp", True, None),
        ("large_integer", 2**63 - 1, None),
        ("large_integer", 2**63, "wei"),
        ("large_integer", -(2**63), None),
        ("large_integer", -(2**63) - 1, "wei"),
        ("large_integer", 10**38, "text"),
        ("large_integer", 1e30, None),
        ("iso_date", "2024-01-02", "date"),
        ("iso_date", "2024-1-2", None),
        ("iso_date", "2024-01-02T00:00:00", None),
        ("iso_date", "2024-13-01", None),
        ("iso_date", 20240102, None),
        ("all_text", None, "text"),
        ("all_text", 1.5, "text"),
        ("hexbytes_to_text", type("HexBytes", (bytes,), {})(b"a"), "text"),
        ("hexbytes_to_text", b"a", None),
        ("wei_to_double", type("Wei", (int,), {})(5), "double"),
        ("wei_to_double", 5, None),
    ],
)
def test_each_detection_knows_its_own(detection: str, value: Any, kind: str | None) -> None:
    """And nothing beside it."""
    assert detect(value, [detection]) == kind


def test_the_first_detection_that_knows_a_value_counts() -> None:
    """In the order that is set."""
    assert detect("2024-01-02", ["all_text", "iso_date"]) == "text"
    assert detect("2024-01-02", ["iso_date", "all_text"]) == "date"
    assert detect(5, ["iso_date", "iso_timestamp"]) is None


@pytest.mark.parametrize(
    ("value", "detections", "names"),
    [
        (5, (), ["c__v_bigint", "c__v_text", "c__v_binary"]),
        (5, ("all_text",), ["c__v_text", "c__v_binary"]),
        ("x", (), ["c__v_text", "c__v_binary"]),
        ("2024-01-02T03:04:05Z", ("iso_timestamp",), ["c__v_timestamp", "c__v_text", "c__v_binary"]),
        ([1], (), ["c__v_json", "c__v_text", "c__v_binary"]),
        (b"x", (), ["c__v_binary", "c__v_text", "c__v_binary"]),
    ],
)
def test_variants_of_a_column_are_tried_in_an_order(value: Any, detections: Any, names: list[str]) -> None:
    """The type of the value, then text, then bytes, which take everything."""
    assert [column["name"] for column, _ in variants("c", value, detections)] == names


def test_the_last_variants_take_what_the_first_ones_refuse() -> None:
    """Infinities as words, and texts that no destination stores as text as bytes."""
    plain = replace(GENERIC, supports_nan=False, supports_nul=False)
    for value, kind, stored in (
        (float("inf"), "text", "Infinity"),
        (float("nan"), "text", "NaN"),
        ("a\0", "binary", b"a\0"),
        ("\ud800", "binary", b"\xed\xa0\x80"),
        (1.5, "double", 1.5),
    ):
        for column, convert in variants("c", value, ()):
            try:
                found = convert(value, column, plain)
            except Misfit:
                continue
            assert (column["data_type"], found) == (kind, stored)
            break
        else:
            pytest.fail(f"no column took {value!r}")


def test_a_decimal_variant_has_the_digits_of_its_value() -> None:
    """So that the value fits it."""
    value = Decimal("0.123456789012")
    column, convert = next(iter(variants("c", value, ())))
    assert (column["scale"], convert(value, column, GENERIC)) == (12, value)
