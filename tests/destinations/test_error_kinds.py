"""What an error is, and whether it may pass, is the same on every destination; errors are really provoked."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, get_args

import pytest

import dlt
from dlt.error_kinds import TRANSIENT, Kind, is_transient
from dlt.errors import DestinationException, PipelineStepFailed, TerminalException, TransientException
from dlt.io.faults import translated
from tests.destinations.cases import World

MAKE: dict[str, Callable[[World], Any]] = {
    "duckdb": lambda world: dlt.destinations.duckdb(str(world.folder / "case.duckdb")),
    "sqlite": lambda world: dlt.destinations.sqlalchemy(f"sqlite:///{world.folder}/case.db"),
    "postgres": lambda world: dlt.destinations.postgres(world.server("postgres").new_database()),
    "mariadb": lambda world: dlt.destinations.sqlalchemy(world.server("mariadb").new_server_url()),
    "other-sqlalchemy": lambda world: dlt.destinations.sqlalchemy(world.server("postgres").new_database("psycopg2")),
}
EVERYWHERE = {
    "undefined": ["SELECT * FROM {nowhere}"],
    "constraint": ["INSERT INTO {t} (id) VALUES (NULL)"],
    "refused": ["SELEKT 1"],
}
MANY = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
PROVOKED: dict[str, dict[str, list[str]]] = {
    "duckdb": {
        **EVERYWHERE,
        "memory": [
            "SET temp_directory = ''; SET memory_limit = '10MB'",
            "CREATE TEMP TABLE big AS SELECT range AS i, md5(range::VARCHAR) AS a FROM range(3000000)",
        ],
        "disk_full": [
            "SET max_temp_directory_size = '1MB'; SET memory_limit = '10MB'",
            "CREATE TEMP TABLE big AS SELECT range AS i, md5(range::VARCHAR) AS a FROM range(3000000)",
        ],
    },
    "sqlite": {
        **EVERYWHERE,
        "disk_full": ["PRAGMA max_page_count = 20", f"CREATE TABLE big AS {MANY} SELECT i FROM n"],
        "read_only": ["PRAGMA query_only = 1", "INSERT INTO {t} (id) VALUES (1)"],
    },
    "postgres": {
        **EVERYWHERE,
        "read_only": ["SET default_transaction_read_only = on", "INSERT INTO {t} (id) VALUES (1)"],
        "right": ["SET ROLE pg_monitor", "SELECT * FROM {t}"],
        "timeout": ["SET statement_timeout = 1", "SELECT pg_sleep(60)"],
        "connection": ["SELECT pg_terminate_backend(pg_backend_pid())"],
    },
    "mariadb": {
        **EVERYWHERE,
        "timeout": ["SET max_statement_time = 0.01", f"{MANY} SELECT COUNT(*) FROM n AS a, n AS b, n AS c, n AS d"],
        "read_only": ["SET SESSION TRANSACTION READ ONLY", "INSERT INTO {t} (id) VALUES (1)"],
        "connection": ["KILL CONNECTION_ID()", "SELECT 1"],
    },
}
PROVOKED["other-sqlalchemy"] = PROVOKED["postgres"]


@pytest.mark.parametrize(
    ("server", "kind"), [(name, kind) for name, kinds in PROVOKED.items() for kind in kinds], ids=str
)
def test_an_error_is_what_it_is_everywhere(
    server: str, kind: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """A provoked error has its kind, and the kind alone decides whether another try may help."""
    destination = MAKE[server](World(tmp_path, request.getfixturevalue))
    columns: Any = {"id": {"data_type": "bigint", "nullable": False}}
    pipeline = dlt.pipeline("spec", destination=destination, dataset_name="data")
    pipeline.run([{"id": 0}], table_name="t", columns=columns)
    with destination.connect("data") as client:
        *before, last = PROVOKED[server][kind]
        for sql in before:
            try:
                client.query(sql)
            except DestinationException:
                assert kind == "connection"
        with pytest.raises(DestinationException) as failure:
            client.query(last.format(t=client.catalog.qualified("t"), nowhere=client.catalog.qualified("nowhere")))
    assert failure.value.kind == kind, str(failure.value)
    assert isinstance(failure.value, TransientException if is_transient(kind) else TerminalException)


def _place(name: str, folder: Path) -> Any:
    """Return a destination that cannot be opened."""
    (folder / "text").write_text("no database " * 1000)
    return {
        "duckdb-no-folder": lambda: dlt.destinations.duckdb(str(folder / "nowhere" / "x.duckdb")),
        "duckdb-text": lambda: dlt.destinations.duckdb(str(folder / "text")),
        "duckdb-folder": lambda: dlt.destinations.duckdb(str(folder)),
        "sqlite-no-folder": lambda: dlt.destinations.sqlalchemy(f"sqlite:///{folder}/nowhere/x.db"),
        "sqlite-text": lambda: dlt.destinations.sqlalchemy(f"sqlite:///{folder}/text"),
        "postgres-silent": lambda: dlt.destinations.postgres("postgresql://u:hunter2@127.0.0.1:1/x"),
        "redshift-silent": lambda: dlt.destinations.redshift("redshift://u:hunter2@127.0.0.1:1/x"),
        "mysql-silent": lambda: dlt.destinations.sqlalchemy("mysql+pymysql://u:hunter2@127.0.0.1:1/x"),
        "psycopg2-silent": lambda: dlt.destinations.sqlalchemy("postgresql+psycopg2://u:hunter2@127.0.0.1:1/x"),
    }[name]()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("duckdb-no-folder", "undefined"),
        ("duckdb-text", "refused"),
        ("duckdb-folder", "undefined"),
        ("sqlite-no-folder", "right"),
        ("sqlite-text", "refused"),
        ("postgres-silent", "connection"),
        ("redshift-silent", "connection"),
        ("mysql-silent", "connection"),
        ("psycopg2-silent", "connection"),
    ],
)
def test_an_error_of_connecting_has_a_kind(
    name: str, kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A destination that cannot be opened says what is wrong, and by that whether another try may help."""
    monkeypatch.setattr("dlt.destinations.impl.postgres.connecting.CONNECT_ATTEMPTS", 1)
    pipeline = dlt.pipeline("spec", destination=_place(name, tmp_path), dataset_name="data")
    with pytest.raises(PipelineStepFailed) as failure:
        pipeline.run([{"id": 0}], table_name="t")
    cause = failure.value.__cause__
    assert isinstance(cause, DestinationException) and cause.kind == kind, str(cause)
    assert isinstance(cause, TransientException if is_transient(kind) else TerminalException)
    assert "hunter2" not in str(failure.value)


@pytest.mark.server
@pytest.mark.parametrize("driver", ["postgres", "psycopg2"])
@pytest.mark.parametrize(
    ("change", "kind"), [("role", "credentials"), ("database", "undefined"), ("locked", "right"), ("login", "right")]
)
def test_an_error_of_connecting_to_postgres_has_a_kind(
    driver: str, change: str, kind: Kind, request: pytest.FixtureRequest
) -> None:
    """Wrong users, databases that are not there and missing rights to connect are told apart, by both clients."""
    import psycopg2

    server = request.getfixturevalue("postgres")
    url = server.new_database()
    name, role = url.rpartition("/")[2], f"r{os.urandom(4).hex()}"
    with closing(psycopg2.connect(url)) as owner:
        owner.autocommit = True
        login = "NOLOGIN" if change == "login" else "LOGIN"
        if change != "role":
            owner.cursor().execute(f"CREATE ROLE {role} {login} PASSWORD 'hunter2'")
        owner.cursor().execute(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
    wanted = server.url("nowhere" if change == "database" else name, role, "hunter2")
    made = dlt.destinations.postgres(wanted)
    if driver == "psycopg2":
        made = dlt.destinations.sqlalchemy(wanted.replace("postgresql://", "postgresql+psycopg2://"))
    with pytest.raises(DestinationException) as failure, made.connect("data"):
        raise AssertionError("it let somebody in")
    assert failure.value.kind == kind and isinstance(failure.value, TerminalException), str(failure.value)


def test_every_error_of_a_destination_has_a_kind() -> None:
    """Whoever catches an error of a destination can ask for its kind, which agrees with its class."""

    def classes(of: type) -> Iterator[type]:
        yield of
        for derived in of.__subclasses__():
            yield from classes(derived)

    for found in classes(DestinationException):
        kind = found("failed").kind
        assert kind in get_args(Kind), found
        if issubclass(found, TransientException):
            assert is_transient(kind), found
        if issubclass(found, TerminalException):
            assert not is_transient(kind), found


def test_every_kind_is_terminal_or_transient() -> None:
    """No error is both, and the table of what may pass names kinds only."""
    assert set(get_args(Kind)) > TRANSIENT
    assert {"disk_full", "connection", "clash", "busy", "timeout"} <= TRANSIENT
    assert TRANSIENT.isdisjoint({"memory", "constraint", "right", "credentials", "read_only", "undefined", "refused"})


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let another program write to an SQLite file."""
    import sqlite3

    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


def test_a_locked_database_may_pass(tmp_path: Path) -> None:
    """A database in which another program writes is busy: another try may help."""
    destination = dlt.destinations.sqlalchemy(f"sqlite:///{tmp_path}/case.db")
    with destination.connect("data") as client, locked(tmp_path / "case.db"):
        client.query("PRAGMA busy_timeout = 1")
        with pytest.raises(DestinationException) as failure:
            client.begin()
    assert failure.value.kind == "busy" and isinstance(failure.value, TransientException)


@pytest.mark.parametrize(
    ("error", "kind", "advice"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full", "Free or add space there, and run again"),
        (OSError(errno.EROFS, "Read-only file system"), "read_only", "Load where it can be written"),
        (PermissionError(errno.EACCES, "Permission denied"), "right", "Check the credentials"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), "connection", ""),
    ],
    ids=["disk", "read-only", "right", "connection"],
)
def test_errors_of_files(error: OSError, kind: Kind, advice: str) -> None:
    """Files tell a full disk and missing rights as databases do."""
    with pytest.raises(DestinationException) as failure, translated("bucket/data"):
        raise error
    assert failure.value.kind == kind and advice in str(failure.value)
    assert isinstance(failure.value, TransientException if is_transient(kind) else TerminalException)


def test_too_little_memory_names_the_setting(tmp_path: Path) -> None:
    """A load that does not fit into its limit fails for good, and says where the limit is set."""
    import pyarrow as pa

    path = str(tmp_path / "case.duckdb")
    destination = dlt.destinations.duckdb(path, destination_name="small", memory_limit="10MB")
    pipeline = dlt.pipeline("spec", destination=destination, dataset_name="data")
    wide = pa.table({f"c{n}": range(3_000) for n in range(400)})
    try:
        told = str(pipeline.run([wide], table_name="t", write_disposition="merge", primary_key="c0"))
    except PipelineStepFailed as error:
        told = str(error)
    assert "limit of 10MB" in told and "memory_limit under [destination.small]" in told
    assert os.path.exists(path)
