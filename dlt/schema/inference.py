"""Types of values: how they are found, and which columns take what does not fit."""

from __future__ import annotations

import datetime
import decimal
import math
import re
from collections.abc import Callable, Iterator, Sequence

from dlt.schema.capabilities import GENERIC, Capabilities
from dlt.schema.conversions import Kind, convert, infinite_text, kind_of
from dlt.schema.documents import json_text
from dlt.schema.limits import INT64_MAX, INT64_MIN, Misfit, fraction_digits
from dlt.schema.readings import MICROSECOND, in_utc, parse_timestamp
from dlt.schema.typing import ColumnSchema, DataType

__all__ = ["DETECTIONS", "coerce_value", "detect", "infer_type", "json_text", "parse_timestamp"]
WEI_MAX = 10**38
DECIMAL_DIGITS, DECIMAL_WHOLE_DIGITS, DECIMAL_SCALE = 38, 29, 9
"""Digits of every destination's default decimal: all of them, before and behind the point."""
LARGEST_SCALE = 28
"""Digits behind the point of what Python's decimals compute; every destination has decimals of this scale."""
_TYPE_OF: dict[Kind, DataType] = {
    "bool": "bool",
    "float": "double",
    "text": "text",
    "bytes": "binary",
    "date": "date",
    "document": "json",
}


def infer_type(value: object) -> DataType:
    """Return the data type of a Python value; an int beyond 64 bits is `wei`, a number beyond that text.

    Raises:
        TypeError: no data type stands for values of its class.
    """
    kind = kind_of(value)
    # kinds of one type first: nearly all values are of these
    found = _TYPE_OF.get(kind)
    if found is not None:
        return found
    if isinstance(value, int):
        return _type_of_int(value)
    if isinstance(value, datetime.timedelta):
        return _type_of_int(value // MICROSECOND)
    if isinstance(value, decimal.Decimal):
        return "text" if _scale_of(value) is None else "decimal"
    if isinstance(value, datetime.time):
        return "text" if value.utcoffset() else "time"
    assert isinstance(value, datetime.datetime)
    try:
        in_utc(value)
    except Misfit:
        return "text"
    return "timestamp"


def _type_of_int(value: int) -> DataType:
    # text, as no column of numbers holds it exactly on every destination
    return "bigint" if INT64_MIN <= value <= INT64_MAX else "wei" if abs(value) < WEI_MAX else "text"


def _scale_of(value: decimal.Decimal) -> int | None:
    """Return the scale of a column that holds the decimal, None where it is of no usual size."""
    if not value.is_finite():
        return None
    # zero says nothing of the scale that later values need
    if not value:
        return DECIMAL_SCALE
    scale = max(DECIMAL_SCALE, fraction_digits(value))
    # a decimal of more digits goes to text, where none is lost
    return scale if scale <= LARGEST_SCALE and value.adjusted() < DECIMAL_DIGITS - scale else None


def infer_column(name: str, value: object, kind: DataType) -> ColumnSchema:
    """Return the column of a type that a first value needs: with a scale where the usual one would cut a decimal."""
    column: ColumnSchema = {"name": name, "data_type": kind, "nullable": True}
    if kind == "decimal" and isinstance(value, decimal.Decimal):
        scale = _scale_of(value)
        if scale is not None and scale > DECIMAL_SCALE:
            column["precision"], column["scale"] = DECIMAL_DIGITS, scale
    return column


# an ISO 8601 moment: a date, and a time of at least an hour; bare dates stay text, because ids and versions look like
# them, and so does what has more digits of a second than a timestamp keeps
ISO_TIMESTAMP = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[T ](?:[01]\d|2[0-3])(?::[0-5]\d(?::[0-5]\d(?:[.,]\d{1,6})?)?)?"
    r"(?:Z|z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?\Z"
)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


def _detect_iso_timestamp(kind: type, value: object) -> DataType | None:
    # the length is asked first: most texts are no moments, and a pattern takes longer
    if kind is str and isinstance(value, str) and 13 <= len(value) <= 40 and ISO_TIMESTAMP.match(value):
        try:
            parse_timestamp(value)
        except ValueError:
            return None
        return "timestamp"
    return None


def _detect_iso_date(kind: type, value: object) -> DataType | None:
    if kind is str and isinstance(value, str) and _ISO_DATE.match(value):
        try:
            datetime.date.fromisoformat(value)
        except ValueError:
            return None
        return "date"
    return None


def _detect_timestamp(kind: type, value: object) -> DataType | None:
    # seconds since the epoch, within a year and a half of now on either side would surprise; 2000 to 2100 is kept
    if kind in (int, float) and isinstance(value, (int, float)) and 946_684_800 <= value <= 4_102_444_800:
        return "timestamp"
    return None


def _detect_large_integer(kind: type, value: object) -> DataType | None:
    found = _type_of_int(value) if kind is int and isinstance(value, int) else "bigint"
    return None if found == "bigint" else found


def _detect_hexbytes(kind: type, _value: object) -> DataType | None:
    # by its name: the class is of a package that need not be installed
    return "text" if kind.__name__ == "HexBytes" else None


def _detect_wei(kind: type, _value: object) -> DataType | None:
    # who asks for it wants to add them up, and takes fewer digits for that
    return "double" if kind.__name__ == "Wei" else None


def _detect_all_text(_kind: type, _value: object) -> DataType | None:
    return "text"


DETECTIONS: dict[str, Callable[[type, object], DataType | None]] = {
    "iso_timestamp": _detect_iso_timestamp,
    "iso_date": _detect_iso_date,
    "timestamp": _detect_timestamp,
    "large_integer": _detect_large_integer,
    "hexbytes_to_text": _detect_hexbytes,
    "wei_to_double": _detect_wei,
    "all_text": _detect_all_text,
}
DEFAULT_DETECTIONS: tuple[str, ...] = ("iso_timestamp",)


def detect(value: object, detections: Sequence[str], kind: type | None = None) -> DataType | None:
    """Return the type that the first matching detection gives, or None.

    Args:
        value: The value.
        detections: Names of the detections.
        kind: Class that the value is taken for; its own when None.
    """
    kind = kind or type(value)
    for name in detections:
        found = DETECTIONS[name](kind, value)
        if found is not None:
            return found
    return None


def variant_name(column: str, kind: DataType) -> str:
    """Return the name of the column for values of another type."""
    return f"{column}__v_{kind}"


Variant = tuple[ColumnSchema, Callable[[object, ColumnSchema, Capabilities], object]]
"""A column for values that do not fit, and how a value becomes one of its own."""


def variants(name: str, value: object, detections: Sequence[str], as_in_1x: bool = False) -> Iterator[Variant]:
    """Yield the columns that may take a value which its own column does not, the best one first.

    Args:
        name: The value's own column.
        value: The value.
        detections: Names of the detections that count.
        as_in_1x: The best one is named by what the value is as it comes, and not by what is detected in it.
    """
    kind = detect(value, detections) or infer_type(value)
    yield infer_column(variant_name(name, infer_type(value) if as_in_1x else kind), value, kind), convert
    # else it would be the same column twice
    if kind != "text":
        yield infer_column(variant_name(name, "text"), value, "text"), _last_text
    # the last resort: bytes hold what no text column takes
    yield infer_column(variant_name(name, "binary"), value, "binary"), _last_bytes


def _last_text(value: object, column: ColumnSchema, capabilities: Capabilities) -> object:
    if type(value) is float and not math.isfinite(value):
        value = infinite_text(value)
    return convert(value, column, capabilities)


def _last_bytes(value: object, column: ColumnSchema, capabilities: Capabilities) -> object:
    # what a destination cannot store as text: lone surrogates, or NUL
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogatepass")
    return convert(value, column, capabilities)


def coerce_value(wanted: DataType, _found: DataType, value: object) -> object:
    """Return a value as the wanted type.

    Args:
        wanted: Type of the column.
        found: Type of the value, as `infer_type` gives it.
        value: The value; not None.

    Raises:
        ValueError: it does not fit without loss.
    """
    return convert(value, {"name": "", "data_type": wanted}, GENERIC)
