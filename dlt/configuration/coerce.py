"""Text from files and variables as the types that programs ask for."""

from __future__ import annotations

import ast
import datetime
import decimal
import enum
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence, Set
from pathlib import PurePath
from typing import (
    Literal,
    NewType,
    Protocol,
    SupportsFloat,
    SupportsIndex,
    SupportsInt,
    TypeVar,
    get_args,
    get_origin,
    overload,
    runtime_checkable,
)

from dlt.clock import moment_of
from dlt.configuration.spec import BaseConfiguration
from dlt.configuration.values import UNTYPED, bare, choices_of, is_untyped
from dlt.errors import ConfigValueCannotBeCoercedException, InvalidNativeValue
from dlt.late import orjson

Wanted = TypeVar("Wanted")
_TRUE, _FALSE = {"true", "yes", "on", "1", "t", "y"}, {"false", "no", "off", "0", "f", "n"}


@runtime_checkable
class FromNative(Protocol):
    """A class whose values are configured as one value, such as a cursor by its path."""

    def parse_native_representation(self, native_value: object) -> None:
        """Take the settings from one value."""


@overload
def coerce(value: object, hint: type[Wanted], key: str, secret: bool = False, place: str = "") -> Wanted: ...
@overload
def coerce(value: object, hint: object, key: str, secret: bool = False, place: str = "") -> object: ...


def coerce(value: object, hint: object, key: str, secret: bool = False, place: str = "") -> object:
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
    # what parsers and user's enumerations raise; moments far from 1970 are an OSError on some systems
    except (ValueError, TypeError, ArithmeticError, RecursionError, OSError, SyntaxError) as error:
        kind = type(value).__name__
        shown = f"a value of type {kind}" if secret else repr(value)
        found = f" It is {place}" if place else ""
        found += f"{',' if found else ' It is'} of type {kind}." if not secret else "." if found else ""
        # a secret's error has no cause, for parsers quote what they read
        raise ConfigValueCannotBeCoercedException(
            f"{key}: {shown} is not {_name(hint)}.{found} Change the value where it is configured.",
            field_name=key,
            field_value=None if secret else value,
            hint=hint,
        ) from (None if secret else error)


def takes_table(hint: object) -> bool:
    """Tell whether a table can be a value of a type."""
    if _takes_all(hint):
        return True
    choices = choices_of(hint)
    if len(choices) > 1:
        return any(takes_table(part) for part in choices if part is not type(None))
    kind = get_origin(bare(hint)) or bare(hint)
    if isinstance(kind, NewType):
        return takes_table(kind.__supertype__)
    if not isinstance(kind, type) or kind in _SCALARS:
        return False
    return kind is object or issubclass(kind, (BaseConfiguration, FromNative, Mapping))


def can_become(hint: object) -> bool:
    """Tell whether text can become a value of a type."""
    if _takes_all(hint):
        return True
    choices = choices_of(hint)
    if len(choices) > 1:
        return any(can_become(part) for part in choices if part is not type(None))
    kind = get_origin(bare(hint)) or bare(hint)
    if isinstance(kind, NewType):
        return can_become(kind.__supertype__)
    if kind is Literal:
        return True
    documents = (BaseConfiguration, FromNative, Mapping, Sequence, Set, enum.Enum, PurePath, *_SCALARS)
    return isinstance(kind, type) and issubclass(kind, documents)


def _takes_all(hint: object) -> bool:
    return is_untyped(hint) or bare(hint) is None or isinstance(bare(hint), TypeVar)


def _coerce(value: object, hint: object) -> object:
    if _takes_all(hint):
        return value
    choices = choices_of(hint)
    if len(choices) > 1:
        return _union(value, choices)
    hint = bare(hint)
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _choice(value, parts)
    kind = origin or hint
    if isinstance(kind, NewType):
        return _coerce(value, kind.__supertype__)
    if not isinstance(kind, type):
        return value
    if kind in _SCALARS:
        return _SCALARS[kind](value)
    # before lists: a class of a program's own that is a text is a sequence, too
    scalar = next((base for base in _DERIVED if issubclass(kind, base)), None)
    if scalar is not None and not issubclass(kind, enum.Enum):
        # text becomes the value that the base is made of, and the class is made of that one
        make: Callable[[object], object] = kind
        return value if isinstance(value, kind) else make(_SCALARS[scalar](value))
    if issubclass(kind, BaseConfiguration):
        return _spec(value, kind)
    if issubclass(kind, Mapping):
        # a TOML parser's own mapping becomes a plain dict, which programs may change and copy
        values = _table(value)
        return {key: _coerce(item, parts[1]) for key, item in values.items()} if len(parts) == 2 else values
    # an enumeration of texts is a sequence too, of characters
    if issubclass(kind, (Sequence, Set)) and not issubclass(kind, enum.Enum):
        return _listed(value, kind, parts)
    return _object(value, kind)


def _choice(value: object, choices: Sequence[object]) -> object:
    for choice in choices:
        # variables are text, and the choices may be numbers
        if value == choice or (isinstance(value, str) and str(choice) == value):
            return choice
    raise ValueError("not one of the choices")


def _union(value: object, parts: tuple[object, ...]) -> object:
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
        except (ValueError, TypeError, ArithmeticError, InvalidNativeValue) as error:
            failure = error
    raise failure or ValueError("no type of the union fits")


def _bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE | _FALSE:
        return word in _TRUE
    raise ValueError("not a bool")


def _int(value: object) -> int:
    if isinstance(value, bool):
        raise ValueError("a bool is not an int")
    # a count of 2.5 is a mistake, and cutting it off would hide it
    if isinstance(value, float) and value != int(value):
        raise ValueError("not a whole number")
    if isinstance(value, (str, bytes, SupportsInt, SupportsIndex)):
        return int(value)
    raise TypeError("not a number")


def _float(value: object) -> float:
    if isinstance(value, bool):
        raise ValueError("a bool is not a float")
    if isinstance(value, (str, bytes, SupportsFloat, SupportsIndex)):
        return float(value)
    raise TypeError("not a number")


def _str(value: object) -> str:
    if isinstance(value, (dict, list)):
        raise ValueError("a document is not text")
    # TOML writes true, and that is what its text is, not Python's True
    return str(value).lower() if isinstance(value, bool) else str(value)


def _datetime(value: object) -> datetime.datetime:
    if isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        # TOML has dates, and a program that asks for a moment means the beginning of that day
        return datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.timezone.utc)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return datetime.datetime.fromtimestamp(value, datetime.timezone.utc)
    text = str(value).strip()
    moment = moment_of(text)
    # UTC, so that one file means the same moment on every machine
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)


def _date(value: object) -> datetime.date:
    if isinstance(value, datetime.datetime):
        return value.date()
    return value if isinstance(value, datetime.date) else datetime.date.fromisoformat(str(value).strip())


def _time(value: object) -> datetime.time:
    return value if isinstance(value, datetime.time) else datetime.time.fromisoformat(str(value).strip())


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    text = str(value)
    if text[:2] in ("0x", "0X"):
        return bytes.fromhex(text[2:])
    # text that is no base64 is refused: without `validate` strange letters would be left out in silence
    return b64decode(text, validate=True)


_SCALARS: dict[type, Callable[[object], object]] = {
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


_DERIVED = (str, bytes, int, float, decimal.Decimal)
"""Those of which programs derive classes that are made of one value."""


def _parsed(value: object) -> object:
    """Return what a text says as JSON; other values as they are."""
    if isinstance(value, str):
        return orjson.loads(value)
    return value


def _table(value: object) -> dict[str, object]:
    found = _parsed(value)
    if not isinstance(found, Mapping):
        raise ValueError("not a document")
    return dict(found)


def _listed(value: object, kind: type, parts: Sequence[object]) -> object:
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("("):
            # as Python writes a tuple
            value = ast.literal_eval(text)
        else:
            value = _parsed(text) if text.startswith("[") else [part.strip() for part in text.split(",") if part]
    if not isinstance(value, (list, tuple, set, frozenset)):
        raise ValueError("not a list")
    # tuple[int, str] has a type for each place, tuple[int, ...] one for all
    if kind is tuple and parts and parts[-1] is not Ellipsis:
        if len(value) != len(parts):
            raise ValueError("another number of items")
        return tuple(_coerce(item, part) for item, part in zip(value, parts, strict=True))
    inner = parts[0] if parts else UNTYPED
    items = [_coerce(item, inner) for item in value]
    # abstract types such as Sequence cannot be made: a list is one of each
    return kind(items) if kind in (tuple, set, frozenset) else items


def _spec(value: object, kind: type[BaseConfiguration]) -> BaseConfiguration:
    if isinstance(value, kind):
        return value
    made = kind()
    if isinstance(value, Mapping):
        # keys that are no fields are left out, as in a table of a file
        hints = dict(made.__config_fields__.items())
        made.update({key: _coerce(item, hints[key]) for key, item in value.items() if key in hints})
    else:
        made.parse_native_representation(value)
    if made.is_partial():
        made.call_method_in_mro("on_partial")
    if made.is_partial():
        raise ValueError("fields are missing")
    if not made.is_resolved():
        made.resolve()
    return made


def _object(value: object, kind: type) -> object:
    if isinstance(value, kind):
        return value
    if issubclass(kind, enum.Enum):
        return kind(value)
    if issubclass(kind, FromNative):
        # incremental loading is configured as its cursor path, or as a dict
        made = kind()
        made.parse_native_representation(value)
        return made
    # a path is the one class that text becomes by being called; others would take anything
    if isinstance(value, str) and issubclass(kind, PurePath):
        return kind(value)
    raise TypeError(f"not a {kind.__name__}")


def _name(hint: object) -> str:
    hint = bare(hint)
    if get_args(hint) or not isinstance(hint, type):
        return str(hint).replace("typing.", "")
    return hint.__name__
