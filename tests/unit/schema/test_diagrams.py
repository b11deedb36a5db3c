"""Schemas as text that Mermaid, Graphviz and DBML draw."""

from __future__ import annotations

import pytest

from dlt.schema.diagrams import to_diagram
from dlt.schema.schema import Schema

MERMAID = """erDiagram
    customers {
        bigint id PK
        text name
    }
    orders {
        text _dlt_id PK
        bigint customer
        text part
        text kind
    }
    orders__items {
        text sku
        text _dlt_parent_id
    }
    parts {
        text code
        text kind
    }
    customers ||--o{ orders : ""
    parts ||--o{ orders : ""
    orders ||--o{ orders__items : \"\""""
DOT = """digraph schema {
    rankdir=LR
    node [shape=record]
    "customers" [label="customers|<id> id: bigint|<name> name: text"]
    "orders" [label="orders|<_dlt_id> _dlt_id: text|<customer> customer: bigint|<part> part: text|<kind> kind: text"]
    "orders__items" [label="orders__items|<sku> sku: text|<_dlt_parent_id> _dlt_parent_id: text"]
    "parts" [label="parts|<code> code: text|<kind> kind: text"]
    "orders":"customer" -> "customers":"id"
    "orders":"part" -> "parts":"code"
    "orders":"kind" -> "parts":"kind"
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
  "kind" text
}

Table "orders__items" {
  "sku" text
  "_dlt_parent_id" text
}

Table "parts" {
  "code" text
  "kind" text
}

Ref: "orders"."customer" > "customers"."id"
Ref: "orders"."part" > "parts"."code"
Ref: "orders"."kind" > "parts"."kind"
Ref: "orders__items"."_dlt_parent_id" > "orders"."_dlt_id\""""


def schema() -> Schema:
    """Return a schema with keys, a nested table, and references of one column and of two."""
    made = Schema("shop")
    made.tables = {
        "customers": {
            "name": "customers",
            "columns": {"id": {"data_type": "bigint", "primary_key": True}, "name": {"data_type": "text"}},
        },
        "orders": {
            "name": "orders",
            "columns": {
                "_dlt_id": {"data_type": "text", "row_key": True},
                "customer": {"data_type": "bigint"},
                "part": {"data_type": "text"},
                "kind": {"nullable": True},
            },
            "references": [
                {"columns": ["customer"], "referenced_table": "customers", "referenced_columns": ["id"]},
                {"columns": ["part", "kind"], "referenced_table": "parts", "referenced_columns": ["code", "kind"]},
            ],
        },
        "orders__items": {
            "name": "orders__items",
            "parent": "orders",
            "columns": {"sku": {"data_type": "text"}, "_dlt_parent_id": {"data_type": "text", "parent_key": True}},
        },
        "parts": {"name": "parts", "columns": {"code": {"data_type": "text"}, "kind": {"data_type": "text"}}},
    }
    return made


@pytest.mark.parametrize(("kind", "text"), [("mermaid", MERMAID), ("dot", DOT), ("dbml", DBML)])
def test_tables_columns_and_lines_between_them_are_drawn(kind: str, text: str) -> None:
    """Keys are marked, and a reference of several columns is one line in Mermaid and several elsewhere."""
    assert to_diagram(schema(), kind) == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "text"),
    [("mermaid", "erDiagram"), ("dot", "digraph schema {\n    rankdir=LR\n    node [shape=record]\n}")],
)
def test_a_schema_without_tables_is_an_empty_drawing(kind: str, text: str) -> None:
    """Which programs can read as well."""
    empty = Schema("shop")
    empty.tables = {}
    assert to_diagram(empty, kind) == text  # type: ignore[arg-type]
    assert to_diagram(empty, "dbml") == ""


def test_the_tables_of_the_library_are_drawn_too() -> None:
    """They are in the dataset like all others."""
    text = to_diagram(Schema("shop"), "dbml")
    assert 'Table "_dlt_loads" {' in text and 'Table "_dlt_version" {' in text
