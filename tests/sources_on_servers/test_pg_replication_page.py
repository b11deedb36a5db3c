"""The page about replication, and the program to begin with, run as they are written."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import psycopg2
import pytest

from dlt.cli import main
from dlt.sources.pg_replication.helpers import drop_replication_slot
from tests.docs.test_docs import ROOT, run_page
from tests.servers.postgres import PostgresServer

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as PgCursor

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("logical_postgres")]


@pytest.fixture
def shop(logical_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[PgCursor]:
    """Return a cursor of a shop with two customers, whose server is that of the settings."""
    url = logical_postgres.new_database()
    connection = psycopg2.connect(url)
    connection.autocommit = True
    # variables come before files
    monkeypatch.setenv("SOURCES__PG_REPLICATION__CREDENTIALS", url)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE customers (id int PRIMARY KEY); INSERT INTO customers VALUES (1), (2)")
        cursor.execute("CREATE TABLE orders (id int PRIMARY KEY)")
        yield cursor
        drop_replication_slot("shop_slot", cursor)
        drop_replication_slot("pg_replication_slot", cursor)
    connection.close()


def test_the_page_runs(shop: PgCursor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its examples, one after the other."""
    run_page(ROOT / "docs" / "pg_replication.md", tmp_path, monkeypatch)


def test_the_program_to_begin_with_runs(shop: PgCursor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Again and again, as `dlt init` makes it: first the tables, then what changed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(tmp_path / "loaded.db"))
    assert main(["init", "pg_replication", "duckdb"]) == 0
    secrets = (tmp_path / ".dlt" / "secrets.toml").read_text()
    assert "[sources.pg_replication]" in secrets
    assert "dlt-tasks[pg_replication]" in (tmp_path / "requirements.txt").read_text()
    program = [sys.executable, "pg_replication_pipeline.py"]
    for statement in ("INSERT INTO orders VALUES (7)", "DELETE FROM customers WHERE id = 2"):
        # a whole interpreter: DuckDB in one that was forked does not always come to its end
        ran = subprocess.run(program, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        shop.execute(statement)
    assert subprocess.run(program, check=False).returncode == 0
    connection = duckdb.connect(str(tmp_path / "loaded.db"), read_only=True)
    assert connection.execute("SELECT id FROM pg_replication_data.customers").fetchall() == [(1,)]
    assert connection.execute("SELECT id FROM pg_replication_data.orders").fetchall() == [(7,)]
    connection.close()
