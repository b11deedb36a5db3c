"""Data types of the table formats, and Parquet files that have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dlt.destinations.impl.duckdb.dialect import DIALECT
from dlt.destinations.impl.duckdb.memory import memory_for
from dlt.destinations.reading import select
from dlt.schema.typing import ColumnSchema

if TYPE_CHECKING:
    import pyarrow as pa

_SMALL = {"delta": ((8, "TINYINT"), (16, "SMALLINT"), (32, "INTEGER")), "iceberg": ((32, "INTEGER"),)}
"""Whole numbers with fewer bits than 64, by format."""
_PLAIN = {
    "text": "VARCHAR",
    "json": "VARCHAR",
    "double": "DOUBLE",
    "bool": "BOOLEAN",
    "date": "DATE",
    "binary": "BLOB",
}


def lake_type(column: ColumnSchema, kind: str) -> str:
    """Return the type of a column in a file, as DuckDB calls it.

    Delta Lake has no time of day: it is text there. Moments have six digits of seconds, decimals at most 38 digits.

    Args:
        column: A complete column.
        kind: Format of the table.
    """
    data_type = column["data_type"]
    if data_type in ("decimal", "wei"):
        return DIALECT.type_of(column)
    if data_type == "bigint":
        precision = column.get("precision") or 64
        return next((name for bits, name in _SMALL[kind] if precision <= bits), "BIGINT")
    if data_type == "timestamp":
        return "TIMESTAMP WITH TIME ZONE" if column.get("timezone", True) else "TIMESTAMP"
    if data_type == "time":
        return "VARCHAR" if kind == "delta" else "TIME"
    return _PLAIN[data_type]


def lake_schema(columns: Mapping[str, ColumnSchema], kind: str) -> pa.Schema:
    """Return the columns of a table with the types that its files have."""
    import pyarrow as pa

    plain = {
        "TINYINT": pa.int8(),
        "SMALLINT": pa.int16(),
        "INTEGER": pa.int32(),
        "BIGINT": pa.int64(),
        "VARCHAR": pa.string(),
        "DOUBLE": pa.float64(),
        "BOOLEAN": pa.bool_(),
        "DATE": pa.date32(),
        "TIME": pa.time64("us"),
        "BLOB": pa.binary(),
        "TIMESTAMP": pa.timestamp("us"),
        "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", "UTC"),
    }
    fields = []
    for name, column in columns.items():
        if "data_type" in column:
            text = lake_type(column, kind)
            if text in plain:
                fields.append(pa.field(name, plain[text]))
            else:
                stored = DIALECT.as_stored(column)
                fields.append(pa.field(name, pa.decimal128(stored["precision"], stored["scale"])))
    return pa.schema(fields)


def write_lake_file(columns: Mapping[str, ColumnSchema], path: str, file_format: str, kind: str, target: str) -> int:
    """Write the rows of a file into a Parquet file with the types of a table format; return their number.

    Args:
        columns: Columns of the table.
        path: File with rows.
        file_format: Its format: arrow, parquet, jsonl or csv.
        kind: Format of the table.
        target: File to write.
    """
    import duckdb
    import pyarrow as pa

    connection = duckdb.connect(":memory:", config={"memory_limit": memory_for(len(columns)), "threads": 1})
    try:
        connection.execute("SET TimeZone = 'UTC'")
        complete = {name: column for name, column in columns.items() if "data_type" in column}
        if file_format == "arrow":
            with pa.memory_map(path) as source, pa.ipc.open_stream(source) as reader:
                there = {name: column for name, column in complete.items() if name in reader.schema.names}
                connection.register("rows", reader)
                return _copy(connection, there, "rows", kind, target)
        return _copy(connection, complete, f"({select(complete, [(path, file_format)])})", kind, target)
    finally:
        connection.close()


def _copy(connection: Any, columns: Mapping[str, ColumnSchema], rows: str, kind: str, target: str) -> int:
    values = ", ".join(
        f"CAST({DIALECT.quote(name)} AS {lake_type(column, kind)}) AS {DIALECT.quote(name)}"
        for name, column in columns.items()
    )
    quoted = "'" + target.replace("'", "''") + "'"
    done = connection.execute(f"COPY (SELECT {values} FROM {rows}) TO {quoted} (FORMAT parquet, COMPRESSION zstd)")
    return int(done.fetchone()[0])
