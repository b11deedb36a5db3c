"""Results of queries as Arrow tables."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from dlt.destinations.impl.postgres import binary

if TYPE_CHECKING:
    import pyarrow as pa


def as_table(cursor: Any, documents: Collection[int] = (), binaries: Collection[int] = ()) -> pa.Table:
    """Return the rest of a result; a column has the type that the server tells, also without any value.

    Args:
        cursor: Cursor of psycopg2 after a query.
        documents: Numbers of more types that hold JSON.
        binaries: Numbers of more types that hold bytes.
    """
    import pyarrow as pa

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
    import pyarrow as pa

    if column.type_code == binary.NUMERIC:
        precision, scale = column.precision, column.scale
        # sums and the like come without sizes
        if precision is None or not 0 <= scale <= precision:
            return None
        return pa.decimal128(precision, scale) if precision <= 38 else pa.decimal256(min(precision, 76), scale)
    return {
        binary.BOOL: pa.bool_(),
        binary.BYTEA: pa.binary(),
        binary.BIGINT: pa.int64(),
        binary.SMALLINT: pa.int16(),
        binary.INTEGER: pa.int32(),
        binary.TEXT: pa.string(),
        binary.VARCHAR: pa.string(),
        binary.CHARACTER: pa.string(),
        binary.REAL: pa.float32(),
        binary.DOUBLE: pa.float64(),
        binary.DATE: pa.date32(),
        binary.TIME: pa.time64("us"),
        binary.TIMESTAMP: pa.timestamp("us"),
        binary.TIMESTAMP_TZ: pa.timestamp("us", "UTC"),
    }.get(column.type_code)


def _json_text(value: Any) -> str | None:
    # orjson refuses integers of more than 64 bits
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
