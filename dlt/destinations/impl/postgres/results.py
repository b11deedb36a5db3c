"""Results of queries as Arrow tables."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from dlt.destinations.impl.postgres import binary
from dlt.late import pa
from dlt.schema.arrow import arrow_type
from dlt.schema.typing import ColumnSchema


def as_table(cursor: Any, documents: Collection[int] = (), binaries: Collection[int] = ()) -> pa.Table:
    """Return the rest of a result; a column has the type that the server tells, also without any value.

    Args:
        cursor: Cursor of psycopg2 after a query.
        documents: Numbers of more types that hold JSON.
        binaries: Numbers of more types that hold bytes.
    """
    rows = cursor.fetchall()
    arrays = []
    for number, column in enumerate(cursor.description):
        values = [row[number] for row in rows]
        kind = _arrow_type(column)
        if column.type_code in (binary.JSON, binary.JSONB, *documents):
            values, kind = [_json_text(value) for value in values], pa.string()
        elif column.type_code in binaries:
            kind = pa.binary()
        try:
            arrays.append(pa.array(values, kind))
        except pa.ArrowInvalid:
            # NaN, and numbers of more digits than Arrow has
            arrays.append(pa.array([None if value is None else str(value) for value in values], pa.string()))
    return pa.table(arrays, names=[column.name for column in cursor.description])


def _arrow_type(column: Any) -> pa.DataType | None:
    if column.type_code == binary.NUMERIC:
        # sums and the like come without sizes
        if column.precision is None or not 0 <= column.scale <= column.precision:
            return None
        return arrow_type({"data_type": "decimal"}, (column.precision, column.scale))
    if column.type_code == binary.REAL:
        return pa.float32()
    known = _COLUMNS.get(column.type_code)
    return None if known is None else arrow_type(known, bits=(16, 32, 64))


_COLUMNS: Mapping[int, ColumnSchema] = {
    binary.BOOL: {"data_type": "bool"},
    binary.BYTEA: {"data_type": "binary"},
    binary.BIGINT: {"data_type": "bigint"},
    binary.SMALLINT: {"data_type": "bigint", "precision": 16},
    binary.INTEGER: {"data_type": "bigint", "precision": 32},
    binary.TEXT: {"data_type": "text"},
    binary.VARCHAR: {"data_type": "text"},
    binary.CHARACTER: {"data_type": "text"},
    binary.DOUBLE: {"data_type": "double"},
    binary.DATE: {"data_type": "date"},
    binary.TIME: {"data_type": "time"},
    binary.TIMESTAMP: {"data_type": "timestamp", "timezone": False},
    binary.TIMESTAMP_TZ: {"data_type": "timestamp"},
}
"""The columns whose types the server calls by these numbers."""


def _json_text(value: Any) -> str | None:
    # orjson refuses integers of more than 64 bits
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
