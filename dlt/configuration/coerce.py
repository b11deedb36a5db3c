"""Text from files and variables as the types that programs ask for."""

from __future__ import annotations

import collections.abc
import datetime
import decimal
import types
from pathlib import PurePath
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from dlt.clock import moment_of
from dlt.configuration.values import bare
from dlt.errors import ConfigValueCannotBeCoercedException
from dlt.late import orjson

_TRUE, _FALSE = {"true", "yes", "on", "1", "t", "y"}, {"false", "no", "off", "0", "f", "n"}


def coerce(value: Any, hint: Any, key: str, secret: bool = False, place: str = "") -> Any:
    """Return a value as a type.

    Args:
        value: From a provider.
        hint: Type hint; Any keeps the value.
        key: Name of the value, for messages.
        secret: The value is not shown in messages.
        place: Where it stands, for messages.

    Raises:
        ConfigValueCannotBeCoercedException: it is not of the type.
    """
    try:
        return _coerce(value, hint)
    except (ValueError, TypeError, ArithmeticError, RecursionError, OSError) as error:
        kind = type(value).__name__
        shown = f"a value of type {kind}" if secret else repr(value)
        found = f" It is {place}" if place else ""
        found += f"{',' if found else ' It is'} of type {kind}." if not secret else "." if found else ""
        raise ConfigValueCannotBeCoercedException(
            f"{key}: {shown} is not {_name(hint)}.{found} Change the value where it is configured.",
            field=key,
            hint=hint,
        ) from (None if secret else error)


def takes_table(hint: Any) -> bool:
    """Tell whether a table can be a value of a type."""
    hint = bare(hint)
    if hint is Any or hint is None or isinstance(hint, TypeVar):
        return True
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return any(takes_table(part) for part in get_args(hint) if part is not type(None))
    kind = origin or hint
    if hasattr(kind, "__supertype__"):
        return takes_table(kind.__supertype__)
    if not isinstance(kind, type):
        return False
    as_whole = hasattr(kind, "__config_fields__") or hasattr(kind, "parse_native_representation")
    return as_whole or issubclass(kind, collections.abc.Mapping) or kind is object


def _coerce(value: Any, hint: Any) -> Any:
    hint = bare(hint)
    origin, parts = get_origin(hint), get_args(hint)
    if hint is Any or isinstance(hint, TypeVar) or hint is None:
        return value
    if origin in (Union, types.UnionType):
        return _union(value, parts)
    if origin is Literal:
        for choice in parts:
            if value == choice or (isinstance(value, str) and str(choice) == value):
                return choice
        raise ValueError("not one of the choices")
    kind = origin or hint
    if hasattr(kind, "__supertype__"):
        return _coerce(value, kind.__supertype__)
    if not isinstance(kind, type):
        return value
    if hasattr(kind, "__config_fields__"):
        return _spec(value, kind)
    if kind in _SCALARS:
        return _SCALARS[kind](value)
    if issubclass(kind, (dict, collections.abc.Mapping)):
        values = _document(value, dict)
        return {key: _coerce(item, parts[1]) for key, item in values.items()} if len(parts) == 2 else values
    if kind in (list, tuple, set, frozenset) or (
        issubclass(kind, (collections.abc.Sequence, collections.abc.Set)) and kind not in (str, bytes)
    ):
        return _listed(value, kind, parts)
    return _object(value, kind)


def _union(value: Any, parts: tuple[Any, ...]) -> Any:
    if type(None) in parts and (value is None or (value == "" and str not in map(bare, parts))):
        # a variable that is set to nothing is how shells and containers unset one
        return None
    choices = [part for part in parts if part is not type(None)]
    for choice in choices:
        # a value that is of one of the types already stays as it is
        plain = bare(choice)
        if isinstance(plain, type) and type(value) is plain:
            return value
    failure: Exception | None = None
    for choice in choices:
        try:
            return _coerce(value, choice)
        except (ValueError, TypeError, ArithmeticError) as error:
            failure = error
    raise failure or ValueError("no type of the union fits")


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE | _FALSE:
        return word in _TRUE
    raise ValueError("not a bool")


def _int(value: Any) -> int:
    if isinstance(value, bool):
        raise ValueError("a bool is not an int")
    if isinstance(value, float) and value != int(value):
        raise ValueError("not a whole number")
    return int(value)


def _float(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError("a bool is not a float")
    return float(value)


def _str(value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise ValueError("a document is not text")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _datetime(value: Any) -> datetime.datetime:
    if isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.timezone.utc)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return datetime.datetime.fromtimestamp(value, datetime.timezone.utc)
    text = str(value).strip()
    moment = moment_of(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)


def _date(value: Any) -> datetime.date:
    if isinstance(value, datetime.datetime):
        return value.date()
    return value if isinstance(value, datetime.date) else datetime.date.fromisoformat(str(value).strip())


def _time(value: Any) -> datetime.time:
    return value if isinstance(value, datetime.time) else datetime.time.fromisoformat(str(value).strip())


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    from base64 import b64decode

    return b64decode(str(value), validate=True)


_SCALARS: dict[Any, Any] = {
    bool: _bool,
    int: _int,
    float: _float,
    str: _str,
    bytes: _bytes,
    decimal.Decimal: lambda value: decimal.Decimal(str(value)),
    datetime.datetime: _datetime,
    datetime.date: _date,
    datetime.time: _time,
    type(None): lambda _: None,
}


def _document(value: Any, kind: type) -> Any:
    if isinstance(value, str):
        value = orjson.loads(value)
    if not isinstance(value, collections.abc.Mapping if kind is dict else list):
        raise ValueError("not a document")
    return dict(value) if kind is dict else list(value)


def _listed(value: Any, kind: Any, parts: tuple[Any, ...]) -> Any:
    if isinstance(value, str):
        text = value.strip()
        value = _document(text, list) if text.startswith("[") else [part.strip() for part in text.split(",") if part]
    if not isinstance(value, (list, tuple, set, frozenset)):
        raise ValueError("not a list")
    if kind is tuple and parts and parts[-1] is not Ellipsis:
        if len(value) != len(parts):
            raise ValueError("another number of items")
        return tuple(_coerce(item, part) for item, part in zip(value, parts, strict=True))
    inner = parts[0] if parts else Any
    items = [_coerce(item, inner) for item in value]
    return kind(items) if kind in (tuple, set, frozenset) else items


def _spec(value: Any, kind: Any) -> Any:
    if isinstance(value, kind):
        return value
    made = kind()
    if isinstance(value, collections.abc.Mapping):
        hints = dict(made.__config_fields__.items())
        made.update({key: _coerce(item, hints[key]) for key, item in value.items() if key in hints})
    else:
        made.parse_native_representation(value)
    if made.is_partial():
        made.on_partial()
    if made.is_partial():
        raise ValueError("fields are missing")
    if not made.is_resolved():
        made.resolve()
    return made


def _object(value: Any, kind: Any) -> Any:
    if isinstance(value, kind):
        return value
    import enum

    if issubclass(kind, enum.Enum):
        return kind(value)
    if hasattr(kind, "parse_native_representation"):
        # incremental loading is configured as its cursor path, or as a dict
        made = kind()
        made.parse_native_representation(value)
        return made
    if isinstance(value, str) and issubclass(kind, PurePath):
        return kind(value)
    raise TypeError(f"not a {kind.__name__}")


def _name(hint: Any) -> str:
    hint = bare(hint)
    if get_args(hint) or not isinstance(hint, type):
        return str(hint).replace("typing.", "")
    return hint.__name__
