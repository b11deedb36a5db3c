"""Threads, tasks and forks: a pipeline is run by one at a time, and each has an active pipeline of its own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import PipelineLocked

pytestmark = pytest.mark.slow

RUNS = 16


def make() -> Any:
    """Return a pipeline object; all of them are of one name and one file."""
    return dlt.pipeline("shared", destination=dlt.destinations.duckdb("shared.duckdb"), dataset_name="data")


def one_more(number: int) -> Any:
    """Return a resource that yields a row and counts in the state how often it ran."""

    @dlt.resource(name="events")
    def events() -> Any:
        state = dlt.current.resource_state()
        state["runs"] = state.get("runs", 0) + 1
        yield {"id": number}

    return events()


@pytest.mark.parametrize("threads", [2, 8])
@pytest.mark.parametrize("shared", [True, False], ids=["one object", "objects of one name"])
def test_threads_take_turns(own_folder: Path, threads: int, shared: bool) -> None:
    """Every run of every thread is loaded once, the state counts all of them, and nothing is left in the folder."""
    common = make()

    def run(number: int) -> None:
        pipeline = common if shared else make()
        assert not pipeline.run(one_more(number)).has_failed_jobs

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run, range(RUNS)))
    again = make()
    assert sorted(row[0] for row in again.dataset().events.select("id").fetchall()) == list(range(RUNS))
    assert again.state["sources"]["shared"]["resources"]["events"]["runs"] == RUNS
    assert not again.has_pending_data and not os.listdir(os.path.join(again.working_dir, "tmp"))


def test_tasks_of_one_loop_take_turns(own_folder: Path) -> None:
    """The same for asyncio tasks that run a pipeline in threads."""
    pipeline = make()

    async def both() -> None:
        await asyncio.gather(*(asyncio.to_thread(pipeline.run, one_more(number)) for number in range(4)))

    asyncio.run(both())
    assert sorted(row[0] for row in pipeline.dataset().events.select("id").fetchall()) == [0, 1, 2, 3]


def test_each_thread_has_its_active_pipeline(own_folder: Path) -> None:
    """dlt.run in a thread uses what this thread made last; a thread that made nothing uses that of the main thread."""
    mine = dlt.pipeline("mine")
    ready, seen = threading.Barrier(2), {}

    def work(name: str) -> None:
        made = dlt.pipeline(name)
        ready.wait()
        seen[name] = dlt.pipeline() is made

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, ["first", "second"]))
        found = ThreadPoolExecutor(1).submit(dlt.pipeline).result()
    assert seen == {"first": True, "second": True} and found is mine and dlt.pipeline() is mine


@pytest.mark.parametrize("parallelized", [False, True])
@pytest.mark.parametrize("same_object", [False, True])
def test_a_resource_cannot_run_its_own_pipeline(own_folder: Path, parallelized: bool, same_object: bool) -> None:
    """It is told at once, nothing is stuck, and the next run is exact."""
    pipeline = make()

    @dlt.resource(name="events", parallelized=parallelized)
    def nested() -> Any:
        yield {"id": 1}
        (pipeline if same_object else make()).run(one_more(2))

    with pytest.raises(PipelineLocked, match="is extracting"):
        pipeline.run(nested())
    pipeline.run(one_more(3))
    assert pipeline.dataset().events.select("id").fetchall() == [(3,)]


FORK = """
import os, sys
import dlt
from dlt.io.lock import PipelineLock

with PipelineLock(sys.argv[1], "p", 0):
    if os.fork() == 0:
        print("child", flush=True)
        sys.stdin.read()
        os._exit(0)
    sys.stdin.read()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_does_not_keep_the_lock_of_its_dead_parent(own_folder: Path) -> None:
    """A fork inherits open files; the lock still ends with the process that took it."""
    from dlt.io.lock import PipelineLock

    # they live until they are killed, or until these tests end
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    parent = subprocess.Popen([sys.executable, "-c", FORK, str(own_folder)], **pipes, text=True)
    assert parent.stdout is not None and parent.stdout.readline() == "child\n"
    with pytest.raises(PipelineLocked, match=f"process {parent.pid} on"), PipelineLock(str(own_folder), "p", 0):
        pass
    parent.kill()
    parent.wait()
    with PipelineLock(str(own_folder), "p", 10):
        pass


CHILD = """
import multiprocessing, sys
import dlt
from tests.steps.test_threads import make, one_more

def work(number):
    make().run(one_more(number))

if __name__ == "__main__":
    pipeline = make()
    pipeline.run(one_more(0))
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        pool.map(work, [1, 2, 3])
    assert sorted(row[0] for row in pipeline.dataset().events.select("id").fetchall()) == [0, 1, 2, 3]
    pipeline.run(one_more(4))
    assert pipeline.state["sources"]["shared"]["resources"]["events"]["runs"] == 5
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_of_a_pool_take_turns(own_folder: Path, method: str) -> None:
    """Forked or spawned, each process waits for the others; the parent goes on with what they left."""
    if method == "fork" and not hasattr(os, "fork"):
        pytest.skip("there is no fork here")
    (own_folder / "child.py").write_text(CHILD)
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PIPELINES__LOCK_TIMEOUT": "200"}
    done = subprocess.run(
        [sys.executable, "child.py", method], env=variables, capture_output=True, text=True, check=False, timeout=250
    )
    assert done.returncode == 0, done.stderr
