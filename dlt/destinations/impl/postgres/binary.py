"""Record batches as rows of COPY ... (FORMAT binary), made by Arrow and numpy column by column.

Each row is the number of its fields, and each field its length in bytes and its value, all numbers big-endian; a NULL
has the length -1: https://www.postgresql.org/docs/current/sql-copy.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from dlt.destinations.impl.postgres.oids import (
    BIGINT,
    BOOL,
    BYTEA,
    CHARACTER,
    DATE,
    DOUBLE,
    INTEGER,
    JSON,
    JSONB,
    NUMERIC,
    SMALLINT,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMP_TZ,
    VARCHAR,
)
from dlt.errors import DatabaseTerminalException
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
Encoder: TypeAlias = "Callable[[pa.Array], Pieces]"
"""Gives for an array the pieces that make up its fields row by row; those of many widths are binary arrays."""

# the signature, then no flags and no extension of the header
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
# a row of -1 fields says that no other one follows
TRAILER = b"\xff\xff"
# PostgreSQL counts days and microseconds from 2000 on, Arrow from 1970
_DAYS_TO_2000, _MICROSECONDS_TO_2000 = 10_957, 946_684_800_000_000
# the sign of numeric in this format
_NEGATIVE = 0x4000
# those of decimal256
_MAX_DIGITS = 76
Digits: TypeAlias = "tuple[NDArray[np.bool_], NDArray[np.integer], int]"
"""Which of some decimals are negative, their groups of digits, and how many groups stand before the point."""


def encoders(schema: pa.Schema, oids: Sequence[int]) -> list[Encoder] | None:
    """Return how the columns become fields of the types at the destination; None if one of them cannot."""
    found = [_encoder(field.type, oid) for field, oid in zip(schema, oids, strict=True)]
    known = [encoder for encoder in found if encoder is not None]
    return known if len(known) == len(found) else None


def encode(batch: pa.RecordBatch, columns: Sequence[Encoder], table: str) -> memoryview:
    """Return the rows of a batch.

    Raises:
        DatabaseTerminalException: a value does not fit the type of its column.
    """
    rows = batch.num_rows
    pieces: Pieces = [Fixed(">i2", len(columns))]
    for name, values, encoder in zip(batch.schema.names, batch.columns, columns, strict=True):
        try:
            pieces += encoder(values)
        except pa.ArrowInvalid as error:
            raise DatabaseTerminalException(
                f"table {table}, column {name}: a value does not fit the type of the column at the destination: "
                f"{error}. Change the value with add_map, or load into another table."
            ) from error
    joined = pc.binary_join_element_wise(*_blocks(pieces, rows), b"", null_handling="replace")
    _, offsets, data = joined.buffers()
    # no row: Arrow has no buffer for nothing
    if data is None:
        return memoryview(b"")
    ends = np.frombuffer(offsets, np.int32, rows + 1, joined.offset * 4)
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


def _encoder(kind: pa.DataType, oid: int) -> Encoder | None:
    is_ = pa.types
    if is_.is_dictionary(kind):
        inner = _encoder(kind.value_type, oid)
        return None if inner is None else lambda values: inner(values.dictionary_decode())
    if is_.is_null(kind):
        return _nulls
    is_text = is_.is_string(kind) or is_.is_large_string(kind)
    is_bytes = is_.is_binary(kind) or is_.is_large_binary(kind) or is_.is_fixed_size_binary(kind)
    if is_text and oid in (TEXT, VARCHAR, CHARACTER, JSON, JSONB):
        # jsonb begins with the version of its format, which is 1
        return partial(_bytes, before=b"\x01" if oid == JSONB else b"")
    if is_bytes and oid == BYTEA:
        return _bytes
    return _fixed_encoder(kind, oid) or _numeric_encoder(kind, oid)


def _fixed_encoder(kind: pa.DataType, oid: int) -> Encoder | None:
    """Return what writes values that all have one width."""
    is_ = pa.types
    if is_.is_boolean(kind) and oid == BOOL:
        return partial(_number, kind=pa.uint8(), stored="u1")
    if is_.is_integer(kind) and oid in (SMALLINT, INTEGER, BIGINT):
        wide = {SMALLINT: pa.int16(), INTEGER: pa.int32(), BIGINT: pa.int64()}[oid]
        return partial(_number, kind=wide, stored=f">i{wide.bit_width // 8}")
    if is_.is_floating(kind) and oid == DOUBLE:
        return partial(_number, kind=pa.float64(), stored=">f8")
    if is_.is_date(kind) and oid == DATE:
        return partial(_number, kind=pa.date32(), stored=">i4", less=_DAYS_TO_2000)
    if is_.is_time(kind) and oid == TIME:
        return partial(_number, kind=pa.time64("us"), stored=">i8")
    if (is_.is_timestamp(kind) or is_.is_date(kind)) and oid in (TIMESTAMP, TIMESTAMP_TZ):
        return partial(_number, kind=pa.timestamp("us"), stored=">i8", less=_MICROSECONDS_TO_2000)
    return None


def _numeric_encoder(kind: pa.DataType, oid: int) -> Encoder | None:
    is_ = pa.types
    if is_.is_integer(kind) and oid == NUMERIC:
        return lambda values: _numeric(values.cast(pa.decimal128(20, 0)))
    # Arrow knows scales below zero, for which the format has no sign
    if is_.is_decimal(kind) and oid == NUMERIC and kind.scale >= 0:
        return _numeric
    return None


def _number(values: pa.Array, kind: pa.DataType, stored: str, less: int = 0) -> Pieces:
    """Return the fields of values that all have one width.

    Args:
        values: The values.
        kind: Arrow type that has the unit of the column.
        stored: Type of numpy that has the bytes of the column.
        less: What is subtracted: zero is another day there.
    """
    if pa.types.is_timestamp(values.type):
        # a zone says how a moment is shown; it is a number of units since 1970 in UTC with any
        values = values.view(pa.int64()).view(pa.timestamp(values.type.unit))
    # of what is finer than a microsecond the engine keeps nothing
    finer = pa.types.is_temporal(values.type) and not pa.types.is_date(values.type) and values.type.unit == "ns"
    if values.type != kind:
        values = values.cast(kind, safe=not finer)
    if pa.types.is_temporal(kind):
        values = values.view(pa.int32() if kind.bit_width == 32 else pa.int64())
    # what is stored where a value is NULL is never sent
    stored_values = pa.Array.from_buffers(values.type, len(values), [None, values.buffers()[1]], offset=values.offset)
    numbers = stored_values.to_numpy()
    pieces = [Fixed(stored, numbers - less if less else numbers)]
    return _fields(values, pieces, np.dtype(stored).itemsize)


def _bytes(values: pa.Array, before: bytes = b"") -> Pieces:
    values = values.cast(pa.binary())
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


def _nulls(_values: pa.Array) -> Pieces:
    return [Fixed(">i4", -1)]


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
