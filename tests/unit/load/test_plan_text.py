"""What a plan says: every change that it makes is a line."""

from __future__ import annotations

from pathlib import Path

from dlt.destinations.client import WorkDone
from dlt.load.order import RunLoad, TaskLoad
from dlt.load.planning import make_plan
from dlt.load.standing import Standing
from dlt.load.work import REPEATS
from dlt.packages.manifest import Refresh, Work
from dlt.states.delta import difference
from dlt.states.model import bump, new_state
from tests.unit.load.cases import file, order, package, schema_of, table, there


def test_every_part_of_a_plan_is_told(tmp_path: Path) -> None:
    """Requirements, rows that go, tables, files, publications and records, in columns."""
    root = table("orders", "ab", write_disposition="merge", resource="orders")
    root["columns"]["a"].update(data_type="decimal", precision=10, scale=2, nullable=False)
    appended = table("log", "x", resource="log")
    schema = schema_of(root, table("orders__items", "c", "orders"), appended, table("old", "z"))
    works = (Work("aa", 2, "17.5", resources={"log": REPEATS}),)
    made = package(
        tmp_path,
        schema,
        file("o.1", "orders", 10, file_format="parquet"),
        file("i.1", "orders__items", 5),
        file("l.1", "log", 1),
        works=works,
        refresh=Refresh(("old",), ("log",)),
    )
    standing = Standing(works={"aa": WorkDone(1, 0, "9.5")}, tables=there(schema, "log"))
    plan = make_plan(order(made, task=TaskLoad("shop", 1, 3)), standing)
    assert (
        str(plan)
        == """\
Load 17.5 of schema shop into dataset data
Requirements
  load not there  17.5
  newest try of   17.5
Rows of earlier loads that go
  log  of load 9.5
Tables
  drop    old
  create  orders         a decimal(10,2) not null, b text
  create  orders__items  c text
  create  old            z text
  empty   log
Files
  o.1      into  orders         10 rows  parquet
  i.1      into  orders__items  5 rows   arrow
  l.1      into  log            1 rows   arrow
  3 files                       16 rows
Publication
  orders  merge, delete-insert  15 rows  with orders__items
  log     append                1 rows
Records
  _dlt_loads    17.5
  _dlt_version  shop version 1
  _dlt_works    17.5 revision 2"""
    )


def test_a_state_that_is_joined_is_told(tmp_path: Path) -> None:
    """With the version that it gets."""
    before, after = ({**new_state("shop"), "sources": {"s": {"k": n}}} for n in (1, 2))
    bump(before), bump(after)
    theirs = {**before, "sources": {"s": {"k": 1, "other": 1}}}
    bump(theirs)
    made = package(tmp_path, schema_of(table("t", "a")), state=after, delta=difference(before, after))
    joined = make_plan(order(made, run=RunLoad("shop")), Standing(state=theirs))
    assert str(joined).endswith("_dlt_pipeline_state  version 3, joined with that of another run") and joined.joined
    single = make_plan(order(package(tmp_path, schema_of(table("t", "a")), file("f", "t"), load_id="18.5")), Standing())
    assert "  f  into  t  1 rows  arrow\nPublication" in str(single)
    alone = make_plan(order(made, run=RunLoad("shop")), Standing())
    assert str(alone).endswith("_dlt_pipeline_state  version 1") and "Files" not in str(alone)
