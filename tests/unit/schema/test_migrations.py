"""Schemas that earlier versions of PyPI `dlt` stored are read."""

from __future__ import annotations

from typing import Any

import pytest

from dlt.errors import SchemaEngineNoUpgradePathException
from dlt.schema.schema import Schema

NAMES = "dlt.common.normalizers.names.snake_case"
RELATIONAL = "dlt.common.normalizers.json.relational"


def stored(engine: int, **changes: Any) -> dict[str, Any]:
    """Return a schema with a root table and a nested one, as engines from 3 on stored them."""
    ids = {"_dlt_id": {"name": "_dlt_id", "data_type": "text", "nullable": False, "unique": True}}
    parent_id = {"_dlt_parent_id": {"data_type": "text", "nullable": False, "foreign_key": True, "unique": False}}
    return {
        "name": "shop",
        "engine_version": engine,
        "version": 7,
        "version_hash": "abc",
        "tables": {
            "orders": {"columns": {**ids, "note": {"data_type": "complex", "nullable": True}}, "table_sealed": True},
            "orders__items": {"parent": "orders", "columns": {**ids, **parent_id}},
            "later": {"columns": {"hinted": {"primary_key": True}}},
        },
        "settings": {
            "schema_sealed": True,
            "default_hints": {"foreign_key": ["_dlt_parent_id"], "not_null": ["_dlt_id"]},
            "preferred_types": {"re:^note$": "complex"},
        },
        "normalizers": {
            "names": NAMES,
            "detections": ["timestamp"],
            "json": {"module": RELATIONAL, "config": {"generate_dlt_id": True, "max_nesting": 3}},
        },
        **changes,
    }


@pytest.mark.parametrize("engine", range(3, 10))
def test_schemas_from_engine_3_on_become_present_ones(engine: int) -> None:
    """Types and hints have their present names, tables say whose they are and whether they have rows."""
    schema = Schema.from_dict(stored(engine))
    orders, items = schema.get_table("orders"), schema.get_table("orders__items")
    assert orders["columns"]["note"]["data_type"] == "json" and orders["columns"]["note"]["name"] == "note"
    assert orders["columns"]["_dlt_id"]["row_key"] is True and "table_sealed" not in orders
    assert items["columns"]["_dlt_parent_id"] == {
        "name": "_dlt_parent_id",
        "data_type": "text",
        "nullable": False,
        "parent_key": True,
    }
    assert (orders["resource"], orders["write_disposition"]) == ("orders", "append")
    assert "resource" not in items and "write_disposition" not in items
    seen = ["orders", "orders__items"] if engine < 9 else []
    assert schema.data_table_names(seen_data_only=True) == seen
    assert schema.settings == {
        "default_hints": {"not_null": ["_dlt_id"], "row_key": ["_dlt_id"], "parent_key": ["_dlt_parent_id"]},
        "preferred_types": {"re:^note$": "json"},
        "detections": ["timestamp"],
    }
    assert schema.normalizers == {
        "names": NAMES,
        "json": {"module": RELATIONAL, "config": {"max_nesting": 3}},
        "use_break_path_on_normalize": False,
    }
    assert (schema.version, schema.previous_hashes) == (8, ["abc"])
    assert Schema.from_dict(schema.to_dict()) == schema


def test_what_is_read_stays_as_it_was() -> None:
    """A program may go on with its dict."""
    given = stored(5)
    Schema.from_dict(given)
    assert given == stored(5)


@pytest.mark.parametrize("engine", [10, 11])
def test_the_last_engines_need_little(engine: int) -> None:
    """Keys of engine 10 have their names; in engine 11 a name with two underscores is a path."""
    schema = Schema.from_dict(stored(engine))
    assert schema.tables["orders"]["columns"]["_dlt_id"].get("row_key") is None
    assert schema.settings["default_hints"]["foreign_key"] == ["_dlt_parent_id"]
    assert schema.naming.breaks_paths is (engine == 11)


@pytest.mark.parametrize("engine", [1, 2])
def test_the_first_engines_had_columns_only(engine: int) -> None:
    """Parents are known by names, patterns had no mark, and filters were those of the schema."""
    text = {"name": "a", "data_type": "text", "nullable": True}
    schema = Schema.from_dict(
        {
            "name": "events",
            "engine_version": engine,
            "version": 1,
            "tables": {
                "event": {"a": text},
                "event__data": {"a": text},
                "event__data__b": {"a": text},
                "_dlt_loads": {"load_id": text},
            },
            "hints": {"not_null": ["^a$"]},
            "preferred_types": {"^when$": "timestamp"},
            "excludes": ["^event__data"],
            "includes": ["^event__data__b$"],
        }
    )
    assert [table.get("parent") for table in schema.data_tables()] == [None, "event", "event__data"]
    assert schema.default_column_hints("a") == {"nullable": False}
    assert schema.get_preferred_type("when") == "timestamp"
    assert schema.tables["event"]["filters"] == {"excludes": ["re:^data"], "includes": ["re:^data__b$"]}
    assert "inserted_at" in schema.tables["_dlt_loads"]["columns"]
    assert schema.propagates_root_key() and schema.naming.name() == "snake_case"


def test_a_later_engine_is_refused() -> None:
    """It may say what this library does not know."""
    with pytest.raises(SchemaEngineNoUpgradePathException, match="engine version 12"):
        Schema.from_dict(stored(12))


def test_names_of_a_schema_that_began_before_1_4_stay() -> None:
    """Two underscores inside a key were one there; hints and nested tables are paths as ever."""
    from dlt.schema.naming import name_of_key, name_of_table

    old, new = Schema.from_dict(stored(9)).naming, Schema("new").naming
    assert (name_of_key(old, "a__B"), name_of_table(old, "my__T"), name_of_key(old, " ")) == ("a_b", "my_t", "_empty")
    assert (name_of_key(new, "a__B"), name_of_table(new, "my__T")) == ("a__b", "my__t")
    schema = Schema.from_dict(stored(9))
    schema.update_table({"name": "new__one", "columns": {}})
    schema.update_table({"name": "new_one__x", "parent": "new_one", "columns": {}})
    assert {"new_one", "new_one__x"} <= schema.tables.keys()


def test_the_limit_of_names_keeps_the_rule() -> None:
    """The destination's limit makes a new convention."""
    schema = Schema.from_dict(stored(9))
    schema.update_naming(None, 20)
    assert (schema.naming.breaks_paths, schema.naming.max_length) == (False, 20)
    schema.normalizers["use_break_path_on_normalize"] = True
    schema.update_normalizers()
    assert schema.naming.breaks_paths
