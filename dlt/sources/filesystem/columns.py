"""Record batches as rows in columns: of the types that values of Python have."""

from __future__ import annotations

from collections.abc import Iterator

from dlt.formats.arrow_values import values_of
from dlt.formats.column_rows import ColumnRows
from dlt.late import pa, pc
from dlt.types import TDataItem

_OWN_VALUES = ("time64[ns]", "map<")
"""Types, alone or inside of others, whose values pyarrow cuts off, or gives as pairs, which look like any list."""


def pages_of(batches: Iterator[pa.RecordBatch], rows: int, as_arrow: bool) -> Iterator[TDataItem]:
    """Yield batches of some rows, as they are or as rows in columns.

    Args:
        batches: Larger ones.
        rows: Rows of a page at most.
        as_arrow: Leave them as they are.
    """
    for batch in batches:
        # once for all its pages: a cast of a slice costs nearly as much as that of the whole
        whole = batch if as_arrow else as_rows(batch)
        for start in range(0, batch.num_rows, rows):
            if isinstance(whole, list):
                yield whole[start : start + rows]
            else:
                piece = whole.slice(start, rows)
                yield piece if as_arrow else ColumnRows(piece)


def as_rows(batch: pa.RecordBatch) -> pa.RecordBatch | list[dict[str, object]]:
    """Return a batch of the types that rows have; the rows themselves where there is none for a column."""
    if len(set(batch.schema.names)) < len(batch.schema.names):
        return rows_of(batch)
    arrays: list[pa.Array] = []
    for array in batch.columns:
        plain = _plain(array)
        if plain is None:
            return rows_of(batch)
        arrays.append(plain)
    fields = [pa.field(name, array.type) for name, array in zip(batch.schema.names, arrays, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def rows_of(batch: pa.RecordBatch) -> list[dict[str, object]]:
    """Return a batch as dicts whose values lose nothing; maps are dicts as well."""
    rows: list[dict[str, object]] = batch.to_pylist()
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        # the only values that lose something on their way to those of Python, and do not say so
        if any(kind in str(array.type) for kind in _OWN_VALUES):
            whole = _plain(array)
            values = values_of(array) if whole is None else whole.to_pylist()
            for row, value in zip(rows, values, strict=True):
                row[name] = value
    return rows


def _plain(array: pa.Array) -> pa.Array | None:
    kind, types = array.type, pa.types
    if types.is_dictionary(kind) or isinstance(kind, pa.BaseExtensionType):
        return _plain(array.storage if isinstance(kind, pa.BaseExtensionType) else array.dictionary_decode())
    if types.is_nested(kind):
        # the same, and only where nothing inside needs another type
        return array if _is_plain(kind) else None
    wanted = _wanted(kind)
    if wanted is None:
        return None
    if wanted.equals(kind):
        return array
    try:
        return pc.cast(array, wanted)
    except pa.ArrowException:
        # what does not fit, such as nanoseconds; those of a time of day are text, as no type has them
        return pc.cast(array, pa.string()) if types.is_time64(kind) else None


def _wanted(kind: pa.DataType) -> pa.DataType | None:
    types = pa.types
    if types.is_integer(kind):
        return pa.int64()
    if types.is_floating(kind):
        return pa.float64()
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return pa.string()
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_binary_view(kind):
        return pa.binary()
    if types.is_fixed_size_binary(kind):
        return pa.binary()
    if types.is_timestamp(kind):
        return pa.timestamp("us", None if kind.tz is None else "UTC")
    if types.is_date(kind):
        return pa.date32()
    if types.is_time(kind):
        return pa.time64("us")
    # others, such as durations and maps, go row by row
    same = types.is_boolean(kind) or types.is_null(kind) or types.is_decimal128(kind)
    return kind if same else None


def _is_plain(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return len({field.name for field in kind}) == kind.num_fields > 0 and all(_is_plain(f.type) for f in kind)
    if pa.types.is_list(kind):
        return _is_plain(kind.value_type)
    wanted = _wanted(kind)
    return wanted is not None and wanted.equals(kind) and not pa.types.is_decimal128(kind)
