"""Ticks: the moments at which a schedule is due, from a cron expression or a length of time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone, tzinfo

from dlt.clock import utc_now
from dlt.errors import ConfigurationValueError
from dlt.late_dataclass import dataclass

NAMED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
"""Cron expressions that have a name."""
# no clock change is longer; cron times inside of one can stand in the wrong order
_CLOCK_CHANGE = timedelta(hours=3)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Ticks:
    """The moments of a schedule, in UTC: the first one after a moment, and the last one up to a moment."""

    after: Callable[[datetime], datetime]
    until: Callable[[datetime], datetime]


def even_ticks(text: str) -> Ticks:
    """Return moments with equal distances, counted from 1970-01-01 in UTC.

    Raises:
        ConfigurationValueError: the text is no length of time.
    """
    seconds = length_of_time(text)
    if not seconds:
        raise ConfigurationValueError(f"--every {text!r} is no length of time. Write a number and a unit: 30s, 5m, 2h.")
    # the same moments for every process, whenever it was started
    origin, step = datetime(1970, 1, 1, tzinfo=timezone.utc), timedelta(seconds=seconds)

    def until(moment: datetime) -> datetime:
        return origin + (moment - origin) // step * step

    return Ticks(after=lambda moment: until(moment) + step, until=until)


def cron_ticks(expression: str, zone: tzinfo) -> Ticks:
    """Return the moments of a cron expression in a time zone.

    A time that a clock change leaves out comes right after the change; one that it repeats comes once, unless
    the expression has `*` for the hour or the minute.

    Args:
        expression: Five fields, six with seconds in front, or a name like `@daily`.
        zone: The zone in which the expression is meant.

    Raises:
        ConfigurationValueError: it is no cron expression, or its time never comes.
    """
    from cronsim import CronSim, CronSimError

    fields = NAMED.get(expression.strip(), expression)

    def first(found: Iterator[datetime], fits: Callable[[datetime], bool]) -> datetime:
        for tick in found:
            moment = tick.astimezone(timezone.utc)
            if fits(moment):
                return moment
        raise ConfigurationValueError(f"--cron {expression!r}: this time never comes.")

    def after(moment: datetime) -> datetime:
        return first(CronSim(fields, moment.astimezone(zone)), lambda tick: tick > moment)

    def until(moment: datetime) -> datetime:
        late = (moment + _CLOCK_CHANGE).astimezone(zone)
        return first(CronSim(fields, late, reverse=True), lambda tick: tick <= moment)

    try:
        after(utc_now())
    except CronSimError as error:
        raise ConfigurationValueError(
            f"--cron {expression!r}: {str(error)[:1].lower()}{str(error)[1:]}. Write minute, hour, day of month, month "
            "and day of week, as in '*/15 * * * *'."
        ) from error
    return Ticks(after=after, until=until)


def length_of_time(text: str) -> float | None:
    """Return the seconds of a text such as 90, 90s, 5m, 2h or 1d; None if it is none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text.strip())
    return float(found[1]) * _SECONDS[found[2] or "s"] if found else None
