"""Postgres: a real server, COPY, one transaction, readers that never see a part."""

from __future__ import annotations

import datetime
import shutil
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pytest

import dlt
from dlt.errors import (
    DatabaseTerminalException,
    DatabaseTransientException,
    DestinationConnectionError,
    PipelineStepFailed,
)
from tests.destinations.killed import check_kills
from tests.servers.postgres import WITH_PASSWORD, PostgresServer
from tests.servers.process import free_port, running
from tests.waiting import wait_until

UTC = datetime.timezone.utc


def make(url: str, name: str = "pg", **options: Any) -> Any:
    """Return a pipeline into a database."""
    return dlt.pipeline(name, destination=dlt.destinations.postgres(url), dataset_name="data", **options)


def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Return what a query of another program gives."""
    connection = psycopg2.connect(url)
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        return cursor.fetchall()
    finally:
        connection.close()


def test_values_come_back_as_they_went(postgres_url: str) -> None:
    """Types round trip with their extremes; NULL and empty text stay apart."""
    zone = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    values: dict[str, list[Any]] = {
        "text": ["", "a\"b,\n\r\\N 'c'", "ünï 漢字 🎉", "\\.", "NULL", " "],
        "double": [1.7976931348623157e308, -1e308, 1e-308, 5e-324, -0.0, 0.1],
        "bool": [True, False, True, False, None, True],
        "bigint": [2**63 - 1, -(2**63), 0, 1, -1, None],
        "wei": [10**38 - 1, 0, -(10**37), 2**64, None, 5],
        "decimal": [
            Decimal("12345678901234567890123456789.123456789"),
            Decimal("-0.000000001"),
            None,
            *map(Decimal, range(3)),
        ],
        "timestamp": [
            datetime.datetime(1, 1, 1, tzinfo=UTC),
            datetime.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
            datetime.datetime(2020, 2, 29, 1, 2, 3, 4, tzinfo=zone),
            None,
            datetime.datetime(1970, 1, 1, tzinfo=UTC),
            datetime.datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC),
        ],
        "date": [
            datetime.date(1, 1, 1),
            datetime.date(9999, 12, 31),
            None,
            *(datetime.date(2020, 1, n) for n in (1, 2, 3)),
        ],
        "time": [datetime.time(0), datetime.time(23, 59, 59, 999999), None, *(datetime.time(n) for n in (1, 2, 3))],
        "binary": [b"", b"\x00\xff\\x", bytes(range(256)), None, b"a", b"\n"],
    }
    items = [{"n": n, **{name: column[n] for name, column in values.items()}} for n in range(6)]
    pipeline = make(postgres_url)
    hints: dict[str, Any] = {name: {"data_type": name} for name in values}
    hints["doc"] = {"data_type": "json"}
    for n, doc in enumerate([{"a": [1, {"b": None}]}, [], ["text"], 1.5, None, {"ü": "\n"}]):
        items[n]["doc"] = doc
    info = pipeline.run(items, table_name="t", columns=hints)
    assert not info.has_failed_jobs, str(info)
    found = rows(
        postgres_url, f"SELECT {', '.join(f'{chr(34)}{name}{chr(34)}' for name in values)} FROM data.t ORDER BY n"
    )
    for name, column in zip(values, zip(*found, strict=True), strict=True):
        assert [bytes(v) if isinstance(v, memoryview) else v for v in column] == values[name], name
    assert [row[0] for row in rows(postgres_url, "SELECT doc FROM data.t ORDER BY n")] == [
        {"a": [1, {"b": None}]},
        [],
        ["text"],
        1.5,
        None,
        {"ü": "\n"},
    ]
    assert pipeline.dataset().t.arrow()["bigint"].to_pylist() == values["bigint"]
    assert list(pipeline.dataset().t.df()["n"]) == list(range(6))


@pytest.mark.parametrize("file_format", ["arrow", "parquet", "jsonl", "csv"])
def test_every_file_format_loads(postgres_url: str, file_format: str) -> None:
    """All formats go through COPY and leave the same rows."""
    pipeline = make(postgres_url, loader_file_format=file_format)
    pipeline.run(
        [{"id": n, "t": None if n % 2 else "", "at": datetime.date(2020, 1, n + 1)} for n in range(9)], table_name="t"
    )
    assert rows(postgres_url, "SELECT id, t, at FROM data.t ORDER BY id") == [
        (n, None if n % 2 else "", datetime.date(2020, 1, n + 1)) for n in range(9)
    ]


STRATEGIES: list[tuple[Any, list[tuple[Any, ...]]]] = [
    ("append", [(1, "a"), (1, "c"), (2, "b"), (3, "d")]),
    ("replace", [(1, "c"), (3, "d")]),
    ({"disposition": "merge", "strategy": "delete-insert"}, [(1, "c"), (2, "b"), (3, "d")]),
    ({"disposition": "merge", "strategy": "upsert"}, [(1, "c"), (2, "b"), (3, "d")]),
    ({"disposition": "merge", "strategy": "insert-only"}, [(1, "a"), (2, "b"), (3, "d")]),
]


@pytest.mark.parametrize(("disposition", "expected"), STRATEGIES)
def test_dispositions(postgres_url: str, disposition: Any, expected: list[tuple[Any, ...]]) -> None:
    """Append, replace and every merge, with a nested table, from two working folders."""
    for n, data in enumerate(([(1, "a"), (2, "b")], [(1, "c"), (3, "d")])):
        items = [{"id": i, "v": v, "tags": [{"of": v}, {"of": v}]} for i, v in data]
        make(postgres_url, pipelines_dir=f"p{n}").run(
            items, table_name="t", primary_key="id", write_disposition=disposition
        )
    assert rows(postgres_url, "SELECT id, v FROM data.t ORDER BY 1, 2") == expected
    nested = "SELECT t.id, g.of FROM data.t JOIN data.t__tags g ON g._dlt_parent_id = t._dlt_id ORDER BY 1, 2"
    assert rows(postgres_url, nested) == [row for row in expected for _ in range(2)]
    orphans = "SELECT count(*) FROM data.t__tags WHERE _dlt_parent_id NOT IN (SELECT _dlt_id FROM data.t)"
    assert rows(postgres_url, orphans) == [(0,)]


def test_history_hard_delete_and_dedup(postgres_url: str) -> None:
    """scd2 keeps versions; hard_delete deletes; dedup_sort chooses."""
    pipeline = make(postgres_url)
    for items in ([{"id": 1, "v": "a"}, {"id": 2, "v": "b"}], [{"id": 1, "v": "x"}], [{"id": 1, "v": "a"}]):
        pipeline.run(items, table_name="h", write_disposition={"disposition": "merge", "strategy": "scd2"})
    found = rows(postgres_url, "SELECT id, v, _dlt_valid_to IS NULL FROM data.h ORDER BY id, _dlt_valid_from")
    assert found == [(1, "a", False), (1, "x", False), (1, "a", True), (2, "b", False)]
    hints: Any = {"gone": {"hard_delete": True}, "rank": {"dedup_sort": "desc"}}
    for n in (
        [{"id": 1, "gone": False, "rank": 1}, {"id": 2, "gone": False, "rank": 1}],
        [{"id": 2, "gone": True, "rank": 2}, {"id": 3, "gone": False, "rank": 5}, {"id": 3, "gone": False, "rank": 4}],
    ):
        pipeline.run(n, table_name="d", columns=hints, primary_key="id", write_disposition="merge")
    assert rows(postgres_url, "SELECT id, rank FROM data.d ORDER BY id") == [(1, 1), (3, 5)]


def test_state_and_schema_come_back_on_an_empty_worker(postgres_url: str) -> None:
    """The cursor goes on where the destination says."""

    @dlt.resource(name="t", primary_key="id")
    def grow(last: int, at: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
        yield [{"id": n} for n in range(1, last + 1)]

    make(postgres_url, pipelines_dir="one").run(grow(3))
    fresh = make(postgres_url, pipelines_dir="two")
    fresh.run(grow(5))
    assert rows(postgres_url, "SELECT count(*), count(DISTINCT id) FROM data.t") == [(5, 5)]
    assert "t" in fresh.default_schema.tables


def test_names_that_postgres_makes_hard(postgres_url: str) -> None:
    """Reserved words, letters beyond ASCII, names longer than 63 bytes, and 1,000 columns."""
    long = "a_very_long_name_" * 6
    items = [{"select": 1, "order": 2, "größe": 3, long: 4, long + "x": 5, "user": {"table": 6}}]
    pipeline = make(postgres_url)
    pipeline.run(items, table_name="group")
    pipeline.run(items, table_name="group")
    assert rows(postgres_url, 'SELECT "select", "order", user__table FROM data."group"') == [(1, 2, 6)] * 2
    names = rows(postgres_url, "SELECT column_name FROM information_schema.columns WHERE table_name = 'group'")
    assert len(names) == 8 and all(len(name.encode()) <= 63 for (name,) in names)
    wide = {f"column_{n}": n for n in range(1000)}
    pipeline.run([wide], table_name=long + "wide", write_disposition="merge", primary_key="column_0")
    pipeline.run([wide], table_name=long + "wide", write_disposition="merge", primary_key="column_0")
    tables = [name for name in pipeline.default_schema.data_table_names() if "very_long" in name]
    assert rows(postgres_url, f'SELECT column_999 FROM data."{tables[0]}"') == [(999,)]


def test_columns_keep_their_sizes(postgres_url: str) -> None:
    """A column that would lose digits is an error before anything is loaded."""
    hints: Any = {"v": {"data_type": "decimal", "precision": 10, "scale": 2}}
    make(postgres_url, "one").run([{"v": Decimal("1.25")}], table_name="t", columns=hints)
    hints = {"v": {"data_type": "decimal", "precision": 10, "scale": 4}}
    with pytest.raises(PipelineStepFailed, match="which cannot hold all its values unchanged"):
        make(postgres_url, "two").run([{"v": Decimal("1.2345")}], table_name="t", columns=hints)


def test_text_that_postgres_cannot_store_is_kept_as_bytes(postgres_url: str) -> None:
    """The character NUL costs neither the load nor the value, in texts and in documents."""
    columns: Any = {"d": {"data_type": "json"}}
    items = [{"x": "fine", "d": {"a": "b"}}, {"x": "a\0b", "d": {"a": "\0"}}]
    assert not make(postgres_url).run(items, table_name="t", columns=columns).has_failed_jobs
    found = rows(postgres_url, "SELECT x, x__v_binary, d, d__v_text FROM data.t ORDER BY x")
    assert [tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in found] == [
        ("fine", None, {"a": "b"}, None),
        (None, b"a\0b", None, '{"a":"\\u0000"}'),
    ]


def test_refused_and_unreachable(postgres: PostgresServer, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors of connecting: terminal or transient, and never with the password."""
    monkeypatch.setattr("dlt.destinations.impl.postgres.connecting.CONNECT_ATTEMPTS", 2)
    name = postgres_url.rpartition("/")[2]
    with pytest.raises(PipelineStepFailed) as refused:
        make(postgres.url(name, "nobody_here", "hunter2")).run([{"a": 1}], table_name="t")
    assert isinstance(refused.value.__cause__, DatabaseTerminalException)
    assert "Check user, password and database" in str(refused.value)
    with pytest.raises(PipelineStepFailed) as absent:
        make(f"postgresql://u:hunter2@127.0.0.1:{free_port()}/x").run([{"a": 1}], table_name="t")
    assert isinstance(absent.value.__cause__, DestinationConnectionError)
    for error in (refused, absent):
        assert "hunter2" not in str(error.value) and "hunter2" not in repr(error.value.__cause__)


def test_a_wrong_password_is_not_shown(postgres: PostgresServer, postgres_url: str) -> None:
    """Secrets: the server refuses a password; the error is terminal, says what to check, and shows none."""
    owner = psycopg2.connect(postgres_url)
    owner.autocommit = True
    owner.cursor().execute(f"CREATE ROLE {WITH_PASSWORD} LOGIN PASSWORD 'hunter2'")
    name = postgres_url.rpartition("/")[2]
    owner.cursor().execute(f"GRANT ALL ON DATABASE {name} TO {WITH_PASSWORD}")
    try:
        with pytest.raises(PipelineStepFailed) as refused:
            make(postgres.url(name, WITH_PASSWORD, "swordfish")).run([{"a": 1}], table_name="t")
        assert isinstance(refused.value.__cause__, DatabaseTerminalException)
        text = str(refused.value) + repr(refused.value.__cause__)
        assert "password authentication failed" in text and "swordfish" not in text and "hunter2" not in text
        destination = dlt.destinations.postgres(postgres.url(name, WITH_PASSWORD, "hunter2"))
        assert "hunter2" not in repr(destination) + destination.displayable_credentials() + repr(destination.resolved())
        make(postgres.url(name, WITH_PASSWORD, "hunter2")).run([{"a": 1}], table_name="t")
        assert rows(postgres_url, "SELECT a FROM data.t") == [(1,)]
    finally:
        owner.cursor().execute(f"DROP OWNED BY {WITH_PASSWORD} CASCADE; DROP ROLE {WITH_PASSWORD}")
        owner.close()


@pytest.mark.parametrize("option", ["sslmode=require", "sslmode=wrong", "no_such_option=1"])
def test_options_that_cannot_work_are_terminal(postgres_url: str, option: str) -> None:
    """What another attempt cannot mend is said at once."""
    with pytest.raises(PipelineStepFailed, match="the options of the connection") as refused:
        make(f"{postgres_url}?{option}").run([{"a": 1}], table_name="t")
    assert isinstance(refused.value.__cause__, DatabaseTerminalException)


def test_what_libpq_has_by_itself_stays(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PGOPTIONS and PGAPPNAME count, and moments are UTC all the same."""
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=5MB -c timezone=Asia/Tokyo")
    monkeypatch.setenv("PGAPPNAME", "my job")
    pipeline = make(postgres_url)
    pipeline.run([{"a": datetime.datetime(2020, 1, 1, tzinfo=UTC)}], table_name="t", columns={"b": {"unique": True}})
    with pipeline.sql_client() as client:
        known = ("work_mem", "application_name", "TimeZone")
        found = [client.execute_sql("SELECT current_setting(%s)", name) for name in known]
    assert found == [[("5MB",)], [("my job",)], [("UTC",)]]
    assert rows(postgres_url, "SELECT a AT TIME ZONE 'UTC' FROM data.t") == [(datetime.datetime(2020, 1, 1),)]


def test_an_open_connection_is_used_and_given_back(postgres_url: str) -> None:
    """Credentials: a connection of the program, in its own mode; what is open in it is not committed by the way."""
    connection = psycopg2.connect(postgres_url)
    pipeline = dlt.pipeline("own", destination=dlt.destinations.postgres(connection), dataset_name="data")
    pipeline.run([{"a": 1}], table_name="t")
    assert rows(postgres_url, "SELECT a FROM data.t") == [(1,)]
    assert not connection.autocommit and not connection.closed
    connection.cursor().execute("INSERT INTO data.t VALUES (2, 'x', 'y')")
    with pytest.raises(PipelineStepFailed, match="hand it over when it is idle"):
        pipeline.run([{"a": 3}], table_name="t")
    connection.close()
    assert rows(postgres_url, "SELECT a FROM data.t") == [(1,)]


def test_unique_columns_and_keys_have_indexes(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Indexes: unique where the hint says so, for the keys of merges, and none where they are switched off."""
    hints: Any = {"mail": {"unique": True}}
    indexes = "SELECT count(*) FROM pg_indexes WHERE schemaname = 'data' AND tablename IN ('t', 't__list')"
    items = [{"id": n, "mail": f"{n}@x", "list": [n]} for n in range(3)]
    for strategy in ("delete-insert", "upsert", "insert-only"):
        disposition: Any = {"disposition": "merge", "strategy": strategy}
        for _ in range(2):
            info = make(postgres_url).run(
                items, table_name="t", columns=hints, primary_key="id", write_disposition=disposition
            )
            assert not info.has_failed_jobs
        assert rows(postgres_url, "SELECT count(*) FROM data.t") == [(3,)]
    assert rows(postgres_url, f"{indexes} AND indexdef LIKE 'CREATE UNIQUE%(mail)'") == [(1,)]
    assert rows(postgres_url, indexes) == [(4,)]
    flat = [{"id": n} for n in range(3)]
    assert (
        not make(postgres_url).run(flat, table_name="flat", primary_key="id", write_disposition="merge").has_failed_jobs
    )
    found = rows(postgres_url, "SELECT indexdef FROM pg_indexes WHERE schemaname = 'data' AND tablename = 'flat'")
    assert [text.rpartition(" ")[2] for (text,) in found] == ["(id)"]
    info = make(postgres_url).run([{"id": 9, "mail": "1@x"}], table_name="t", columns=hints, primary_key="id")
    assert "Two rows have the same value in a column declared as unique" in str(
        info.load_packages[0].jobs["failed_jobs"][0].failed_message
    )
    monkeypatch.setenv("DESTINATION__POSTGRES__CREATE_INDEXES", "false")
    plain = dlt.pipeline("plain", destination=dlt.destinations.postgres(postgres_url), dataset_name="plain")
    plain.run(items, table_name="t", columns=hints, primary_key="id", write_disposition="merge")
    assert rows(postgres_url, "SELECT count(*) FROM pg_indexes WHERE schemaname = 'plain'") == [(0,)]


def test_a_unique_column_that_comes_later_has_an_index(postgres_url: str) -> None:
    """Indexes: a column that is added to a table that is there gets its index as one of a new table does."""
    make(postgres_url).run([{"id": 1}], table_name="t")
    make(postgres_url).run([{"id": 2, "mail": "2@x"}], table_name="t", columns={"mail": {"unique": True}})
    found = "SELECT count(*) FROM pg_indexes WHERE schemaname = 'data' AND indexdef LIKE 'CREATE UNIQUE%(mail)'"
    assert rows(postgres_url, found) == [(1,)]


def test_results_have_the_types_of_the_server(postgres_url: str) -> None:
    """Reading: types also where all is NULL; bare names are tables of the dataset; % is a letter."""
    pipeline = make(postgres_url)
    pipeline.run([{"a": 1, "b": b"x"}], table_name="t")
    nulls = {
        "timestamptz": "timestamp[us, tz=UTC]",
        "timestamp": "timestamp[us]",
        "numeric(10,2)": "decimal128(10, 2)",
        "date": "date32[day]",
        "time": "time64[us]",
        "bytea": "binary",
        "jsonb": "string",
        "integer": "int32",
    }
    with pipeline.sql_client() as client:
        with client.execute_query(
            "SELECT " + ", ".join(f"NULL::{kind} AS c{n}" for n, kind in enumerate(nulls))
        ) as cursor:
            assert [str(field.type) for field in cursor.arrow().schema] == list(nulls.values())
        with client.execute_query("SELECT b, 'NaN'::numeric(5,2) AS n FROM t") as cursor:
            assert cursor.arrow().to_pylist() == [{"b": b"x", "n": "NaN"}]
        assert client.execute_sql("SELECT a, '%', 5 %% 3 FROM t WHERE a = %s".replace("%'", "%%'"), 1) == [(1, "%", 2)]
        assert client.execute_sql("SELECT '%s', 5 % 3 FROM t") == [("%s", 2)]
    assert list(pipeline.dataset().t.df()["b"]) == [b"x"]
    assert pipeline.dataset().row_counts().fetchall() == [("t", 1)]
    assert pipeline.dataset().t[["a"]].arrow().to_pylist() == [{"a": 1}]


def test_credentials_come_from_the_environment(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials are one URL, or the parts, or what libpq itself looks for where the user says so."""
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres_url)
    dlt.pipeline("a", destination="postgres", dataset_name="a").run([{"x": 1}], table_name="t")
    monkeypatch.delenv("DESTINATION__POSTGRES__CREDENTIALS")
    host, _, port = postgres_url.partition("@")[2].partition("/")[0].partition(":")
    for key, value in {"PGHOST": host, "PGPORT": port, "PGUSER": "postgres"}.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS__DATABASE", postgres_url.rpartition("/")[2])
    pipeline = dlt.pipeline("b", destination="postgres", dataset_name="a")
    with pytest.raises(PipelineStepFailed, match=r"(?s)'host', 'username', 'password'.*libpq_defaults=true"):
        pipeline.run([{"x": 2}], table_name="t")
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS__LIBPQ_DEFAULTS", "true")
    pipeline.run([{"x": 2}], table_name="t")
    assert rows(postgres_url, "SELECT x FROM a.t ORDER BY x") == [(1,), (2,)]


def test_pipelines_load_into_one_dataset_at_the_same_time(postgres_url: str) -> None:
    """Four pipelines make the same schema, tables and columns at once."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(4)

    def run(number: int) -> None:
        try:
            pipeline = make(postgres_url, f"p{number}")
            pipeline.extract(
                [{"id": n, "of": number, f"own_{number}": n, "list": [n]} for n in range(50)], table_name="t"
            )
            pipeline.normalize()
            barrier.wait()
            pipeline.load()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert rows(postgres_url, "SELECT count(*), count(DISTINCT of) FROM data.t") == [(200, 4)]
    assert rows(postgres_url, "SELECT count(*) FROM data.t__list") == [(200,)]


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read"])
def test_one_package_loaded_twice_at_once_is_there_once(own_folder: Path, postgres_url: str, isolation: str) -> None:
    """Two workers with the same package load it at once; one counts, the other is a no-op."""
    options = f"?options=-c%20default_transaction_isolation%3D{isolation.replace(' ', '%5C%20')}"
    make(postgres_url, pipelines_dir="one").run([{"id": 0}], table_name="t")
    blocker = psycopg2.connect(postgres_url)
    blocker.cursor().execute("LOCK TABLE data.t IN ACCESS EXCLUSIVE MODE")
    pipeline = make(postgres_url, pipelines_dir="one")
    pipeline.extract([{"id": n} for n in range(1, 100)], table_name="t")
    pipeline.normalize()
    shutil.copytree("one", "two")
    errors: list[BaseException] = []

    def load(folder: str) -> None:
        try:
            make(postgres_url + options, pipelines_dir=folder).load()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=load, args=(folder,)) for folder in ("one", "two")]
    for thread in threads:
        thread.start()
    # both are in the middle of their loads now: one waits for the table, and the other for the table or for it
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    wait_until(lambda: rows(postgres_url, waiting) == [(2,)], "two loads that wait")
    blocker.close()
    for thread in threads:
        thread.join()
    assert not errors
    assert rows(postgres_url, "SELECT count(*), count(DISTINCT id) FROM data.t") == [(100, 100)]
    assert rows(postgres_url, "SELECT count(*), count(DISTINCT load_id) FROM data._dlt_loads") == [(2, 2)]


def test_a_commit_that_the_server_answers_with_rollback_is_an_error(postgres_url: str) -> None:
    """Atomicity: a transaction in which a failed statement was caught never counts as committed."""
    pipeline = make(postgres_url)
    pipeline.run([{"id": 0}], table_name="t")
    with (
        pipeline.sql_client() as client,
        pytest.raises(DatabaseTerminalException, match="undid all of it"),
        client.begin_transaction(),
        pytest.raises(DatabaseTerminalException, match="division by zero"),
    ):
        client.execute_sql("SELECT 1 / 0")
    assert rows(postgres_url, "SELECT count(*) FROM data.t") == [(1,)]


@pytest.mark.parametrize("disposition", ["append", "replace", "merge"])
def test_a_reader_never_sees_a_part(postgres_url: str, disposition: Any) -> None:
    """Atomic visibility: a reader that polls sees whole loads only, of parent and child alike."""
    pipeline = make(postgres_url)

    def load(generation: int) -> None:
        items = [{"id": n, "generation": generation, "list": [generation]} for n in range(2_000)]
        pipeline.run(items, table_name="t", primary_key="id", write_disposition=disposition)

    load(0)
    seen: list[tuple[Any, ...]] = []
    done = threading.Event()

    def poll() -> None:
        connection = psycopg2.connect(postgres_url)
        connection.set_session(isolation_level="REPEATABLE READ", autocommit=False)
        cursor = connection.cursor()
        while not done.is_set():
            cursor.execute(
                "SELECT (SELECT count(*) FROM data.t), (SELECT count(DISTINCT generation) FROM data.t), "
                "(SELECT count(*) FROM data.t__list), (SELECT count(*) FROM data._dlt_loads)"
            )
            seen.append(tuple(cursor.fetchone() or ()))
            connection.rollback()
        connection.close()

    reader = threading.Thread(target=poll)
    reader.start()
    for generation in range(1, 4):
        load(generation)
    done.set()
    reader.join()
    grow = disposition == "append"
    for count, generations, nested, loads in seen:
        assert (count, generations, nested) == (2_000 * loads, loads, 2_000 * loads) if grow else (2_000, 1, 2_000)
    assert len(seen) > 3


@pytest.mark.parametrize("disposition", ["append", "merge"])
def test_a_killed_load_is_exact_after_the_next_run(own_folder: Path, postgres_url: str, disposition: str) -> None:
    """All or nothing: SIGKILL at each point of a load, one more run, and no row is lost or there twice."""
    check_kills(
        {"destination": ("postgres", {"credentials": postgres_url})},
        disposition,
        lambda: [value for (value,) in rows(postgres_url, "SELECT v FROM data.t")],
        lambda: rows(postgres_url, "SELECT count(*) FROM data.t__list")[0][0],
    )


def test_a_connection_that_breaks_is_transient_and_the_retry_exact(postgres_url: str) -> None:
    """The server ends the connection in the middle of a load; nothing is visible, the next try is exact."""
    pipeline = make(postgres_url)
    pipeline.extract([{"id": n} for n in range(100)], table_name="t")
    pipeline.normalize()
    cut = [True]

    def kill(event: str, _pipeline: Any, _payload: Any) -> None:
        if event == "step_start" and cut and cut.pop():
            threading.Thread(target=_terminate, args=(postgres_url,)).start()

    blocker = psycopg2.connect(postgres_url)
    blocker.cursor().execute("SELECT pg_advisory_lock(hashtextextended('dlt data', 0))")
    pipeline.add_hook(kill)
    with pytest.raises(PipelineStepFailed) as failure:
        pipeline.load()
    assert isinstance(failure.value.__cause__, DatabaseTransientException)
    blocker.close()
    assert rows(postgres_url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'data'") == [(0,)]
    pipeline.load()
    assert rows(postgres_url, "SELECT count(*) FROM data.t") == [(100,)]


def test_a_load_is_tried_again_when_the_server_ends_its_connection(postgres_url: str) -> None:
    """With `retry` one run is enough; the second try gives each row once."""
    make(postgres_url).run([{"id": 0}], table_name="t")
    blocker = psycopg2.connect(postgres_url)
    blocker.cursor().execute("LOCK TABLE data.t IN ACCESS EXCLUSIVE MODE")

    def end() -> None:
        sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = "
        wait_until(lambda: rows(postgres_url, sql + "current_database()"), "a load that waits for the table")
        blocker.close()

    thread = threading.Thread(target=end)
    thread.start()
    make(postgres_url, retry={"attempts": 3, "backoff": 0.01}).run([{"id": n} for n in range(1, 100)], table_name="t")
    thread.join()
    assert rows(postgres_url, "SELECT count(*), count(DISTINCT id) FROM data.t") == [(100, 100)]


def _terminate(url: str) -> None:
    # waits until the load waits for the lock, then ends its connection
    sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'advisory'"
    wait_until(lambda: rows(url, sql), "a load that waits for the lock")


def test_a_server_that_crashes_in_mid_load_loses_nothing(own_folder: Path) -> None:
    """The server dies as in a power cut while a load runs; after its restart the load is exact."""
    with running(PostgresServer()) as server:
        url = server.new_database()
        pipeline = make(url)
        pipeline.run([{"id": 0}], table_name="t")
        pipeline.extract([{"id": n} for n in range(1, 100)], table_name="t")
        pipeline.normalize()
        blocker = psycopg2.connect(url)
        blocker.cursor().execute("LOCK TABLE data.t IN ACCESS EXCLUSIVE MODE")
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"

        def crash() -> None:
            wait_until(lambda: rows(url, waiting), "a load that waits for the table")
            server.crash()

        thread = threading.Thread(target=crash)
        thread.start()
        with pytest.raises(PipelineStepFailed) as failure:
            pipeline.load()
        assert isinstance(failure.value.__cause__, DatabaseTransientException)
        thread.join()
        server.start()
        pipeline.load()
        assert rows(url, "SELECT count(*), count(DISTINCT id) FROM data.t") == [(100, 100)]
