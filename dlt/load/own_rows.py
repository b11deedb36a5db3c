"""Rows of the library's own tables, in the transaction of a load.

They take the way of rows of data, from a file through `stage`, `load_files` and `publish`, so that every destination
has them without code of its own.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence

from dlt.destinations.client import Client
from dlt.formats.loader import LoaderFiles
from dlt.late import pa
from dlt.load.order import LoadOrder
from dlt.schema.arrow import array_of, arrow_type
from dlt.schema.typing import TableSchema
from dlt.schema.update import SchemaUpdate


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
    arrays = [array_of([row.get(name) for row in rows], arrow_type(column)) for name, column in columns.items()]
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))
