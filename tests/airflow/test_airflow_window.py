"""Which time a run loads, for every kind of timetable."""

from __future__ import annotations

import datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from airflow.sdk import (
    AssetOrTimeSchedule,
    CronDataIntervalTimetable,
    CronPartitionTimetable,
    CronTriggerTimetable,
    DeltaDataIntervalTimetable,
    DeltaTriggerTimetable,
    MultipleCronTriggerTimetable,
)
from airflow.sdk.definitions.timetables.simple import ContinuousTimetable, NullTimetable

from dlt.tasks import EmptyWindow, Window
from dlt_airflow.window import RunFacts, Schedule, facts_of, find_window, partition_window, schedule_of

UTC = datetime.timezone.utc
BERLIN = ZoneInfo("Europe/Berlin")
DAY = datetime.timedelta(days=1)
DAILY = Schedule(("0 0 * * *",))


def at(text: str, zone: datetime.tzinfo = UTC) -> datetime.datetime:
    """Return a moment."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=zone)


def pair(found: Window | None) -> tuple[str, str]:
    """Return both ends as short text, in UTC."""
    assert found is not None
    start, end = (time.astimezone(UTC).strftime("%m-%dT%H:%M") for time in (found.start, found.end))
    return start, end


def test_no_window() -> None:
    """A task that wants no window gets none, whatever the run says."""
    assert find_window(None, RunFacts(interval=(at("2026-01-01"), at("2026-01-02")))) is None


# -- the order


FULL = RunFacts(
    moment=at("2026-01-09"),
    interval=(at("2026-01-02"), at("2026-01-03")),
    partition_key="2026-01-04",
    previous_end=at("2026-01-05"),
    triggers=((at("2026-01-06"), at("2026-01-07")),),
    schedule=DAILY,
)


def test_order() -> None:
    """What stands first in the order counts; each one that is taken away uncovers the next."""
    from dataclasses import replace

    facts = FULL
    assert pair(find_window(("2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00Z"), facts)) == (
        "01-01T00:00",
        "01-02T00:00",
    )
    assert pair(find_window("auto", facts)) == ("01-02T00:00", "01-03T00:00")
    facts = replace(facts, interval=(None, None))
    assert pair(find_window("auto", facts)) == ("01-04T00:00", "01-05T00:00")
    facts = replace(facts, partition_key=None)
    assert pair(find_window("auto", facts)) == ("01-05T00:00", "01-09T00:00")
    facts = replace(facts, previous_end=None)
    assert pair(find_window("auto", facts)) == ("01-06T00:00", "01-07T00:00")
    facts = replace(facts, triggers=())
    assert pair(find_window("auto", facts)) == ("01-08T00:00", "01-09T00:00")
    facts = replace(facts, schedule=None)
    with pytest.raises(EmptyWindow, match=r"no data interval, no previous run(?s:.*)window=None"):
        find_window("auto", facts)


def test_an_interval_that_holds_nothing_does_not_count() -> None:
    """Cron text in Airflow 3 gives runs whose interval holds nothing: the run before counts."""
    point = (at("2026-01-09"), at("2026-01-09"))
    facts = RunFacts(moment=at("2026-01-09"), interval=point, previous_end=at("2026-01-07"), schedule=DAILY)
    assert pair(find_window("auto", facts)) == ("01-07T00:00", "01-09T00:00")
    with pytest.raises(EmptyWindow, match="its data interval is 2026-01-09T00:00:00"):
        find_window("auto", RunFacts(moment=at("2026-01-09"), interval=point))


def test_a_backfill_does_not_reach_back() -> None:
    """The run before a backfilled one may be months older, and loaded its own time."""
    facts = RunFacts(moment=at("2026-01-09"), previous_end=at("2025-06-01"), schedule=DAILY, backfill=True)
    assert pair(find_window("auto", facts)) == ("01-08T00:00", "01-09T00:00")


def test_a_previous_run_that_is_later_does_not_count() -> None:
    """A window never runs backwards."""
    facts = RunFacts(moment=at("2026-01-09"), previous_end=at("2026-01-09"), schedule=DAILY)
    assert pair(find_window("auto", facts)) == ("01-08T00:00", "01-09T00:00")


# -- explicit windows


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (("2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z"), "holds no time"),
        (("2026-01-03T00:00:00Z", "2026-01-02T00:00:00Z"), "holds no time"),
        (("yesterday", "2026-01-02T00:00:00Z"), "'yesterday' is not a moment"),
        (("", "2026-01-02T00:00:00Z"), "not a moment"),
        (("None", "None"), "'None' is not a moment"),
        ((None, None), "its start is None"),
        (("2026-01-02T00:00:00Z",), "is not a window"),
        ("2026", "is not a window"),
    ],
)
def test_bad_windows(wanted: Any, message: str) -> None:
    """What is no window is an error that names it."""
    with pytest.raises(EmptyWindow, match=message):
        find_window(wanted, RunFacts())


def test_explicit_window_forms() -> None:
    """Rendered templates, datetimes and dates without a zone are understood; what has no zone is UTC."""
    for start in ("2026-01-01 00:00:00+00:00", " 2026-01-01T00:00:00Z ", "2026-01-01", at("2026-01-01")):
        assert pair(find_window((start, "2026-01-02"), RunFacts())) == ("01-01T00:00", "01-02T00:00")


# -- partitions


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("2026", ("2026-01-01T00", "2027-01-01T00")),
        ("2026-12", ("2026-12-01T00", "2027-01-01T00")),
        ("2024-02", ("2024-02-01T00", "2024-03-01T00")),
        ("2026-01-31", ("2026-01-31T00", "2026-02-01T00")),
        ("2026-01-31T05", ("2026-01-31T05", "2026-01-31T06")),
        ("2026-01-31T05:00", ("2026-01-31T05", "2026-01-31T06")),
        ("2026-01-31 05:00:00", ("2026-01-31T05", "2026-01-31T06")),
        ("emea", None),
        ("2026-13", None),
    ],
)
def test_partition_keys(key: str, expected: tuple[str, str] | None) -> None:
    """Keys that name a year, a month, a day or an hour are windows; others are not."""
    found = partition_window(key)
    assert (found and tuple(time.strftime("%Y-%m-%dT%H") for time in found)) == expected


def test_partition_date() -> None:
    """A partition lasts until the timetable's next time."""
    facts = RunFacts(partition_key="x", partition_date=at("2026-01-01"), schedule=Schedule(("0 0 1 * *",)))
    assert pair(find_window("auto", facts)) == ("01-01T00:00", "02-01T00:00")


def test_partition_in_a_time_zone() -> None:
    """A day of a partition is a day of the timetable's zone."""
    facts = RunFacts(partition_key="2026-03-29", schedule=Schedule(timezone=BERLIN))
    assert pair(find_window("auto", facts)) == ("03-28T23:00", "03-29T22:00")


# -- timetables


def run(timetable: Any, moment: str, **more: Any) -> RunFacts:
    """Return the facts of a scheduled run."""
    return RunFacts(moment=at(moment), schedule=schedule_of(timetable), **more)


def test_kinds_of_timetables() -> None:
    """Each kind that says when it runs gives the window since its time before; the others give none."""
    month = CronTriggerTimetable("@monthly", timezone="UTC")
    several = MultipleCronTriggerTimetable("0 0 * * *", "0 6 * * *", timezone="UTC")
    assert pair(find_window("auto", run(CronTriggerTimetable("0 0 * * *", timezone="UTC"), "2026-01-09"))) == (
        "01-08T00:00",
        "01-09T00:00",
    )
    assert pair(find_window("auto", run(CronDataIntervalTimetable("@daily", timezone="UTC"), "2026-01-09")))[0] == (
        "01-08T00:00"
    )
    assert pair(find_window("auto", run(month, "2026-03-01")))[0] == "02-01T00:00"
    assert pair(find_window("auto", run(DeltaTriggerTimetable(2 * DAY), "2026-01-09")))[0] == "01-07T00:00"
    assert pair(find_window("auto", run(DeltaDataIntervalTimetable(2 * DAY), "2026-01-09")))[0] == "01-07T00:00"
    assert pair(find_window("auto", run(several, "2026-01-09T06:00")))[0] == "01-09T00:00"
    assert pair(find_window("auto", run(several, "2026-01-09T00:00")))[0] == "01-08T06:00"
    assert pair(find_window("auto", run(AssetOrTimeSchedule(timetable=month, assets=[]), "2026-03-01")))[0] == (
        "02-01T00:00"
    )
    partition = CronPartitionTimetable("0 0 * * *", timezone="UTC", run_offset=-1)
    found = find_window("auto", run(partition, "2026-01-09", partition_date=at("2026-01-08")))
    assert pair(found) == ("01-08T00:00", "01-09T00:00")
    for without in (NullTimetable(), ContinuousTimetable()):
        assert schedule_of(without) is None


def test_a_manual_run_between_two_times() -> None:
    """A run that somebody starts at noon loads from the time before it until noon."""
    found = find_window("auto", run(CronTriggerTimetable("0 0 * * *", timezone="UTC"), "2026-01-09T12:00"))
    assert pair(found) == ("01-09T00:00", "01-09T12:00")


def test_seconds() -> None:
    """Cron text may have a sixth field for seconds."""
    schedule = Schedule(("0 0 * * * 30",))
    assert schedule.before(at("2026-01-09T00:00:30")) == at("2026-01-08T00:00:30")


@pytest.mark.parametrize(
    ("cron", "end", "hours"),
    [
        ("0 0 * * *", "2026-03-30", 23),
        ("0 0 * * *", "2026-10-26", 25),
        ("0 * * * *", "2026-03-29T03:00", 1),
        ("0 * * * *", "2026-10-25T03:00", 1),
    ],
)
def test_summer_time(cron: str, end: str, hours: int) -> None:
    """A day is as long as the clock on the wall says; an hour is always an hour."""
    moment = at(end, BERLIN)
    start = Schedule((cron,), BERLIN).before(moment)
    assert start is not None
    assert moment.astimezone(UTC) - start.astimezone(UTC) == datetime.timedelta(hours=hours)


@pytest.mark.parametrize("cron", ["0 0 * * *", "30 2 * * *", "0 * * * *", "15 */6 * * *", "0 0 1 * *", "0 9 * * 1-5"])
def test_windows_join(cron: str) -> None:
    """The windows of a year's runs join without gap or overlap, at the times at which Airflow runs the DAG."""
    from airflow.timetables.trigger import CronTriggerTimetable as Core

    timetable, schedule = Core(cron, timezone="Europe/Berlin"), Schedule((cron,), BERLIN)
    import pendulum

    moment, checked = pendulum.datetime(2026, 3, 26), 0
    while checked < 60:
        following = timetable._get_next(moment)
        before = schedule.before(following)
        if checked:
            assert before == moment, (cron, moment, following)
        moment, checked = following, checked + 1
        if checked == 30:
            moment = timetable._get_next(pendulum.datetime(2026, 10, 22))


# -- from Airflow


def test_facts() -> None:
    """What the context of a task says becomes facts."""
    event = SimpleNamespace(extra={"window": ["2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00"]})
    dag_run = SimpleNamespace(
        logical_date=at("2026-01-09"),
        data_interval_start=at("2026-01-09"),
        data_interval_end=at("2026-01-09"),
        partition_key=None,
        partition_date=None,
        run_after=at("2026-01-09"),
        run_type="backfill",
    )
    previous = SimpleNamespace(data_interval_end=None, logical_date=at("2026-01-07"))
    ti = SimpleNamespace(get_previous_dagrun=lambda: previous)
    context = {
        "dag_run": dag_run,
        "ti": ti,
        "dag": SimpleNamespace(timetable=CronTriggerTimetable("@daily", timezone="UTC")),
        "triggering_asset_events": {"a": [event, SimpleNamespace(extra={})]},
    }
    facts = facts_of(context)
    assert facts.previous_end == at("2026-01-07") and facts.backfill
    assert facts.triggers == ((at("2026-01-01"), at("2026-01-02")),)
    assert facts.schedule is not None and facts.schedule.crons == ("0 0 * * *",)
