"""What is read of a destination before a load: of DuckDB, inside of a transaction, and no more than is needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.destinations.client import WorkDone
from dlt.load.order import RunLoad, TaskLoad
from dlt.load.standing import Standing, look
from dlt.packages.manifest import Refresh, Work
from dlt.schema.schema import Schema
from dlt.schema.update import SchemaUpdate
from dlt.states.delta import difference
from dlt.states.model import bump, new_state
from tests.unit.load.cases import order, package, schema_of, table

SCHEMA = schema_of(table("t", "ab"), table("u", "c"))


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Any]:
    """Return a client of an empty dataset."""
    destination = dlt.destinations.duckdb(str(tmp_path / "shop.duckdb"))
    with destination.connect("data", SCHEMA) as made:
        yield made


def fill(client: Any, schema: Schema, *tables: str, state: Any = None, load_id: str | None = None) -> None:
    """Make tables, and record a state and a load."""
    client.begin()
    client.create_dataset()
    client.apply_ddl(SchemaUpdate({name: schema.tables[name] for name in tables}))
    if state is not None:
        client.record_state("data", "0.5", state)
    if load_id is not None:
        client.record_load(load_id, schema)
    client.commit()


def seen(client: Any, made: Any) -> Standing:
    """Return what is seen of the dataset."""
    client.begin()
    try:
        client.create_dataset()
        return look(made, client)
    finally:
        client.rollback()


def test_nothing_stands_in_an_empty_dataset(client: Any, tmp_path: Path) -> None:
    """And looking leaves nothing there."""
    assert seen(client, order(package(tmp_path, SCHEMA))) == Standing()
    assert seen(client, order(package(tmp_path, SCHEMA, load_id="18.5"), task=TaskLoad("shop"))) == Standing()


def test_a_load_that_is_there_is_all_that_is_read(client: Any, tmp_path: Path) -> None:
    """With its schema; of several parts the first tells it."""
    fill(client, SCHEMA, "t", load_id="17.5")
    assert seen(client, order(package(tmp_path, SCHEMA))) == Standing({"17.5": "shop"})
    fill(client, SCHEMA, load_id="18.5")
    both = package(tmp_path, SCHEMA, load_id="19.5", parts=("17.5", "18.5"))
    assert seen(client, order(both)) == Standing({"17.5": "shop", "18.5": None})


def test_works_are_looked_for_in_place_of_load_ids(client: Any, tmp_path: Path) -> None:
    """A load id that is there says nothing then."""
    fill(client, SCHEMA, "t", "u", load_id="17.5")
    works = (Work("a" * 32, 2, "17.5"),)
    made = order(package(tmp_path, SCHEMA, works=works), task=TaskLoad("shop"))
    assert seen(client, made).loads == {} and seen(client, made).works == {}
    client.begin()
    client.record_work("a" * 32, WorkDone(2, 0, "9.5"))
    client.commit()
    assert seen(client, made) == Standing(works={"a" * 32: WorkDone(2, 0, "9.5")})


def test_tables_are_those_of_the_schema_without_those_that_are_dropped(client: Any, tmp_path: Path) -> None:
    """Tables of others are of no concern."""
    fill(client, schema_of(table("t", "a"), table("u", "c"), table("theirs", "x")), "t", "u", "theirs")
    tables = seen(client, order(package(tmp_path, SCHEMA))).tables
    assert {name: set(columns) for name, columns in tables.items()} == {"t": {"a"}, "u": {"c"}}
    dropping = package(tmp_path, SCHEMA, load_id="18.5", refresh=Refresh(("t",), ("u",)))
    assert set(seen(client, order(dropping)).tables) == {"u"}


@pytest.mark.parametrize(("columns", "reads"), [("ab", False), ("a", True)])
def test_the_stored_schema_is_read_where_something_is_missing(
    client: Any, tmp_path: Path, columns: str, reads: bool
) -> None:
    """What others removed is told by what earlier loads made; otherwise nothing depends on it."""
    there = schema_of(table("t", columns), table("u", "c"))
    fill(client, there, "t", "u", load_id="9.5")
    stored = seen(client, order(package(tmp_path, SCHEMA))).schema
    assert (stored is not None) is reads
    if stored is not None:
        assert Schema.from_dict(dict(stored)) == there


def test_the_state_is_read_where_it_is_compared(client: Any, tmp_path: Path) -> None:
    """By tasks and by runs that change one; that of another pipeline is not."""
    before, after = ({**new_state("shop"), "sources": {"s": {"k": n}}} for n in (1, 2))
    bump(before), bump(after)
    other = {**new_state("market"), "sources": {"s": {"k": 9}}}
    bump(other)
    fill(client, SCHEMA, "t", "u", state=before, load_id="0.5")
    fill(client, SCHEMA, state=other, load_id="0.7")
    delta = difference(before, after)
    made = package(tmp_path, SCHEMA, state=after, delta=delta)
    assert seen(client, order(made)).state is None
    for who in ({"task": TaskLoad("shop")}, {"run": RunLoad("shop")}):
        found = seen(client, replace(order(made, **who), home="data")).state
        assert found is not None and found["sources"] == {"s": {"k": 1}} and found["_local"] == {"first_run": False}
    bare = package(tmp_path, SCHEMA, load_id="18.5", state=after)
    assert seen(client, order(bare, run=RunLoad("shop"))).state is None
