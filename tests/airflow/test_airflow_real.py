"""A whole Airflow on Postgres: killed tasks, zombies, backfills, workers without a common disk, fan-out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.airflow import program
from tests.airflow.services import ROOT, Airflow
from tests.servers.process import free_port
from tests.shares import chosen

pytestmark = [pytest.mark.heavy_airflow, pytest.mark.timeout(900)]
TABLES = ("orders", "orders__items", "customers")
STAGES = ("extract", "normalize", "load")


@pytest.fixture(scope="module")
def airflow() -> Iterator[Airflow]:
    """Start one Airflow for all tests of this file, with LocalExecutor and CeleryExecutor."""
    redis = free_port()
    service = Airflow(
        "LocalExecutor,CeleryExecutor",
        AIRFLOW__CELERY__BROKER_URL=f"redis://127.0.0.1:{redis}/0",
        AIRFLOW__CELERY__WORKER_PREFETCH_MULTIPLIER="1",
        DLT_TEST_PROGRAM=str(Path(program.__file__)),
        DLT_TEST_TRUST=str(ROOT / "tests" / "steps" / "trust_program.py"),
        MASK_SALT="a-salt-of-the-tests",
    )
    service.environment["AIRFLOW__CELERY__RESULT_BACKEND"] = f"redis://127.0.0.1:{redis}/1"
    service.environment["DLT_TEST_URL"] = service.postgres.new_database()
    service.environment["DLT_TEST_HANDOFF"] = f"file://{service.home}/handoff"
    service.environment["REDIS_PORT"] = str(redis)
    shutil.copy(ROOT / "tests" / "airflow" / "dags_of_tests.py", service.dags)
    try:
        yield service.start()
    finally:
        service.stop()


@pytest.fixture
def url(airflow: Airflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the database that the DAGs load into; pipelines of the test itself live in a folder of its own."""
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    return airflow.environment["DLT_TEST_URL"]


def query(url: str, text: str) -> list[Any]:
    """Return what a query finds."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall()
    finally:
        connection.close()


def content(url: str, name: str, tables: tuple[str, ...] = TABLES) -> dict[str, Any]:
    """Return the rows of a dataset without what a load makes up, and the state that the destination keeps."""
    found: dict[str, Any] = {}
    for table in tables:
        columns = query(
            url,
            "SELECT column_name FROM information_schema.columns "
            f"WHERE table_schema = '{name}' AND table_name = '{table}' AND column_name NOT LIKE '\\_dlt%' ORDER BY 1",
        )
        shown = ", ".join(f'"{column}"' for (column,) in columns)
        found[table] = sorted(map(repr, query(url, f"SELECT {shown} FROM {name}.{table}")))
    loads = [load for (load,) in query(url, f"SELECT load_id FROM {name}._dlt_loads")]
    used = {load for (load,) in query(url, f"SELECT DISTINCT _dlt_load_id FROM {name}.{tables[0]}")}
    assert used <= set(loads) and len(loads) == len(set(loads))
    found["loads"] = len(loads)
    pipeline = program.make_pipeline(name, url)
    pipeline.drop()
    pipeline.sync_destination()
    found["state"] = pipeline.state["sources"]
    pipeline.drop()
    return found


def plain(url: str, name: str, *lasts: int, source: Any = program.shop) -> None:
    """Run a pipeline as a script would."""
    pipeline = program.make_pipeline(name, url)
    for last in lasts:
        pipeline.run(source(last=last))
    pipeline.drop()


# -- a task that is killed


@pytest.mark.parametrize("where", ["disk", "handoff"])
def test_a_kill_at_every_point_of_every_task(airflow: Airflow, url: str, tmp_path: Path, where: str) -> None:
    """SIGKILL at each rename and commit of each task under LocalExecutor; the rows are exact."""
    airflow.unpause("harmed")
    handoff = {"handoff": f"file://{tmp_path}/bucket"} if where == "handoff" else {}
    plain(url, f"clean_{where}", 6, 11)
    expected = content(url, f"clean_{where}")

    name = f"points_{where}"
    plain(url, name, 6)
    run = airflow.trigger("harmed", name, name=name, log=str(tmp_path / "points"), **handoff)
    assert airflow.finish("harmed", [run], 120) == {run: "success"}, airflow.log_of("harmed", run, "dlt.extract")
    assert content(url, name) == expected
    points = [(stage, point) for stage in STAGES for point in (tmp_path / f"points.{stage}").read_text().split()]
    if where == "handoff":
        # what happens on the disk is what happens without a hand-off
        points = [(stage, point) for stage, point in points if point.startswith(("handoff.", "task."))]
    assert {"task.extracted.recorded#1", "task.normalized.recorded#1"} <= {point for _, point in points}
    if where == "disk":
        assert {("load", "load.before_commit#1"), ("load", "load.after_commit#1")} <= set(points) and len(points) >= 25

    points = chosen(points)
    names = [f"kill_{where}_{number}" for number in range(len(points))]
    for killed, (stage, point) in zip(names, points, strict=False):
        plain(url, killed, 6)
        once = str(tmp_path / f"{killed}.once")
        airflow.trigger("harmed", killed, name=killed, stage=stage, point=point, once=once, **handoff)
    states = airflow.finish("harmed", names, 800)
    for killed, (stage, point) in zip(names, points, strict=False):
        if states[killed] != "success":
            pytest.fail(f"{stage} was killed at {point}. {airflow.what_became_of('harmed', killed)}")
        tries = {task: found["try_number"] for task, found in airflow.tasks("harmed", killed).items()}
        assert tries == {f"dlt.{s}": 2 if s == stage else 1 for s in STAGES}, (stage, point)
        assert content(url, killed) == expected, (stage, point)


# -- a task that outlives its heartbeat


@pytest.mark.parametrize("stage", ["extract", "load.before_begin", "load.before_commit"])
def test_a_zombie_changes_nothing(airflow: Airflow, url: str, tmp_path: Path, stage: str) -> None:
    """Try 1 outlives its heartbeat, try 2 finishes, try 1 wakes up; the rows are exact."""
    airflow.unpause("harmed")
    name = "zombie_" + stage.replace(".", "_")
    plain(url, f"clean_{name}", 6, 11)
    plain(url, name, 6)
    once = tmp_path / "once"
    harm = {"sleep": str(once)} if stage == "extract" else {"stage": "load", "pause": stage, "once": str(once)}
    run = airflow.trigger("harmed", name, name=name, **harm)
    assert airflow.finish("harmed", [run], 240) == {run: "success"}
    pid = int(Path(f"{once}.pid").read_text())
    assert os.path.isdir(f"/proc/{pid}"), "the first try is gone, so nothing was proved"
    before = content(url, name)
    Path(f"{once}.wake").touch()
    airflow.wait(lambda: not running(pid), 60, "the first try does not end")
    tries = {task: found["try_number"] for task, found in airflow.tasks("harmed", run).items()}
    assert tries["dlt." + stage.partition(".")[0]] == 2
    assert content(url, name) == before == content(url, f"clean_{name}")


def running(pid: int) -> bool:
    """Tell whether a process is alive; one that nobody has waited for is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# -- clearing and stopping


def test_clearing_loads_again(airflow: Airflow, url: str) -> None:
    """A cleared run loads what the source has by then, one more load and one event for each table; load alone does not.

    What the run appended is taken back, what it merged is merged, and a cursor goes on.
    """
    airflow.unpause("changing")
    run = airflow.trigger("changing", "changing")
    loads = []
    for number, value in enumerate(("old", "new", "newer")):
        key = "" if number == 0 else "/value"
        body = {"key": "value", "value": value}
        airflow.call(f"/api/v2/variables{key}", "POST" if number == 0 else "PATCH", body)
        if loads:
            airflow.clear("changing", run)
        assert airflow.finish("changing", [run], 180) == {run: "success"}
        loads += airflow.xcom("changing", run, "dlt.load")["load_ids"]
        for table in ("appended", "appended__list", "merged"):
            assert query(url, f"SELECT DISTINCT value FROM changing.{table}") == [(value,)]
        assert query(url, "SELECT count(*) FROM changing.appended") == [(3,)]
        assert query(url, "SELECT count(*) FROM changing.counted") == [(5,)]
    assert loads == sorted(set(loads)) and len(loads) == 3
    assert sorted(load_id for (load_id,) in query(url, "SELECT load_id FROM changing._dlt_loads")) == loads
    events = airflow.call("/api/v2/assets/events?limit=100&source_dag_id=changing")["asset_events"]
    told = sorted(event["extra"]["load_ids"][0] for event in events if event["uri"].endswith("/appended"))
    assert told == loads, events
    airflow.clear("changing", run, "dlt.load")
    assert airflow.finish("changing", [run], 120) == {run: "success"}
    assert airflow.tasks("changing", run)["dlt.load"]["state"] == "skipped"
    assert "Nothing was loaded now" in airflow.log_of("changing", run, "dlt.load")
    again = airflow.call("/api/v2/assets/events?limit=100&source_dag_id=changing")["asset_events"]
    assert len(again) == len(events) and len(query(url, "SELECT * FROM changing._dlt_loads")) == 3


def test_a_run_that_is_stopped(airflow: Airflow, url: str, tmp_path: Path) -> None:
    """Marking a run as failed ends its task, which would go on for an hour; cleared, it loads each row once."""
    airflow.unpause("harmed")
    plain(url, "stopped", 6)
    nap = tmp_path / "nap"
    run = airflow.trigger("harmed", "stopped", name="stopped", nap=str(nap))
    airflow.wait(nap.exists, 240, "the extract does not start")
    pid = int(nap.read_text())
    airflow.fail("harmed", run)
    airflow.wait(lambda: not running(pid), 240, "the task does not end")
    airflow.clear("harmed", run)
    assert airflow.finish("harmed", [run], 120) == {run: "success"}
    plain(url, "clean_stopped", 6, 11)
    assert content(url, "stopped") == content(url, "clean_stopped")


# -- checks, quarantine, undo


def test_checks_quarantine_and_undo(airflow: Airflow, url: str, tmp_path: Path) -> None:
    """A load that is killed behind its commit, or its checks, tells of them in its next try; a failed check has none.

    A run that was undone loads its rows again when it is cleared.
    """
    airflow.unpause("trust")

    def begin(name: str, totals: list[Any], point: str = "") -> str:
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps({"orders": [{"id": n, "total": total} for n, total in enumerate(totals, 1)]}))
        once = str(tmp_path / f"{name}.once")
        return airflow.trigger("trust", name, name=name, file=str(file), stage="load", point=point, once=once)

    killed = [begin(f"trust_{n}", [7, 70, "free"], f"load.after_{p}#1") for n, p in enumerate(("checks", "commit"))]
    failed = begin("distrust", [7, 700])
    states = airflow.finish("trust", [*killed, failed], 240)
    assert states == {**dict.fromkeys(killed, "success"), failed: "failed"}
    for name in killed:
        assert airflow.tasks("trust", name)["dlt.load"]["try_number"] == 2
        report = airflow.xcom("trust", name, "dlt.load")
        assert [c["check"] for c in report["checks"] if not c["passed"]] == ["between(total: 0 to 50)"]
        assert len(report["checks"]) == 4
        assert report["quarantined"] == {"orders": 1}
        assert query(url, f"SELECT id FROM {name}.orders ORDER BY 1") == [(1,), (2,)]
    told = airflow.call("/api/v2/assets/events?limit=100&source_dag_id=trust")["asset_events"]
    extras = {event["uri"].split("/")[-2]: event["extra"] for event in told if event["uri"].endswith("/orders")}
    assert {name: (e["rows"], e["quarantined"]) for name, e in extras.items()} == dict.fromkeys(killed, (2, 1))

    assert airflow.tasks("trust", failed)["dlt.load"]["try_number"] == 1
    assert "1 of 2 rows (id=2). Nothing of it was loaded" in airflow.log_of("trust", failed, "dlt.load")
    assert [c["passed"] for c in airflow.xcom("trust", failed, "dlt.load", "checks")] == [True, False, False, True]
    page = f"/api/v2/dags/trust/dagRuns/{failed}/taskInstances/dlt.load"
    assert "orders  load   error         1        2" in airflow.call(page)["rendered_fields"]["load_info"]

    pipeline = program.make_pipeline(killed[0], url)
    (load_id,) = pipeline.dataset().load_ids()
    pipeline.undo(load_id)
    assert query(url, f"SELECT count(*) FROM {killed[0]}.orders") == [(0,)]
    airflow.clear("trust", killed[0])
    assert airflow.finish("trust", [killed[0]], 120) == {killed[0]: "success"}
    assert query(url, f"SELECT id FROM {killed[0]}.orders ORDER BY 1") == [(1,), (2,)]


# -- a backfill


@pytest.mark.nightly
def test_backfill_beside_the_live_schedule(airflow: Airflow, url: str) -> None:
    """Windows of a backfill run beside each other and the live schedule; each row is there once."""
    pipeline = program.make_pipeline("windows", url)
    pipeline.run(program.ticks())
    pipeline.drop()
    cursor = content(url, "windows", ("ticks",))["state"]
    airflow.unpause("windows")
    body = {
        "dag_id": "windows",
        "from_date": "2026-02-01T00:00:00Z",
        "to_date": "2026-02-01T00:05:00Z",
        "run_backwards": False,
        "dag_run_conf": {},
        "reprocess_behavior": "none",
        "max_active_runs": 3,
    }
    airflow.call("/api/v2/backfills", "POST", body)

    def enough() -> bool:
        done = [run["run_type"] for run in airflow.runs("windows") if run["state"] == "success"]
        return done.count("backfill") == 6 and done.count("scheduled") >= 3

    airflow.wait(enough, 400, "backfill and schedule did not get on")
    airflow.unpause("windows", paused=True)
    ids = [run["dag_run_id"] for run in airflow.runs("windows")]
    assert set(airflow.finish("windows", ids, 120).values()) == {"success"}
    found = airflow.runs("windows")
    expected = ["2000-01-01 00:00:00"]
    for run in found:
        start = run["data_interval_start"][:17].replace("T", " ")
        expected += [f"{start}{second:02d}" for second in (0, 20, 40)]
    assert len(set(expected)) == len(expected)
    rows = query(url, "SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') FROM windows.ticks")
    assert sorted(row for (row,) in rows) == sorted(expected)
    # the live runs follow each other without a gap, and some of the windows were loaded at one time
    live = sorted(r["data_interval_start"] for r in found if r["run_type"] == "scheduled")
    ends = sorted(r["data_interval_end"] for r in found if r["run_type"] == "scheduled")
    assert live[1:] == ends[:-1]
    spans = [(r["start_date"], r["end_date"], r["run_type"]) for r in found]
    together = {tuple(sorted((a[2], b[2]))) for a in spans for b in spans if a is not b and a[0] < b[1] and b[0] < a[1]}
    assert {("backfill", "backfill"), ("backfill", "scheduled")} <= together
    assert content(url, "windows", ("ticks",))["state"] == cursor


# -- workers without a common disk


def test_three_workers_without_a_common_disk(airflow: Airflow, url: str) -> None:
    """The three steps run on three Celery workers that share nothing but the hand-off's URL."""
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("there is no Redis here: apt-get install redis-server, which make test-airflow does if it can")
    airflow.run(server, "--port", airflow.environment["REDIS_PORT"], "--save", "", "--bind", "127.0.0.1")
    for queue in ("one", "two", "three"):
        airflow.run(
            *("airflow", "celery", "worker", "--queues", queue, "--celery-hostname", f"{queue}@%h"),
            *("--concurrency", "1", "--skip-serve-logs", "--without-gossip", "--without-mingle"),
            *("--pid", str(airflow.home / f"{queue}.pid")),
            AIRFLOW__DLT__WORK_DIR=str(airflow.home / "disks" / queue),
            DLT_DATA_DIR=str(airflow.home / "disks" / queue / "data"),
        )
    airflow.unpause("spread")
    for last in (6, 11):
        run = airflow.trigger("spread", f"spread_{last}", last=last)
        assert airflow.finish("spread", [run], 240) == {run: "success"}
        tasks = airflow.tasks("spread", run)
        assert [tasks[f"dlt.{stage}"]["queue"] for stage in STAGES] == ["one", "two", "three"]
    plain(url, "clean_spread", 6, 11)
    assert content(url, "spread") == content(url, "clean_spread")
    # each worker worked on its own disk, and the extract of one is all that is left on it
    left = {queue: (airflow.home / "disks" / queue).exists() for queue in ("one", "two", "three")}
    assert left == {"one": True, "two": True, "three": True}
    # the teardown emptied the hand-off
    assert not [path for path in (airflow.home / "handoff").rglob("*") if path.is_file()]


# -- fan-out


@pytest.mark.nightly
def test_eight_resources(airflow: Airflow, url: str) -> None:
    """Eight resources fanned out under LocalExecutor, all eight states kept, twice."""
    airflow.unpause("eight")
    tables = tuple(name for number in range(8) for name in (f"r{number}", f"r{number}__list"))
    for last in (3, 5):
        run = airflow.trigger("eight", f"eight_{last}", last=last)
        assert airflow.finish("eight", [run], 240) == {run: "success"}
        assert len(airflow.tasks("eight", run)) == 19
    plain(url, "clean_eight", 3, 5, source=program.many)
    found, expected = content(url, "eight", tables), content(url, "clean_eight", tables)
    # each part has a load id of its own
    assert (found.pop("loads"), expected.pop("loads")) == (16, 2)
    assert found == expected
    assert len(found["state"]["many"]["resources"]) == 8


def test_nothing_else_runs(airflow: Airflow) -> None:
    """What the tests started beside Airflow belongs to sessions that `stop` ends."""
    listed = subprocess.run(["ps", "-eo", "pid,sid,args"], capture_output=True, text=True, check=True).stdout
    sessions = {process.pid for process in airflow._processes}
    ours = [line.split(None, 2) for line in listed.splitlines() if str(airflow.home) in line]
    assert all(int(sid) in sessions for _, sid, _ in ours), ours
