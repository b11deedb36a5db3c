"""From where in its source each column comes, for whatever a pipeline loads."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

import dlt
from dlt.errors import TableNotFound
from dlt.schema.x_keys import X_PATH

DOCUMENT = {
    "Id": 1,
    "address": {"City": "Ulm", "zip code": "89073"},
    "a__b": 1,
    "a": {"c": 2},
    "Items": [{"SKU": "x", "price": 1.5, "tags": ["t"], "pairs": [[1, 2]]}],
}
PATHS = {
    "orders.id": "Id",
    "orders.address__city": "address.City",
    "orders.address__zip_code": "address['zip code']",
    "orders.a__b": "a__b",
    "orders.a__c": "a.c",
    "orders__items.sku": "Items[*].SKU",
    "orders__items.price": "Items[*].price",
    "orders__items__tags.value": "Items[*].tags[*]",
    "orders__items__pairs__list.value": "Items[*].pairs[*][*]",
}


def paths(pipeline: Any) -> dict[str, str]:
    """Return the paths of the columns that are not the library's."""
    return {f"{o.table}.{o.column}": o.path for o in pipeline.lineage() if o.path is not None}


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("form", ["columns", "single rows"])
def test_documents(pipeline: Any, rows: int, form: str) -> None:
    """Renamed and nested keys are found as they are written, whichever form of normalize took them."""
    # a contract that may discard rows looks at each of them
    contract = {"schema_contract": {"data_type": "discard_row"}} if form == "single rows" else {}
    pipeline.run([DOCUMENT] * rows, table_name="orders", **contract)
    assert paths(pipeline) == PATHS


def test_only_what_a_name_does_not_tell_is_kept(pipeline: Any) -> None:
    """Most schemas are as they were."""
    pipeline.run([{"id": 1, "address": {"city": "Ulm"}, "items": [{"sku": "a", "tags": ["t"]}]}], table_name="orders")
    for table in pipeline.default_schema.tables.values():
        assert X_PATH not in table and not any(X_PATH in column for column in table["columns"].values())
    assert paths(pipeline) == {
        "orders.id": "id",
        "orders.address__city": "address.city",
        "orders__items.sku": "items[*].sku",
        "orders__items__tags.value": "items[*].tags[*]",
    }


def test_a_column_that_comes_later_is_found_too(pipeline: Any) -> None:
    """The first path of a column stays."""
    pipeline.run([{"id": 1}], table_name="orders")
    pipeline.run([{"ID": 2, "Price": 1.5, "Sub": [{"N": 1}]}], table_name="orders")
    assert paths(pipeline) == {"orders.id": "id", "orders.price": "Price", "orders__sub.n": "Sub[*].N"}


def test_a_variant_comes_from_where_its_column_does(pipeline: Any) -> None:
    """It holds the values of the same key."""
    pipeline.run([{"Price": 1.5}, {"Price": "free"}], table_name="orders")
    assert paths(pipeline) == {"orders.price": "Price", "orders.price__v_text": "Price"}


def test_arrow_tables_and_declared_columns(pipeline: Any) -> None:
    """Columns keep the names that tables have; one that is declared with its type is told by its hint."""
    pipeline.run(pa.table({"CustomerID": [1], "name": ["Ada"]}), table_name="customers")
    declared = dlt.resource([{"OrderID": 1}], name="orders", columns={"OrderID": {"data_type": "bigint"}})
    pipeline.run(declared)
    assert paths(pipeline) == {
        "customers.customer_id": "CustomerID", "customers.name": "name", "orders.order_id": "OrderID",
    }  # fmt: skip


def test_it_is_kept_where_the_pipeline_is_restored(pipeline: Any) -> None:
    """The schema of the destination has it."""
    pipeline.run([DOCUMENT], table_name="orders")
    pipeline.drop()
    pipeline.sync_destination()
    assert paths(pipeline) == PATHS


def test_one_table_and_one_column(pipeline: Any) -> None:
    """What is not there is said with what is near."""
    pipeline.run([DOCUMENT], table_name="orders")
    (found,) = pipeline.lineage("orders", "address__city")
    assert (found.resource, found.data_type, found.path) == ("orders", "text", "address.City")
    assert {origin.table for origin in pipeline.lineage("orders__items")} == {"orders__items"}
    with pytest.raises(TableNotFound, match=r"pipeline spec has no table 'order'.* did you mean 'orders'"):
        pipeline.lineage("order")
    with pytest.raises(TableNotFound, match="has no column 'cty' in orders"):
        pipeline.lineage("orders", "cty")
