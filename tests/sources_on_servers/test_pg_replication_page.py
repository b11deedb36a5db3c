"""The page about replication runs as it is written."""

from __future__ import annotations

from pathlib import Path

import psycopg2
import pytest

from dlt.sources.pg_replication.helpers import drop_replication_slot
from tests.docs.test_docs import ROOT, run_page
from tests.servers.postgres import PostgresServer

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("logical_postgres")]


def test_the_page_runs(logical_postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a shop with two customers; the server of the page is that of the tests."""
    url = logical_postgres.new_database()
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE customers (id int PRIMARY KEY); INSERT INTO customers VALUES (1), (2)")
        cursor.execute("CREATE TABLE orders (id int PRIMARY KEY)")
        # variables come before files
        monkeypatch.setenv("SOURCES__PG_REPLICATION__CREDENTIALS", url)
        try:
            run_page(ROOT / "docs" / "pg_replication.md", tmp_path, monkeypatch)
        finally:
            drop_replication_slot("shop_slot", cursor)
    connection.close()
