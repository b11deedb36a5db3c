"""The moments at which a schedule is due."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import ConfigurationValueError
from dlt.tasks.ticks import NAMED, cron_ticks, even_ticks, length_of_time

MOMENTS = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2035, 1, 1), timezones=st.just(timezone.utc))


@given(MOMENTS, st.sampled_from([*NAMED, "*/15 * * * *", "30 2 * * *"]), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_the_ticks_around_a_moment_are_neighbours(moment: datetime, expression: str, zone: str) -> None:
    """The last tick up to a moment and the first one after it enclose it, and are each other's neighbours."""
    ticks = cron_ticks(expression, ZoneInfo(zone))
    before, after = ticks.until(moment), ticks.after(moment)
    assert before <= moment < after
    assert ticks.after(before) == after
    assert ticks.until(after - timedelta(microseconds=1)) == before


@given(MOMENTS, st.sampled_from(["30s", "5m", "2h", "1d", "90"]))
def test_even_ticks_stand_at_equal_distances(moment: datetime, text: str) -> None:
    """They are counted from midnight UTC, so that every machine has the same ones."""
    ticks, step = even_ticks(text), timedelta(seconds=length_of_time(text) or 0)
    assert ticks.after(moment) - ticks.until(moment) == step
    assert ticks.until(ticks.until(moment)) == ticks.until(moment) <= moment


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("1.5h", 5400), ("2d", 172800), ("-1", None), ("1w", None)])
def test_lengths_of_time(text: str, seconds: float | None) -> None:
    """A number and a unit; what is none gives None."""
    assert length_of_time(text) == seconds


def test_what_is_no_schedule_is_named() -> None:
    """The error shows the text and how to write it."""
    with pytest.raises(ConfigurationValueError, match="every 'soon' is no length of time"):
        even_ticks("soon")
    with pytest.raises(ConfigurationValueError, match="cron '61 "):
        cron_ticks("61 * * * *", timezone.utc)
