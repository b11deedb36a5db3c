"""What a load does at a destination that is a function of batches."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence

from dlt.clock import utc_now
from dlt.configuration.spec import BaseConfiguration
from dlt.destinations.function_state import note_delivered, remembering
from dlt.destinations.impl.dummy.client import DummyClient
from dlt.destinations.ledger import StateRow
from dlt.errors import (
    DestinationTransientException,
    LoadJobTerminalException,
    LoadJobTransientException,
    TerminalException,
)
from dlt.io import failpoints
from dlt.late import orjson, pa, pq
from dlt.late_dataclass import dataclass
from dlt.schema.documents import read_document
from dlt.schema.system_tables import STATE_TABLE, is_system_name, state_table
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.states.model import State
from dlt.types import TDataItems, override


@dataclass(frozen=True)
class BatchOptions:
    """How a function gets its rows.

    Attributes:
        batch_size: Rows of a batch; 0 to get the path of the whole file.
        file_format: "parquet" for Arrow tables; rows as dicts otherwise.
        naming: How keys become names of columns.
        skip: Leave out what the library adds.
        nesting: Levels of nested tables.
        spec: Spec for further arguments of the function.
    """

    batch_size: int
    file_format: str | None
    naming: str
    skip: bool
    nesting: int | None
    spec: type[BaseConfiguration] | None


class FunctionClient(DummyClient):
    """Hand over batches, and remember which were taken."""

    def __init__(self, call: Callable[[TDataItems, TableSchema], object], options: BatchOptions) -> None:
        self._call, self._options = call, options

    @override
    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:
        """Hand over the rows of some files."""
        for path in paths:
            self.load_file(table, path, file_format)

    def load_file(self, table: TableSchema, path: str, file_format: str) -> None:
        """Hand over the rows of one file.

        Raises:
            LoadJobTerminalException: the function failed with a terminal error.
            DestinationTransientException: the function asks to be tried again, or failed with an error of its own.
        """
        if self._options.skip and is_system_name(table["name"]):
            return
        shown: TableSchema = {**table, "columns": self._columns(table)}
        size = self._options.batch_size
        with _Delivered(path) as done:
            batches = self._batches(shown, path, file_format, size, done.count) if size else self._whole(path, done)
            folder, name = os.path.split(path)
            try:
                # in order, one after the other: the number of rows that were delivered says where to go on
                for count, batch in batches:
                    self._deliver(shown, batch, done.count, folder)
                    done.record(count)
            finally:
                note_delivered(folder, name, done.count)

    @override
    def record_state(self, dataset_name: str, load_id: str, state: State) -> None:
        """Hand over the row of the state, where the function takes what the library adds."""
        if self._options.skip:
            return
        table = state_table()
        row = dict(zip(table["columns"], StateRow.of(load_id, state, utc_now()).values(), strict=True))
        rows = pa.Table.from_pylist([row])
        with tempfile.TemporaryDirectory(prefix="dlt_") as folder:
            batch: TDataItems = rows if self._options.file_format == "parquet" else [row]
            if not self._options.batch_size:
                batch = _written(rows, row, self._options.file_format, os.path.join(folder, STATE_TABLE))
            self._deliver(table, batch, 0, folder)

    def _deliver(self, table: TableSchema, batch: TDataItems, start: int, folder: str) -> None:
        try:
            with remembering(folder):
                self._call(batch, table)
        except DestinationTransientException:
            raise
        except TerminalException as error:
            raise LoadJobTerminalException(_failure(table, start, error), table=table["name"]) from error
        except Exception as error:
            # a function's libraries do not know our errors; a lost connection must not cost the package
            raise LoadJobTransientException(_failure(table, start, error), table=table["name"]) from error

    def _columns(self, table: TableSchema) -> dict[str, ColumnSchema]:
        skip = self._options.skip
        return {name: column for name, column in table["columns"].items() if not (skip and is_system_name(name))}

    @staticmethod
    def _whole(path: str, done: _Delivered) -> Iterator[tuple[int, TDataItems]]:
        if done.count == 0:
            yield 1, path

    def _batches(
        self, table: TableSchema, path: str, file_format: str, size: int, start: int
    ) -> Iterator[tuple[int, TDataItems]]:
        """Yield the rows behind `start` in batches, each with the number of rows up to its end."""
        rows = _read(path, file_format)
        rows = rows.select([name for name in rows.column_names if name in table["columns"]])
        documents = [name for name, column in table["columns"].items() if column.get("data_type") == "json"]
        for first in range(start, rows.num_rows, size):
            part = rows.slice(first, size)
            end = first + part.num_rows
            if self._options.file_format == "parquet":
                yield end, part
                continue
            items = part.to_pylist()
            for item in items:
                for name in documents:
                    # Arrow holds documents as texts, and a function gets what the source gave
                    if item.get(name) is not None:
                        item[name] = read_document(item[name])
            yield end, items


def _read(path: str, file_format: str) -> pa.Table:
    if file_format == "parquet":
        return pq.read_table(path, memory_map=True)
    with pa.memory_map(path) as source:
        return pa.ipc.open_stream(source).read_all()


def _written(rows: pa.Table, row: Mapping[str, object], file_format: str | None, path: str) -> str:
    """Write a row in the format of a function that takes files, and return its path."""
    if file_format == "parquet":
        pq.write_table(rows, f"{path}.parquet")
        return f"{path}.parquet"
    with open(f"{path}.jsonl", "wb") as file:
        file.write(orjson.dumps(row, default=str) + b"\n")
    return f"{path}.jsonl"


def _failure(table: TableSchema, start: int, error: BaseException) -> str:
    return (
        f"table {table['name']}: the destination function failed on the batch behind row {start} with "
        f"{type(error).__name__}: {error}"
    )


class _Delivered:
    """How many rows of a file were delivered, in lines of a small file beside it; the last whole line counts.

    Lines are not synced: a killed process keeps them, and a machine that loses power delivers some batches again.
    """

    def __init__(self, path: str) -> None:
        self._path = f"{path}.delivered"
        self.count = 0

    def __enter__(self) -> _Delivered:
        # to append: what an earlier try delivered counts
        self._file = open(self._path, "a+b")
        self._file.seek(0)
        # what stands behind the last line end was cut off by a kill
        whole = self._file.read().split(b"\n")[:-1]
        self.count = int(whole[-1]) if whole else 0
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def record(self, count: int) -> None:
        """Remember that so many rows were delivered."""
        self.count = count
        self._file.write(b"%d\n" % count)
        self._file.flush()
        failpoints.point("destination.batch_delivered")
