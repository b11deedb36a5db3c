"""Loader files on their way to BigQuery: what a load job or a streaming insert takes."""

from __future__ import annotations

import base64
import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from dlt.io.mapped import mapped_batches, schema_of
from dlt.late import orjson, pa, pq
from dlt.schema.documents import word_of
from dlt.types import JsonObject

STREAM_ROWS, STREAM_BYTES = 500, 8 << 20
"""Rows and bytes of one request of a streaming insert; 10 MB is BigQuery's limit."""
FORMATS = {"parquet": "PARQUET", "arrow": "PARQUET", "jsonl": "NEWLINE_DELIMITED_JSON"}


def names_in(path: str, file_format: str) -> list[str] | None:
    """Return the columns that a file has, or None for a format whose rows tell."""
    if file_format == "jsonl":
        return None
    if file_format == "arrow":
        return list(schema_of(path).names)
    return list(pq.read_schema(path).names)


@contextmanager
def opened(path: str, file_format: str) -> Iterator[tuple[BinaryIO, int]]:
    """Open a file as bytes that BigQuery takes, and tell their number; Arrow becomes Parquet."""
    if file_format != "arrow":
        with open(path, "rb") as file:
            yield file, os.path.getsize(path)
        return
    # a load job takes Parquet, not Arrow
    with tempfile.TemporaryFile(prefix="dlt_", suffix=".parquet") as file:
        plain = pa.schema([_plain_field(field) for field in schema_of(path)])
        with pq.ParquetWriter(file, plain, compression="snappy") as writer:
            for batch in mapped_batches(path):
                writer.write_table(pa.Table.from_batches([batch]).cast(plain))
        file.seek(0, os.SEEK_END)
        size = file.tell()
        file.seek(0)
        yield file, size


def _plain_field(field: pa.Field) -> pa.Field:
    return field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field


def rows_of(path: str, file_format: str) -> Iterator[list[JsonObject]]:
    """Yield the rows of a file as JSON, in pieces for streaming inserts."""
    piece: list[JsonObject] = []
    size = 0
    for row in _rows(path, file_format):
        piece.append(row)
        size += sum(len(value) if isinstance(value, str) else 16 for value in row.values())
        if len(piece) >= STREAM_ROWS or size >= STREAM_BYTES:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def _rows(path: str, file_format: str) -> Iterator[JsonObject]:
    if file_format == "jsonl":
        with open(path, "rb") as file:
            for line in file:
                yield orjson.loads(line)
        return
    with opened(path, file_format) as (file, _):
        for batch in pq.ParquetFile(file).iter_batches(STREAM_ROWS):
            for row in batch.to_pylist():
                yield {name: _json(value) for name, value in row.items() if value is not None}


def _json(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return word_of(value)
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, bytes):
        # streaming inserts take BYTES in base64
        return base64.b64encode(value).decode("ascii")
    return str(value)
