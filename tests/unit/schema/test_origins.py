"""From where in documents columns come, as their names and the schema tell."""

from __future__ import annotations

import pytest

from dlt.schema.origins import origins
from dlt.schema.paths import path_text, told_by_name
from dlt.schema.schema import Schema


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (("id",), "id"),
        (("address", "city"), "address.city"),
        (("first name",), "['first name']"),
        (("a", "b.c", "d"), "a['b.c'].d"),
        (("it's",), "['it\\'s']"),
        (("[0]",), "['[0]']"),
        (("Größe",), "Größe"),
        ((), "$"),
    ],
)
def test_a_path_as_text(keys: tuple[str, ...], text: str) -> None:
    """Keys that could be taken for more than one stand in brackets."""
    assert path_text(keys) == text


@pytest.mark.parametrize(
    ("name", "is_nested", "path"),
    [
        ("id", False, "id"),
        ("address__city", False, "address.city"),
        ("value", False, "value"),
        ("value", True, "$"),
        ("list", True, "$"),
    ],
)
def test_what_a_name_tells(name: str, is_nested: bool, path: str) -> None:
    """Items of lists that are values themselves have no key."""
    assert told_by_name(name, "__", is_nested) == path


def test_a_schema_of_before_is_read_by_its_names() -> None:
    """Nothing is kept there, and nested tables are found by the names of their parents."""
    schema = Schema("shop")
    schema.update_table({"name": "orders", "resource": "orders_of_today", "columns": {"a__b": {"data_type": "text"}}})
    schema.update_table({"name": "orders__items", "parent": "orders", "columns": {"sku": {"data_type": "text"}}})
    schema.update_table(
        {"name": "orders__items__sizes", "parent": "orders__items", "columns": {"value": {"data_type": "text"}}}
    )
    assert [(o.table, o.column, o.resource, o.path) for o in origins(schema)] == [
        ("orders", "a__b", "orders_of_today", "a.b"),
        ("orders__items", "sku", "orders_of_today", "items[*].sku"),
        ("orders__items__sizes", "value", "orders_of_today", "items[*].sizes[*]"),
    ]


def test_value_is_a_key_where_there_are_others() -> None:
    """Items that are values have no other column than the one that is called so."""
    schema = Schema("shop")
    columns = {"value": {"data_type": "text"}, "unit": {"data_type": "text"}, "_dlt_id": {"data_type": "text"}}
    schema.update_table({"name": "orders", "columns": {"id": {"data_type": "bigint"}}})
    schema.update_table({"name": "orders__sizes", "parent": "orders", "columns": columns})
    assert [o.path for o in origins(schema) if o.table == "orders__sizes"] == ["sizes[*].value", "sizes[*].unit", None]
