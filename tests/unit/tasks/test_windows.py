"""The time that a run loads, as people write it."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import EmptyWindow
from dlt.tasks import Window, window_given

UTC = datetime.timezone.utc
MOMENTS = st.datetimes(timezones=st.timezones(), min_value=datetime.datetime(1990, 1, 1)).map(
    lambda m: m.astimezone(UTC)
)


@given(MOMENTS, MOMENTS)
def test_a_window_is_the_same_after_it_travelled_as_text(one: datetime.datetime, other: datetime.datetime) -> None:
    """Both ends come back to the microsecond; a window without time is refused in both forms."""
    start, end = min(one, other), max(one, other)
    if start == end:
        with pytest.raises(EmptyWindow, match="holds no time"):
            window_given((start, end))
        return
    window = window_given((start, end))
    assert window_given(window) is window
    assert window_given(window.to_list()) == Window.from_list(window.to_list()) == Window(start, end)


def test_moments_without_a_zone_are_refused_or_get_the_one_that_is_said() -> None:
    """Nobody guesses a zone."""
    with pytest.raises(EmptyWindow, match="give both ends a time zone"):
        window_given(("2026-01-01", "2026-01-02"))
    assert window_given(("2026-01-01", "2026-01-02"), UTC).to_list() == [
        "2026-01-01T00:00:00+00:00",
        "2026-01-02T00:00:00+00:00",
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("2026-01-01", "is not a window"),
        (("2026-01-01",), "is not a window"),
        (5, "is not a window"),
        (("yesterday", "2026-01-02T00:00:00Z"), "'yesterday' is not a moment"),
        ((None, "2026-01-02T00:00:00Z"), "its start is None, not a moment"),
        (("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"), "holds no time"),
    ],
)
def test_what_is_no_window_is_named(value: object, message: str) -> None:
    """The error says what was found."""
    with pytest.raises(EmptyWindow, match=message):
        window_given(value)
