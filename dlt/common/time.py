"""Moments under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

import datetime

from dlt.schema.inference import coerce_value, infer_type, parse_timestamp


def ensure_pendulum_datetime(value: object) -> datetime.datetime:
    """Return an aware moment in UTC; a pendulum one where pendulum is installed.

    Args:
        value: A datetime, a date, ISO text, or seconds since the epoch.

    Raises:
        ValueError: it is no moment.
    """
    found = parse_timestamp(value) if isinstance(value, str) else coerce_value("timestamp", infer_type(value), value)
    assert isinstance(found, datetime.datetime)
    moment = found.astimezone(datetime.timezone.utc)
    try:
        from dlt.common.pendulum import pendulum
    except ImportError:
        return moment
    made: datetime.datetime = pendulum.instance(moment)
    return made


ensure_pendulum_datetime_utc = ensure_pendulum_datetime


def timestamp_within(timestamp: float, min_exclusive: float | None, max_inclusive: float | None) -> bool:
    """Tell whether seconds lie in a range."""
    return timestamp > (min_exclusive or 0) and timestamp <= (max_inclusive or float("inf"))
