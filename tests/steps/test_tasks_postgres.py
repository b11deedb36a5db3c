"""Tasks into Postgres: tries and runs that overlap for real, in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import orjson
import psycopg2
import pytest

import dlt
from dlt.errors import PipelineStepFailed, StaleExtract, Superseded
from dlt.tasks import LoadReport, Spec, StepContext, extract_step, is_terminal, load_step, normalize_step
from tests.servers.process import free_port
from tests.steps import task_program
from tests.waiting import wait_until

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("postgres")]
PROGRAM = str(Path(task_program.__file__))


@pytest.fixture(autouse=True)
def url(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Configure the destination as a worker would have it: in the environment."""
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres_url)
    return postgres_url


def spec(source: str = "shop", **source_args: Any) -> Spec:
    """Return a spec of the test's program."""
    to = {"pipeline_name": "shop", "destination": "postgres", "dataset_name": "shop"}
    return Spec(f"{PROGRAM}:{source}", to, source_args, work_dir=os.path.abspath("work"))


def count(url: str, sql: str = "SELECT count(*), count(DISTINCT id) FROM shop.orders") -> tuple[Any, ...]:
    """Return a row, as another program sees it."""
    connection = psycopg2.connect(url)
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        return tuple(cursor.fetchone() or ())
    finally:
        connection.close()


def load_process(token: Any, attempt: int, **environment: str) -> subprocess.Popen[bytes]:
    """Start `dlt step load` in a process of its own."""
    Path("token.json").write_bytes(orjson.dumps(token.to_dict()))
    command = [sys.executable, "-m", "dlt.cli", "step", "load", "token.json", "--attempt", str(attempt)]
    variables = {**os.environ, **environment}
    return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_until_stopped(process: subprocess.Popen[bytes]) -> None:
    """Wait until the process sleeps at its point."""

    def stopped() -> bool:
        assert process.poll() is None, process.communicate()
        return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    wait_until(stopped, "a process that sleeps")


@pytest.mark.parametrize("point", ["load.before_begin", "load.after_files", "load.before_commit", "load.after_commit"])
def test_a_zombie_that_wakes_up_changes_nothing(url: str, point: str) -> None:
    """Try 1 sleeps, with its locks; try 2 takes over and finishes; try 1 wakes up: the rows are exact."""
    load_step(normalize_step(extract_step(spec(last=3), StepContext("zero"))))
    done = normalize_step(extract_step(spec(last=50), StepContext("r")))
    zombie = load_process(done, 1, DLT_CRASH_POINT=point, DLT_CRASH_SIGNAL="SIGSTOP")
    try:
        wait_until_stopped(zombie)
        report = load_step(done, StepContext("r", attempt=2))
        assert report.skipped == (point == "load.after_commit")
        assert count(url) == (50, 50)
        zombie.send_signal(signal.SIGCONT)
        _, errors = zombie.communicate(timeout=250)
        assert (zombie.returncode == 0) == (point == "load.after_commit"), errors
        if point == "load.before_begin":
            assert b"try 2 took it over from this one, which is try 1" in errors and zombie.returncode == 1
    finally:
        zombie.kill()
        zombie.wait()
    assert count(url) == (50, 50)
    assert count(url, "SELECT count(*) FROM shop._dlt_loads") == (2,)


def test_tries_in_many_threads_load_once(url: str) -> None:
    """Of tries that run at once at most one loads; the others see that it is loaded, or are refused."""
    done = normalize_step(extract_step(spec(last=200), StepContext("r")))
    outcomes: list[Any] = []

    def load(attempt: int) -> None:
        try:
            outcomes.append(load_step(done, StepContext("r", attempt=attempt)))
        except PipelineStepFailed as error:
            outcomes.append(error)

    threads = [threading.Thread(target=load, args=(attempt,)) for attempt in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(outcome, LoadReport) and not outcome.skipped for outcome in outcomes) == 1
    assert count(url) == (200, 200)


def test_eight_runs_of_one_pipeline_at_once_keep_all_states(url: str) -> None:
    """Runs of different resources of one pipeline, committed at once; no state is lost."""
    names = [f"r{number}" for number in range(task_program.RESOURCES)]
    tokens = [normalize_step(extract_step(spec("many").part([n]), StepContext(f"run {n}"))) for n in names]
    processes = []
    for number, token in enumerate(tokens):
        Path(f"{number}.json").write_bytes(orjson.dumps(token.to_dict()))
        command = [sys.executable, "-m", "dlt.cli", "step", "load", f"{number}.json"]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    for process in processes:
        _, errors = process.communicate(timeout=600)
        assert process.returncode == 0, errors
    pipeline = dlt.pipeline("shop", destination="postgres", dataset_name="shop")
    pipeline.sync_destination()
    resources = pipeline.state["sources"]["many"]["resources"]
    assert {name: resources[name]["mine"] for name in names} == {name: number for number, name in enumerate(names)}
    assert set(names) <= set(pipeline.default_schema.tables)
    versions = "SELECT count(*), count(DISTINCT version) FROM shop._dlt_pipeline_state"
    assert len(set(count(url, versions))) == 1


def test_a_stale_extract_is_refused_and_done_again(url: str) -> None:
    """Append of rows that another run loaded meanwhile is refused, and exact after one more try."""
    slow = normalize_step(extract_step(spec(last=8), StepContext("slow")))
    load_step(normalize_step(extract_step(spec(last=11), StepContext("fast"))))
    with pytest.raises(PipelineStepFailed) as failure:
        load_step(slow)
    assert isinstance(failure.value.__cause__, StaleExtract)
    load_step(
        normalize_step(extract_step(spec(last=12), StepContext("slow", attempt=2))), StepContext("slow", attempt=2)
    )
    assert count(url) == (12, 12)


def test_an_unreachable_destination_is_transient(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Nothing is lost, and the task may be tried again; a superseded one may not."""
    monkeypatch.setattr("dlt.destinations.impl.postgres.connecting.CONNECT_ATTEMPTS", 1)
    done = normalize_step(extract_step(spec(), StepContext("r")))
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", f"postgresql://u:hunter2@127.0.0.1:{free_port()}/x")
    with pytest.raises(PipelineStepFailed) as failure:
        load_step(done)
    assert not is_terminal(failure.value) and "hunter2" not in str(failure.value)
    with pytest.raises(PipelineStepFailed) as failure:
        extract_step(spec(), StepContext("s"))
    assert not is_terminal(failure.value)
    assert is_terminal(Superseded("x"))
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", url)
    load_step(done)
    assert count(url) == (6, 6)
