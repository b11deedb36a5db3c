"""Tables and queries of a dataset, narrowed and read, in DuckDB and in SQLite."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dlt
from dlt import context
from dlt.errors import (
    DatasetException,
    MissingDependencyException,
    RelationHasQueryException,
    RelationUnknownColumnException,
)

ROWS: list[dict[str, Any]] = [
    {"id": 1, "name": "Ada", "price": 1.5, "items": [{"sku": "a", "tags": [{"t": "x"}, {"t": "y"}]}, {"sku": "b"}]},
    {"id": 2, "name": "it's", "price": None, "items": [{"sku": "c"}]},
    {"id": 3, "name": None, "price": 3.5},
]
LATER: list[dict[str, Any]] = [{"id": 4, "name": "100%", "price": 0.5, "items": [{"sku": "a", "tags": [{"t": "z"}]}]}]


@pytest.fixture(scope="module", params=["duckdb", "sqlite"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, list[str]]]:
    """Return a dataset of two loads, and their ids."""
    folder: Path = tmp_path_factory.mktemp("shop")
    destination = {
        "duckdb": lambda: dlt.destinations.duckdb(str(folder / "shop.duckdb")),
        "sqlite": lambda: dlt.destinations.sqlalchemy(f"sqlite:///{folder}/shop.db"),
    }[request.param]()
    pipeline = dlt.pipeline("shop", destination=destination, dataset_name="data", pipelines_dir=str(folder / "work"))
    loads = [pipeline.run(rows, table_name="orders").loads_ids[0] for rows in (ROWS, LATER)]
    yield pipeline.dataset(), loads
    context.activate(None)


def ids(relation: Any) -> list[int]:
    """Return the ids of rows, sorted."""
    return sorted(row[0] for row in relation.select("id").fetchall())


@pytest.mark.parametrize(
    ("column", "operator", "value", "expected"),
    [
        ("id", "eq", 2, [2]),
        ("id", "=", 2, [2]),
        ("id", "ne", 2, [1, 3, 4]),
        ("id", "gt", 2, [3, 4]),
        ("id", "gte", 2, [2, 3, 4]),
        ("id", "lt", 2, [1]),
        ("id", "<=", 2, [1, 2]),
        ("name", "eq", "it's", [2]),
        ("name", "eq", None, [3]),
        ("name", "ne", None, [1, 2, 4]),
        ("name", "like", "%a%", [1]),
        ("name", "like", "100%", [4]),
        ("price", "gt", 1, [1, 3]),
        ("id", "in", [1, 4, 9], [1, 4]),
        ("id", "not_in", (1, 4), [2, 3]),
        ("name", "in", ["Ada", "it's"], [1, 2]),
        ("id", "in", [], []),
        ("id", "not_in", [], [1, 2, 3, 4]),
    ],
)
def test_rows_are_compared_with_values(shop: Any, column: str, operator: str, value: Any, expected: list[int]) -> None:
    """Of every kind; quotes and signs of SQL in them are letters, and nothing is in an empty list."""
    dataset, _ = shop
    assert ids(dataset.orders.where(column, operator, value)) == expected
    assert ids(dataset.orders.filter(column, operator, value)) == expected


def test_conditions_come_together(shop: Any) -> None:
    """One that is SQL is a whole of its own."""
    dataset, _ = shop
    assert ids(dataset.orders.where("id = 1 OR id = 2").where("price", "gt", 1)) == [1]
    assert ids(dataset.orders.where("id", "gt", 1).where("id", "lt", 4).where("name", "ne", None)) == [2]


def test_a_relation_that_is_narrowed_is_another_one(shop: Any) -> None:
    """The first one reads what it read before."""
    dataset, _ = shop
    orders = dataset.orders
    some = orders.where("id", "gt", 1).order_by("id", "desc").limit(2).select("id", "name")
    assert some.fetchall() == [(4, "100%"), (3, None)] and some.columns == ["id", "name"]
    assert len(orders.fetchall()) == 4 and "name" in orders.columns
    assert orders[["name", "id"]].columns == ["name", "id"] and orders["id"].columns == ["id"]
    assert orders.select(["id"]).columns == ["id"] and len(orders.head().fetchall()) == 4
    assert orders.head(1).fetchall() == orders.limit(1).fetchall() and orders.limit(0).fetchall() == []


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ([("id", "asc")], [1, 2, 3, 4]),
        ([("id", "DESC")], [4, 3, 2, 1]),
        ([("price", "desc"), ("id", "asc")], [3, 1, 4]),
    ],
)
def test_rows_are_sorted(shop: Any, ordering: list[tuple[str, str]], expected: list[int]) -> None:
    """By the first column, then by the next."""
    dataset, _ = shop
    found = dataset.orders.select("id")
    if len(ordering) > 1:
        found = found.where("price", "ne", None)
    for column, direction in ordering:
        found = found.order_by(column, direction)
    assert [row[0] for row in found.fetchall()] == expected


@pytest.mark.parametrize(
    ("narrow", "error", "text"),
    [
        (
            lambda o: o.select("nme"),
            RelationUnknownColumnException,
            "table orders has no column 'nme'. It has id, name",
        ),
        (lambda o: o["nme"], RelationUnknownColumnException, "no column 'nme'"),
        (lambda o: o.order_by("nme"), RelationUnknownColumnException, "no column 'nme'"),
        (lambda o: o.where("nme", "eq", 1), RelationUnknownColumnException, "no column 'nme'"),
        (lambda o: o.where("id", "between", 1), ValueError, "'between' is not known"),
        (lambda o: o.order_by("id", "up"), ValueError, "'up' is not asc or desc"),
        (lambda o: o.max(), DatasetException, "exactly one selected column"),
        (lambda o: o.select("id", "name").min(), DatasetException, "exactly one selected column"),
        (lambda o: o.join("orders", alias="l"), DatasetException, "the alias 'l' is no name"),
        (lambda o: o.join("orders", alias="a b"), DatasetException, "the alias 'a b' is no name"),
        (lambda o: o.join("orders"), DatasetException, "not parent and child"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_read(
    shop: Any, narrow: Any, error: type[Exception], text: str
) -> None:
    """With what there is."""
    dataset, _ = shop
    with pytest.raises(error) as caught:
        narrow(dataset.orders)
    assert text in str(caught.value)


def test_the_largest_and_the_smallest_value(shop: Any) -> None:
    """Of what is left."""
    dataset, _ = shop
    prices = dataset.orders.select("price")
    assert (prices.max().fetchscalar(), prices.min().fetchscalar()) == (3.5, 0.5)
    assert prices.where("id", "lt", 3).max().fetchscalar() == 1.5
    assert prices.where("id", "gt", 9).max().fetchscalar() is None


def test_rows_of_some_loads(shop: Any) -> None:
    """Nested rows belong to the load of their root row, at any depth."""
    dataset, (first, second) = shop
    assert ids(dataset.orders.from_loads(second)) == [4] == ids(dataset.table("orders", load_ids=[second]))
    assert ids(dataset.orders.from_loads([first, second])) == [1, 2, 3, 4] and ids(dataset.orders.from_loads([])) == []
    for load_id, skus, tags in ((first, ["a", "b", "c"], ["x", "y"]), (second, ["a"], ["z"])):
        items = dataset.orders__items.from_loads(load_id)
        assert sorted(row[0] for row in items.select("sku").fetchall()) == skus
        assert (
            sorted(row[0] for row in dataset.orders__items__tags.from_loads([load_id]).select("t").fetchall()) == tags
        )
        for table, wanted in (("orders__items", skus), ("orders__items__tags", tags)):
            found = dataset.table(table).from_loads(load_id, add_load_id_column=True)
            assert "_dlt_load_id" in found.columns and len(found.fetchall()) == len(wanted)
            assert {row[found.columns.index("_dlt_load_id")] for row in found.fetchall()} == {load_id}
    with pytest.raises(RelationHasQueryException, match="works on a table"):
        dataset.query("SELECT 1 AS id").from_loads(first)


def test_tables_are_joined(shop: Any) -> None:
    """Nested tables find their parent from either side; others are told how."""
    dataset, _ = shop
    orders, items = dataset.orders.select("id", "_dlt_id"), dataset.orders__items.select("sku", "_dlt_parent_id")
    down = orders.join(items).select("id", "sku")
    up = items.join(orders, alias="o").select("id", "sku")
    assert sorted(down.fetchall()) == sorted(up.fetchall()) == [(1, "a"), (1, "b"), (2, "c"), (4, "a")]
    left = orders.join(items, kind="left").select("id", "sku").where("sku", "eq", None)
    assert left.fetchall() == [(3, None)]
    by_hand = orders.select("id").join(dataset.orders.select("price"), on="l.id = r.price + 0.5", alias="r")
    assert sorted(by_hand.select("id", "price").fetchall()) == [(1, 0.5), (2, 1.5), (4, 3.5)]
    assert len(orders.join("orders__items").fetchall()) == 4


def test_a_query_is_a_relation_too(shop: Any) -> None:
    """It is run as it is written, and narrowed from outside."""
    dataset, _ = shop
    with dataset.sql_client() as client:
        table = client.make_qualified_table_name("orders")
    text = f"SELECT id AS number, name FROM {table}"
    query = dataset.query(text)
    assert query.to_sql() == text and query.columns == ["number", "name"]
    assert dataset(text).where("number", "gt", 2).order_by("number").select("number").fetchall() == [(3,), (4,)]
    assert dict(query.columns_schema) == {"number": {"name": "number"}, "name": {"name": "name"}}
    assert query.where("number", "eq", 1).to_sql(pretty=True).count("\n") == 2
    with pytest.raises(DatasetException, match="'klingon' runs as it is written"):
        dataset.query(text, "klingon")


def test_rows_are_read_in_every_form(shop: Any) -> None:
    """All, some, one, or page by page."""
    dataset, _ = shop
    orders = dataset.orders.select("id", "name").order_by("id")
    rows = [(1, "Ada"), (2, "it's"), (3, None), (4, "100%")]
    assert orders.fetchall() == rows and orders.fetchmany(2) == rows[:2] and orders.fetchone() == rows[0]
    assert orders.fetchscalar() == 1 and orders.limit(0).fetchone() is None is orders.limit(0).fetchscalar()
    assert [len(page) for page in orders.iter_fetch(3)] == [3, 1]
    assert [tuple(row.values()) for row in orders.arrow().to_pylist()] == rows and orders.arrow(1).num_rows == 1
    assert sum(table.num_rows for table in orders.iter_arrow(3)) == 4
    assert orders.df()["id"].tolist() == [1, 2, 3, 4] and [len(frame) for frame in orders.iter_df(3)] == [3, 1]
    assert repr(orders) == "<dlt relation orders>" and orders.columns_schema["id"]["data_type"] == "bigint"


# -- the dataset


def test_a_table_is_found_by_its_name(shop: Any) -> None:
    """As the source gave it too; one that is not there is named with those that are."""
    dataset, loads = shop
    assert dataset.tables[:3] == ["orders", "orders__items", "orders__items__tags"]
    assert dataset["Orders"].table == dataset.table("orders").table == dataset.orders.table == "orders"
    with pytest.raises(DatasetException, match=r"dataset data has no table 'order'\. It has orders, "):
        dataset.table("order")
    with pytest.raises(AttributeError, match="no table 'order'"):
        _ = dataset.order
    with pytest.raises(AttributeError):
        _ = dataset.__wrapped__
    assert dataset.load_ids() == loads == dataset.load_ids("shop") and dataset.load_ids("other") == []
    assert dataset.latest_load_id() == loads[1] and dataset.latest_load_id("other") is None
    assert repr(dataset) == "<dlt dataset data>"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"orders": 4, "orders__items": 4, "orders__items__tags": 3}),
        ({"table_names": ["orders"]}, {"orders": 4}),
        ({"data_tables": False}, {}),
        ({"load_id": 1}, {"orders": 1}),
        ({"load_id": 1, "table_names": ["orders__items"]}, {}),
    ],
    ids=str,
)
def test_rows_of_tables_are_counted(shop: Any, options: Any, expected: dict[str, int]) -> None:
    """Of all, of some, or of one load, in tables that tell their loads."""
    dataset, loads = shop
    if "load_id" in options:
        options = {**options, "load_id": loads[options["load_id"]]}
    assert dict(dataset.row_counts(**options).fetchall()) == expected


def test_tables_of_the_library_are_counted_where_it_is_asked(shop: Any) -> None:
    """There are as many loads as were run."""
    dataset, _ = shop
    found = dict(dataset.row_counts(data_tables=False, dlt_tables=True).fetchall())
    assert found["_dlt_loads"] == 2 and set(found) == set(dataset.schema.dlt_table_names())


@settings(max_examples=25)
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=5), max_size=3))
def test_no_text_is_sql(shop: Any, texts: list[str]) -> None:
    """Whatever stands in it."""
    dataset, _ = shop
    known = {"Ada", "it's", "100%"}
    found = {row[0] for row in dataset.orders.where("name", "in", [*texts, "it's"]).select("name").fetchall()}
    assert found == (known & set(texts)) | {"it's"}


def test_dates_are_compared_as_dates(shop: Any) -> None:
    """By literals of the engine."""
    dataset, _ = shop
    loads = dataset.loads_table()
    assert len(loads.where("inserted_at", "gt", dt.datetime(2000, 1, 1)).fetchall()) == 2
    assert loads.where("inserted_at", "lt", dt.datetime(2000, 1, 1)).fetchall() == []


def test_a_frame_without_pandas_says_what_to_install(
    shop: tuple[Any, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows and Arrow tables need no pandas."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    orders = shop[0].orders
    with pytest.raises(MissingDependencyException, match="pip install pandas"):
        orders.df()
    assert len(orders.fetchall()) == 4
