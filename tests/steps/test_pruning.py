"""What old runs left goes: on the disk, at the hand-off, and environments; what is at work or young stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

import fsspec
import orjson
import pytest

from dlt.tasks import prune
from dlt.tasks.folder import RunFolder
from dlt.tasks.spec import Spec
from tests.processes import run_python

OLD = time.time() - 10 * 86400


def run_of(spec: Spec, run_id: str, old: bool = False) -> RunFolder:
    """Make the folder of a run, as long ago as is said."""
    folder = RunFolder(spec, "shop", run_id)
    inner = Path(folder.path) / "extracted"
    inner.mkdir(parents=True)
    (inner / "rows").write_text("x")
    if old:
        for path in (inner, inner.parent, inner.parent.parent):
            os.utime(path, (OLD, OLD))
    return folder


def test_old_runs_go_and_young_ones_stay(own_folder: Path) -> None:
    """By the last time that something was added to a part of them."""
    spec = Spec(work_dir=str(own_folder / "work"))
    old, young = run_of(spec, "old", old=True), run_of(spec, "young")
    assert prune(spec.work_dir, dry_run=True) == [old.run_path] and Path(old.run_path).exists()
    assert prune(spec.work_dir, keep_days=20) == []
    assert prune(spec.work_dir) == [old.run_path]
    assert not Path(old.run_path).exists() and Path(young.run_path).exists()
    assert prune(spec.work_dir, keep_days=0) == [young.run_path]


def test_a_run_that_is_at_work_stays(own_folder: Path) -> None:
    """However old its folder is."""
    spec = Spec(work_dir=str(own_folder / "work"))
    run = run_of(spec, "old", old=True)
    with run.scratch() as scratch:
        for path in (scratch, run.path, run.run_path):
            os.utime(path, (OLD, OLD))
        assert prune(spec.work_dir) == []
    for path in (run.path, run.run_path):
        os.utime(path, (OLD, OLD))
    assert prune(spec.work_dir) == [run.run_path]


@pytest.mark.parametrize("url", ["file://{folder}/handoff", "memory://prune/handoff"])
def test_the_hand_off(url: str, own_folder: Path) -> None:
    """Runs go whole, and only those without a young file."""
    place = url.format(folder=own_folder)
    filesystem, root = fsspec.url_to_fs(place)
    for name in ("shop/old/whole/extracted.1.json", "shop/old/whole/packages/a", "shop/young/whole/x", "README"):
        filesystem.makedirs(f"{root}/{name.rpartition('/')[0]}".rstrip("/"), exist_ok=True)
        filesystem.pipe_file(f"{root}/{name}", b"x")
    work = str(own_folder / "work")
    assert prune(work, place, keep_days=1) == []
    if url.startswith("file"):
        for path in (own_folder / "handoff" / "shop" / "old").rglob("*"):
            os.utime(path, (OLD, OLD))
        [deleted] = prune(work, place, keep_days=1)
        assert deleted.endswith("/handoff/shop/old") and filesystem.exists(f"{root}/shop/young/whole/x")
    else:
        assert len(prune(work, place, keep_days=0)) == 2
    assert not filesystem.exists(f"{root}/shop/old") and filesystem.exists(f"{root}/README")


def test_environments_that_no_step_used_since(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By their last use; one that is being made has none yet, and stays."""
    monkeypatch.setenv("DLT_DATA_DIR", str(own_folder / "data"))
    from dlt.tasks.environments import environments_dir

    for name, ready in (("old", OLD), ("young", time.time()), ("made", None)):
        folder = Path(environments_dir(), name)
        folder.mkdir(parents=True)
        if ready is not None:
            (folder / ".ready").touch()
            os.utime(folder / ".ready", (ready, ready))
    assert prune(str(own_folder / "work")) == [str(Path(environments_dir(), "old"))]


def test_the_command(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes its days from the configuration, and prints what it deleted as JSON."""
    spec = Spec(work_dir=str(own_folder / "work"))
    old = run_of(spec, "old", old=True)
    for days, deleted in (("30", []), ("5", [old.run_path])):
        env = {**os.environ, "HANDOFF__KEEP_DAYS": days}
        done = run_python(["-m", "dlt", "step", "prune", "--work-dir", str(spec.work_dir)], env=env)
        assert orjson.loads(done.stdout) == {"deleted": deleted}, done.stderr
