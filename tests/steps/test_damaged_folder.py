"""Damage in a working folder: it is told by file, with advice that works, or made good; no row is lost or doubled."""

from __future__ import annotations

import os
import random
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt import context
from dlt.errors import DltException, PipelineStepFailed, WorkingFolderDamaged


def upto(last: int) -> Any:
    """Return a resource with a cursor, a nested list and a counter in its state."""

    @dlt.resource(name="events")
    def events(cursor: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
        state = dlt.current.resource_state()
        state["seen"] = max(state.get("seen", 0), last)
        yield [{"id": number, "name": f"number {number}", "tags": [{"n": number}]} for number in range(1, last + 1)]

    return events


def make(folder: Path) -> Any:
    """Return the pipeline as a new process has it."""
    context.activate(None)
    target = dlt.destinations.duckdb(str(folder / "data.duckdb"))
    return dlt.pipeline("hurt", pipelines_dir=str(folder / "w"), destination=target, dataset_name="data")


def prepared(folder: Path, stage: str) -> Path:
    """Return the working folder after a run, with packages that wait in a stage."""
    pipeline = make(folder)
    pipeline.run(upto(2))
    assert pipeline.pipeline_secret
    if stage != "loaded":
        pipeline.extract(upto(4))
    if stage == "normalized":
        pipeline.normalize()
    return Path(pipeline.working_dir)


def follow(folder: Path, message: str) -> None:
    """Do what a message advises."""
    if found := re.search(r"abort-packages (\S+) ", message):
        make(folder).abort_packages(found[1])
    elif "elete the file" in message or "elete it" in message:
        os.unlink(message.split(": ", 2)[1] if message.startswith("Pipeline") else message.split(": ")[0])
    else:
        raise AssertionError(f"no advice in {message}")


def check(folder: Path, what: str, path: Path) -> str:
    """Run the pipeline, following the advice if there is some; return what happened."""
    outcome = "exact"
    failure: Any = None
    try:
        made = make(folder)
        assert made.pipeline_secret
        made.run(upto(6))
    except (DltException, PipelineStepFailed) as error:
        failure = getattr(error, "exception", None) or error
    if failure is not None:
        assert str(path) in str(failure), f"{what}: {failure} does not name the file"
        follow(folder, str(failure))
        make(folder).run(upto(6))
        outcome = type(failure).__name__
    last = make(folder)
    rows = sorted(row[0] for row in last.dataset()["events"].select("id").fetchall())
    tags = sorted(row[0] for row in last.dataset()["events__tags"].select("n").fetchall())
    assert rows == tags == [1, 2, 3, 4, 5, 6], f"{what}: {rows} {tags}"
    names = {row[0] for row in last.dataset()["events"].select("name").fetchall()}
    assert names == {f"number {number}" for number in range(1, 7)}, what
    assert last.state["sources"]["hurt"]["resources"]["events"]["seen"] == 6
    return outcome


def flip(data: bytes, dice: random.Random) -> bytes:
    """Return data with one bit flipped."""
    position = dice.randrange(len(data))
    return data[:position] + bytes([data[position] ^ (1 << dice.randrange(8))]) + data[position + 1 :]


DAMAGES: dict[str, Any] = {
    "a bit": flip,
    "the end": lambda data, dice: data[: len(data) // 2],
    "zeros": lambda data, dice: bytes(len(data)),
}


@pytest.mark.parametrize(("stage", "damage"), [("extracted", "a bit"), ("normalized", "the end"), ("loaded", "zeros")])
def test_every_file_of_a_folder(own_folder: Path, stage: str, damage: str) -> None:
    """One file at a time is damaged: the result is exact, or an error names the file and its advice leads there."""
    base = own_folder / "base"
    inside = prepared(base, stage)
    files = sorted(path.relative_to(base) for path in inside.rglob("*") if path.is_file() and path.stat().st_size)
    assert len(files) >= 6
    dice = random.Random(f"{stage} {damage}")
    for number, name in enumerate(files):
        folder = own_folder / f"case_{number}"
        shutil.copytree(base, folder)
        path = folder / name
        path.write_bytes(DAMAGES[damage](path.read_bytes(), dice))
        check(folder, f"{stage}: {damage} of {name}", path)
        shutil.rmtree(folder)


JUNK = (".DS_Store", "Thumbs.db", "desktop.ini", "package.json~", ".package.json.swp", "#state.json#", "state.json.bak")


@pytest.mark.parametrize("stage", ["extracted", "normalized"])
def test_files_of_other_programs_are_no_obstacle(own_folder: Path, stage: str) -> None:
    """Desktops, editors and backup programs leave files everywhere, and folders that are no packages."""
    inside = prepared(own_folder, stage)
    places = [inside.parent, inside, *(path for path in inside.rglob("*") if path.is_dir() and path.name != "tmp")]
    for place in places:
        for name in JUNK:
            (place / name).write_bytes(b"\0junk")
    (inside / "schemas" / "._hurt.schema.json").write_bytes(b"\0junk")
    (inside / "schemas" / "hurt copy.schema.json").write_bytes(b"\0junk")
    for name in ("extracted", "normalized", "loaded"):
        (inside / name / "my backup").mkdir()
        (inside / name / ".Trash-1000").mkdir()
        (inside / name / "1700000000.25").mkdir()
    assert check(own_folder, "junk", inside) == "exact"


@pytest.mark.parametrize("stage", ["extracted", "normalized"])
def test_a_package_that_is_half_deleted(own_folder: Path, stage: str) -> None:
    """Its manifest is gone and data is left: the message names it, and the advice brings its rows again."""
    inside = prepared(own_folder, stage)
    (folder,) = (inside / stage).iterdir()
    (folder / "package.json").unlink()
    assert check(own_folder, "half deleted", folder / "package.json") == "PackageCorrupt"


@pytest.mark.parametrize("stage", ["extracted", "normalized"])
@pytest.mark.parametrize("name", ["1900000000.5", "copy-of-a-package"])
def test_a_copy_of_a_package(own_folder: Path, stage: str, name: str) -> None:
    """The message says that it is one; giving it up leaves the package that it was copied from, and its state."""
    inside = prepared(own_folder, stage)
    (folder,) = (inside / stage).iterdir()
    shutil.copytree(folder, inside / stage / name)
    assert check(own_folder, "copied", inside / stage / name) == "PackageCorrupt"


def test_a_package_of_another_pipeline(own_folder: Path) -> None:
    """It is not loaded, and giving it up changes nothing else."""
    inside = prepared(own_folder, "extracted")
    other = dlt.pipeline("other", pipelines_dir=str(own_folder / "w"), destination="duckdb")
    other.extract(upto(9))
    (foreign,) = other.list_extracted_load_packages()
    shutil.move(Path(other.working_dir, "extracted", foreign), inside / "extracted" / foreign)
    assert check(own_folder, "foreign", inside / "extracted" / foreign) == "PackageCorrupt"


def test_a_folder_that_was_copied_to_make_another_pipeline(own_folder: Path) -> None:
    """Its cursors belong to the other one: the error names both."""
    inside = prepared(own_folder, "loaded")
    shutil.copytree(inside, inside.parent / "twin")
    with pytest.raises(WorkingFolderDamaged, match="state of pipeline hurt, and this is the folder of pipeline twin"):
        dlt.pipeline("twin", pipelines_dir=str(own_folder / "w"))


def test_a_journal_of_a_commit_that_is_damaged(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two packages are committed together; the journal that names them is cut: they are found all the same."""
    inside = prepared(own_folder, "loaded")

    def stop(point: str) -> None:
        if point == "move.journaled_package.renamed":
            raise KeyboardInterrupt

    def source(name: str) -> Any:
        return dlt.source(lambda: dlt.resource([{"id": 1}], name=f"of_{name}"), name=name)()

    pipeline = make(own_folder)
    with monkeypatch.context() as patched:
        patched.setattr("dlt.io.failpoints.point", stop)
        with pytest.raises(KeyboardInterrupt):
            pipeline.extract([source("first"), source("second")])
    (inside / "commit.json").write_bytes((inside / "commit.json").read_bytes()[:20])
    assert len(make(own_folder).run().loads_ids) == 2
