"""Cursor values: found in rows, brought to the type of the rows, moved back by a lag."""

from __future__ import annotations

import collections
import datetime as dt
import math
from decimal import Decimal as D
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import IncrementalCursorInvalidCoercion
from dlt.extract.incremental.cursor import (
    MISSING,
    align,
    as_datetime,
    column_name,
    finder,
    is_nan,
    keys_of,
    move_back,
    with_lag,
)

UTC = dt.timezone.utc
EAST = dt.timezone(dt.timedelta(hours=5, minutes=30))
NOON = dt.datetime(2024, 1, 2, 12, 0, 5)


@pytest.mark.parametrize(
    ("path", "keys", "column"),
    [
        ("id", ["id"], "id"),
        ("$.id", ["id"], "id"),
        ("a.b.c", ["a", "b", "c"], None),
        ("$.a.b", ["a", "b"], None),
        ("updated at", ["updated at"], "updated at"),
        ("updated-at", ["updated-at"], "updated-at"),
        ("größe", ["größe"], "größe"),
        ("'a.b'", ["a.b"], "a.b"),
        ('"a b"', ["a b"], "a b"),
        ("$.'a.b'", ["a.b"], "a.b"),
        ("a[0]", None, None),
        ("a.*", None, None),
        ("$..id", None, None),
        ("a.'b'", None, None),
        ("'a'b'", None, None),
        ("", None, None),
        ("a.", None, None),
    ],
)
def test_a_path_is_a_key_several_keys_or_an_expression(path: str, keys: Any, column: Any) -> None:
    """Only a single key is a column."""
    assert keys_of(path) == keys and column_name(path) == column


class Thing:
    """A row that is an object."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


@pytest.mark.parametrize("make", [dict, collections.UserDict, Thing, SimpleNamespace], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    ("path", "fields", "found"),
    [
        ("id", {"id": 5}, 5),
        ("id", {"id": None}, None),
        ("id", {"idd": 5}, MISSING),
        ("$.id", {"id": 5}, 5),
        ("a.b", {"a": {"b": 5}}, 5),
        ("a.b", {"a": {"c": 5}}, MISSING),
        ("a.b", {"a": None}, MISSING),
        ("a.b", {"a": 7}, MISSING),
        ("a.b", {}, MISSING),
        ("a.b.c", {"a": {"b": {"c": 0}}}, 0),
        ("a.b", {"a": Thing(b=5)}, 5),
    ],
)
def test_a_value_is_found_by_its_keys(make: Any, path: str, fields: Any, found: Any) -> None:
    """In dicts, mappings and objects; None is a value, and what is not there is missing."""
    assert finder(path)(make(**fields)) is found or finder(path)(make(**fields)) == found


@pytest.mark.parametrize(
    ("path", "row", "found"),
    [
        ("a[0]", {"a": [5, 6]}, 5),
        ("a[1].b", {"a": [{"b": 1}, {"b": 2}]}, 2),
        ("a[5]", {"a": [5]}, MISSING),
        ("$.a[*].b", {"a": [{"b": 7}, {"b": 2}]}, 7),
        ("$..id", {"x": {"id": 9}}, 9),
        ("a.*", {"a": {"z": 3}}, 3),
        ("a[0]", {}, MISSING),
    ],
)
def test_an_expression_gives_the_first_value_that_it_finds(path: str, row: Any, found: Any) -> None:
    """Or none."""
    assert finder(path)(row) == found


@pytest.mark.parametrize("path", ["a[", "a b [", "$$$", "a..", "[[0]]"])
def test_a_path_that_is_no_expression_is_refused(path: str) -> None:
    """The message shows it and says what to do with keys of other signs."""
    with pytest.raises(ValueError, match=r"is neither a key nor a JSONPath.*Quote keys") as caught:
        finder(path)
    assert repr(path) in str(caught.value)


@pytest.mark.parametrize(
    ("value", "nan"),
    [
        (math.nan, True),
        (D("NaN"), True),
        (D("sNaN"), True),
        (1.5, False),
        (math.inf, False),
        (D("1.5"), False),
        (D("Infinity"), False),
        ("nan", False),
        (None, False),
        (NOON, False),
    ],
    ids=repr,
)
def test_a_nan_compares_with_nothing(value: Any, nan: bool) -> None:
    """All others are values."""
    assert is_nan(value) is nan


# -- alignment


@pytest.mark.parametrize(
    ("value", "like", "expected"),
    [
        (None, 5, None),
        (None, NOON, None),
        (3, 5, 3),
        ("b", "a", "b"),
        (3, 5.0, 3),
        (3.5, 5, 3.5),
        (0.1, D("1"), D("0.1")),
        (3, D("1"), D("3")),
        (D("0.1"), 5, D("0.1")),
        (D("0.1"), D("5"), D("0.1")),
        (NOON, NOON, NOON),
        (NOON, NOON.replace(tzinfo=UTC), NOON.replace(tzinfo=UTC)),
        (NOON.replace(tzinfo=UTC), NOON, NOON),
        (NOON.replace(tzinfo=EAST), NOON, NOON - dt.timedelta(hours=5, minutes=30)),
        (NOON.replace(tzinfo=EAST), NOON.replace(tzinfo=UTC), NOON.replace(tzinfo=EAST)),
        ("2024-01-02T12:00:05", NOON, NOON),
        ("2024-01-02T12:00:05Z", NOON, NOON),
        ("2024-01-02T12:00:05", NOON.replace(tzinfo=UTC), NOON.replace(tzinfo=UTC)),
        ("2024-01-02T17:30:05+05:30", NOON.replace(tzinfo=UTC), NOON.replace(tzinfo=UTC)),
        ("2024-01-02", NOON, dt.datetime(2024, 1, 2)),
        (dt.date(2024, 1, 2), NOON, dt.datetime(2024, 1, 2)),
        (dt.date(2024, 1, 2), NOON.replace(tzinfo=UTC), dt.datetime(2024, 1, 2, tzinfo=UTC)),
        (NOON, dt.date(2024, 1, 1), dt.date(2024, 1, 2)),
        ("2024-01-02T12:00:05Z", dt.date(2024, 1, 1), dt.date(2024, 1, 2)),
        ("2024-01-02", dt.date(2024, 1, 1), dt.date(2024, 1, 2)),
        (NOON, "2024-01-01", "2024-01-02"),
        (NOON, "2024-01-01T00:00:00", "2024-01-02T12:00:05"),
        (NOON, "2024-01-01 00:00:00", "2024-01-02 12:00:05"),
        (NOON, "2024-01-01T00:00:00Z", "2024-01-02T12:00:05Z"),
        (NOON, "2024-01-01T00:00:00+05:30", "2024-01-02T17:30:05+05:30"),
        (NOON, "2024-01-01T00:00:00+0530", "2024-01-02T17:30:05+0530"),
        (NOON, "2024-01-01T00:00:00+05", "2024-01-02T17:00:05+05"),
        (NOON, "2024-01-01T00:00:00.123Z", "2024-01-02T12:00:05.000Z"),
        (NOON.replace(microsecond=5000), "2024-01-01T00:00:00.123456", "2024-01-02T12:00:05.005000"),
        (NOON.replace(tzinfo=EAST), "2024-01-01T00:00:00Z", "2024-01-02T06:30:05Z"),
        (dt.date(2024, 1, 2), "2024-01-01", "2024-01-02"),
        (dt.date(2024, 1, 2), "2024-01-01T00:00:00Z", "2024-01-02"),
    ],
    ids=repr,
)
def test_a_bound_takes_the_type_of_the_rows(value: Any, like: Any, expected: Any) -> None:
    """Text is written as the rows write it, for it is compared as text; a moment loses or gains the zone of UTC."""
    found = align(value, like, "at", "r")
    assert found == expected and type(found) is type(expected)
    if isinstance(expected, dt.datetime):
        assert found.tzinfo == expected.tzinfo


@pytest.mark.parametrize(
    ("value", "like"),
    [
        ("x", 5),
        (5, "x"),
        (True, 5),
        (5, True),
        (NOON, 5),
        (5, NOON),
        ("soon", NOON),
        ("2024-02-30", NOON),
        ("soon", dt.date(2024, 1, 1)),
        (5, dt.date(2024, 1, 1)),
        (b"x", "x"),
        ([1], 5),
        ("x", D("1")),
    ],
    ids=repr,
)
def test_a_bound_that_compares_with_no_row_is_told(value: Any, like: Any) -> None:
    """With resource, cursor and both types."""
    with pytest.raises(IncrementalCursorInvalidCoercion) as caught:
        align(value, like, "at", "orders")
    text = str(caught.value)
    assert "Resource 'orders': the cursor at holds" in text and type(like).__name__ in text
    assert f"end value is {type(value).__name__}" in text
    assert (caught.value.resource_name, caught.value.cursor_path) == ("orders", "at")


@given(
    st.datetimes(dt.datetime(1, 1, 3), dt.datetime(9999, 12, 29), timezones=st.none() | st.sampled_from([UTC, EAST]))
)
def test_a_moment_goes_through_text_without_a_change(value: dt.datetime) -> None:
    """A naive one stays naive."""
    found = as_datetime(value.isoformat())
    assert found == value and (found.tzinfo is None) is (value.tzinfo is None)
    assert as_datetime(value) is value
    like = value.isoformat()
    if value.microsecond % 1000 or not value.microsecond:
        assert align(value, like, "at", "r") == like


@pytest.mark.parametrize("value", [5, None, b"2024-01-02", [1]])
def test_what_is_no_moment_is_a_type_error(value: Any) -> None:
    """With its type."""
    with pytest.raises(TypeError, match=f"{type(value).__name__} is no moment"):
        as_datetime(value)


# -- lag


@pytest.mark.parametrize(
    ("value", "lag", "earlier", "later"),
    [
        (10, 3, 7, 13),
        (10, 3.0, 7, 13),
        (10, 0.5, 9.5, 10.5),
        (2**60 + 1, 1, 2**60, 2**60 + 2),
        (1.5, 1, 0.5, 2.5),
        (D("1.5"), 0.1, D("1.4"), D("1.6")),
        (NOON, 60, NOON - dt.timedelta(minutes=1), NOON + dt.timedelta(minutes=1)),
        (NOON.replace(tzinfo=EAST), 1.5, NOON.replace(tzinfo=EAST) - dt.timedelta(seconds=1.5),
         NOON.replace(tzinfo=EAST) + dt.timedelta(seconds=1.5)),
        (dt.date(2024, 3, 1), 1, dt.date(2024, 2, 29), dt.date(2024, 3, 2)),
        ("2024-03-01", 1, "2024-02-29", "2024-03-02"),
        ("2024-03-01T00:00:00Z", 1, "2024-02-29T23:59:59Z", "2024-03-01T00:00:01Z"),
        ("2024-03-01 00:00:00", 1, "2024-02-29 23:59:59", "2024-03-01 00:00:01"),
        ("2024-03-01T00:00:00.500Z", 1, "2024-02-29T23:59:59.500Z", "2024-03-01T00:00:01.500Z"),
        ("2024-03-01T00:00:00+05:30", 1, "2024-02-29T23:59:59+05:30", "2024-03-01T00:00:01+05:30"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_lag_moves_a_value_back(value: Any, lag: float, earlier: Any, later: Any) -> None:
    """Or forward where the smallest value is the last one; a function of the user's own knows no way back."""
    assert move_back(value, lag, max) == earlier and type(move_back(value, lag, max)) is type(earlier)
    assert move_back(value, lag, min) == later
    assert move_back(value, lag, lambda pair: pair[0]) is value


def test_text_that_is_no_date_cannot_be_moved() -> None:
    """The message says what to do."""
    with pytest.raises(IncrementalCursorInvalidCoercion, match=r"lag=2: the last value 'x' is text but no date"):
        move_back("x", 2, max)


@pytest.mark.parametrize(
    ("start", "first", "func", "expected"),
    [
        (10, 5, max, 7),
        (10, 8, max, 8),
        (10, 7, max, 7),
        (10, None, max, 7),
        (10, 20, min, 13),
        (10, 12, min, 12),
        (10, None, min, 13),
        (D("10"), 8.5, max, D("8.5")),
        (NOON, "2024-01-02T12:00:04", max, dt.datetime(2024, 1, 2, 12, 0, 4)),
        ("2024-01-02T12:00:05Z", dt.datetime(2024, 1, 2, 12, 0, 4), max, "2024-01-02T12:00:04Z"),
    ],
    ids=repr,
)
def test_a_lag_never_goes_behind_the_very_first_value(start: Any, first: Any, func: Any, expected: Any) -> None:
    """Which may be written in another type."""
    assert with_lag(start, 3, func, first, "at", "r") == expected
    own = lambda pair: pair[0]  # noqa: E731
    assert with_lag(start, 3, own, first, "at", "r") is start
