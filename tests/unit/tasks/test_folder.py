"""The packages of one part of a run: records that count, packages that travel, folders of tries."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import HandoffCorrupt, HandoffMissing
from dlt.io.lock import PipelineLock
from dlt.packages.manifest import Manifest, PackageFile
from dlt.packages.package import LoadPackage
from dlt.packages.workdir import Workdir
from dlt.schema.schema import Schema
from dlt.tasks.folder import RunFolder, former_load_id, handoff_url, link_package, work_dir, work_key
from dlt.tasks.spec import Spec, StepContext
from dlt.tasks.token import Token

UTC = dt.timezone.utc
HANDOFFS = ["shared", "file"]


@pytest.fixture(params=HANDOFFS)
def spec(request: pytest.FixtureRequest, tmp_path: Path) -> Spec:
    """Return a spec whose workers share a folder, or hand packages over."""
    url = None if request.param == "shared" else f"file://{tmp_path}/handoff/"
    return Spec("m:s", work_dir=str(tmp_path / "work"), handoff=url)


def other_worker(spec: Spec) -> Spec:
    """Return the spec as another worker has it: with a folder of its own, where there is a hand-off."""
    return replace(spec, work_dir=f"{spec.work_dir}-2") if spec.handoff else spec


def token(revision: int = 0, **more: Any) -> Token:
    """Return what a step left."""
    values = {"chunk": "", "stage": "extracted", "packages": (), **more}
    return Token(Spec("m:s"), "shop", "run", revision=revision, **values)


def package(folder: Path, load_id: str = "1.5", stage: str = "extracted") -> LoadPackage:
    """Return a committed package with two files."""
    workdir = Workdir(str(folder))
    workdir.prepare()
    builder = workdir.begin(load_id)
    Path(builder.path, "t.1").write_bytes(b"abc")
    Path(builder.path, "u.1").write_bytes(b"")
    files = (PackageFile("t.1", "t", "rows", 1, 3, 0x352441C2), PackageFile("u.1", "u", "rows", 0, 0))
    return builder.commit(Manifest("s", stage, files=files), Schema("s"), {"n": 1})


# -- records


def test_a_stage_has_no_record_before_it_was_committed(spec: Spec) -> None:
    """Nor do files of other names make one."""
    folder = RunFolder(spec, "shop", "run")
    assert folder.find("extracted") is None
    folder.record(token(stage="normalized"), 1)
    for name in ("extracted.json", "extracted.1.2.json", "extracted.x.json", "extracted.1.json.tmp", "other.1.json"):
        Path(folder.path, name).write_text("{}")
    assert folder.find("extracted") is None and folder.find("normalized") == (1, token(stage="normalized"))


def test_the_first_of_two_tries_counts(spec: Spec) -> None:
    """Both get what it recorded, on whichever worker they run."""
    one, other = RunFolder(spec, "shop", "run"), RunFolder(other_worker(spec), "shop", "run")
    first, second = token(attempt=1), token(attempt=2)
    assert one.record(first, 0) == first
    assert other.record(second, 0) == first
    assert one.find("extracted") == other.find("extracted") == (0, first)


def test_the_record_with_the_highest_number_counts(spec: Spec) -> None:
    """Ten comes after nine."""
    folder = RunFolder(spec, "shop", "run")
    for number in (0, 9, 10, 2):
        folder.record(token(attempt=number + 1), number)
    assert folder.find("extracted") == (10, token(attempt=11))
    assert RunFolder(other_worker(spec), "shop", "run").find("extracted") == (10, token(attempt=11))


@pytest.mark.parametrize("later", [0, 3])
def test_a_record_of_an_older_wish_does_not_count_for_a_later_one(spec: Spec, later: int) -> None:
    """A try of it that is still alive was faster: the later wish takes the next number."""
    folder = RunFolder(spec, "shop", "run")
    for number in range(later + 1):
        folder.record(token(revision=1), number)
    newer = token(revision=2)
    assert folder.record(newer, 0) == newer and folder.find("extracted") == (later + 1, newer)
    assert folder.record(token(revision=1), later + 1) == newer


def test_parts_pipelines_and_runs_have_folders_of_their_own(spec: Spec) -> None:
    """What one records no other finds."""
    who = [("shop", "run", ""), ("shop", "run", "a"), ("shop", "run", "b"), ("shop", "other", ""), ("mart", "run", "")]
    folders = [RunFolder(spec, *one) for one in who]
    for number, folder in enumerate(folders):
        assert folder.find("extracted") is None
        folder.record(token(attempt=number + 1), 0)
    assert [RunFolder(spec, *one).find("extracted") for one in who] == [(0, token(attempt=n + 1)) for n in range(5)]
    assert len({folder.path for folder in folders}) == 5 and folders[0].run_path == folders[1].run_path


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_run_of_any_name_has_a_folder(run_id: str, chunk: str) -> None:
    """Orchestrators put signs of all kinds into their ids."""
    folder = RunFolder(Spec("m:s", work_dir="/w"), "shop", run_id, chunk)
    assert re.fullmatch(r"/w/shop/[A-Za-z0-9]+", folder.run_path)
    assert re.fullmatch(r"\w+", os.path.basename(folder.path))
    assert (os.path.basename(folder.path) == "whole") is (chunk == "")
    assert RunFolder(Spec("m:s", work_dir="/w"), "shop", run_id, chunk).path == folder.path


# -- packages


def test_a_package_is_found_on_every_worker(spec: Spec, tmp_path: Path) -> None:
    """On its own worker by the folder, elsewhere by the hand-off; it is whole there."""
    made = package(tmp_path / "shop")
    folder = RunFolder(spec, "shop", "run")
    reference = folder.keep(made, {"t": 1})
    assert (reference.load_id, reference.schema_name, reference.rows) == ("1.5", "s", {"t": 1})
    assert reference.nonce == json.loads(Path(folder.path, "extracted", f"1.5-{reference.nonce}", "package.json")
                                         .read_text())["nonce"]  # fmt: skip
    assert (reference.digest is not None) is (spec.handoff is not None) is (reference.bytes > 0)
    assert not os.path.exists(made.path)
    for worker in (spec, other_worker(spec), other_worker(spec)):
        found = RunFolder(worker, "shop", "run").fetch(reference, "extracted")
        found.check()
        assert found.state == {"n": 1} and [file.name for file in found.files] == ["t.1", "u.1"]


def test_a_package_that_is_kept_already_is_not_kept_again(spec: Spec, tmp_path: Path) -> None:
    """The try that made it was killed before it could say so; it has the same nonce."""
    folder = RunFolder(spec, "shop", "run")
    made = package(tmp_path / "shop")
    first = folder.keep(made, {"t": 1})
    again = LoadPackage(folder.fetch(first, "extracted").path, "extracted")
    again.load_id = "1.5"
    assert folder.keep(again, {"t": 1}) == first


@pytest.mark.parametrize("damage", ["gone", "file gone", "file cut", "manifest gone"])
def test_a_package_that_is_damaged_here_is_fetched_or_told(spec: Spec, tmp_path: Path, damage: str) -> None:
    """The hand-off has it whole; without one nobody has."""
    folder = RunFolder(spec, "shop", "run")
    reference = folder.keep(package(tmp_path / "shop"), {})
    path = Path(folder.path, "extracted", f"1.5-{reference.nonce}")
    if damage == "gone":
        path.rename(tmp_path / "elsewhere")
    elif damage == "file cut":
        (path / "t.1").write_bytes(b"a")
    else:
        (path / ("t.1" if damage == "file gone" else "package.json")).unlink()
    if spec.handoff:
        folder.fetch(reference, "extracted").check()
        return
    with pytest.raises(HandoffMissing, match=r"package 1\.5 \(extracted, .*the run has no hand-off URL"):
        folder.fetch(reference, "extracted")


def test_what_is_not_at_the_hand_off_is_told(tmp_path: Path) -> None:
    """Or what is there under its name and is something else; a package that was never sent has no digest."""
    spec = Spec("m:s", work_dir=str(tmp_path / "work"), handoff=f"file://{tmp_path}/handoff")
    folder = RunFolder(spec, "shop", "run")
    reference = folder.keep(package(tmp_path / "shop"), {})
    elsewhere = RunFolder(other_worker(spec), "shop", "run")
    (archive,) = (tmp_path / "handoff").rglob("*.tar")
    data = archive.read_bytes()
    archive.write_bytes(data.replace(b"abc", b"abd"))
    with pytest.raises(HandoffCorrupt):
        elsewhere.fetch(reference, "extracted")
    archive.unlink()
    with pytest.raises(HandoffMissing, match="neither on this worker nor at the hand-off"):
        elsewhere.fetch(reference, "extracted")
    with pytest.raises(HandoffMissing, match="has no hand-off URL"):
        elsewhere.fetch(replace(reference, digest=None), "extracted")


def test_a_run_that_is_forgotten_leaves_nothing(spec: Spec, tmp_path: Path) -> None:
    """With all of its parts, here and at the hand-off; other runs stay."""
    for run_id, chunk in (("run", ""), ("run", "a"), ("other", "")):
        folder = RunFolder(spec, "shop", run_id, chunk)
        folder.keep(package(tmp_path / "shop"), {})
        folder.record(token(), 0)
    RunFolder(spec, "shop", "run").forget_run()
    assert RunFolder(spec, "shop", "run").find("extracted") is None
    assert RunFolder(spec, "shop", "run", "a").find("extracted") is None
    assert RunFolder(other_worker(spec), "shop", "other").find("extracted") == (0, token())
    RunFolder(spec, "shop", "unheard of").forget_run()
    left = [path for path in tmp_path.glob("*/shop/*") if path.parent.parent.name in ("work", "handoff")]
    assert len(left) == (2 if spec.handoff else 1)


# -- tries


def test_a_try_works_in_a_folder_of_its_own(spec: Spec) -> None:
    """Which is gone when it ends, well or not."""
    folder = RunFolder(spec, "shop", "run")
    with folder.scratch() as one, folder.scratch() as other:
        assert one != other and os.path.isdir(one) and os.path.isdir(other)
        Path(one, "x").write_text("x")
    with pytest.raises(KeyError), folder.scratch() as failing:
        raise KeyError
    assert not any(os.path.exists(path) for path in (one, other, failing))
    assert os.listdir(folder.path) == []


def test_what_dead_tries_left_is_deleted_and_what_live_ones_use_is_not(spec: Spec) -> None:
    """The operating system ends the lock of a process that dies."""
    folder = RunFolder(spec, "shop", "run")
    dead, alive = Path(folder.path, "scratch-dead"), Path(folder.path, "scratch-alive")
    record = Path(folder.path, "extracted.0.json")
    for path in (dead, alive):
        path.mkdir(parents=True)
        (path / "lock").touch()
    record.write_text("{}")
    with PipelineLock(str(alive), "of a try", 0), folder.scratch():
        assert not dead.exists() and alive.exists() and record.exists()
    with folder.scratch():
        assert not alive.exists() and record.exists()


# -- settings and names


def test_the_folder_and_the_url_come_from_the_spec_or_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The spec comes first; a slash at the end of a URL is none."""
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    bare, full = Spec("m:s"), Spec("m:s", work_dir=str(tmp_path / "own"), handoff="s3://own/x//")
    assert handoff_url(bare) is None and work_dir(bare) == str(tmp_path / "data" / "tasks")
    monkeypatch.setenv("HANDOFF__URL", "s3://shared/x/")
    monkeypatch.setenv("HANDOFF__WORK_DIR", str(tmp_path / "shared"))
    assert (handoff_url(bare), work_dir(bare)) == ("s3://shared/x", str(tmp_path / "shared"))
    assert (handoff_url(full), work_dir(full)) == ("s3://own/x", str(tmp_path / "own"))


def test_a_work_is_the_same_in_every_try_and_another_one_elsewhere() -> None:
    """Its key stands for pipeline, run, part and schema."""
    key = work_key("p", "r", "c", "s")
    # it is stored at destinations
    assert key == "a0e5e4ed602b7b104fa9bd257bf4cc6c"
    others = [
        ("x", "r", "c", "s"),
        ("p", "x", "c", "s"),
        ("p", "r", "x", "s"),
        ("p", "r", "c", "x"),
        ("r", "p", "c", "s"),
    ]
    assert len({key, *(work_key(*other) for other in others)}) == 6


def test_loads_of_earlier_versions_are_found_again() -> None:
    """Their ids came from the run; these were written by such a version, and must never change."""
    context = StepContext("run", "a", moment=dt.datetime(2024, 1, 2, tzinfo=UTC))
    assert former_load_id("shop", context, "s") == "1704153600.459163060632188"
    assert former_load_id("shop", StepContext("run", "a"), "s").startswith("0.")
    same = StepContext("run", "a", attempt=3, moment=context.moment, generation=2)
    assert former_load_id("shop", same, "s") == former_load_id("shop", context, "s")
    assert former_load_id("shop", context, "t") != former_load_id("shop", context, "s")


@pytest.mark.parametrize("links", [True, False])
def test_a_package_appears_in_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    """By links, or by copies where the file system has none; data files get a prefix, others may be left out."""
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError("no links")))
    made, target = package(tmp_path / "shop"), tmp_path / "target"
    target.mkdir()
    assert link_package(made, str(target), "p1.", ["state.json"]) == {"t.1": "p1.t.1", "u.1": "p1.u.1"}
    assert sorted(path.name for path in target.iterdir()) == ["p1.t.1", "p1.u.1", "package.json", "schema.json"]
    assert (target / "p1.t.1").read_bytes() == b"abc"
    assert (Path(made.path, "t.1").stat().st_nlink > 1) is links
    plain = tmp_path / "plain"
    plain.mkdir()
    assert link_package(made, str(plain)) == {"t.1": "t.1", "u.1": "u.1"}
    assert {path.name for path in plain.iterdir()} == {path.name for path in Path(made.path).iterdir()}


def test_a_record_is_written_where_there_are_no_links(spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one counts there too, as long as no two write at the same moment."""
    folder = RunFolder(spec, "shop", "run")
    with monkeypatch.context() as patched:
        if not spec.handoff:
            patched.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError("no links")))
        assert folder.record(token(attempt=1), 0) == folder.record(token(attempt=2), 0) == token(attempt=1)
    assert not [name for name in os.listdir(folder.path) if name.endswith(".tmp")]
