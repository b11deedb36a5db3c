"""One value masked: its hash, a part of it, or nothing of it."""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Callable, Mapping

from dlt.io.typed_json import simplify
from dlt.schema.documents import json_text
from dlt.types import TDataItem

MaskValue = Callable[[TDataItem], object]
"""Takes a value that is there, and returns what is stored in its place."""
REDACTED = "***"
_SHOWN = 4
"""Of a long text so many characters stay at most, and never more than every fourth."""


def hashed(salt: bytes) -> MaskValue:
    """Return what masks by HMAC-SHA256, as 64 hexadecimal digits.

    Args:
        salt: The key: with another one equal values have other hashes.
    """
    import hmac

    def call(value: TDataItem) -> str:
        # sources have halves of surrogate pairs, which are no UTF-8
        return hmac.digest(salt, text_of(value).encode("utf-8", "surrogatepass"), "sha256").hex()

    return call


def print_of(salt: bytes) -> str:
    """Return eight digits that tell one salt from another, and nothing of either.

    Args:
        salt: The salt.
    """
    import hmac

    return hmac.digest(salt, b"dlt mask_salt", "sha256").hex()[:8]


def redacted(_value: TDataItem) -> str:
    """Return three asterisks for any value."""
    return REDACTED


def partly(value: TDataItem) -> str:
    """Return the domain of an address of mail and the first letter of its name, or the last characters of other text.

    Args:
        value: The value.
    """
    text = text_of(value)
    name, at, domain = text.rpartition("@")
    if at and name and domain and not any(map(str.isspace, text)):
        return f"{name[0] if len(name) >= _SHOWN else ''}{REDACTED}@{domain}"
    kept = min(_SHOWN, len(text) // 4)
    return REDACTED + (text[-kept:] if kept else "")


def text_of(value: TDataItem) -> str:
    """Return the text whose hash stands for a value: equal numbers have one text, whatever their type.

    Args:
        value: The value.
    """
    if type(value) is str:
        return value
    plain: TDataItem = simplify(value)
    if isinstance(plain, str):
        return plain
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, (int, float, decimal.Decimal)):
        return _number(plain)
    if isinstance(plain, datetime.datetime):
        return _moment(plain)
    if isinstance(plain, (datetime.date, datetime.time)):
        return plain.isoformat()
    if isinstance(plain, bytes):
        return plain.hex()
    # the order of keys is no part of a document
    # and documents that are equal must have one hash
    return json_text(_in_order(plain))


def _number(value: int | float | decimal.Decimal) -> str:
    # pandas makes 1.0 of 1 where a column has gaps, and databases 1.00: keys must stay joinable
    if not math.isfinite(value):
        return str(float(value))
    if isinstance(value, float) and not value.is_integer():
        return format(decimal.Decimal(repr(value)), "f")
    if isinstance(value, decimal.Decimal) and value != value.to_integral_value():
        return format(value, "f").rstrip("0")
    return str(int(value))


def _moment(value: datetime.datetime) -> str:
    # as in columns: one without a zone is in UTC
    if value.tzinfo is None:
        return value.isoformat() + "+00:00"
    try:
        return value.astimezone(datetime.timezone.utc).isoformat()
    except OverflowError:
        return value.isoformat()


def _in_order(value: TDataItem) -> TDataItem:
    if isinstance(value, Mapping):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return [_in_order(item) for item in value] if isinstance(value, list) else value
