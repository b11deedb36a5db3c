"""The one table by which a value becomes a value of a column, or goes to a variant column.

Rows and Arrow data both go by it: a whole array is cast at once only where that gives what the table gives.
"""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

from dlt.schema.capabilities import GENERIC, Capabilities
from dlt.schema.documents import json_text, moment_text
from dlt.schema.limits import CHECKS, Misfit
from dlt.schema.readings import (
    MICROSECOND,
    bigint_of_decimal,
    bigint_of_float,
    bigint_of_text,
    bool_of_int,
    bool_of_text,
    bytes_of_text,
    decimal_of_float,
    double_of_decimal,
    double_of_int,
    double_of_text,
    finite_text,
    in_utc,
    json_of_float,
    json_of_text,
    midnight,
    number_of_text,
    text_of_bytes,
    text_of_decimal,
    text_of_float,
    time_of_text,
    time_of_time,
    timestamp_of_date,
    timestamp_of_seconds,
    timestamp_of_text,
)
from dlt.schema.typing import DATA_TYPES, ColumnSchema, DataType

Kind = Literal["bool", "int", "float", "decimal", "text", "bytes", "datetime", "date", "time", "duration", "document"]
"""What a value is, before it is known where it goes."""
KINDS: tuple[Kind, ...] = get_args(Kind)
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


def kind_of(value: object) -> Kind:
    """Return what a value is.

    Raises:
        TypeError: values of its class cannot be stored.
    """
    kind = type(value)
    # classes of users derive from these: an enumeration of ints is an int, pandas' Timestamp a datetime
    for base in kind.__mro__:
        found = _KIND_OF.get(base)
        if found is not None:
            return found
    raise TypeError(f"a value of type {kind.__module__}.{kind.__qualname__} has no data type")


def convert(value: object, column: ColumnSchema, capabilities: Capabilities = GENERIC) -> object:
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
    # a UUID is text for every column, by the rules of text
    if kind == "text" and not isinstance(value, str):
        value = str(value)
    # the kind is compared first: this runs for nearly every value, and durations are rare
    if kind == "duration" and isinstance(value, datetime.timedelta):
        value = value // MICROSECOND
    try:
        stored = rule[0](value)
    # a ValueError too, and it tells more
    except Misfit:
        raise
    except (ValueError, ArithmeticError, TypeError) as error:
        raise Misfit(f"a value of kind {kind} is not a {wanted}") from error
    # after the rule: limits are those of what is stored, not of what came
    check = CHECKS.get(wanted)
    return stored if check is None else check(stored, column, capabilities)


# which values a rule takes follows from its place in the table, which no checker sees
Rule = tuple[Callable[[Any], object], str]
"""How a value becomes one of the column's type, and the words for it in the documentation."""
_AS_IS = "as it is"


def _same(value: object) -> object:
    return value


TABLE: Mapping[Kind, Mapping[DataType, Rule]] = {
    "bool": {
        "text": (lambda v: str(bool(v)), "`True`, `False`"),
        "bool": (bool, _AS_IS),
        "json": (json_text, _AS_IS),
    },
    "int": {
        "text": (lambda v: str(int(v)), "digits"),
        "double": (double_of_int, "if exact"),
        "bool": (bool_of_int, "0 and 1"),
        "timestamp": (timestamp_of_seconds, "seconds since 1970"),
        "bigint": (int, "in 64 bits"),
        "json": (lambda v: json_text(int(v)), _AS_IS),
        "decimal": (decimal.Decimal, "if it fits"),
        "wei": (decimal.Decimal, "if it fits"),
        "date": (lambda v: midnight(timestamp_of_seconds(v)), "seconds at midnight"),
    },
    "float": {
        "text": (text_of_float, "digits, if finite"),
        "double": (float, _AS_IS),
        "timestamp": (timestamp_of_seconds, "seconds since 1970"),
        "bigint": (bigint_of_float, "if whole"),
        "json": (json_of_float, "if finite"),
        "decimal": (decimal_of_float, "if it fits"),
        "wei": (decimal_of_float, "if whole"),
        "date": (lambda v: midnight(timestamp_of_seconds(v)), "seconds at midnight"),
    },
    "decimal": {
        "text": (text_of_decimal, "digits"),
        "double": (double_of_decimal, "if exact"),
        "bigint": (bigint_of_decimal, "if whole"),
        "decimal": (_same, "if it fits"),
        "wei": (_same, "if whole"),
    },
    "text": {
        "text": (str, _AS_IS),
        "double": (double_of_text, "a number, if exact"),
        "bool": (bool_of_text, "true, false"),
        "timestamp": (timestamp_of_text, "ISO 8601"),
        "bigint": (bigint_of_text, "a whole number"),
        "binary": (bytes_of_text, "base64, `0x…`"),
        "json": (json_of_text, "JSON"),
        "decimal": (number_of_text, "a number, if it fits"),
        "wei": (number_of_text, "a whole number"),
        "date": (lambda v: midnight(timestamp_of_text(v)), "ISO 8601, midnight"),
        "time": (time_of_text, "ISO 8601, UTC"),
    },
    "bytes": {
        "text": (text_of_bytes, "base64"),
        "binary": (bytes, _AS_IS),
    },
    "datetime": {
        "text": (moment_text, "ISO 8601, UTC"),
        "timestamp": (in_utc, "in UTC"),
        "date": (lambda v: midnight(in_utc(v)), "midnight in UTC"),
    },
    "date": {
        "text": (lambda v: v.isoformat(), "ISO 8601"),
        "timestamp": (timestamp_of_date, "midnight in UTC"),
        "date": (_same, _AS_IS),
    },
    "time": {
        "text": (lambda v: v.isoformat(), "ISO 8601"),
        "time": (time_of_time, "unless in another zone"),
    },
    "duration": {
        "text": (str, "microseconds"),
        "double": (double_of_int, "microseconds"),
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


def infinite_text(value: float) -> str:
    """Return the text of a float that no other column takes."""
    return finite_text(value)


def table_markdown() -> str:
    """Return the table as it stands in the documentation."""
    lines = ["| value | " + " | ".join(f"`{kind}`" for kind in DATA_TYPES) + " |", "|---" * (len(DATA_TYPES) + 1) + "|"]
    for kind in KINDS:
        cells = [TABLE[kind][wanted][1] if wanted in TABLE[kind] else "" for wanted in DATA_TYPES]
        lines.append("| " + " | ".join([kind, *cells]).replace("  ", " ") + " |")
    return "\n".join(lines)
