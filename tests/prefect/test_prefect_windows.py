"""The window of a run follows from its schedule: pure functions."""

from __future__ import annotations

import datetime
import itertools
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule

from dlt.tasks import EmptyWindow, window_given
from dlt_prefect.windows import fires_of, interval_before, interval_of, scheduled

UTC = datetime.timezone.utc


def at(text: str) -> datetime.datetime:
    """Return a moment of UTC."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=UTC)


SCHEDULES: dict[str, Any] = {
    "minutely": (CronSchedule(cron="* * * * *"), "2026-03-01T10:05", "2026-03-01T10:04", "2026-03-01T10:05"),
    "daily": (CronSchedule(cron="0 6 * * *"), "2026-03-02T06:00", "2026-03-01T06:00", "2026-03-02T06:00"),
    "weekdays": (CronSchedule(cron="0 6 * * 1-5"), "2026-03-02T06:00", "2026-02-27T06:00", "2026-03-02T06:00"),
    "yearly": (CronSchedule(cron="0 0 1 1 *"), "2026-01-01T00:00", "2025-01-01T00:00", "2026-01-01T00:00"),
    "between two fires": (CronSchedule(cron="0 6 * * *"), "2026-03-02T15:30", "2026-03-01T06:00", "2026-03-02T06:00"),
    "a day of 23 hours": (
        CronSchedule(cron="0 0 * * *", timezone="Europe/Berlin"),
        "2026-03-29T22:00",
        "2026-03-28T23:00",
        "2026-03-29T22:00",
    ),
    "interval": (
        IntervalSchedule(interval=datetime.timedelta(hours=4), anchor_date=at("2026-01-01T01:00")),
        "2026-01-02T05:00",
        "2026-01-02T01:00",
        "2026-01-02T05:00",
    ),
    "rule": (
        RRuleSchedule(rrule="DTSTART:20260101T000000\nFREQ=WEEKLY;BYDAY=MO"),
        "2026-02-09T00:00",
        "2026-02-02T00:00",
        "2026-02-09T00:00",
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_last_whole_interval(name: str) -> None:
    """The window ends when the schedule fired last and starts when it fired before that."""
    schedule, moment, start, end = SCHEDULES[name]
    window = interval_before(at(moment), fires_of(schedule))
    assert window is not None
    assert (window.start, window.end) == (at(start), at(end))


def test_windows_of_successive_fires_touch() -> None:
    """No time is left out and none is loaded twice, also where the clocks change."""
    schedule = CronSchedule(cron="30 */3 * * *", timezone="America/New_York")
    fires = fires_of(schedule)
    moments = [m for m in fires(at("2026-10-30T00:00"), at("2026-11-03T00:00"))]
    windows = [interval_before(moment, fires) for moment in moments]
    assert len(windows) > 20
    for before, after in itertools.pairwise(windows):
        assert before is not None and after is not None
        assert before.end == after.start


def test_of_several_schedules_the_one_that_fired_counts() -> None:
    """A run that the hourly schedule made does not get the day of the daily one."""
    hourly, daily = fires_of(CronSchedule(cron="0 * * * *")), fires_of(CronSchedule(cron="30 0 * * *"))
    window = interval_of(at("2026-03-01T05:00"), [daily, hourly])
    assert window is not None and (window.start, window.end) == (at("2026-03-01T04:00"), at("2026-03-01T05:00"))
    window = interval_of(at("2026-03-01T00:30"), [daily, hourly])
    assert window is not None and (window.start, window.end) == (at("2026-02-28T00:30"), at("2026-03-01T00:30"))


def test_without_a_schedule_it_is_the_time_since_the_run_before() -> None:
    """A deployment without a schedule continues where its last completed run was due; paused schedules do not count."""
    run = SimpleNamespace(expected_start_time=at("2026-03-01T05:00"))
    paused = SimpleNamespace(schedules=[SimpleNamespace(active=False, schedule=CronSchedule(cron="* * * * *"))])
    for deployment in (None, SimpleNamespace(schedules=[]), paused):
        window = scheduled(run, deployment, at("2026-02-20T01:00"))
        assert window.to_list() == ["2026-02-20T01:00:00+00:00", "2026-03-01T05:00:00+00:00"]


def test_an_unknown_or_empty_window_is_an_error() -> None:
    """Nothing is loaded silently."""
    run = SimpleNamespace(expected_start_time=at("2026-03-01T05:00"))
    with pytest.raises(EmptyWindow, match="no earlier run"):
        scheduled(run, None, None)
    with pytest.raises(EmptyWindow):
        scheduled(run, None, at("2026-03-01T05:00"))


@pytest.mark.parametrize(
    "window",
    [
        "yesterday",
        ["2026-01-01T00:00:00Z"],
        ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"],
        ["2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"],
        ["a", "b"],
        5,
    ],
)
def test_what_is_no_window_is_refused(window: Any) -> None:
    """A window has a start before its end."""
    with pytest.raises(EmptyWindow):
        window_given(window)


def test_a_given_window_is_taken_as_it_is() -> None:
    """Moments of other time zones are kept."""
    start = datetime.datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Tokyo"))
    window = window_given([start, "2026-01-02T00:00:00+00:00"])
    assert window is not None and window.start == start
