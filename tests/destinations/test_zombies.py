"""Tries that were taken for dead and wake up, and pipelines that load the same table: no row is lost, doubled or torn.

A process gets SIGSTOP at a point of its load, others load meanwhile, and then it goes on.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dlt.destinations.impl.filesystem.snapshot import Snapshots
from dlt.io.store import Store
from tests.destinations.cases import lake_in
from tests.kills import program
from tests.kills.place import Content, Place, Programs, content, outside, programs

KINDS = ["files", "delta", "iceberg"]
EARLY = [
    "load.after_ddl",
    "filesystem.before_file#1",
    "filesystem.file_written#2",
    "filesystem.before_manifest",
    "filesystem.before_put",
]
"""Where a load can stop before its manifest is there: of each one a process stops in every test."""
LATE = {
    "files": ["filesystem.after_put", "filesystem.after_manifest"],
    "delta": ["filesystem.after_put", "delta.before_commit#1", "delta.after_commit#1", "delta.before_commit#2"],
    "iceberg": [
        "filesystem.after_manifest",
        *("iceberg.before_commit#1", "iceberg.before_hint#1", "iceberg.in_hint#1", "iceberg.after_commit#1"),
    ],
}
"""Where it can stop when the manifest is there, and the index of a table is behind."""
BASE, OTHER, LAST = 4, 6, 9
GIVES_WAY = [
    "another load changed the tables docs, docs__tags meanwhile. Run this load again",
    "another load took its place meanwhile. Run this load again",
    "another load was faster",
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: Any) -> Iterator[Programs]:
    """Return the process that forks loads."""
    with programs(tmp_path_factory.mktemp("programs")) as found:
        yield found


class Race:
    """One place, the folder of a pipeline with a package to load, and copies of that folder.

    Args:
        runs: Starts processes.
        place: Where they load.
        folder: An empty folder.
        strategy: How they load.
    """

    def __init__(self, runs: Programs, place: Place, folder: Path, strategy: str) -> None:
        self.runs, self.place, self.folder, self.strategy = runs, place, folder, strategy
        self._copies = 0
        runs.run(place, folder / "first", strategy=strategy, last=BASE)
        runs.run(place, folder / "first", "prepare", strategy=strategy, last=LAST)

    def copy(self) -> Path:
        """Return a copy of the pipeline's folder, as another machine has it."""
        self._copies += 1
        copied = self.folder / f"copy_{self._copies}"
        shutil.copytree(self.folder / "first", copied)
        return copied

    def stop_at(self, point: str, **order: Any) -> int:
        """Begin to load the package, and stop there; return the process."""
        process, code = self.runs.start(
            self.place, self.copy(), **{"do": "load", **order}, point=point, signal="SIGSTOP"
        )
        assert code == "stopped", (point, code, self.runs.errors())
        return process

    def load(self, **order: Any) -> None:
        """Load the package."""
        self.runs.run(self.place, self.copy(), **{"do": "load", **order})

    def load_other(self) -> None:
        """Load the same table by another pipeline."""
        self.runs.run(self.place, self.folder / "other", name="other", strategy=self.strategy, last=OTHER)

    def content(self) -> Content:
        """Return what readers find, ours and those that know the index only."""
        found = content(self.place, self.folder / "reader")
        if self.place["kind"] in ("delta", "iceberg") and "://" not in self.place["url"]:
            for table in ("docs", "docs__tags"):
                assert len(outside(self.place, table)) == len(found[table.removeprefix("docs__")]), table
        return found

    def files(self) -> tuple[dict[str, Any], set[str]]:
        """Return the files that count, by table, which must be there; and the data files that no manifest names."""
        with program.destination(self.place).connect("kept") as client:
            store: Store = client.store
            newest = Snapshots(store).newest()
            there = {path for path in store.find() if path.endswith(".parquet")}
            assert newest.paths() <= there
            return newest.files, there - newest.paths()


def local(kind: str, folder: Path, name: str = "bucket") -> Place:
    """Return a place in a folder."""
    return {"kind": kind, "url": str(folder / name)}


def is_refused(race: Race) -> bool:
    """Tell whether the last process was told that others were faster."""
    return any(text in race.runs.errors() for text in (*GIVES_WAY, "another try of the same task took it over"))


def check_awake(race: Race, asleep: dict[str, int], expected: Content) -> None:
    """Wake processes one after the other; nothing that counts may change, and they delete what they wrote."""
    assert race.content() == expected, "before they wake"
    is_lake = race.place["kind"] == "ducklake"
    before = None if is_lake else race.files()[0]
    for point, process in asleep.items():
        code = race.runs.wake(process)
        assert code == 0 or is_refused(race), (point, code, race.runs.errors())
        assert is_lake or race.files()[0] == before, point
    assert race.content() == expected
    if race.place["kind"] == "files":
        assert race.files()[1] == set()


@pytest.mark.parametrize("strategy", ["append", "replace", "merge"])
@pytest.mark.parametrize("kind", KINDS)
def test_tries_that_wake_up_after_another_one_loaded(kind: str, strategy: str, runs: Programs, tmp_path: Path) -> None:
    """Of tries of one load that stopped at every point, and one that ended, the rows are there once."""
    race = Race(runs, local(kind, tmp_path), tmp_path, strategy)
    asleep = {point: race.stop_at(point) for point in EARLY}
    race.load()
    race.load_other()
    check_awake(race, asleep, program.expected(strategy, [BASE, LAST], [OTHER]))


@pytest.mark.parametrize("kind", KINDS)
def test_appends_that_wake_up_after_another_pipeline_loaded(kind: str, runs: Programs, tmp_path: Path) -> None:
    """They go on top, once."""
    race = Race(runs, local(kind, tmp_path), tmp_path, "append")
    asleep = [race.stop_at(point) for point in EARLY]
    race.load_other()
    for process in asleep:
        assert runs.wake(process) == 0, runs.errors()
    assert race.content() == program.expected("append", [BASE, LAST], [OTHER])


@pytest.mark.parametrize("strategy", ["replace", "merge"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_rewrite_that_wakes_up_after_another_one_gives_way(
    kind: str, strategy: str, runs: Programs, tmp_path: Path
) -> None:
    """It fails with an error that says to run it again, deletes its own files only, and the next run is exact."""
    race = Race(runs, local(kind, tmp_path), tmp_path, strategy)
    asleep = [race.stop_at(point) for point in EARLY]
    race.load_other()
    before = race.files()[0]
    for process in asleep:
        assert runs.wake(process) == 1
        assert is_refused(race) and "Run this load again" in runs.errors(), runs.errors()
        assert race.files()[0] == before
    if kind == "files":
        assert race.files()[1] == set()
    race.load()
    expected = program.expected(strategy, [BASE, OTHER, LAST])
    assert race.content() == expected


@pytest.mark.parametrize(("kind", "point"), [(kind, point) for kind in KINDS for point in LATE[kind]])
def test_a_try_that_stops_after_its_manifest(kind: str, point: str, runs: Programs, tmp_path: Path) -> None:
    """Its rows are there; the next loads bring indexes up to date, and when it wakes it changes nothing."""
    race = Race(runs, local(kind, tmp_path), tmp_path, "append")
    asleep = {point: race.stop_at(point)}
    race.load()
    race.load_other()
    check_awake(race, asleep, program.expected("append", [BASE, LAST], [OTHER]))


@pytest.mark.parametrize("kind", KINDS)
def test_tries_of_a_task_that_wake_up(kind: str, runs: Programs, tmp_path: Path) -> None:
    """A try that was taken over is refused, or finds its load done; its undoing touches its own files only."""
    race = Race(runs, local(kind, tmp_path), tmp_path, "merge")
    asleep = {point: race.stop_at(point, do="task", attempt=1) for point in EARLY}
    race.load(do="task", attempt=2)
    race.load_other()
    check_awake(race, asleep, program.expected("merge", [BASE, LAST], [OTHER]))


def test_a_load_that_wakes_up_in_a_dataset_that_was_dropped(runs: Programs, tmp_path: Path) -> None:
    """It does not bring a part of it back: it is refused, and its next run loads all of its rows."""
    race = Race(runs, local("files", tmp_path), tmp_path, "append")
    asleep = [race.stop_at(point) for point in EARLY]
    with program.destination(race.place).connect("kept") as client:
        client.drop_dataset()
        assert not client.has_dataset()
        for process in asleep:
            assert runs.wake(process) == 1
            # the dataset was dropped, or the folder of a table with it
            assert "dropped meanwhile" in runs.errors() or "No such file" in runs.errors(), runs.errors()
            assert not client.has_dataset()
    race.load()
    rows = sorted(row[0] for row in content(race.place, tmp_path / "reader")["docs"])
    assert rows == list(range(BASE + 1, LAST + 1)) and race.files()[1] == set()


@pytest.mark.parametrize("catalog", ["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
@pytest.mark.parametrize("strategy", ["append", "replace", "merge"])
def test_tries_that_wake_up_in_a_lake(
    catalog: str, strategy: str, runs: Programs, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """DuckLake's catalog lets one try of a load commit, also where all of them only add rows."""
    lake_in(tmp_path)
    url = request.getfixturevalue("postgres").new_database() if catalog == "postgres" else None
    race = Race(runs, {"kind": "ducklake", "url": lake_in(tmp_path, url)}, tmp_path, strategy)
    expected = program.expected(strategy, [BASE, LAST], [OTHER])
    points = ["load.before_begin", "load.after_ddl", "load.after_files#1", "load.after_publish", "load.before_commit"]
    asleep = {point: race.stop_at(point) for point in points}
    race.load()
    race.load_other()
    check_awake(race, asleep, expected)
    after = race.stop_at("load.before_begin")
    assert runs.wake(after) == 0 and race.content() == expected


STORES: dict[str, Any] = {
    "seaweedfs": lambda server: (server.new_folder(), {"credentials": server.credentials()}),
    "gcs": lambda server: (server.new_bucket(), {"kwargs": server.kwargs()}),
    "azurite": lambda server: (server.new_container(), {"credentials": server.credentials()}),
}


@pytest.mark.server
@pytest.mark.parametrize("strategy", ["append", "replace", "merge"])
@pytest.mark.parametrize("store", STORES)
def test_tries_that_wake_up_on_object_stores(
    store: str, strategy: str, runs: Programs, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The same where a store, not a disk, says which of two manifests came first."""
    server = request.getfixturevalue(store)
    url, options = STORES[store](server)
    race = Race(runs, {"kind": "files", "url": url, "options": options}, tmp_path, strategy)
    asleep = {point: race.stop_at(point) for point in EARLY[-3:]}
    race.load()
    race.load_other()
    check_awake(race, asleep, program.expected(strategy, [BASE, LAST], [OTHER]))
