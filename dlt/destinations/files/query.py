"""SQL over the files of a dataset: DuckDB in memory, one view for each table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from dlt.destinations.files.snapshot import Snapshot
from dlt.destinations.impl.duckdb import DIALECT, DuckDbClient
from dlt.destinations.sql.sql_client import SqlClient
from dlt.schema.system_tables import loads_table, state_table, version_table
from dlt.schema.typing import ColumnSchema, TableSchema


def open_tables(
    filesystem: Any, root: str, dataset_name: str, snapshot: Snapshot
) -> tuple[SqlClient, Callable[[], None]]:
    """Return a client for queries and the function that ends it.

    Args:
        filesystem: An fsspec file system.
        root: Path of the dataset.
        dataset_name: Its name.
        snapshot: Which files count.
    """
    import duckdb

    connection = duckdb.connect(":memory:")
    prefix = ""
    if "file" not in filesystem.protocol:
        connection.register_filesystem(filesystem)
        protocol = filesystem.protocol if isinstance(filesystem.protocol, str) else filesystem.protocol[0]
        prefix = f"{protocol}://"
    client = DuckDbClient(DIALECT, dataset_name, connection)
    client.create_dataset()
    for name, columns in snapshot.columns.items():
        files = [(f"{prefix}{root}/{entry['path']}", entry["format"]) for entry in snapshot.files.get(name, [])]
        client.query(f"CREATE VIEW {client.qualified(name)} AS {_select(columns, files)}")
    records = (
        (loads_table(), snapshot.loads),
        (version_table(), [{**row, "schema": orjson.dumps(row["schema"]).decode()} for row in snapshot.versions]),
        (state_table(), snapshot.states),
    )
    for table, rows in records:
        _fill(client, table, rows)
    return client.sql_client(), connection.close


def _select(columns: Mapping[str, ColumnSchema], files: list[tuple[str, str]]) -> str:
    types = {name: DIALECT.type_of(column) for name, column in columns.items() if "data_type" in column}
    empty = ", ".join(f"CAST(NULL AS {kind}) AS {DIALECT.quote(name)}" for name, kind in types.items())
    parts = [f"(SELECT {empty} WHERE 1 = 0)"]
    for file_format in dict.fromkeys(file_format for _, file_format in files):
        paths = ", ".join("'" + path.replace("'", "''") + "'" for path, kind in files if kind == file_format)
        parts.append(f"(SELECT * FROM {_reader(file_format, paths)})")
    names = ", ".join(f"CAST({DIALECT.quote(name)} AS {kind}) AS {DIALECT.quote(name)}" for name, kind in types.items())
    return f"SELECT {names} FROM ({' UNION ALL BY NAME '.join(parts)})"


def _reader(file_format: str, paths: str) -> str:
    if file_format == "jsonl":
        return f"read_json_auto([{paths}], format = 'newline_delimited', union_by_name = true)"
    if file_format == "csv":
        return f"read_csv_auto([{paths}], header = true, all_varchar = true, union_by_name = true)"
    return f"read_parquet([{paths}], union_by_name = true)"


def _fill(client: DuckDbClient, table: TableSchema, rows: list[dict[str, Any]]) -> None:
    definitions = ", ".join(
        f"{DIALECT.quote(name)} {DIALECT.type_of(column)}" for name, column in table["columns"].items()
    )
    client.query(f"CREATE TABLE {client.qualified(table['name'])} ({definitions})")
    for row in rows:
        places = ", ".join(["%s"] * len(table["columns"]))
        client.query(
            f"INSERT INTO {client.qualified(table['name'])} VALUES ({places})", [row[name] for name in table["columns"]]
        )
