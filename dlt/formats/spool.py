"""The files of an extracted package: Arrow streams where pages allow, exact rows where not."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from dlt.errors import InvalidDataItem
from dlt.formats.column_rows import ColumnRows
from dlt.formats.frames import tabular
from dlt.formats.required import Required, columns_without_variant
from dlt.formats.waiting import Page, WaitingRows, waiting_rows
from dlt.io.typed_json import TooDeep, dump_row
from dlt.late import pa
from dlt.packages.manifest import PackageFile
from dlt.schema.typing import TableSchema
from dlt.schema.x_keys import X_NORMALIZER
from dlt.types import TDataItem, TDataItems

if TYPE_CHECKING:
    from typing_extensions import Buffer

MAX_FILE_BYTES = 64 << 20
COLUMN_ROWS = 20_000
"""Rows that readers hold in columns are written in batches of this size or larger."""


class _Checked:
    """A file that knows the CRC-32 of what was written to it."""

    def __init__(self, path: str) -> None:
        self.path, self.crc, self.size, self.closed = path, 0, 0, False
        # pieces are large: a buffer would only copy them once more
        self._file = open(path, "wb", buffering=0)  # noqa: SIM115 - closed with the writer

    def write(self, data: Buffer) -> int:
        view = memoryview(data).cast("B")
        done = 0
        while done < view.nbytes:
            # the system takes less than all on a disk that is nearly full, and of what is larger than 2 GB
            done += self._file.write(view[done:])
        self.crc = zlib.crc32(view, self.crc)
        self.size += view.nbytes
        return view.nbytes

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._file.close()


class ArrowFile:
    """One Arrow IPC stream under construction; all its batches have one schema."""

    def __init__(self, path: str, schema: pa.Schema, kind: str = "arrow") -> None:
        self.format = kind
        self.schema = schema
        self.rows = 0
        self._out = _Checked(path)
        # pyarrow's own file tells no checksum of what it wrote
        self._sink = pa.PythonFile(self._out, "w")
        self._writer = pa.ipc.new_stream(self._sink, schema)

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._out.size

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch."""
        self._writer.write_batch(batch)
        self.rows += batch.num_rows

    def discard(self) -> None:
        """Close the file as it is; its content no longer matters."""
        self._out.close()

    def close(self) -> tuple[int, int, int]:
        """End the file; return its rows, bytes and CRC-32."""
        try:
            self._writer.close()
            self._sink.close()
        finally:
            # an open file keeps its room on a full disk, also when it is deleted
            self._out.close()
        return self.rows, self._out.size, self._out.crc


class RowsFile:
    """One file of exact rows under construction."""

    format = "rows"

    def __init__(self, path: str) -> None:
        self.rows = 0
        self._out = _Checked(path)

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._out.size

    def write(self, items: Sequence[TDataItem], position: int, table: str) -> None:
        """Append rows; `position` is the number of the first one, for messages."""
        lines = []
        for offset, item in enumerate(items):
            try:
                lines.append(dump_row(item) + b"\n")
            except (TypeError, ValueError, RecursionError) as error:
                place = "" if isinstance(error, (RecursionError, TooDeep)) else _place_of_fault(item)
                raise InvalidDataItem(
                    f"table {table}: item {position + offset} cannot be stored: {place and f'at {place}, '}{error}. "
                    "Turn it into dicts, lists and scalars in the resource or with add_map.",
                    item_position=position + offset,
                    table=table,
                ) from error
        self._out.write(b"".join(lines))
        self.rows += len(items)

    def discard(self) -> None:
        """Close the file as it is; its content no longer matters."""
        self._out.close()

    def close(self) -> tuple[int, int, int]:
        """End the file; return its rows, bytes and CRC-32."""
        self._out.close()
        return self.rows, self._out.size, self._out.crc


def _place_of_fault(value: object) -> str:
    """Return the path of the first value that cannot be stored, such as a.b[2], or "" for the item itself."""
    parts: list[tuple[str, object]] = []
    if isinstance(value, Mapping):
        parts = [(f".{key}", inner) for key, inner in value.items()]
    elif isinstance(value, (list, tuple)):
        parts = [(f"[{index}]", inner) for index, inner in enumerate(value)]
    for name, inner in parts:
        try:
            dump_row(inner)
        except (TypeError, ValueError):
            inside = _place_of_fault(inner)
            return name.removeprefix(".") + ("." if inside and inside[0] != "[" else "") + inside
    return ""


class NameCheck(Protocol):
    """Looks at the names in every page before it is written, and raises what would fail later."""

    def batch(self, table: str, batch: pa.RecordBatch, first: int) -> None:
        """Check a page that became a record batch; `first` is the number of its first row."""

    def rows(self, table: str, rows: Sequence[TDataItem], first: int) -> None:
        """Check a page that goes row by row."""

    def tabular(self, table: str, schema: pa.Schema) -> None:
        """Check the columns of an Arrow table or frame."""


class SpoolWriter:
    """Write what resources yield into files of a folder.

    Args:
        folder: An existing folder.
        max_file_bytes: Size, in bytes, at which a new file begins.
        normalize: Gives the identifier of a key.
        checked: Tells whether values for columns that must have one are checked; not where the contract drops rows.
        names: Looks at the names in every page.
        settle: Changes a page before it is looked at.
    """

    def __init__(
        self,
        folder: str,
        max_file_bytes: int = MAX_FILE_BYTES,
        normalize: Callable[[str], str] = str,
        checked: Callable[[str], bool] = lambda _table: True,
        names: NameCheck | None = None,
        settle: Callable[[str, Page], Page] | None = None,
    ) -> None:
        self._folder, self._settle = folder, settle
        self._normalize, self._checked, self._name_check = normalize, checked, names
        self._max_file_bytes = max_file_bytes
        self._sequence = 0
        self._open: dict[str, ArrowFile | RowsFile] = {}
        self._names: dict[str, str] = {}
        self._files: list[PackageFile] = []
        self._waiting: dict[str, WaitingRows] = {}
        self._positions: dict[str, int] = {}
        self._columns: dict[str, list[pa.RecordBatch]] = {}

    def write(self, table: str, items: TDataItems, table_schema: TableSchema, own: bool = False) -> int:
        """Append a page of rows, a single row, an Arrow table or a frame; return the number of rows.

        Args:
            table: Name of the table.
            items: What goes into it.
            table_schema: Schema of the table.
            own: Nobody else holds the rows, so that they cannot change while they wait.

        Raises:
            InvalidDataItem: a row holds a value that cannot be stored, or a frame values of no common type.
            CannotCoerceColumnException: a value does not fit a column that must have one.
            UnsupportedDataType: no data type stands for an Arrow type.
        """
        if isinstance(items, ColumnRows):
            if self._takes_columns(table_schema, items.batch):
                return self._write_columns(table, items.batch, table_schema)
            items, own = items.rows(), True
        if not isinstance(items, (list, dict)):
            found = tabular(items, table)
            if found is not None:
                # rows that came before stand before the table
                self._flush(table)
                if required := self._required_of(table, table_schema):
                    required.check_table(found)
                if self._name_check is not None:
                    self._name_check.tabular(table, found.schema)
                for batch in found.to_batches() or _empty_batches(found, table_schema):
                    self._write_batch(table, batch, "table")
                return int(found.num_rows)
            items = [items]
        elif isinstance(items, dict):
            items = [items]
        self._flush_columns(table)
        waiting = self._waiting.get(table)
        if waiting is None:
            waiting = self._waiting[table] = waiting_rows(table_schema, self._normalize)
        if required := self._required_of(table, table_schema):
            required.check_rows(items, self._positions.get(table, 0) + len(waiting))
        for page in waiting.add(items, own):
            self._write_page(table, page)
        return len(items)

    @staticmethod
    def _takes_columns(table_schema: TableSchema, batch: pa.RecordBatch) -> bool:
        # what stays whole of nested documents is decided where rows become columns
        if not any(pa.types.is_nested(field.type) for field in batch.schema):
            return True
        whole = any(c.get("data_type") in ("json", "complex") for c in (table_schema.get("columns") or {}).values())
        return not whole and (table_schema.get(X_NORMALIZER) or {}).get("max_nesting") is None

    def _write_columns(self, table: str, batch: pa.RecordBatch, table_schema: TableSchema) -> int:
        # rows that came before stand before these
        self._flush_rows(table)
        if required := self._required_of(table, table_schema):
            required.check_table(pa.Table.from_batches([batch]))
        waiting = self._columns.setdefault(table, [])
        if waiting and not waiting[0].schema.equals(batch.schema, check_metadata=True):
            self._flush_columns(table)
        # small ones together, as each that is written has a price
        waiting.append(batch)
        if sum(map(len, waiting)) >= COLUMN_ROWS or sum(page.nbytes for page in waiting) >= self._max_file_bytes:
            self._flush_columns(table)
        return int(batch.num_rows)

    def _flush_columns(self, table: str) -> None:
        waiting = self._columns.get(table)
        if not waiting:
            return
        together = pa.Table.from_batches(waiting).combine_chunks().to_batches()
        waiting.clear()
        for batch in together:
            self._write_page(table, batch)

    def write_nothing(self, table: str) -> None:
        """Make a file without rows, which tells normalize that the table is wanted although nothing comes.

        Args:
            table: Name of the table.
        """
        if table not in self._open and not self._waiting.get(table) and not self._columns.get(table):
            self._write_rows(table, [])

    def write_exact(self, table: str, rows: Sequence[TDataItem]) -> None:
        """Append rows of a table of the library, as they are.

        Args:
            table: Name of the table.
            rows: The rows.
        """
        self._write_rows(table, rows)

    def cut(self, table: str) -> set[str]:
        """End the file of a table, so that what comes next goes to another one; return the names of its files.

        Args:
            table: Name of the table.
        """
        self._flush(table)
        self._end(table)
        return {file.name for file in self._files if file.table == table}

    def forget(self, table: str) -> None:
        """Delete what was written of a table.

        Args:
            table: Name of the table.
        """
        self._waiting.pop(table, None)
        self._end(table)
        for file in [file for file in self._files if file.table == table]:
            self._files.remove(file)
            os.unlink(os.path.join(self._folder, file.name))

    def close(self) -> list[PackageFile]:
        """Flush and end all files; return them in the order in which they began."""
        for table in (*self._waiting, *self._columns):
            self._flush(table)
        for table in list(self._open):
            self._end(table)
        # in the order in which they began, since tables take turns
        return sorted(self._files, key=lambda file: file.name)

    def abort(self) -> None:
        """End all files without a record; the folder is the caller's to delete."""
        for file in self._open.values():
            file.discard()
        self._open.clear()
        self._waiting.clear()
        self._columns.clear()

    def _required_of(self, table: str, table_schema: TableSchema) -> Required | None:
        columns = columns_without_variant(table_schema)
        return Required(table, columns, self._normalize) if columns and self._checked(table) else None

    def _flush(self, table: str) -> None:
        # only one of both ever waits
        self._flush_columns(table)
        self._flush_rows(table)

    def _flush_rows(self, table: str) -> None:
        waiting = self._waiting.get(table)
        for page in waiting.rest() if waiting is not None else ():
            self._write_page(table, page)

    def _write_page(self, table: str, page: Page) -> None:
        position = self._positions.get(table, 0)
        if self._settle is not None:
            page = self._settle(table, page)
        if isinstance(page, Sequence):
            # written first: that refuses what is nested too deep to be looked through
            self._write_rows(table, page)
            if self._name_check is not None:
                self._name_check.rows(table, page, position)
        else:
            if self._name_check is not None:
                self._name_check.batch(table, page, position)
            self._write_batch(table, page)
        self._positions[table] = position + len(page)

    def _write_batch(self, table: str, batch: pa.RecordBatch, kind: str = "arrow") -> None:
        file = self._open.get(table)
        same = isinstance(file, ArrowFile) and file.format == kind
        if not isinstance(file, ArrowFile) or not same or not file.schema.equals(batch.schema, check_metadata=True):
            self._end(table)
            file = ArrowFile(self._begin(table, kind), batch.schema, kind)
            self._open[table] = file
        file.write(batch)
        self._rotate(table, file)

    def _write_rows(self, table: str, page: Sequence[TDataItem]) -> None:
        file = self._open.get(table)
        if not isinstance(file, RowsFile):
            self._end(table)
            file = RowsFile(self._begin(table, "rows"))
            self._open[table] = file
        # the position counts items of all pages, since messages name the item as the program yielded it
        file.write(page, self._positions.get(table, 0), table)
        self._rotate(table, file)

    def _rotate(self, table: str, file: ArrowFile | RowsFile) -> None:
        if file.size >= self._max_file_bytes:
            self._end(table)

    def _begin(self, table: str, extension: str) -> str:
        # of one width, so that names sort in the order in which files began
        self._sequence += 1
        # a table name may hold what a file system refuses: the manifest, not the file name, says the table
        self._names[table] = f"{self._sequence:06d}.{re.sub(r'[^A-Za-z0-9_-]', '_', table)[:80]}.{extension}"
        return os.path.join(self._folder, self._names[table])

    def _end(self, table: str) -> None:
        file = self._open.pop(table, None)
        if file is not None:
            rows, size, crc = file.close()
            name = self._names.pop(table)
            self._files.append(PackageFile(name, table, file.format, rows, size, crc))


def _empty_batches(items: pa.Table, table_schema: TableSchema) -> list[pa.RecordBatch]:
    """Return a batch that tells the columns of a table which is not known yet."""
    if any("data_type" in column for column in (table_schema.get("columns") or {}).values()):
        return []
    return [pa.RecordBatch.from_pylist([], schema=items.schema)]
