"""A schema tells of its tables, their columns, and what holds for them; schemas are joined and replaced."""

from __future__ import annotations

from typing import Any, cast

import pytest

from dlt.errors import CannotCoerceColumnException, IncompatibleSchemaException, SchemaCorruptedException
from dlt.schema.schema import Schema
from dlt.schema.typing import ColumnSchema, TableSchema


def schema_with(name: str, **tables: Any) -> Schema:
    """Return a schema with tables, given as the types of their columns."""
    schema = Schema(name)
    for table, columns in tables.items():
        given = {
            key: cast(ColumnSchema, {"name": key, **({"data_type": kind} if kind else {})})
            for key, kind in columns.items()
        }
        schema.update_table({"name": table, "columns": given}, normalize_identifiers=False)
    return schema


def test_tables_of_the_library_have_names() -> None:
    """Programs ask for them instead of writing them down."""
    schema = Schema("x")
    assert schema.dlt_table_names() == [schema.version_table_name, schema.loads_table_name]
    assert schema.state_table_name == "_dlt_pipeline_state" and schema.ENGINE_VERSION == Schema.ENGINE_VERSION == 11


@pytest.mark.parametrize(("sensitive", "new"), [(True, ["ID", "address"]), (False, ["address"])])
def test_columns_that_are_not_at_a_destination_yet(sensitive: bool, new: list[str]) -> None:
    """By name, with or without its case; what has no type comes when it is asked for."""
    schema = schema_with("x", events={"ID": "text", "name": "text", "address": "json", "hinted": None})
    there: dict[str, ColumnSchema] = {"id": {}, "name": {}}
    assert [column["name"] for column in schema.get_new_table_columns("events", there, sensitive)] == new
    found = schema.get_new_table_columns("events", there, sensitive, include_incomplete=True)
    assert [column["name"] for column in found] == [*new, "hinted"]


def test_fields_of_a_row_that_have_a_hint() -> None:
    """Columns of the table first, then what the settings say of others."""
    schema = schema_with("x", t={"b": "text", "a": "text"})
    schema.tables["t"]["columns"]["a"].update({"nullable": False, "cluster": True})
    schema.merge_hints({"not_null": ["re:^c"]})
    row = {"c1": 1, "a": 2, "b": 3}
    assert schema.filter_row_with_hint("t", "not_null", row) == {"a": 2, "c1": 1}
    assert list(schema.filter_row_with_hint("t", "not_null", row)) == ["a", "c1"]
    assert schema.filter_row_with_hint("t", "cluster", row) == {"a": 2}
    assert schema.filter_row_with_hint("unknown", "not_null", row) == {"c1": 1}


def test_contracts_of_tables() -> None:
    """A table's own comes first; one that is not there yet may bring its own; what is left out evolves."""
    schema = schema_with("x", t={"a": "text"})
    assert Schema.expand_schema_contract_settings(None) == dict.fromkeys(("tables", "columns", "data_type"), "evolve")
    frozen: Any = dict.fromkeys(("tables", "columns", "data_type"), "freeze")
    assert Schema.expand_schema_contract_settings({"columns": "evolve"}, frozen) == {**frozen, "columns": "evolve"}
    schema.set_schema_contract("freeze")
    assert schema.resolve_contract_settings_for_table("t") == frozen
    new: TableSchema = {"name": "new", "columns": {}, "schema_contract": {"columns": "discard_row"}}
    found = schema.resolve_contract_settings_for_table("new", new)
    assert found == {**frozen, "columns": "discard_row"}
    assert "new" not in schema.tables


def test_a_nested_table_is_not_left_alone() -> None:
    """Nothing is dropped then."""
    schema = schema_with("x", a={"i": "text"})
    schema.update_table({"name": "a__b", "parent": "a", "columns": {}})
    schema.update_table({"name": "a__b__c", "parent": "a__b", "columns": {}})
    for names in (["a"], ["a", "a__b"], ["a__b"]):
        with pytest.raises(SchemaCorruptedException, match="nested in it"):
            schema.drop_tables(names)
    assert [table["name"] for table in schema.drop_tables(["a__b", "a__b__c", "unknown"])] == ["a__b", "a__b__c"]
    assert schema.data_table_names() == ["a"]


def test_schemas_are_joined() -> None:
    """The new one has a name of all, and nothing in common with them."""
    one, other = schema_with("alpha", users={"id": "bigint"}), schema_with("beta", users={"n": "text"}, o={"i": "text"})
    one.naming.max_length = 50
    united = one.unify_schemas([other])
    assert united.name == "u_alpha_beta" and united.is_new and united.previous_hashes == []
    assert list(united.get_table_columns("users")) == ["id", "n"] and "o" in united.tables
    assert united.naming.max_length == 50
    assert list(one.get_table_columns("users")) == ["id"] and "o" not in one.tables
    alone = one.unify_schemas([])
    assert alone.name == "u_alpha" and alone is not one and alone.tables == one.tables


def test_schemas_that_contradict_each_other_are_not_joined() -> None:
    """In a type, and, if that is asked for, in how names are made."""
    one, other = schema_with("alpha", t={"v": "bigint"}), schema_with("beta", t={"v": "text"})
    with pytest.raises(CannotCoerceColumnException, match="bigint in one schema and text in the other"):
        one.unify_schemas([other])
    direct = schema_with("gamma", t={"v": "bigint"})
    direct.update_naming("direct")
    assert one.unify_schemas([direct]).name == "u_alpha_gamma"
    with pytest.raises(IncompatibleSchemaException, match="naming convention mismatch"):
        one.unify_schemas([direct], check_naming_convention=True)


@pytest.mark.parametrize("link", [False, True])
def test_a_schema_becomes_another(link: bool) -> None:
    """With its name and versions; the former hash is kept where that is asked for."""
    schema, other = schema_with("x", a={"i": "text"}), schema_with("y", b={"i": "text"})
    schema.bump()
    other.bump()
    former = schema.version_hash
    schema.replace_schema_content(other, link_to_replaced_schema=link)
    assert schema == other and schema.name == "y" and not schema.is_modified
    assert schema.previous_hashes == ([former] if link else [])
