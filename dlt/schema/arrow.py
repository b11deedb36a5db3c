"""The Arrow type of a column: one mapping, in which what differs between destinations is a value.

Arrays that every load makes are made of buffers here: `pa.array`, `pa.scalar` and kernels that are given a value of
Python ask whether it belongs to pandas, and import pandas for it where it is installed, which takes longer than a small
load.
"""

from __future__ import annotations

import datetime
import sys
from array import array
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from dlt.late import np, pa
from dlt.schema.typing import ColumnSchema

if TYPE_CHECKING:
    from numpy.typing import NDArray

    # numpy itself leaves the shape of an array open
    Numbers = NDArray[np.integer]

__all__ = ["array_of", "arrow_type", "integers", "numbers_of"]

_LONGEST = 76
"""Digits of the largest decimal of Arrow."""
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_MICROSECOND = datetime.timedelta(microseconds=1)
_MOST_VALUES = 20_000
"""Of more values `pa.array` is made sooner, even if it imports pandas."""


def arrow_type(column: ColumnSchema, digits: tuple[int, int] | None = None, bits: Sequence[int] = (64,)) -> pa.DataType:
    """Return the Arrow type of a complete column.

    Args:
        column: The column.
        digits: Precision and scale of a decimal; as the column says when None.
        bits: Sizes of whole numbers that there are, ascending; the smallest that holds the column is taken.
    """
    kind, precision = column["data_type"], column.get("precision")
    if kind in ("decimal", "wei"):
        most, scale = digits or (precision or 38, column.get("scale") or 0)
        # 38 digits are what 128 bits hold
        return pa.decimal128(most, scale) if most <= 38 else pa.decimal256(min(most, _LONGEST), scale)
    if kind == "bigint":
        # as small as the destination has it, or its binary COPY refuses the column
        size = next((size for size in bits if (precision or 64) <= size), 64)
        return {8: pa.int8(), 16: pa.int16(), 32: pa.int32(), 64: pa.int64()}[size]
    if kind == "timestamp":
        return pa.timestamp("us", "UTC" if column.get("timezone", True) else None)
    return {
        "text": pa.string(),
        "json": pa.string(),
        # what PyPI dlt called json
        "complex": pa.string(),
        "double": pa.float64(),
        "bool": pa.bool_(),
        "binary": pa.binary(),
        "date": pa.date32(),
        "time": pa.time64("us"),
    }[kind]


def integers(values: list[int] | Numbers) -> pa.Int64Array:
    """Return whole numbers of 64 bits, of which none is missing, as an array."""
    buffer = array("q", values) if isinstance(values, list) else np.ascontiguousarray(values, dtype=np.int64)
    return pa.Int64Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(buffer)])


def numbers_of(values: pa.Array) -> Numbers:
    """Return whole numbers, of which none is missing, as numpy has them; nothing is copied."""
    kind = np.dtype(f"int{values.type.bit_width}")
    return np.frombuffer(values.buffers()[1], kind, len(values), values.offset * kind.itemsize)


def array_of(values: Sequence[object], kind: pa.DataType) -> pa.Array:
    """Return values as an array: of buffers where they are few and of a common type, by `pa.array` otherwise.

    Args:
        values: The values; None is NULL. Texts for a text, and so on: nothing is converted.
        kind: The type of the array.

    Raises:
        pa.ArrowInvalid, pa.ArrowTypeError: a value is of another type.
    """
    made = None
    # where pandas was imported already nothing is spared
    if len(values) <= _MOST_VALUES and "pandas" not in sys.modules:
        made = _of_buffers(values, kind)
    return pa.array(values, kind) if made is None else made


def _of_buffers(values: Sequence[Any], kind: pa.DataType) -> pa.Array | None:
    """Return an array made of buffers; None where one of the values is not exactly what the type holds."""
    there = [value is not None for value in values]
    types = {type(value) for value in values if value is not None}
    valid = None if all(there) else _bits(there)
    try:
        if pa.types.is_string(kind) and types <= {str}:
            buffers = _lengths_and_bytes([b"" if value is None else value.encode() for value in values])
        elif pa.types.is_binary(kind) and types <= {bytes}:
            buffers = _lengths_and_bytes([b"" if value is None else value for value in values])
        elif pa.types.is_boolean(kind) and types <= {bool}:
            buffers = [_bits([value is True for value in values])]
        elif pa.types.is_float64(kind) and types <= {float}:
            buffers = [_numbers("d", values, float)]
        elif pa.types.is_int64(kind) and types <= {int}:
            buffers = [_numbers("q", values, int)]
        elif pa.types.is_timestamp(kind) and kind.unit == "us" and types <= {datetime.datetime}:
            buffers = [_numbers("q", values, _microseconds)]
        elif pa.types.is_date32(kind) and types <= {datetime.date}:
            buffers = [_numbers("i", values, lambda day: day.toordinal() - _EPOCH.toordinal())]
        else:
            return None
    except (OverflowError, UnicodeEncodeError):
        # `pa.array` tells what is wrong
        return None
    return pa.Array.from_buffers(kind, len(values), [valid, *buffers])


def _lengths_and_bytes(data: Sequence[bytes]) -> list[pa.Buffer]:
    return [pa.py_buffer(array("i", [0, *accumulate(map(len, data))])), pa.py_buffer(b"".join(data))]


def _numbers(code: str, values: Sequence[Any], number: Callable[[Any], float]) -> pa.Buffer:
    return pa.py_buffer(array(code, [0 if value is None else number(value) for value in values]))


def _microseconds(moment: datetime.datetime) -> int:
    # one without a zone is taken as UTC, as Arrow does it
    return ((moment if moment.tzinfo is not None else moment.replace(tzinfo=_EPOCH.tzinfo)) - _EPOCH) // _MICROSECOND


def _bits(flags: Sequence[bool]) -> pa.Buffer:
    """Return flags as Arrow packs them: the first one is the lowest bit of the first byte."""
    found = bytearray((len(flags) + 7) // 8)
    for position, flag in enumerate(flags):
        found[position // 8] |= flag << position % 8
    return pa.py_buffer(bytes(found))
