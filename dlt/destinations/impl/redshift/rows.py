"""Rows for Redshift: as values of INSERT, as Parquet or as JSON lines; what does not fit is refused here.

Redshift would refuse it too, but without naming the column, and for staged files after all of the upload.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal

from dlt.destinations.impl.redshift.dialect import MAX_BINARY, MAX_STATEMENT, MAX_TEXT
from dlt.errors import DatabaseTerminalException
from dlt.late import orjson, pa, pc, pq
from dlt.schema.arrow import arrow_type
from dlt.schema.typing import ColumnSchema

Columns = Mapping[str, ColumnSchema]
"""The columns of a table as they are at the destination."""
# room for the names of 1,600 columns of 127 bytes each
_STATEMENT = MAX_STATEMENT - (1 << 20)
_ROWS_OF_INSERT = 10_000


def fitted(batch: pa.RecordBatch, table: str, columns: Columns, fill: bool = False) -> pa.RecordBatch:
    """Return a batch whose columns have the types of the table; those that it does not have are left out.

    Args:
        batch: Rows of a package.
        table: Name of the table, for messages.
        columns: Columns of the table.
        fill: Add columns that the batch lacks.

    Raises:
        DatabaseTerminalException: a value does not fit into its column.
    """
    names = [name for name in columns if fill or name in batch.schema.names]
    arrays = []
    for name in names:
        kind = arrow_type(columns[name], bits=(16, 32, 64))
        if name not in batch.schema.names:
            arrays.append(pa.nulls(batch.num_rows, kind))
            continue
        values = batch.column(name)
        try:
            arrays.append(_cast(values, kind))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise DatabaseTerminalException(
                f"table {table}: Column {name} is {columns[name]['data_type']} at Redshift, and a value does not fit: "
                f"{str(error).rstrip('.')}. Declare a column that is large enough, and load into another dataset or "
                "refresh the table."
            ) from error
        _check(arrays[-1], table, name, columns[name])
    return pa.RecordBatch.from_arrays(arrays, names=names)


def _cast(values: pa.Array, kind: pa.DataType) -> pa.Array:

    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_integer(values.type) and pa.types.is_decimal(kind):
        # Arrow asks for room for the largest number, not for those that are there
        values = values.cast(pa.decimal128(20, 0))
    # digits beyond microseconds are cut, as everywhere
    finer = pa.types.is_timestamp(values.type) or pa.types.is_time(values.type)
    return values.cast(kind, safe=not finer)


def _check(values: pa.Array, table: str, name: str, column: ColumnSchema) -> None:

    if pa.types.is_string(values.type) and pc.any(pc.match_substring(values, "\0")).as_py():
        raise DatabaseTerminalException(
            f"table {table}: Column {name} holds the character NUL, which Redshift cannot store. Remove it with "
            "add_map, or declare the column as binary."
        )
    if column["data_type"] not in ("text", "binary"):
        return
    limit = column.get("precision") or (MAX_TEXT if column["data_type"] == "text" else MAX_BINARY)
    longest = pc.max(pc.binary_length(values)).as_py() or 0
    if longest > limit:
        raise DatabaseTerminalException(
            f"table {table}: Column {name} holds {limit:,} bytes at Redshift, and a value has {longest:,}. Shorten it "
            f"with add_map, split it, or load this table into another destination. Texts have {MAX_TEXT:,} bytes at "
            "most."
        )


# -- INSERT


def insert_values(batches: Iterator[pa.RecordBatch], table: str, columns: Columns) -> Iterator[tuple[list[str], str]]:
    """Yield names of columns, and rows as they stand behind VALUES, in pieces that are short enough for a statement.

    Raises:
        DatabaseTerminalException: a value does not fit into its column or into a literal.
    """
    for batch in batches:
        known = fitted(batch, table, columns)
        names = known.schema.names
        literals = [_literals(known.column(name), table, name, columns[name]) for name in names]
        rows = pc.binary_join_element_wise(*literals, pa.scalar(", ")).to_pylist()
        part: list[str] = []
        size = 0
        for row in rows:
            # with parentheses, comma and blank
            width = len(row.encode()) + 4
            if width > _STATEMENT:
                raise DatabaseTerminalException(
                    f"table {table}: a row has {width:,} bytes, and a statement of Redshift at most {MAX_STATEMENT:,}. "
                    "Set staging to a filesystem with a bucket on S3."
                )
            if part and (size + width > _STATEMENT or len(part) == _ROWS_OF_INSERT):
                yield names, ", ".join(part)
                part, size = [], 0
            part.append(f"({row})")
            size += width
        if part:
            yield names, ", ".join(part)


def _literals(values: pa.Array, table: str, name: str, column: ColumnSchema) -> pa.Array:

    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        texts = _hex(values) if pa.types.is_binary(kind) else values
        longest = pc.max(pc.binary_length(texts)).as_py() or 0
        if longest > MAX_TEXT:
            raise DatabaseTerminalException(
                f"table {table}: Column {name} has a value of {longest:,} bytes as text, and a literal of Redshift "
                f"holds {MAX_TEXT:,}. Set staging to a filesystem with a bucket on S3: files there may hold more."
            )
        escaped = pc.replace_substring(pc.replace_substring(texts, "\\", "\\\\"), "'", "''")
        before, after = {"json": ("JSON_PARSE('", "')"), "binary": ("FROM_HEX('", "')")}.get(
            column["data_type"], ("'", "'")
        )
        found = pc.binary_join_element_wise(before, escaped, after, "")
    elif pa.types.is_floating(kind):
        finite = pc.is_finite(values)
        # NaN and infinities have no literal
        special = pc.binary_join_element_wise("CAST('", values.cast(pa.string()), "' AS DOUBLE PRECISION)", "")
        found = pc.if_else(finite, values.cast(pa.string()), special)
    elif pa.types.is_decimal(kind):
        # Arrow writes small numbers with an exponent, which would make doubles of them
        found = pa.array([None if value is None else format(value, "f") for value in values.to_pylist()], pa.string())
    elif pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        found = values.cast(pa.string())
    else:
        zone = "+00" if pa.types.is_timestamp(kind) and kind.tz else ""
        plain = values.cast(pa.timestamp("us")) if zone else values
        found = pc.binary_join_element_wise("'", plain.cast(pa.string()), f"{zone}'", "")
    return pc.fill_null(found, "NULL")


def _hex(values: pa.Array) -> pa.Array:

    return pa.array([None if value is None else value.hex() for value in values.to_pylist()], pa.string())


# -- files


def as_text_in_parquet(column: ColumnSchema) -> bool:
    """Tell whether COPY cannot read values of a column from Parquet: then they are text, and are cast afterwards."""
    return column["data_type"] == "time"


def as_text_in_json(column: ColumnSchema) -> bool:
    """Tell whether COPY cannot read values of a column from JSON, as VARBYTE, which CSV and columnar files may hold."""
    return column["data_type"] in ("time", "binary")


def write_parquet(batches: Iterator[pa.RecordBatch], path: str, table: str, columns: Columns) -> None:
    """Write rows with all columns of the table, in order: COPY goes by position."""
    writer: pq.ParquetWriter | None = None
    try:
        for batch in batches:
            known = fitted(batch, table, columns, fill=True)
            arrays = [
                values.cast(pa.string()) if as_text_in_parquet(columns[name]) else values
                for name, values in zip(known.schema.names, known.columns, strict=True)
            ]
            known = pa.RecordBatch.from_arrays(arrays, names=known.schema.names)
            # types that every reader knows; microseconds, since nanoseconds come out as other moments
            writer = writer or pq.ParquetWriter(path, known.schema, version="2.4", store_schema=False)
            writer.write_batch(known)
    finally:
        if writer is not None:
            writer.close()


def write_json(batches: Iterator[pa.RecordBatch], path: str, table: str, columns: Columns) -> None:
    """Write rows as lines of JSON, compressed; columns without a value are left out, which is NULL."""
    documents = [name for name, column in columns.items() if column["data_type"] == "json"]
    doubles = [name for name, column in columns.items() if column["data_type"] == "double"]
    # the file is read once and deleted: time counts, not size
    with gzip.open(path, "wb", compresslevel=1) as file:
        for batch in batches:
            known = fitted(batch, table, columns)
            lines = []
            for row in known.to_pylist():
                found = {name: value for name, value in row.items() if value is not None}
                for name in documents:
                    if name in found:
                        found[name] = orjson.Fragment(found[name])
                for name in doubles:
                    if name in found and not math.isfinite(found[name]):
                        # JSON has no such numbers, and orjson would write null
                        found[name] = str(found[name])
                lines.append(orjson.dumps(found, default=_plain, option=orjson.OPT_APPEND_NEWLINE))
            file.write(b"".join(lines))


def _plain(value: Decimal | bytes) -> str:
    return value.hex() if isinstance(value, bytes) else format(value, "f")
