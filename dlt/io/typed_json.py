"""JSON that keeps every Python value as it was: for exact rows, one document a line, and for state.

Values that JSON has no word for are written as an object with the single key `TAG` and a pair of kind and text. Nothing
is ever unpickled.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import uuid
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from dlt.late import np
from dlt.types import JsonObject, TDataItem

Foreign = Any
"""An object of a class that is told by its attributes: numpy, pandas and others need not be installed; or a value of
JSON, which `_hook` hands to the reader that its kind names."""
# for private use in Unicode: documents that have it all the same are escaped
TAG = "\ue000"
_WRITTEN_TAG = json.dumps(TAG)

_READ: dict[str, Callable[[Foreign], object]] = {
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "timedelta": lambda v: datetime.timedelta(microseconds=v),
    "decimal": decimal.Decimal,
    "uuid": uuid.UUID,
    "bytes": b64decode,
    # what looks like one of these pairs, and is a document of the user
    "dict": lambda v: {TAG: v},
}


MAX_LEVELS = 200
"""Levels of dicts and lists in one item. orjson writes 254, and each level takes frames of Python's 1,000."""


class TooDeep(ValueError):
    """A value has more levels of dicts and lists than `MAX_LEVELS`, as one that contains itself has."""


def simplify(value: object, level: int = 0) -> object:
    """Return the value in terms of dict, list and scalars: enums by value, models, named tuples and alike by field.

    Args:
        value: Any value.
        level: Number of dicts and lists that it is in.

    Raises:
        TypeError: a value of a type that has no columnar meaning.
        TooDeep: it is nested too deep, or contains itself.
    """
    kind = type(value)
    if value is None or kind in _PLAIN:
        return value
    if level > MAX_LEVELS:
        raise TooDeep(f"it is nested deeper than {MAX_LEVELS} levels of dicts and lists, or contains itself")
    inner = level + 1
    if isinstance(value, enum.Enum):
        return simplify(value.value, inner)
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {key if type(key) is str else _key(key): simplify(item, inner) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return simplify(value._asdict(), level)
    if isinstance(value, (list, tuple)):
        return [simplify(item, inner) for item in value]
    if isinstance(value, (set, frozenset)):
        # a set has no order of its own, and a row must be the same in every run
        return sorted((simplify(item, inner) for item in value), key=lambda item: (str(type(item)), str(item)))
    return _simplify_object(value, inner)


_PLAIN = frozenset(
    {bool, int, float, str, bytes, datetime.datetime, datetime.date, datetime.time, decimal.Decimal}
    | {datetime.timedelta}
)


def _key(key: object) -> str:
    if isinstance(key, enum.Enum):
        return _key(key.value)
    return key if isinstance(key, str) else str(key)


def _simplify_object(value: Foreign, level: int) -> object:
    for base in (bool, int, float, str, datetime.datetime, datetime.date, datetime.time, decimal.Decimal, bytes):
        if isinstance(value, base):
            # a subclass (numpy.float64, pendulum.DateTime): keep what the base class sees
            return _moment(value) if base is datetime.datetime else _rebase(base, value)
    if isinstance(value, datetime.timedelta):
        if getattr(value, "nanoseconds", 0):  # pandas
            return decimal.Decimal(value.value).scaleb(-3)  # type: ignore[attr-defined]
        return datetime.timedelta(value.days, value.seconds, value.microseconds)
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    if hasattr(value, "model_dump"):
        return simplify(value.model_dump(), level)
    if type(value).__name__ == "NAType":  # pandas
        return None
    return _simplify_parts(value, level)


def _simplify_parts(value: Foreign, level: int) -> object:
    for names in ("__dataclass_fields__", "__attrs_attrs__", "__struct_fields__"):
        if hasattr(value, names) and not isinstance(value, type):
            fields = [getattr(field, "name", field) for field in getattr(value, names)]
            return {name: simplify(getattr(value, name), level) for name in fields}
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        if value.dtype.kind in "mM":
            return [simplify(item, level) for item in value] if value.ndim else _numpy_moment(value)
        plain = value.tolist()
        if type(plain) is not type(value):
            return simplify(plain, level)
    raise TypeError(f"a value of type {type(value).__module__}.{type(value).__qualname__} cannot be stored")


def _moment(value: Foreign) -> object:
    if type(value).__name__ == "NaTType":  # pandas
        return None
    if getattr(value, "nanosecond", 0):
        # pandas keeps nanoseconds, which the base class would cut
        return (value.tz_convert("UTC") if value.tzinfo is not None else value).isoformat()
    return value


def _numpy_moment(value: Foreign) -> object:
    if np.isnat(value):
        return None
    unit = np.datetime_data(value.dtype)[0]
    moment = value.dtype.kind == "M"
    if not moment and unit in ("Y", "M"):
        # numpy itself compares them with no other unit
        raise TypeError(f"a numpy.timedelta64 in units of {unit} is no duration of one length")
    if moment and unit in ("Y", "M", "W", "D"):
        found = value.astype("datetime64[D]").item()
    else:
        micros = value.astype("datetime64[us]" if moment else "timedelta64[us]")
        found = micros.item() if unit in ("h", "m", "s", "ms", "us") or micros == value else None
    if isinstance(found, (datetime.date, datetime.timedelta)):
        return found
    if moment:
        return str(np.datetime_as_string(value))
    if unit == "ns":
        return decimal.Decimal(int(value.astype(np.int64))).scaleb(-3)
    raise TypeError(f"a numpy.timedelta64 in units of {unit} is no duration of one length")


def _rebase(base: type, value: Foreign) -> object:
    if base is datetime.date:
        return datetime.date(value.year, value.month, value.day)
    if base is datetime.time:
        return value
    if base is str:
        # not by str(), which a subclass may have made to say something else
        return str.__str__(value)
    return base(value)


def _default(value: object) -> object:
    return {TAG: list(_written(value))}


def _written(value: object) -> tuple[str, object]:
    """Return kind and text of a value that JSON has no word for."""
    # a datetime is a date as well
    if isinstance(value, datetime.datetime):
        return "datetime", value.isoformat()
    if isinstance(value, datetime.date):
        return "date", value.isoformat()
    if isinstance(value, datetime.time):
        return "time", value.isoformat()
    if isinstance(value, datetime.timedelta):
        return "timedelta", value // datetime.timedelta(microseconds=1)
    if isinstance(value, decimal.Decimal):
        return "decimal", str(value)
    if isinstance(value, uuid.UUID):
        return "uuid", str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "bytes", b64encode(value).decode("ascii")
    raise TypeError(f"a value of type {type(value).__module__}.{type(value).__qualname__} cannot be stored")


def _text(value: object, indent: int | None = None) -> str:
    plain = simplify(value)
    # a row is one line, without a blank; a document is for people, too
    separators = (",", ":") if indent is None else None
    text = json.dumps(plain, default=_default, indent=indent, separators=separators)
    # looked for in the text first: to walk through every row would take as long as to write it
    if _WRITTEN_TAG in text and _has_tag(plain):
        return json.dumps(_escaped(plain), default=_default, indent=indent, separators=separators)
    return text


def _has_tag(value: object) -> bool:
    if isinstance(value, dict):
        return (len(value) == 1 and TAG in value) or any(map(_has_tag, value.values()))
    return isinstance(value, list) and any(map(_has_tag, value))


def _escaped(value: object) -> object:
    if isinstance(value, dict):
        found = {key: _escaped(item) for key, item in value.items()}
        return {TAG: ["dict", found[TAG]]} if len(found) == 1 and TAG in found else found
    return [_escaped(item) for item in value] if isinstance(value, list) else value


def _hook(pairs: JsonObject) -> object:
    pair = pairs.get(TAG) if len(pairs) == 1 else None
    if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and pair[0] in _READ:
        return _READ[pair[0]](pair[1])
    return pairs


def dump_row(row: TDataItem) -> bytes:
    """Return one row as a line of ASCII JSON, without the line end.

    Raises:
        TypeError: the row holds a value that cannot be stored.
        TooDeep: it is nested too deep.
    """
    return _text(row).encode("ascii")


def dumps(value: object) -> str:
    """Return a document as indented JSON text.

    Raises:
        TypeError: it holds a value that cannot be stored.
        TooDeep: it is nested too deep.
    """
    return _text(value, indent=1)


def loads(text: str | bytes) -> TDataItem:
    """Return the document that `dumps` wrote."""
    return json.loads(text, object_hook=_hook)


def read_rows(lines: Iterable[bytes]) -> Iterator[TDataItem]:
    """Yield the rows of an open file of the exact row format."""
    for line in lines:
        yield json.loads(line, object_hook=_hook)
