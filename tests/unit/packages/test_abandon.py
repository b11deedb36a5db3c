"""Packages that are given up, in a bare working folder: what goes, what goes back, and what stays."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from dlt.errors import LoadPackageNotFound, WorkingFolderDamaged
from dlt.packages.abandon import JOURNAL_DOCUMENT, Journal, abandon, with_followers
from dlt.packages.manifest import Manifest
from dlt.packages.package import JOURNAL, LoadPackage
from dlt.packages.tidying import tidy
from dlt.packages.undo import own_changes, undo_of
from dlt.packages.workdir import Workdir
from dlt.schema.schema import Schema
from dlt.states.delta import difference, encode_delta
from dlt.states.model import State, bump, content_hash, new_state


class Folder:
    """The folder of a pipeline, in which extracts are made without data.

    Args:
        path: Its path.
    """

    def __init__(self, path: Path) -> None:
        self.workdir = Workdir(str(path))
        self.workdir.prepare()
        self.state: State = new_state("shop")
        self._number = 0

    def extract(
        self,
        change: dict[str, Any],
        tables: dict[str, str] | None = None,
        schema: str = "shop",
        stage: str = "extracted",
        undo: bool = True,
        carries: bool = True,
        extract: str | None = None,
        before: State | None = None,
        **more: Any,
    ) -> str:
        """Commit a package whose extract set keys of a source; return its load id.

        Args:
            change: Keys and values, in the state of the source that is named like the schema.
            tables: Letters of columns by table, which the package adds to its schema.
            schema: Name of the schema.
            stage: Stage of the package.
            undo: The package says what giving it up takes back.
            carries: It brings the state.
            extract: Id of the extract, where several packages share one.
            before: State before the extract, if that is not the one of the folder.
            more: Fields of the manifest.
        """
        self._number += 1
        load_id = f"{self._number}.5"
        old = deepcopy(self.state) if before is None else before
        self.state.setdefault("sources", {}).setdefault(schema, {}).update(change)
        if schema not in self.state["schema_names"]:
            self.state["schema_names"] = sorted([*self.state["schema_names"], schema])
        bump(self.state)
        known = self.workdir.read_schema(schema) if schema in self.workdir.schema_names() else None
        grown = known.clone() if known else Schema(schema)
        for name, letters in (tables or {}).items():
            columns = {letter: {"name": letter, "data_type": "text"} for letter in letters}
            grown.update_table({"name": name, "columns": columns})  # type: ignore[typeddict-item]
        grown.bump()
        delta = difference(old, self.state)
        own = own_changes(delta, {schema}) if extract else delta
        builder = self.workdir.begin(load_id)
        manifest = Manifest(
            schema, stage, pipeline_name="shop", state_delta=encode_delta(delta) if carries else None, **more
        )
        builder.commit(
            manifest,
            grown,
            deepcopy(self.state) if carries else None,
            undo_of(extract or f"e{load_id}", old, own, known, grown) if undo else None,
        )
        self.workdir.write_schema(grown)
        self.workdir.write_state(self.state)
        return load_id

    def loaded(self) -> None:
        """Note that something was loaded."""
        self.state["_local"]["first_run"] = False
        self.workdir.write_state(self.state)

    @property
    def found(self) -> State:
        """Return the state that is stored."""
        state = self.workdir.read_state()
        assert state is not None
        return state

    def source(self, name: str = "shop") -> Any:
        """Return the stored state of a source, None where it has none."""
        return self.found.get("sources", {}).get(name)

    def package(self, load_id: str) -> LoadPackage:
        """Return a package."""
        return self.workdir.package(load_id)

    @property
    def waiting(self) -> list[str]:
        """Return the load ids of packages that wait."""
        return [p.load_id for stage in ("extracted", "normalized") for p in self.workdir.packages(stage)]

    def columns(self, schema: str = "shop") -> dict[str, str]:
        """Return the letters of the columns of each table of a stored schema."""
        tables = self.workdir.read_schema(schema).data_tables()
        return {table["name"]: "".join(table["columns"]) for table in tables}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return an empty folder."""
    return Folder(tmp_path / "shop")


# -- what goes


def test_those_that_build_on_it_go_too(folder: Folder) -> None:
    """In the order in which they were extracted; a package of another part of the state does not."""
    a, b, c, d = (folder.extract({key: n}) for n, key in enumerate(["x", "y", "x", "x"]))
    assert with_followers(folder.workdir, [a]) == [a, c, d] and with_followers(folder.workdir, [c]) == [c, d]
    assert with_followers(folder.workdir, [b]) == [b] and with_followers(folder.workdir, [d, b]) == [b, d]
    assert with_followers(folder.workdir, []) == [] and folder.waiting == [a, b, c, d]


def test_a_package_of_which_nobody_knows_the_changes_takes_all_later_ones_with_it(folder: Folder) -> None:
    """An earlier release wrote no undo, and its state is damaged."""
    a = folder.extract({"x": 1})
    b = folder.extract({"y": 1}, undo=False)
    c = folder.extract({"z": 1})
    assert with_followers(folder.workdir, [b]) == [b]
    Path(folder.package(b).path, "state.json").write_text("{")
    assert with_followers(folder.workdir, [b]) == [b, c] and with_followers(folder.workdir, [a]) == [a]


def test_what_does_not_wait_cannot_be_given_up(folder: Folder) -> None:
    """The error lists what does."""
    a = folder.extract({"x": 1})
    folder.extract({"x": 2}, stage="loaded")
    for load_id in ("2.5", "9.5"):
        with pytest.raises(LoadPackageNotFound, match=rf"no package {load_id} waits .* Waiting: {a}\.") as caught:
            abandon(folder.workdir, [a, load_id])
        assert caught.value.load_id == load_id
    assert folder.waiting == [a]
    assert abandon(folder.workdir, []) == []


@pytest.mark.parametrize("copied", ["renamed", "of another pipeline"])
def test_of_a_copy_only_its_files_go(folder: Folder, copied: str) -> None:
    """The state is that of the original."""
    a = folder.extract({"x": 1})
    other = folder.extract({"x": 2})
    path = Path(folder.package(other).path)
    values = json.loads((path / "package.json").read_text())
    values.pop("crc32")
    values.update({"load_id": a} if copied == "renamed" else {"pipeline_name": "market"})
    (path / "package.json").write_text(json.dumps(values))
    before = folder.found
    assert abandon(folder.workdir, [other]) == [other]
    assert folder.found == before and folder.waiting == [a]


# -- what goes back


@pytest.mark.parametrize("stage", ["extracted", "normalized"])
def test_state_and_schema_are_as_before(folder: Folder, stage: str) -> None:
    """With version and hash, so that nobody takes it for a change."""
    folder.extract({"x": 1}, {"t": "a"}, stage="loaded")
    folder.loaded()
    before = folder.found
    a = folder.extract({"x": 2, "new": 1}, {"t": "b", "u": "c"}, stage=stage)
    assert abandon(folder.workdir, [a]) == [a]
    assert folder.found == before and folder.columns() == {"t": "a"} and folder.waiting == []
    assert not Path(folder.workdir.path, JOURNAL).exists() and list(Path(folder.workdir.path, "tmp").iterdir()) == []


def test_a_pipeline_that_never_loaded_begins_anew(folder: Folder) -> None:
    """Its schema has no name any more, and it may go to any place."""
    folder.state["_local"]["place"] = ["a", "b", "c"]
    first = content_hash(new_state("shop"))
    a, b = folder.extract({"x": 1}, {"t": "a"}), folder.extract({"x": 2})
    assert abandon(folder.workdir, [a]) == [a, b]
    assert content_hash(folder.found) == first and folder.found["_state_version"] == 0
    assert "place" not in folder.found["_local"] and folder.found["schema_names"] == [] and folder.columns() == {}


def test_what_someone_changed_since_stays_and_is_sent_by_the_next_load(folder: Folder) -> None:
    """No package brings this content to the destination."""
    folder.extract({"x": 1}, stage="loaded")
    folder.loaded()
    a = folder.extract({"x": 2})
    folder.state["sources"]["shop"]["own"] = 7
    bump(folder.state)
    folder.workdir.write_state(folder.state)
    version = folder.found["_state_version"]
    abandon(folder.workdir, [a])
    assert folder.source() == {"x": 1, "own": 7}
    assert folder.found["_local"]["unsent"] is True and folder.found["_state_version"] == version + 1


def test_where_nobody_knows_the_destination_is_asked(folder: Folder) -> None:
    """It knows what was loaded."""
    folder.extract({"x": 1}, stage="loaded")
    folder.loaded()
    a = folder.extract({"x": 2}, undo=False)
    Path(folder.package(a).path, "state.json").write_text("{")
    Path(folder.workdir.path, "loaded", "1.5", "state.json").unlink()
    values = json.loads(Path(folder.workdir.path, "loaded", "1.5", "package.json").read_text())
    values.pop("crc32"), values.pop("has_state")
    Path(folder.workdir.path, "loaded", "1.5", "package.json").write_text(json.dumps(values))
    abandon(folder.workdir, [a])
    assert folder.found["_local"]["resync"] is True and folder.source() == {"x": 2} and folder.waiting == []


def test_what_an_earlier_release_changed_is_told_by_its_neighbours(folder: Folder) -> None:
    """By the states of the packages before it, or of the last load."""
    folder.extract({"x": 1}, stage="loaded")
    folder.loaded()
    a, b = folder.extract({"y": 1}, undo=False), folder.extract({"x": 2}, undo=False)
    assert with_followers(folder.workdir, [a]) == [a]
    abandon(folder.workdir, [b])
    assert folder.source() == {"x": 1, "y": 1}
    abandon(folder.workdir, [a])
    assert folder.source() == {"x": 1} and "resync" not in folder.found["_local"]


def test_tables_that_may_be_at_the_destination_stay_in_the_schema(folder: Folder) -> None:
    """A load of the package began, where nothing takes tables back."""
    folder.extract({"x": 1}, {"t": "a"}, stage="loaded")
    folder.loaded()
    a = folder.extract({"x": 2}, {"t": "b"}, tried=True)
    abandon(folder.workdir, [a])
    assert folder.columns() == {"t": "ab"} and folder.source() == {"x": 1}


def test_columns_that_another_package_has_stay(folder: Folder) -> None:
    """One that waits, or was loaded."""
    folder.extract({"x": 1}, {"t": "a"}, stage="loaded")
    folder.loaded()
    a = folder.extract({"y": 1}, {"t": "b", "u": "c"})
    folder.extract({"z": 1}, {"t": "d"})
    abandon(folder.workdir, [a])
    # the later package was made with the schema that the first one had left
    assert folder.columns() == {"t": "abd", "u": "c"} and folder.source() == {"x": 1, "z": 1}


def test_a_damaged_schema_stays_as_it_is(folder: Folder) -> None:
    """Columns that no row fills do no harm."""
    folder.extract({"x": 1}, {"t": "a"}, stage="loaded")
    folder.loaded()
    a = folder.extract({"x": 2}, {"t": "b"})
    Path(folder.package(a).path, "schema.json").write_text("{")
    abandon(folder.workdir, [a])
    assert folder.columns() == {"t": "ab"} and folder.source() == {"x": 1} and folder.waiting == []


# -- what stays


def test_a_package_that_stays_brings_no_state_of_the_one_that_went(folder: Folder) -> None:
    """Its state and the hash of it are those without."""
    folder.extract({"x": 1}, stage="loaded")
    folder.loaded()
    a, b = folder.extract({"y": 1}), folder.extract({"z": 1})
    abandon(folder.workdir, [a])
    state = folder.package(b).state
    assert state is not None and state["sources"]["shop"] == {"x": 1, "z": 1} == folder.source()
    assert state["_version_hash"] == content_hash(state)
    folder.package(b).check()
    assert [change.path[-1] for change in folder.package(b).state_delta or ()] == ["z"]


def test_a_package_from_before_stays_as_it_is(folder: Folder) -> None:
    """Nothing of it is written."""
    a, b = folder.extract({"x": 1}), folder.extract({"y": 1})
    before = {path.name: path.read_bytes() for path in Path(folder.package(a).path).iterdir()}
    abandon(folder.workdir, [b])
    assert {path.name: path.read_bytes() for path in Path(folder.package(a).path).iterdir()} == before
    assert folder.source() == {"x": 1} and folder.waiting == [a]


@pytest.mark.parametrize("going", ["one", "two"])
def test_one_of_two_packages_of_an_extract(folder: Folder, going: str) -> None:
    """The one that stays brings the state, whichever did, without what belongs to the other."""
    folder.extract({"k": 0}, schema="one", stage="loaded"), folder.extract({"k": 0}, schema="two", stage="loaded")
    folder.loaded()
    before = deepcopy(folder.state)
    one = folder.extract({"k": 1}, schema="one", extract="e", carries=False, before=before)
    two = folder.extract({"k": 1}, schema="two", extract="e", before=before)
    gone, stays = (one, two) if going == "one" else (two, one)
    assert abandon(folder.workdir, [gone]) == [gone]
    package = folder.package(stays)
    package.check()
    other = "two" if going == "one" else "one"
    assert package.state is not None and package.manifest.has_state
    assert package.state["sources"] == {going: {"k": 0}, other: {"k": 1}} == folder.found["sources"]
    assert [change.path[1] for change in package.state_delta or () if change.is_deep] == [other]


def test_a_schema_that_only_it_brought_is_not_looked_for(folder: Folder) -> None:
    """The state that the other package brings does not name it."""
    folder.extract({"k": 0}, schema="old", stage="loaded")
    folder.loaded()
    before = deepcopy(folder.state)
    new = folder.extract({"k": 1}, schema="new", extract="e", carries=False, before=before)
    old = folder.extract({"k": 1}, schema="old", extract="e", before=before)
    abandon(folder.workdir, [new])
    state = folder.package(old).state
    assert state is not None and state["schema_names"] == ["old"] == folder.found["schema_names"]
    names = [change.value for change in folder.package(old).state_delta or () if change.path == ("schema_names",)]
    assert names == [["old"]]


# -- killed


def left_over(folder: Folder, load_ids: list[str]) -> None:
    """Leave the journal of packages that are being given up."""
    Path(folder.workdir.path, JOURNAL).write_bytes(JOURNAL_DOCUMENT.dump(Journal(tuple(load_ids))))


@pytest.mark.parametrize("done", [0, 1, 2])
def test_what_a_killed_process_began_is_finished(folder: Folder, done: int) -> None:
    """From wherever it was killed: with nothing done, with some packages gone, with all."""
    folder.extract({"x": 1}, {"t": "a"}, stage="loaded")
    folder.loaded()
    before = folder.found
    ids = [folder.extract({"x": n}, {"t": letter}) for n, letter in ((2, "b"), (3, "c"))]
    left_over(folder, ids)
    if done:
        abandon(folder.workdir, ids[:1] if done == 2 else ids[1:])
        left_over(folder, ids)
    tidy(folder.workdir)
    assert folder.waiting == [] and not Path(folder.workdir.path, JOURNAL).exists()
    assert folder.source() == {"x": 1} and folder.columns() == {"t": "a"}
    assert content_hash(folder.found) == content_hash(before)
    tidy(folder.workdir)
    assert folder.source() == {"x": 1}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"load_ids": 5}', '{"load_ids": ["1.5"], "more": 1}'])
def test_a_damaged_journal_is_told(folder: Folder, text: str) -> None:
    """Nothing is given up, and the message says how to go on."""
    a = folder.extract({"x": 1})
    path = Path(folder.workdir.path, JOURNAL)
    path.write_text(text)
    with pytest.raises(
        WorkingFolderDamaged, match=r"Delete this file, then give them up again: dlt pipeline shop"
    ) as caught:
        tidy(folder.workdir)
    assert caught.value.path == str(path) and folder.waiting == [a]
    path.unlink()
    tidy(folder.workdir)
    assert folder.waiting == [a]


# -- damaged beside it


def test_a_folder_without_a_state_gives_packages_up_all_the_same(folder: Folder) -> None:
    """There is nothing to take back."""
    a = folder.extract({"x": 1}, {"t": "a"})
    Path(folder.workdir.path, "state.json").unlink()
    assert abandon(folder.workdir, [a]) == [a]
    assert folder.waiting == [] and folder.workdir.read_state() is None and folder.columns() == {}


def test_a_package_that_stays_and_is_damaged_is_left_as_it_is(folder: Folder) -> None:
    """Its own step tells it."""
    folder.extract({"x": 1}, stage="loaded")
    folder.loaded()
    a, b = folder.extract({"y": 1}), folder.extract({"z": 1})
    path = Path(folder.package(b).path, "state.json")
    path.write_text("{")
    assert abandon(folder.workdir, [a]) == [a]
    assert path.read_text() == "{" and folder.waiting == [b] and folder.source() == {"x": 1, "z": 1}


def test_a_package_without_state_stays_as_it_is(folder: Folder) -> None:
    """It brings none, and gets none of an extract that is not its own."""
    folder.extract({"x": 1}, stage="loaded")
    folder.loaded()
    a, b = folder.extract({"y": 1}), folder.extract({"z": 1}, carries=False)
    before = {path.name: path.read_bytes() for path in Path(folder.package(b).path).iterdir()}
    assert abandon(folder.workdir, [a]) == [a]
    assert {path.name: path.read_bytes() for path in Path(folder.package(b).path).iterdir()} == before
