"""Record batches as the input of COPY, made while the driver reads it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TypeAlias

import pyarrow.csv as csv

from dlt.destinations.impl.postgres.binary import HEADER, TRAILER, encode, rows_of_form
from dlt.destinations.impl.postgres.fields import Field, fields_of
from dlt.destinations.reading import batches_of
from dlt.errors import DatabaseTerminalException
from dlt.io.mapped import mapped_batches
from dlt.late import np, pa, pc
from dlt.schema.typing import TableSchema

Buffer: TypeAlias = "memoryview | bytes | pa.Buffer"
"""Bytes in a row, which nobody copies before the driver takes them."""
CHUNK = 1 << 20
"""Bytes that the driver asks for at once."""
_ROWS, _BYTES = 16_384, 4 << 20
"""Rows, and bytes of Arrow, that are encoded at once; they bound the memory of a load."""


def arrow_batches(paths: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield what is in Arrow files, in small pieces."""
    for path in paths:
        for batch in mapped_batches(path):
            yield from _pieces(batch)


def other_batches(table: TableSchema, paths: Sequence[str], file_format: str) -> Iterator[pa.RecordBatch]:
    """Yield what is in files of another format, in small pieces."""
    for batch in batches_of(table["columns"], [(path, file_format) for path in paths], _ROWS):
        yield from _pieces(batch)


def by_schema(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]:
    """Group batches that follow each other and have the same columns; files of one table may differ."""
    return groupby(batches, key=lambda batch: batch.schema)


def _pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    rows = max(1, min(_ROWS, _BYTES * batch.num_rows // max(batch.nbytes, 1)))
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)


def stream(table: str, schema: pa.Schema, oids: Sequence[int], batches: Iterator[pa.RecordBatch]) -> Stream:
    """Return the input of a COPY.

    Args:
        table: Name of the table, for messages.
        schema: Schema of the batches.
        oids: Types of the columns at the destination.
        batches: The rows.
    """
    # half the CPU of CSV, in this program and in the server alike
    known = fields_of(schema, oids)
    return Csv(table, batches) if known is None else Binary(table, batches, known)


class Stream(ABC):
    """The input of a COPY as a file.

    Attributes:
        error: What went wrong in here; the driver only says that reading failed.
    """

    options = ""

    def __init__(self, table: str, batches: Iterator[pa.RecordBatch]) -> None:
        self._table, self._parts = table, self._encoded(batches)
        self._rest = memoryview(b"")
        self.error: Exception | None = None

    def read(self, size: int) -> bytes:
        """Return up to a number of bytes, none at the end."""
        try:
            while not self._rest:
                part = next(self._parts, None)
                if part is None:
                    return b""
                self._rest = memoryview(part)
        # psycopg2 makes an error of its own of what is raised in here, and keeps the text only
        except Exception as error:
            self.error = error
            raise
        part, self._rest = self._rest[:size], self._rest[size:]
        return part.tobytes()

    def _encoded(self, batches: Iterator[pa.RecordBatch]) -> Iterator[Buffer]:
        for batch in batches:
            _refuse_nul(batch, self._table)
            yield self.encode(batch)

    @abstractmethod
    def encode(self, batch: pa.RecordBatch) -> Buffer:
        """Return the bytes of a batch."""


class Binary(Stream):
    """Rows in the binary format, as PostgreSQL keeps them."""

    options = "FORMAT binary"

    def __init__(self, table: str, batches: Iterator[pa.RecordBatch], fields: Sequence[Field]) -> None:
        super().__init__(table, batches)
        self._fields, self._rows = fields, rows_of_form()

    def _encoded(self, batches: Iterator[pa.RecordBatch]) -> Iterator[Buffer]:
        yield HEADER
        yield from super()._encoded(batches)
        yield TRAILER

    def encode(self, batch: pa.RecordBatch) -> Buffer:
        """Return the bytes of a batch."""
        return encode(batch, self._fields, self._table, self._rows)


class Csv(Stream):
    """Rows as text, for columns of types that dlt does not make; the server reads what it can.

    NULL is an empty field, an empty text is one in quotes: what COPY expects, and how pyarrow writes.
    """

    options = "FORMAT csv"

    def encode(self, batch: pa.RecordBatch) -> Buffer:
        """Return the bytes of a batch."""
        columns = [_as_text(values) for values in batch.columns]
        sink = pa.BufferOutputStream()
        options = csv.WriteOptions(include_header=False, batch_size=_ROWS, quoting_style="needed")
        csv.write_csv(pa.RecordBatch.from_arrays(columns, names=batch.schema.names), sink, options)
        return sink.getvalue()


def _as_text(values: pa.Array) -> pa.Array:

    kind = values.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        # the hex form of bytea
        return pa.array([None if v is None else "\\x" + v.hex() for v in values.to_pylist()], pa.string())
    if pa.types.is_dictionary(kind):
        return _as_text(values.cast(kind.value_type))
    if pa.types.is_decimal(kind) or pa.types.is_null(kind):
        return values.cast(pa.string())
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        # PostgreSQL keeps microseconds
        return values.cast(pa.timestamp("us", kind.tz), safe=False)
    if pa.types.is_time64(kind) and kind.unit == "ns":
        return values.cast(pa.time64("us"), safe=False)
    return values


def _refuse_nul(batch: pa.RecordBatch, table: str) -> None:
    # the server would tell after all of the rows, and not in which column

    for name, values in zip(batch.schema.names, batch.columns, strict=True):
        kind = values.type
        wide = pa.types.is_large_string(kind)
        if not (wide or pa.types.is_string(kind)) or values.buffers()[2] is None:
            continue
        _, ends, data = values.buffers()
        limits = np.frombuffer(ends, np.int64 if wide else np.int32)[values.offset : values.offset + len(values) + 1]
        if np.frombuffer(data, np.uint8)[limits[0] : limits[-1]].all():
            continue
        # there may be anything where a value is NULL
        if pc.any(pc.match_substring(values, "\0")).as_py():
            raise DatabaseTerminalException(
                f"table {table}: Column {name} holds the character NUL, which PostgreSQL cannot store. Remove it with "
                "add_map, or declare the column as binary."
            )
