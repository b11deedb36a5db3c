"""SIGKILL at every point of an undo: it is done or not done, and asking for it again ends with it done."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.destinations.cases import lake_in
from tests.kills import program
from tests.kills.place import Place, Programs, content, programs

KINDS = ("files", "delta", "iceberg", "duckdb", "sqlite", "ducklake")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: Any) -> Iterator[Programs]:
    """Return the process that forks runs; what they replace is kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOAD__KEEP_UNDO", "2")
        with programs(tmp_path_factory.mktemp("programs")) as found:
            yield found


def place_of(kind: str, folder: Path) -> Place:
    """Return an empty place in a folder."""
    names = {"files": "bucket", "delta": "bucket", "iceberg": "bucket", "duckdb": "x.duckdb", "sqlite": "x.sqlite"}
    return {"kind": kind, "url": lake_in(folder) if kind == "ducklake" else str(folder / names[kind])}


def newest(place: Place, folder: Path) -> str:
    """Return the load id of the newest rows."""
    shutil.rmtree(folder, ignore_errors=True)
    reader = program.pipeline(place, str(folder))
    reader.sync_destination()
    rows = reader.dataset()["docs"].select("_dlt_load_id").fetchall()
    reader.deactivate()
    return str(max(row[0] for row in rows))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("strategy", ["append", "merge"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_at_every_point_of_an_undo(kind: str, strategy: str, runs: Programs, tmp_path: Path) -> None:
    """Readers see the rows and the state from before the undo or those from after it, and never a part of it."""
    place, log = place_of(kind, tmp_path), tmp_path / "points.log"
    work, reader = tmp_path / "work", tmp_path / "reader"
    undone, done = program.expected(strategy, [4]), program.expected(strategy, [4, 7])
    runs.run(place, work, strategy=strategy, last=4)
    runs.run(place, work, strategy=strategy, last=7)
    runs.run(place, work, "undo", load_id=newest(place, reader), log=str(log))
    assert content(place, reader) == undone
    points = log.read_text().split()
    # behind the commit, or the snapshot, it is done
    there = next(p for p in points if p in ("load.after_commit#1", "filesystem.after_put#1"))
    assert "load.after_undo#1" in points and len(points) > 10
    for point in points:
        runs.run(place, work, strategy=strategy, last=7)
        assert content(place, reader) == done, point
        load_id = newest(place, reader)
        _, code = runs.start(place, work, "undo", load_id=load_id, point=point)
        assert code == -signal.SIGKILL, (point, runs.errors())
        is_there = points.index(point) >= points.index(there)
        assert content(place, reader) == (undone if is_there else done), point
        runs.run(place, work, "undo", load_id=load_id)
        assert content(place, reader) == undone, point
