"""What killed tries left in a dataset of files is deleted by the load that commits next, and nothing else is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dlt.destinations.impl.filesystem import tries
from dlt.destinations.impl.filesystem.snapshot import Change, Snapshots
from dlt.errors import DestinationTransientException
from dlt.io.store import Store
from tests.kills import program
from tests.kills.place import Place, Programs, content, programs

POINTS = ["filesystem.before_file#2", "filesystem.file_written#2", "filesystem.before_manifest", "filesystem.after_put"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: Any) -> Iterator[Programs]:
    """Return the process that forks loads."""
    with programs(tmp_path_factory.mktemp("programs")) as found:
        yield found


def uncounted(place: Place) -> set[str]:
    """Return the paths of files that no snapshot has, other than snapshots and the indexes of tables."""
    with program.destination(place).connect("kept") as client:
        store: Store = client.store
        snapshots = Snapshots(store)
        kept = [snapshots.newest()]
        if place["kind"] != "files":
            # other programs may read older versions of a table
            kept = [found for number in snapshots.numbers() if (found := snapshots.read(number)) is not None]
        counted = {path for snapshot in kept for path in snapshot.paths()}
        index = ("_dlt_snapshots/", "/_delta_log/", "/metadata/")
        return {path for path in store.find() if path not in counted and not any(part in path for part in index)}


@pytest.mark.parametrize(
    ("kind", "strategy"),
    [("files", "append"), ("files", "merge"), ("files", "replace"), ("delta", "merge"), ("iceberg", "append")],
)
def test_files_of_killed_tries(kind: str, strategy: str, runs: Programs, tmp_path: Path) -> None:
    """The next try of the load deletes them, wherever the first ones died; readers see the same as without kills."""
    place: Place = {"kind": kind, "url": str(tmp_path / "bucket")}
    runs.run(place, tmp_path / "p", strategy=strategy, last=3)
    for point in POINTS:
        assert runs.start(place, tmp_path / "p", strategy=strategy, last=5, point=point)[1] == -9, runs.errors()
    assert uncounted(place)
    runs.run(place, tmp_path / "p", strategy=strategy, last=5)
    runs.run(place, tmp_path / "p", strategy=strategy, last=6)
    assert uncounted(place) == set()
    assert content(place, tmp_path / "reader") == program.expected(strategy, [3, 5, 6])


def test_a_package_that_was_given_up(runs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files stay while a try of it may be alive, and go when it began long ago; that one is refused then."""
    place: Place = {"kind": "files", "url": str(tmp_path / "bucket")}
    runs.run(place, tmp_path / "p", strategy="append", last=3)
    process, code = runs.start(
        place, tmp_path / "p", strategy="append", last=5, point="filesystem.before_manifest", signal="SIGSTOP"
    )
    assert code == "stopped"
    runs.run(place, tmp_path / "other", name="other", strategy="append", last=1)
    left = uncounted(place)
    assert len(left) == 3
    monkeypatch.setattr(tries, "LONG_AGO", dt.timedelta(seconds=-60))
    program.pipeline(place, str(tmp_path / "third"), "third").run(program.source("append", 1))
    assert uncounted(place) == set()
    assert runs.wake(process) == 1 and "began so long ago" in runs.errors()
    own, other = (program.expected("append", [last])["docs"] for last in (3, 1))
    assert content(place, tmp_path / "reader")["docs"] == sorted([*own, *other, *other])
    # what it has not loaded is still in its folder
    runs.run(place, tmp_path / "p", strategy="append", last=5)
    assert uncounted(place) == set()


def test_a_try_that_was_refused(tmp_path: Path) -> None:
    """It commits neither on top of the snapshot that refused it nor of later ones."""
    import fsspec

    snapshots = Snapshots(Store(fsspec.filesystem("file"), str(tmp_path)))
    base = snapshots.newest()
    sleeps = Change(add={"t": [{"path": "t/1"}]}, letters="abcdef012345")
    refusing = snapshots.commit(base, Change(refused=["abcdef012345"], letters="b"))
    with pytest.raises(DestinationTransientException, match="began so long ago"):
        snapshots.commit(base, sleeps)
    snapshots.commit(refusing, Change(letters="c"))
    with pytest.raises(DestinationTransientException, match="began so long ago"):
        snapshots.commit(base, sleeps)
    assert snapshots.newest().files == {} and snapshots.newest().refused == ["abcdef012345"]
