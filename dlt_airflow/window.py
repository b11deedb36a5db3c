"""Which time a DAG run loads: one rule for every kind of timetable.

Imported in tasks only, never when a DAG is parsed.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Union
from zoneinfo import ZoneInfo

from dlt.tasks import EmptyWindow, Window, moment, window_given
from dlt.tasks.ticks import NAMED
from dlt_airflow.compat import fact

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.bases.timetable import BaseTimetable
    from airflow.timetables.base import Timetable

Pair = tuple[datetime.datetime, datetime.datetime]
Wanted = Union[Literal["auto"], str, Sequence[Union[str, datetime.datetime]], None]
"""The time that a task says: "auto", a template that gives it, both ends, or None."""
UTC = datetime.timezone.utc
_KEYS = (("%Y", 4), ("%Y-%m", 7), ("%Y-%m-%d", 10), ("%Y-%m-%dT%H", 13))


@dataclass(frozen=True)
class Schedule:
    """When a DAG runs, as far as its timetable says.

    Attributes:
        crons: Cron expressions.
        timezone: Time zone of the expressions.
        delta: Time between runs, where the timetable has no expressions.
    """

    crons: tuple[str, ...] = ()
    timezone: datetime.tzinfo = UTC
    # or a relativedelta, which Airflow takes too; it adds alike
    delta: datetime.timedelta | None = None

    def before(self, time: datetime.datetime) -> datetime.datetime | None:
        """Return the last time before a moment at which the DAG was due; None if the timetable does not tell."""
        if self.crons:
            return max(_step(cron, time, self.timezone, -1) for cron in self.crons)
        return time - self.delta if self.delta else None

    def after(self, time: datetime.datetime) -> datetime.datetime | None:
        """Return the first time after a moment at which the DAG is due; None if the timetable does not tell."""
        if self.crons:
            return min(_step(cron, time, self.timezone, 1) for cron in self.crons)
        return time + self.delta if self.delta else None


@dataclass(frozen=True)
class RunFacts:
    """What Airflow knows of a DAG run.

    Attributes:
        moment: Logical date, or the time after which the run was due.
        interval: Data interval.
        partition_key: Key of the partition that the run makes.
        partition_date: Start of that partition.
        previous_end: Where the time of the run before this one ended.
        triggers: Times that the loads had whose assets triggered the run.
        schedule: The timetable.
        backfill: The run is part of a backfill.
    """

    moment: datetime.datetime | None = None
    interval: tuple[datetime.datetime | None, datetime.datetime | None] = (None, None)
    partition_key: str | None = None
    partition_date: datetime.datetime | None = None
    previous_end: datetime.datetime | None = None
    triggers: tuple[Pair, ...] = ()
    schedule: Schedule | None = None
    backfill: bool = False


def find_window(wanted: Wanted, facts: RunFacts) -> Window | None:
    """Return the time that a run loads.

    In this order: what the task says; a data interval that holds time; the partition; from the end of the previous
    run; the time of the loads that triggered the run; what the timetable says.
    A run of a backfill loads what its timetable says and never reaches back to a run before it.

    Args:
        wanted: "auto", None for no window, or both ends, as ISO text or as they are.
        facts: What Airflow knows of the run.

    Raises:
        EmptyWindow: nothing tells a time, or the one that is told holds none.
    """
    if wanted is None:
        return None
    if wanted != "auto":
        return window_given(wanted, UTC)
    start, end = facts.interval
    if start is not None and end is not None and start < end:
        return Window(start, end)
    # from what was said about this run to what only the timetable says
    found = _partition(facts) or _since_previous(facts) or _of_triggers(facts) or _of_timetable(facts)
    if found is None:
        raise EmptyWindow(_nothing(facts))
    return Window(*found)


def _partition(facts: RunFacts) -> Pair | None:
    start = facts.partition_date
    end = facts.schedule.after(start) if facts.schedule is not None and start is not None else None
    if start is not None and end is not None:
        return start, end
    if facts.partition_key is None:
        return None
    return partition_window(facts.partition_key, facts.schedule.timezone if facts.schedule is not None else UTC)


def partition_window(key: str, timezone: datetime.tzinfo = UTC) -> Pair | None:
    """Return the year, month, day or hour that a partition key names; None if it names none.

    Args:
        key: Key such as "2026-01-31" or "2026-01-31T05".
        timezone: Time zone of the key.
    """
    text = key.strip().replace(" ", "T")
    # keys are written with more digits than their unit has
    for suffix in (":00:00", ":00"):
        text = text.removesuffix(suffix)
    for form, length in _KEYS:
        if len(text) != length:
            continue
        try:
            start = datetime.datetime.strptime(text, form)
        except ValueError:
            return None
        return _in_zone(start, timezone), _in_zone(_next_unit(start, length), timezone)
    return None


def _next_unit(start: datetime.datetime, length: int) -> datetime.datetime:
    if length == 4:
        return start.replace(year=start.year + 1)
    if length == 7:
        return (start.replace(day=28) + datetime.timedelta(days=4)).replace(day=1)
    return start + (datetime.timedelta(days=1) if length == 10 else datetime.timedelta(hours=1))


def _since_previous(facts: RunFacts) -> Pair | None:
    # the runs of a backfill come in any order, and many at a time
    if facts.backfill or facts.previous_end is None or facts.moment is None or facts.previous_end >= facts.moment:
        return None
    return facts.previous_end, facts.moment


def _of_triggers(facts: RunFacts) -> Pair | None:
    if not facts.triggers:
        return None
    return min(start for start, _ in facts.triggers), max(end for _, end in facts.triggers)


def _of_timetable(facts: RunFacts) -> Pair | None:
    if facts.moment is None or facts.schedule is None:
        return None
    start = facts.schedule.before(facts.moment)
    return (start, facts.moment) if start is not None and start < facts.moment else None


def _nothing(facts: RunFacts) -> str:
    start, end = facts.interval
    interval = f"its data interval is {start.isoformat()} to {end.isoformat()}" if start and end else "no data interval"
    key = f", partition key {facts.partition_key!r}" if facts.partition_key is not None else ""
    return (
        f"window: the run tells no time to load: {interval}{key}, no previous run, and a timetable without times. Pass "
        'window=None if the source needs none, window=(start, end), {"dlt_window": [start, end]} as the configuration '
        "of the run, or schedule with CronDataIntervalTimetable."
    )


# -- timetables


def schedule_of(timetable: BaseTimetable | Timetable) -> Schedule | None:
    """Return what a timetable of Airflow 2 or 3 says; None if it names no times.

    Args:
        timetable: `dag.timetable`.
    """
    several = fact(timetable, "timetables", "_timetables")
    inner = fact(timetable, "timetable", "_timetable")
    # a timetable that wraps another one has the times of that one
    if inner is not None and fact(timetable, "expression", "_expression") is None:
        return schedule_of(inner)
    expression, delta = fact(timetable, "expression", "_expression"), fact(timetable, "delta", "_delta")
    if several:
        parts = [part for part in map(schedule_of, several) if part is not None]
        return Schedule(tuple(c for part in parts for c in part.crons), parts[0].timezone) if parts else None
    if isinstance(expression, str):
        return Schedule((NAMED.get(expression, expression),), _zone(fact(timetable, "timezone", "_timezone")))
    return Schedule(delta=delta) if delta is not None else None


def _zone(value: object) -> datetime.tzinfo:
    if isinstance(value, datetime.tzinfo):
        return value
    return ZoneInfo(str(value)) if value else UTC


def _step(cron: str, time: datetime.datetime, timezone: datetime.tzinfo, direction: int) -> datetime.datetime:
    """Return the time of a cron expression that is next to a moment, as Airflow reckons it.

    An expression for every hour follows a clock that has no summer time, so that every hour has its run; any other
    follows the clock on the wall.
    """
    from croniter import croniter

    time = _plain(time)
    local = time.astimezone(timezone).replace(tzinfo=None)
    ticks = croniter(cron, start_time=local)
    step = ticks.get_next if direction > 0 else ticks.get_prev
    # croniter reckons without a zone here: clock changes are ours
    found: datetime.datetime = step(datetime.datetime)
    if ticks.expanded[1] == ["*"]:
        return time + (found - local)
    # a time that the clock skips is an hour later that day, which may be the moment itself
    while (_in_zone(found, timezone) - time).total_seconds() * direction <= 0:
        found = step(datetime.datetime)
    return _in_zone(found, timezone)


def _plain(time: datetime.datetime) -> datetime.datetime:
    """Return a moment in UTC without what Airflow's own class of datetimes does to sums."""
    utc = time.astimezone(UTC)
    return datetime.datetime(utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond, UTC)


def _in_zone(naive: datetime.datetime, timezone: datetime.tzinfo) -> datetime.datetime:
    """Return the moment in UTC; the second one of a time that the clock shows twice."""
    return max(naive.replace(tzinfo=timezone, fold=fold).astimezone(UTC) for fold in (0, 1))


# -- from Airflow


def facts_of(context: Context) -> RunFacts:
    """Return what Airflow knows of the run of a task.

    Args:
        context: Context of the task.
    """
    run = context["dag_run"]
    interval = (fact(run, "data_interval_start"), fact(run, "data_interval_end"))
    return RunFacts(
        # a run of Airflow 3 that a person or an asset triggered has no logical date
        moment=fact(run, "logical_date", "execution_date", "run_after"),
        interval=interval,
        partition_key=fact(run, "partition_key"),
        partition_date=fact(run, "partition_date"),
        previous_end=_previous_end(context, interval),
        triggers=tuple(_triggers(context)),
        schedule=schedule_of(context["dag"].timetable),
        backfill=str(fact(run.run_type, "value") or run.run_type) == "backfill",
    )


def _previous_end(
    context: Context, interval: tuple[datetime.datetime | None, datetime.datetime | None]
) -> datetime.datetime | None:
    start, end = interval
    if start is not None and end is not None and start < end:
        return None
    find = fact(context["ti"], "get_previous_dagrun")
    previous = find() if find is not None else None
    before: datetime.datetime | None = fact(previous, "data_interval_end", "logical_date")
    return before


def _triggers(context: Context) -> Sequence[Pair]:
    found = []
    events = context.get("triggering_asset_events") or {}
    for group in list(events.values()):
        for event in group:
            window = (fact(event, "extra") or {}).get("window")
            if isinstance(window, str):
                # Airflow 2 puts the values into a set, so the window travels as text
                window = json.loads(window)
            if window:
                found.append((moment(window[0]), moment(window[1])))
    return found
