"""The working folder of a pipeline: stages, order, commits of several packages, what is gone and what is made good."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import LoadPackageNotFound, PackageCorrupt, SchemaNotFoundError, WorkingFolderDamaged
from dlt.packages.manifest import Manifest, PackageFile
from dlt.packages.package import LoadPackage
from dlt.packages.tidying import tidy
from dlt.packages.workdir import STAGES, Workdir
from dlt.schema.schema import Schema
from dlt.states.model import new_state


@pytest.fixture
def workdir(tmp_path: Path) -> Workdir:
    """Return the folder of the pipeline shop."""
    made = Workdir(str(tmp_path / "shop"))
    made.prepare()
    return made


def schema(name: str = "s", columns: str = "") -> Schema:
    """Return a schema with a table of one-letter columns."""
    made = Schema(name)
    if columns:
        named = {column: {"name": column, "data_type": "text"} for column in columns}
        made.update_table({"name": "t", "columns": named})  # type: ignore[typeddict-item]
    return made


def put(workdir: Workdir, load_id: str, stage: str = "extracted", **more: Any) -> LoadPackage:
    """Return a package with one file."""
    builder = workdir.begin(load_id)
    Path(builder.path, "t.1").write_bytes(b"abc")
    own, state = more.pop("schema", None) or schema(), more.pop("state", None)
    file = PackageFile("t.1", "t", "rows", 1, 3, 0x352441C2)
    return builder.commit(Manifest(own.name, stage, files=(file,), **more), own, state)


def ids(workdir: Workdir, stage: str = "extracted") -> list[str]:
    """Return the load ids of a stage."""
    return [package.load_id for package in workdir.packages(stage)]


# -- what is there


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    """Before it is prepared, and afterwards."""
    workdir = Workdir(str(tmp_path / "shop"))
    for _ in range(2):
        assert all(workdir.packages(stage) == [] for stage in STAGES)
        assert workdir.schema_names() == [] and workdir.read_state() is None and workdir.newest_load_id() is None
        assert not workdir.exists and workdir.read_trace() is None and workdir.secret(make=False) is None
        assert workdir.mark("state.json") is None
        workdir.prepare()
    assert workdir.name == "shop" and {path.name for path in tmp_path.glob("shop/*")} == {"tmp", "schemas", *STAGES}


def test_packages_stand_in_the_order_of_their_numbers(workdir: Workdir) -> None:
    """Not of their letters; the newest one counts whatever its stage is."""
    for load_id in ("10.0", "9.5", "9.25", "100", "9.50"):
        put(workdir, load_id)
    put(workdir, "99.5", "loaded")
    put(workdir, "50", "normalized")
    assert ids(workdir) == ["9.25", "9.5", "9.50", "10.0", "100"]
    assert workdir.newest_load_id() == "100"
    workdir.remove(workdir.package("100"))
    assert workdir.newest_load_id() == "99.5"


@given(st.lists(st.decimals(0, 10**12, places=6).map(str), unique=True, max_size=6))
def test_order_is_that_of_numbers(load_ids: list[str]) -> None:
    """What is no number comes last."""
    found = sorted([*load_ids, "zzz"], key=Workdir.order)
    assert found[-1] == "zzz" and [float(one) for one in found[:-1]] == sorted(map(float, load_ids))


@pytest.mark.parametrize(
    ("name", "content", "is_package"),
    [
        ("17.5", None, False),
        ("17.5", ".DS_Store", False),
        ("17.5", "t.1", True),
        ("17", "package.json", True),
        ("17.5.6", "t.1", False),
        ("17.5.6", "package.json", True),
        ("notes", "t.1", False),
        ("notes", "package.json", True),
        (".hidden", "package.json", False),
        ("17a", None, False),
    ],
)
def test_folders_that_others_left_are_no_packages(
    workdir: Workdir, name: str, content: str | None, is_package: bool
) -> None:
    """A folder counts that is named like a package and holds something, or that has a manifest."""
    folder = Path(workdir.path, "extracted", name)
    folder.mkdir()
    if content:
        (folder / content).write_bytes(b"x")
    Path(workdir.path, "extracted", "18.0").write_bytes(b"a file")
    assert ids(workdir) == ([name] if is_package else [])


def test_a_loaded_package_may_be_an_empty_folder(workdir: Workdir) -> None:
    """Whoever was killed over its manifest left it, and the destination has the load."""
    Path(workdir.path, "loaded", "17.5").mkdir()
    assert ids(workdir, "loaded") == ["17.5"] and workdir.newest_load_id() == "17.5"


def test_a_package_counts_in_its_latest_stage(workdir: Workdir) -> None:
    """A process was killed before it deleted the earlier form."""
    for load_id, stages in (("1", STAGES), ("2", STAGES[:2]), ("3", STAGES[:1]), ("4", (STAGES[0], STAGES[2]))):
        for stage in stages:
            put(workdir, load_id, stage)
    assert [ids(workdir, stage) for stage in STAGES] == [["3"], ["2"], ["1", "4"]]
    assert [workdir.package(load_id).stage for load_id in "1234"] == ["loaded", "normalized", "extracted", "loaded"]
    tidy(workdir)
    assert [sorted(path.name for path in Path(workdir.path, stage).iterdir()) for stage in STAGES] == [
        ["3"],
        ["2"],
        ["1", "4"],
    ]


def test_a_package_that_is_not_there_is_named_with_those_that_are(workdir: Workdir) -> None:
    """Of all stages, or none."""
    with pytest.raises(LoadPackageNotFound, match=r"no package 5\. It has none") as caught:
        workdir.package("5")
    assert caught.value.load_id == "5"
    put(workdir, "2", "loaded"), put(workdir, "3")
    with pytest.raises(LoadPackageNotFound, match=r"It has 3, 2\."):
        workdir.package("5")


# -- commits


def test_several_packages_become_visible_together(workdir: Workdir) -> None:
    """None of them before, all of them afterwards, and no journal is left."""
    builders = []
    for load_id in ("1", "2", "3"):
        builder = workdir.begin(load_id)
        builder.prepare(Manifest("s", "extracted"), schema(), None)
        builders.append(builder)
    assert ids(workdir) == []
    found = workdir.commit(builders, "extracted")
    assert [package.load_id for package in found] == ids(workdir) == ["1", "2", "3"]
    assert all(package.pipeline_name == "shop" and package.stage == "extracted" for package in found)
    assert not Path(workdir.path, "commit.json").exists() and list(Path(workdir.path, "tmp").iterdir()) == []


@pytest.mark.parametrize("moved", [0, 1, 2])
@pytest.mark.parametrize("damaged", [False, True])
def test_a_commit_that_was_begun_is_finished(workdir: Workdir, moved: int, damaged: bool) -> None:
    """From its journal; where that is damaged the packages themselves say where they belong."""
    for load_id in ("1", "2"):
        workdir.begin(load_id).prepare(Manifest("s", "extracted"), schema(), None)
    text = json.dumps({"version": 1, "stage": "extracted", "load_ids": ["1", "2"]})
    Path(workdir.path, "commit.json").write_text("{" if damaged else text)
    for load_id in ("1", "2")[:moved]:
        Path(workdir.path, "tmp", load_id).rename(Path(workdir.path, "extracted", load_id))
    workdir.finish_begun()
    assert ids(workdir) == ["1", "2"] and not Path(workdir.path, "commit.json").exists()
    assert len(workdir.repairs) == damaged
    for package in workdir.packages("extracted"):
        package.check()


def test_folders_that_are_no_packages_are_not_committed(workdir: Workdir) -> None:
    """Where a damaged journal leaves open what was meant."""
    workdir.begin("1").prepare(Manifest("s", "normalized"), schema(), None)
    Path(workdir.path, "tmp", "notes").mkdir()
    Path(workdir.path, "tmp", "2").mkdir()
    Path(workdir.path, "commit.json").write_text("")
    workdir.finish_begun()
    assert ids(workdir, "normalized") == ["1"] and ids(workdir) == []


def test_a_package_that_is_begun_anew_holds_nothing_of_the_last_try(workdir: Workdir) -> None:
    """And one that is aborted is gone."""
    first = workdir.begin("1")
    Path(first.path, "left").write_bytes(b"x")
    again = workdir.begin("1")
    assert list(Path(again.path).iterdir()) == []
    again.abort()
    again.abort()
    assert not Path(again.path).exists()


def test_a_package_tells_what_is_the_same_for_all(workdir: Workdir) -> None:
    """Its load id, when it was made, and a nonce, which a second package of one load id does not share."""
    one = put(workdir, "1", state={"a": 1})
    other = put(workdir, "2")
    assert (one.manifest.load_id, one.manifest.has_state, other.manifest.has_state) == ("1", True, False)
    assert one.manifest.nonce != other.manifest.nonce and one.manifest.created_at is not None
    kept = put(workdir, "3", nonce="n", created_at=one.manifest.created_at)
    assert (kept.manifest.nonce, kept.manifest.created_at) == ("n", one.manifest.created_at)
    assert repr(one) == "<package 1 extracted>" and one.pipeline_name == "shop" and one.state == {"a": 1}


# -- removed


def test_a_package_that_is_loaded_keeps_its_manifest_only(workdir: Workdir) -> None:
    """And its schema and state; data files stay where they are wanted."""
    loaded = workdir.finish(put(workdir, "1", "normalized", state={"a": 1}), Manifest("s", "normalized", tried=True))
    assert (loaded.stage, loaded.manifest.stage, loaded.manifest.tried) == ("loaded", "loaded", True)
    assert sorted(path.name for path in Path(loaded.path).iterdir()) == ["package.json", "schema.json", "state.json"]
    package = put(workdir, "2", "normalized")
    kept = workdir.finish(package, package.manifest, keep_files=True)
    assert "t.1" in [path.name for path in Path(kept.path).iterdir()]
    kept.check()
    assert ids(workdir, "normalized") == [] and ids(workdir, "loaded") == ["1", "2"]


def test_a_package_that_is_removed_is_gone_with_its_files(workdir: Workdir) -> None:
    """Nothing of it is left in tmp."""
    workdir.remove(put(workdir, "1"))
    workdir.replace(put(workdir, "2"))
    assert ids(workdir) == [] and list(Path(workdir.path, "tmp").iterdir()) == []


@pytest.mark.parametrize(("keep", "left"), [(0, []), (1, ["10"]), (2, ["9", "10"]), (3, ["8", "9", "10"]), (5, None)])
def test_the_newest_loaded_packages_are_kept(workdir: Workdir, keep: int, left: Any) -> None:
    """As many as are wanted, and all others go; packages that wait are not looked at."""
    for load_id in ("8", "9", "10"):
        put(workdir, load_id, "loaded")
    put(workdir, "7")
    workdir.prune_loaded(keep)
    assert ids(workdir, "loaded") == (["8", "9", "10"] if left is None else left) and ids(workdir) == ["7"]


def test_a_folder_is_wiped_but_for_its_lock_and_secret(workdir: Workdir) -> None:
    """Also where the wiping was only begun; what is not there needs no wiping."""
    secret = workdir.secret()
    Path(workdir.path, "lock").write_text("x")
    put(workdir, "1")
    workdir.write_state(new_state("shop"))
    Path(workdir.path, "wiping").write_bytes(b"")
    workdir.finish_begun()
    assert {path.name for path in Path(workdir.path).iterdir()} == {"lock", "secret", "tmp", "schemas", *STAGES}
    assert workdir.secret() == secret and not workdir.exists
    workdir.wipe()
    assert {path.name for path in Path(workdir.path).iterdir()} == {"lock", "secret"}
    Workdir(str(Path(workdir.path, "nowhere"))).wipe()
    assert not Path(workdir.path, "nowhere").exists()


# -- copies


def test_a_package_belongs_to_its_folder_and_its_pipeline(workdir: Workdir) -> None:
    """A copy under another name, or of another pipeline, is told; an old one says neither."""
    own, old = put(workdir, "1", pipeline_name="shop"), put(workdir, "2")
    other = put(workdir, "3", pipeline_name="market")
    Path(own.path).rename(Path(workdir.path, "extracted", "4"))
    renamed = workdir.package("4")
    workdir.check_owner(old)
    with pytest.raises(PackageCorrupt, match="holds the package 1, so it is a copy or was renamed"):
        workdir.check_owner(renamed)
    with pytest.raises(PackageCorrupt, match="holds a package of pipeline market"):
        workdir.check_owner(other)
    known = {"2", "3", "4"}
    assert [workdir.is_copy(package, known) for package in (old, other, renamed)] == [False, True, False]
    # its original is there as well
    assert workdir.is_copy(renamed, {*known, "1"})
    Path(renamed.path, "package.json").write_text("{")
    assert not workdir.is_copy(workdir.package("4"), {"1"})


# -- documents


def test_a_schema_is_stored_read_and_removed(workdir: Workdir) -> None:
    """Under its name; files of others are none."""
    workdir.write_schema(schema("shop", "a"))
    workdir.write_schema(schema("b"))
    for name in ("._shop.schema.json", "1x.schema.json", "notes.json", "a-b.schema.json"):
        Path(workdir.path, "schemas", name).write_text("{}")
    assert workdir.schema_names() == ["b", "shop"]
    assert workdir.read_schema("shop") == schema("shop", "a")
    workdir.remove_schema("b")
    workdir.remove_schema("b")
    with pytest.raises(SchemaNotFoundError, match=r"has no schema 'b'\. It has shop") as caught:
        workdir.read_schema("b")
    assert caught.value.name == "b"


@pytest.mark.parametrize("kind", ["schema", "state"])
def test_what_is_the_same_is_not_written_again(workdir: Workdir, kind: str) -> None:
    """The mark of a document changes with every write."""
    state = new_state("shop")
    path = {"schema": "schemas/s.schema.json", "state": "state.json"}[kind]

    def write(more: str = "") -> Any:
        if kind == "schema":
            workdir.write_schema(schema("s", more))
        else:
            workdir.write_state({**state, "more": more})
        return workdir.mark(path)

    first = write("a")
    assert first is not None and write("a") == first
    assert write("ab") != first


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "5", '{"name": "other"}', '{"name": "s", "tables": 5}', '{"tables": {}}', "\x00\x01"]
)
def test_a_damaged_schema_is_taken_from_the_newest_package(workdir: Workdir, text: str) -> None:
    """That has it, and can be read; without one the error says what to do."""
    workdir.write_schema(schema("s"))
    path = Path(workdir.path, "schemas", "s.schema.json")
    path.write_text(text)
    with pytest.raises(WorkingFolderDamaged, match="Delete the file and run again") as caught:
        workdir.read_schema("s")
    assert caught.value.path == str(path) and workdir.repairs == []
    put(workdir, "1", "loaded", schema=schema("s", "a"))
    put(workdir, "2", schema=schema("s", "ab"))
    put(workdir, "3", schema=schema("other", "abc"))
    Path(put(workdir, "4", schema=schema("s", "abcd")).path, "schema.json").write_text("{")
    assert workdir.read_schema("s") == schema("s", "ab")
    assert len(workdir.repairs) == 1 and str(path) in workdir.repairs[0]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"_state_version": "1"}'])
def test_a_damaged_state_is_taken_from_the_newest_package(workdir: Workdir, text: str) -> None:
    """That brings one."""
    workdir.write_state(new_state("shop"))
    path = Path(workdir.path, "state.json")
    path.write_text(text)
    with pytest.raises(WorkingFolderDamaged, match="Delete the file and run again"):
        workdir.read_state()
    put(workdir, "1", "loaded", state={"n": 1}), put(workdir, "2", "normalized", state={"n": 2}), put(workdir, "3")
    Path(put(workdir, "4", state={"n": 4}).path, "state.json").write_text("{")
    assert workdir.read_state() == {"n": 2} and len(workdir.repairs) == 1


def test_the_state_of_another_pipeline_is_refused(workdir: Workdir) -> None:
    """A folder that was copied makes no other pipeline; a state without a name is that of an earlier release."""
    workdir.write_state(new_state("market"))
    with pytest.raises(WorkingFolderDamaged, match="state of pipeline market, and this is the folder of pipeline shop"):
        workdir.read_state()
    workdir.write_state({**new_state("market"), "pipeline_name": None})
    assert workdir.read_state() is not None


def test_a_damaged_trace_counts_as_none(workdir: Workdir) -> None:
    """It is lost, and no run fails for it."""
    workdir.write_trace({"a": 1})
    assert workdir.read_trace() == {"a": 1} and workdir.repairs == []
    Path(workdir.trace_path).write_text("{")
    assert workdir.read_trace() is None and "The trace of the last run is lost" in workdir.repairs[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 43, "a" * 43),
        ("x:8cdc1683", "x"),
        ("a:b:53d74eb8", None),
        ("x:8cdc1684", None),
        ("x:8cdc168", None),
        ("a" * 42, None),
        ("a" * 43 + "\n", None),
        ("", None),
        ("ÿ:00000000", None),
    ],
)
def test_a_secret_that_was_changed_is_refused(workdir: Workdir, text: str, expected: str | None) -> None:
    """Another one would make other hashes of the same values; earlier releases wrote no checksum."""
    Path(workdir.path, "secret").write_bytes(text.encode("latin-1"))
    if expected is not None:
        assert workdir.secret() == workdir.secret(make=False) == expected
        return
    with pytest.raises(WorkingFolderDamaged, match="Put the file back from a backup"):
        workdir.secret()
    assert Path(workdir.path, "secret").read_bytes() == text.encode("latin-1")


def test_every_pipeline_has_a_secret_of_its_own(tmp_path: Path) -> None:
    """It is made where it is asked for."""
    one, other = Workdir(str(tmp_path / "a")), Workdir(str(tmp_path / "b"))
    assert one.secret(make=False) is None and not Path(one.path).exists()
    assert one.secret() != other.secret() and len(one.secret() or "") == 43
