"""The one table by which a value becomes a value of a column, or goes to a variant column.

Rows and Arrow data both go by it: a whole array is cast at once only where that gives what the table gives.
"""

from __future__ import annotations

import datetime
import decimal
import math
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

from dlt.schema.capabilities import GENERIC, Capabilities
from dlt.schema.documents import document_text, has_nul, is_strict, json_text, moment_text, word_of
from dlt.schema.typing import DATA_TYPES, ColumnSchema, DataType

Kind = Literal["bool", "int", "float", "decimal", "text", "bytes", "datetime", "date", "time", "duration", "document"]
"""What a value is, before it is known where it goes."""
KINDS: tuple[Kind, ...] = get_args(Kind)
INT64_MIN, INT64_MAX = -(1 << 63), (1 << 63) - 1
MICROSECOND = datetime.timedelta(microseconds=1)
UTC = datetime.timezone.utc
_KIND_OF: dict[type, Kind] = {
    bool: "bool",
    int: "int",
    float: "float",
    decimal.Decimal: "decimal",
    str: "text",
    uuid.UUID: "text",
    bytes: "bytes",
    datetime.datetime: "datetime",
    datetime.date: "date",
    datetime.time: "time",
    datetime.timedelta: "duration",
    dict: "document",
    list: "document",
    tuple: "document",
}


class Misfit(ValueError):
    """The value does not fit the column without a loss."""


class TooLong(Misfit):
    """The destination has no column for a text of this length; attributes: its bytes, and how many there may be."""

    def __init__(self, size: int, most: int) -> None:
        super().__init__(f"a text of {size:,} bytes, where the destination stores {most:,} at most")
        self.size, self.most = size, most


def kind_of(value: Any) -> Kind:
    """Return what a value is.

    Raises:
        TypeError: values of its class cannot be stored.
    """
    kind = type(value)
    for base in kind.__mro__:
        found = _KIND_OF.get(base)
        if found is not None:
            return found
    raise TypeError(f"a value of type {kind.__module__}.{kind.__qualname__} has no data type")


def convert(value: Any, column: ColumnSchema, capabilities: Capabilities = GENERIC) -> Any:
    """Return a value as a column stores it.

    Args:
        value: The value; not None.
        column: Column with a data type; its precision, scale and timezone count.
        capabilities: What the destination can store.

    Raises:
        Misfit: it does not fit without a loss.
    """
    kind = kind_of(value)
    wanted = column["data_type"]
    rule = TABLE[kind].get(wanted)
    if rule is None:
        raise Misfit(f"a value of kind {kind} is not a {wanted}")
    if kind == "text" and not isinstance(value, str):
        value = str(value)
    if kind == "duration":
        value = value // MICROSECOND
    try:
        stored = rule[0](value)
    except Misfit:
        raise
    except (ValueError, ArithmeticError, TypeError) as error:
        raise Misfit(f"a value of kind {kind} is not a {wanted}") from error
    check = _CHECKS.get(wanted)
    return stored if check is None else check(stored, column, capabilities)


def digits_of(column: ColumnSchema, capabilities: Capabilities) -> tuple[int, int]:
    """Return precision and scale of a column of type decimal or wei."""
    default = capabilities.decimal_precision if column["data_type"] == "decimal" else capabilities.wei_precision
    precision, scale = column.get("precision"), column.get("scale")
    most = capabilities.max_decimal
    precision = min(precision or default[0], most[0])
    return precision, min(default[1] if scale is None else scale, most[1], precision)


def limited(column: ColumnSchema, capabilities: Capabilities) -> ColumnSchema:
    """Return a new column with no more digits than the destination has; some of them are left before the point."""
    if column["data_type"] != "decimal" or "precision" not in column:
        return column
    digits = column["precision"], column.get("scale", 0)
    precision, scale = digits_of(column, capabilities)
    if (precision, scale) == digits:
        return column
    return {**column, "precision": precision, "scale": min(scale, max(precision - WHOLE_DIGITS, 0))}


WHOLE_DIGITS = 10
"""Digits before the point in a column that cannot have all that its first values would need."""


# -- what a column holds


def _check_text(value: str, column: ColumnSchema, capabilities: Capabilities) -> str:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise Misfit("UTF-8 has no lone surrogates") from error
    if not capabilities.supports_nul and "\0" in value:
        raise Misfit("the destination cannot store the character NUL in a text")
    precision = column.get("precision")
    if precision and capabilities.enforces_length and text_length(value, capabilities) > precision:
        raise Misfit("a longer text than the column holds")
    most = capabilities.max_text_data_type_length
    if most is not None and len(value) > most // 4 and text_length(value, capabilities) > most:
        raise TooLong(text_length(value, capabilities), most)
    return value


def text_length(value: str, capabilities: Capabilities) -> int:
    """Return the length of a text as the destination counts it: bytes where texts have a largest size, or letters."""
    return len(value) if capabilities.max_text_data_type_length is None else len(value.encode())


def _check_binary(value: bytes, column: ColumnSchema, capabilities: Capabilities) -> bytes:
    precision = column.get("precision")
    if precision and capabilities.enforces_length and len(value) > precision:
        raise Misfit("more bytes than the column holds")
    return value


def _check_json(value: str, _column: ColumnSchema, capabilities: Capabilities) -> str:
    if not is_strict(value):
        raise Misfit("a document with lone surrogates")
    if not capabilities.supports_nul and has_nul(value):
        raise Misfit("the destination cannot store the character NUL in a document")
    return value


def _check_double(value: float, _column: ColumnSchema, capabilities: Capabilities) -> float:
    if not capabilities.supports_nan and not math.isfinite(value):
        raise Misfit("the destination stores neither NaN nor infinities")
    return value


def int_range(column: ColumnSchema) -> tuple[int, int]:
    """Return the least and the greatest number that a column of type bigint holds."""
    precision = column.get("precision") or 64
    bits = next((size for size in (8, 16, 32) if precision <= size), 64)
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1


def _check_bigint(value: int, column: ColumnSchema, _capabilities: Capabilities) -> int:
    low, high = int_range(column)
    if not low <= value <= high:
        raise Misfit("an int of more bits than the column holds")
    return value


def _check_decimal(value: decimal.Decimal, column: ColumnSchema, capabilities: Capabilities) -> decimal.Decimal:
    precision, scale = digits_of(column, capabilities)
    if not value.is_finite():
        raise Misfit("neither NaN nor an infinity is a decimal")
    if value and value.adjusted() >= precision - scale:
        raise Misfit("more digits before the point than the column holds")
    if fraction_digits(value) > scale:
        raise Misfit("more digits behind the point than the column holds")
    # as the destination gives it back: zeros at the end do not count, but Arrow refuses those beyond the scale
    return (value or _ZERO).quantize(decimal.Decimal(1).scaleb(-scale), context=_WIDE)


_ZERO = decimal.Decimal(0)
_WIDE = decimal.Context(prec=1000, traps=[decimal.Inexact, decimal.InvalidOperation])


def fraction_digits(value: decimal.Decimal) -> int:
    """Return how many digits a finite decimal has behind the point, zeros at the end not counted."""
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    if exponent >= 0 or not any(digits):
        return 0
    for digit in reversed(digits):
        if digit or exponent == 0:
            break
        exponent += 1
    return -exponent


def _check_timestamp(value: datetime.datetime, column: ColumnSchema, _capabilities: Capabilities) -> datetime.datetime:
    _check_fraction(value.microsecond, column)
    if column.get("timezone", True):
        return value
    if (column.get("precision") or 0) > 6 and not NANOSECOND_YEARS[0] <= value <= NANOSECOND_YEARS[1]:
        raise Misfit("a moment outside of the years that nanoseconds in 64 bits reach")
    return value.replace(tzinfo=None)


NANOSECOND_YEARS = (datetime.datetime(1677, 9, 22, tzinfo=UTC), datetime.datetime(2262, 4, 11, tzinfo=UTC))


def _check_time(value: datetime.time, column: ColumnSchema, _capabilities: Capabilities) -> datetime.time:
    _check_fraction(value.microsecond, column)
    return value


def _check_fraction(microseconds: int, column: ColumnSchema) -> None:
    precision = column.get("precision")
    if microseconds and precision is not None and precision < 6 and microseconds % 10 ** (6 - precision):
        raise Misfit("more digits of a second than the column holds")


_CHECKS: dict[DataType, Callable[[Any, ColumnSchema, Capabilities], Any]] = {
    "text": _check_text,
    "binary": _check_binary,
    "json": _check_json,
    "double": _check_double,
    "bigint": _check_bigint,
    "decimal": _check_decimal,
    "wei": _check_decimal,
    "timestamp": _check_timestamp,
    "time": _check_time,
}


# -- text


def _text_of_float(value: float) -> str:
    if not math.isfinite(value):
        raise Misfit("NaN and infinities stay floats")
    return str(float(value))


def text_of_decimal(value: decimal.Decimal) -> str:
    """Return a decimal in plain digits, without zeros at the end; with an exponent where it is of extreme size."""
    if not value.is_finite():
        return str(value)
    # trailing zeros do not survive columns of fixed scale, so they never count
    exact = decimal.Context(prec=max(1, len(value.as_tuple().digits)), Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)
    value = value.normalize(exact)
    return format(value, "f") if abs(value.adjusted()) <= 1000 else str(value)


def _text_of_bytes(value: bytes) -> str:
    from base64 import b64encode

    return b64encode(value).decode("ascii")


def _finite_text(value: float) -> str:
    return word_of(value) if not math.isfinite(value) else str(float(value))


# -- numbers

_WHOLE = re.compile(r"(?:0|-?[1-9][0-9]*)\Z")
_NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?\Z")


def _number_of_text(value: str) -> decimal.Decimal:
    # neither "007" nor "+44" nor "1_000": zeros and signs in front belong to codes and phone numbers
    text = value.strip(" \t\r\n")
    if not _NUMBER.match(text):
        raise Misfit("the text is not a number")
    return decimal.Decimal(text)


def _double_of_int(value: int) -> float:
    number = float(value)
    if int(number) != value:
        raise Misfit("an int beyond 2**53 would lose digits as a double")
    return number


def _double_of_decimal(value: decimal.Decimal) -> float:
    number = float(value)
    if not math.isfinite(number) or decimal.Decimal(repr(number)) != value:
        raise Misfit("a decimal of so many digits would lose them as a double")
    return number


def _double_of_text(value: str) -> float:
    return _double_of_decimal(_number_of_text(value))


def _bool_of_int(value: int) -> bool:
    if value not in (0, 1):
        raise Misfit("an int other than 0 and 1 is not a bool")
    return bool(value)


def _bool_of_text(value: str) -> bool:
    try:
        return {"true": True, "false": False}[value.strip(" \t\r\n").lower()]
    except KeyError:
        raise Misfit("a text other than true and false is not a bool") from None


def _bigint_of_float(value: float) -> int:
    if not value.is_integer():
        raise Misfit("a fraction is not an int")
    return int(value)


def _bigint_of_decimal(value: decimal.Decimal) -> int:
    if not value.is_finite() or value.adjusted() > 19 or fraction_digits(value):
        raise Misfit("a fraction is not an int")
    return int(value)


def _bigint_of_text(value: str) -> int:
    text = value.strip(" \t\r\n")
    if len(text) > 20 or not _WHOLE.match(text):
        raise Misfit("the text is not an int")
    return int(text)


def _decimal_of_float(value: float) -> decimal.Decimal:
    return decimal.Decimal(repr(float(value)))


# -- moments

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?(?:([Zz])|([+-])(\d{2}):?(\d{2})?)?\Z",
    re.ASCII,
)
_TIME = re.compile(r"(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:[Zz]|[+-]00:?(?:00)?)?\Z", re.ASCII)


def parse_timestamp(text: str, exact: bool = False) -> datetime.datetime:
    """Return an aware moment from ISO text; text without a zone is UTC, a bare date its midnight.

    Args:
        text: The text.
        exact: Refuse what microseconds cannot tell instead of cutting it.

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
        moment = moment.replace(microsecond=_microseconds(fraction, exact))
    if sign:
        hours, minutes = int(zone_hours), int(zone_minutes or 0)
        if hours > 23 or minutes > 59:
            raise ValueError("a zone offset of more than a day")
        offset = datetime.timedelta(hours=hours, minutes=minutes)
        try:
            moment = moment + offset if sign == "-" else moment - offset
        except OverflowError as error:
            raise ValueError("a moment outside of the years 1 to 9999") from error
    return moment.replace(tzinfo=UTC)


def _microseconds(fraction: str, exact: bool) -> int:
    if exact and fraction[6:].strip("0"):
        raise ValueError("more digits of a second than microseconds")
    return int(fraction[:6].ljust(6, "0"))


def _timestamp_of_text(value: str) -> datetime.datetime:
    return parse_timestamp(value, exact=True)


def in_utc(value: datetime.datetime) -> datetime.datetime:
    """Return a moment in UTC; a naive one is taken for UTC.

    Raises:
        Misfit: it is outside of the years 1 to 9999 there.
    """
    if value.utcoffset() is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise Misfit("a moment outside of the years 1 to 9999") from error


def _timestamp_of_date(value: datetime.date) -> datetime.datetime:
    return datetime.datetime(value.year, value.month, value.day, tzinfo=UTC)


def _timestamp_of_seconds(value: float) -> datetime.datetime:
    try:
        moment = datetime.datetime.fromtimestamp(value, UTC)
    except OSError as error:
        raise Misfit("seconds outside of the years 1 to 9999") from error
    if moment.timestamp() != value:
        raise Misfit("more digits of a second than microseconds")
    return moment


def _midnight(value: datetime.datetime) -> datetime.date:
    if value.hour or value.minute or value.second or value.microsecond:
        raise Misfit("a time of day would be lost in a date")
    return value.date()


def _time_of_time(value: datetime.time) -> datetime.time:
    if value.utcoffset():
        raise Misfit("a time in another zone than UTC has no place in a time column")
    return value.replace(tzinfo=None, fold=0)


def _time_of_text(value: str) -> datetime.time:
    found = _TIME.match(value.strip(" \t\r\n"))
    if found is None:
        raise Misfit("the text is not an ISO 8601 time")
    hour, minute, second, fraction = found.groups()
    micros = _microseconds(fraction, exact=True) if fraction else 0
    return datetime.time(int(hour), int(minute), int(second or 0), micros)


# -- binary and documents


def _bytes_of_text(value: str) -> bytes:
    if value[:2] in ("0x", "0X"):
        if not re.fullmatch(r"(?:[0-9a-fA-F]{2})*", value[2:]):
            raise Misfit("the text is not hexadecimal")
        return bytes.fromhex(value[2:])
    from base64 import b64decode, b64encode

    found = b64decode(value, validate=True)
    if b64encode(found).decode("ascii") != value:
        raise Misfit("the text is not base64 as it is written")
    return found


def _json_of_text(value: str) -> str:
    text = document_text(value)
    if text is None:
        raise Misfit("the text is not JSON")
    return text


def _json_of_float(value: float) -> str:
    if not math.isfinite(value):
        raise Misfit("JSON has neither NaN nor infinities")
    return json_text(float(value))


Rule = tuple[Callable[[Any], Any], str]
"""How a value becomes one of the column's type, and the words for it in the documentation."""
_AS_IS = "as it is"


def _same(value: Any) -> Any:
    return value


TABLE: Mapping[Kind, Mapping[DataType, Rule]] = {
    "bool": {
        "text": (lambda v: str(bool(v)), "`True`, `False`"),
        "bool": (bool, _AS_IS),
        "json": (json_text, _AS_IS),
    },
    "int": {
        "text": (lambda v: str(int(v)), "digits"),
        "double": (_double_of_int, "if exact"),
        "bool": (_bool_of_int, "0 and 1"),
        "timestamp": (_timestamp_of_seconds, "seconds since 1970"),
        "bigint": (int, "in 64 bits"),
        "json": (lambda v: json_text(int(v)), _AS_IS),
        "decimal": (decimal.Decimal, "if it fits"),
        "wei": (decimal.Decimal, "if it fits"),
        "date": (lambda v: _midnight(_timestamp_of_seconds(v)), "seconds at midnight"),
    },
    "float": {
        "text": (_text_of_float, "digits, if finite"),
        "double": (float, _AS_IS),
        "timestamp": (_timestamp_of_seconds, "seconds since 1970"),
        "bigint": (_bigint_of_float, "if whole"),
        "json": (_json_of_float, "if finite"),
        "decimal": (_decimal_of_float, "if it fits"),
        "wei": (_decimal_of_float, "if whole"),
        "date": (lambda v: _midnight(_timestamp_of_seconds(v)), "seconds at midnight"),
    },
    "decimal": {
        "text": (text_of_decimal, "digits"),
        "double": (_double_of_decimal, "if exact"),
        "bigint": (_bigint_of_decimal, "if whole"),
        "decimal": (_same, "if it fits"),
        "wei": (_same, "if whole"),
    },
    "text": {
        "text": (str, _AS_IS),
        "double": (_double_of_text, "a number, if exact"),
        "bool": (_bool_of_text, "true, false"),
        "timestamp": (_timestamp_of_text, "ISO 8601"),
        "bigint": (_bigint_of_text, "a whole number"),
        "binary": (_bytes_of_text, "base64, `0x…`"),
        "json": (_json_of_text, "JSON"),
        "decimal": (_number_of_text, "a number, if it fits"),
        "wei": (_number_of_text, "a whole number"),
        "date": (lambda v: _midnight(_timestamp_of_text(v)), "ISO 8601, midnight"),
        "time": (_time_of_text, "ISO 8601, UTC"),
    },
    "bytes": {
        "text": (_text_of_bytes, "base64"),
        "binary": (bytes, _AS_IS),
    },
    "datetime": {
        "text": (moment_text, "ISO 8601, UTC"),
        "timestamp": (in_utc, "in UTC"),
        "date": (lambda v: _midnight(in_utc(v)), "midnight in UTC"),
    },
    "date": {
        "text": (lambda v: v.isoformat(), "ISO 8601"),
        "timestamp": (_timestamp_of_date, "midnight in UTC"),
        "date": (_same, _AS_IS),
    },
    "time": {
        "text": (lambda v: v.isoformat(), "ISO 8601"),
        "time": (_time_of_time, "unless in another zone"),
    },
    "duration": {
        "text": (str, "microseconds"),
        "double": (_double_of_int, "microseconds"),
        "bigint": (int, "microseconds"),
        "json": (json_text, "microseconds"),
        "decimal": (decimal.Decimal, "microseconds"),
        "wei": (decimal.Decimal, "microseconds"),
    },
    "document": {
        "text": (json_text, "JSON"),
        "json": (json_text, _AS_IS),
    },
}


def infinite_text(value: Any) -> str:
    """Return the text of a float that no other column takes."""
    return _finite_text(value)


def table_markdown() -> str:
    """Return the table as it stands in the documentation."""
    lines = ["| value | " + " | ".join(f"`{kind}`" for kind in DATA_TYPES) + " |", "|---" * (len(DATA_TYPES) + 1) + "|"]
    for kind in KINDS:
        cells = [TABLE[kind][wanted][1] if wanted in TABLE[kind] else "" for wanted in DATA_TYPES]
        lines.append("| " + " | ".join([kind, *cells]).replace("  ", " ") + " |")
    return "\n".join(lines)
