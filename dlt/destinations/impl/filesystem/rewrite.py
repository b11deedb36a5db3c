"""Merge new rows into the files of tables, by a DuckDB database that lives as long as the merge."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from dlt.destinations.impl.duckdb.client import DuckDbClient, duckdb_client
from dlt.destinations.impl.duckdb.configuration import DuckDbSettings
from dlt.destinations.impl.duckdb.dialect import DIALECT
from dlt.destinations.impl.duckdb.memory import Memory
from dlt.destinations.reading import select
from dlt.destinations.settings import settings_of
from dlt.late import duckdb
from dlt.schema.row_order import as_staged
from dlt.schema.system_columns import ROOT_ID
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate

Files = Mapping[str, Sequence[tuple[str, str]]]
"""Local path and format of files, by table."""


def merge_files(
    folder: str,
    chain: Sequence[TableSchema],
    columns: Mapping[str, Mapping[str, ColumnSchema]],
    current: Files,
    staged: Files,
    load_id: str,
) -> dict[str, str]:
    """Return the path of one Parquet file with the new content of each table of a chain.

    Args:
        folder: An existing local folder for the database and the results.
        chain: Root table first.
        columns: All columns of each table, also those that only other pipelines load.
        current: Files of the tables as they are.
        staged: Files with the new rows.
        load_id: Id of the load.
    """
    # in a file: only such a database can do with less memory than it holds
    connection = duckdb.connect(os.path.join(folder, "merge.duckdb"))
    try:
        client = duckdb_client(DIALECT, "tables", connection, _memory())
        client.begin()
        client.session.fit_memory(chain)
        client.create_dataset()
        whole = {table["name"]: _without_constraints(table, columns[table["name"]]) for table in chain}
        client.apply_ddl(SchemaUpdate(whole))
        for name, table in whole.items():
            _insert(client, table, client.catalog.qualified(name), current[name])
        for table in chain[1:]:
            # rows that were appended before a merge needed them have none
            if ROOT_ID in table["columns"]:
                client.loader.fill_root_ids(table)
        # from here on as in any DuckDB: one set of statements merges for all destinations
        targets = client.stage(chain, load_id)
        for table in chain:
            _insert(client, as_staged(table, chain[0]), targets[table["name"]], staged[table["name"]])
        client.publish(chain, load_id)
        client.commit()
        found = {}
        for number, table in enumerate(chain):
            path = found[table["name"]] = os.path.join(folder, f"merged.{number:05d}.parquet")
            quoted = "'" + path.replace("'", "''") + "'"
            client.query(f"COPY {client.catalog.qualified(table['name'])} TO {quoted} (FORMAT parquet)")
        return found
    finally:
        connection.close()


def _memory() -> Memory:
    return Memory.of("filesystem", settings_of(DuckDbSettings, {}, "filesystem").memory_limit)


def _insert(client: DuckDbClient, table: TableSchema, target: str, files: Sequence[tuple[str, str]]) -> None:
    if files:
        names = ", ".join(DIALECT.quote(name) for name, column in table["columns"].items() if "data_type" in column)
        client.query(f"INSERT INTO {target} ({names}) {select(table['columns'], files)}")


def _without_constraints(table: TableSchema, columns: Mapping[str, ColumnSchema]) -> TableSchema:
    # rows of earlier loads may lack what became required later
    return {**table, "columns": {name: {**column, "nullable": True} for name, column in columns.items()}}
