"""Normalize one extracted package."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, cast

from dlt.formats.batches import batch_rows
from dlt.formats.loader import LoaderFiles
from dlt.io.typed_json import read_rows
from dlt.late import pa
from dlt.normalize.apart import take_apart
from dlt.normalize.arrays import build
from dlt.normalize.casts import KeptOut
from dlt.normalize.column_order import names_in_order, names_of_rows, ordered
from dlt.normalize.columnar import ColumnarNormalizer, NotColumnar
from dlt.normalize.exact import RowNormalizer
from dlt.normalize.file_formats import ARROW, FileFormats
from dlt.normalize.placement import DiscardRow, Placement, QuarantineRow
from dlt.normalize.quarantine import Quarantine
from dlt.normalize.required import RequiredColumns
from dlt.normalize.root_rows import RootRows
from dlt.normalize.row_ids import RootIds, RowOrder
from dlt.normalize.tabular import ROW_COLUMNS, conform, has_gaps, holds_plain_values, loads_unchanged
from dlt.packages.manifest import PackageFile, Replay
from dlt.schema.arrow import integers
from dlt.schema.capabilities import Capabilities
from dlt.schema.row_order import keeps_order
from dlt.schema.schema import Schema
from dlt.schema.system_columns import LIST_INDEX, LOAD_ID, PARENT_ID, ROOT_ID, ROW_ID, ROW_ORDER
from dlt.schema.system_tables import QUARANTINE_TABLE
from dlt.schema.table import has_seen_data
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.x_keys import ROOT_IDS, X_CHECKS, X_MERGE_STRATEGY, X_NORMALIZER, X_ROW_HASH, X_ROW_VERSION

if TYPE_CHECKING:
    from dlt.packages.package import LoadPackage

# as many rows as are held as Python values at a time
CHUNK_ROWS = 5_000
SYSTEM_COLUMNS: dict[str, ColumnSchema] = {
    LOAD_ID: {"name": LOAD_ID, "data_type": "text", "nullable": False},
    ROW_ID: {"name": ROW_ID, "data_type": "text", "nullable": False, "unique": True, "row_key": True},
    PARENT_ID: {"name": PARENT_ID, "data_type": "text", "nullable": False, "parent_key": True},
    ROOT_ID: {"name": ROOT_ID, "data_type": "text", "nullable": False, "root_key": True},
    LIST_INDEX: {"name": LIST_INDEX, "data_type": "bigint", "nullable": False},
}


class PackageNormalizer:
    """Turn the files of an extracted package into loader files.

    Args:
        schema: Schema of the package.
        load_id: Written to every root row.
        nonce: Random text of the package, for row ids.
        capabilities: What the destination can store.
        files: Where the loader files go.
        add_to_tables: Which of "_dlt_id" and "_dlt_load_id" rows of Arrow tables and frames get as well.
        mixed: Names of tables to which rows come as well as Arrow tables; there all get what rows have.
        as_in_1x: Columns stand where their first value comes, in a row those of documents behind plain ones; those of
            variants are named by what the value is as it comes.
        replay: What the package takes out of the quarantine.
    """

    def __init__(
        self,
        schema: Schema,
        load_id: str,
        nonce: str,
        capabilities: Capabilities,
        files: LoaderFiles,
        add_to_tables: Collection[str] = (),
        mixed: Collection[str] = (),
        as_in_1x: bool = False,
        replay: Replay | None = None,
    ) -> None:
        given = replay.contract if replay is not None else None
        self.placement = Placement(schema, capabilities, as_in_1x, json.loads(given) if given is not None else None)
        self.quarantine = Quarantine(self.placement, load_id, nonce, self._write)
        self._replayed = replay.files if replay is not None else {}
        self._required = RequiredColumns(self.placement)
        self.rows: dict[str, int] = {}
        self.shapes: dict[str, dict[str, pa.DataType]] = {}
        self._schema, self._load_id, self._nonce = schema, load_id, nonce
        self._capabilities, self._files = capabilities, files
        self._add_to_tables, self._mixed, self._as_in_1x = add_to_tables, mixed, as_in_1x
        self._tables: dict[str, RootRows] = {}
        # where an earlier load wrote root ids the column takes no NULL, whatever is asked for now
        self._with_root_ids = {
            schema.root_of(name)
            for name, table in schema.tables.items()
            if table.get("parent") and "data_type" in table["columns"].get(ROOT_ID, {})
        }

    def file(self, folder: str, file: PackageFile) -> None:
        """Normalize one file of the package."""
        path = os.path.join(folder, file.name)
        if file.table == QUARANTINE_TABLE:
            # what extract put there, and what a replay leaves there
            with open(path, "rb") as lines:
                self.quarantine.take(read_rows(lines))
            return
        self.quarantine.replayed = self._replayed.get(file.name)
        table = self._table(file.table)
        if file.format == "rows":
            if not file.rows:
                self._without_rows(file.table)
            with open(path, "rb") as lines:
                rows = read_rows(lines)
                # in chunks, because the file may be larger than the memory
                while chunk := list(islice(rows, CHUNK_ROWS)):
                    self._rows(table, chunk)
            return
        with pa.OSFile(path) as source:
            stream = pa.ipc.open_stream(source)
            if file.format == "table" and not self._takes(table, stream):
                return
            if file.format == "table" and self._fits_as_it_is(table, path, stream.schema):
                # before the file is linked: what is refused must leave nothing behind
                self._check_file(table.name, path)
                # linked and not copied: such a file is written once in its life
                self._files.adopt(path, file)
                self.rows[table.name] = self.rows.get(table.name, 0) + file.rows
                return
            for batch in stream:
                if file.format == "table":
                    self._tabular(table, batch)
                else:
                    self._page(table, batch)

    def add_root_keys(self) -> None:
        """Give nested tables that were loaded before merge needed it the column for the id of their root row."""
        for name, entry in self._schema.tables.items():
            if entry.get("parent") and self._keeps_root(self._schema.tables[self._schema.root_of(name)]):
                self._system(name, (ROOT_ID,))

    def _table(self, name: str) -> RootRows:
        table = self._tables.get(name)
        if table is None:
            ids = RootIds(self._nonce, name)
            entry: TableSchema = self._schema.tables.get(name) or {}
            keep_root = self._keeps_root(entry)
            strategy = entry.get(X_MERGE_STRATEGY) if entry.get("write_disposition") == "merge" else None
            keys: tuple[str, ...] = ()
            # these ids must be the same in every load: a row is found again by them, with its nested rows
            if strategy in ("upsert", "insert-only"):
                keys = tuple(n for n, c in entry.get("columns", {}).items() if c.get("primary_key"))
            table = RootRows(name, ids, keys, whole_row=strategy == "scd2" and not bool(entry.get(X_ROW_VERSION)))
            if table.whole_row and entry.get(X_ROW_HASH):
                table.placement = self.placement
            table.order = RowOrder() if keeps_order(entry) else None
            table.exact = RowNormalizer(
                self.placement,
                self._load_id,
                table.row_id,
                keep_root,
                table.order,
                lambda alone, values, limit: self._rows(self._table(alone), values, limit),
                documents_last=self._as_in_1x,
                quarantine=self.quarantine.add,
                required=self._gaps(name),
            )
            table.columnar = ColumnarNormalizer(
                self.placement,
                lambda columns, count: self._root_columns(table, columns, count),
                keep_root,
                self._emit,
                documents_last=self._as_in_1x,
            )
            self._tables[name] = table
        return table

    def _gaps(self, table: str) -> Callable[[str], Mapping[str, str]] | None:
        """Return what gives the columns that no row may leave out, where those that do go to quarantine."""
        return self._required.of if self.placement.quarantines_values(table) else None

    def _page(self, table: RootRows, batch: pa.RecordBatch) -> None:
        # the version of a row needs its whole document
        if not table.whole_row:
            if not self.placement.evolves(table.name):
                take_apart(
                    self.placement,
                    self._required.of,
                    lambda name: self.shapes.get(name, ()),
                    table,
                    batch,
                    lambda rows: self._rows(table, rows),
                )
                return
            try:
                table.columnar.add(table.name, batch)
                return
            except NotColumnar:
                pass  # the same page again, row by row
        self._rows(table, batch_rows(batch))

    def _rows(self, table: RootRows, rows: Iterable[object], limit: int | None = None) -> None:
        exact = table.exact
        for row in rows:
            exact.add(table.name, row, limit)
        for name, flat in exact.tables.items():
            self._write(name, flat)
        exact.tables = {}

    def _without_rows(self, table: str) -> None:
        """Make a table as rows would make it, of the columns that are declared."""
        try:
            self.placement.open_table(table, None)
        except (DiscardRow, QuarantineRow):
            # there is no item that could go to quarantine
            return
        self._system(table, (LOAD_ID, ROW_ID))
        self.rows.setdefault(table, 0)

    def _write(self, table: str, rows: Sequence[dict[str, object]]) -> None:
        self._system(table, rows[0])
        columns = self.placement.columns(table)
        arrays = {
            name: build([row.get(name) for row in rows], columns[name], self._capabilities)
            for name in names_of_rows(rows, self.shapes.get(table, {}))
            if name != ROW_ORDER
        }
        if LOAD_ID in rows[0]:
            arrays[LOAD_ID] = self._load_ids(len(rows))
        if ROW_ORDER in rows[0]:
            arrays[ROW_ORDER] = integers([cast(int, row[ROW_ORDER]) for row in rows])
        self._emit(table, arrays, len(rows))

    def _system(self, table: str, names: Iterable[str]) -> None:
        columns = self.placement.columns(table)
        for name in SYSTEM_COLUMNS:
            # a copy: each table's column may get hints of its own
            if name in names and "data_type" not in columns.get(name, {}):
                self.placement.add_column(table, copy(SYSTEM_COLUMNS[name]))

    def _load_ids(self, rows: int) -> pa.Array:
        # one value for all rows: a dictionary keeps it once; of bytes, since pyarrow imports pandas to read a list
        zeros = pa.Array.from_buffers(pa.int8(), rows, [None, pa.py_buffer(bytes(rows))])
        text = self._load_id.encode()
        ends = (0).to_bytes(4, sys.byteorder) + len(text).to_bytes(4, sys.byteorder)
        value = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(ends), pa.py_buffer(text)])
        return pa.DictionaryArray.from_arrays(zeros, value)

    def _root_columns(self, table: RootRows, columns: dict[str, pa.Array], rows: int) -> dict[str, pa.Array]:
        found = {LOAD_ID: self._load_ids(rows), ROW_ID: table.column_ids(columns, rows)}
        if table.order is not None:
            found[ROW_ORDER] = table.order.take(rows)
        return found

    def _emit(self, table: str, columns: dict[str, pa.Array], count: int) -> None:
        self._system(table, columns)
        self._required.check(table, columns, count)
        # a file has one set of columns: a column once seen stays, so that pages with gaps share a file
        shape = self.shapes.setdefault(table, {})
        for name in names_in_order(shape, columns, self._as_in_1x):
            if name in columns:
                shape[name] = columns[name].type
        arrays = [columns[name] if name in columns else pa.nulls(count, kind) for name, kind in shape.items()]
        if not arrays:
            return
        self._files.write(table, pa.RecordBatch.from_arrays(arrays, names=list(shape)))
        self.rows[table] = self.rows.get(table, 0) + count

    def _keeps_root(self, entry: TableSchema) -> bool:
        return (
            entry.get("write_disposition") == "merge"
            or self._schema.propagates_root_key()
            or entry.get("name") in self._with_root_ids
            or (entry.get(X_NORMALIZER) or {}).get(ROOT_IDS, False)
        )

    def _takes(self, table: RootRows, stream: Iterable[pa.RecordBatch]) -> bool:
        try:
            self.placement.open_table(table.name, None)
        except DiscardRow:
            return False
        except QuarantineRow as refused:
            for batch in stream:
                self._keep_out(table, batch, dict.fromkeys(range(batch.num_rows), refused.refusal))
            return False
        return True

    def _keep_out(self, table: RootRows, batch: pa.RecordBatch, kept_out: KeptOut) -> None:
        # in the order of the rows, whichever column refused them
        for row in sorted(kept_out):
            self.quarantine.add_arrow(table.name, batch.slice(row, 1), kept_out[row])

    def _fits_as_it_is(self, table: RootRows, path: str, schema: pa.Schema) -> bool:
        """Tell whether the columns of Arrow data need neither names nor casts nor additions; make them known."""
        # each of these means columns that are not in the file
        if (
            self._files.kind_of(table.name) != "arrow"
            or self._add_to_tables
            or table.name in self._mixed
            or table.order is not None
            or _tells_loads(self._schema.tables.get(table.name))
        ):
            return False
        if not loads_unchanged(self.placement, table.name, schema):
            return False
        with pa.memory_map(path) as source, pa.ipc.open_stream(source) as stream:
            # all batches are looked at before the schema grows: a file is taken as a whole or not at all
            gaps = self._gaps(table.name)
            required = gaps(table.name) if gaps is not None else {}
            for batch in stream:
                if not holds_plain_values(batch, self._capabilities) or has_gaps(batch, required):
                    return False
        # no rows: this makes the columns known, with all that the contract says of them
        empty = pa.RecordBatch.from_arrays([pa.nulls(0, field.type) for field in schema], schema=schema)
        arrays = conform(self.placement, table.name, empty)
        self.shapes.setdefault(table.name, {}).update({name: array.type for name, array in arrays.items()})
        return True

    def _check_file(self, table: str, path: str) -> None:
        """Check the rows of a file that is taken as it is; only what stands before the columns is read."""
        if not self._required.of(table):
            return
        with pa.memory_map(path) as source, pa.ipc.open_stream(source) as stream:
            for batch in stream:
                columns = dict(zip(batch.schema.names, batch.columns, strict=True))
                self._required.check(table, columns, batch.num_rows)

    def _tabular(self, table: RootRows, batch: pa.RecordBatch) -> None:
        kept_out: KeptOut = {}
        gaps = self._gaps(table.name)
        arrays = conform(self.placement, table.name, batch, kept_out, gaps(table.name) if gaps is not None else None)
        self._keep_out(table, batch, kept_out)
        if not arrays:
            return
        count = len(next(iter(arrays.values())))
        # a table that holds rows needs their ids in all of its rows
        columns = self.placement.columns(table.name)
        wanted = {*self._add_to_tables, *(name for name in ROW_COLUMNS if "data_type" in columns.get(name, {}))}
        wanted.add(ROW_ORDER)
        if table.name in self._mixed:
            wanted.update(ROW_COLUMNS)
        if _tells_loads(self._schema.tables.get(table.name)):
            wanted.add(LOAD_ID)
        # the id is the version of a row; no other merge needs one, as tables have no nested rows
        if table.whole_row:
            wanted.add(ROW_ID)
        if wanted:
            system = self._root_columns(table, arrays, count)
            arrays.update({name: array for name, array in system.items() if name in wanted and name not in arrays})
        self._emit(table.name, arrays, count)


class Normalized(NamedTuple):
    """What became of a package.

    Attributes:
        schema: The evolved schema.
        files: The manifest entries of the loader files.
        rows: The number of rows of each table.
        quarantined: Items that went to quarantine, by their root tables.
    """

    schema: Schema
    files: list[PackageFile]
    rows: dict[str, int]
    quarantined: dict[str, int]


def _tells_loads(entry: TableSchema | None) -> bool:
    """Tell whether rows of a table need the ids of their loads: checks of data look at those of one load."""
    if entry is None or not entry.get(X_CHECKS):
        return False
    # rows that are there without one stay so: the column takes no NULL
    return LOAD_ID in entry["columns"] or not has_seen_data(entry)


def normalize_package(
    package: LoadPackage,
    folder: str,
    schema: Schema,
    capabilities: Capabilities,
    formats: FileFormats = ARROW,
    add_to_tables: Collection[str] = (),
    as_in_1x: bool = False,
) -> Normalized:
    """Normalize an extracted package into loader files in a folder.

    Args:
        package: An extracted package.
        folder: An existing folder for the loader files.
        schema: Schema to start from.
        capabilities: What the destination can store.
        formats: In which format the loader files of each table are.
        add_to_tables: Which of "_dlt_id" and "_dlt_load_id" rows of Arrow tables and frames get as well.
        as_in_1x: Columns have the order and variants the names of PyPI dlt 1.x.

    """
    of_tables = {file.table for file in package.files if file.format == "table"}
    of_rows = {file.table for file in package.files if file.format != "table"}

    def kind_of(table: str) -> str:
        # nested tables may be new, and are known to the normalizer only
        root = normalizer.placement.root_of(table)
        return formats.of(schema.tables.get(root) or {}, only_frames=root in of_tables and root not in of_rows)

    def is_read(table: str) -> bool:
        # a merge in a bucket reads its files, and so does what writes those of a table format
        root: TableSchema = schema.tables.get(normalizer.placement.root_of(table)) or {}
        return root.get("write_disposition") == "merge" or bool(root.get("table_format"))

    # what a destination takes at most, no setting changes
    max_bytes = min(formats.max_bytes or capabilities.max_file_bytes, capabilities.max_file_bytes)
    files = LoaderFiles(folder, kind_of, max_bytes, formats.max_rows, formats.options, is_read)
    nonce = package.manifest.nonce or package.load_id
    normalizer = PackageNormalizer(
        schema,
        package.load_id,
        nonce,
        capabilities,
        files,
        add_to_tables,
        of_tables & of_rows,
        as_in_1x,
        package.manifest.replay,
    )
    # before any rows, so that all files of a table have the column
    normalizer.add_root_keys()
    for file in package.files:
        normalizer.file(str(package.path), file)
    normalizer.quarantine.flush()
    grown = ordered(schema.apply(normalizer.placement.update), schema, normalizer.shapes, as_in_1x)
    return Normalized(grown, files.close(), normalizer.rows, normalizer.quarantine.counts)
