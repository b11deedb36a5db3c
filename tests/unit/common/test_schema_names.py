"""Tables, columns and references as values under the names of PyPI `dlt` 1.x; the expected values are those of 1.31."""

from __future__ import annotations

from typing import Any

import pytest

from dlt.common.normalizers.naming.snake_case import NamingConvention
from dlt.common.schema import DEFAULT_SCHEMA_CONTRACT_MODE, Schema, TColumnSchema, detections, utils
from dlt.common.schema import typing as vocabulary
from dlt.common.schema.exceptions import (
    CannotCoerceColumnException,
    DataValidationError,
    InvalidSchemaName,
    ParentTableNotFoundException,
    TablePropertiesConflictException,
)
from dlt.common.schema.migrations import migrate_schema
from dlt.common.schema.normalizers import (
    configured_normalizers,
    import_normalizers,
    naming_from_reference,
    serialize_reference,
)
from dlt.errors import DictValidationException

NAMING = NamingConvention()
TABLES: Any = {
    "p": utils.new_table("p", columns=[utils.new_column("id", "bigint"), {"name": "later"}]),
    "p__c": utils.new_table("p__c", parent_table_name="p"),
    "p__c__d": utils.new_table("p__c__d", parent_table_name="p__c"),
    "q": utils.new_table("q"),
}
KEYED: Any = {
    "p": {"name": "p", "columns": {"_dlt_id": {"name": "_dlt_id", "row_key": True}}},
    "p__c": {
        "name": "p__c",
        "parent": "p",
        "columns": {
            "_dlt_parent_id": {"name": "_dlt_parent_id", "parent_key": True},
            "_dlt_root_id": {"name": "_dlt_root_id", "root_key": True},
        },
    },
}


def test_constants() -> None:
    """Names of tables and columns of the library, and what properties columns have."""
    assert (vocabulary.VERSION_TABLE_NAME, vocabulary.LOADS_TABLE_NAME) == ("_dlt_version", "_dlt_loads")
    assert (vocabulary.PIPELINE_STATE_TABLE_NAME, vocabulary.DLT_NAME_PREFIX) == ("_dlt_pipeline_state", "_dlt")
    assert vocabulary.SCHEMA_ENGINE_VERSION == 11
    assert vocabulary.ColumnPropInfos["nullable"].defaults == (True, None)
    assert len(vocabulary.COLUMN_HINTS) == 12 and len(vocabulary.COLUMN_PROPS) == 18
    assert DEFAULT_SCHEMA_CONTRACT_MODE["tables"] == "evolve"


def test_new_tables_and_columns() -> None:
    """A root table is appended to and is named after its resource; a nested one takes that from its root."""
    assert utils.new_column("a") == {"name": "a", "nullable": True}
    assert utils.new_column("a", "text", nullable=False, precision=3) == {
        "name": "a",
        "nullable": False,
        "data_type": "text",
        "precision": 3,
    }
    assert utils.new_table("t") == {"name": "t", "columns": {}, "write_disposition": "append", "resource": "t"}
    nested = utils.new_table("t", columns=[{"name": "a"}], parent_table_name="p")
    assert nested == {"name": "t", "columns": {"a": {"name": "a"}}, "parent": "p"}
    with pytest.raises(ValueError, match="takes write_disposition from its root"):
        utils.new_table("t", parent_table_name="p", write_disposition="merge")


def test_columns_merge() -> None:
    """What the other column says counts, defaults too unless they are left out."""
    known: TColumnSchema = {"name": "a", "nullable": False, "primary_key": True}
    other: TColumnSchema = {"name": "a", "data_type": "text", "nullable": True, "primary_key": False}
    assert utils.merge_column(known, other) == {**other}
    assert utils.merge_column(known, other, merge_defaults=False) == {**known, "data_type": "text"}
    defaults: Any = {
        "name": "a",
        "data_type": "text",
        "nullable": True,
        "primary_key": False,
        "unique": True,
        "x-h": None,
    }
    assert utils.remove_column_defaults(defaults) == {"name": "a", "data_type": "text", "unique": True}
    keys: Any = {"a": {"name": "a", "primary_key": True}, "b": {"name": "b"}}
    new: Any = {"b": {"name": "b", "data_type": "text", "primary_key": True}}
    assert utils.merge_columns(keys, new) == {**keys, **new}
    assert utils.merge_columns(keys, new, merge_compound_props=False) == {"a": {"name": "a"}, **new}
    assert keys["a"]["primary_key"]


def test_tables_merge_in_place() -> None:
    """Keys of a table stay, or make room for those of the other one."""
    table: Any = {"name": "t", "columns": {"a": {"name": "a", "data_type": "text", "primary_key": True}}}
    other: Any = {"name": "t", "columns": {"b": {"name": "b", "data_type": "text", "primary_key": True}}}
    both: Any = {"name": "t", "columns": {**table["columns"]}}
    utils.merge_table("s", both, other)
    assert utils.get_columns_names_with_prop(both, "primary_key") == ["a", "b"]
    utils.merge_table("s", table, other, merge_compound_props=False)
    assert utils.get_columns_names_with_prop(table, "primary_key") == ["b"]


def test_tables_in_tables() -> None:
    """Chains of nested tables, and what they take from their root."""
    assert [table["name"] for table in utils.get_nested_tables(TABLES, "p")] == ["p", "p__c", "p__c__d"]
    below = utils.get_nested_tables(TABLES, "p", max_nesting=1, include_self=False)
    assert [table["name"] for table in below] == ["p__c"]
    assert utils.get_root_table(TABLES, "p__c__d")["name"] == "p"
    assert utils.get_write_disposition(TABLES, "p__c__d") == "append"
    assert utils.get_table_format(TABLES, "p") is utils.get_file_format(TABLES, "p") is None
    assert utils.fill_hints_from_parent_and_clone_table(TABLES, TABLES["p__c"])["write_disposition"] == "append"
    with pytest.raises(ValueError, match="has the hint 'unknown'"):
        utils.get_inherited_table_hint(TABLES, "p", "unknown")
    assert utils.is_nested_table(TABLES["p__c"]) and not utils.may_be_nested(TABLES["p"])
    grouped = utils.group_tables_by_resource(TABLES)
    assert {name: len(tables) for name, tables in grouped.items()} == {"p": 3, "q": 1}


def test_properties_of_columns() -> None:
    """Columns by what they are for; without types they count only when they are asked for."""
    table: Any = {"name": "t", "columns": {"a": {"name": "a", "primary_key": True}, "b": utils.new_column("b", "text")}}
    table["columns"]["b"]["dedup_sort"] = "desc"
    assert utils.get_columns_names_with_prop(table, "primary_key") == []
    assert utils.get_first_column_name_with_prop(table, "primary_key", include_incomplete=True) == "a"
    assert utils.get_dedup_sort_tuple(table) == ("b", "desc")
    assert list(utils.find_incomplete_columns(table)) == [(table["columns"]["a"], True)]
    assert utils.table_schema_has_type(table, "text") and not utils.table_schema_has_type_with_precision(table, "text")
    assert utils.has_default_column_prop_value("nullable", True) and utils.is_compound_prop("primary_key")
    assert utils.hint_to_column_prop("not_null") == "nullable"


def test_references() -> None:
    """Rows of nested tables name rows of their parent and of their root; those of roots name their load."""
    parent = {
        "label": "_dlt_parent",
        "cardinality": "many_to_one",
        "table": "p__c",
        "columns": ["_dlt_parent_id"],
        "referenced_table": "p",
        "referenced_columns": ["_dlt_id"],
    }
    assert utils.create_parent_child_reference(KEYED, "p__c") == parent
    assert utils.get_all_parent_child_references_from_root(KEYED, "p") == [parent]
    assert utils.get_all_parent_references_to_root(KEYED, "p__c") == [parent]
    root = {**parent, "label": "_dlt_root", "columns": ["_dlt_root_id"]}
    assert utils.create_root_child_reference(KEYED, "p__c") == root
    assert utils.get_all_root_child_references_from_root(KEYED, "p") == [root]
    for function in (utils.create_parent_child_reference, utils.create_root_child_reference):
        with pytest.raises(ValueError, match="is a root table"):
            function(KEYED, "p")
    with pytest.raises(ValueError, match="not a root table"):
        utils.get_all_parent_child_references_from_root(KEYED, "p__c")
    with pytest.raises(ValueError, match="Set root_key=True"):
        utils.create_root_child_reference({**KEYED, "p__c": {**KEYED["p__c"], "columns": {}}}, "p__c")
    load = utils.create_load_table_reference(KEYED["p"], naming=NAMING)
    assert (load["columns"], load["referenced_table"], load["referenced_columns"]) == (
        ["_dlt_load_id"],
        "_dlt_loads",
        ["load_id"],
    )
    version = utils.create_version_and_loads_hash_reference({}, naming=NAMING)
    assert (version["columns"], version["referenced_columns"]) == (["version_hash"], ["schema_version_hash"])
    by_name = utils.create_version_and_loads_schema_name_reference({}, naming=NAMING)
    assert (by_name["label"], by_name["cardinality"]) == ("_dlt_schema_name", "many_to_many")
    one: Any = {"referenced_table": "a", "columns": ["x"], "referenced_columns": ["y"]}
    assert utils.diff_table_references([one], [one, {**one, "referenced_table": "b"}]) == [
        {**one, "referenced_table": "b"}
    ]


def test_names() -> None:
    """Tables, columns and references get the names of a convention; names of the library can be left out."""
    table = utils.new_table(
        "My Table",
        columns=[{"name": "A Col", "data_type": "text"}],
        references=[{"referenced_table": "Other T", "columns": ["A Col"], "referenced_columns": ["X y"]}],
    )
    named = utils.normalize_table_identifiers(table, NAMING)
    assert (named["name"], list(named["columns"]), named["resource"]) == ("my_table", ["a_col"], "My Table")
    assert named["references"] == [{"referenced_table": "other_t", "columns": ["a_col"], "referenced_columns": ["x_y"]}]
    schema = Schema("s")
    schema.update_table(table)
    assert [table["name"] for table in utils.exclude_dlt_entities(schema.tables.values(), "_dlt")] == ["my_table"]
    assert utils.normalize_schema_name("My Schema-1") == "my_schema_1"
    assert utils.is_valid_schema_name("a_b") and not utils.is_valid_schema_name("a b")
    with pytest.raises(InvalidSchemaName):
        Schema("a b")


def test_patterns() -> None:
    """A name, or an expression behind "re:"."""
    assert utils.compile_simple_regex("re:^a").pattern == "^a"
    assert utils.compile_simple_regex("a").pattern == "^a$"
    assert utils.compile_simple_regexes(["a", "re:b"]).pattern == "(^a$)|(b)"
    assert utils.canonical_simple_regex("x") == "re:x"
    assert utils.simple_regex_validator(".", "k", "re:^a", vocabulary.TSimpleRegex)
    assert not utils.simple_regex_validator(".", "k", "re:[[", str)
    with pytest.raises(DictValidationException, match="no regular expression"):
        utils.simple_regex_validator(".", "k", "re:[[", vocabulary.TSimpleRegex)


def test_stored_schemas() -> None:
    """A stored schema proves its hash, and is stored by the engine of today."""
    schema = Schema("s")
    schema.update_table(TABLES["p"])
    stored: Any = schema.to_dict()
    assert utils.verify_schema_hash(stored)
    assert migrate_schema(stored, 11, 11)["engine_version"] == 11
    noted: Any = {"t": {"name": "t", "x-normalizer": {}, "columns": {"a": {"name": "a", "x-normalizer": {}}}}}
    assert utils.remove_processing_hints(noted) == {"t": {"name": "t", "columns": {"a": {"name": "a"}}}}
    assert [table["name"] for table in (utils.loads_table(), utils.version_table(), utils.pipeline_state_table())] == [
        "_dlt_loads",
        "_dlt_version",
        "_dlt_pipeline_state",
    ]
    assert "_dlt_id" not in utils.pipeline_state_table()["columns"]


def test_detections() -> None:
    """Values tell the types of their columns."""
    assert detections.is_timestamp(int, 1_700_000_000) == "timestamp" and detections.is_timestamp(int, 5) is None
    assert detections.is_iso_timestamp(str, "2024-01-01T00:00:00Z") == "timestamp"
    assert detections.is_iso_date(str, "2024-01-01") == "date"
    assert [detections.is_large_integer(int, value) for value in (2**64, 2**300, 3)] == ["wei", "text", None]
    assert utils.autodetect_sc_type(["iso_timestamp"], str, "2024-01-01T00:00:00Z") == "timestamp"
    assert utils.autodetect_sc_type(None, int, 3) is None


def test_naming_conventions_and_nesting() -> None:
    """What is said, and what holds where nothing is said."""
    assert configured_normalizers() == {"names": None, "json": None}
    settings, naming, nesting = import_normalizers(configured_normalizers())
    assert settings["names"] == "snake_case" and naming.name() == "snake_case"
    assert nesting == "dlt.common.normalizers.json.relational"
    assert naming_from_reference("direct").name() == "direct"
    assert serialize_reference("snake_case") == "snake_case"
    assert serialize_reference(NamingConvention) == "dlt.schema.naming.SnakeCase"


def _rejected(first: Any, second: Any) -> tuple[object, ...]:
    with pytest.raises(TablePropertiesConflictException) as caught:
        utils.merge_table("shop", first, second)
    with pytest.raises(TablePropertiesConflictException):
        utils.ensure_compatible_tables("shop", first, second)
    error = caught.value
    return error.table_name, error.prop_name, error.val1, error.val2


def test_only_tables_of_one_name_and_one_parent_are_merged() -> None:
    """The error has what differs as attributes."""
    assert _rejected(TABLES["p"], TABLES["q"]) == ("p", "name", "p", "q")
    nested: Any = {"name": "c", "parent": "p", "columns": {"a": {"name": "a", "data_type": "text"}}}
    assert _rejected(nested, utils.new_table("c")) == ("c", "parent", "p", None)
    other: Any = {**nested, "columns": {"a": {"name": "a", "data_type": "bigint"}}}
    utils.ensure_compatible_tables("shop", nested, other, ensure_columns=False)
    with pytest.raises(CannotCoerceColumnException, match=r"shop, c\.a"):
        utils.ensure_compatible_tables("shop", nested, other)


def test_references_of_merged_tables_are_joined() -> None:
    """Of two to one table the later one counts."""

    def table(**columns: str) -> Any:
        found = [{"columns": [c], "referenced_table": t, "referenced_columns": ["id"]} for t, c in columns.items()]
        return {"name": "t", "columns": {}, "references": found}

    merged = table(a="x", b="y")
    utils.merge_table("shop", merged, table(a="z", c="w"))
    assert {found["referenced_table"]: found["columns"] for found in merged["references"]} == {
        "a": ["z"],
        "b": ["y"],
        "c": ["w"],
    }


def test_what_is_default_of_one_key_takes_back_nothing_of_another() -> None:
    """Two keys that become one column join their hints."""
    columns: Any = [
        {"name": "case", "data_type": "bigint", "nullable": False},
        {"name": "Case", "data_type": "double", "nullable": True, "unique": False, "primary_key": True},
    ]
    named = utils.normalize_table_identifiers(utils.new_table("t", columns=columns), NAMING)
    own = {"name": "case", "data_type": "double", "nullable": False, "primary_key": True, "x-path": "Case"}
    assert named["columns"] == {"case": own}


def test_stored_forms_without_names() -> None:
    """Names inside of tables and columns are what is left out, and put back."""
    stored = Schema("shop").to_dict()
    bare = utils.remove_defaults(stored)
    assert "name" not in bare["tables"]["_dlt_loads"] and "name" in stored["tables"]["_dlt_loads"]
    assert utils.apply_defaults(bare) == stored
    orphan: Any = {**stored, "tables": {"c": {"name": "c", "parent": "p", "columns": {}}}}
    with pytest.raises(ParentTableNotFoundException, match="c is nested in p, which is not there"):
        utils.validate_stored_schema(orphan)


def test_old_types_tables_that_are_not_there_and_tables_of_the_library() -> None:
    """As 1.31 answers."""
    old: Any = [{"name": "old", "data_type": "complex"}]
    assert utils.new_table("t", columns=old)["columns"]["old"]["data_type"] == "json"
    assert utils.get_nested_tables(TABLES, "nowhere") == []
    assert {"_dlt_version", "_dlt_loads"} <= set(utils.group_tables_by_resource(Schema("shop").tables))
    assert utils.autodetect_sc_type(["iso_timestamp"], float, "2026-01-01T00:00:00Z") is None
    with pytest.raises(DictValidationException, match="begins with 're:'"):
        utils.simple_regex_validator(".", "k", "^_record$", vocabulary.TSimpleRegex)


def _shop() -> Schema:
    schema = Schema("shop")
    kept: Any = {"id": {"name": "id", "data_type": "bigint"}, "later": {"name": "later"}}
    schema.update_table({"name": "users", "columns": kept})
    return schema


def _update(name: str, **columns: Any) -> Any:
    return {"name": name, "columns": {column: {"name": column, **hints} for column, hints in columns.items()}}


@pytest.mark.parametrize("mode", ["discard_row", "discard_value", "freeze"])
@pytest.mark.parametrize(
    ("entity", "update", "refused"),
    [
        ("tables", _update("new", a={"data_type": "text"}), ("tables", "new")),
        ("columns", _update("users", a={"data_type": "text"}), ("columns", "a")),
        ("columns", _update("users", later={"data_type": "text"}), ("columns", "later")),
        ("data_type", _update("users", id={"data_type": "text"}), ("columns", "id")),
        ("data_type", _update("users", id__v_text={"data_type": "text", "variant": True}), ("columns", "id__v_text")),
    ],
    ids=["a new table", "a new column", "a column without a type yet", "another type", "a variant"],
)
def test_programs_ask_what_a_contract_lets_in(mode: Any, entity: str, update: Any, refused: Any) -> None:
    """The rest of the table comes in; what is frozen raises unless the program says otherwise."""
    contract: Any = {entity: mode}
    expected = None if entity == "tables" else {**update, "columns": {}}
    assert _shop().apply_schema_contract(contract, update, raise_on_freeze=False) == (expected, [(*refused, mode)])
    assert _shop().apply_schema_contract({entity: "evolve"}, update) == (update, [])
    if mode == "freeze":
        with pytest.raises(DataValidationError) as caught:
            _shop().apply_schema_contract(contract, update, {"a": 1})
        assert (caught.value.schema_entity, caught.value.data_item) == (entity, {"a": 1})


def test_hints_that_are_no_type_pass_every_contract() -> None:
    """A key may be declared of a column that is there."""
    update = _update("users", id={"data_type": "bigint", "primary_key": True})
    assert _shop().apply_schema_contract("freeze", update) == (update, [])
