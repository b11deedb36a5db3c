"""How values tell the types of their columns, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

import time

from dlt.schema.inference import detect
from dlt.schema.typing import DataType

__all__ = [
    "is_hexbytes_to_text",
    "is_iso_date",
    "is_iso_timestamp",
    "is_large_integer",
    "is_timestamp",
    "is_wei_to_double",
]


def is_timestamp(t: type, v: object) -> DataType | None:
    """Return "timestamp" for a number of seconds since 1970 that is a moment of our time."""
    return detect(v, ("timestamp",), t)


def is_iso_timestamp(t: type, v: object) -> DataType | None:
    """Return "timestamp" for ISO text with date and time."""
    return detect(v, ("iso_timestamp",), t)


def is_iso_date(t: type, v: object) -> DataType | None:
    """Return "date" for ISO text with a date alone."""
    return detect(v, ("iso_date",), t)


def is_large_integer(t: type, v: object) -> DataType | None:
    """Return "wei" for an integer of more than 64 bits, "text" for one that is too large for that."""
    return detect(v, ("large_integer",), t)


def is_hexbytes_to_text(t: type, v: object) -> DataType | None:
    """Return "text" for a value of class HexBytes."""
    return detect(v, ("hexbytes_to_text",), t)


def is_wei_to_double(t: type, v: object) -> DataType | None:
    """Return "double" for a value of class Wei."""
    return detect(v, ("wei_to_double",), t)


_FLOAT_TS_RANGE = 5 * 31_536_000.0
_NOW_TS = time.time()
"""The moment of the import, and how far from it numbers count as moments in 1.x."""
