"""A database whose tables are replicated, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg2

import dlt
from dlt.sources.pg_replication import init_replication, replication_resource
from dlt.sources.pg_replication.server import lsn_number
from tests.servers.postgres import PostgresServer


class Replicated:
    """A database, and a pipeline into DuckDB that takes its changes.

    Args:
        server: A server with wal_level = logical.
        folder: Where the pipeline works.
    """

    def __init__(self, server: PostgresServer, folder: Path) -> None:
        self.url = server.new_database()
        # slots are of the whole server
        self.slot = f"slot_{self.url.rpartition('/')[2]}"
        self.folder = folder
        self._connection = psycopg2.connect(self.url)
        self._connection.autocommit = True
        self.pipeline = self.new_pipeline("work")

    def new_pipeline(self, work: str) -> dlt.Pipeline:
        """Return a pipeline that knows the destination only, as on another machine."""
        return dlt.pipeline(
            "replicated",
            destination=dlt.destinations.duckdb(str(self.folder / "replicated.db")),
            dataset_name="data",
            pipelines_dir=str(self.folder / work),
        )

    def close(self) -> None:
        """Drop the slot: what is left would keep the log of the server."""
        self._connection.close()
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                " WHERE database = current_database() AND active_pid IS NULL"
            )
        connection.close()

    def sql(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run a statement at the source; return its rows."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return list(cursor.fetchall()) if cursor.description else []

    def init(self, *tables: str, **options: Any) -> Any:
        """Set replication up for tables."""
        options = {"schema_name": "public", "pub_name": "pub", **options}
        return init_replication(slot_name=self.slot, table_names=list(tables) or None, credentials=self.url, **options)  # type: ignore[call-overload, unused-ignore]

    def changes(self, **options: Any) -> Any:
        """Return the resource of the changes."""
        return replication_resource(self.slot, "pub", credentials=self.url, **options)

    def run(self, **options: Any) -> Any:
        """Load the changes."""
        return self.pipeline.run(self.changes(**options))

    def loaded(self, table: str, columns: str = "*", order: str = "1") -> list[tuple[Any, ...]]:
        """Return the rows of a table at the destination."""
        with self.pipeline.sql_client() as client:
            return [tuple(row) for row in client.execute_sql(f"SELECT {columns} FROM {table} ORDER BY {order}") or ()]

    def confirmed(self) -> int:
        """Return the place in the log up to which the slot is advanced."""
        rows = self.sql("SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = %s", self.slot)
        return lsn_number(rows[0][0])

    def position(self) -> int:
        """Return the place that the log has reached."""
        return lsn_number(self.sql("SELECT pg_current_wal_flush_lsn()")[0][0])
