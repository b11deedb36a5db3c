"""Replication of PostgreSQL: what is not as it must be is told with what to do, and without secrets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest

import dlt
from dlt.errors import InvalidHint, PipelineStepFailed, ReplicationError
from dlt.sources.pg_replication import init_replication, replication_resource, server
from dlt.sources.pg_replication.changes import Changes, Wanted
from dlt.sources.pg_replication.helpers import (
    advance_slot,
    create_replication_slot,
    drop_publication,
    drop_replication_slot,
    get_max_lsn,
    get_pg_version,
    get_pub_ops,
    lsn_int_to_hex,
    replication_connection,
)
from tests.servers.postgres import WITH_PASSWORD, PostgresServer
from tests.sources_on_servers.replicated import Replicated

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("logical_postgres")]


def refused(call: Callable[[], Any], kind: type[Exception] = ReplicationError) -> str:
    """Return what an error says."""
    with pytest.raises((kind, PipelineStepFailed)) as caught:
        call()
    return str(caught.value)


def test_a_server_without_logical_decoding_is_refused(postgres: PostgresServer) -> None:
    """The message names the setting."""
    told = refused(lambda: init_replication("s", "p", "public", "t", credentials=postgres.new_database()))
    assert "wal_level = replica" in told and "Set wal_level = logical" in told


def test_a_role_that_may_not_replicate_is_refused(replicated: Replicated) -> None:
    """The message names the role and the statement."""
    replicated.sql("DROP ROLE IF EXISTS no_replica; CREATE ROLE no_replica LOGIN; CREATE TABLE t (id int PRIMARY KEY)")
    url = replicated.url.replace("postgres@", "no_replica@")
    told = refused(lambda: init_replication("s", "p", "public", "t", credentials=url))
    assert 'ALTER ROLE "no_replica" REPLICATION' in told


def test_a_wrong_password_stays_secret(logical_postgres: PostgresServer, replicated: Replicated) -> None:
    """Neither password nor options are shown."""
    replicated.sql(
        f"DROP ROLE IF EXISTS {WITH_PASSWORD}; CREATE ROLE {WITH_PASSWORD} LOGIN REPLICATION PASSWORD 'right'"
    )
    url = logical_postgres.url("postgres", WITH_PASSWORD, "Very-Wrong-31")
    told = refused(
        lambda: dlt.pipeline("secret", destination="duckdb").run(replication_resource("s", "p", credentials=url))
    )
    assert "password authentication failed" in told and "Very-Wrong-31" not in told
    replicated.sql(f"DROP ROLE {WITH_PASSWORD}")


def test_tables_that_are_not_there_leave_nothing_behind(replicated: Replicated) -> None:
    """Neither names that there are none of, nor tables that the role may not publish, leave a publication.

    What the server said is told with what helps.
    """
    replicated.sql("CREATE TABLE t (id int PRIMARY KEY); CREATE VIEW v AS SELECT * FROM t")
    for names in ("nope", ["t", "nope"], "v", "T"):
        told = refused(lambda names=names: init_replication("s", "p", "public", names, credentials=replicated.url))
        assert "there is no table" in told and "'public'" in told
    for tables in ("t", None):
        told = refused(lambda tables=tables: init_replication("s", "p", "nope", tables, credentials=replicated.url))
        assert "there is no schema 'nope'" in told
    replicated.sql("DROP ROLE IF EXISTS no_owner; CREATE ROLE no_owner LOGIN REPLICATION")
    url = replicated.url.replace("postgres@", "no_owner@")
    told = refused(lambda: init_replication("s", "p", "public", "t", credentials=url))
    assert "the publication 'p' cannot be made: permission denied" in told and "GRANT CREATE ON DATABASE" in told
    replicated.sql(f'GRANT CREATE ON DATABASE "{replicated.url.rpartition("/")[2]}" TO no_owner')
    told = refused(lambda: init_replication("s", "p", "public", "t", credentials=url))
    assert "added to the publication 'p': must be owner of table t" in told and "Only the owner of a table" in told
    told = refused(lambda: init_replication("s", "p", "public", None, credentials=url))
    assert "must be superuser" in told and "name the tables" in told
    connection = psycopg2.connect(replicated.url)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pubname FROM pg_publication")
        assert cursor.fetchall() == []
        cursor.execute("SELECT slot_name FROM pg_replication_slots WHERE database = current_database()")
        assert cursor.fetchall() == []
    connection.close()


def test_what_is_missing_is_named(replicated: Replicated) -> None:
    """Slot, publication and table."""
    replicated.sql("CREATE TABLE t (id int PRIMARY KEY)")
    assert "no publication 'pub'" in refused(replicated.run)
    replicated.sql("CREATE PUBLICATION pub FOR TABLE t")
    assert f"no replication slot {replicated.slot!r}" in refused(replicated.run)
    assert "no table 'nothing' in the schema 'public'" in refused(lambda: replicated.init("nothing"))
    assert "publish is 'inserts'" in refused(lambda: replicated.init("t", publish="inserts"), InvalidHint)
    assert "table_names is empty" in refused(
        lambda: init_replication("s", "p", "public", [], credentials=replicated.url), InvalidHint
    )


def test_a_slot_of_another_plugin_or_database_is_refused(
    logical_postgres: PostgresServer, replicated: Replicated
) -> None:
    """It is not touched."""
    replicated.sql("CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION pub FOR TABLE t")
    replicated.sql("SELECT pg_create_logical_replication_slot(%s, 'test_decoding')", replicated.slot)
    assert "output plugin test_decoding" in refused(replicated.run)
    replicated.sql("SELECT pg_drop_replication_slot(%s)", replicated.slot)
    replicated.init("t")
    other = logical_postgres.new_database()
    init_replication("elsewhere", "pub", "public", None, credentials=other)
    changes = replication_resource(replicated.slot, "pub", credentials=other)
    assert "is of the database" in refused(lambda: list(changes))
    connection = psycopg2.connect(other)
    connection.autocommit = True
    drop_replication_slot("elsewhere", connection.cursor())
    connection.close()


def test_a_slot_in_use_is_waited_for_and_then_named(replicated: Replicated, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs never read one slot at the same time."""
    replicated.sql("CREATE TABLE t (id int PRIMARY KEY)")
    replicated.init("t")
    replicated.sql("INSERT INTO t VALUES (1)")
    reading = iter(replicated.changes(target_batch_size=1))
    next(reading)
    monkeypatch.setattr(server, "BUSY_SECONDS", 0.2)
    assert "is in use by the server's process" in refused(replicated.run)
    monkeypatch.setattr(server, "BUSY_SECONDS", 60.0)
    ending = threading.Timer(0.5, reading.close)
    ending.start()
    replicated.run()
    ending.join()
    assert replicated.loaded("t", "id") == [(1,)]


def test_two_tables_of_one_name_are_refused(replicated: Replicated) -> None:
    """They would be mixed at the destination."""
    replicated.sql("CREATE SCHEMA s; CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE s.t (id int PRIMARY KEY)")
    replicated.init("t")
    told = refused(lambda: replicated.init("t", schema_name="s"))
    assert "public.t and s.t" in told


def test_a_column_of_a_name_that_replication_adds_is_refused(replicated: Replicated) -> None:
    """It is loaded when the column is left out."""
    replicated.sql("CREATE TABLE t (id int PRIMARY KEY, lsn int)")
    replicated.init("t")
    replicated.sql("INSERT INTO t VALUES (1, 1)")
    assert "column 'lsn'" in refused(replicated.run)
    replicated.run(include_columns={"t": ["id"]})
    assert replicated.loaded("t", "id") == [(1,)]


def test_a_slot_that_was_made_anew_is_told(replicated: Replicated, capsys: pytest.CaptureFixture[str]) -> None:
    """Changes between what was loaded and its begin are in no stream; that it goes on is what the program asked for."""
    replicated.sql("CREATE TABLE t (id int PRIMARY KEY)")
    replicated.init("t")
    replicated.sql("INSERT INTO t VALUES (1)")
    replicated.run()
    replicated.run()
    assert "made anew" not in capsys.readouterr().err
    replicated.sql("SELECT pg_drop_replication_slot(%s)", replicated.slot)
    replicated.sql("INSERT INTO t VALUES (2)")
    replicated.init("t")
    replicated.sql("INSERT INTO t VALUES (3)")
    replicated.run()
    assert "made anew" in capsys.readouterr().err
    assert replicated.loaded("t", "id") == [(1,), (3,)]


def test_a_server_behind_what_was_loaded_is_told(replicated: Replicated, capsys: pytest.CaptureFixture[str]) -> None:
    """It may have been restored from a backup, and would give changes that look like loaded ones."""
    replicated.sql("CREATE TABLE t (id int PRIMARY KEY)")
    replicated.init("t")
    replicated.sql("INSERT INTO t VALUES (1)")
    found = server.Server(server.connect(dlt.sources.credentials.ConnectionStringCredentials(replicated.url)))
    credentials = dlt.sources.credentials.ConnectionStringCredentials(replicated.url)
    changes = Changes(found, credentials, Wanted(replicated.slot, "pub"), {"lsn": 1 << 60})
    assert list(changes.read()) == []
    found.close()
    assert "restored from a backup" in capsys.readouterr().err


def test_a_slot_that_the_server_gave_up_is_told(replicated: Replicated) -> None:
    """Too much log: what to do is a new snapshot."""
    replicated.sql("CREATE TABLE t (id int PRIMARY KEY, v text)")
    replicated.init("t")
    replicated.sql("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'")
    replicated.sql("SELECT pg_reload_conf()")
    try:
        replicated.sql("INSERT INTO t SELECT n, repeat('x', 1000) FROM generate_series(1, 40000) n")
        for _ in range(4):
            replicated.sql("SELECT pg_switch_wal()")
            replicated.sql("CHECKPOINT")
        assert "gave the replication slot" in refused(replicated.run)
    finally:
        replicated.sql("ALTER SYSTEM RESET max_slot_wal_keep_size")
        replicated.sql("SELECT pg_reload_conf()")


def test_the_helpers_do_what_they_are_called(replicated: Replicated) -> None:
    """With a cursor each, as programs call them."""
    replicated.sql("CREATE TABLE t (id int PRIMARY KEY)")
    replicated.init("t", publish="insert")
    assert get_pg_version(credentials=replicated.url) >= 150000
    credentials = dlt.sources.credentials.ConnectionStringCredentials(replicated.url)
    connection = replication_connection(replicated.slot, credentials=credentials)
    with connection.cursor() as cursor:
        assert create_replication_slot(replicated.slot, cursor) is None
        made = create_replication_slot(f"{replicated.slot}_two", cursor)
        assert made is not None and made["output_plugin"] == "pgoutput" and made["snapshot_name"]
        drop_replication_slot(f"{replicated.slot}_two", cursor)
        drop_replication_slot(f"{replicated.slot}_two", cursor)
    connection.close()
    options = {"proto_version": "1", "publication_names": "pub"}
    assert get_max_lsn(replicated.slot, options, credentials) is None
    before = replicated.position()
    replicated.sql("INSERT INTO t VALUES (1)")
    found = get_max_lsn(replicated.slot, options, credentials)
    assert found is not None and before < found <= replicated.position()
    connection = psycopg2.connect(replicated.url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        assert get_pg_version(cursor) >= 150000
        assert get_pub_ops("pub", cursor) == {"insert": True, "update": False, "delete": False, "truncate": False}
        drop_publication("pub", cursor)
        drop_publication("pub", cursor)
    connection.close()
    place = replicated.position()
    assert server.lsn_number(lsn_int_to_hex(place)) == place
    advance_slot(place, replicated.slot, credentials)
    assert replicated.confirmed() >= place
