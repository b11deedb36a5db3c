"""Moments under the names of PyPI `dlt` 1.x: of pendulum, and of the standard library."""

from __future__ import annotations

import datetime
from datetime import timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import pendulum
from pendulum.parsing import parse
from pendulum.parsing.exceptions import ParserError

from dlt.common.clocks import (
    FUTURE_TIMESTAMP,
    PAST_TIMESTAMP,
    UNIX_EPOCH,
    UNIX_EPOCH_DATE,
    LockedMonotonicPreciseTime,
    MonotonicPreciseTime,
    date_to_epoch_days,
    datetime_to_timestamp,
    datetime_to_timestamp_ms,
    datetime_to_timestamp_us,
    precise_time,
    timestamp_before,
    timestamp_within,
    to_py_datetime,
)
from dlt.common.exceptions import TerminalValueError
from dlt.common.pendulum import create_dt, ensure_pendulum_dt, to_pendulum_tz
from dlt.common.time_formats import (
    datetime_obj_to_str,
    detect_datetime_format,
    get_precision_from_datetime_unit,
    parse_period_seconds,
    to_seconds,
)
from dlt.configuration.contexts import Container
from dlt.extract.incremental.context import TimezoneContext
from dlt.extract.incremental.context import timezone as get_context_timezone
from dlt.types import TAnyDateTime

__all__ = [
    "DAY_DURATION_SEC",
    "DEFAULT_TIMESTAMP_PRECISION",
    "FUTURE_TIMESTAMP",
    "PAST_TIMESTAMP",
    "UNIX_EPOCH",
    "UNIX_EPOCH_DATE",
    "UTC_NAME",
    "InvalidTimezoneName",
    "LockedMonotonicPreciseTime",
    "MonotonicPreciseTime",
    "date_to_epoch_days",
    "datetime_obj_to_str",
    "datetime_to_timestamp",
    "datetime_to_timestamp_ms",
    "datetime_to_timestamp_us",
    "detect_datetime_format",
    "ensure_date",
    "ensure_datetime",
    "ensure_datetime_in_tz",
    "ensure_datetime_utc",
    "ensure_pendulum_date",
    "ensure_pendulum_datetime",
    "ensure_pendulum_datetime_non_utc",
    "ensure_pendulum_datetime_utc",
    "ensure_pendulum_time",
    "get_context_timezone",
    "get_context_timezone_name",
    "get_precision_from_datetime_unit",
    "increasing_precise_time",
    "normalize_timezone",
    "parse_iso_like_datetime",
    "parse_period_seconds",
    "pendulum",
    "precise_time",
    "reduce_pendulum_datetime_precision",
    "set_context_timezone",
    "timedelta",
    "timestamp_before",
    "timestamp_within",
    "to_iana_name",
    "to_py_date",
    "to_py_datetime",
    "to_seconds",
    "to_tzinfo",
]

UTC_NAME = "UTC"
DAY_DURATION_SEC = 24 * 60 * 60.0
DEFAULT_TIMESTAMP_PRECISION = 6

TTimeWithPrecision = TypeVar("TTimeWithPrecision", datetime.datetime, datetime.time)

TMoment = TypeVar("TMoment", bound=datetime.datetime)


class InvalidTimezoneName(TerminalValueError):
    """A name is not that of a time zone."""

    def __init__(self, timezone: str, reason: str) -> None:
        self.timezone = timezone
        super().__init__(f"{timezone!r} is no time zone: {reason}. Use a name such as Europe/Berlin or UTC.")


def get_context_timezone_name() -> str:
    """Return the name of the time zone of moments that have none."""
    return to_iana_name(get_context_timezone()) or UTC_NAME


def set_context_timezone(tz: datetime.tzinfo | None) -> datetime.tzinfo:
    """Set the time zone of moments that have none, and return the former one.

    Args:
        tz: The time zone; UTC when None.

    Raises:
        InvalidTimezoneName: It has an offset, and no name.
    """
    former, name = get_context_timezone(), to_iana_name(tz)
    if tz is not None and name is None:
        raise InvalidTimezoneName(str(tz), "it has no name")
    # an offset alone could not be told from UTC by its name
    Container()[TimezoneContext] = TimezoneContext(None if name == UTC_NAME else name)
    return former


def to_tzinfo(timezone: str) -> datetime.tzinfo:
    """Return the time zone of a name.

    Args:
        timezone: UTC, or a name of the database of time zones.

    Raises:
        InvalidTimezoneName: There is none of this name.
    """
    # needs no database of time zones, which minimal images and Windows lack
    if timezone == UTC_NAME:
        return datetime.timezone.utc
    if not timezone:
        raise InvalidTimezoneName(timezone, "it is empty")
    try:
        return ZoneInfo(timezone)
    except (ValueError, OSError, LookupError) as error:
        raise InvalidTimezoneName(timezone, str(error)) from error


def to_iana_name(tz: datetime.tzinfo | None) -> str | None:
    """Return the name of a time zone, None if it has only an offset.

    Args:
        tz: A time zone of the standard library or of pendulum.
    """
    # it has no key, as the zones of a database have
    if tz is datetime.timezone.utc:
        return UTC_NAME
    return tz.key if isinstance(tz, ZoneInfo) else None


def parse_iso_like_datetime(value: str) -> pendulum.DateTime | pendulum.Date | pendulum.Time:
    """Read a moment, a date or a time of day as it is written: without a time zone if there is none.

    Args:
        value: ISO 8601, or a date with slashes, the year first.

    Raises:
        ValueError: It is none of these.
    """
    # exact, so that a date stays a date and becomes no moment at midnight
    parsed = parse(value, exact=True, strict=True)
    if isinstance(parsed, datetime.datetime):
        return ensure_pendulum_dt(parsed)
    if isinstance(parsed, datetime.date):
        return pendulum.date(parsed.year, parsed.month, parsed.day)
    if isinstance(parsed, datetime.time):
        return pendulum.Time(parsed.hour, parsed.minute, parsed.second, parsed.microsecond, parsed.tzinfo)
    raise ParserError(f"{value!r} is a {type(parsed).__name__}, not a moment, a date or a time.")


def ensure_pendulum_datetime(value: TAnyDateTime, tz: datetime.tzinfo | None = None) -> pendulum.DateTime:
    """Return an aware moment of pendulum.

    Args:
        value: A datetime, a date, ISO text, or seconds since the epoch as a number or a text.
        tz: The time zone of the result, and of values without one; that of the context when None.

    Raises:
        ValueError: A text is no moment, or a number is out of range.
        TypeError: The value is of another type.
    """
    return _in_zone(_any_moment(value), to_pendulum_tz(tz or get_context_timezone()))


def ensure_pendulum_datetime_utc(value: TAnyDateTime) -> pendulum.DateTime:
    """Return an aware moment of pendulum in UTC; those without a time zone are in UTC.

    Args:
        value: A datetime, a date, ISO text, or seconds since the epoch.
    """
    return ensure_pendulum_datetime(value, datetime.timezone.utc)


def ensure_pendulum_datetime_non_utc(value: TAnyDateTime) -> pendulum.DateTime:
    """Return a moment of pendulum with the time zone that it has, or without one.

    Args:
        value: A datetime, a date, ISO text, or seconds since the epoch.
    """
    return _any_moment(value)


def ensure_pendulum_date(value: TAnyDateTime, tz: datetime.tzinfo | None = None) -> pendulum.Date:
    """Return a date of pendulum.

    Args:
        value: A date, a datetime, ISO text, or seconds since the epoch.
        tz: Where the day is looked up of a moment with a time zone; that of the context when None.
    """
    found = ensure_date(value, tz)
    return pendulum.Date(found.year, found.month, found.day)


def ensure_pendulum_time(value: str | float | datetime.time | timedelta) -> pendulum.Time:
    """Return a time of day of pendulum.

    Args:
        value: A time, ISO text of one, or the time since midnight, without whole days; with an offset, it becomes UTC.

    Raises:
        ValueError: A text is no time.
        TypeError: The value is of another type.
    """
    if isinstance(value, str):
        parsed = parse_iso_like_datetime(value)
        if not isinstance(parsed, pendulum.Time):
            raise ValueError(f"{value!r} is not a time of day.")
        value = parsed
    if isinstance(value, datetime.time):
        # a day to count from: an offset goes over midnight
        day = datetime.datetime.combine(UNIX_EPOCH_DATE, value.replace(tzinfo=None))
        value = day - (value.utcoffset() or timedelta()) - datetime.datetime.combine(UNIX_EPOCH_DATE, datetime.time())
    if isinstance(value, timedelta):
        # whole days are left out: a time of day has none
        found = (datetime.datetime.min + timedelta(seconds=value.seconds, microseconds=value.microseconds)).time()
        return pendulum.Time(found.hour, found.minute, found.second, found.microsecond)
    raise TypeError(f"{value!r} is a {type(value).__name__}: a time of day is a time, a timedelta or a text.")


def ensure_datetime(value: TAnyDateTime) -> datetime.datetime:
    """Return a moment with the time zone that it has, or without one.

    Args:
        value: A datetime, a date, ISO text, or seconds since the epoch.
    """
    return to_py_datetime(value if isinstance(value, datetime.datetime) else _any_moment(value))


def ensure_datetime_in_tz(value: TAnyDateTime, tz: datetime.tzinfo | None = None) -> datetime.datetime:
    """Return an aware moment.

    Args:
        value: A datetime, a date, ISO text, or seconds since the epoch.
        tz: The time zone of the result, and of values without one; that of the context when None.
    """
    zone = tz or get_context_timezone()
    return _in_zone(ensure_datetime(value), zone).replace(tzinfo=zone)


def ensure_datetime_utc(value: TAnyDateTime) -> datetime.datetime:
    """Return an aware moment in UTC; those without a time zone are in UTC.

    Args:
        value: A datetime, a date, ISO text, or seconds since the epoch.
    """
    return ensure_datetime_in_tz(value, datetime.timezone.utc)


def ensure_date(value: TAnyDateTime, tz: datetime.tzinfo | None = None) -> datetime.date:
    """Return a date.

    Args:
        value: A date, a datetime, ISO text, or seconds since the epoch.
        tz: Where the day is looked up of a moment with a time zone; that of the context when None.
    """
    return ensure_datetime_in_tz(value, tz).date()


def to_py_date(value: datetime.date) -> datetime.date:
    """Return a date of pendulum as one of the standard library; anything else as it is.

    Args:
        value: A date.
    """
    return datetime.date(value.year, value.month, value.day) if isinstance(value, pendulum.Date) else value


def normalize_timezone(
    value: datetime.datetime, timezone: bool, tz: datetime.tzinfo | None = None
) -> datetime.datetime:
    """Return a moment as a column with or without time zones has it.

    Args:
        value: A moment; without a time zone it is in `tz`.
        timezone: The column has time zones; otherwise the moment loses its own, after it was moved to `tz`.
        tz: The time zone; that of the context when None.
    """
    zone = tz or get_context_timezone()
    if value.tzinfo is None and not timezone:
        return value
    # pendulum's moments keep a zone of their own after astimezone
    if not (value.tzinfo is None or _same_zone(value.tzinfo, zone)):
        value = to_py_datetime(value)
    aware = _in_zone(value, zone)
    return aware if timezone else aware.replace(tzinfo=None)


def reduce_pendulum_datetime_precision(value: TTimeWithPrecision, precision: int) -> TTimeWithPrecision:
    """Cut off the digits of a second that a column does not hold.

    Args:
        value: A moment or a time of day.
        precision: How many digits are left.
    """
    if precision >= DEFAULT_TIMESTAMP_PRECISION:
        return value
    step = 10 ** (DEFAULT_TIMESTAMP_PRECISION - precision)
    # cut and not rounded, so that a moment never moves into the next second
    return value.replace(microsecond=value.microsecond // step * step)


increasing_precise_time = LockedMonotonicPreciseTime(strictly_increasing=True)


def _any_moment(value: TAnyDateTime) -> pendulum.DateTime:
    """Return a moment with the time zone that it has, or without one; numbers are in UTC."""
    if isinstance(value, datetime.datetime):
        return ensure_pendulum_dt(value)
    if isinstance(value, datetime.date):
        return create_dt(value.year, value.month, value.day, fold=0)
    if isinstance(value, str):
        return _parsed_moment(value)
    if isinstance(value, (int, float)):
        return pendulum.from_timestamp(value)
    raise TypeError(f"{value!r} is a {type(value).__name__}: a moment is a datetime, a date, a number or a text.")


def _parsed_moment(text: str) -> pendulum.DateTime:
    try:
        found = parse_iso_like_datetime(text)
    except ValueError:
        try:
            seconds = float(text)
        except ValueError:
            pass
        else:
            return pendulum.from_timestamp(seconds)
        # what pendulum says of the text
        raise
    if isinstance(found, pendulum.Time):
        raise ValueError(f"{text!r} is a time of day, not a moment.")
    return found if isinstance(found, pendulum.DateTime) else _any_moment(found)


def _in_zone(moment: TMoment, zone: datetime.tzinfo | None) -> TMoment:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=zone)
    # a move within one zone could change which of two repeated hours is meant
    return moment if _same_zone(moment.tzinfo, zone) else moment.astimezone(zone)


def _same_zone(one: datetime.tzinfo, other: datetime.tzinfo | None) -> bool:
    return one is other or (to_iana_name(one) or one) == (to_iana_name(other) or other)
