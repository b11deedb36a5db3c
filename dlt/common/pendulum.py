"""The package pendulum under the name of PyPI `dlt` 1.x; the library itself works with datetimes."""

from __future__ import annotations

import datetime
from datetime import timedelta

import pendulum
from pendulum.tz.timezone import FixedTimezone, Timezone

__all__ = ["create_dt", "ensure_pendulum_dt", "pendulum", "timedelta", "to_pendulum_tz"]


def __utcnow() -> pendulum.DateTime:
    """Return this moment in UTC."""
    return pendulum.now("UTC")


def to_pendulum_tz(tz: datetime.tzinfo | None) -> Timezone | FixedTimezone | None:
    """Return a time zone as pendulum has it.

    Args:
        tz: Any time zone; None stays None.
    """
    if tz is None or isinstance(tz, (Timezone, FixedTimezone)):
        return tz
    # pendulum converts time zones only as part of a moment
    return pendulum.instance(datetime.datetime(2000, 1, 1, tzinfo=tz)).timezone


def create_dt(
    year: int,
    month: int,
    day: int,
    hour: int = 0,
    minute: int = 0,
    second: int = 0,
    microsecond: int = 0,
    tz: datetime.tzinfo | None = None,
    # the default of pendulum, where Python's own is 0
    fold: int = 1,
) -> pendulum.DateTime:
    """Return a moment of pendulum; without a time zone it stays without one."""
    return pendulum.DateTime(year, month, day, hour, minute, second, microsecond, tzinfo=to_pendulum_tz(tz), fold=fold)


def ensure_pendulum_dt(dt: datetime.datetime) -> pendulum.DateTime:
    """Return a datetime as pendulum has it, with the same time zone or without one."""
    if isinstance(dt, pendulum.DateTime):
        return dt
    return create_dt(
        dt.year, dt.month, dt.day, dt.hour, dt.minute, dt.second, dt.microsecond, tz=dt.tzinfo, fold=dt.fold
    )
