"""Loader files as rows of Python values, some thousands at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dlt.destinations import reading
from dlt.io.mapped import mapped_batches
from dlt.late import pa
from dlt.schema.typing import TableSchema

_ROWS = 10_000
"""Rows that are Python values at once; it bounds the memory of a load."""


def batches_of(table: TableSchema, path: str, file_format: str) -> Iterator[pa.RecordBatch]:
    """Yield the batches of a file.

    Args:
        table: Table of the rows; files of text have the types that it says.
        path: The file.
        file_format: Its format.
    """
    if file_format == "arrow":
        for batch in mapped_batches(path):
            for start in range(0, batch.num_rows, _ROWS):
                yield batch.slice(start, _ROWS)
        return
    yield from reading.batches_of(table["columns"], [(path, file_format)], _ROWS)


def rows_of(batch: pa.RecordBatch, values: Callable[[pa.Array], list[object]]) -> list[tuple[object, ...]]:
    """Return the rows of a batch.

    Args:
        batch: The columns.
        values: Gives the Python values of a column.
    """
    return list(zip(*(values(_decoded(column)) for column in batch.columns), strict=True))


def _decoded(array: pa.Array) -> pa.Array:

    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def as_text(array: pa.Array) -> list[object]:
    """Return decimals, moments, dates and times as text, moments as UTC without a zone, other values as they are."""
    kind = array.type
    if pa.types.is_timestamp(kind):
        array = array.cast(pa.timestamp("us", kind.tz), safe=False)
        return list(array.cast(pa.timestamp("us")).cast(pa.string()).to_pylist())
    if pa.types.is_time(kind):
        return list(array.cast(pa.time64("us"), safe=False).cast(pa.string()).to_pylist())
    # sqlite3 refuses decimals, and its way of taking dates is deprecated
    if pa.types.is_decimal(kind) or pa.types.is_date(kind):
        return list(array.cast(pa.string()).to_pylist())
    return list(array.to_pylist())
