"""Runs that are loaded once more: what an extract of them gives again, and which parts may be loaded beside others."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import SpecInvalid
from dlt.load.work import GOES_ON, OWN_STATE, REPEATS
from dlt.packages.manifest import Manifest, PackageFile, Refresh
from dlt.packages.package import LoadPackage
from dlt.packages.workdir import Workdir
from dlt.schema.schema import Schema
from dlt.tasks.again import check_parts, what_repeats, work_of
from dlt.tasks.spec import StepContext
from dlt.tasks.token import PackageRef

CURSOR = {"initial_value": 0, "last_value": 5, "unique_hashes": []}


def state(source: str = "shop", own: Any = None, **resources: Any) -> dict[str, Any]:
    """Return a state with the states of resources."""
    return {"sources": {source: {**(own or {}), "resources": resources}}}


def rows(**options: Any) -> Any:
    """Return a resource, with a cursor on the field id if options of one are given."""

    def items(id: Any = dlt.sources.incremental("id", **options)) -> Any:
        yield {"id": 1}

    def plain() -> Any:
        yield {"id": 1}

    return dlt.resource(items if options else plain, name="rows")


def source(*resources: Any) -> Any:
    """Return a source of these resources."""
    return dlt.source(lambda: resources, name="shop")()


KNOWN = {"incremental": {"id": CURSOR}}
CASES: list[tuple[str, Any, dict[str, Any], Any, str]] = [
    ("no state at all", rows(), {}, None, REPEATS),
    ("a state that holds nothing", rows(), state(rows={}), None, REPEATS),
    ("a state of another resource", rows(), state(others={"k": 1}), None, REPEATS),
    ("a state of its own", rows(), state(rows={"k": 1}), None, OWN_STATE),
    ("a value of its own that holds nothing", rows(), state(rows={"k": None}), None, REPEATS),
    ("a state of its source", rows(), state(own={"k": 1}), None, OWN_STATE),
    ("a cursor that never ran", rows(initial_value=0), {}, None, REPEATS),
    ("a cursor that is known", rows(initial_value=0), state(rows=KNOWN), None, GOES_ON),
    ("a cursor of another field", rows(initial_value=0), state(rows={"incremental": {"at": CURSOR}}), None, REPEATS),
    ("a cursor with an end", rows(initial_value=0, end_value=9), state(rows=KNOWN), None, REPEATS),
    ("a cursor with an end and a state", rows(initial_value=0, end_value=9), state(rows={"k": 1}), None, REPEATS),
    ("a cursor and a state", rows(initial_value=0), state(rows={**KNOWN, "k": 1}), None, GOES_ON),
    ("a cursor that never ran, and a state", rows(initial_value=0), state(rows={"k": 1}), None, OWN_STATE),
    ("a cursor made inside of the resource", rows(), state(rows=KNOWN), None, GOES_ON),
    ("a window that nobody follows", rows(initial_value=0), state(rows=KNOWN), "window", GOES_ON),
    ("a window", rows(initial_value=0, allow_external_schedulers=True), state(rows=KNOWN), "window", REPEATS),
    ("no window", rows(initial_value=0, allow_external_schedulers=True), state(rows=KNOWN), None, GOES_ON),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_what_a_resource_gives_again_follows_from_cursors_and_states(case: Any) -> None:
    """The same for a source, and for a resource or a list of them, which share the state of the first source."""
    _, resource, base, window, expected = case
    found = what_repeats(source(resource), base, window)
    assert found == {"rows": expected}
    if case[0] != "a state of its source":
        assert what_repeats(resource, base, window) == what_repeats([resource], base, window) == found
        assert what_repeats([source(resource)], base, window) == found


def test_a_time_that_the_environment_gives_is_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ends of it."""
    resource, base = rows(initial_value=0, allow_external_schedulers=True), state(rows=KNOWN)
    monkeypatch.setenv("DLT_INTERVAL_START", "2024-01-01T00:00:00Z")
    assert what_repeats(resource, base, None) == {"rows": GOES_ON}
    monkeypatch.setenv("DLT_INTERVAL_END", "2024-01-02T00:00:00Z")
    assert what_repeats(resource, base, None) == {"rows": REPEATS}


def test_a_transformer_goes_on_where_its_parent_does() -> None:
    """Its rows come from that cursor; a state of the parent is one of its own."""
    parent = rows(initial_value=0)
    child = dlt.transformer(lambda row: [row], data_from=parent, name="child")
    found = what_repeats(source(parent, child), state(rows=KNOWN), None)
    assert found == {"rows": GOES_ON, "child": GOES_ON}
    plain = rows()
    other = dlt.transformer(lambda row: [row], data_from=plain, name="child")
    assert what_repeats(source(plain, other), state(rows={"k": 1}), None) == {"rows": OWN_STATE, "child": OWN_STATE}
    assert what_repeats(source(plain, other), state(child={"k": 1}), None) == {"rows": REPEATS, "child": OWN_STATE}


def test_only_resources_that_take_part_count() -> None:
    """Those that are selected; what is neither source nor resource has no state."""
    one, two = rows(), dlt.resource([1], name="two")
    both = source(one, two)
    assert what_repeats(both.with_resources("two"), state(rows={"k": 1}), None) == {"two": REPEATS}
    assert what_repeats([{"id": 1}], state(rows={"k": 1}), None) == {} == what_repeats(5, {}, None)


def test_a_work_says_who_it_is_and_who_it_was() -> None:
    """By pipeline, run, part and schema; tries of one wish are one work."""
    context = StepContext("run", "part", moment=dt.datetime(2024, 1, 2, tzinfo=dt.timezone.utc), generation=2)
    work = work_of("shop", context, "s", "1.5", reprocess="keep", resources={"rows": REPEATS})
    assert (work.revision, work.load_id, work.reprocess, work.resources) == (2, "1.5", "keep", {"rows": REPEATS})
    assert work.before.startswith("1704153600.")
    assert work_of("shop", StepContext("run", "part"), "s").key == work.key
    assert work_of("shop", StepContext("run", "other"), "s").key != work.key != work_of("shop", context, "t").key


# -- parts beside parts


def package(folder: Path, disposition: str, refresh: Refresh | None = None, table: str = "t__items") -> LoadPackage:
    """Return the package of a part that fills a table, or one that is nested in it."""
    workdir = Workdir(str(folder))
    workdir.prepare()
    schema = Schema("s")
    column: Any = {"a": {"name": "a", "data_type": "text"}}
    schema.update_table({"name": "t", "columns": column, "write_disposition": disposition})  # type: ignore[typeddict-item]
    schema.update_table({"name": "t__items", "columns": column, "parent": "t"})
    builder = workdir.begin("1.5")
    Path(builder.path, "f").touch()
    manifest = Manifest("s", "normalized", files=(PackageFile("f", table, "rows", 0, 0),), refresh=refresh)
    return builder.commit(manifest, schema, None)


@pytest.mark.parametrize(
    ("disposition", "refresh", "emptied"),
    [
        ("append", None, set()),
        ("merge", None, set()),
        ("replace", None, {"t__items"}),
        ("append", Refresh(("t__items",)), {"t__items"}),
        ("append", Refresh((), ("t__items",)), {"t__items"}),
        ("append", Refresh(("other",)), {"other"}),
    ],
)
def test_a_part_must_not_empty_what_another_one_loaded(
    tmp_path: Path, disposition: str, refresh: Refresh | None, emptied: set[str]
) -> None:
    """Its tables hold rows of parts that were loaded before; tables without such rows may be emptied."""
    fresh = [package(tmp_path, disposition, refresh)]
    for table in ("t__items", "other"):
        done = [PackageRef("0.5", "s", "n", {table: 0}), PackageRef("0.6", "s", "n", {table: 3, "x": 1})]
        if table in emptied:
            with pytest.raises(SpecInvalid, match=rf"package 1\.5: it replaces {table}, which holds rows of parts"):
                check_parts(fresh, done)
        else:
            check_parts(fresh, done)
        check_parts(fresh, done[:1])
    check_parts(fresh, [])
    check_parts([], [PackageRef("0.5", "s", "n", {"t": 5})])
