"""How moments and durations are written, under the names of `dlt.common.time`."""

from __future__ import annotations

import datetime
import re
from datetime import timedelta


def get_precision_from_datetime_unit(unit: str) -> int:
    """Return the digits of a second that a unit of Arrow has.

    Args:
        unit: One of s, ms, us and ns.
    """
    return {"s": 0, "ms": 3, "us": 6}.get(unit, 9)


_DATE = r"\d{4}-\d{2}-\d{2}"
_TO_SECONDS = _DATE + r"T\d{2}:\d{2}:\d{2}"
_FORMATS = [
    (re.compile(pattern), form)
    for pattern, form in (
        (_TO_SECONDS + r"\.\d+Z", "%Y-%m-%dT%H:%M:%S.%fZ"),
        (_TO_SECONDS + r"\.\d+[+-]\d{2}:\d{2}", "%Y-%m-%dT%H:%M:%S.%f%:z"),
        (_TO_SECONDS + r"\.\d+[+-]\d{4}", "%Y-%m-%dT%H:%M:%S.%f%z"),
        (_TO_SECONDS + "Z", "%Y-%m-%dT%H:%M:%SZ"),
        (_TO_SECONDS + r"[+-]\d{2}:\d{2}", "%Y-%m-%dT%H:%M:%S%:z"),
        (_TO_SECONDS + r"[+-]\d{4}", "%Y-%m-%dT%H:%M:%S%z"),
        (_TO_SECONDS, "%Y-%m-%dT%H:%M:%S"),
        (_DATE + r"T\d{2}:\d{2}", "%Y-%m-%dT%H:%M"),
        (_DATE + r"T\d{2}", "%Y-%m-%dT%H"),
        (_DATE, "%Y-%m-%d"),
        (r"\d{4}-\d{2}", "%Y-%m"),
        (r"\d{4}", "%Y"),
        (r"\d{4}-W\d{2}", "%G-W%V"),
        (r"\d{4}-W\d{2}-\d", "%G-W%V-%u"),
        (r"\d{4}-\d{3}", "%Y-%j"),
        (r"\d{8}", "%Y%m%d"),
        (r"\d{6}", "%Y%m"),
    )
]


def detect_datetime_format(value: str) -> str | None:
    """Return the format in which a moment or a date is written, for `datetime_obj_to_str`.

    Args:
        value: ISO 8601.

    Returns:
        A format of `strftime`, in which `%:z` is an offset with a colon; None if it is none of those that are known.
    """
    return next((form for pattern, form in _FORMATS if pattern.fullmatch(value)), None)


def datetime_obj_to_str(datatime: datetime.datetime | datetime.date, datetime_format: str) -> str:
    """Write a moment in a format that `detect_datetime_format` found.

    Args:
        datatime: A moment or a date.
        datetime_format: The format.

    Raises:
        ValueError: The format has an offset, and the moment has no time zone.
    """
    if "%:z" in datetime_format:
        offset = datatime.strftime("%z")
        if not offset:
            raise ValueError(f"{datatime!r} has no time zone, and the format {datetime_format!r} wants its offset.")
        # Python 3.12 and later know `%:z` by themselves
        datetime_format = datetime_format.replace("%:z", f"{offset[:3]}:{offset[3:]}")
    return datatime.strftime(datetime_format)


_PERIOD = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 60 * 60, "d": 24 * 60 * 60}


def parse_period_seconds(value: str) -> float:
    """Return the seconds of a period.

    Args:
        value: A number of seconds, or one with the unit s, m, h or d behind it.

    Raises:
        ValueError: It is neither.
    """
    if found := _PERIOD.fullmatch(value.strip()):
        return float(found[1]) * _SECONDS[found[2]]
    try:
        return float(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is no period. Use seconds, or a number and s, m, h or d, as 1.5h.") from error


def to_seconds(td: float | timedelta | None) -> float | None:
    """Return a duration in seconds; numbers are seconds already.

    Args:
        td: A duration; None stays None.
    """
    return td.total_seconds() if isinstance(td, timedelta) else td
