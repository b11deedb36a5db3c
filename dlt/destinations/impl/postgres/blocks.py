"""Values as rows of COPY ... (FORMAT binary), made by Arrow and numpy column by column.

It says what the bytes are. `_copy.pyx` gives the same ones in one walk over the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from dlt.destinations.impl.postgres.fields import Field
from dlt.late import np, pa, pc
from dlt.late_dataclass import dataclass

if TYPE_CHECKING:
    from numpy.typing import NDArray

Numbers: TypeAlias = "NDArray[np.number] | NDArray[np.bool_]"


@dataclass(frozen=True)
class Fixed:
    """A piece of a field that has one width in all rows.

    Attributes:
        stored: Type of numpy that has its bytes.
        values: One number for each row, or one for all of them.
    """

    stored: str
    values: Numbers | int


Pieces: TypeAlias = "list[Fixed | pa.Array]"
"""What makes up the fields of a column row by row; those of many widths are binary arrays."""
# the sign of numeric in this format
_NEGATIVE = 0x4000
# those of decimal256
_MAX_DIGITS = 76
Digits: TypeAlias = "tuple[NDArray[np.bool_], NDArray[np.integer], int]"
"""Which of some decimals are negative, their groups of digits, and how many groups stand before the point."""


def rows(count: int, fields: Sequence[Field], arrays: Sequence[pa.Array]) -> memoryview:
    """Return the rows of some columns.

    Args:
        count: How many rows there are, one at least.
        fields: What the columns are.
        arrays: Their values, as `Field.converted` gives them.
    """
    pieces: Pieces = [Fixed(">i2", len(arrays))]
    for field, values in zip(fields, arrays, strict=True):
        pieces += _pieces(field, values)
    joined = pc.binary_join_element_wise(*_blocks(pieces, count), b"", null_handling="replace")
    _, offsets, data = joined.buffers()
    ends = np.frombuffer(offsets, np.int32, count + 1, joined.offset * 4)
    return memoryview(data)[int(ends[0]) : int(ends[-1])]


def _blocks(pieces: Iterable[Fixed | pa.Array], rows: int) -> list[pa.Array]:
    """Return pieces as binary arrays; those of one width that stand side by side are one."""
    found: list[pa.Array] = []
    for fixed, run in groupby(pieces, lambda piece: isinstance(piece, Fixed)):
        together = list(run)
        found += [_block(together, rows)] if fixed else together
    return found


def _block(run: Sequence[Fixed], rows: int) -> pa.Array:
    kinds = [np.dtype(piece.stored) for piece in run]
    width = sum(kind.itemsize for kind in kinds)
    data = np.empty((rows, width), np.uint8)
    start = 0
    for piece, kind in zip(run, kinds, strict=True):
        # a view with the stride of a row: the field of all rows is written by one call
        np.ndarray((rows,), kind, data, start, (width,))[:] = piece.values
        start += kind.itemsize
    return _binary(np.arange(rows + 1, dtype=np.int32) * width, data)


def _pieces(field: Field, values: pa.Array) -> Pieces:
    is_, kind = pa.types, values.type
    if is_.is_null(kind):
        return [Fixed(">i4", -1)]
    if is_.is_binary(kind):
        return _bytes(values, field.before)
    if is_.is_decimal(kind):
        return _numeric(values)
    return _number(values, field.less)


def _number(values: pa.Array, less: int) -> Pieces:
    values = values.cast(pa.uint8()) if pa.types.is_boolean(values.type) else values
    # what is stored where a value is NULL is never sent
    stored_values = pa.Array.from_buffers(values.type, len(values), [None, values.buffers()[1]], offset=values.offset)
    numbers = stored_values.to_numpy()
    stored = numbers.dtype.newbyteorder(">")
    return _fields(values, [Fixed(stored.str, numbers - less if less else numbers)], stored.itemsize)


def _bytes(values: pa.Array, before: bytes) -> Pieces:
    lengths = pc.binary_length(values)
    if not values.null_count:
        return [Fixed(">i4", lengths.to_numpy() + len(before)), *(Fixed("u1", byte) for byte in before), values]
    if before:
        # joined with NULL it stays NULL, so that the byte is sent with values only
        values, before = pc.binary_join_element_wise(before, values, b""), b""
        lengths = pc.binary_length(values)
    return [Fixed(">i4", lengths.fill_null(-1).to_numpy()), values]


def _numeric(values: pa.Array) -> Pieces:
    """Return the fields of decimals: digits to the base of 10,000, aligned at the decimal point."""
    filled = values.fill_null(pa.scalar(Decimal(0), values.type)) if values.null_count else values
    negative, groups, whole = _small_digits(filled) or _digits(filled)
    # columns are declared wide, and most values are small
    used = groups.any(axis=0)
    first = int(used.argmax()) if used.any() else groups.shape[1] - 1
    count = groups.shape[1] - first
    # the weight is the power of 10,000 of the first group
    weight, sign = np.array(whole - 1 - first, np.int16), np.where(negative, _NEGATIVE, 0)
    pieces = [Fixed(">u2", count), Fixed(">i2", weight), Fixed(">u2", sign), Fixed(">u2", values.type.scale)]
    pieces += [Fixed(">u2", groups[:, number]) for number in range(first, groups.shape[1])]
    return _fields(values, pieces, 2 * len(pieces))


def _small_digits(values: pa.Array) -> Digits | None:
    """Return which are negative, the groups of digits, and how many of them are whole; None if 64 bits are too few."""
    fraction = -(-values.type.scale // 4)
    if values.type.bit_width != 128 or fraction > 4:
        return None
    words = np.frombuffer(values.buffers()[1], "<i8", 2 * len(values), values.offset * 16).reshape(-1, 2)
    low = words[:, 0]
    if (words[:, 1] != low >> 63).any() or low.min() == np.iinfo(np.int64).min:
        return None
    unit = 10**values.type.scale
    rest, below = np.divmod(np.abs(low), unit)
    below = below * (10 ** (fraction * 4) // unit)
    columns = []
    for _ in range(fraction):
        below, digits = np.divmod(below, 10_000)
        columns.append(digits)
    whole = 0
    while rest.any() or not columns:
        rest, digits = np.divmod(rest, 10_000)
        columns.append(digits)
        whole += 1
    return low < 0, np.column_stack(columns[::-1]), whole


def _digits(values: pa.Array) -> Digits:
    kind = values.type
    # without its scale a decimal is written without exponent and point
    unscaled = pa.decimal128(38, 0) if kind.bit_width == 128 else pa.decimal256(_MAX_DIGITS, 0)
    digits = pa.Array.from_buffers(unscaled, len(values), values.buffers(), offset=values.offset).cast(pa.string())
    negative = pc.starts_with(digits, "-").to_numpy(zero_copy_only=False)
    whole = -(-max(kind.precision - kind.scale, 0) // 4)
    parts = max(whole - (-kind.scale // 4), 1)
    digits = pc.ascii_lpad(pc.ascii_ltrim(digits, "-"), whole * 4 + kind.scale, "0")
    digits = pc.ascii_rpad(digits, parts * 4, "0")
    letters = np.frombuffer(digits.buffers()[2], np.uint8, len(values) * parts * 4, digits.offset * parts * 4)
    single = (letters - ord("0")).astype(np.int16).reshape(len(values), parts, 4)
    return negative, single @ np.array([1000, 100, 10, 1], np.int16), whole


def _fields(values: pa.Array, body: Sequence[Fixed], width: int) -> Pieces:
    """Return length and value of each field; of a NULL the length only.

    Args:
        values: Where they are NULL the fields are.
        body: What a field is made of.
        width: Its bytes.
    """
    if not values.null_count:
        return [Fixed(">i4", width), *body]
    null = values.is_null().to_numpy(zero_copy_only=False)
    whole = _block([Fixed(">i4", np.where(null, -1, width)), *body], len(values))
    fields = np.frombuffer(whole.buffers()[2], np.uint8).reshape(len(values), 4 + width)
    kept = np.ones(fields.shape, bool)
    kept[null, 4:] = False
    ends = np.zeros(len(values) + 1, np.int32)
    np.cumsum(np.where(null, 4, 4 + width), out=ends[1:])
    return [_binary(ends, fields[kept])]


def _binary(ends: NDArray[np.int32], data: NDArray[np.uint8]) -> pa.Array:
    return pa.Array.from_buffers(pa.binary(), len(ends) - 1, [None, pa.py_buffer(ends), pa.py_buffer(data.reshape(-1))])
