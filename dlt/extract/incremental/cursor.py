"""Cursor values: how they are found in a row, compared, and moved back by a lag."""

from __future__ import annotations

import datetime
import decimal
import re
from collections.abc import Callable
from typing import Any

from dlt.errors import IncrementalCursorInvalidCoercion

MISSING: Any = object()
"""Stands for a row without the cursor field, where None is a value."""
_SIMPLE = re.compile(r"[\w \-]+(?:\.[\w \-]+)*\Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def finder(cursor_path: str) -> Callable[[Any], Any]:
    """Return a function that gives the cursor value of a row, or MISSING.

    Args:
        cursor_path: A key, a dotted path, or a JSONPath.
    """
    path = cursor_path[2:] if cursor_path.startswith("$.") else cursor_path
    path = path[1:-1] if len(path) > 2 and path[0] == path[-1] and path[0] in "'\"" else path
    if _SIMPLE.match(path):
        keys = path.split(".")
        if len(keys) == 1:
            return lambda row: row.get(path, MISSING) if isinstance(row, dict) else getattr(row, path, MISSING)
        return lambda row: _walk(row, keys)
    from jsonpath_ng.parser import parse

    parsed = parse(cursor_path)

    def search(row: Any) -> Any:
        found = parsed.find(row)
        return found[0].value if found else MISSING

    return search


def _walk(row: Any, keys: list[str]) -> Any:
    for key in keys:
        if not isinstance(row, dict) or key not in row:
            return MISSING
        row = row[key]
    return row


def column_name(cursor_path: str) -> str | None:
    """Return the name of the cursor's column, or None when the path goes inside of documents."""
    path = cursor_path[2:] if cursor_path.startswith("$.") else cursor_path
    path = path.strip("'\"")
    return path if re.match(r"[\w \-]+\Z", path) else None


def align(value: Any, like: Any, path: str, resource: str) -> Any:
    """Return a start or end value as the type of the rows' values.

    Args:
        value: From the state, the code or the configuration.
        like: A value of a row.
        path: Cursor path, for messages.
        resource: Name of the resource, for messages.

    Raises:
        IncrementalCursorInvalidCoercion: the two cannot be compared.
    """
    if value is None or (type(value) is type(like) and not isinstance(like, datetime.datetime)):
        return value
    if isinstance(like, bool) or isinstance(value, bool):
        raise _incomparable(value, like, path, resource)
    if isinstance(like, (int, float, decimal.Decimal)) and isinstance(value, (int, float, decimal.Decimal)):
        return value if not isinstance(like, decimal.Decimal) else decimal.Decimal(str(value))
    try:
        if isinstance(like, datetime.datetime):
            moment = as_datetime(value)
            if (like.tzinfo is None) == (moment.tzinfo is None):
                return moment
            if like.tzinfo is None:
                return moment.astimezone(datetime.timezone.utc).replace(tzinfo=None)
            return moment.replace(tzinfo=datetime.timezone.utc)
        if isinstance(like, datetime.date):
            return as_datetime(value).date()
        if isinstance(like, str) and isinstance(value, datetime.datetime):
            return _as_text(value, like)
        if isinstance(like, str) and isinstance(value, datetime.date):
            return value.isoformat()
    except (TypeError, ValueError) as error:
        raise _incomparable(value, like, path, resource) from error
    raise _incomparable(value, like, path, resource)


def as_datetime(value: Any) -> datetime.datetime:
    """Return a moment from a datetime, a date or ISO text."""
    if isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    if isinstance(value, str):
        text = value.strip()
        return datetime.datetime.fromisoformat(text[:-1] + "+00:00" if text[-1:] in ("Z", "z") else text)
    raise TypeError(f"{type(value).__name__} is no moment")


def _as_text(moment: datetime.datetime, like: str) -> str:
    # text is compared as text, so it must be written the way the rows write it
    if _DATE.match(like):
        return moment.date().isoformat()
    separator = " " if len(like) > 10 and like[10] == " " else "T"
    spec = "milliseconds" if re.search(r"\.\d{3}(?!\d)", like) else "auto"
    if like.endswith("Z"):
        aware = moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)
        text = aware.astimezone(datetime.timezone.utc).replace(tzinfo=None).isoformat(sep=separator, timespec=spec)
        return text + "Z"
    return moment.isoformat(sep=separator, timespec=spec)


def move_back(value: Any, lag: float, last_value_func: Any) -> Any:
    """Return a value a lag earlier, or later where the smallest value is the last one.

    Args:
        value: The last value.
        lag: Seconds for moments, days for dates, units for numbers.
        last_value_func: max, min, or a function; for a function the value stays.
    """
    if last_value_func not in (max, min):
        return value
    step = -lag if last_value_func is max else lag
    if isinstance(value, str):
        try:
            if _DATE.match(value):
                return (datetime.date.fromisoformat(value) + datetime.timedelta(days=step)).isoformat()
            return _as_text(as_datetime(value) + datetime.timedelta(seconds=step), value)
        except ValueError as error:
            raise IncrementalCursorInvalidCoercion(
                f"lag={lag}: the last value {value!r} is text but no date, so it cannot be moved back. "
                "Convert the cursor with add_map, or leave out lag."
            ) from error
    if isinstance(value, datetime.datetime):
        return value + datetime.timedelta(seconds=step)
    if isinstance(value, datetime.date):
        return value + datetime.timedelta(days=step)
    if isinstance(value, decimal.Decimal):
        return value + decimal.Decimal(str(step))
    return value + step


def _incomparable(value: Any, like: Any, path: str, resource: str) -> IncrementalCursorInvalidCoercion:
    return IncrementalCursorInvalidCoercion(
        f"Resource '{resource}': the cursor {path} holds {type(like).__name__}, but the start or end value is "
        f"{type(value).__name__}. Give initial_value and end_value as {type(like).__name__}, or convert the cursor "
        "with add_map.",
        resource_name=resource,
        cursor_path=path,
    )
