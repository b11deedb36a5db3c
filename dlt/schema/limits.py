"""What a column of each type holds at a destination: digits, lengths, ranges."""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Callable
from typing import Any

from dlt.schema.capabilities import Capabilities
from dlt.schema.documents import has_nul, is_strict
from dlt.schema.typing import ColumnSchema, DataType

INT64_MIN, INT64_MAX = -(1 << 63), (1 << 63) - 1
UTC = datetime.timezone.utc


class Misfit(ValueError):
    """The value does not fit the column without a loss."""


class TooLong(Misfit):
    """The destination has no column for a text of this length."""

    def __init__(self, size: int, most: int) -> None:
        super().__init__(f"a text of {size:,} bytes, where the destination stores {most:,} at most")


def digits_of(column: ColumnSchema, capabilities: Capabilities) -> tuple[int, int]:
    """Return precision and scale of a column of type decimal or wei."""
    # a wei has no digits behind the point, so it has room for more before it
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
    # the first value must not take all digits for its fraction: later ones are larger
    return {**column, "precision": precision, "scale": min(scale, max(precision - WHOLE_DIGITS, 0))}


WHOLE_DIGITS = 10
"""Digits before the point in a column that cannot have all that its first values would need."""


def _check_text(value: str, column: ColumnSchema, capabilities: Capabilities) -> str:
    # most texts are, and a look at one bit is cheaper than encoding
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
    # a letter has four bytes at most, so short texts need no count
    if most is not None and len(value) > most // 4 and text_length(value, capabilities) > most:
        raise TooLong(text_length(value, capabilities), most)
    return value


def text_length(value: str, capabilities: Capabilities) -> int:
    """Return the length of a text as the destination counts it: bytes where texts have a largest size, or letters."""
    # Redshift counts bytes, the others letters
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
# more digits than any column has; a digit that would be lost is an error and not rounded
_WIDE = decimal.Context(prec=1000, traps=[decimal.Inexact, decimal.InvalidOperation])


def fraction_digits(value: decimal.Decimal) -> int:
    """Return how many digits a finite decimal has behind the point, zeros at the end not counted."""
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    # zero has no digits, with whatever exponent it is written
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
    # nanoseconds are counted in 64 bits from 1970
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


# a check takes what the rules of its type give, which no checker sees
CHECKS: dict[DataType, Callable[[Any, ColumnSchema, Capabilities], object]] = {
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
