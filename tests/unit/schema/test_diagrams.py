"""Schemas as text that Mermaid, Graphviz and DBML draw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dlt.helpers.dbml import export_to_dbml
from dlt.helpers.graphviz import schema_to_graphviz
from dlt.helpers.mermaid import schema_to_mermaid
from dlt.schema.schema import Schema

MERMAID = """erDiagram
    customers{
    bigint id PK "who \'buys\'"
    text name UK
}
    orders{
    text _dlt_id
    bigint customer
    text part
}
    orders__items{
    text sku
    text _dlt_parent_id
}
    parts{
    text code PK,UK
}
    orders ||--|{ customers : ""
    orders }|--|| parts : "made of"
    orders__items }|--|| orders : "_dlt_parent"
"""
DOT = """digraph schema {
    rankdir=LR
    node [shape=record]
    "customers" [label="customers|<id> id: bigint|<name> name: text"]
    "orders" [label="orders|<_dlt_id> _dlt_id: text|<customer> customer: bigint|<part> part: text"]
    "orders__items" [label="orders__items|<sku> sku: text|<_dlt_parent_id> _dlt_parent_id: text"]
    "parts" [label="parts|<code> code: text"]
    "orders":"customer" -> "customers":"id"
    "orders":"part" -> "parts":"code"
    "orders__items":"_dlt_parent_id" -> "orders":"_dlt_id"
}"""
DBML = """Table "customers" {
  "id" bigint [pk]
  "name" text
}

Table "orders" {
  "_dlt_id" text [pk]
  "customer" bigint
  "part" text
}

Table "orders__items" {
  "sku" text
  "_dlt_parent_id" text
}

Table "parts" {
  "code" text [pk]
}

Ref: "orders"."customer" > "customers"."id"
Ref: "orders"."part" > "parts"."code"
Ref: "orders__items"."_dlt_parent_id" > "orders"."_dlt_id\""""


def schema() -> Schema:
    """Return a schema with keys, a nested table, references, and columns and tables that no value has reached."""
    made = Schema("shop")
    columns: Any = {"id": {"data_type": "bigint", "primary_key": True, "description": 'who "buys"'}}
    made.tables["customers"] = {
        "name": "customers",
        "columns": columns | {"name": {"data_type": "text", "unique": True}},
    }
    made.tables["orders"] = {
        "name": "orders",
        "columns": {
            "_dlt_id": {"data_type": "text", "row_key": True},
            "customer": {"data_type": "bigint"},
            "part": {"data_type": "text"},
            "awaited": {"nullable": True},
        },
        "references": [
            {"columns": ["customer"], "referenced_table": "customers", "referenced_columns": ["id"]},
            {
                "columns": ["part"],
                "referenced_table": "parts",
                "referenced_columns": ["code"],
                "label": "made of",
                "cardinality": "many_to_one",
            },
        ],
    }
    made.tables["orders__items"] = {
        "name": "orders__items",
        "parent": "orders",
        "columns": {"sku": {"data_type": "text"}, "_dlt_parent_id": {"data_type": "text", "parent_key": True}},
    }
    code: Any = {"data_type": "text", "primary_key": True, "unique": True}
    made.tables["parts"] = {"name": "parts", "columns": {"code": code}}
    made.tables["awaited"] = {"name": "awaited", "columns": {"id": {"nullable": True}}}
    return made


def test_tables_columns_and_lines_between_them_are_drawn() -> None:
    """Keys are marked; what no value has reached is left out; a quote does not end a description."""
    assert schema().to_mermaid(include_dlt_tables=False) == MERMAID
    assert schema().to_dot(include_dlt_tables=False) == DOT
    assert schema().to_dbml(include_dlt_tables=False) == DBML


def test_helpers_of_1x_draw_the_same(tmp_path: Path) -> None:
    """From a stored schema, or from a schema, into a file where one is named."""
    made = schema()
    stored = made.to_dict()
    assert schema_to_mermaid(stored, references=made.references) == made.to_mermaid()
    assert schema_to_mermaid(stored, references=[], hide_columns=True, include_dlt_tables=False).count("{") == 4
    assert schema_to_graphviz(stored, naming=made.naming) == made.to_dot()
    assert schema_to_graphviz(stored, include_dlt_tables=False) == DOT
    assert export_to_dbml(made) == made.to_dbml()
    file = tmp_path / "shop.dbml"
    assert export_to_dbml(made, path=file) == file.read_text() == made.to_dbml()


def test_columns_and_what_is_said_of_them_may_be_left_out() -> None:
    """For schemas with many of them."""
    assert "bigint id PK\n" in schema().to_mermaid(hide_descriptions=True)
    names = schema().to_mermaid(hide_columns=True, include_dlt_tables=False)
    assert "bigint" not in names and "    parts{\n}" in names


@pytest.mark.parametrize(
    ("cardinality", "arrow"),
    [
        ("zero_to_one", "|o--o|"),
        ("one_to_zero", "|o--o|"),
        ("zero_to_many", "|o--|{"),
        ("many_to_zero", "}|--o|"),
        ("one_to_many", "||--|{"),
        ("many_to_one", "}|--||"),
        ("one_to_one", "||--||"),
        ("many_to_many", "}|--|{"),
    ],
)
def test_an_arrow_tells_how_many_rows_stand_at_its_ends(cardinality: Any, arrow: str) -> None:
    """As PyPI dlt draws it."""
    made = schema()
    made.tables["orders"]["references"] = [
        {
            "columns": ["part"],
            "referenced_table": "parts",
            "referenced_columns": ["code"],
            "cardinality": cardinality,
        }
    ]
    assert f'orders {arrow} parts : ""' in made.to_mermaid()


@pytest.mark.parametrize("draw", [Schema.to_dot, Schema.to_dbml])
def test_lines_may_be_left_out(draw: Any) -> None:
    """Those to parents, to roots, and those of the library; a line to a table that is not drawn is none."""
    made = schema()
    made.tables["orders__items"]["columns"]["_dlt_root_id"] = {"data_type": "text", "root_key": True}
    made.tables["customers"]["columns"]["_dlt_load_id"] = {"data_type": "text"}
    text = draw(made)

    def left_out(**drawn: bool) -> list[str]:
        return [line for line in text.splitlines() if line not in draw(made, **drawn).splitlines()]

    [root] = left_out(include_root_child_ref=False)
    assert "_dlt_root_id" in root
    [parent] = left_out(include_parent_child_ref=False)
    assert "_dlt_parent_id" in parent
    load, version, name = left_out(include_internal_dlt_ref=False)
    assert "load_id" in load and "version_hash" in version and "schema_name" in name
    assert "_dlt_loads" not in draw(made, include_dlt_tables=False)


def test_tables_of_one_resource_stand_in_one_box() -> None:
    """Nested tables belong to the resource of their root."""
    made = schema()
    made.tables["orders"]["resource"] = "shop_orders"
    assert '    subgraph "cluster_shop_orders" {\n        label="shop_orders"\n        "orders" [' in made.to_dot(
        group_by_resource=True
    )
    assert 'TableGroup "shop_orders" {\n  "orders"\n  "orders__items"\n}' in made.to_dbml(group_by_resource=True)


def test_a_schema_without_tables_is_an_empty_drawing() -> None:
    """Which programs can read as well."""
    empty = Schema("shop")
    assert empty.to_mermaid(include_dlt_tables=False) == "erDiagram\n"
    assert empty.to_dot(include_dlt_tables=False) == "digraph schema {\n    rankdir=LR\n    node [shape=record]\n}"
    assert empty.to_dbml(include_dlt_tables=False) == ""
