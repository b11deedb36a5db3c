"""Rows of the library's own tables, in the transaction of a load.

They take the way of rows of data, from a file through `stage`, `load_files` and `publish`, so that every destination
has them without code of its own.
"""

from __future__ import annotations

import datetime
import os
import tempfile
from array import array
from collections.abc import Mapping, Sequence
from itertools import accumulate

from dlt.destinations.client import Client
from dlt.formats.loader import LoaderFiles
from dlt.late import pa
from dlt.load.order import LoadOrder
from dlt.schema.arrow import arrow_type
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_MICROSECOND = datetime.timedelta(microseconds=1)


def append_rows(order: LoadOrder, client: Client, table: TableSchema, rows: Sequence[Mapping[str, object]]) -> None:
    """Append rows to a table of the library, in the transaction of a load; the table is made if it is not there.

    Args:
        order: The load.
        client: Client of its dataset, inside of the transaction.
        table: The table, one of `dlt.schema.system_tables` or like them: its columns are text, json, bigint, double,
            bool or timestamp.
        rows: Its rows by column; a column that is left out is NULL. A moment has a time zone.
    """
    if not rows:
        return
    # whatever the definition says of itself: rows that are there stay
    table = {**table, "write_disposition": "append"}
    name, load_id = table["name"], order.package.load_id
    client.apply_ddl(SchemaUpdate({name: table}))
    with tempfile.TemporaryDirectory(prefix="dlt_") as folder:
        files = LoaderFiles(folder, "arrow")
        files.write(name, _batch(table, rows))
        paths = [os.path.join(folder, file.name) for file in files.close()]
        targets = client.stage([table], load_id)
        client.load_files(table, targets[name], paths, "arrow")
        # some destinations read the files only now
        client.publish([table], load_id)


def _batch(table: TableSchema, rows: Sequence[Mapping[str, object]]) -> pa.RecordBatch:
    columns = table["columns"]
    arrays = [_array(column, [row.get(name) for row in rows]) for name, column in columns.items()]
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))


def _array(column: ColumnSchema, values: Sequence[object]) -> pa.Array:
    """Return a column of values, made of buffers: `pa.array` would import pandas where it is installed."""
    kind, valid = arrow_type(column), _bits([value is not None for value in values])
    if pa.types.is_string(kind):
        data = [b"" if value is None else str(value).encode() for value in values]
        offsets = array("i", [0, *accumulate(map(len, data))])
        buffers = [valid, pa.py_buffer(offsets), pa.py_buffer(b"".join(data))]
    elif pa.types.is_boolean(kind):
        buffers = [valid, _bits([bool(value) for value in values])]
    elif pa.types.is_floating(kind):
        numbers = [value if isinstance(value, (int, float)) else 0.0 for value in values]
        buffers = [valid, pa.py_buffer(array("d", numbers))]
    else:
        buffers = [valid, pa.py_buffer(array("q", [_whole(value) for value in values]))]
    return pa.Array.from_buffers(kind, len(values), buffers)


def _bits(flags: Sequence[bool]) -> pa.Buffer:
    """Return flags as Arrow packs them: the first one is the lowest bit of the first byte."""
    found = bytearray((len(flags) + 7) // 8)
    for position, flag in enumerate(flags):
        found[position // 8] |= flag << position % 8
    return pa.py_buffer(bytes(found))


def _whole(value: object) -> int:
    # exact, where a timestamp of Python would be a float
    if isinstance(value, datetime.datetime):
        return (value - _EPOCH) // _MICROSECOND
    return value if isinstance(value, int) else 0
