"""What stands at a destination decides whether a package is loaded, with which state, and with which schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dlt.destinations.client import WorkDone
from dlt.errors import LoadPackageAborted, StaleExtract
from dlt.load.order import RunLoad, TaskLoad
from dlt.load.standing import Standing, joins_schema, joins_state, schema_to_load, settled, state_to_write
from dlt.packages.manifest import Work
from dlt.packages.undo import Undo
from dlt.schema.schema import Schema
from dlt.states.delta import difference
from dlt.states.model import bump, new_state
from tests.unit.load.cases import file, order, package, schema_of, table

RUN, TASK = RunLoad("shop", frozenset({"known"})), TaskLoad("shop", 1, 5)


def state(**sources: Any) -> dict[str, Any]:
    """Return a state of the pipeline, with its version counted."""
    made = {**new_state("shop"), "sources": sources}
    bump(made)
    return made


BEFORE, AFTER = state(s={"k": 1}), state(s={"k": 2})
DELTA = difference(BEFORE, AFTER)
SCHEMA = schema_of(table("t", "a"))


# -- what was done


@pytest.mark.parametrize(
    ("parts", "loads", "found"),
    [
        ((), {}, ()),
        ((), {"17.5": "shop"}, ("17.5",)),
        ((), {"17.5": None}, ("17.5",)),
        (("1", "2"), {}, ()),
        (("1", "2"), {"1": "shop", "2": None}, ("1", "2")),
    ],
)
def test_a_package_is_done_where_its_load_ids_are_there(tmp_path: Path, parts: Any, loads: Any, found: Any) -> None:
    """All of them."""
    made = order(package(tmp_path, SCHEMA, parts=parts))
    assert settled(made, Standing(loads)) == tuple(WorkDone(0, 0, load_id) for load_id in found)


def test_a_part_of_a_package_that_is_there_is_an_error(tmp_path: Path) -> None:
    """It names what was loaded."""
    made = order(package(tmp_path, SCHEMA, parts=("1", "2", "3")))
    with pytest.raises(LoadPackageAborted, match=r"package 17\.5: 2, 3 of its parts were loaded before") as caught:
        settled(made, Standing({"2": "shop", "3": None}))
    assert caught.value.load_id == "17.5"


def test_a_load_of_another_schema_under_this_id_is_an_error(tmp_path: Path) -> None:
    """Two clocks gave one id twice; the advice is that for this package."""
    made = order(package(tmp_path, SCHEMA))
    with pytest.raises(LoadPackageAborted, match="has a load of this id, of schema other") as caught:
        settled(made, Standing({"17.5": "other"}))
    assert "abort-packages 17.5" in str(caught.value)


@pytest.mark.parametrize(
    ("revisions", "found"),
    [((2, 2), True), ((3, 9), True), ((1, 1), False), ((None, None), False), ((None, 1), False)],
)
def test_works_are_done_where_a_load_of_this_wish_or_a_later_one_is_there(
    tmp_path: Path, revisions: Any, found: bool
) -> None:
    """Load ids do not matter then."""
    works = (Work("aa", 2, "1"), Work("bb", 2, "2"))
    made = order(package(tmp_path, SCHEMA, parts=("1", "2"), works=works))
    known = {key: WorkDone(n, 0, f"old-{key}") for key, n in zip(("aa", "bb"), revisions, strict=True) if n is not None}
    standing = Standing({"1": "other"}, known)
    assert settled(made, standing) == (tuple(known.values()) if found else ())


def test_one_of_two_works_is_an_error(tmp_path: Path) -> None:
    """Which is named by the load that holds it."""
    works = (Work("aa", 2, "1"), Work("bb", 2, "2"))
    made = order(package(tmp_path, SCHEMA, parts=("1", "2"), works=works))
    with pytest.raises(LoadPackageAborted, match="old-aa of its parts were loaded before"):
        settled(made, Standing(works={"aa": WorkDone(2, 0, "old-aa"), "bb": WorkDone(1, 0, "old-bb")}))


# -- state


@pytest.mark.parametrize(
    ("run", "own", "delta", "there", "undo", "joins"),
    [
        (RUN, AFTER, DELTA, {"_version_hash": "x"}, None, True),
        (RUN, AFTER, DELTA, {"_version_hash": "known"}, None, False),
        (RUN, AFTER, DELTA, {"_version_hash": "x"}, "x", False),
        (RUN, AFTER, DELTA, {"_version_hash": "x"}, "y", True),
        (RUN, AFTER, DELTA, {"_version_hash": None}, "y", True),
        (RUN, AFTER, DELTA, None, None, False),
        (RUN, AFTER, None, {"_version_hash": "x"}, None, False),
        (RUN, None, DELTA, {"_version_hash": "x"}, None, False),
        (None, AFTER, DELTA, {"_version_hash": "x"}, None, False),
    ],
)
def test_a_state_is_joined_where_another_run_left_one_meanwhile(
    tmp_path: Path, run: Any, own: Any, delta: Any, there: Any, undo: str | None, joins: bool
) -> None:
    """One that this folder knows, or the one from before the extract, is no other run's."""
    made = order(
        package(tmp_path, SCHEMA, state=own, delta=delta, undo=Undo(version_hash=undo) if undo else None), run=run
    )
    standing = Standing(state=there)
    assert joins_state(made, standing) is joins_schema(made, standing) is joins
    assert made.compares is (run is not None and own is not None and delta is not None)
    assert made.reads_state_of == ("shop" if made.compares else None)


def test_the_state_of_a_package_is_written_as_it_is(tmp_path: Path) -> None:
    """Where nobody else wrote one, and where the package has none."""
    assert state_to_write(order(package(tmp_path, SCHEMA, state=AFTER, delta=DELTA)), Standing(state=BEFORE)) == AFTER
    (tmp_path / "x").mkdir()
    assert state_to_write(order(package(tmp_path / "x", SCHEMA), run=RUN), Standing()) is None


def test_a_run_writes_its_changes_beside_those_of_another_one(tmp_path: Path) -> None:
    """Or is refused, where both changed the same, and the message says how to give the package up."""
    made = order(package(tmp_path, SCHEMA, state=AFTER, delta=DELTA), run=RUN)
    theirs = state(s={"k": 1, "other": 7})
    found = state_to_write(made, Standing(state=theirs))
    assert found is not None and found["sources"] == {"s": {"k": 2, "other": 7}}
    assert found["_state_version"] == theirs["_state_version"] + 1
    with pytest.raises(StaleExtract, match=r"pipeline shop, package 17\.5: another run of this pipeline") as caught:
        state_to_write(made, Standing(state=state(s={"k": 9})))
    assert "abort-packages 17.5" in str(caught.value) and caught.value.load_id == "17.5"


def test_a_task_applies_its_changes_to_whatever_is_there(tmp_path: Path) -> None:
    """To nothing too; without changes it writes nothing, though the package has a state."""
    made = order(package(tmp_path, SCHEMA, state=AFTER, delta=DELTA), task=TASK)
    assert made.reads_state_of == "shop"
    found = state_to_write(made, Standing(state=BEFORE))
    assert found is not None and found["sources"] == {"s": {"k": 2}}
    assert state_to_write(made, Standing(state=AFTER)) is None
    (tmp_path / "x").mkdir()
    plain = order(package(tmp_path / "x", SCHEMA, state=AFTER), task=TASK)
    assert state_to_write(plain, Standing(state=BEFORE)) is None and plain.reads_state_of is None


CURSOR = ("sources", "s", "resources", "r", "incremental", "id")


def moved(value: int) -> dict[str, Any]:
    """Return a state in which a cursor stands at a value."""
    unit = {"initial_value": 0, "last_value": value, "unique_hashes": []}
    return state(s={"resources": {"r": {"incremental": {"id": unit}}}})


@pytest.mark.parametrize(
    ("dispositions", "repeatable"),
    [
        (["merge"], True),
        (["replace"], True),
        (["merge", "replace"], True),
        (["append"], False),
        (["merge", "append"], False),
        ([], True),
    ],
)
def test_a_cursor_that_two_tasks_moved_counts_where_rows_may_come_twice(
    tmp_path: Path, dispositions: list[str], repeatable: bool
) -> None:
    """The dispositions of all tables that the package fills decide it, nested ones by their root."""
    tables = [table(f"t{n}", "a", write_disposition=kind) for n, kind in enumerate(dispositions)]
    nested = [table(f"t{n}__x", "a", f"t{n}") for n in range(len(tables))]
    files = [file(f"f{n}", f"t{n}__x") for n in range(len(tables))]
    delta = difference(moved(1), moved(5))
    schema = schema_of(*tables, *nested, table("unfilled", "a", write_disposition="append"))
    made = order(package(tmp_path, schema, *files, state=moved(5), delta=delta), task=TASK)
    if not repeatable:
        with pytest.raises(StaleExtract):
            state_to_write(made, Standing(state=moved(9)))
        return
    assert state_to_write(made, Standing(state=moved(9))) is None
    found = state_to_write(made, Standing(state=moved(3)))
    assert found is not None and found["sources"]["s"]["resources"]["r"]["incremental"]["id"]["last_value"] == 5


# -- schema


def test_a_schema_is_joined_with_that_of_another_run(tmp_path: Path) -> None:
    """For a task always, for a run where it joins the state; the package's own hints come on top."""
    other = Schema("shop")
    other.update_table(table("theirs", "x"))
    other.update_table(table("t", "b", description="theirs"))
    other.bump()
    own = schema_of(table("t", "a", description="ours"))
    made = order(package(tmp_path, own), task=TASK)
    found = schema_to_load(made, Standing(schema=other.to_dict()))
    assert found.data_table_names() == ["theirs", "t"] and list(found.tables["t"]["columns"]) == ["b", "a"]
    assert found.tables["t"]["description"] == "ours" and not found.is_modified
    assert made.package.schema == own and schema_to_load(made, Standing()) is made.package.schema
    (tmp_path / "x").mkdir()
    alone = order(package(tmp_path / "x", own))
    assert schema_to_load(alone, Standing(schema=other.to_dict())) is alone.package.schema


def test_a_schema_that_is_known_is_not_joined(tmp_path: Path) -> None:
    """The same one, or one from before."""
    own = schema_of(table("t", "a"))
    earlier = own.to_dict()
    own.update_table(table("t", "b"))
    own.bump()
    made = order(package(tmp_path, own), task=TASK)
    for known in (own.to_dict(), earlier):
        assert schema_to_load(made, Standing(schema=known)) is made.package.schema
