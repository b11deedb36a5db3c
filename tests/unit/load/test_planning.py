"""A plan follows from the package and from what stands there, and from nothing else."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.destinations.client import WorkDone
from dlt.errors import (
    DestinationSchemaTampered,
    MergeDispositionException,
    ReloadUndecided,
    WriteDispositionNotSupported,
)
from dlt.load import planning
from dlt.load.order import TaskLoad
from dlt.load.plan import LoadPlan
from dlt.load.planning import complete, make_plan, strategy_of
from dlt.load.standing import Standing
from dlt.load.work import GOES_ON, OWN_STATE, REPEATS
from dlt.packages.manifest import Refresh, Work
from dlt.schema.capabilities import GENERIC
from dlt.schema.row_order import ROW_ORDER
from dlt.schema.schema import Schema
from tests.unit.load.cases import file, order, package, schema_of, table, there

CHAIN = (
    table("orders", "ab"),
    table("orders__items", "c", "orders"),
    table("orders__items__tags", "d", "orders__items"),
)
OTHER = table("users", "x")


def plan(folder: Path, schema: Schema, *files: Any, standing: Standing | None = None, **more: Any) -> LoadPlan:
    """Return the plan of a load."""
    who = {key: more.pop(key) for key in ("task", "run", "capabilities") if key in more}
    return make_plan(order(package(folder, schema, *files, **more), **who), standing or Standing())


def names(made: LoadPlan) -> list[tuple[str, list[str]]]:
    """Return the names of files by the strategy and root of their publication."""
    return [
        (
            f"{publication.strategy} {publication.chain[0]['name']}",
            [f.name for g in publication.groups for f in g.files],
        )
        for publication in made.publications
    ]


# -- what was done


def test_a_load_that_is_there_does_nothing(tmp_path: Path) -> None:
    """Its plan says so, and holds nothing else."""
    made = plan(tmp_path, schema_of(*CHAIN), file("f", "orders"), standing=Standing({"17.5": "shop"}))
    assert made.settled == (WorkDone(0, 0, "17.5"),) and made.publications == () and made.records is None
    assert str(made).endswith("nothing: it was loaded before, as 17.5")


def test_a_load_is_recorded_with_all_that_it_stands_for(tmp_path: Path) -> None:
    """The ids of its parts, its schema, its state and its works."""
    schema = schema_of(*CHAIN)
    works = (Work("aa", 3, "1.5"), Work("bb", 4, "2.5"))
    made = plan(tmp_path, schema, parts=("1.5", "2.5"), works=works, task=TaskLoad("shop", 2, 7), state={"n": 1})
    assert made.records is not None and made.records.loads == made.requirements.absent == ("1.5", "2.5")
    assert made.records.works == {"aa": WorkDone(3, 7, "1.5"), "bb": WorkDone(4, 7, "2.5")}
    assert made.requirements.newest_try == "17.5" and made.records.schema == schema and made.records.state is None
    (tmp_path / "x").mkdir()
    plain = plan(tmp_path / "x", schema, state={"n": 1})
    assert plain.records is not None and plain.records.loads == ("17.5",) and plain.records.state == {"n": 1}
    assert plain.requirements.newest_try is None and plain.records.works == {} and not plain.joined


# -- tables


def test_a_first_load_makes_all_tables_parents_first(tmp_path: Path) -> None:
    """Also those that it does not fill, and none of which no column is known."""
    schema = schema_of(*reversed(CHAIN), OTHER, table("hints", "X"), table("partly", "yY"))
    made = plan(tmp_path, schema, file("f", "orders__items__tags"))
    assert list(made.changes.tables.tables) == ["orders", "users", "partly", "orders__items", "orders__items__tags"]
    assert list(made.changes.tables.tables["partly"]["columns"]) == ["y"]
    assert made.changes.added.keys() == made.changes.tables.tables.keys() and made.changes.emptied == ()


def test_a_table_that_is_only_declared_waits_for_its_rows(tmp_path: Path) -> None:
    """It is in the schema that is recorded; a file for it, or its table there, makes it one like others."""
    declared = table("orders__items", "c", "orders", **{"x-normalizer": {}})
    schema = schema_of(table("orders", "ab"), declared, OTHER)
    made = plan(tmp_path, schema, file("o", "orders"))
    assert list(made.changes.tables.tables) == ["orders", "users"]
    assert [found["name"] for found in made.publications[0].chain] == ["orders"]
    assert made.records is not None and "orders__items" in made.records.schema.tables
    (tmp_path / "x").mkdir()
    filled = plan(tmp_path / "x", schema, file("i", "orders__items"))
    assert list(filled.changes.tables.tables) == ["orders", "users", "orders__items"]
    (tmp_path / "y").mkdir()
    standing = Standing(tables=there(schema, "orders", "orders__items"))
    stood = plan(tmp_path / "y", schema, file("o", "orders"), standing=standing)
    assert [found["name"] for found in stood.publications[0].chain] == ["orders", "orders__items"]


@pytest.mark.parametrize(
    ("files", "known", "tables", "added"),
    [
        (["orders"], ["orders", "orders__items", "orders__items__tags", "users"],
         {"orders", "orders__items", "orders__items__tags"}, {}),
        (["orders__items"], ["orders", "orders__items", "orders__items__tags", "users"],
         {"orders", "orders__items", "orders__items__tags"}, {}),
        (["users"], ["orders", "users"], {"users", "orders__items", "orders__items__tags"},
         {"orders__items": "c", "orders__items__tags": "d"}),
        ([], ["orders", "orders__items", "orders__items__tags"], {"users"}, {"users": "x"}),
    ],
)  # fmt: skip
def test_a_later_load_goes_over_what_it_fills_and_adds_what_is_missing(
    tmp_path: Path, files: list[str], known: list[str], tables: set[str], added: dict[str, str]
) -> None:
    """Types of tables that are filled are compared, so all of these go to the client."""
    schema = schema_of(*CHAIN, OTHER)
    made = plan(
        tmp_path,
        schema,
        *(file(f"f{n}", name) for n, name in enumerate(files)),
        standing=Standing(tables=there(schema, *known)),
    )
    assert made.changes.tables.tables.keys() == tables
    assert {name: "".join(found["columns"]) for name, found in made.changes.added.items()} == added


def test_a_column_that_is_missing_is_added(tmp_path: Path) -> None:
    """To the table that is there."""
    schema = schema_of(*CHAIN)
    standing = Standing(
        tables={**there(schema, "orders", without="b"), **there(schema, "orders__items", "orders__items__tags")}
    )
    made = plan(tmp_path, schema, file("f", "orders"), standing=standing)
    assert {name: "".join(found["columns"]) for name, found in made.changes.added.items()} == {"orders": "b"}
    assert "add to  orders  b text" in str(made)


@pytest.mark.parametrize(
    ("refresh", "dropped", "emptied"),
    [
        (None, (), ()),
        (Refresh(("orders",)), ("orders",), ()),
        (Refresh((), ("orders", "users")), (), ("orders", "users")),
        (Refresh(("users",), ("orders",)), ("users",), ("orders",)),
    ],
)
def test_tables_are_dropped_or_emptied_as_it_is_asked(tmp_path: Path, refresh: Any, dropped: Any, emptied: Any) -> None:
    """They are then compared as if they were filled."""
    schema = schema_of(*CHAIN, OTHER)
    made = plan(tmp_path, schema, refresh=refresh, standing=Standing(tables=there(schema, *schema.data_table_names())))
    assert (made.changes.dropped, made.changes.emptied) == (dropped, emptied)
    filled = {name for name in made.changes.tables.tables if schema.root_of(name) == name}
    assert filled == set(dropped) | set(emptied)


# -- drift


def test_what_others_removed_of_other_tables_is_left_to_their_loads(tmp_path: Path) -> None:
    """It is made again where this load fills it, and keeps none out where it does not."""
    schema = schema_of(*CHAIN, OTHER)
    tables = {**there(schema, "orders", "orders__items", without="b"), **there(schema, "orders__items__tags", "users")}
    standing = Standing(tables=tables, schema=schema.to_dict())
    of_users = plan(tmp_path, schema, file("f", "users"), standing=standing)
    assert of_users.changes.tables.tables.keys() == {"users"} and not of_users.changes.drift.tables
    (tmp_path / "x").mkdir()
    of_orders = plan(tmp_path / "x", schema, file("f", "orders"), standing=standing)
    assert of_orders.changes.drift.columns == {"orders": ["b"]} and "orders" in of_orders.changes.added


def test_nested_rows_without_their_table_are_emptied(tmp_path: Path) -> None:
    """Before the tables that the user wants emptied, each once."""
    schema = schema_of(*CHAIN)
    standing = Standing(tables=there(schema, "orders__items", "orders__items__tags"), schema=schema.to_dict())
    made = plan(
        tmp_path, schema, file("f", "orders"), standing=standing, refresh=Refresh((), ("orders__items__tags", "orders"))
    )
    assert made.changes.emptied == ("orders__items", "orders__items__tags", "orders")


def test_a_key_that_is_gone_keeps_a_merge_out(tmp_path: Path) -> None:
    """Unless all rows of the table are replaced, or the table is dropped."""
    keyed = table("orders", "ab", write_disposition="merge")
    keyed["columns"]["a"]["primary_key"] = True
    schema = schema_of(keyed)
    standing = Standing(tables=there(schema, "orders", without="a"), schema=schema.to_dict())
    with pytest.raises(DestinationSchemaTampered, match="table orders in dataset data: the column a"):
        plan(tmp_path, schema, file("f", "orders"), standing=standing)
    for number, more in enumerate([{"refresh": Refresh((), ("orders",))}, {"refresh": Refresh(("orders",))}]):
        (tmp_path / str(number)).mkdir()
        plan(tmp_path / str(number), schema, file("f", "orders"), standing=standing, **more)


# -- removals


@pytest.mark.parametrize(
    ("kind", "reprocess", "removed"),
    [
        (REPEATS, "auto", ["orders"]),
        (REPEATS, "keep", []),
        (GOES_ON, "auto", []),
        (GOES_ON, "undo", ["orders"]),
        (OWN_STATE, "undo", ["orders"]),
    ],
)
def test_rows_of_an_earlier_load_of_the_work_go(tmp_path: Path, kind: str, reprocess: str, removed: list[str]) -> None:
    """With the nested ones; where the destination knows no such load nothing goes."""
    schema = schema_of(*CHAIN)
    works = (Work("aa", 2, "17.5", resources={"orders": kind}, reprocess=reprocess),)
    done = Standing(works={"aa": WorkDone(1, 0, "9.5")}, tables=there(schema, *schema.data_table_names()))
    made = plan(tmp_path, schema, works=works, standing=done, task=TaskLoad("shop"))
    assert [removal.chain[0]["name"] for removal in made.removals] == removed
    for removal in made.removals:
        assert removal.load_id == "9.5"
        assert [found["name"] for found in removal.chain] == ["orders", "orders__items", "orders__items__tags"]
    (tmp_path / "x").mkdir()
    assert plan(tmp_path / "x", schema, works=works, task=TaskLoad("shop")).removals == ()


def test_where_nobody_can_tell_the_load_is_refused(tmp_path: Path) -> None:
    """A table that is dropped anyhow needs no answer."""
    schema = schema_of(*CHAIN)
    works = (Work("aa", 2, "17.5", resources={"orders": OWN_STATE}),)
    done = Standing(works={"aa": WorkDone(1, 0, "9.5")})
    with pytest.raises(ReloadUndecided, match="table orders"):
        plan(tmp_path, schema, works=works, standing=done)
    (tmp_path / "x").mkdir()
    assert plan(tmp_path / "x", schema, works=works, standing=done, refresh=Refresh(("orders",))).removals == ()


# -- publications


def test_files_are_published_by_root_tables(tmp_path: Path) -> None:
    """In the order in which these first come; nested files with their root, sorted by table."""
    schema = schema_of(*CHAIN, OTHER)
    files = [file("u1", "users"), file("t1", "orders__items__tags"), file("o1", "orders"), file("i1", "orders__items"),
             file("u2", "users"), file("o2", "orders")]  # fmt: skip
    made = plan(tmp_path, schema, *files)
    assert names(made) == [("append users", ["u1", "u2"]), ("append orders", ["o1", "o2", "i1", "t1"])]
    assert [found["name"] for found in made.publications[1].chain] == ["orders", "orders__items", "orders__items__tags"]
    assert [len(group.files) for group in made.publications[1].groups] == [2, 1, 1]
    assert made.path(files[0]).endswith("/normalized/17.5/u1")


@pytest.mark.parametrize("columns", ["aA", "aAB"])
def test_columns_without_a_type_go_nowhere(tmp_path: Path, columns: str) -> None:
    """Neither in chains nor in groups."""
    made = plan(
        tmp_path, schema_of(table("t", columns), table("t__x", columns, "t")), file("f", "t"), file("g", "t__x")
    )
    (publication,) = made.publications
    assert all(list(found["columns"]) == ["a"] for found in publication.chain)
    assert all(list(group.table["columns"]) == ["a"] for group in publication.groups)


@pytest.mark.parametrize(
    ("hints", "strategy", "ordered"),
    [
        ({}, "append", False),
        ({"write_disposition": "append"}, "append", False),
        ({"write_disposition": "replace"}, "replace", False),
        ({"write_disposition": "merge"}, "merge, delete-insert", True),
        ({"write_disposition": "merge", "x-merge-strategy": "scd2"}, "merge, scd2", True),
        ({"write_disposition": "merge", "x-deduplicated": True}, "merge, delete-insert", False),
    ],
)
def test_rows_get_into_tables_as_the_table_says(tmp_path: Path, hints: Any, strategy: str, ordered: bool) -> None:
    """New rows of a merge wait with their place in the load."""
    root = table("t", "a", **hints)
    assert strategy_of(root) == strategy
    made = plan(tmp_path, schema_of(root, table("t__x", "b", "t")), file("f", "t"), file("g", "t__x"))
    (publication,) = made.publications
    assert publication.strategy == strategy
    for group in publication.groups:
        assert (ROW_ORDER in group.table["columns"]) is ordered
    assert all(ROW_ORDER not in found["columns"] for found in publication.chain)


@pytest.mark.parametrize(
    ("strategy", "error"), [("upsert", MergeDispositionException), ("scd2", WriteDispositionNotSupported)]
)
def test_what_the_destination_cannot_do_is_told_before_anything_is_done(
    tmp_path: Path, strategy: str, error: type[Exception]
) -> None:
    """Only of tables that are filled."""
    capabilities = replace(GENERIC, supported_merge_strategies=("delete-insert", "upsert"))
    root = table("t", "a", write_disposition="merge", **{"x-merge-strategy": strategy})
    with pytest.raises(error, match="table t: "):
        plan(tmp_path, schema_of(root, OTHER), file("f", "t"), capabilities=capabilities)
    (tmp_path / "x").mkdir()
    plan(tmp_path / "x", schema_of(root, OTHER), file("f", "users"), capabilities=capabilities)


FILES = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["arrow", "csv"]), st.integers(0, 60)), max_size=8)


@given(FILES)
def test_files_are_taken_in_groups_of_a_size(found: list[tuple[str, str, int]]) -> None:
    """Of one table and format, all of them once and in their order; a file alone may be larger."""
    files = [file(str(n), name, size=size, file_format=kind) for n, (name, kind, size) in enumerate(found)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(planning, "MAX_GROUP_BYTES", 100)
        groups = list(planning._groups(files))
    assert [one for group in groups for one in group] == files
    for group in groups:
        assert len({(one.table, one.format) for one in group}) == 1
        assert len(group) == 1 or sum(one.bytes for one in group) <= 100
    for one, other in pairwise(groups):
        same = (one[0].table, one[0].format) == (other[0].table, other[0].format)
        assert not same or sum(each.bytes for each in one) + other[0].bytes > 100


def test_a_complete_table_has_the_columns_whose_types_are_known() -> None:
    """The table itself stays as it is."""
    whole = table("t", "aB", description="x")
    assert list(complete(whole)["columns"]) == ["a"] and complete(whole)["description"] == "x"
    assert list(whole["columns"]) == ["a", "B"]
