"""Results of queries as Arrow tables."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from dlt.destinations.impl.postgres import oids
from dlt.late import pa
from dlt.schema.arrow import arrow_type
from dlt.schema.typing import ColumnSchema

if TYPE_CHECKING:
    from psycopg2.extensions import Column
    from psycopg2.extensions import cursor as PgCursor


def as_table(cursor: PgCursor, documents: Collection[int] = (), binaries: Collection[int] = ()) -> pa.Table:
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
        if column.type_code in (oids.JSON, oids.JSONB, *documents):
            values, kind = [_json_text(value) for value in values], pa.string()
        elif column.type_code in binaries:
            kind = pa.binary()
        try:
            arrays.append(pa.array(values, kind))
        except pa.ArrowInvalid:
            # NaN, and numbers of more digits than Arrow has
            arrays.append(pa.array([None if value is None else str(value) for value in values], pa.string()))
    return pa.table(arrays, names=[column.name for column in cursor.description])


def _arrow_type(column: Column) -> pa.DataType | None:

    if column.type_code == oids.NUMERIC:
        # sums and the like come without sizes
        if column.precision is None or not 0 <= column.scale <= column.precision:
            return None
        return arrow_type({"data_type": "decimal"}, (column.precision, column.scale))
    if column.type_code == oids.REAL:
        return pa.float32()
    known = _COLUMNS.get(column.type_code)
    return None if known is None else arrow_type(known, bits=(16, 32, 64))


def column_of(column: Column) -> ColumnSchema | None:
    """Return the type of a column of a result, None for one that is of no type of ours.

    Args:
        column: The column, as the driver describes it.
    """
    if column.type_code == oids.NUMERIC:
        if column.precision is None or not 0 <= column.scale <= column.precision:
            return {"data_type": "decimal"}
        return {"data_type": "decimal", "precision": column.precision, "scale": column.scale}
    if column.type_code in (oids.JSON, oids.JSONB):
        return {"data_type": "json"}
    if column.type_code == oids.REAL:
        return {"data_type": "double"}
    known = _COLUMNS.get(column.type_code)
    return None if known is None else {**known}


_COLUMNS: Mapping[int, ColumnSchema] = {
    oids.BOOL: {"data_type": "bool"},
    oids.BYTEA: {"data_type": "binary"},
    oids.BIGINT: {"data_type": "bigint"},
    oids.SMALLINT: {"data_type": "bigint", "precision": 16},
    oids.INTEGER: {"data_type": "bigint", "precision": 32},
    oids.TEXT: {"data_type": "text"},
    oids.VARCHAR: {"data_type": "text"},
    oids.CHARACTER: {"data_type": "text"},
    oids.DOUBLE: {"data_type": "double"},
    oids.DATE: {"data_type": "date"},
    oids.TIME: {"data_type": "time"},
    oids.TIMESTAMP: {"data_type": "timestamp", "timezone": False},
    oids.TIMESTAMP_TZ: {"data_type": "timestamp"},
}
"""The columns whose types the server calls by these numbers."""


def _json_text(value: object) -> str | None:
    # orjson refuses integers of more than 64 bits
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
