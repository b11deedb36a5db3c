"""Tables of PostgreSQL and MariaDB by `dlt.sources.sql_database`: each type, on each backend."""

from __future__ import annotations

import datetime
import json
import resource
import signal
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa

import dlt
from dlt.errors import (
    ConfigurationValueError,
    PipelineStepFailed,
    SqlDatabaseError,
    SqlDatabaseTableMissing,
    SqlDatabaseUnreachable,
)
from dlt.sources.sql_database import sql_database, sql_table
from tests.processes import run_python
from tests.servers.mariadb import MariaDbServer
from tests.servers.postgres import WITH_PASSWORD, PostgresServer

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("sql_database")]
BACKENDS = ["sqlalchemy", "pyarrow", "pandas", "connectorx", "auto"]
UTC = datetime.timezone.utc
PG_COLUMNS = {
    "small": ("smallint", "-5", -5),
    "big": ("bigint", "9223372036854775807", 2**63 - 1),
    "any_number": ("numeric", "1.123456789012345678", Decimal("1.123456789012345678")),
    "usual_number": ("numeric", "12.5", Decimal("12.500000000")),
    "price": ("numeric(12, 4)", "12345678.1234", Decimal("12345678.1234")),
    "long_number": (
        "numeric(50, 20)",
        "123456789012345678.12345678901234567890",
        Decimal("123456789012345678.12345678901234567890"),
    ),
    "hundreds": ("numeric(5, -2)", "1234567", Decimal("1234600")),
    "ratio": ("real", "1.1", 1.1),
    "twice": ("double precision", "0.1", 0.1),
    "words": ("text", "E'it''s \"q\", ü\\nline'", 'it\'s "q", ü\nline'),
    "short": ("varchar(10)", "'vc'", "vc"),
    "padded": ("char(4)", "'ab'", "ab  "),
    "yes": ("boolean", "true", True),
    "day": ("date", "'2024-02-29'", datetime.date(2024, 2, 29)),
    "wakes": ("time", "'23:59:59.123456'", datetime.time(23, 59, 59, 123456)),
    "wakes_there": ("time with time zone", "'10:00:00+02'", "10:00:00+02"),
    "naive": ("timestamp", "'2024-01-01 00:00:00.5'", datetime.datetime(2024, 1, 1, 0, 0, 0, 500000)),
    "aware": (
        "timestamptz",
        "'2024-01-01 00:00:00.5+02'",
        datetime.datetime(2023, 12, 31, 22, 0, 0, 500000, tzinfo=UTC),
    ),
    "lasts": ("interval", "'1 year 2 days 03:04:05'", "1 year 2 days 03:04:05"),
    "costs": ("money", "'1234.50'", "$1,234.50"),
    "place": ("point", "'(1,2)'", "(1,2)"),
    "own": ("uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    "document": ("json", """'{"a":  1, "b": [1.5, null]}'""", '{"a":1,"b":[1.5,null]}'),
    "binary_document": ("jsonb", """'{"x": "y"}'""", '{"x":"y"}'),
    "text_document": ("jsonb", """'"12"'""", '"12"'),
    "numbers": ("integer[]", "'{1,2,null}'", "[1,2,null]"),
    "texts": ("text[]", "'{a,\"b c\",null}'", '["a","b c",null]'),
    "bits": ("bit(3)", "'101'", "101"),
    "address": ("inet", "'10.0.0.1/24'", "10.0.0.1/24"),
    "network": ("cidr", "'10.0.0.0/8'", "10.0.0.0/8"),
    "mood": ("mood", "'ok'", "ok"),
    "whole_range": ("int4range", "'[1,5)'", "[1,5)"),
    "any_range": ("numrange", "'(1.5,2.5]'", "(1.5,2.5]"),
    "moment_range": ("tstzrange", "'[2024-01-01 00:00+00,)'", '["2024-01-01 00:00:00+00",)'),
    "photo": ("bytea", "'\\xdeadbeef'", b"\xde\xad\xbe\xef"),
    "pairs": ("hstore", "'a=>1, b=>NULL'", '{"a":"1","b":null}'),
    "vector": ("tsvector", "'a cat'", "'a' 'cat'"),
    "couple": ("pair", "'(1,x)'", "(1,x)"),
    "positive": ("positive", "7", 7),
    "number_of_type": ("oid", "12345", 12345),
}
"""Type, value as SQL, and what is loaded."""
MARIA_COLUMNS = {
    "tiny": ("tinyint", "-5", -5),
    "flag": ("boolean", "true", 1),
    "small": ("smallint unsigned", "65535", 65535),
    "large": ("bigint unsigned", "9223372036854775807", 2**63 - 1),
    "price": ("decimal(20, 5)", "12345.67890", Decimal("12345.67890")),
    "single": ("float", "16777216", 16777216.0),
    "fraction": ("float", "1.1", 1.1),
    "twice": ("double", "0.1", 0.1),
    "padded": ("char(5)", "'ab'", "ab"),
    "short": ("varchar(20)", "'vü'", "vü"),
    "words": ("longtext", "'a\\nb\"c\"'", 'a\nb"c"'),
    "three": ("binary(3)", "x'000102'", b"\x00\x01\x02"),
    "photo": ("blob", "x'00ff'", b"\x00\xff"),
    "bits": ("bit(8)", "b'101'", b"\x05"),
    "day": ("date", "'2024-02-29'", datetime.date(2024, 2, 29)),
    "naive": (
        "datetime(6)",
        "'2024-01-01 00:00:00.123456'",
        datetime.datetime(2024, 1, 1, 0, 0, 0, 123456),
    ),
    "wakes": ("time(6)", "'23:59:59.5'", datetime.time(23, 59, 59, 500000)),
    "since": ("year", "2024", 2024),
    "kind": ("enum('a', 'b')", "'a'", "a"),
    "kinds": ("set('x', 'y')", "'x,y'", "x,y"),
    "own": ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    "address": ("inet6", "'::1'", "::1"),
    "place": (
        "point",
        "point(1, 2)",
        b"\x00\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf0?\x00\x00\x00\x00\x00\x00\x00@",
    ),
}


def new_pipeline(folder: Path, name: str = "kinds") -> dlt.Pipeline:
    """Return a pipeline into a DuckDB of its own."""
    return dlt.pipeline(
        name, destination=dlt.destinations.duckdb(str(folder / f"{name}.duckdb")), pipelines_dir=str(folder)
    )


def loaded(pipeline: dlt.Pipeline, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table without the columns of dlt, by id."""
    rows = pipeline.dataset()[table].arrow().to_pylist()
    own = [{key: value for key, value in row.items() if not key.startswith("_dlt")} for row in rows]
    return sorted(own, key=lambda row: row["id"])


def execute(url: str, *statements: str) -> None:
    """Run statements on a PostgreSQL."""
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        for statement in statements:
            connection.cursor().execute(statement)
    finally:
        connection.close()


@pytest.fixture(scope="module")
def pg_kinds(postgres: PostgresServer) -> str:
    """Return the URL of a database with a table that has a column of each type."""
    url = postgres.new_database()
    columns = ", ".join(f"{name} {kind}" for name, (kind, _, _) in PG_COLUMNS.items())
    values = ", ".join(value for _, value, _ in PG_COLUMNS.values())
    execute(
        url,
        "CREATE EXTENSION hstore",
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "CREATE TYPE pair AS (a int, b text)",
        "CREATE DOMAIN positive AS integer CHECK (value > 0)",
        f"CREATE TABLE kinds (id integer PRIMARY KEY, {columns})",
        f"INSERT INTO kinds VALUES (1, {values})",
        "INSERT INTO kinds (id, words) VALUES (2, ''), (3, NULL)",
    )
    return url


@pytest.mark.parametrize("backend", [*BACKENDS, "psycopg 3"])
def test_every_type_of_postgres_on_every_backend(pg_kinds: str, tmp_path: Path, backend: Any) -> None:
    """No column is lost, and each value is the same whatever the backend, and the driver."""
    url = pg_kinds.replace("postgresql:", f"postgresql+{'psycopg' if backend == 'psycopg 3' else 'psycopg2'}:")
    pipeline = new_pipeline(tmp_path)
    pipeline.run(sql_table(url, table="kinds", backend="pyarrow" if backend == "psycopg 3" else backend))
    first, empty, null = loaded(pipeline, "kinds")
    assert first == {"id": 1, **{name: value for name, (_, _, value) in PG_COLUMNS.items()}}
    assert empty["words"] == "" and null["words"] is None
    assert {name for name, value in null.items() if value is not None} == {"id"}


@pytest.mark.parametrize("backend", ["sqlalchemy", "pyarrow", "pandas"])
def test_a_query_that_is_text_gives_the_same_lists(postgres_url: str, tmp_path: Path, backend: Any) -> None:
    """As does the query of the table itself; a text that is to be a document is one."""
    execute(
        postgres_url,
        'CREATE TABLE lists (id int PRIMARY KEY, "n:1" int[], words text[], said text, document json)',
        """INSERT INTO lists VALUES (1, '{1,NULL}', '{a,"b c"}', '[2]', '{"a": 1}'), (2, NULL, '{}', NULL, NULL)""",
    )
    pipeline = new_pipeline(tmp_path)
    for name, query in (("own", None), ("text", sa.text("SELECT * FROM lists WHERE id < :most;").bindparams(most=9))):
        table = sql_table(
            postgres_url,
            table="lists",
            backend=backend,
            query_adapter_callback=None if query is None else lambda *_, query=query: query,
        )
        table.apply_hints(table_name=name, columns={"said": {"data_type": "json"}})
        pipeline.run(table)
    values = [
        {"id": 1, "n_1": "[1,null]", "words": '["a","b c"]', "said": "[2]", "document": '{"a":1}'},
        {"id": 2, "n_1": None, "words": "[]", "said": None, "document": None},
    ]
    assert loaded(pipeline, "own") == loaded(pipeline, "text") == values


@pytest.mark.parametrize("backend", BACKENDS)
def test_numbers_of_documents_keep_their_digits(postgres_url: str, tmp_path: Path, backend: Any) -> None:
    """A document is the text of the server where a float would round; a list has such a number as its text."""
    number = "0.12345678901234567890123"
    document = f'{{"k": 12345678901234567890123, "f":{number}, "z": 1.10, "t": "a \\" 1e5 b"}}'
    execute(
        postgres_url,
        "CREATE TABLE d (id int PRIMARY KEY, plain json, binary_one jsonb, numbers numeric[], near json)",
        f"INSERT INTO d VALUES (1, '{document}', '{document}', "
        f"'{{{number},12345678901234567890123,1.5,NULL}}', '{{\"a\": 0.30000000000000004, \"b\": 1e3}}')",
        """INSERT INTO d VALUES (2, '{"e": 1e400}', '{"e": 1e400}', '{NaN,0.5}', NULL)""",
    )
    pipeline = new_pipeline(tmp_path)
    pipeline.run(sql_table(postgres_url, table="d", backend=backend))
    row, other = loaded(pipeline, "d")
    assert row["plain"] == document.replace(": ", ":").replace(", ", ",")
    kept = json.loads(row["binary_one"], parse_float=str, parse_int=str)
    assert kept == {
        "k": "12345678901234567890123",
        "f": number,
        "z": "1.10",
        "t": 'a " 1e5 b',
    }
    assert row["numbers"] == f'["{number}",12345678901234567890123,1.5,null]'
    assert json.loads(row["near"]) == {"a": 0.30000000000000004, "b": 1000.0}
    # a number beyond all floats is one that readers of JSON refuse, so that it goes beside
    assert other["plain__v_text"] == '{"e":1e400}' and other["numbers"] == '["NaN",0.5]'
    assert other["binary_one__v_text"] == f'{{"e":1{"0" * 400}}}'


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_type_of_mariadb_on_every_backend(mariadb: MariaDbServer, tmp_path: Path, backend: Any) -> None:
    """No column is lost, and each value is the same whatever the backend."""
    url = mariadb.new_server_url() + "src"
    columns = ", ".join(f"{name} {kind}" for name, (kind, _, _) in MARIA_COLUMNS.items())
    values = ", ".join(value for _, value, _ in MARIA_COLUMNS.values())
    cursor = mariadb.connect().cursor()
    for statement in (
        "CREATE DATABASE src",
        f"CREATE TABLE src.kinds (id int PRIMARY KEY, {columns})",
        f"INSERT INTO src.kinds VALUES (1, {values})",
        "INSERT INTO src.kinds (id) VALUES (2)",
    ):
        cursor.execute(statement)
    pipeline = new_pipeline(tmp_path)
    pipeline.run(sql_table(url, table="kinds", backend=backend))
    first, null = loaded(pipeline, "kinds")
    assert first == {"id": 1, **{name: value for name, (_, _, value) in MARIA_COLUMNS.items()}}
    assert {name for name, value in null.items() if value is not None} == {"id"}


@pytest.mark.parametrize("backend", ["sqlalchemy", "pyarrow"])
def test_values_that_a_column_cannot_hold_come_beside_it(postgres_url: str, tmp_path: Path, backend: Any) -> None:
    """Infinite dates, numbers that are none, and more digits than there are in other rows are kept."""
    execute(
        postgres_url,
        "CREATE TABLE odd (id int PRIMARY KEY, day date, at timestamptz, n numeric, w numeric)",
        "INSERT INTO odd VALUES (1, 'infinity', '-infinity', 'NaN', 1), (2, '2024-01-01', '2024-01-01 00:00', 0.1, 2)",
        "INSERT INTO odd VALUES (3, '0044-03-15 BC', now(), 1, 123456789012345678901234567890123456789012)",
    )
    pipeline = new_pipeline(tmp_path)
    pipeline.run(sql_table(postgres_url, table="odd", backend=backend))
    first, second, third = loaded(pipeline, "odd")
    assert (first["day__v_text"], first["at__v_text"], first["n__v_text"]) == ("infinity", "-infinity", "NaN")
    assert (second["day"], second["n"]) == (datetime.date(2024, 1, 1), Decimal("0.1"))
    assert third["day__v_text"] == "0044-03-15 BC"
    assert third["w__v_text"] == "123456789012345678901234567890123456789012"


def test_numbers_that_grow_between_runs_stay_exact(postgres_url: str, tmp_path: Path) -> None:
    """A column that was loaded keeps its size, and longer numbers go beside it."""
    execute(postgres_url, "CREATE TABLE n (id int PRIMARY KEY, n numeric)", "INSERT INTO n VALUES (1, 1.5)")
    pipeline = new_pipeline(tmp_path)
    table = sql_table(postgres_url, table="n", backend="pyarrow", write_disposition="replace")
    pipeline.run(table)
    execute(postgres_url, "INSERT INTO n VALUES (2, 0.123456789012345)")
    pipeline.run(table)
    first, second = loaded(pipeline, "n")
    assert first["n"] == Decimal("1.5")
    assert "0.123456789012345" in map(str, second.values())


@pytest.mark.parametrize("backend", ["sqlalchemy", "pyarrow", "connectorx"])
def test_cursors_with_and_without_a_zone(postgres_url: str, tmp_path: Path, backend: Any) -> None:
    """Moments go into the query as they are, and each run takes what is new."""
    execute(postgres_url, "CREATE TABLE e (id int PRIMARY KEY, naive timestamp, aware timestamptz)")
    for name in ("naive", "aware"):
        execute(
            postgres_url,
            "TRUNCATE e",
            "INSERT INTO e VALUES (1, '2024-01-01', '2024-01-01'), (2, '2024-01-02 10:00:00.123456', now())",
        )
        pipeline = new_pipeline(tmp_path, name)

        def load(cursor: str = name, into: dlt.Pipeline = pipeline) -> None:
            table = sql_table(postgres_url, table="e", backend=backend, incremental=dlt.sources.incremental(cursor))
            into.run(table)

        load()
        execute(postgres_url, f"INSERT INTO e SELECT 3, {name}, {name} FROM e WHERE id = 2")
        execute(postgres_url, "INSERT INTO e VALUES (4, '2023-01-01', '2023-01-01'), (5, '2030-01-01', '2030-01-01')")
        load()
        assert [row["id"] for row in loaded(pipeline, "e")] == [1, 2, 3, 5]
        state = pipeline.state["sources"]
        (source,) = state.values()
        last = source["resources"]["e"]["incremental"][name]["last_value"]
        assert (last.tzinfo is None) == (name == "naive")


def test_a_table_is_read_by_copy_in_bounded_chunks(postgres_url: str) -> None:
    """Pages have as many rows as were asked for, and reading may stop at any of them."""
    execute(postgres_url, "CREATE TABLE many AS SELECT i AS id, repeat('x', 100) AS t FROM generate_series(1, 2500) i")
    pages = [len(page) for page in sql_table(postgres_url, table="many", backend="pyarrow", chunk_size=1000)]
    assert pages == [1000, 1000, 500]
    engine = sa.create_engine(postgres_url.replace("postgresql:", "postgresql+psycopg2:"))
    other = sa.create_engine(postgres_url.replace("postgresql:", "postgresql+psycopg:"))
    for used in (engine, other):
        reading = iter(sql_table(used, table="many", backend="pyarrow", chunk_size=10))
        assert len(next(reading)) == 10
        reading.close()  # type: ignore[attr-defined]
        assert not [thread for thread in threading.enumerate() if thread.name == "dlt COPY"]
        assert len(list(sql_table(used, table="many"))) == 2500
        used.dispose()


def test_columns_of_one_value_that_is_null_are_rows(postgres_url: str) -> None:
    """A row of nothing but NULL is an empty line on its way."""
    execute(postgres_url, "CREATE TABLE one (a text)", "INSERT INTO one VALUES (NULL), (''), (NULL), ('x,\"y')")
    assert [row["a"] for row in sql_table(postgres_url, table="one")] == [None, "", None, 'x,"y']


def test_names_of_any_letters(postgres_url: str, tmp_path: Path) -> None:
    """Names that have to be quoted, and signs that mean something to a driver, are only names."""
    execute(
        postgres_url,
        'CREATE SCHEMA "My Schema"',
        'CREATE TABLE "My Schema"."Odd %s Table" ("Id" int PRIMARY KEY, "50% off" text, ":x" int, "a""b" int)',
        """INSERT INTO "My Schema"."Odd %s Table" VALUES (1, '5%', 2, 3)""",
    )
    for backend in ("sqlalchemy", "pyarrow", "connectorx"):
        cursor: Any = dlt.sources.incremental("Id", initial_value=0)
        table = sql_table(
            postgres_url,
            table="Odd %s Table",
            schema="My Schema",
            backend=backend,
            incremental=cursor,  # type: ignore[arg-type]
        )
        page = next(iter(table))
        row = page if isinstance(page, dict) else page.to_pylist()[0]
        assert row == {"Id": 1, "50% off": "5%", ":x": 2, 'a"b': 3}


def test_who_is_not_let_in_is_told_without_the_password(postgres: PostgresServer, postgres_url: str) -> None:
    """Wrong passwords, databases, tables and servers are told apart, and no secret is shown."""
    execute(postgres_url, f"DROP ROLE IF EXISTS {WITH_PASSWORD}", f"CREATE ROLE {WITH_PASSWORD} LOGIN PASSWORD 'right'")
    database = postgres_url.rpartition("/")[2]
    for backend in ("pyarrow", "connectorx"):
        with pytest.raises(SqlDatabaseError, match="password authentication failed") as told:
            sql_table(postgres.url(database, WITH_PASSWORD, "wr0ngs3cret"), table="t", backend=backend)  # type: ignore[arg-type]
        assert "wr0ngs3cret" not in str(told.value) and not isinstance(told.value, SqlDatabaseUnreachable)
    with pytest.raises(SqlDatabaseUnreachable):
        sql_database("postgresql://me:s3cretpass@127.0.0.1:1/db")
    with pytest.raises(SqlDatabaseTableMissing, match="nosuchtable"):
        sql_table(postgres_url, table="nosuchtable")
    for driver in ("psycopg2", "psycopg"):
        url = postgres.url("nosuchdatabase").replace("postgresql:", f"postgresql+{driver}:")
        with pytest.raises(
            SqlDatabaseError, match=r"nosuchdatabase.*Check the name of the database in the cred"
        ) as told:
            sql_database(url)
        assert not isinstance(told.value, SqlDatabaseTableMissing)
    with pytest.raises(SqlDatabaseError, match=r"there is no schema 'nope'. There are: .*public"):
        sql_database(postgres_url, schema="nope")


def test_partitions_come_with_their_table_only(postgres_url: str) -> None:
    """Rows of a partition are those of its table; one whose table is in another schema comes by itself."""
    execute(
        postgres_url,
        "CREATE SCHEMA other",
        "CREATE TABLE part (id int, k int) PARTITION BY RANGE (id)",
        "CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (k)",
        "CREATE TABLE part_1_a PARTITION OF part_1 DEFAULT",
        "CREATE TABLE other.part_2 PARTITION OF part FOR VALUES FROM (10) TO (20)",
        "CREATE TABLE plain (id int)",
        "INSERT INTO part VALUES (1, 1), (11, 1)",
    )
    source = sql_database(postgres_url, include_views=True)
    assert sorted(source.resources) == ["part", "plain"] and len(list(source.part)) == 2
    assert sorted(sql_database(postgres_url, schema="public", defer_table_reflect=True).resources) == ["part", "plain"]
    assert list(sql_database(postgres_url, schema="other").resources) == ["part_2"]
    assert list(sql_database(postgres_url, table_names=["part_1"]).resources) == ["part_1"]


def test_a_query_that_fails_on_its_way_loses_nothing(postgres_url: str, tmp_path: Path) -> None:
    """The error is told, nothing of the run is kept, and the next run loads all."""
    execute(
        postgres_url,
        "CREATE TABLE f AS SELECT i AS id, CASE WHEN i = 900 THEN 0 ELSE 1 END AS d FROM generate_series(1, 1000) i",
        "CREATE VIEW divided AS SELECT id, 1 / d AS q FROM f",
    )
    pipeline = new_pipeline(tmp_path)
    for backend in ("pyarrow", "sqlalchemy", "connectorx"):
        table = sql_table(postgres_url, table="divided", backend=backend, chunk_size=100)  # type: ignore[arg-type]
        with pytest.raises(PipelineStepFailed, match="division by zero"):
            pipeline.run(table)
    execute(postgres_url, "UPDATE f SET d = 1")
    pipeline.run(sql_table(postgres_url, table="divided", backend="pyarrow", chunk_size=100))
    assert len(loaded(pipeline, "divided")) == 1000


def test_all_tables_of_a_source_show_one_moment(postgres_url: str, tmp_path: Path) -> None:
    """With a snapshot, what is committed while a source is read is in none of its tables."""
    execute(
        postgres_url,
        "CREATE TABLE a (id int PRIMARY KEY)",
        "CREATE TABLE b (id int PRIMARY KEY)",
        "INSERT INTO a VALUES (1), (2)",
        "INSERT INTO b VALUES (1)",
    )
    added = iter([True])

    def meanwhile(table: Any) -> Any:
        if next(added, False):
            execute(postgres_url, "INSERT INTO a VALUES (3)", "INSERT INTO b VALUES (2)")
        return table

    pipeline = new_pipeline(tmp_path)
    source = sql_database(postgres_url, backend="pyarrow", chunk_size=1, snapshot=True)
    for table in source.resources.values():
        table.add_map(meanwhile)
    pipeline.run(source)
    assert (len(loaded(pipeline, "a")), len(loaded(pipeline, "b"))) == (2, 1)
    pipeline.run(source, write_disposition="replace")
    assert (len(loaded(pipeline, "a")), len(loaded(pipeline, "b"))) == (3, 2)
    connection = psycopg2.connect(postgres_url)
    cursor = connection.cursor()
    cursor.execute(
        "SELECT state, query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert cursor.fetchall() == []
    connection.close()


def test_a_snapshot_needs_a_database_that_has_them(tmp_path: Path) -> None:
    """It is told before anything is read."""
    (tmp_path / "x.db").touch()
    with pytest.raises(ConfigurationValueError, match="snapshot"):
        sql_database(f"sqlite:///{tmp_path / 'x.db'}", snapshot=True)


def test_a_big_table_needs_little_memory(postgres_url: str, tmp_path: Path) -> None:
    """Memory does not grow with the table: 40 times as many rows as are read at once."""
    execute(
        postgres_url,
        "CREATE TABLE wide AS SELECT i AS id, repeat(md5(i::text), 21) AS a FROM generate_series(1, 200000) i",
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows = sum(len(page) for page in sql_table(postgres_url, table="wide", backend="pyarrow", chunk_size=5000))
    assert rows == 200_000
    # the table has 140 MB
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 70_000


KILLED = """
import os, signal, sys
import dlt
from dlt.sources.sql_database import sql_table

url, folder, kill_at = sys.argv[1], sys.argv[2], int(sys.argv[3])
seen = 0


def kill(page):
    global seen
    seen += 1
    if seen == kill_at:
        os.kill(os.getpid(), signal.SIGKILL)
    return page


pipeline = dlt.pipeline("killed", destination=dlt.destinations.duckdb(f"{folder}/k.duckdb"), pipelines_dir=folder)
table = sql_table(
    url, table="rows", backend="pyarrow", chunk_size=100, incremental=dlt.sources.incremental("at", lag=5)
)
pipeline.run(table.add_map(kill))
"""


def test_a_process_that_is_killed_while_it_reads_is_run_again(postgres_url: str, tmp_path: Path) -> None:
    """Each row is loaded once, whenever the process died."""
    execute(postgres_url, "CREATE TABLE rows AS SELECT i AS id, i AS at FROM generate_series(1, 1000) i")
    for kill_at, more in ((4, 0), (0, 1000), (2, 1500), (0, 1500)):
        if more:
            execute(
                postgres_url,
                f"INSERT INTO rows SELECT i, i FROM generate_series((SELECT max(id) + 1 FROM rows), {more}) i",
            )
        done = run_python(["-c", KILLED, postgres_url, str(tmp_path), str(kill_at)])
        assert done.returncode == (-signal.SIGKILL if kill_at else 0), done.stderr
    pipeline = dlt.pipeline(
        "killed", destination=dlt.destinations.duckdb(f"{tmp_path}/k.duckdb"), pipelines_dir=str(tmp_path)
    )
    assert [row["id"] for row in loaded(pipeline, "rows")] == list(range(1, 1501))


def test_letters_of_a_server_that_has_others(postgres: PostgresServer) -> None:
    """Texts of a database in another encoding come as they are."""
    url = postgres.new_database()
    name = f"latin_{url.rpartition('_')[2]}"
    execute(url, f"CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    latin = postgres.url(name)
    connection = psycopg2.connect(latin)
    connection.set_client_encoding("UTF8")
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE letters AS SELECT 1 AS id, 'äöü ß'::text AS t")
    connection.close()
    for driver in ("psycopg2", "psycopg"):
        assert [row["t"] for row in sql_table(latin.replace(":", f"+{driver}:", 1), table="letters")] == ["äöü ß"]


def test_an_engine_that_commits_each_statement(postgres_url: str) -> None:
    """Settings of the session are those of the source while it reads, and those of the program afterwards."""
    execute(
        postgres_url,
        "CREATE TABLE m AS SELECT 1 AS id, timestamptz '2024-01-01 00:00+00' AS at, date '2024-02-01' AS day",
    )
    engine = sa.create_engine(
        postgres_url.replace(":", "+psycopg2:", 1),
        isolation_level="AUTOCOMMIT",
        poolclass=sa.StaticPool,
        connect_args={"options": "-c datestyle=SQL,DMY -c timezone=Asia/Tokyo"},
    )
    (row,) = sql_table(engine, table="m")
    assert row["at"] == datetime.datetime(2024, 1, 1, tzinfo=UTC) and row["day"] == datetime.date(2024, 2, 1)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW timezone").scalar_one() == "Asia/Tokyo"
    engine.dispose()
