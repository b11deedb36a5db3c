"""Which tables a query over files names: told by the parser of DuckDB, so that no view is made that nobody reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

import dlt
from dlt.destinations.impl.filesystem.named import tables_in


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a connection to an empty database: none of the tables is there."""
    with duckdb.connect() as found:
        yield found


NAMED = {
    "SELECT * FROM a JOIN b USING (x)": {"a", "b"},
    "FROM a": {"a"},
    "SELECT x FROM data.a": {"a"},
    "SELECT A.x FROM A": {"A"},
    'SELECT * FROM "with ""quotes"" and blanks"': {'with "quotes" and blanks'},
    "SELECT 'FROM a' AS b, \"c\" FROM d": {"d"},
    "SELECT 1 -- FROM a": set(),
    "SELECT a FROM b AS a": {"b"},
    "SELECT (SELECT max(x) FROM a) FROM b WHERE EXISTS (FROM c) ORDER BY (SELECT 1 FROM d)": {"a", "b", "c", "d"},
    "SELECT * FROM a UNION ALL SELECT * FROM b": {"a", "b"},
    "SELECT * FROM a WHERE x = ? AND y IN (?, ?)": {"a"},
    "SELECT unknown(x) FROM a": {"a"},
    "SELECT * FROM range(3)": set(),
    "SELECT * FROM a; SELECT * FROM b;": {"a", "b"},
    "SET threads = 2; SELECT * FROM a": None,
}
"""Statements, each with the tables that it reads; None where it may be any."""


@pytest.mark.parametrize("sql", NAMED)
def test_tables_are_those_that_the_parser_finds(sql: str, connection: duckdb.DuckDBPyConnection) -> None:
    """Texts, comments, columns and aliases name none; places for values and functions of nobody do not matter."""
    assert tables_in(connection, sql) == NAMED[sql]


def test_a_common_table_expression_may_read_a_table_of_its_name(connection: duckdb.DuckDBPyConnection) -> None:
    """So its name counts as one: a view too many is only slower."""
    assert tables_in(connection, "WITH a AS (SELECT * FROM a), b AS (FROM c) SELECT * FROM a, b") == {"a", "b", "c"}


@pytest.mark.parametrize(
    "sql",
    [
        "SHOW TABLES",
        "DESCRIBE a",
        "SUMMARIZE a",
        "PRAGMA show_tables",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM duckdb_tables()",
        "SELECT * FROM pg_catalog.pg_tables",
        "SELECT name FROM sqlite_master",
        "SELECT * FROM query_table('a')",
        "CREATE TABLE z AS SELECT * FROM a",
        "EXPLAIN SELECT * FROM a",
        "PIVOT a ON x USING sum(y)",
    ],
)
def test_what_asks_for_tables_may_read_any(sql: str, connection: duckdb.DuckDBPyConnection) -> None:
    """As does all that is more than a query."""
    assert tables_in(connection, sql) is None


def test_what_is_no_sql_names_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    """Whoever runs it is told what is wrong."""
    assert tables_in(connection, "SELEC 1") == frozenset()


def test_a_transaction_that_failed_is_left_alone(connection: duckdb.DuckDBPyConnection) -> None:
    """The parser runs beside it."""
    connection.execute("BEGIN")
    with pytest.raises(duckdb.Error):
        connection.execute("SELECT * FROM nowhere")
    assert tables_in(connection, "SELECT * FROM a") == {"a"}


def test_queries_over_files_read_the_tables_that_they_name(tmp_path: Path) -> None:
    """A text that looks like a table is none; catalogs show all tables; a query with values finds its table."""
    destination = dlt.destinations.filesystem(str(tmp_path / "bucket"))
    pipeline = dlt.pipeline("named", destination=destination, dataset_name="data", pipelines_dir=str(tmp_path / "p"))
    pipeline.run([dlt.resource([{"id": n}], name=name) for n, name in enumerate(["users", "orders"])])
    with pipeline.sql_client() as client:
        waiting = client._waiting
        assert client.execute_sql("SELECT 'orders' FROM \"users\" WHERE id = %s", 0) == [("orders",)]
        assert "users" not in waiting and "orders" in waiting
        assert client.execute_sql("WITH a AS (SELECT * FROM orders) SELECT id FROM a") == [(1,)]
        tables = client.execute_sql("SELECT table_name FROM information_schema.tables WHERE table_type = 'VIEW'")
        assert sorted(name for (name,) in tables) == ["orders", "users"]
