"""A number for each row of an Arrow table, made column by column: the same for the same values in every process.

No hash of Python, pandas or DuckDB: theirs may change with a version, and then every row of a history would be new.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import TYPE_CHECKING

from dlt.late import np, pa, pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[np.uint64]

_GOLDEN, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_WHOLE = float(2**53)
"""Floats below it that have no fraction are integers, exactly."""


def row_hashes(table: pa.Table | pa.RecordBatch) -> NDArray[np.int64]:
    """Return a number for each row, which depends on its values and on the names of their columns.

    Args:
        table: The rows.
    """
    total = np.zeros(table.num_rows, dtype=np.uint64)
    with np.errstate(over="ignore"):  # words wrap round, as hashes do
        for name, column in zip(table.column_names, table.columns, strict=True):
            whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
            if isinstance(whole, pa.ChunkedArray):  # of a table without rows
                continue
            words = _mix(_words(whole) ^ np.uint64(_digest(name.encode("utf-8", "surrogatepass"))))
            # NULL adds nothing: a new column changes no row that has no value for it
            total += np.where(np.asarray(whole.is_valid()), words, np.uint64(0))
        hashes: NDArray[np.int64] = _mix(total).view(np.int64)
    return hashes


def _words(column: pa.Array) -> Words:
    """Return a word for each value; whatever it is where there is none."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _words(column.dictionary_decode())
    if pa.types.is_null(kind):
        return np.zeros(len(column), dtype=np.uint64)
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        numbers = pc.fill_null(column.cast(pa.uint64() if kind == pa.uint64() else pa.int64()), 0)
        values: NDArray[np.int64] = numbers.to_numpy(zero_copy_only=False)
        return _mix(values.view(np.uint64))
    if pa.types.is_floating(kind):
        return _of_floats(pc.fill_null(column.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False))
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind) or pa.types.is_date(kind) or pa.types.is_duration(kind):
        return _of_times(column)
    if pa.types.is_string_view(kind):
        return _words(column.cast(pa.string()))
    if pa.types.is_fixed_size_binary(kind) or pa.types.is_binary_view(kind):
        return _words(column.cast(pa.binary()))
    if pa.types.is_nested(kind) or not (pa.types.is_decimal(kind) or _is_text(kind)):
        return np.fromiter((_digest(_text(v)) for v in column.to_pylist()), dtype=np.uint64, count=len(column))
    # a column of texts holds each of them many times, as a rule
    # each distinct value is hashed once
    coded = column.dictionary_encode()
    if not len(coded.dictionary):
        return np.zeros(len(column), dtype=np.uint64)
    if pa.types.is_decimal(kind):
        known = np.fromiter((_digest(_text(value)) for value in coded.dictionary.to_pylist()), dtype=np.uint64)
    else:
        known = _of_texts(coded.dictionary)
    places: NDArray[np.int32] = pc.fill_null(coded.indices, 0).to_numpy(zero_copy_only=False)
    return known[places]


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    )  # fmt: skip


def _of_texts(texts: pa.Array) -> Words:
    """Return words of texts or bytes, which are not NULL: of eight bytes at a time, and the length."""
    is_text = pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)
    whole = texts.cast(pa.large_binary())
    offsets = np.frombuffer(whole.buffers()[1], dtype=np.int64)[whole.offset : whole.offset + len(whole) + 1]
    lengths = np.diff(offsets)
    data = whole.buffers()[2]
    # beyond its end the last text has nothing, and eight bytes are taken all the same
    padded = np.concatenate([np.frombuffer(data or b"", dtype=np.uint8), np.zeros(8, dtype=np.uint8)])
    words = _mix(lengths.view(np.uint64) + np.uint64(_FIRST if is_text else _SECOND))
    rows = np.arange(len(lengths))
    for start in range(0, int(lengths.max()), 8):
        # fewer and fewer texts are that long, so that one long text among short ones costs little
        rows = rows[lengths[rows] > start]
        eight = padded[(offsets[rows] + start)[:, None] + np.arange(8)]
        left = lengths[rows] - start
        if left.min() < 8:
            eight = np.where(np.arange(8) < left[:, None], eight, np.uint8(0))
        # little-endian on every machine: the number is the same everywhere
        words[rows] = _mix(words[rows] ^ np.ascontiguousarray(eight).view("<u8").ravel())
    return words


def _of_floats(values: NDArray[np.float64]) -> Words:
    values = np.where(np.isnan(values), np.nan, values)  # NaN has many forms
    # frames of pandas make floats of integers where one is missing
    whole = (np.abs(values) < _WHOLE) & (np.floor(values) == values)
    integers = np.where(whole, values, 0.0).astype(np.int64).view(np.uint64)
    return np.where(whole, _mix(integers), _mix(np.ascontiguousarray(values).view(np.uint64) ^ np.uint64(_FIRST)))


def _of_times(column: pa.Array) -> Words:
    """Return words of moments, times and days: the same in whatever unit they are kept."""
    kind = column.type
    if pa.types.is_date(kind):
        days = column.cast(pa.date32()).cast(pa.int32())
        return _mix(pc.fill_null(days, 0).cast(pa.int64()).to_numpy(zero_copy_only=False).view(np.uint64))
    raw = column.cast(pa.int32() if pa.types.is_time32(kind) else pa.int64()).cast(pa.int64())
    numbers = pc.fill_null(raw, 0).to_numpy(zero_copy_only=False)
    micros = numbers // 1000 if kind.unit == "ns" else numbers * {"s": 1_000_000, "ms": 1000, "us": 1}[kind.unit]
    rest = numbers % 1000 if kind.unit == "ns" else np.zeros(len(numbers), dtype=np.int64)
    return _mix(micros.view(np.uint64)) + rest.view(np.uint64) * np.uint64(_GOLDEN)


def _text(value: object) -> bytes:
    if isinstance(value, Decimal):
        # 1.0 and 1.00 are the same value
        return b"d" + (format(value.normalize(), "f") if value.is_finite() else str(value)).encode()
    return b"o" + repr(value).encode("utf-8", "surrogatepass")


def _digest(text: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def _mix(words: Words) -> Words:
    words = (words + np.uint64(_GOLDEN)) ^ ((words + np.uint64(_GOLDEN)) >> np.uint64(30))
    words = words * np.uint64(_FIRST)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(_SECOND)
    return words ^ (words >> np.uint64(31))
