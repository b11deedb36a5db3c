"""SQL over the files of a dataset: DuckDB in memory, one view for each table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from dlt.destinations.files.reading import select
from dlt.destinations.files.snapshot import Snapshot
from dlt.destinations.files.store import Store
from dlt.destinations.impl.duckdb import DIALECT, DuckDbClient
from dlt.destinations.sql.sql_client import SqlClient
from dlt.schema.system_tables import loads_table, state_table, version_table
from dlt.schema.typing import TableSchema


def open_tables(store: Store, dataset_name: str, snapshot: Snapshot) -> tuple[SqlClient, Callable[[], None]]:
    """Return a client for queries and the function that ends it.

    Args:
        store: The folder of the dataset.
        dataset_name: Its name.
        snapshot: Which files count.
    """
    import duckdb

    connection = duckdb.connect(":memory:")
    try:
        return _filled(connection, store, dataset_name, snapshot), connection.close
    except BaseException:
        connection.close()
        raise


def _filled(connection: Any, store: Store, dataset_name: str, snapshot: Snapshot) -> SqlClient:
    prefix = ""
    if not store.is_local:
        connection.register_filesystem(store.filesystem)
        prefix = f"{store.protocols[0]}://"
    client = DuckDbClient(DIALECT, dataset_name, connection)
    client.use_utc()
    client.create_dataset()
    for name, columns in snapshot.columns.items():
        files = [(f"{prefix}{store.full(entry['path'])}", entry["format"]) for entry in snapshot.files.get(name, [])]
        client.query(f"CREATE VIEW {client.qualified(name)} AS {select(columns, files)}")
    records = (
        (loads_table(), snapshot.loads),
        (version_table(), [{**row, "schema": orjson.dumps(row["schema"]).decode()} for row in snapshot.versions]),
        (state_table(), snapshot.states),
    )
    for table, rows in records:
        _fill(client, table, rows)
    return client.sql_client()


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
