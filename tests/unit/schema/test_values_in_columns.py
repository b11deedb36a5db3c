"""What a column of each type holds: digits, bits, lengths, fractions, and what a destination cannot store."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.schema.capabilities import GENERIC, Capabilities
from dlt.schema.conversions import convert
from dlt.schema.limits import (
    Misfit,
    TooLong,
    digits_of,
    fraction_digits,
    int_range,
    limited,
    text_length,
)
from dlt.schema.typing import ColumnSchema, DataType

UTC = dt.timezone.utc
STRICT = replace(GENERIC, enforces_length=True)
BYTES = replace(STRICT, max_text_data_type_length=16)
PLAIN = replace(GENERIC, supports_nul=False, supports_nan=False)
NARROW = replace(GENERIC, decimal_precision=(20, 4), wei_precision=(30, 0), max_decimal=(31, 15))


def column(kind: DataType, **hints: Any) -> ColumnSchema:
    """Return a column of a type."""
    return {"name": "c", "data_type": kind, **hints}  # type: ignore[typeddict-item]


def fits(value: Any, of: ColumnSchema, capabilities: Capabilities = GENERIC) -> bool:
    """Tell whether a value fits a column, and that it stays what it is where it does."""
    try:
        stored = convert(value, of, capabilities)
    except Misfit:
        return False
    return bool(stored == value or stored.replace(tzinfo=UTC) == value)


# -- numbers


@pytest.mark.parametrize(
    ("precision", "bits"),
    [(None, 64), (0, 64), (1, 8), (7, 8), (8, 8), (9, 16), (16, 16), (17, 32), (32, 32), (33, 64), (64, 64), (99, 64)],
)
def test_an_int_column_has_eight_sixteen_thirty_two_or_sixty_four_bits(precision: Any, bits: int) -> None:
    """The smallest that holds its precision; one number more does not fit."""
    of = column("bigint", precision=precision)
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    assert int_range(of) == (low, high)
    assert [fits(value, of) for value in (low - 1, low, 0, high, high + 1)] == [False, True, True, True, False]


@pytest.mark.parametrize(
    ("of", "capabilities", "digits"),
    [
        (column("decimal"), GENERIC, (38, 9)),
        (column("wei"), GENERIC, (38, 0)),
        (column("decimal", precision=10, scale=2), GENERIC, (10, 2)),
        (column("decimal", precision=10), GENERIC, (10, 9)),
        (column("decimal", precision=5), GENERIC, (5, 5)),
        (column("decimal", precision=5, scale=0), GENERIC, (5, 0)),
        (column("decimal", scale=20), GENERIC, (38, 20)),
        (column("decimal", precision=99, scale=80), GENERIC, (76, 76)),
        (column("decimal"), NARROW, (20, 4)),
        (column("wei"), NARROW, (30, 0)),
        (column("decimal", precision=38, scale=20), NARROW, (31, 15)),
        (column("wei", precision=38, scale=2), NARROW, (31, 2)),
    ],
    ids=lambda part: str(part) if isinstance(part, (dict, tuple)) else "",
)
def test_digits_are_those_of_the_column_as_far_as_the_destination_has_them(
    of: ColumnSchema, capabilities: Capabilities, digits: tuple[int, int]
) -> None:
    """The largest number of these digits fits, one digit more on either side does not."""
    assert digits_of(of, capabilities) == digits
    precision, scale = digits
    largest = D(f"{'9' * precision}E-{scale}")
    assert fits(largest, of, capabilities) and fits(largest.copy_negate(), of, capabilities)
    assert not fits(D(1).scaleb(precision - scale), of, capabilities)
    assert not fits(D(1).scaleb(-scale - 1), of, capabilities)
    assert fits(D(0), of, capabilities) and fits(D("0E-99"), of, capabilities)
    stored = convert(D(1) if precision > scale else D(0), of, capabilities)
    assert -stored.as_tuple().exponent == scale


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (column("decimal"), None),
        (column("bigint", precision=99), None),
        (column("text", precision=99), None),
        (column("decimal", precision=31, scale=15), None),
        (column("decimal", precision=10, scale=2), None),
        (column("decimal", precision=38, scale=9), (31, 9)),
        (column("decimal", precision=38, scale=20), (31, 15)),
        (column("decimal", precision=20, scale=20), (20, 10)),
        (column("decimal", precision=38), (31, 4)),
        (column("decimal", precision=31), (31, 4)),
        (column("decimal", precision=8, scale=20), (8, 0)),
    ],
    ids=str,
)
def test_a_new_column_has_no_more_digits_than_the_destination(of: ColumnSchema, expected: Any) -> None:
    """Ten of them are left before the point; other columns stay as they are."""
    found = limited(of, NARROW)
    if expected is None:
        assert found is of
    else:
        assert (found["precision"], found["scale"]) == expected
        assert found["name"] == "c" and digits_of(found, NARROW) == expected


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_digits_behind_the_point_are_counted_without_zeros_at_the_end(value: D) -> None:
    """A number with none is whole."""
    digits = fraction_digits(value)
    assert digits >= 0 and (digits == 0) is (value == 0 or value == value.to_integral_value())
    if digits:
        _, written, exponent = value.as_tuple()
        kept = len(written) + int(exponent) + digits
        assert all(digit == 0 for digit in written[max(kept, 0) :]) and (kept <= 0 or written[kept - 1])


@pytest.mark.parametrize(
    ("value", "digits"),
    [
        ("0", 0),
        ("0.0", 0),
        ("0E+5", 0),
        ("1", 0),
        ("1.0", 0),
        ("1.50", 1),
        ("100", 0),
        ("10.0", 0),
        ("100.00", 0),
        ("10.10", 1),
        ("1E+3", 0),
        ("1E-3", 3),
    ],
)
def test_digits_by_example(value: str, digits: int) -> None:
    """Of either sign."""
    assert fraction_digits(D(value)) == fraction_digits(-D(value)) == digits


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_nan_and_infinities_need_a_destination_that_has_them(value: float) -> None:
    """All others are doubles everywhere."""
    assert repr(convert(value, column("double"))) == repr(value)
    with pytest.raises(Misfit, match="neither NaN nor infinities"):
        convert(value, column("double"), PLAIN)
    assert fits(1.5, column("double"), PLAIN)


# -- texts, bytes, documents


@pytest.mark.parametrize(
    ("value", "precision", "capabilities", "expected"),
    [
        ("abc", 3, STRICT, True),
        ("abcd", 3, STRICT, False),
        ("abcd", 3, GENERIC, True),
        ("abcd", None, STRICT, True),
        ("äöü", 3, STRICT, True),
        ("äöü", 3, BYTES, False),
        ("äöü", 6, BYTES, True),
        ("😀", 1, STRICT, True),
    ],
)
def test_a_text_is_as_long_as_its_column_where_lengths_are_kept(
    value: str, precision: Any, capabilities: Capabilities, expected: bool
) -> None:
    """In letters, or in bytes where texts have a largest size."""
    of = column("text") if precision is None else column("text", precision=precision)
    assert fits(value, of, capabilities) is expected


@pytest.mark.parametrize(("value", "size"), [("", 0), ("abc", 3), ("äöü", 6), ("😀", 4)])
def test_the_length_of_a_text_is_that_which_the_destination_counts(value: str, size: int) -> None:
    """Bytes of UTF-8, or letters."""
    assert (text_length(value, BYTES), text_length(value, GENERIC)) == (size, len(value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a" * 16, True), ("a" * 17, False), ("ä" * 8, True), ("ä" * 9, False), ("😀" * 4, True), ("😀" * 5, False)],
)
def test_a_text_that_no_column_holds_is_told_with_its_size(value: str, expected: bool) -> None:
    """It is a misfit of its own kind, because no variant column of text would take it either."""
    capabilities = replace(BYTES, enforces_length=False)
    assert fits(value, column("text"), capabilities) is expected
    if not expected:
        with pytest.raises(TooLong, match=f"a text of {len(value.encode())} bytes, .* stores 16 at most"):
            convert(value, column("text"), capabilities)


@pytest.mark.parametrize(
    ("size", "capabilities", "expected"), [(3, STRICT, True), (4, STRICT, False), (4, GENERIC, True)]
)
def test_bytes_are_counted_too(size: int, capabilities: Capabilities, expected: bool) -> None:
    """Where lengths are kept."""
    assert fits(b"\x80" * size, column("binary", precision=3), capabilities) is expected
    assert fits(b"\x80" * size, column("binary"), capabilities)


@pytest.mark.parametrize(
    ("value", "kind", "generic", "plain"),
    [
        ("a\0", "text", True, False),
        ("a", "text", True, True),
        ("\ud800", "text", False, False),
        ('"\\u0000"', "json", True, False),
        ('"\\\\u0000"', "json", True, True),
        ('"\\ud800"', "json", False, False),
        ('"\\ud83d\\ude00"', "json", True, True),
        (b"a\0", "binary", True, True),
    ],
)
def test_nul_and_lone_surrogates_are_kept_out(value: Any, kind: DataType, generic: bool, plain: bool) -> None:
    """NUL where the destination cannot store it, lone surrogates everywhere."""
    assert (fits(value, column(kind), GENERIC), fits(value, column(kind), PLAIN)) == (generic, plain)


# -- moments


@pytest.mark.parametrize("precision", [None, 0, 1, 2, 3, 4, 5, 6, 9])
@pytest.mark.parametrize("micros", [0, 1, 10, 100, 1000, 10_000, 100_000, 123_456, 120_000])
def test_fractions_of_a_second_fit_where_the_column_has_their_digits(precision: Any, micros: int) -> None:
    """Moments and times of day alike."""
    hints = {} if precision is None else {"precision": precision}
    expected = precision is None or f"{micros:06}"[precision:].strip("0") == ""
    assert fits(dt.datetime(2024, 1, 2, 3, 4, 5, micros, UTC), column("timestamp", **hints)) is expected
    assert fits(dt.time(3, 4, 5, micros), column("time", **hints)) is expected


@pytest.mark.parametrize(
    ("hints", "aware"),
    [
        ({}, True),
        ({"timezone": True}, True),
        ({"timezone": False}, False),
        ({"timezone": False, "precision": 6}, False),
    ],
)
def test_a_column_without_a_zone_stores_moments_without_one(hints: Any, aware: bool) -> None:
    """They are those of UTC."""
    value = dt.datetime(2024, 1, 2, 3, tzinfo=dt.timezone(dt.timedelta(hours=5)))
    stored = convert(value, column("timestamp", **hints))
    assert (stored.tzinfo is not None) is aware
    assert stored.replace(tzinfo=UTC) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (dt.datetime(1677, 9, 21, 23, tzinfo=UTC), False),
        (dt.datetime(1677, 9, 22, tzinfo=UTC), True),
        (dt.datetime(2262, 4, 11, tzinfo=UTC), True),
        (dt.datetime(2262, 4, 11, 1, tzinfo=UTC), False),
    ],
)
def test_nanoseconds_reach_some_centuries_only(value: dt.datetime, expected: bool) -> None:
    """Where a column has them, and no zone."""
    assert fits(value, column("timestamp", timezone=False, precision=9)) is expected
    assert fits(value, column("timestamp", timezone=False, precision=7)) is expected
    assert fits(value, column("timestamp", timezone=False, precision=6))
    assert fits(value, column("timestamp", timezone=False))
    assert fits(value, column("timestamp", precision=9))
