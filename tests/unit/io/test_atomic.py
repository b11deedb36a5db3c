"""Files that are there as a whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.io import atomic, failpoints


class Stopped(Exception):
    """What a test raises in the middle of a write."""


def stop_at(monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    """Let the program stop at a failpoint."""

    def reached(name: str) -> None:
        if name == point:
            raise Stopped(name)

    monkeypatch.setattr(failpoints, "point", reached)


def test_a_write_that_stops_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers see the old content until the new one is whole, and a draft that failed is gone."""
    path = tmp_path / "state.json"
    atomic.write_bytes(str(path), b"old")
    stop_at(monkeypatch, "write.state.json.written")
    with pytest.raises(Stopped):
        atomic.write_bytes(str(path), b"new, and longer")
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["state.json"]
    stop_at(monkeypatch, "write.state.json.renamed")
    with pytest.raises(Stopped):
        atomic.write_bytes(str(path), b"new")
    assert path.read_bytes() == b"new"


def test_a_draft_that_a_kill_left_is_known_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is taken for one, whatever it is called."""
    stop_at(monkeypatch, "write.x.synced")
    with pytest.raises(Stopped):
        atomic.write_bytes(str(tmp_path / "x"), b"1")
    (draft,) = os.listdir(tmp_path)
    assert atomic.is_unfinished(draft) and atomic.is_unfinished("state.json.4711.tmp")
    assert not any(map(atomic.is_unfinished, ["x", "x.tmp", "mine.tmp", "x.12ab.tmp", "a b.123456789abc.tmp"]))


def test_the_mode_is_the_one_that_is_asked_for(tmp_path: Path) -> None:
    """A secret is never readable by others, not even while it is written."""
    atomic.write_bytes(str(tmp_path / "secret"), b"1", 0o600)
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.binary(max_size=20), max_size=4))
def test_a_folder_appears_with_all_its_files(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> None:
    """Under its final name there is the whole folder, and the draft is gone."""
    root = tmp_path_factory.mktemp("commit")
    (root / "draft").mkdir()
    for name, data in files.items():
        (root / "draft" / name).write_bytes(data)
    atomic.commit_dir(str(root / "draft"), str(root / "final"), "extracted_package")
    assert os.listdir(root) == ["final"]
    assert {path.name: path.read_bytes() for path in (root / "final").iterdir()} == files


@pytest.mark.parametrize("count", [1, atomic.MANY, 50])
def test_all_files_of_a_folder_and_the_folder_are_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """However many they are, and by however many threads; an error of one is told."""
    for number in range(count):
        (tmp_path / str(number)).write_bytes(b"x")
    synced, sync = set(), os.fsync

    def noted(descriptor: int) -> None:
        sync(descriptor)
        synced.add(os.fstat(descriptor).st_ino)

    monkeypatch.setattr(os, "fsync", noted)
    atomic.sync_files(str(tmp_path))
    assert synced == {path.stat().st_ino for path in (tmp_path, *tmp_path.iterdir())}
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="gone"):
        atomic.sync_files(str(tmp_path))
