"""Types of values: how they are found, and how a value of one type becomes another."""

from __future__ import annotations

import datetime
import decimal
import math
import re
import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dlt.schema.typing import ColumnSchema, DataType

if TYPE_CHECKING:
    from dlt.schema.schema import Schema

INT64_MIN, INT64_MAX = -(1 << 63), (1 << 63) - 1
WEI_MAX = 10**38
DECIMAL_WHOLE_DIGITS = 29
"""Digits before the point that every destination's default decimal holds."""
_TYPES: dict[type, DataType] = {
    str: "text",
    float: "double",
    bool: "bool",
    datetime.datetime: "timestamp",
    bytes: "binary",
    dict: "json",
    list: "json",
    tuple: "json",
    decimal.Decimal: "decimal",
    datetime.date: "date",
    datetime.time: "time",
    datetime.timedelta: "bigint",
    uuid.UUID: "text",
}


def infer_type(value: Any) -> DataType:
    """Return the data type of a Python value; an int beyond 64 bits is `wei`, a number beyond that text.

    Raises:
        TypeError: no data type stands for values of its class.
    """
    kind = type(value)
    if kind is int:
        return "bigint" if INT64_MIN <= value <= INT64_MAX else "wei" if abs(value) < WEI_MAX else "text"
    if kind is decimal.Decimal:
        return "decimal" if value.adjusted() < DECIMAL_WHOLE_DIGITS else "text"
    found = _TYPES.get(kind)
    if found is None:
        for base in kind.__mro__[1:]:
            if base is int:
                return infer_type(int(value))
            if base is decimal.Decimal:
                return infer_type(decimal.Decimal(value))
            if base in _TYPES:
                return _TYPES[base]
        raise TypeError(f"a value of type {kind.__module__}.{kind.__qualname__} has no data type")
    return found


# a full ISO 8601 moment: date, time and seconds; bare dates stay text, because ids and versions look like them
ISO_TIMESTAMP = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:[.,]\d{1,9})?"
    r"(?:Z|z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?\Z"
)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def _detect_iso_timestamp(kind: type, value: Any) -> DataType | None:
    if kind is str and 19 <= len(value) <= 40 and ISO_TIMESTAMP.match(value):
        try:
            parse_timestamp(value)
        except ValueError:
            return None
        return "timestamp"
    return None


def _detect_iso_date(kind: type, value: Any) -> DataType | None:
    if kind is str and _ISO_DATE.match(value):
        try:
            datetime.date.fromisoformat(value)
        except ValueError:
            return None
        return "date"
    return None


def _detect_timestamp(kind: type, value: Any) -> DataType | None:
    # seconds since the epoch, within a year and a half of now on either side would surprise; 2000 to 2100 is kept
    if kind in (int, float) and 946_684_800 <= value <= 4_102_444_800:
        return "timestamp"
    return None


def _detect_large_integer(kind: type, value: Any) -> DataType | None:
    if kind is int and not INT64_MIN <= value <= INT64_MAX:
        return "wei"
    return None


def _detect_hexbytes(kind: type, value: Any) -> DataType | None:
    return "text" if kind.__name__ == "HexBytes" else None


def _detect_wei(kind: type, value: Any) -> DataType | None:
    return "wei" if kind.__name__ == "Wei" else None


def _detect_all_text(kind: type, value: Any) -> DataType | None:
    return "text"


DETECTIONS: dict[str, Callable[[type, Any], DataType | None]] = {
    "iso_timestamp": _detect_iso_timestamp,
    "iso_date": _detect_iso_date,
    "timestamp": _detect_timestamp,
    "large_integer": _detect_large_integer,
    "hexbytes_to_text": _detect_hexbytes,
    "wei_to_double": _detect_wei,
    "all_text": _detect_all_text,
}
DEFAULT_DETECTIONS: tuple[str, ...] = ("iso_timestamp",)


def detect(value: Any, detections: Sequence[str]) -> DataType | None:
    """Return the type that the first matching detection gives, or None."""
    kind = type(value)
    for name in detections:
        found = DETECTIONS[name](kind, value)
        if found is not None:
            return found
    return None


def column_for(schema: Schema, table: str, name: str, value: Any) -> ColumnSchema:
    """Return the column that a first value decides: declared hints, then preferred types, detections, Python type."""
    entry = schema.tables.get(table)
    declared = entry["columns"].get(name) if entry else None
    if declared is not None and "data_type" in declared:
        return declared
    kind = schema.get_preferred_type(name) or detect(value, schema.detections) or infer_type(value)
    hints = schema.default_column_hints(name)
    column: ColumnSchema = {"name": name, "nullable": True}
    column.update(hints)
    column.update(declared or {})
    column["name"], column["data_type"] = name, kind
    return column


def variant_name(column: str, kind: DataType) -> str:
    """Return the name of the column for values of another type."""
    return f"{column}__v_{kind}"


def coerce_value(wanted: DataType, found: DataType, value: Any) -> Any:
    """Return a value as the wanted type.

    Args:
        wanted: Type of the column.
        found: Type of the value, as `infer_type` gives it.
        value: The value; not None.

    Raises:
        ValueError: it does not fit without loss.
    """
    if wanted == found and found in _UNCHANGED and isinstance(value, str if found == "text" else object):
        return value
    if found == "text" and not isinstance(value, str):
        if wanted == "double":
            raise ValueError("a number of so many digits would lose them as a double")
        value = str(value)
    return _COERCE[wanted](found, value)


_UNCHANGED = frozenset({"text", "bool", "binary", "date"})


_WIDE = decimal.Context(prec=2000, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)


def _no(wanted: str, found: str, value: Any) -> ValueError:
    return ValueError(f"a {found} value is not a {wanted}")


def _to_text(found: DataType, value: Any) -> Any:
    if found == "json":
        return json_text(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, decimal.Decimal):
        # trailing zeros do not survive columns of fixed scale, so they never count
        return format(value.normalize(_WIDE), "f")
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, bytes):
        from base64 import b64encode

        return b64encode(value).decode("ascii")
    return str(value)


def _to_double(found: DataType, value: Any) -> Any:
    if found in ("double", "bigint", "wei", "decimal") and not isinstance(value, datetime.timedelta):
        number = float(value)
        if found in ("bigint", "wei") and int(number) != int(value):
            raise ValueError("an int beyond 2**53 would lose digits as a double")
        return number
    if found == "text" and isinstance(value, str):
        number = float(value.strip())
        if not math.isfinite(number):
            raise _no("double", found, value)
        return number
    raise _no("double", found, value)


def _to_bool(found: DataType, value: Any) -> Any:
    if found == "bool":
        return bool(value)
    if found == "text":
        word = value.strip().lower()
        if word in ("true", "t", "yes", "1"):
            return True
        if word in ("false", "f", "no", "0"):
            return False
    if found == "bigint" and value in (0, 1):
        return bool(value)
    raise _no("bool", found, value)


def _to_bigint(found: DataType, value: Any) -> Any:
    if isinstance(value, datetime.timedelta):
        return value // datetime.timedelta(microseconds=1)
    if found in ("bigint", "wei"):
        number = int(value)
    elif found in ("double", "decimal"):
        number = int(value)
        if number != value:
            raise _no("bigint", found, value)
    elif found == "text":
        number = int(value.strip())
    else:
        raise _no("bigint", found, value)
    if not INT64_MIN <= number <= INT64_MAX:
        raise ValueError("an int beyond 64 bits is not a bigint")
    return number


def _to_decimal(found: DataType, value: Any) -> Any:
    if isinstance(value, decimal.Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return decimal.Decimal(value)
    if found in ("bigint", "wei") and not isinstance(value, datetime.timedelta):
        return decimal.Decimal(int(value))
    if found == "double":
        return decimal.Decimal(repr(float(value)))
    if found == "text":
        try:
            number = decimal.Decimal(value.strip())
        except decimal.InvalidOperation as error:
            raise _no("decimal", found, value) from error
        if not number.is_finite():
            raise _no("decimal", found, value)
        return number
    raise _no("decimal", found, value)


def _to_timestamp(found: DataType, value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=datetime.timezone.utc)
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.timezone.utc)
    if found == "text":
        return parse_timestamp(value)
    if found in ("bigint", "double") and not isinstance(value, datetime.timedelta):
        try:
            return datetime.datetime.fromtimestamp(value, datetime.timezone.utc)
        except (OverflowError, OSError) as error:
            raise _no("timestamp", found, value) from error
    raise _no("timestamp", found, value)


_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?(?:([Zz])|([+-])(\d{2}):?(\d{2})?)?\Z"
)


def parse_timestamp(text: str) -> datetime.datetime:
    """Return an aware moment from ISO text; text without a zone is UTC, a bare date its midnight.

    Raises:
        ValueError: the text is no moment.
    """
    text = text.strip()
    if _ISO_DATE.match(text):
        text += "T00"
    found = _MOMENT.match(text)
    if found is None:
        raise ValueError("the text is not an ISO 8601 timestamp")
    day, hour, minute, second, fraction, _, sign, zone_hours, zone_minutes = found.groups()
    moment = datetime.datetime.fromisoformat(f"{day}T{hour}:{minute or '00'}:{second or '00'}")
    if fraction:
        moment = moment.replace(microsecond=int(fraction[:6].ljust(6, "0")))
    if sign:
        hours, minutes = int(zone_hours), int(zone_minutes or 0)
        if hours > 23 or minutes > 59:
            raise ValueError("a zone offset of more than a day")
        offset = datetime.timedelta(hours=hours, minutes=minutes)
        try:
            moment = moment + offset if sign == "-" else moment - offset
        except OverflowError as error:
            raise ValueError("a moment outside of the years 1 to 9999") from error
    return moment.replace(tzinfo=datetime.timezone.utc)


def _to_date(found: DataType, value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    if found == "text":
        return parse_timestamp(value).date()
    if found in ("bigint", "double"):
        return _to_timestamp(found, value).date()
    raise _no("date", found, value)


def _to_time(found: DataType, value: Any) -> Any:
    if isinstance(value, datetime.time):
        return value.replace(tzinfo=None)
    if isinstance(value, datetime.datetime):
        return value.time()
    if found == "text":
        return datetime.time.fromisoformat(value.strip().rstrip("Zz")).replace(tzinfo=None)
    raise _no("time", found, value)


def _to_binary(found: DataType, value: Any) -> Any:
    if found == "binary":
        return bytes(value)
    if found == "text":
        from base64 import b64decode

        return b64decode(value, validate=True)
    raise _no("binary", found, value)


def _to_json(found: DataType, value: Any) -> Any:
    return json_text(value)


def json_text(value: Any) -> str:
    """Return the JSON text of a document; what JSON has no word for is written as text."""
    import orjson

    try:
        return orjson.dumps(value, default=_json_default, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z).decode()
    except TypeError:
        # orjson knows no ints beyond 64 bits and no lone surrogates
        import json

        text = json.dumps(value, default=_json_default, separators=(",", ":"), ensure_ascii=False)
        return text.encode("utf-8", "replace").decode()


def _json_default(value: Any) -> Any:
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    if isinstance(value, (bytes, bytearray)):
        from base64 import b64encode

        return b64encode(value).decode("ascii")
    if isinstance(value, datetime.timedelta):
        return value // datetime.timedelta(microseconds=1)
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    return str(value)


_COERCE: dict[DataType, Callable[[DataType, Any], Any]] = {
    "text": _to_text,
    "double": _to_double,
    "bool": _to_bool,
    "bigint": _to_bigint,
    "decimal": _to_decimal,
    "wei": _to_decimal,
    "timestamp": _to_timestamp,
    "date": _to_date,
    "time": _to_time,
    "binary": _to_binary,
    "json": _to_json,
}
