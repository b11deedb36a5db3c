"""JSON that comes from elsewhere: decoded fast, and with numbers that keep what they are."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from dlt.late import orjson

if TYPE_CHECKING:
    from dlt.types import TDataItem

_DIGITS = bytes.maketrans(b"123456789E", b"000000000e")
_LONG, _LONG_NEGATIVE = b"0" * 20, b"-" + b"0" * 19
"""Integers beyond 64 bits, which orjson would make floats of, have as many digits or more."""
_EXPONENTS = (b"0e000", b"0e+000")
"""Numbers beyond the largest float, which orjson refuses, have such an exponent, or as many digits as above."""


def may_be_long(content: bytes) -> bool:
    """Return whether JSON may hold integers beyond 64 bits, of which orjson loses digits.

    Args:
        content: The JSON, one document or more.
    """
    # a search for one text goes ten times as fast as one for a pattern
    digits = content.translate(_DIGITS)
    return _LONG in digits or _LONG_NEGATIVE in digits


def may_be_huge(content: bytes) -> bool:
    """Return whether JSON may hold numbers beyond the largest float, which Python makes infinite.

    Args:
        content: The JSON, one document or more.
    """
    digits = content.translate(_DIGITS)
    return any(sign in digits for sign in (*_EXPONENTS, _LONG))


def exact_document(content: str | bytes) -> TDataItem:
    """Return a document whose integers have all digits, and whose numbers beyond the largest float are texts.

    Args:
        content: The document, as text or in UTF-8.

    Raises:
        ValueError: it is none, or an integer has more digits than Python reads.
    """
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    try:
        # what is no JSON is so for both: Python's parser alone takes NaN, for one
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        if may_be_huge(data):
            return _by_python(content)
        raise
    return _by_python(content) if may_be_long(data) else found


def _by_python(content: str | bytes) -> TDataItem:
    return json.loads(content, parse_float=float_or_text, parse_constant=_refused)


def float_or_text(digits: str) -> float | str:
    """Return a number of JSON as a float; as it is written where the largest one is smaller, as in CSV.

    Args:
        digits: The number.
    """
    found = float(digits)
    return found if math.isfinite(found) else digits


def _refused(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")
