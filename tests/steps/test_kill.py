"""Kill the process at any moment, run again: the destination holds what one clean run would have left."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.processes import run_python
from tests.steps import crash_program

pytestmark = pytest.mark.slow

PROGRAM = str(Path(crash_program.__file__))
FIRST, SECOND = 6, 11
SHARES = 6
"""Parts of the points, each a test of its own, so that none takes long."""


def run(disposition: str, folder: Path, last: int, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program to its end, or to its death."""
    variables = {**os.environ, "RUNTIME__USER_LOG": "false", **environment}
    return run_python([PROGRAM, disposition, str(folder), str(last)], env=variables)


def content(folder: Path) -> dict[str, Any]:
    """Return the rows of all tables, keyed by what the source knows, and the state here and at the destination."""
    connection = duckdb.connect(str(folder / "killed.duckdb"), read_only=True)
    roots = connection.execute("SELECT id, seen, place__city FROM kept.rows ORDER BY ALL").fetchall()
    nested = connection.execute(
        "SELECT r.id, t._dlt_list_idx, t.name, t.in FROM kept.rows__tags t "
        "JOIN kept.rows r ON r._dlt_id = t._dlt_parent_id ORDER BY ALL"
    ).fetchall()
    orphans = connection.execute(
        "SELECT count(*) FROM kept.rows__tags WHERE _dlt_parent_id NOT IN (SELECT _dlt_id FROM kept.rows)"
    ).fetchall()
    loads = connection.execute("SELECT DISTINCT _dlt_load_id FROM kept.rows ORDER BY 1").fetchall()
    recorded = connection.execute("SELECT load_id FROM kept._dlt_loads ORDER BY 1").fetchall()
    connection.close()
    pipeline = crash_program.make_pipeline(str(folder))
    here = pipeline.state["sources"]
    pipeline.drop()
    pipeline.sync_destination()
    there = pipeline.state["sources"]
    pipeline.deactivate()
    assert set(loads) <= set(recorded), "rows of a load that is not recorded as complete"
    return {"rows": roots, "tags": nested, "orphans": orphans, "state here": here, "state there": there}


@pytest.fixture(scope="module", params=["append", "replace", "merge"])
def scenario(request: Any, tmp_path_factory: Any) -> tuple[str, Path, dict[str, Any], list[str]]:
    """Return a disposition, a folder after the first run, the clean outcome of the second, and its crash points."""
    disposition = request.param
    base: Path = tmp_path_factory.mktemp(disposition) / "base"
    assert run(disposition, base, FIRST).returncode == 0
    clean = base.parent / "clean"
    shutil.copytree(base, clean)
    log = base.parent / "points.log"
    finished = run(disposition, clean, SECOND, DLT_CRASH_LOG=str(log))
    assert finished.returncode == 0, finished.stderr
    return disposition, base, content(clean), log.read_text().split("\n")[:-1]


def test_there_are_many_points_and_each_was_found(scenario: Any) -> None:
    """Every rename, fsync and commit point is named by the code; there are at least 12."""
    _, _, _, points = scenario
    assert len({point.partition("#")[0] for point in points}) >= 12
    assert {"load.before_commit#1", "load.after_commit#1"} <= set(points)


@pytest.mark.parametrize("share", range(SHARES))
def test_a_kill_at_every_point_loses_and_doubles_nothing(scenario: Any, share: int) -> None:
    """After a SIGKILL at each point and one more run all is as after a clean run."""
    disposition, base, clean, points = scenario

    def kill_at(number: int) -> str | None:
        folder = base.parent / f"kill_{number}"
        shutil.copytree(base, folder)
        killed = run(disposition, folder, SECOND, DLT_CRASH_POINT=points[number])
        if killed.returncode != -signal.SIGKILL:
            return f"{points[number]}: not killed: {killed.stderr.decode()}"
        again = run(disposition, folder, SECOND)
        if again.returncode != 0:
            return f"{points[number]}: the next run failed: {again.stderr.decode()}"
        return None

    numbers = range(share, len(points), SHARES)
    with ThreadPoolExecutor(2) as pool:
        failures = [failure for failure in pool.map(kill_at, numbers) if failure]
    assert failures == []
    for number in numbers:
        assert content(base.parent / f"kill_{number}") == clean, points[number]


def test_kills_at_random_times_lose_and_double_nothing(scenario: Any) -> None:
    """The same holds after a kill at a moment that nobody named."""
    disposition, base, clean, _ = scenario
    dice = random.Random(disposition)
    for number in range(5):
        folder = base.parent / f"random_{number}"
        shutil.copytree(base, folder)
        for _ in range(2):
            child = subprocess.Popen(
                [sys.executable, PROGRAM, disposition, str(folder), str(SECOND)],
                env={**os.environ, "RUNTIME__USER_LOG": "false"},
                stderr=subprocess.DEVNULL,
            )
            # the moment of the kill is anywhere, also before the first file or after the end: nothing depends on it
            time.sleep(dice.uniform(0.15, 0.9))
            child.kill()
            child.wait()
        finished = run(disposition, folder, SECOND)
        assert finished.returncode == 0, finished.stderr
        assert content(folder) == clean
