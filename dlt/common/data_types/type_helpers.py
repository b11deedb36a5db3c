"""Values of data types, and the types of values, under the names of PyPI `dlt` 1.x.

A load converts by a table of its own, `dlt.schema.conversions`, which loses nothing on the way. These are the readings
of 1.x, for programs that convert values themselves.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from dlt.common import json
from dlt.common.data_types.typing import TDataType
from dlt.common.libs.hexbytes import HexBytes
from dlt.common.time import ensure_datetime, ensure_pendulum_date, ensure_pendulum_datetime, ensure_pendulum_time
from dlt.common.utils import str2bool
from dlt.common.wei import Wei

__all__ = ["coerce_value", "json_to_str", "py_type_to_sc_type"]

_TYPES: tuple[tuple[type, TDataType], ...] = (
    # a bool is an int, a datetime is a date, an amount is a decimal: the narrower class first
    (bool, "bool"),
    (str, "text"),
    (int, "bigint"),
    (float, "double"),
    (bytes, "binary"),
    (Wei, "wei"),
    (Decimal, "decimal"),
    (datetime.datetime, "timestamp"),
    (datetime.date, "date"),
    (datetime.time, "time"),
    (Enum, "text"),
    (Mapping, "json"),
    (Sequence, "json"),
)


def py_type_to_sc_type(t: type) -> TDataType:
    """Return the data type of a column with values of a class.

    Args:
        t: The class.

    Raises:
        TypeError: No column has such values.
    """
    if isinstance(t, type):
        for kind, data_type in _TYPES:
            if issubclass(t, kind):
                return data_type
        if dataclasses.is_dataclass(t):
            return "json"
    raise TypeError(f"{t!r} is no class of values of a column.")


def json_to_str(value: object) -> str:
    """Return a document as JSON text."""
    return json.dumps(value)


# the type that it comes from says what a value is
def coerce_value(to_type: TDataType, from_type: TDataType, value: Any) -> Any:
    """Return a value as one of another data type.

    Args:
        to_type: The data type of the result.
        from_type: The data type of the value.
        value: The value; of an enumeration, its value is taken.

    Raises:
        ValueError: It cannot be read so.
    """
    if isinstance(value, Enum):
        value = value.value
        # an enumeration is text by its class, and its values may be something else
        value = str(value) if from_type == "text" else value
    if to_type == from_type:
        return value
    convert = _CONVERSIONS.get((from_type, to_type))
    if convert is None:
        raise ValueError(f"a value of type {from_type} is never one of type {to_type}: found {value!r}.")
    try:
        return convert(value)
    except (ArithmeticError, TypeError) as error:
        raise ValueError(f"{value!r} is no {to_type}: {error}") from error


def _number(text: str) -> str | int:
    text = text.strip()
    # PyPI dlt 1.x reads hexadecimal numbers, too
    return int(text, 16) if text[:2] in ("0x", "0X") else text


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(_number(text))
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is no number.") from error


def _bytes_of_text(text: str) -> bytes:
    return bytes.fromhex(text[2:]) if text.startswith("0x") else base64.b64decode(text, validate=True)


def _text_of_bytes(value: bytes) -> str:
    return value.hex() if isinstance(value, HexBytes) else base64.b64encode(value).decode("ascii")


def _bytes_of_int(value: int) -> bytes:
    # the last byte first, as in PyPI dlt 1.x
    return value.to_bytes((value.bit_length() + 7) // 8, "little")


def _whole(value: float | Decimal) -> int:
    if value != value // 1:
        raise ValueError(f"{value!r} is no whole number.")
    return int(value)


_CONVERSIONS: dict[tuple[TDataType, TDataType], Callable[[Any], object]] = {
    ("text", "bigint"): lambda value: int(_number(value)),
    ("text", "double"): lambda value: float(_number(value)),
    ("text", "decimal"): _decimal,
    ("text", "wei"): lambda value: Wei(_decimal(value)),
    ("text", "bool"): str2bool,
    ("text", "binary"): _bytes_of_text,
    ("text", "json"): json.loads,
    ("text", "date"): ensure_pendulum_date,
    ("text", "time"): ensure_pendulum_time,
    ("text", "timestamp"): ensure_datetime,
    ("bigint", "text"): str,
    ("bigint", "double"): float,
    ("bigint", "decimal"): Decimal,
    ("bigint", "wei"): Wei,
    ("bigint", "bool"): bool,
    ("bigint", "binary"): _bytes_of_int,
    ("bigint", "date"): ensure_pendulum_date,
    ("bigint", "timestamp"): ensure_pendulum_datetime,
    ("double", "text"): str,
    ("double", "bigint"): _whole,
    # by their text: a float has digits that nobody wrote
    ("double", "decimal"): lambda value: Decimal(str(value)),
    ("double", "wei"): lambda value: Wei(str(value)),
    ("double", "bool"): bool,
    ("double", "date"): ensure_pendulum_date,
    ("double", "timestamp"): ensure_pendulum_datetime,
    ("decimal", "text"): str,
    ("decimal", "bigint"): _whole,
    ("decimal", "double"): float,
    ("decimal", "wei"): Wei,
    ("decimal", "bool"): bool,
    ("wei", "text"): str,
    ("wei", "bigint"): _whole,
    ("wei", "double"): float,
    ("wei", "decimal"): Decimal,
    ("wei", "bool"): bool,
    ("bool", "text"): str,
    ("timestamp", "text"): datetime.datetime.isoformat,
    ("timestamp", "date"): ensure_pendulum_date,
    ("date", "text"): datetime.date.isoformat,
    ("date", "timestamp"): ensure_datetime,
    ("time", "text"): datetime.time.isoformat,
    ("binary", "text"): _text_of_bytes,
    ("json", "text"): json_to_str,
}
