"""The Arrow type of a column: one mapping, in which what differs between destinations is a value.

Arrays that every load makes are made of buffers here: `pa.array`, `pa.scalar` and kernels that are given a value of
Python ask whether it belongs to pandas, and import pandas for it where it is installed, which takes longer than a small
load.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlt.late import np, pa
from dlt.schema.typing import ColumnSchema

if TYPE_CHECKING:
    from numpy.typing import NDArray

    # numpy itself leaves the shape of an array open
    Numbers = NDArray[np.integer]

__all__ = ["arrow_type", "integers", "numbers_of"]

_LONGEST = 76
"""Digits of the largest decimal of Arrow."""


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
