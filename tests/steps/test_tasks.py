"""Extract, normalize and load as tasks: separate processes, separate disks, many tries, and the same rows."""

from __future__ import annotations

import datetime
import os
import shutil
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import fsspec
import orjson
import pytest

import dlt
from dlt.errors import (
    EmptyWindow,
    HandoffCorrupt,
    HandoffMissing,
    PackageTooLarge,
    PipelineStepFailed,
    SpecInvalid,
    StaleExtract,
    Superseded,
)
from dlt.io import failpoints
from dlt.tasks import (
    LoadReport,
    Spec,
    StepContext,
    Token,
    Window,
    cleanup_step,
    extract_step,
    is_terminal,
    load_step,
    normalize_step,
    resource_names,
)
from tests.processes import run_python
from tests.steps import task_program

PROGRAM = str(Path(task_program.__file__))
UTC = datetime.timezone.utc


@pytest.fixture(autouse=True)
def database(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name the database."""
    path = own_folder / "tasks.duckdb"
    monkeypatch.setenv("SHOP_DB", str(path))
    return path


def spec(source: str = "shop", handoff: str | None = None, work: str = "work", **source_args: Any) -> Spec:
    """Return a spec of the test's program."""
    return Spec(
        source=f"{PROGRAM}:{source}",
        pipeline=f"{PROGRAM}:make_pipeline",
        source_args=source_args,
        handoff=handoff,
        work_dir=os.path.abspath(work),
    )


def all_steps(what: Spec, run_id: str, **options: Any) -> LoadReport:
    """Run the three steps in this process; tokens travel as JSON."""
    token = extract_step(what, StepContext(run_id, **options)).to_dict()
    done = normalize_step(orjson.loads(orjson.dumps(token))).to_dict()
    return load_step(orjson.loads(orjson.dumps(done)))


def content(database: Path, tables: Sequence[str] = ("orders", "orders__items", "customers")) -> dict[str, Any]:
    """Return the rows without what a load makes up, and the state."""
    with duckdb.connect(str(database)) as connection:
        found: dict[str, Any] = {}
        for table in tables:
            names = [
                row[0] for row in connection.execute(f"SELECT column_name FROM (DESCRIBE shop.{table})").fetchall()
            ]
            shown = ", ".join(f'"{name}"' for name in sorted(names) if not name.startswith("_dlt"))
            found[table] = connection.execute(f"SELECT {shown} FROM shop.{table} ORDER BY ALL").fetchall()
        ids = connection.execute(f"SELECT _dlt_load_id FROM shop.{tables[0]} GROUP BY 1").fetchall()
        known = connection.execute("SELECT load_id FROM shop._dlt_loads").fetchall()
    assert set(ids) <= set(known) and len(known) == len(set(known))
    pipeline = task_program.make_pipeline("shop", str(database))
    pipeline.drop()
    pipeline.sync_destination()
    found["state"] = pipeline.state["sources"]
    pipeline.drop()
    return found


def clean(folder: Path, lasts: Sequence[int], source: str = "shop", **options: Any) -> Path:
    """Return the database that plain runs leave."""
    path = folder / f"clean_{source}.duckdb"
    pipeline = task_program.make_pipeline("clean", str(path))
    for last in lasts:
        pipeline.run(getattr(task_program, source)(last=last, **options))
    with duckdb.connect(str(path)) as connection:
        # the state bears the name of the pipeline
        connection.execute("UPDATE shop._dlt_pipeline_state SET pipeline_name = 'shop'")
    return path


# -- three tasks


@pytest.mark.parametrize("where", ["shared disk", "file", "memory"])
def test_three_tasks_leave_what_one_run_leaves(own_folder: Path, database: Path, where: str) -> None:
    """The same rows and the same state, twice in a row, over a shared disk or a hand-off URL."""
    url = {"shared disk": None, "file": f"file://{own_folder}/bucket", "memory": "memory://tasks/one"}[where]
    for number, last in enumerate((6, 11)):
        report = all_steps(spec(handoff=url, last=last), f"run {number}")
        assert report.rows["orders"] == (6, 5)[number] and not report.skipped
    expected = content(clean(own_folder, (6, 11)))
    assert content(database) == expected
    assert report.tables["orders"]["id"] == "bigint" and report.dataset_name == "shop"
    assert "loaded to destination duckdb" in report.text
    assert report.location == report.info["destination_displayable_credentials"]


@pytest.mark.parametrize(
    ("pipeline", "cause"),
    [
        ({"pipeline_name": "x", "destination": "no_such_thing"}, "no_such_thing"),
        ({"pipeline_name": "x/y", "destination": "duckdb"}, "x/y"),
    ],
)
def test_what_a_program_says_wrong_it_says_to_every_try(own_folder: Path, pipeline: Any, cause: str) -> None:
    """An error in a definition is terminal, whoever finds it."""
    with pytest.raises(Exception, match=cause) as failure:
        extract_step(Spec(f"{PROGRAM}:shop", pipeline, work_dir=str(own_folder / "work")), StepContext("r"))
    assert is_terminal(failure.value), failure.value


def step(name: str, *arguments: str, data: Any = None, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run `dlt step` in a process of its own."""
    given = None if data is None else orjson.dumps(data)
    variables = {**os.environ, **environment}
    return run_python(["-m", "dlt.cli", "step", name, *arguments], input=given, env=variables)


def test_three_processes_on_three_disks(own_folder: Path, database: Path) -> None:
    """Extract, normalize and load run on three workers; only the hand-off URL is common to them."""
    url = f"file://{own_folder}/bucket"

    def on(worker: str, name: str, *arguments: str, data: Any) -> Any:
        # a worker's folder is all it has of work_dir: the spec names none
        done = step(name, "-", *arguments, data=data, HANDOFF__WORK_DIR=str(own_folder / worker))
        assert done.returncode == 0, done.stderr.decode()
        assert os.path.isdir(own_folder / worker)
        return orjson.loads(done.stdout)

    for number, last in enumerate((6, 11)):
        what = {**spec(handoff=url, last=last).to_dict(), "work_dir": None}
        token = on("one", "extract", "--run-id", f"run {number}", data=what)
        shutil.rmtree(own_folder / "one")
        done = on("two", "normalize", data=token)
        shutil.rmtree(own_folder / "two")
        report = on("three", "load", data=done)
        assert report["rows"]["customers"] == 5
    assert content(database) == content(clean(own_folder, (6, 11)))


# -- kills


def _points(own_folder: Path, url: str | None) -> dict[str, list[str]]:
    found = {}
    token: Any = spec(handoff=url, work="points", last=11).to_dict()
    arguments: dict[str, list[str]] = {"extract": ["--run-id", "points"], "normalize": [], "load": []}
    for name, given in arguments.items():
        log = own_folder / f"{name}.log"
        done = step(name, "-", *given, data=token, DLT_CRASH_LOG=str(log))
        assert done.returncode == 0, done.stderr.decode()
        token = orjson.loads(done.stdout)
        found[name] = log.read_text().splitlines()
    return found


SHARES = 5
"""Parts of the points, each a test of its own, so that none takes long."""


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("url", [None, "bucket"])
def test_a_kill_at_every_point_of_every_step(own_folder: Path, database: Path, url: str | None, share: int) -> None:
    """SIGKILL at each rename, write and commit, one more try, and the rows are exact."""
    expected = content(clean(own_folder, (6, 11)))
    handoff = f"file://{own_folder}/bucket" if url else None
    all_steps(spec(handoff=handoff, last=6), "first")
    base = database.with_suffix(".base")
    shutil.copy(database, base)
    points = _points(own_folder, handoff)
    assert {"task.extracted.before_record#1", "task.extracted.recorded#1"} <= set(points["extract"])
    assert {"load.before_commit#1", "load.after_commit#1"} <= set(points["load"])
    if url:
        assert "handoff.archive_written#1" in points["normalize"]
    matrix = [(name, point) for name, found in points.items() for point in found]
    assert len(matrix) >= 30
    for number, (killed, point) in enumerate(matrix[share::SHARES]):
        shutil.copy(base, database)
        database.with_suffix(".duckdb.wal").unlink(missing_ok=True)
        marker = own_folder / f"marker{number}"
        run_id = f"run {number}"
        what: Any = spec(handoff=handoff, last=11, marker=str(marker))
        token: Any = what.to_dict()
        for name in ("extract", "normalize", "load"):
            given = ["--run-id", run_id] if name == "extract" else []
            if name == killed:
                dead = step(name, "-", *given, data=token, DLT_CRASH_POINT=point)
                assert dead.returncode == -signal.SIGKILL, (point, dead.stderr.decode())
                token = _inline(name, token, run_id, 2)
            else:
                token = _inline(name, token, run_id, 1)
        assert content(database) == expected, (killed, point)
        committed = killed != "extract" or point.startswith("task.extracted.recorded") or (url and ".sent" in point)
        extracted = len(marker.read_text())
        assert extracted == 1 if committed else extracted in (1, 2), (killed, point)


def _inline(name: str, data: Any, run_id: str, attempt: int) -> Any:
    # a process for each step of each kill would take minutes; the one that is killed is a process
    context = StepContext(run_id, attempt=attempt)
    if name == "extract":
        return extract_step(data, context).to_dict()
    if name == "normalize":
        return normalize_step(data, context).to_dict()
    return load_step(data, context).to_dict()


def test_points_can_be_armed_once(own_folder: Path) -> None:
    """A test may arm a point in a task that an orchestrator starts, for the first try only."""
    once = own_folder / "once"
    name = "load.before_begin"
    program = f"from dlt.io import failpoints as f; f.arm({name!r}, {str(once)!r}); f.point({name!r})"
    first = subprocess.run([sys.executable, "-c", program], check=False)
    second = subprocess.run([sys.executable, "-c", program], check=False)
    assert (first.returncode, second.returncode) == (-signal.SIGKILL, 0)
    failpoints.arm(None)


# -- tries


def test_a_retry_finds_committed_work(own_folder: Path, database: Path) -> None:
    """Extract and normalize are not repeated once committed, load is exactly once."""
    marker = own_folder / "marker"
    what = spec(marker=str(marker))
    first = extract_step(what, StepContext("r"))
    assert extract_step(what, StepContext("r", attempt=2)) == first
    done = normalize_step(first)
    assert normalize_step(first, StepContext("r", attempt=2)) == done
    assert not load_step(done).skipped
    assert load_step(done, StepContext("r", attempt=2)).skipped
    assert extract_step(what, StepContext("r", attempt=3)) == first
    assert marker.read_text() == "x"
    assert len(content(database)["orders"]) == 6


def test_asking_for_the_work_again_extracts_again(own_folder: Path, database: Path) -> None:
    """A person who mended the source clears the task: what was not loaded is extracted again."""
    marker = own_folder / "marker"
    what = spec(marker=str(marker))
    first = extract_step(what, StepContext("r"))
    second = extract_step(what, StepContext("r", generation=1))
    assert first.packages[0].nonce != second.packages[0].nonce and marker.read_text() == "xx"
    load_step(normalize_step(second))
    assert extract_step(what, StepContext("r", generation=1, attempt=2)) == second and marker.read_text() == "xx"
    # asked for again after the load: the cursor of orders has nothing new, customers are merged once more
    third = extract_step(what, StepContext("r", generation=2))
    assert third.packages[0].load_id > second.packages[0].load_id and marker.read_text() == "xxx"
    assert load_step(normalize_step(third)).rows == {"customers": 5}
    assert len(content(database)["orders"]) == 6


def test_an_older_try_is_refused_at_the_commit(database: Path) -> None:
    """Try 1 wakes up when try 2 took over; it may not commit, before and after try 2 did."""
    done = normalize_step(extract_step(spec(), StepContext("r")))
    pipeline = task_program.make_pipeline()
    load_id = done.packages[0].load_id
    with pipeline.destination_client_for("shop", None) as client:
        old = client.claim("shop", load_id, 1)
        assert client.claim("shop", load_id, 2) > old
        with pytest.raises(Superseded, match="try 2 took it over from this one, which is try 1"):
            client.claim("shop", load_id, 1)
        client.begin()
        with pytest.raises(Superseded, match="another try of the same task took it over"):
            client.hold("shop", load_id, old)
        client.rollback()
    with pytest.raises(PipelineStepFailed) as failure:
        load_step(done, StepContext("r", attempt=1))
    assert isinstance(failure.value.__cause__, Superseded) and is_terminal(failure.value)
    load_step(done, StepContext("r", attempt=2))
    assert len(content(database)["orders"]) == 6


def test_two_tries_at_the_same_time_load_once(database: Path) -> None:
    """The zombie and its successor run side by side."""
    done = normalize_step(extract_step(spec(last=50), StepContext("r")))
    reports: list[Any] = []

    def load(attempt: int) -> None:
        try:
            reports.append(load_step(done, StepContext("r", attempt=attempt)))
        except PipelineStepFailed as error:
            reports.append(error.__cause__)

    threads = [threading.Thread(target=load, args=(attempt,)) for attempt in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    loaded = [report for report in reports if isinstance(report, LoadReport)]
    assert loaded and all(isinstance(report, (LoadReport, Superseded)) for report in reports)
    assert sum(not report.skipped for report in loaded) <= 1
    assert len(content(database)["orders"]) == 50


# -- fan-out and parallel runs


def fan_out(what: Spec, run_id: str) -> LoadReport:
    """Extract and normalize each resource by itself, load all of them in one commit."""
    tokens: list[Any] = [None] * len(resource_names(what))

    def part(number: int, name: str) -> None:
        token = extract_step(what.part([name]), StepContext(run_id, name))
        tokens[number] = normalize_step(token)

    threads = [threading.Thread(target=part, args=item) for item in enumerate(resource_names(what))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return load_step(tokens)


def test_eight_resources_in_parallel_keep_all_states(own_folder: Path, database: Path) -> None:
    """Eight parts are one commit, and all cursors and all states are kept, twice."""
    tables = [f"r{number}" for number in range(8)] + [f"r{number}__list" for number in range(8)]
    for number, last in enumerate((3, 5)):
        report = fan_out(spec("many", last=last), f"run {number}")
        assert set(report.rows) == set(tables) and len(report.load_ids) == task_program.RESOURCES
    expected = content(clean(own_folder, (3, 5), "many"), tables)
    found = content(database, tables)
    assert found == expected
    assert len(found["state"]["many"]["resources"]) == 8


def test_parts_may_be_loaded_by_themselves(database: Path) -> None:
    """Fan-out: each part has a load id of its own, so one that comes later is not taken for loaded."""
    parts = {n: normalize_step(extract_step(spec("many").part([n]), StepContext("r", n))) for n in ("r0", "r1", "r2")}
    load_step([parts["r0"], parts["r1"]])
    with pytest.raises(PipelineStepFailed, match="of its parts were loaded before and the others were not") as failure:
        load_step(list(parts.values()))
    assert is_terminal(failure.value)
    assert not load_step(parts["r2"]).skipped
    assert load_step(list(parts.values())).skipped
    assert {table: len(rows) for table, rows in content(database, list(parts)).items() if table in parts} == {
        "r0": 3,
        "r1": 4,
        "r2": 5,
    }


def test_runs_in_parallel_lose_no_state_and_no_rows(own_folder: Path, database: Path) -> None:
    """Of two runs that read one cursor the second is refused, extracts again, and is exact."""
    all_steps(spec(last=6), "zero")
    slow = normalize_step(extract_step(spec(last=8), StepContext("slow")))
    fast = normalize_step(extract_step(spec(last=11), StepContext("fast")))
    load_step(fast)
    with pytest.raises(PipelineStepFailed) as failure:
        load_step(slow)
    assert isinstance(failure.value.__cause__, StaleExtract) and is_terminal(failure.value)
    assert "sources.shop.resources.orders" in str(failure.value.__cause__)
    again = extract_step(spec(last=13), StepContext("slow", attempt=2))
    assert again.packages[0].nonce != slow.packages[0].nonce
    load_step(normalize_step(again))
    expected = content(clean(own_folder, (6, 11, 13)))
    found = content(database)
    assert found == expected


def test_parallel_runs_of_merged_data_need_no_order(own_folder: Path, database: Path) -> None:
    """Merge may load rows twice, so both runs load, and the further cursor stays."""
    all_steps(spec(last=6, disposition="merge"), "zero")
    what = spec(disposition="merge")
    slow = normalize_step(extract_step(what.part(["orders"], {"last": 8}), StepContext("slow")))
    fast = normalize_step(extract_step(what.part(["customers"], {"last": 8}), StepContext("fast")))
    load_step(fast)
    load_step(slow)
    assert content(database)["state"]["shop"]["resources"]["orders"]["incremental"]["id"]["last_value"] == 8
    assert len(content(database)["orders"]) == 8


def test_schemas_of_parallel_runs_are_joined(database: Path) -> None:
    """What two runs add to one schema at the same time is all in the schema that is stored last."""
    what = spec("many", last=1)
    tokens = [
        normalize_step(extract_step(what.part([name]), StepContext(f"run {name}"))) for name in ("r0", "r1", "r2")
    ]
    for token in tokens:
        load_step(token)
    pipeline = task_program.make_pipeline()
    pipeline.sync_destination()
    assert {"r0", "r1", "r2", "r2__list"} <= set(pipeline.default_schema.tables)
    assert set(pipeline.state["sources"]["many"]["resources"]) == {"r0", "r1", "r2"}


def day(first: int, last: int) -> Window:
    """Return the window of some days of January."""
    return Window(datetime.datetime(2026, 1, first, tzinfo=UTC), datetime.datetime(2026, 1, last, tzinfo=UTC))


def test_backfills_beside_the_live_runs_leave_the_cursor_alone(database: Path) -> None:
    """Windows load what falls into them, no gap, no duplicate, and the live cursor stays its own."""
    live = spec("days", first=7, last=8)
    one = normalize_step(extract_step(spec("days"), StepContext("b1", window=day(1, 4))))
    all_steps(live, "live 1")
    two = normalize_step(extract_step(spec("days"), StepContext("b2", window=day(4, 7))))
    load_step(two)
    load_step(one)
    all_steps(spec("days", first=7, last=9), "live 2")
    found = content(database, ["hours"])
    assert [row[0].isoformat() for row in found["hours"]] == [
        f"2026-01-{n:02d}T{hour:02d}:00:00+00:00" for n in range(1, 10) for hour in range(0, 24, 6)
    ]
    cursor = found["state"]["days"]["resources"]["hours"]["incremental"]["at"]
    assert cursor["last_value"] == "2026-01-09T18:00:00+00:00"


# -- bad input


@pytest.mark.parametrize(
    ("source", "pipeline", "message"),
    [
        ("no_such_module:shop", None, "no_such_module cannot be imported: ModuleNotFoundError"),
        (f"{PROGRAM}:no_such_name", None, "'no_such_name' of .* is not there"),
        ("/no/such/file.py:shop", None, "the file /no/such/file.py is not there on this worker"),
        ("shop", None, "'shop' is not a reference"),
        (f"{PROGRAM}:nothing", None, "returned None"),
        (f"{PROGRAM}:number", None, "returned int. Return a source"),
        (f"{PROGRAM}:shop", f"{PROGRAM}:number", "returned int. Return what"),
        (f"{PROGRAM}:shop", {"no_such_argument": 1}, "no_such_argument"),
        (f"{PROGRAM}:shop", {"pipeline_name": "x"}, "has no destination"),
        (f"{PROGRAM}:shop", {"pipeline_name": "x", "destination": "duckdb", "full_refresh": True}, "full_refresh"),
        (None, None, "there is no source"),
    ],
)
def test_a_bad_spec_says_what_is_wrong(own_folder: Path, source: Any, pipeline: Any, message: str) -> None:
    """Each is terminal, names the spec, and leaves nothing."""
    what = Spec(source, pipeline or f"{PROGRAM}:make_pipeline", work_dir=str(own_folder / "work"))
    with pytest.raises(SpecInvalid, match=message) as failure:
        extract_step(what, StepContext("r"))
    assert is_terminal(failure.value)
    assert not list((own_folder / "work").rglob("*.json"))


def test_a_spec_is_json_and_holds_no_secrets() -> None:
    """What cannot travel, or must not, is refused when the spec is read."""
    with pytest.raises(SpecInvalid, match="A spec travels as JSON"):
        Spec.from_dict({"source": "a:b", "source_args": {"x": object()}})
    with pytest.raises(SpecInvalid, match="hold credentials"):
        Spec.from_dict({"source": "a:b", "pipeline": {"credentials": "postgres://u:hunter2@h/d"}})
    with pytest.raises(SpecInvalid, match="recources is no key"):
        Spec.from_dict({"source": "a:b", "recources": []})
    with pytest.raises(SpecInvalid, match="has no resource nope"):
        extract_step(spec().part(["nope"]), StepContext("r"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"source": 5}, "source is of type int. Pass package.module:name"),
        ({"source": "a:b", "resources": "orders"}, "resources is of type str. Pass a list of names"),
        ({"source": "a:b", "source_args": ["x"]}, "source_args is of type list. Pass a dict of arguments"),
        ({"source": "a:b", "pipeline": 1}, "pipeline is of type int"),
        (["a:b"], "list is no spec"),
    ],
)
def test_a_spec_of_the_wrong_form_is_refused_when_it_is_read(given: Any, message: str) -> None:
    """Each value is of the type that its key asks for."""
    with pytest.raises(SpecInvalid, match=message):
        Spec.from_dict(given)


@pytest.mark.parametrize("given", [["2026-01-01T00:00:00+00:00", 5], ["2026-01-01T00:00:00+00:00"]])
def test_a_window_of_the_wrong_form_is_refused(given: Any) -> None:
    """A window is two moments."""
    with pytest.raises(EmptyWindow, match="window"):
        Window.from_list(given)


def test_an_error_of_the_source_keeps_nothing_and_may_be_tried_again(own_folder: Path, database: Path) -> None:
    """The user's own error is not ours to call terminal; the run goes on where it was."""
    with pytest.raises(ValueError, match="the user's own mistake") as failure:
        extract_step(spec("broken"), StepContext("r"))
    assert not is_terminal(failure.value)
    all_steps(spec(), "r")
    assert len(content(database)["orders"]) == 6


def test_a_missing_hand_off_names_the_remedies(own_folder: Path) -> None:
    """The package is on another worker."""
    token = extract_step(spec(), StepContext("r"))
    shutil.rmtree(own_folder / "work")
    with pytest.raises(HandoffMissing, match=r"no hand-off URL. Give it one \(handoff=...\)") as failure:
        normalize_step(token)
    assert is_terminal(failure.value)
    token = extract_step(spec(handoff=f"file://{own_folder}/bucket"), StepContext("r"))
    shutil.rmtree(own_folder / "work")
    shutil.rmtree(own_folder / "bucket")
    with pytest.raises(HandoffMissing, match="neither on this worker nor at the hand-off"):
        normalize_step(token)


@pytest.mark.parametrize("damage", ["cut", "changed", "another"])
def test_a_damaged_archive_is_refused(own_folder: Path, damage: str) -> None:
    """Half an archive, or one of other content, never becomes rows."""
    token = extract_step(spec(handoff=f"file://{own_folder}/bucket"), StepContext("r"))
    shutil.rmtree(own_folder / "work")
    archive = next((own_folder / "bucket").rglob("*.tar"))
    data = bytearray(archive.read_bytes())
    if damage == "cut":
        data = data[: len(data) // 2]
    elif damage == "changed":
        data[len(data) // 2] ^= 1
    else:
        data = bytearray(b"no archive at all")
    archive.write_bytes(data)
    with pytest.raises(HandoffCorrupt, match="Run the task that made it again") as failure:
        normalize_step(token)
    assert is_terminal(failure.value)
    assert not (own_folder / "work").exists() or not list((own_folder / "work").rglob("package.json"))


def test_a_package_that_is_too_large_is_not_sent(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hand-off: the limit and the ways around it are named."""
    monkeypatch.setenv("HANDOFF__MAX_BYTES", "100")
    with pytest.raises(PackageTooLarge, match=r"more than the hand-off takes.*HANDOFF__MAX_BYTES"):
        extract_step(spec(handoff=f"file://{own_folder}/bucket"), StepContext("r"))
    assert not list((own_folder / "bucket").rglob("*.tar"))


def test_equal_packages_make_equal_archives(own_folder: Path) -> None:
    """Hand-off: an archive is named by its content, and one that is there is not sent again."""
    from dlt.tasks import handoff

    folder = own_folder / "package"
    folder.mkdir()
    (folder / "a.arrow").write_bytes(b"x" * 100_000)
    store = handoff.open_store("memory://equal")
    first = handoff.send(store, str(folder), "p")
    os.utime(folder / "a.arrow", (1, 1))
    assert handoff.send(store, str(folder), "p") == first
    assert len(store.names("p")) == 1
    handoff.fetch(store, first[0], "p", str(own_folder / "back"))
    assert (own_folder / "back" / "a.arrow").read_bytes() == b"x" * 100_000
    fsspec.filesystem("memory").rm("/equal", recursive=True)


@pytest.mark.parametrize("ends", [("2026-01-02", "2026-01-02"), ("2026-01-02", "2026-01-01"), ("x", "y")])
def test_an_empty_window_is_an_error(ends: tuple[str, str]) -> None:
    """An empty window would be a silent no-op, so it is refused."""
    with pytest.raises(EmptyWindow):
        Window.from_list([f"{end}T00:00:00+00:00" if end[0] == "2" else end for end in ends])


def test_a_run_needs_an_id() -> None:
    """An id that is empty, as a variable of a shell may be, would be that of every run."""
    with pytest.raises(SpecInvalid, match="the id of the run is empty"):
        extract_step(spec(), StepContext(""))


def test_a_load_that_fails_says_which_task_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder of a pipeline has the package of a task, so the advice is about tasks."""
    done = normalize_step(extract_step(spec(), StepContext("r")))
    monkeypatch.setenv("SHOP_DB", "/nonexistent/folder/tasks.duckdb")
    with pytest.raises(PipelineStepFailed, match="is kept: run this task again once the cause is mended") as failure:
        load_step(done)
    assert "run-pending" not in str(failure.value) and "abort-packages" not in str(failure.value)


@pytest.mark.parametrize(
    "given",
    [
        {"source_args": {"where": "source", "api_key": "of-a-canary"}},
        {"source_args": {"where": "rows", "conf": [{"deep": [{"password": "of-a-canary"}]}]}},
        {"pipeline": f"{PROGRAM}:refusing_pipeline", "pipeline_args": {"options": {"token": "of-a-canary"}}},
    ],
    ids=["source", "rows", "pipeline"],
)
def test_what_factories_raise_tells_no_secret(given: dict[str, Any]) -> None:
    """Orchestrators keep errors: arguments that are secret by their names are in none, wherever it comes from."""
    wanted = replace(spec("refusing"), **given)
    steps = [lambda: extract_step(wanted, StepContext("refused"))]
    if given.get("source_args", {}).get("where") == "source":
        steps.append(lambda: resource_names(wanted))
    for step in steps:
        with pytest.raises(Exception, match="no entry with") as caught:
            step()
        assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_tokens_of_different_runs_are_not_mixed() -> None:
    """A load is of one run, each part once, and normalized."""
    first = extract_step(spec(), StepContext("a"))
    with pytest.raises(SpecInvalid, match="is extracted, not normalized"):
        load_step(first)
    one, two = normalize_step(first), normalize_step(extract_step(spec(), StepContext("b")))
    with pytest.raises(SpecInvalid, match="of different runs"):
        load_step([one, two])
    with pytest.raises(SpecInvalid, match="two tokens are of the same part"):
        load_step([one, one])
    with pytest.raises(SpecInvalid, match="with the keys api_key is not a token") as caught:
        load_step([{"api_key": "of-a-canary"}])
    assert "canary" not in str(caught.value)
    with pytest.raises(SpecInvalid, match="made by another version"):
        Token.from_dict({**one.to_dict(), "version": 99})
    package = one.to_dict()["packages"][0]
    damaged: list[dict[str, Any]] = [
        {"packages": [7]},
        {"packages": 7},
        {"packages": [{**package, "load_id": "../../elsewhere"}]},
        {"packages": [{**package, "nonce": "a/b"}]},
        {"packages": [{**package, "digest": ".."}]},
        {"pipeline_name": "../elsewhere"},
        {"run_id": 7},
        {"revision": "next"},
        {"attempt": "second"},
        {"stage": None},
        {"changes": [1]},
    ]
    for harm in damaged:
        with pytest.raises(SpecInvalid, match="not whole"):
            Token.from_dict({**one.to_dict(), **harm})
    with pytest.raises(SpecInvalid, match="not whole"):
        Token.from_dict({key: value for key, value in one.to_dict().items() if key != "spec"})


def test_cleaning_up_leaves_nothing_and_a_late_retry_is_a_no_op(own_folder: Path, database: Path) -> None:
    """Work folder and hand-off are empty, and the load task may still be run again."""
    done = normalize_step(extract_step(spec(handoff=f"file://{own_folder}/bucket"), StepContext("r")))
    load_step(done)
    cleanup_step(done.to_dict())
    assert not list((own_folder / "bucket").rglob("*.tar")) and not list((own_folder / "work").rglob("*.arrow"))
    report = load_step(done)
    assert report.skipped and report.rows["orders"] == 6
    assert len(content(database)["orders"]) == 6


def test_nothing_new_is_a_run_without_packages(own_folder: Path, database: Path) -> None:
    """A run that finds nothing new goes through, and leaves the destination as it was."""
    what = spec("many", last=2).part(["r1"])
    all_steps(what, "one")
    report = all_steps(what, "two")
    assert report.rows == {} and not report.load_ids
    assert len(content(database, ["r1"])["r1"]) == 3


def test_the_same_spec_works_on_files(own_folder: Path) -> None:
    """Fencing where there are no transactions: tasks load into files as well, each once."""
    to = {"pipeline_name": "files", "destination": "filesystem", "dataset_name": "shop"}
    os.environ["DESTINATION__FILESYSTEM__BUCKET_URL"] = str(own_folder / "lake")
    try:
        what = Spec(f"{PROGRAM}:shop", to, work_dir=str(own_folder / "work"))
        done = normalize_step(extract_step(what, StepContext("r")))
        assert not load_step(done).skipped and load_step(done, StepContext("r", attempt=2)).skipped
        with pytest.raises(PipelineStepFailed) as failure:
            load_step(done, StepContext("r", attempt=1))
        assert isinstance(failure.value.__cause__, Superseded)
        all_steps(what.part(source_args={"last": 9}), "s")
        assert len(dlt.pipeline(**to).dataset().orders.fetchall()) == 9
    finally:
        del os.environ["DESTINATION__FILESYSTEM__BUCKET_URL"]


def test_the_command_tells_terminal_from_transient(own_folder: Path) -> None:
    """Usable from a shell: exit code 1 for what another try cannot help, 75 for what may pass; the cause on stderr."""
    bad = step(
        "extract", "-", "--run-id", "r", data={"source": "no_such_module:x", "pipeline": f"{PROGRAM}:make_pipeline"}
    )
    assert bad.returncode == 1 and b"no_such_module cannot be imported" in bad.stderr and not bad.stdout
    user = step("extract", "-", "--run-id", "r", data=spec("broken").to_dict())
    assert user.returncode == 75 and b"the user's own mistake" in user.stderr
    names = step("resources", "-", data=spec("shop").to_dict())
    assert orjson.loads(names.stdout) == ["orders", "customers"]
