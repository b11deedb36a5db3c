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
    LineageFailedException,
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
            "orders has no column 'nme': Columns `nme` not found on dataset data. It has id, name",
        ),
        (lambda o: o["nme"], RelationUnknownColumnException, "no column 'nme'"),
        (lambda o: o.order_by("nme"), RelationUnknownColumnException, "no column 'nme'"),
        (lambda o: o.where("nme", "eq", 1), RelationUnknownColumnException, "no column 'nme'"),
        (lambda o: o.where("id", "between", 1), ValueError, "operator: found 'between'"),
        (lambda o: o.order_by("id", "up"), ValueError, "'up' is not asc or desc"),
        (lambda o: o.max(), DatasetException, "exactly one select expression"),
        (lambda o: o.select("id", "name").min(), DatasetException, "exactly one select expression"),
        (lambda o: o.join("orders__items", alias=""), ValueError, "alias must be a non-empty string"),
        (lambda o: o.join("orders__items", kind="cross"), ValueError, "kind 'cross' is not known"),
        (lambda o: o.join("orders"), ValueError, "Cannot join a table to itself: orders"),
        (lambda o: o.join(3), ValueError, "`other` must be a table name or a base table relation, and not a int"),
        (lambda o: o.join("order"), ValueError, "Table `order` not found in dataset schema"),
        (lambda o: o[1], TypeError, "asked for columns by name, and not by 1"),
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
    with pytest.raises(RelationHasQueryException, match=r"only works on relations created via \.table"):
        dataset.query("SELECT 1 AS id").from_loads(first)


def test_tables_are_joined(shop: Any) -> None:
    """Nested tables find those above and below them, over others too; columns of the right side bear its name."""
    dataset, _ = shop
    down = dataset.orders.select("id").join("orders__items").select("id", "orders__items__sku")
    up = dataset.orders__items.select("sku").join("orders", alias="o").select("o__id", "sku")
    assert sorted(down.fetchall()) == sorted(up.fetchall()) == [(1, "a"), (1, "b"), (2, "c"), (4, "a")]
    left = dataset.orders.join("orders__items", kind="left").where("orders__items__sku", "eq", None)
    assert left.select("id").fetchall() == [(3,)]
    far = dataset.orders__items__tags.join("orders")
    assert far.columns[0] == "t" and "orders__id" in far.columns
    assert sorted(far.select("t", "orders__id").fetchall()) == [("x", 1), ("y", 1), ("z", 4)]
    assert far.join("orders").to_sql() == far.to_sql()
    assert sorted(dataset.orders.join("orders__items__tags").select("id").fetchall()) == [(1,), (1,), (4,)]


def test_what_is_left_of_a_relation_is_joined(shop: Any) -> None:
    """Rows and columns that were taken away from either side are not there."""
    dataset, _ = shop
    some = dataset.orders.where("id", "gt", 1).select("name")
    joined = dataset.orders__items.select("sku").join(some)
    assert joined.columns == ["sku", "orders__name"]
    assert sorted(joined.fetchall()) == [("a", "100%"), ("c", "it's")]
    few = dataset.orders.where("name", "eq", "Ada").join("orders__items").where("orders__items__sku", "eq", "b")
    assert few.select("id").fetchall() == [(1,)]
    first = dataset.orders__items.order_by("sku", "desc").limit(1).join("orders")
    assert first.select("sku", "orders__id").fetchall() == [("c", 2)]


def test_tables_are_joined_by_a_condition(shop: Any) -> None:
    """With names of tables before those of columns; the alias may stand for the right side."""
    dataset, _ = shop
    orders = dataset.orders.select("id")
    for on in ("orders.id = other.price + 0.5", "id = other.price + 0.5"):
        found = orders.join(dataset.orders.select("price"), on=on, alias="other")
        assert sorted(found.fetchall()) == [(1, 0.5), (2, 1.5), (4, 3.5)] and found.columns == ["id", "other__price"]
    counts = dataset("SELECT _dlt_parent_id, count(*) AS n FROM orders__items GROUP BY 1")
    joined = dataset.orders.join(counts, on="orders._dlt_id = n._dlt_parent_id", alias="n")
    assert sorted(joined.select("id", "n__n").fetchall()) == [(1, 2), (2, 1), (4, 1)]
    with pytest.raises(ValueError, match="no base table to resolve references"):
        dataset("SELECT * FROM orders").join("orders__items")
    with pytest.raises(ValueError, match="orders is part of the query already"):
        orders.join("orders", on="orders.id = orders.id")
    with pytest.raises(ValueError, match="o__sku conflict with existing columns"):
        dataset.orders.join("orders__items", alias="o").join("orders__items", on="1 = 1", alias="o")


def test_a_query_is_a_relation_too(shop: Any) -> None:
    """Its names need no dataset; it is narrowed as a table is."""
    dataset, _ = shop
    query = dataset.query("SELECT id AS number, Name FROM Orders")
    assert query.columns == ["number", "name"]
    assert query.where("number", "gt", 2).order_by("number").select("number").fetchall() == [(3,), (4,)]
    assert query.columns_schema["number"] == {"name": "number", "data_type": "bigint", "nullable": True}
    counts = dataset(
        "SELECT orders.id, count(*) AS n FROM orders JOIN orders__items AS i "
        "ON i._dlt_parent_id = orders._dlt_id GROUP BY 1"
    )
    assert counts.where("n", "gt", 1).fetchall() == [(1, 2)] and counts.columns_schema["n"]["data_type"] == "bigint"
    assert dataset("SELECT `id` FROM orders", query_dialect="bigquery").max().fetchscalar() == 4
    assert dataset(query.sqlglot_expression).to_sql() == query.to_sql()
    both = dataset("SELECT id FROM orders UNION ALL SELECT id FROM orders").where("id", "eq", 1)
    assert both.fetchall() == [(1,), (1,)]


def test_a_query_of_other_tables_is_one_of_the_destination(shop: Any) -> None:
    """What the schema does not know, the destination does."""
    dataset, _ = shop
    with dataset.sql_client as client:
        table = client.make_qualified_table_name("orders")
        client.execute_sql("CREATE TABLE IF NOT EXISTS plain_numbers (n INTEGER)")
        client.execute_sql("INSERT INTO plain_numbers VALUES (1), (4)")
    found = dataset("SELECT * FROM plain_numbers AS p").where("n > 1")
    assert found.columns == ["n"] and found.fetchall() == [(4,)]
    mixed = dataset("SELECT orders.name FROM orders JOIN plain_numbers AS p ON p.n = orders.id")
    assert sorted(mixed.fetchall()) == [("100%",), ("Ada",)]
    raw = dataset.query(f"SELECT id AS number FROM {table}", _execute_raw_query=True)
    assert raw.to_sql() == f"SELECT id AS number FROM {table}" and raw.columns == ["number"]
    assert raw.where("number", "eq", 1).fetchall() == [(1,)] and len(raw.fetchall()) == 4


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("DROP TABLE orders", "is not a SELECT statement. It is DROP TABLE orders"),
        ("SELECT (", "cannot be read as SQL"),
        ("SELECT nme FROM orders", "Failed to resolve SQL query against the schema received"),
    ],
)
def test_what_is_no_query_is_refused(shop: Any, query: str, text: str) -> None:
    """Before anything is asked of the destination."""
    dataset, _ = shop
    with pytest.raises(LineageFailedException) as caught:
        dataset(query).to_sql()
    assert text in str(caught.value)
    with pytest.raises(ValueError, match="Must be an SQL SELECT statement"):
        dataset.query("DROP TABLE orders", _execute_raw_query=True)


def test_rows_are_read_in_every_form(shop: Any) -> None:
    """All, some, one, or page by page."""
    dataset, _ = shop
    orders = dataset.orders.select("id", "name").order_by("id")
    rows = [(1, "Ada"), (2, "it's"), (3, None), (4, "100%")]
    assert orders.fetchall() == rows and orders.fetchmany(2) == rows[:2] and orders.fetchone() == rows[0]
    assert orders.limit(0).fetchone() is None is orders.limit(0).fetchscalar()
    assert orders.limit(1).select("id").fetchscalar() == 1
    assert [len(page) for page in orders.iter_fetch(3)] == [3, 1]
    assert [tuple(row.values()) for row in orders.arrow().to_pylist()] == rows and orders.arrow(1).num_rows == 1
    assert sum(table.num_rows for table in orders.iter_arrow(3)) == 4
    assert orders.df()["id"].tolist() == [1, 2, 3, 4] and [len(frame) for frame in orders.iter_df(3)] == [3, 1]
    assert repr(orders).startswith("<dlt.Relation(dataset=") and orders.columns_schema["id"]["data_type"] == "bigint"


# -- the dataset


def test_a_table_is_found_by_its_name(shop: Any) -> None:
    """As the source gave it too; one that is not there is named with those that are."""
    dataset, loads = shop
    assert dataset.tables[:3] == ["orders", "orders__items", "orders__items__tags"]
    assert dataset["Orders"].to_sql() == dataset.table("orders").to_sql() == dataset.orders.to_sql()
    for error in (DatasetException, ValueError, KeyError):
        with pytest.raises(error, match=r"Table `order` not found in dataset schema: data has orders, "):
            dataset.table("order")
    with pytest.raises(AttributeError, match="Table `order` not found"):
        _ = dataset.order
    with pytest.raises(AttributeError):
        _ = dataset.__wrapped__
    assert dataset.load_ids() == loads == dataset.load_ids("shop") and dataset.load_ids("other") == []
    assert dataset.latest_load_id() == loads[1] and dataset.latest_load_id("other") is None
    assert repr(dataset).startswith("<dlt.dataset(dataset_name='data', destination=")
    assert str(dataset).startswith("Dataset `data` at `") and "orders, orders__items" in str(dataset)


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
