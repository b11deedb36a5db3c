"""Data types of the table formats, and Parquet files that have them."""

from __future__ import annotations

from collections.abc import Mapping

from dlt.destinations.impl.duckdb.dialect import DIALECT
from dlt.destinations.impl.duckdb.memory import memory_for
from dlt.destinations.reading import select
from dlt.io.mapped import mapped_batches, schema_of
from dlt.late import duckdb, pa
from dlt.schema.arrow import arrow_type
from dlt.schema.typing import ColumnSchema, DataType

# Iceberg has int and long only, and Delta Lake no type for a time of day
_BITS: Mapping[str, tuple[int, ...]] = {"delta": (8, 16, 32, 64), "iceberg": (32, 64)}
"""Sizes of whole numbers, by format."""
_WITHOUT: Mapping[str, Mapping[DataType, DataType]] = {"delta": {"time": "text"}, "iceberg": {}}
"""Data types that a format does not have, and what stands for them."""
_INTEGERS = {8: "TINYINT", 16: "SMALLINT", 32: "INTEGER", 64: "BIGINT"}
_PLAIN: Mapping[DataType, str] = {
    "text": "VARCHAR",
    "json": "VARCHAR",
    "double": "DOUBLE",
    "bool": "BOOLEAN",
    "date": "DATE",
    "time": "TIME",
    "binary": "BLOB",
}


def _held(column: ColumnSchema, kind: str) -> ColumnSchema:
    """Return a column as a table format has it: moments with six digits of seconds, decimals with 38 digits at most."""
    data_type = column["data_type"]
    if data_type in ("decimal", "wei"):
        return DIALECT.as_stored(column)
    return {**column, "data_type": _WITHOUT[kind].get(data_type, data_type)}


def lake_type(column: ColumnSchema, kind: str) -> str:
    """Return the type of a column in a file, as DuckDB calls it.

    Args:
        column: A complete column.
        kind: Format of the table.
    """
    data_type = _held(column, kind)["data_type"]
    if data_type in ("decimal", "wei"):
        return DIALECT.type_of(column)
    if data_type == "bigint":
        precision = column.get("precision") or 64
        return _INTEGERS[next((bits for bits in _BITS[kind] if precision <= bits), 64)]
    if data_type == "timestamp":
        return "TIMESTAMP WITH TIME ZONE" if column.get("timezone", True) else "TIMESTAMP"
    return _PLAIN[data_type]


def lake_schema(columns: Mapping[str, ColumnSchema], kind: str) -> pa.Schema:
    """Return the columns of a table with the types that its files have."""
    complete = {name: _held(column, kind) for name, column in columns.items() if "data_type" in column}
    return pa.schema([pa.field(name, arrow_type(held, bits=_BITS[kind])) for name, held in complete.items()])


def write_lake_file(columns: Mapping[str, ColumnSchema], path: str, file_format: str, kind: str, target: str) -> int:
    """Write the rows of a file into a Parquet file with the types of a table format; return their number.

    Args:
        columns: Columns of the table.
        path: File with rows.
        file_format: Its format: arrow, parquet, jsonl or csv.
        kind: Format of the table.
        target: File to write.
    """
    # in memory nothing goes to the disk: it may use what a merge may
    limit = memory_for(len(columns), merges=True)
    connection = duckdb.connect(":memory:", config={"memory_limit": limit, "threads": 1})
    try:
        connection.execute("SET TimeZone = 'UTC'")
        complete = {name: column for name, column in columns.items() if "data_type" in column}
        if file_format == "arrow":
            schema = schema_of(path)
            there = {name: column for name, column in complete.items() if name in schema.names}
            connection.register("rows", pa.RecordBatchReader.from_batches(schema, mapped_batches(path)))
            return _copy(connection, there, "rows", kind, target)
        return _copy(connection, complete, f"({select(complete, [(path, file_format)])})", kind, target)
    finally:
        connection.close()


def _copy(
    connection: duckdb.DuckDBPyConnection, columns: Mapping[str, ColumnSchema], rows: str, kind: str, target: str
) -> int:
    values = ", ".join(
        f"CAST({DIALECT.quote(name)} AS {lake_type(column, kind)}) AS {DIALECT.quote(name)}"
        for name, column in columns.items()
    )
    quoted = "'" + target.replace("'", "''") + "'"
    done = connection.execute(f"COPY (SELECT {values} FROM {rows}) TO {quoted} (FORMAT parquet, COMPRESSION zstd)")
    row = done.fetchone()
    assert row is not None, "COPY tells how many rows it wrote"
    return int(row[0])
