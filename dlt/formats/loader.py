"""The files of a normalized package: one table each, in the format that the destination loads fastest."""

from __future__ import annotations

import math
import os
import re
import shutil
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from dlt.formats.spool import MAX_FILE_BYTES, ArrowFile
from dlt.formats.text import file_of_text, without_gzip
from dlt.late import orjson, pa, pc, pq
from dlt.packages.manifest import PackageFile
from dlt.schema.documents import word_of
from dlt.types import Row

if TYPE_CHECKING:
    from dlt.formats.options import FormatOptions


class _BatchWriter(Protocol):
    """What pyarrow has for each of its formats."""

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Append a batch."""

    def close(self) -> None:
        """End the file."""


class _CsvLines:
    """A file of CSV as pyarrow writes it."""

    def __init__(self, path: str, schema: pa.Schema) -> None:
        import pyarrow.csv as csv

        self._file = file_of_text(path)
        self._writer = csv.CSVWriter(self._file, schema)

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Append a batch."""
        self._writer.write_batch(batch)

    def close(self) -> None:
        """End the file."""
        self._writer.close()
        self._file.close()


class _JsonLines:
    """A file of JSON lines, which pyarrow reads and does not write."""

    def __init__(self, path: str) -> None:
        self._file = file_of_text(path)

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Append a batch."""
        lines = [orjson.dumps(row, default=_plain, option=orjson.OPT_APPEND_NEWLINE) for row in _rows(batch)]
        self._file.write(b"".join(lines))

    def close(self) -> None:
        """End the file."""
        self._file.close()


def _writer_of(path: str, kind: str, schema: pa.Schema, options: FormatOptions | None) -> _BatchWriter:
    if options is not None:
        writer: _BatchWriter = options.writer(path, schema)
    elif kind == "parquet":
        writer = pq.ParquetWriter(path, schema, compression="snappy")
    elif without_gzip(kind) == "csv":
        writer = _CsvLines(path, schema)
    else:
        writer = _JsonLines(path)
    return writer


class _TableFile:
    """A file under construction in a format that pyarrow or orjson writes."""

    def __init__(self, path: str, kind: str, schema: pa.Schema, options: FormatOptions | None) -> None:
        self.path, self.format, self.schema, self.rows = path, kind, schema, 0
        self._writer = _writer_of(path, kind, schema, options)

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return os.path.getsize(self.path)

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch."""
        self.rows += batch.num_rows
        self._writer.write_batch(batch)

    def close(self) -> tuple[int, int, int]:
        """End the file; return its rows, bytes and CRC-32."""
        self._writer.close()
        # read again: neither writer tells the checksum of what it wrote
        crc = size = 0
        with open(self.path, "rb") as file:
            while block := file.read(1 << 20):
                crc, size = zlib.crc32(block, crc), size + len(block)
        return self.rows, size, crc


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        from base64 import b64encode

        return b64encode(value).decode("ascii")
    return str(value)


def _rows(batch: pa.RecordBatch) -> list[Row]:
    """Return rows for JSON; NaN and infinities, which it has not, as the texts that its readers take for them."""
    rows: list[Row] = batch.to_pylist()
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        if pa.types.is_floating(array.type) and pc.all(pc.is_finite(array)).as_py() is False:
            for row in rows:
                if row[name] is not None and not math.isfinite(row[name]):
                    row[name] = word_of(row[name])
    return rows


def _decoded(batch: pa.RecordBatch, kind: str) -> pa.RecordBatch:
    from base64 import b64encode

    arrays = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
    if kind == "csv":
        # CSV has no bytes; as in JSON they are written as base64
        for position, array in enumerate(arrays):
            if pa.types.is_binary(array.type):
                texts = [None if value is None else b64encode(value).decode() for value in array.to_pylist()]
                arrays[position] = pa.array(texts, pa.string())
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


class LoaderFiles:
    """Write record batches of final tables into files of a folder.

    Args:
        folder: An existing folder.
        kind: "arrow" (IPC stream), "parquet", "jsonl" or "csv", the last two with ".gz" behind them where they are
            compressed; or a function that says which one a table has.
        max_file_bytes: Size, in bytes, at which a new file begins.
        max_file_rows: Rows of a file at most; any number when None.
        options: Says how files of a format are written, where it is not as ever; None for as ever.
        is_read: Tells of which tables the load reads the files itself, which knows of no options.
    """

    def __init__(
        self,
        folder: str,
        kind: str | Callable[[str], str],
        max_file_bytes: int = MAX_FILE_BYTES,
        max_file_rows: int | None = None,
        options: Callable[[str], FormatOptions | None] | None = None,
        is_read: Callable[[str], bool] | None = None,
    ) -> None:
        self._folder, self._kind, self._max_file_bytes = folder, kind, max_file_bytes
        self._max_file_rows, self._ask, self._options = max_file_rows, options, dict[str, "FormatOptions | None"]()
        self._is_read = is_read
        self._kinds: dict[str, str] = {}
        self._open: dict[str, ArrowFile | _TableFile] = {}
        self._names: dict[str, str] = {}
        self._stems: dict[str, str] = {}
        self._taken: set[str] = set()
        self._files: list[PackageFile] = []
        self._sequence: dict[str, int] = {}

    def write(self, table: str, batch: pa.RecordBatch) -> None:
        """Append a batch to the table's file; a batch with other columns begins a new one."""
        kind = without_gzip(self.kind_of(table))
        if kind != "arrow":
            batch = _decoded(batch, kind)
            options = self._options_of(table, kind)
            batch = batch if options is None else options.shaped(batch)
        while batch is not None:
            file = self._open.get(table)
            # a file has one schema: columns that come later begin another one
            if file is None or not file.schema.equals(batch.schema):
                self._end(table)
                file = self._begin(table, batch.schema)
            batch = self._fill(table, file, batch)

    def _fill(self, table: str, file: ArrowFile | _TableFile, batch: pa.RecordBatch) -> pa.RecordBatch | None:
        """Write what a file still takes; return the rest, if there is one."""
        room = batch.num_rows if self._max_file_rows is None else self._max_file_rows - file.rows
        rest = batch.slice(room) if room < batch.num_rows else None
        file.write(batch if rest is None else batch.slice(0, room))
        if file.size >= self._max_file_bytes or file.rows == self._max_file_rows:
            self._end(table)
        return rest

    def _options_of(self, table: str, kind: str) -> FormatOptions | None:
        if self._is_read is not None and self._is_read(table):
            return None
        # asked once, and only for formats that are written
        if kind not in self._options:
            self._options[kind] = self._ask(kind) if self._ask is not None else None
        return self._options[kind]

    def kind_of(self, table: str) -> str:
        """Return the format of the files of a table."""
        if isinstance(self._kind, str):
            return self._kind
        # asked once: all files of a table are alike
        if table not in self._kinds:
            self._kinds[table] = self._kind(table)
        return self._kinds[table]

    def adopt(self, path: str, entry: PackageFile) -> None:
        """Take a committed file as it is; it does not change any more, so one copy on disk serves both packages.

        Args:
            path: The file.
            entry: Its manifest entry.
        """
        table = entry.table
        # what was written before it stands before it
        self._end(table)
        name = self._next_name(table)
        target = os.path.join(self._folder, name)
        try:
            # a second name costs nothing, and the file stays when the other package goes
            os.link(path, target)
        except OSError:
            # another file system, or one without links
            shutil.copyfile(path, target)
        self._files.append(replace(entry, name=name, format=self.kind_of(table)))

    def close(self) -> list[PackageFile]:
        """End all files; return their manifest entries."""
        for table in list(self._open):
            self._end(table)
        return self._files

    def _next_name(self, table: str) -> str:
        number = self._sequence[table] = self._sequence.get(table, 0) + 1
        if table not in self._stems:
            self._stems[table] = self._new_stem(table)
        return f"{self._stems[table]}.{number:05d}.{self.kind_of(table)}"

    def _new_stem(self, table: str) -> str:
        """Return how the names of a table's files begin, unlike those of all others where case does not count too."""
        # file systems take 255 bytes: this leaves room for counter, number and ending
        safe = re.sub(r"[^A-Za-z0-9_-]", "_", table)[:120]
        stem, count = safe, 1
        while stem.casefold() in self._taken:
            # a point and a number would read as those of the file
            count, stem = count + 1, f"{safe}-{count + 1}"
        self._taken.add(stem.casefold())
        return stem

    def _begin(self, table: str, schema: pa.Schema) -> ArrowFile | _TableFile:
        name = self._names[table] = self._next_name(table)
        path = os.path.join(self._folder, name)
        kind = self.kind_of(table)
        plain = without_gzip(kind)
        options = self._options_of(table, plain) if plain != "arrow" else None
        file = ArrowFile(path, schema) if plain == "arrow" else _TableFile(path, kind, schema, options)
        self._open[table] = file
        return file

    def _end(self, table: str) -> None:
        file = self._open.pop(table, None)
        if file is None:
            return
        rows, size, crc = file.close()
        self._files.append(PackageFile(self._names.pop(table), table, file.format, rows, size, crc))
