"""What SQLite, MySQL and databases without a dialect of their own do beyond the conformance suite."""

from __future__ import annotations

import datetime
import sqlite3
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import dlt
from dlt.errors import (
    DatabaseTerminalException,
    DatabaseTransientException,
    DestinationConnectionError,
    InvalidConnectionString,
    MissingDependencyException,
    PipelineStepFailed,
)
from dlt.io import failpoints
from tests.destinations.killed import check_kills
from tests.servers.mariadb import MariaDbServer
from tests.servers.process import free_port
from tests.waiting import wait_until

UTC = datetime.timezone.utc


def make(credentials: Any, name: str = "spec", **options: Any) -> Any:
    """Return a pipeline into a database."""
    settings = {"dataset_name": "data", **options}
    return dlt.pipeline(name, destination=dlt.destinations.sqlalchemy(credentials), **settings)


def of_file(sql: str, path: str = "shop.db") -> list[tuple[Any, ...]]:
    """Return what another program reads in an SQLite file."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def of_server(server: MariaDbServer, sql: str) -> list[tuple[Any, ...]]:
    """Return what another program reads at a server."""
    connection = server.connect()
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        return list(cursor.fetchall())
    finally:
        connection.close()


def test_a_dataset_whose_tables_sqlite_would_keep_to_itself() -> None:
    """A dataset whose name makes tables impossible is refused by name, before anything is made."""
    with pytest.raises(PipelineStepFailed, match=r"dataset sqlite_shop: .* Choose another dataset_name"):
        make("sqlite:///shop.db", dataset_name="sqlite_shop").run([{"id": 1}], table_name="t")
    assert of_file("SELECT name FROM sqlite_master") == []


def test_what_other_programs_see_in_an_sqlite_file(own_folder: Path) -> None:
    """SQLite: a dataset is a prefix; decimals are exact texts, moments texts in UTC as SQLAlchemy writes them."""
    moment = datetime.datetime(2024, 5, 6, 7, 8, 9, 10, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    row = {"d": Decimal("0.1") + 10**20, "w": 2**70, "at": moment, "day": moment.date(), "ok": True, "raw": b"\0"}
    make("sqlite:///shop.db").run([row], table_name="t", columns={"w": {"data_type": "wei"}})
    assert of_file('SELECT d, w, at, day, ok, raw FROM "data.t"') == [
        ("100000000000000000000.100000000", str(2**70), "2024-05-06 05:08:09.000010", "2024-05-06", 1, b"\0")
    ]
    table = sa.Table("data.t", sa.MetaData(), sa.Column("at", sa.DateTime), sa.Column("ok", sa.Boolean))
    with sa.create_engine("sqlite:///shop.db").connect() as connection:
        assert connection.execute(sa.select(table)).fetchall() == [(moment.astimezone(UTC).replace(tzinfo=None), True)]


def test_the_dataset_main_has_no_prefix(own_folder: Path) -> None:
    """SQLite: tables of the dataset main bear their own names, and stay apart from those of other datasets."""
    main = make("sqlite:///shop.db", "one", dataset_name="main")
    main.run([{"id": 1}], table_name="t")
    other = make("sqlite:///shop.db", "two")
    other.run([{"id": 2}], table_name="t")
    assert of_file("SELECT id FROM t") == [(1,)] and of_file('SELECT id FROM "data.t"') == [(2,)]
    for pipeline, expected in ((main, 1), (other, 2)):
        with pipeline.sql_client() as client:
            assert client.execute_sql("SELECT id FROM t") == [(expected,)]
            client.execute_sql(f"UPDATE {client.make_qualified_table_name('t')} SET id = id + 10")
        assert pipeline.dataset().t.select("id").fetchall() == [(expected + 10,)]
    with main.destination_client_for() as client:
        client.drop_dataset()
    assert of_file('SELECT id FROM "data.t"') == [(12,)]


def test_forms_of_credentials(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials: a URL, a URL of SQLAlchemy, an engine that stays open, a dict, the environment, a TOML file."""
    engine = sa.create_engine("sqlite:///shop.db")
    given = ["sqlite:///shop.db", sa.make_url("sqlite:///shop.db"), engine]
    given += [{"drivername": "sqlite", "database": "shop.db"}]
    for number, credentials in enumerate(given):
        make(credentials, f"p{number}").run([{"id": number}], table_name="t")
    with engine.connect() as connection:
        assert connection.execute(sa.text('SELECT count(*) FROM "data.t"')).scalar() == len(given)
    to: Any = {"destination": "sqlalchemy", "dataset_name": "data"}
    monkeypatch.setenv("DESTINATION__SQLALCHEMY__CREDENTIALS", "sqlite:///shop.db")
    dlt.pipeline("environment", **to).run([{"id": 8}], table_name="t")
    monkeypatch.delenv("DESTINATION__SQLALCHEMY__CREDENTIALS")
    (own_folder / ".dlt").mkdir()
    (own_folder / ".dlt" / "secrets.toml").write_text(
        '[destination.sqlalchemy.credentials]\ndrivername = "sqlite"\ndatabase = "shop.db"\n'
    )
    dlt.pipeline("file", **to).run([{"id": 9}], table_name="t")
    assert of_file('SELECT id FROM "data.t" ORDER BY id') == [(0,), (1,), (2,), (3,), (8,), (9,)]


def test_errors_of_connecting_say_what_to_do(mariadb: MariaDbServer) -> None:
    """Errors: terminal or transient, with the remedy, and never with the password."""
    cases: list[tuple[Any, type[BaseException], str]] = [
        (mariadb.url("hunter2"), DatabaseTerminalException, "Check user, password and database"),
        (f"mysql+pymysql://u:hunter2@127.0.0.1:{free_port()}/", DestinationConnectionError, "that the server runs"),
        ("sqlite:////no/such/folder/hunter2.db", DatabaseTerminalException, "user, password and database, or path"),
        ("nosuch://u:hunter2@h/x", DatabaseTerminalException, "SQLAlchemy knows no 'nosuch'"),
        ({"host": "h", "password": "hunter2"}, InvalidConnectionString, "drivername is missing"),
    ]
    for credentials, kind, text in cases:
        with pytest.raises((PipelineStepFailed, InvalidConnectionString)) as failure:
            make(credentials).run([{"a": 1}], table_name="t")
        cause = failure.value if isinstance(failure.value, kind) else failure.value.__cause__
        assert isinstance(cause, kind) and text in str(failure.value), credentials
        if "hunter2.db" not in str(credentials):
            assert "hunter2" not in str(failure.value) and "hunter2" not in repr(cause)


def test_mysql_makes_tables_before_it_loads(mariadb: MariaDbServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """MySQL: of a load that breaks the tables stay, without a row, and the next try goes on with them."""
    pipeline = make(mariadb.new_server_url())

    def cut(name: str) -> None:
        if name == "load.before_commit":
            raise ConnectionError("the connection is lost")

    with monkeypatch.context() as patch:
        patch.setattr(failpoints, "point", cut)
        with pytest.raises(PipelineStepFailed, match="the connection is lost"):
            pipeline.run([{"id": 1, "list": [1]}], table_name="t")
    counts = "SELECT (SELECT count(*) FROM data.t), (SELECT count(*) FROM data.t__list), (SELECT count(*) FROM data.{})"
    for table in ("_dlt_loads", "_dlt_version", "_dlt_pipeline_state"):
        assert of_server(mariadb, counts.format(table)) == [(0, 0, 0)]
    pipeline.load()
    assert of_server(mariadb, counts.format("_dlt_loads")) == [(1, 1, 1)]


def test_values_that_mysql_cannot_hold_go_to_a_variant(mariadb: MariaDbServer) -> None:
    """Nothing is cut or rounded away, and a text that is too long for its column does not stop the load."""
    pipeline = make(mariadb.new_server_url())
    hints: Any = {"key": {"data_type": "text", "precision": 3}}
    assert not pipeline.run([{"key": "abc"}, {"key": "abcd"}], table_name="t", columns=hints).has_failed_jobs
    found = of_server(mariadb, "SELECT `key`, key__v_text FROM data.t ORDER BY key__v_text")
    assert found == [("abc", None), (None, "abcd")]


def test_keys_have_types_that_mysql_can_look_up(mariadb: MariaDbServer) -> None:
    """MySQL: keys and ids are short texts, everything else is long; all compare letter by letter."""
    pipeline = make(mariadb.new_server_url())
    pipeline.run([{"id": "a", "note": "b"}], table_name="t", primary_key="id", write_disposition="merge")
    sql = (
        "SELECT column_name, data_type, collation_name FROM information_schema.columns "
        "WHERE table_schema = 'data' AND table_name = 't' ORDER BY column_name"
    )
    names = {name: kind for name, kind, _ in of_server(mariadb, sql)}
    assert names == {"_dlt_id": "varchar", "_dlt_load_id": "varchar", "id": "varchar", "note": "longtext"}
    assert {collation for *_, collation in of_server(mariadb, sql)} == {"utf8mb4_nopad_bin"}


def test_a_key_that_is_too_long_for_mysql(mariadb: MariaDbServer) -> None:
    """The failed job says how long a key may be and what to do, and that works."""
    pipeline = make(mariadb.new_server_url())
    given: Any = {"table_name": "t", "primary_key": "id", "write_disposition": "merge"}
    keys = [{"id": "k" * 600 + end} for end in "ab"]
    (job,) = pipeline.run(keys, **given).load_packages[0].jobs["failed_jobs"]
    message = str(job.failed_message)
    assert "column 'id'" in message and "512 letters" in message and "drop-pending-packages" in message
    pipeline.drop_pending_packages()
    hints: Any = {"id": {"data_type": "text", "precision": 700}}
    for _ in range(2):
        assert not pipeline.run(keys, **given, columns=hints, refresh="drop_resources").has_failed_jobs
    assert not pipeline.run(keys, **given, columns=hints).has_failed_jobs
    assert of_server(mariadb, "SELECT count(*), min(length(id)) FROM data.t") == [(2, 601)]


def test_a_connection_that_breaks_is_transient_and_the_retry_exact(mariadb: MariaDbServer) -> None:
    """The server ends the connection in the middle of a load; nothing is visible, the next try is exact."""
    pipeline = make(mariadb.new_server_url())
    pipeline.run([{"id": 0}], table_name="t")
    pipeline.extract([{"id": n} for n in range(1, 100)], table_name="t", primary_key="id", write_disposition="merge")
    pipeline.normalize()
    blocker = mariadb.connect()
    blocker.cursor().execute("BEGIN")
    blocker.cursor().execute("SELECT * FROM data.t FOR UPDATE")

    def kill() -> None:
        sql = "SELECT id FROM information_schema.processlist WHERE info LIKE 'DELETE%data%' OR info LIKE 'INSERT%data%'"
        for (number,) in wait_until(lambda: of_server(mariadb, sql), "a statement of the load"):
            blocker.cursor().execute(f"KILL {number}")

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(PipelineStepFailed) as failure:
        pipeline.load()
    killer.join()
    assert isinstance(failure.value.__cause__, DatabaseTransientException)
    blocker.close()
    assert of_server(mariadb, "SELECT count(*) FROM data.t") == [(1,)]
    pipeline.load()
    assert of_server(mariadb, "SELECT count(*), count(DISTINCT id) FROM data.t") == [(100, 100)]


def test_databases_without_standard_temporary_tables_do_not_merge() -> None:
    """SQL Server and its like: merge is refused before anything is asked of the server; append and replace are not."""
    destination = dlt.destinations.sqlalchemy("mssql+pyodbc://u:p@localhost/db")
    assert destination.capabilities().supported_merge_strategies == ()
    assert dlt.destinations.sqlalchemy("postgresql://u:p@localhost/db").capabilities().supported_merge_strategies


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("postgresql+pg8000://u:p@localhost/db", 'postgresql+psycopg2:// (pip install "psycopg2-binary")'),
        ("mysql+mysqldb://u:p@localhost/db", 'mysql+pymysql:// (pip install "pymysql")'),
        ("mssql+pyodbc://u:p@localhost/db", 'mssql+pymssql:// (pip install "pymssql")'),
    ],
)
def test_a_missing_driver_is_named_with_the_drivers_that_serve_the_url(own_folder: Path, url: str, advice: str) -> None:
    """The message says which drivers there are for the database, how the URL names each, and what to install."""
    with pytest.raises(PipelineStepFailed) as failure:
        make(url, "driverless").run([{"id": 1}], table_name="t")
    assert isinstance(failure.value.__cause__, MissingDependencyException)
    assert advice in str(failure.value)
    assert ":p@" not in str(failure.value)


POINTS = ("load.after_ddl", "load.after_files", "load.after_publish", "load.before_commit", "load.after_commit")


@pytest.mark.slow
@pytest.mark.parametrize("disposition", ["append", "merge"])
@pytest.mark.parametrize("kind", ["sqlite", "mariadb", "postgres"])
def test_a_killed_load_is_exact_after_the_next_run(
    own_folder: Path, request: pytest.FixtureRequest, kind: str, disposition: str
) -> None:
    """All or nothing: SIGKILL at each point of a load, one more run, and no row is lost or there twice."""
    url = {
        "sqlite": lambda: "sqlite:///shop.db",
        "mariadb": lambda: request.getfixturevalue("mariadb").new_server_url(),
        "postgres": lambda: request.getfixturevalue("postgres").new_database("psycopg2"),
    }[kind]()
    check_kills(
        {"destination": ("sqlalchemy", {"credentials": url})},
        disposition,
        lambda: [value for (value,) in make(url, "killed").dataset().t.select("v").fetchall()],
        lambda: len(make(url, "killed").dataset().t__list.fetchall()),
        points=POINTS,
    )
