"""The packages of all parts of a fan-out, as one that one transaction loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dlt.errors import StaleExtract
from dlt.packages.manifest import Manifest, PackageFile, Refresh, Work
from dlt.packages.package import LoadPackage
from dlt.packages.undo import Undo
from dlt.packages.workdir import Workdir
from dlt.schema.schema import Schema
from dlt.states.delta import difference, encode_delta
from dlt.tasks.combine import combine, made_as

UNSET: Any = object()


def part(folder: Path, number: int, columns: str, state: Any = None, delta: Any = UNSET, **more: Any) -> LoadPackage:
    """Return the package of a part: a file of a table with one-letter columns."""
    workdir = Workdir(str(folder / str(number)))
    workdir.prepare()
    schema = Schema("s")
    named = {column: {"name": column, "data_type": "text"} for column in columns}
    schema.update_table({"name": "t", "columns": named})  # type: ignore[typeddict-item]
    builder = workdir.begin(f"{number}.5")
    data = b"part %d" % number
    Path(builder.path, "t.1").write_bytes(data)
    files = (PackageFile("t.1", "t", "rows", number, len(data)),)
    text = None if delta is UNSET else encode_delta(delta)
    manifest = Manifest("s", "normalized", files=files, state_delta=text, **more)
    made = builder.commit(manifest, schema, state, Undo("e"))
    # at the hand-off a folder has a name of its own
    target = Path(made.path).with_name(f"{number}.5-nonce")
    Path(made.path).rename(target)
    return LoadPackage(str(target), "normalized")


def joined(folder: Path, *parts: LoadPackage) -> LoadPackage:
    """Return the package that is made of parts."""
    target = folder / "joined"
    target.mkdir()
    combine(parts, str(target))
    found = LoadPackage(str(target), "normalized")
    found.check()
    return found


def test_files_of_all_parts_keep_their_rows_and_load_ids(tmp_path: Path) -> None:
    """Their names differ, so that none takes the place of another."""
    found = joined(tmp_path, *(part(tmp_path, number, "a") for number in (1, 2, 3)))
    assert [(file.rows, file.load_id, file.table) for file in found.files] == [(1, "1.5", "t"), (2, "2.5", "t"),
                                                                               (3, "3.5", "t")]  # fmt: skip
    assert found.manifest.parts == ("1.5", "2.5", "3.5") and len({file.name for file in found.files}) == 3
    for number, file in enumerate(found.files, 1):
        assert Path(found.path, file.name).read_bytes() == b"part %d" % number
    assert sorted(path.name for path in Path(found.path).iterdir() if not path.name.startswith("p0")) == [
        "package.json",
        "schema.json",
    ]


def test_the_schema_has_the_columns_of_all_parts(tmp_path: Path) -> None:
    """Those of the first come first; the parts stay as they are."""
    parts = [part(tmp_path, 1, "ab"), part(tmp_path, 2, "bc"), part(tmp_path, 3, "d")]
    assert list(joined(tmp_path, *parts).schema.tables["t"]["columns"]) == list("abcd")
    assert list(LoadPackage(parts[0].path, "normalized").schema.tables["t"]["columns"]) == list("ab")


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([None, None], None),
        ([{"n": 1}, None], {"n": 1}),
        ([None, {"n": 2}], {"n": 2}),
        ([{"n": 1}, {"n": 2}], {"n": 2}),
    ],
)
def test_the_state_is_that_of_the_last_part_that_has_one(tmp_path: Path, states: Any, expected: Any) -> None:
    """What counts at the load are the changes."""
    found = joined(tmp_path, *(part(tmp_path, number, "a", state) for number, state in enumerate(states, 1)))
    assert found.state == expected and found.manifest.has_state is (expected is not None)


def test_the_changes_of_all_parts_are_joined(tmp_path: Path) -> None:
    """Also where only some have any."""
    before: Any = {"sources": {}}
    deltas = [difference(before, {"sources": {"s": {"resources": {f"r{n}": {"k": n}}}}}) for n in (1, 2)]
    found = joined(
        tmp_path, part(tmp_path, 1, "a", {}, deltas[0]), part(tmp_path, 2, "a"), part(tmp_path, 3, "a", {}, deltas[1])
    )
    assert found.state_delta == [*deltas[0], *deltas[1]]


def test_parts_without_changes_have_none_together(tmp_path: Path) -> None:
    """None is something else than no change."""
    assert joined(tmp_path, part(tmp_path, 1, "a"), part(tmp_path, 2, "a")).state_delta is None


def test_parts_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    """One of two values would be lost."""
    deltas = [difference({"sources": {}}, {"sources": {"s": {"k": n}}}) for n in (1, 2)]
    parts = [part(tmp_path, n, "a", {}, delta) for n, delta in enumerate(deltas, 1)]
    with pytest.raises(StaleExtract, match="two parts of one run"):
        joined(tmp_path, *parts)


def test_tables_that_any_part_refreshes_are_refreshed(tmp_path: Path) -> None:
    """Each once."""
    refreshes = [Refresh(("a",)), None, Refresh(("a", "b"), ("c",))]
    found = joined(tmp_path, *(part(tmp_path, n, "a", refresh=refresh) for n, refresh in enumerate(refreshes, 1)))
    assert found.manifest.refresh == Refresh(("a", "b"), ("c",))


def test_nothing_is_refreshed_where_no_part_does(tmp_path: Path) -> None:
    """An empty refresh is none."""
    assert joined(tmp_path, part(tmp_path, 1, "a"), part(tmp_path, 2, "a", refresh=Refresh())).manifest.refresh is None


def test_works_of_all_parts_are_done_or_none(tmp_path: Path) -> None:
    """Packages of earlier versions have none, and then the load ids tell what was loaded."""
    works = [(Work("aa", 1, "1.5"),), (Work("bb", 1, "2.5"),)]
    both = [part(tmp_path, n, "a", works=work) for n, work in enumerate(works, 1)]
    assert joined(tmp_path, *both).manifest.works == (*works[0], *works[1])
    (tmp_path / "old").mkdir()
    old = part(tmp_path / "old", 3, "a")
    assert joined(tmp_path / "old", both[0], old).manifest.works == ()


def test_a_package_bears_the_load_id_under_which_it_was_made(tmp_path: Path) -> None:
    """And that of its folder where it says none."""
    made = part(tmp_path, 1, "a")
    assert (made.load_id, made_as(made)) == ("1.5-nonce", "1.5")
    bare = LoadPackage(made.path, "normalized")
    bare.__dict__["manifest"] = Manifest("s")
    assert made_as(bare) == "1.5-nonce"
