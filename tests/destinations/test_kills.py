"""SIGKILL at every crash point of a load, one more run: the destination holds what clean runs would have left."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.destinations.cases import lake_in
from tests.kills import program
from tests.kills.place import Place, Programs, content, outside, programs

STRATEGIES = ["append", "replace", "merge"]
OWN = ("load.", "filesystem.", "delta.", "iceberg.", "write.version-hint")
"""How the points of destinations begin; those of the working folder are killed at in tests/steps/test_kill.py."""
PARTS = {"files": 3, "delta": 4, "iceberg": 6, "ducklake": 2}
"""Into how many tests the points are split."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: Any) -> Iterator[Programs]:
    """Return the process that forks runs."""
    with programs(tmp_path_factory.mktemp("programs")) as found:
        yield found


def place_of(kind: str, folder: Path) -> Place:
    """Return an empty place in a folder."""
    return {"kind": kind, "url": lake_in(folder) if kind == "ducklake" else str(folder / "bucket")}


def found_in(place: Place, folder: Path) -> Any:
    """Return what readers find; programs that know the index of a table only find as many rows."""
    found = content(place, folder / "reader")
    if place["kind"] in ("delta", "iceberg"):
        assert len(outside(place, "docs")) == len(found["docs"]) and len(outside(place, "docs__tags")) == len(
            found["tags"]
        )
    return found


@pytest.mark.timeout(900)
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(("kind", "part"), [(kind, part) for kind in PARTS for part in range(PARTS[kind])])
def test_a_kill_at_every_point_of_a_load(kind: str, strategy: str, part: int, runs: Programs, tmp_path: Path) -> None:
    """Readers see the rows from before or those from after, and after one more run those of clean runs."""
    place, log = place_of(kind, tmp_path), tmp_path / "points.log"
    lasts = [4, 7]
    for last in lasts:
        runs.run(place, tmp_path / "work", strategy=strategy, last=last, log=str(log) if last == lasts[-1] else None)
    assert found_in(place, tmp_path) == program.expected(strategy, lasts)
    points = [point for point in log.read_text().split() if point.startswith(OWN)]
    # after the manifest, or the commit, a load is there
    there = "load.after_commit#1" if kind == "ducklake" else "filesystem.after_put#1"
    assert there in points and len(points) >= 7
    for point in points[part :: PARTS[kind]]:
        before, last = lasts, lasts[-1] + 2
        lasts = [*lasts, last]
        _, code = runs.start(place, tmp_path / "work", strategy=strategy, last=last, point=point)
        assert code == -signal.SIGKILL, (point, runs.errors())
        is_there = points.index(point) >= points.index(there)
        seen = content(place, tmp_path / "reader")
        assert seen == program.expected(strategy, lasts if is_there else before), point
        runs.run(place, tmp_path / "work", strategy=strategy, last=last)
        assert found_in(place, tmp_path) == program.expected(strategy, lasts), point
