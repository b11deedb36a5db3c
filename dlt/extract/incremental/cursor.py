"""Cursor values: how they are found in a row, compared, and moved back by a lag."""

from __future__ import annotations

import datetime
import decimal
import numbers
import re
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from dlt.errors import IncrementalCursorInvalidCoercion
from dlt.schema.inference import parse_timestamp
from dlt.types import TDataItem

MISSING: Final = object()
"""Stands for a row without the cursor field, where None is a value."""
LastValueFunc = Callable[..., object]
"""`max`, `min`, or a user's function of a pair: the value of a row, and the last one so far."""
_SIMPLE = re.compile(r"[\w \-]+(?:\.[\w \-]+)*\Z")
_QUOTED = re.compile(r"(['\"])(?P<key>[^'\"]+)\1\Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_ZONE = re.compile(r"(?:[Zz]|[+-]\d{2}:?(?:\d{2})?)\Z")


class Ordered(Protocol):
    """A value of a cursor as rows have it: it compares with others of its kind."""

    def __lt__(self, other: object, /) -> bool: ...
    def __gt__(self, other: object, /) -> bool: ...


def keys_of(cursor_path: str) -> list[str] | None:
    """Return the keys that lead to the cursor, or None when the path is an expression.

    Args:
        cursor_path: A key, a dotted path, or a JSONPath.
    """
    path = cursor_path[2:] if cursor_path.startswith("$.") else cursor_path
    quoted = _QUOTED.match(path)
    if quoted:
        return [quoted["key"]]
    return path.split(".") if _SIMPLE.match(path) else None


def finder(cursor_path: str) -> Callable[[TDataItem], TDataItem]:
    """Return a function that gives the cursor value of a row, or MISSING.

    Args:
        cursor_path: A key, a dotted path, or a JSONPath.

    Raises:
        ValueError: the path is no JSONPath.
    """
    keys = keys_of(cursor_path)
    if keys is not None:
        return (lambda row: field(row, keys[0])) if len(keys) == 1 else (lambda row: _walk(row, keys))
    from jsonpath_ng.exceptions import JSONPathError
    from jsonpath_ng.parser import parse

    try:
        parsed = parse(cursor_path)
    except JSONPathError as error:
        raise ValueError(
            f"cursor_path {cursor_path!r} is neither a key nor a JSONPath: {error}. Quote keys with other signs."
        ) from error

    def search(row: TDataItem) -> TDataItem:
        found = parsed.find(row)
        return found[0].value if found else MISSING

    return search


def field(row: TDataItem, key: str) -> TDataItem:
    """Return a field of a dict, a mapping or an object, or MISSING."""
    if isinstance(row, Mapping):
        return row.get(key, MISSING)
    return getattr(row, key, MISSING)


def _walk(row: TDataItem, keys: list[str]) -> TDataItem:
    for key in keys:
        row = field(row, key)
        if row is MISSING:
            return MISSING
    return row


def column_name(cursor_path: str) -> str | None:
    """Return the name of the cursor's column, or None when the path goes inside of documents."""
    keys = keys_of(cursor_path)
    return keys[0] if keys is not None and len(keys) == 1 else None


def is_nan(value: object) -> bool:
    """Tell whether a value compares with nothing, not even itself."""
    if isinstance(value, decimal.Decimal):
        return value.is_nan()
    return isinstance(value, (float, datetime.datetime)) and value != value


def align(value: object, like: object, path: str, resource: str) -> TDataItem:
    """Return a start or end value as the type of the rows' values.

    Args:
        value: From the state, the code or the configuration.
        like: A value of a row.
        path: Cursor path, for messages.
        resource: Name of the resource, for messages.

    Raises:
        IncrementalCursorInvalidCoercion: the two cannot be compared.
    """
    # datetimes of one class may still differ in having a zone
    if value is None or (type(value) is type(like) and not isinstance(like, datetime.datetime)):
        return value
    # Python counts booleans as numbers, and a flag is no cursor that moves on
    if isinstance(like, bool) or isinstance(value, bool):
        raise incomparable(value, like, path, resource)
    if isinstance(like, numbers.Number) and isinstance(value, numbers.Number):
        # by its text, as 0.1 is exactly what the user wrote and the binary fraction is not
        return decimal.Decimal(str(value)) if isinstance(like, decimal.Decimal) else value
    try:
        if isinstance(like, datetime.datetime):
            moment = as_datetime(value)
            if (like.tzinfo is None) == (moment.tzinfo is None):
                return moment
            if like.tzinfo is None:
                return moment.astimezone(datetime.timezone.utc).replace(tzinfo=None)
            # a moment without a zone is one in UTC, as for the rows
            return moment.replace(tzinfo=datetime.timezone.utc)
        if isinstance(like, datetime.date):
            return as_datetime(value).date()
        if isinstance(like, str) and isinstance(value, datetime.datetime):
            return _as_text(value, like)
        if isinstance(like, str) and isinstance(value, datetime.date):
            return value.isoformat()
    except (TypeError, ValueError) as error:
        raise incomparable(value, like, path, resource) from error
    raise incomparable(value, like, path, resource)


def as_datetime(value: object) -> datetime.datetime:
    """Return a moment from a datetime, a date or ISO text."""
    if isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    if isinstance(value, str):
        moment = parse_timestamp(value)
        # text without a zone is compared with naive datetimes, so it must not become UTC here
        return moment if _ZONE.search(value.strip()[10:]) else moment.replace(tzinfo=None)
    raise TypeError(f"{type(value).__name__} is no moment")


def _as_text(moment: datetime.datetime, like: str) -> str:
    # text is compared as text, so it must be written the way the rows write it
    if _DATE.match(like):
        return moment.date().isoformat()
    zoned = _ZONE.search(like[10:])
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    zone = _offset(zoned[0]) if zoned else datetime.timezone.utc
    separator = " " if like[10:11] == " " else "T"
    spec = "milliseconds" if re.search(r"\.\d{3}(?!\d)", like) else "auto"
    text = moment.astimezone(zone).replace(tzinfo=None).isoformat(sep=separator, timespec=spec)
    return text + (zoned[0] if zoned else "")


def _offset(text: str) -> datetime.tzinfo | None:
    if text in ("Z", "z"):
        return datetime.timezone.utc
    return datetime.datetime.strptime(text.replace(":", "").ljust(5, "0"), "%z").tzinfo


def move_back(value: TDataItem, lag: float, last_value_func: LastValueFunc) -> TDataItem:
    """Return a value a lag earlier, or later where the smallest value is the last one.

    Args:
        value: The last value.
        lag: Seconds for moments, days for dates, units for numbers.
        last_value_func: max, min, or a function; for a function the value stays.
    """
    if last_value_func not in (max, min):
        return value
    step = -lag if last_value_func is max else lag
    if isinstance(value, int):
        # a float would round large numbers
        return value + (int(step) if step == int(step) else step)
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


def incomparable(value: object, like: object, path: str, resource: str) -> IncrementalCursorInvalidCoercion:
    """Return the error of a cursor whose values and bounds are of different kinds."""
    return IncrementalCursorInvalidCoercion(
        f"Resource '{resource}': the cursor {path} holds {type(like).__name__}, but the start or end value is "
        f"{type(value).__name__}. Give initial_value and end_value as {type(like).__name__}, or convert the cursor "
        "with add_map.",
        resource_name=resource,
        pipe_name=resource,
        cursor_path=path,
        cursor_value=value,
        cursor_value_type=type(value).__name__,
        item=like,
        item_type=type(like).__name__,
    )


def with_lag(
    start: object, lag: float, last_value_func: LastValueFunc, first: object, cursor_path: str, resource_name: str
) -> object:
    """Return a start that is moved back by a lag, never behind the very first one.

    Args:
        start: Where the run would start.
        lag: Seconds for moments, days for dates, units for numbers.
        last_value_func: How values follow each other.
        first: The initial value, or None.
        cursor_path: For messages.
        resource_name: For messages.
    """
    moved = move_back(start, lag, last_value_func)
    # nobody can say what lies before the first value of an own function
    if first is None or last_value_func not in (max, min):
        return moved
    return last_value_func((moved, align(first, moved, cursor_path, resource_name)))
