"""Seconds since the epoch, and clocks that never go back."""

from __future__ import annotations

import datetime
import math
import threading
import time
from datetime import timedelta

import pendulum

UNIX_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
UNIX_EPOCH_DATE = UNIX_EPOCH.date()
PAST_TIMESTAMP = 0.0
FUTURE_TIMESTAMP = 9999999999.0


def to_py_datetime(value: datetime.datetime) -> datetime.datetime:
    """Return a moment of pendulum as one of the standard library; anything else as it is.

    Args:
        value: A moment.
    """
    if not isinstance(value, pendulum.DateTime):
        return value
    return datetime.datetime(
        value.year,
        value.month,
        value.day,
        value.hour,
        value.minute,
        value.second,
        value.microsecond,
        value.tzinfo,
        fold=value.fold,
    )


def datetime_to_timestamp(moment: datetime.datetime) -> int:
    """Return whole seconds since the epoch; moments without a time zone are in UTC."""
    return datetime_to_timestamp_us(moment) // 1_000_000


def datetime_to_timestamp_ms(moment: datetime.datetime) -> int:
    """Return whole milliseconds since the epoch; moments without a time zone are in UTC."""
    return datetime_to_timestamp_us(moment) // 1_000


def datetime_to_timestamp_us(moment: datetime.datetime) -> int:
    """Return microseconds since the epoch; moments without a time zone are in UTC."""
    # naive and aware moments cannot be subtracted from each other
    epoch = UNIX_EPOCH if moment.tzinfo is not None else UNIX_EPOCH.replace(tzinfo=None)
    # whole numbers: a float has no room for the microseconds of today's moments in all years
    return (to_py_datetime(moment) - epoch) // timedelta(microseconds=1)


def date_to_epoch_days(value: datetime.date) -> int:
    """Return the days since the epoch."""
    return value.toordinal() - UNIX_EPOCH_DATE.toordinal()


def timestamp_within(timestamp: float, min_exclusive: float | None, max_inclusive: float | None) -> bool:
    """Tell whether seconds lie in a range.

    Args:
        timestamp: Seconds since the epoch.
        min_exclusive: They are more than this; no limit when None.
        max_inclusive: They are at most this; no limit when None.
    """
    # as in PyPI dlt, where zero is no limit either
    return timestamp > (min_exclusive or PAST_TIMESTAMP) and timestamp_before(timestamp, max_inclusive)


def timestamp_before(timestamp: float, max_inclusive: float | None) -> bool:
    """Tell whether seconds are not after a limit.

    Args:
        timestamp: Seconds since the epoch.
        max_inclusive: The limit; none when None.
    """
    return timestamp <= (max_inclusive or FUTURE_TIMESTAMP)


precise_time = time.time
"""Seconds since the epoch, by the clock of the system, which is set back now and then."""


class MonotonicPreciseTime:
    """A clock that does not go back: seconds since the epoch at each call.

    Args:
        strictly_increasing: No two calls give the same.
    """

    def __init__(self, strictly_increasing: bool = False) -> None:
        self._strictly_increasing = strictly_increasing
        self._last = PAST_TIMESTAMP

    def __call__(self) -> float:
        """Return seconds since the epoch."""
        now = max(precise_time(), self._last)
        if self._strictly_increasing and now == self._last:
            # the next float: a clock may tick more seldom than it is asked
            now = math.nextafter(now, math.inf)
        self._last = now
        return now


class LockedMonotonicPreciseTime(MonotonicPreciseTime):
    """A clock that does not go back for all threads together."""

    def __init__(self, strictly_increasing: bool = False) -> None:
        super().__init__(strictly_increasing)
        self._lock = threading.Lock()

    def __call__(self) -> float:
        """Return seconds since the epoch."""
        with self._lock:
            return super().__call__()
