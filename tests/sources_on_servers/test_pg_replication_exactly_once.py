"""Replication of PostgreSQL: the slot is advanced when changes are loaded, and no change is loaded twice."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.tasks import Spec, StepContext, extract_step, load_step, normalize_step
from tests.processes import run_python
from tests.servers.postgres import PostgresServer
from tests.sources_on_servers.pg_workload import TABLES, Workload
from tests.sources_on_servers.replicated import Replicated

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("logical_postgres")]

_PROGRAM = """
import os, sys
import dlt
from dlt.sources.pg_replication import replication_resource
folder, url, slot = sys.argv[1:]
pipeline = dlt.pipeline(
    "replicated", destination=dlt.destinations.duckdb(folder + "/replicated.db"), dataset_name="data",
    pipelines_dir=folder + "/work",
)
pipeline.run(replication_resource(slot, "pub", credentials=url, target_batch_size=3))
# at once: what extensions of DuckDB do at the end of an interpreter, they cannot do in one that was forked
os._exit(0)
"""


def run_program(replicated: Replicated, **variables: str) -> int:
    """Load the changes in a process of its own; return how it ended."""
    arguments = ["-c", _PROGRAM, str(replicated.folder), replicated.url, replicated.slot]
    ended = run_python(arguments, env={**os.environ, **variables})
    assert ended.returncode in (0, -signal.SIGKILL), ended.stderr.decode()
    return ended.returncode


def test_the_slot_is_advanced_when_changes_are_loaded_and_not_before(replicated: Replicated) -> None:
    """Extract and normalize leave it alone; so does a run whose load failed; the run behind the load advances it."""
    replicated.sql("CREATE TABLE t (id int)")
    replicated.init("t", publish="insert")
    begin = replicated.confirmed()
    replicated.sql("INSERT INTO t VALUES (1)")
    replicated.pipeline.extract(replicated.changes())
    replicated.sql("INSERT INTO t VALUES (2)")
    # of what waits on this disk only nobody knows whether it will be loaded
    replicated.pipeline.extract(replicated.changes())
    replicated.pipeline.normalize()
    replicated.pipeline.extract(replicated.changes())
    assert replicated.confirmed() == begin
    replicated.pipeline.normalize()
    replicated.pipeline.load()
    assert replicated.loaded("t", "id") == [(1,), (2,)]
    loaded = replicated.position()
    list(replicated.changes())
    assert replicated.confirmed() == begin
    replicated.sql("INSERT INTO t VALUES (3)")
    replicated.run()
    assert begin < replicated.confirmed() <= loaded
    replicated.run(flush_slot=False)
    assert replicated.confirmed() <= loaded
    assert replicated.loaded("t", "id") == [(1,), (2,), (3,)]


def test_packages_that_are_given_up_come_again(replicated: Replicated) -> None:
    """What was extracted and dropped is still at the source."""
    replicated.sql("CREATE TABLE t (id int)")
    replicated.init("t", publish="insert")
    replicated.sql("INSERT INTO t VALUES (1)")
    replicated.pipeline.extract(replicated.changes())
    replicated.pipeline.extract(replicated.changes())
    replicated.pipeline.drop_pending_packages()
    replicated.run()
    assert replicated.loaded("t", "id") == [(1,)]


def test_a_kill_at_every_point_repeats_and_loses_no_row(replicated: Replicated) -> None:
    """Rows are appended, so that each that came twice would be seen."""
    replicated.sql("CREATE TABLE t (id int)")
    replicated.init("t", publish="insert")
    log, count = replicated.folder / "points.log", 0

    def insert() -> None:
        nonlocal count
        for _ in range(2):
            replicated.sql("INSERT INTO t SELECT generate_series(%s, %s)", count, count + 4)
            count += 5

    insert()
    assert run_program(replicated) == 0
    insert()
    assert run_program(replicated, DLT_CRASH_LOG=str(log)) == 0
    for point in [point for point in log.read_text().split() if point.partition(".")[0] in ("load", "move", "commit")]:
        insert()
        assert run_program(replicated, DLT_CRASH_POINT=point) == -signal.SIGKILL, point
        insert()
        assert run_program(replicated) == 0
        assert replicated.loaded("t", "id") == [(number,) for number in range(count)], point


def shop(url: str, slot: str) -> Any:
    """Return the changes, as a spec names them."""
    from dlt.sources.pg_replication import replication_resource

    @dlt.source(name="shop")
    def changes() -> Any:
        return replication_resource(slot, "pub", credentials=url)

    return changes()


def test_tasks_on_workers_that_share_no_disk_load_each_change_once(replicated: Replicated) -> None:
    """Each step works in a folder of its own; the slot is advanced by the extract behind the load."""
    replicated.sql("CREATE TABLE t (id int)")
    replicated.init("t", publish="insert")
    begin = replicated.confirmed()
    to = {"pipeline_name": "replicated", "destination": "duckdb", "dataset_name": "data"}

    def spec(step: str) -> Spec:
        options = {**to, "destination": "duckdb"}
        arguments = {"url": replicated.url, "slot": replicated.slot}
        return Spec(
            f"{Path(__file__)}:shop", options, arguments,
            work_dir=str(replicated.folder / step), handoff=str(replicated.folder / "handoff"),
        )  # fmt: skip

    os.environ["DESTINATION__DUCKDB__CREDENTIALS"] = str(replicated.folder / "replicated.db")
    try:
        for number in range(3):
            replicated.sql("INSERT INTO t VALUES (%s)", number)
            run = f"run-{number}"
            # the first try of each is lost with its worker
            extract_step(spec(f"extract-{number}"), StepContext(run_id=run, attempt=1))
            token = extract_step(spec(f"again-{number}"), StepContext(run_id=run, attempt=2))
            if number == 0:
                assert replicated.confirmed() == begin
            normalized = normalize_step(token, StepContext(run_id=run, attempt=1), spec(f"normalize-{number}"))
            load_step(normalized, StepContext(run_id=run, attempt=1), spec(f"load-{number}"))
            load_step(normalized, StepContext(run_id=run, attempt=2), spec(f"load-{number}-again"))
            assert replicated.loaded("t", "id") == [(each,) for each in range(number + 1)]
        assert replicated.confirmed() > begin
    finally:
        del os.environ["DESTINATION__DUCKDB__CREDENTIALS"]


@pytest.mark.parametrize("pages", [1, 2, 3])
def test_a_reader_that_stops_goes_on_where_it_stopped(replicated: Replicated, pages: int) -> None:
    """Within a transaction too: pages that came out count, and no others."""
    replicated.sql("CREATE TABLE a (id int); CREATE TABLE b (id int)")
    replicated.init("a", "b", publish="insert")
    replicated.sql(
        "BEGIN; INSERT INTO a SELECT generate_series(1, 5); INSERT INTO b SELECT generate_series(1, 5); COMMIT"
    )
    replicated.sql("BEGIN; INSERT INTO b VALUES (6); INSERT INTO a VALUES (6); COMMIT")
    for _ in range(12):
        replicated.pipeline.run(replicated.changes(target_batch_size=2).add_limit(pages))
    expected = [(number,) for number in range(1, 7)]
    assert replicated.loaded("a", "id") == replicated.loaded("b", "id") == expected


def test_a_slot_that_is_idle_lets_the_log_go(replicated: Replicated) -> None:
    """Where other tables write much the place moves on, although nothing is to be loaded."""
    replicated.sql("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE busy (v text)")
    replicated.init("t")
    replicated.sql("INSERT INTO t VALUES (1)")
    replicated.run()
    replicated.sql("INSERT INTO busy SELECT repeat('x', 1000) FROM generate_series(1, 20000)")
    far = replicated.position()
    for _ in range(2):
        replicated.run()
    assert replicated.confirmed() >= far


@pytest.mark.parametrize("seed", [1, 2])
def test_the_destination_follows_the_source_whatever_happens(
    logical_postgres: PostgresServer, tmp_path: Path, seed: int
) -> None:
    """Changes by chance, with kills between: after each round the tables are equal."""
    replicated = Replicated(logical_postgres, tmp_path)
    work = Workload(replicated.url, seed)
    try:
        work.change(10)
        options = {"publish": "insert, update, delete, truncate", "persist_snapshots": True}
        snapshots = replicated.init(*TABLES, **options)
        work.change(10)
        replicated.pipeline.run(snapshots)
        points = ("load.before_commit", "load.after_commit", "move.loaded_package.before", "commit.extracted.synced")
        for number in range(8):
            work.change(work.chance.randint(1, 12))
            if number % 2:
                run_program(replicated, DLT_CRASH_POINT=work.chance.choice(points))
                work.change(work.chance.randint(1, 5))
            replicated.run(target_batch_size=work.chance.choice((1, 7, 1000)))
            for table in TABLES:
                kind = "kind" if table == "pairs" else "0"
                rows = replicated.loaded(table, f"id, v, note, md5(big), {kind}")
                assert {(row[0], row[-1]): row[1:-1] for row in rows} == work.content(table), (number, table)
                assert len(rows) == len(work.content(table))
    finally:
        work.close()
        replicated.close()


def test_a_connection_that_is_lost_is_made_anew(replicated: Replicated, capsys: pytest.CaptureFixture[str]) -> None:
    """In the middle of a transaction, again and again: no row is missing, and none is there twice."""
    replicated.sql("CREATE TABLE t (id int)")
    replicated.init("t", publish="insert")
    begin = replicated.confirmed()
    replicated.sql("INSERT INTO t SELECT generate_series(1, 60000)")
    pages = 0

    def cut(row: Any) -> Any:
        nonlocal pages
        pages += 1
        if pages in (2000, 30000):
            replicated.sql(
                "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = %s",
                replicated.slot,
            )
        return row

    replicated.pipeline.run(replicated.changes(target_batch_size=100).add_map(cut))
    assert replicated.loaded("t", "count(*), count(DISTINCT id)") == [(60000, 60000)]
    # what the driver has read already needs no connection: the second cut may come behind it
    assert capsys.readouterr().err.count("asked once more") in (1, 2)
    # what went out before the connection was lost, was not loaded yet
    assert replicated.confirmed() == begin
