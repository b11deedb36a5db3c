"""Tables of databases: a million rows of ten columns from PostgreSQL and from SQLite."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TITLE = "SQL: 1,000,000 rows of 10 columns"
CASES = {
    "postgres pyarrow": 3.0,
    "postgres connectorx": None,
    "sqlite pyarrow": 4.0,
    "postgres sqlalchemy, 100,000 rows": None,
}
ROWS = 1_000_000
FEW = 100_000
POSTGRES = """
    CREATE TABLE {table} (
        id bigint PRIMARY KEY, name text, quantity integer, price numeric(12, 2), ratio double precision,
        is_active boolean, day date, created_at timestamptz, updated_at timestamp, note varchar(60)
    );
    INSERT INTO {table} SELECT
        i, 'customer ' || (i % 1000), i % 97, (i * 7 % 100000)::numeric / 100, i / 7.0, i % 3 = 0,
        date '2020-01-01' + (i % 1000)::int, timestamptz '2024-01-01 00:00:00+00' + i * interval '1 second',
        timestamp '2024-01-01' + i * interval '1 second 13 microseconds',
        CASE WHEN i % 10 > 0 THEN 'note of row ' || i END
    FROM generate_series(1, {rows}) i;
    ANALYZE {table};
"""
SQLITE = """
    CREATE TABLE items (
        id INTEGER PRIMARY KEY, name TEXT, quantity INTEGER, price NUMERIC(12, 2), ratio DOUBLE, is_active BOOLEAN,
        day DATE, created_at TIMESTAMP, updated_at TIMESTAMP, note VARCHAR(60)
    );
    WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 1000000)
    INSERT INTO items SELECT
        i, 'customer ' || (i % 1000), i % 97, (i * 7 % 100000) / 100.0, i / 7.0, i % 3 = 0,
        date('2020-01-01', '+' || (i % 1000) || ' days'), datetime('2024-01-01', '+' || i || ' seconds'),
        datetime('2024-01-01', '+' || i || ' seconds') || '.000013',
        CASE WHEN i % 10 > 0 THEN 'note of row ' || i END
    FROM numbers;
"""


@contextlib.contextmanager
def prepare(folder: Path) -> Iterator[dict[str, str]]:
    """Start a server and fill it, and a file."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    import psycopg2

    from tests.servers.postgres import PostgresServer
    from tests.servers.process import running

    file = folder / "items.db"
    connection = sqlite3.connect(file)
    connection.executescript(SQLITE)
    connection.commit()
    connection.close()
    with running(PostgresServer()) as server:
        filling = psycopg2.connect(server.url())
        filling.autocommit = True
        for table, rows in (("items", ROWS), ("few_items", FEW)):
            filling.cursor().execute(POSTGRES.format(table=table, rows=rows))
        filling.close()
        # a driver that both sides have
        yield {"postgres": server.url().replace("postgresql:", "postgresql+psycopg2:"), "sqlite": f"sqlite:///{file}"}


def load(case: str, settings: dict[str, str], pipeline: Any) -> dict[str, int]:
    """Load a table."""
    from dlt.sources.sql_database import sql_table

    system, backend, *few = case.replace(",", "").split()
    # ConnectorX takes no URL with a driver of Python in it
    given = {"conn": settings["postgres"].replace("+psycopg2", "")} if backend == "connectorx" else None
    table: Any = sql_table(
        settings[system],
        table="few_items" if few else "items",
        backend=backend,
        backend_kwargs=given,  # type: ignore[arg-type]
    )
    pipeline.run(table)
    return dict(pipeline.last_trace.last_normalize_info.row_counts)
