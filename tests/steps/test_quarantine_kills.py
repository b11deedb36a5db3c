"""SIGKILL at every point of a replay, and of a drop: it is done or not done, and once more it is done."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.processes import run_python
from tests.steps import quarantine_program
from tests.steps.quarantine_program import FITS, NEVER, make_pipeline

pytestmark = pytest.mark.slow

PROGRAM = str(Path(quarantine_program.__file__))
SHARES = 4
"""Parts of the points, each a test of its own."""


def run(kind: str, folder: Path, what: str, **environment: str) -> int:
    """Run the program to its end, or to its death."""
    variables = {**os.environ, "RUNTIME__USER_LOG": "false", "DLT_DATA_DIR": str(folder / "data"), **environment}
    done = run_python([PROGRAM, kind, str(folder), what], env=variables)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def content(kind: str, folder: Path) -> tuple[list[Any], list[Any], list[Any]]:
    """Return ids of rows, values of nested rows, and ids in quarantine."""
    pipeline = make_pipeline(kind, str(folder))
    ids = sorted(row[0] for row in pipeline.dataset().t.select("id").fetchall())
    nested = sorted(row[0] for row in pipeline.dataset().t__list.select("n").fetchall())
    aside = sorted(str(row.value["id"]) for row in pipeline.quarantine.rows())
    pipeline.deactivate()
    return ids, nested, aside


def before() -> tuple[list[Any], list[Any], list[Any]]:
    """Return what is there when all is in quarantine."""
    return [1, 2, 2], [1], sorted(str(item["id"]) for item in FITS + NEVER)


def after(what: str) -> tuple[list[Any], list[Any], list[Any]]:
    """Return what is there when it is done."""
    if what == "drop":
        return [1, 2, 2], [1], []
    ids = [item["id"] for item in FITS]
    return [1, 2, 2, *ids], [1, *ids], sorted(str(item["id"]) for item in NEVER)


@pytest.fixture(scope="module", params=[(k, w) for k in ("duckdb", "files") for w in ("replay", "drop")], ids="-".join)
def scenario(request: Any, tmp_path_factory: Any) -> tuple[str, str, Path, list[str]]:
    """Return kind, what is done, a folder in which it is to be done, and the points that it passes."""
    kind, what = request.param
    base: Path = tmp_path_factory.mktemp(f"{kind}-{what}") / "base"
    base.mkdir()
    assert run(kind, base, "fill") == 0 and content(kind, base) == before()
    clean, log = base.parent / "clean", base.parent / "points.log"
    shutil.copytree(base, clean)
    assert run(kind, clean, what, DLT_CRASH_LOG=str(log)) == 0
    assert content(kind, clean) == after(what)
    points = log.read_text().split("\n")[:-1]
    # a file whose name is drawn by lot has another one in the next process
    return kind, what, base, [point for point in points if not point.startswith("write.id.")]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("share", range(SHARES))
def test_a_kill_at_every_point(scenario: Any, share: int, tmp_path: Path) -> None:
    """Readers find what was there before or what is there after, never a part; the next call finishes it."""
    kind, what, base, points = scenario
    assert {"load.before_commit#1", "load.after_commit#1"} <= set(points)
    for number, point in enumerate(points[share::SHARES]):
        folder = tmp_path / str(number)
        shutil.copytree(base, folder)
        assert run(kind, folder, what, DLT_CRASH_POINT=point) == -signal.SIGKILL, point
        assert content(kind, folder) in (before(), after(what)), point
        assert run(kind, folder, what) == 0
        assert content(kind, folder) == after(what), point
        shutil.rmtree(folder)
