"""A schema: its tables, versions, copies and stored forms."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import InvalidSchemaName, TableNotFound
from dlt.schema.naming import DuckCase
from dlt.schema.schema import Schema
from dlt.schema.update import SchemaUpdate


def shop(**hints: Any) -> Schema:
    """Return a schema with a chain of three tables, and a table of which no type is known."""
    made = Schema("shop")
    for name, parent in (("orders", None), ("orders__items", "orders"), ("orders__items__tags", "orders__items")):
        table: Any = {"name": name, "columns": {"id": {"name": "id", "data_type": "bigint"}}}
        made.update_table({**table, **({"parent": parent} if parent else hints)})
    made.update_table({"name": "empty", "columns": {"a": {"name": "a", "primary_key": True}}})
    return made


# -- names


@pytest.mark.parametrize("name", ["a", "_", "shop", "Shop_2", "_x", "a" * 64])
def test_a_name_of_letters_digits_and_underscores_is_taken(name: str) -> None:
    """As it is, in either case."""
    assert Schema(name).name == name


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("2shop", "_2shop"),
        ("my shop", "my_shop"),
        ("", "schema"),
        (None, "schema"),
        ("größe", "gr_e"),
        ("a.b", "a_b"),
        ("shop\n", "shop"),
    ],
)
def test_another_name_is_refused_with_one_that_is_taken(name: Any, better: str) -> None:
    """And what is proposed is one."""
    with pytest.raises(InvalidSchemaName, match=f"Use '{better}'") as caught:
        Schema(name)
    assert caught.value.name == name and Schema(better).name == better


@pytest.mark.parametrize("extra", [1, 30])
def test_a_name_that_is_too_long_is_refused(extra: int) -> None:
    """The proposed one is short enough."""
    with pytest.raises(InvalidSchemaName) as caught:
        Schema("a" * (64 + extra))
    Schema(str(caught.value).rpartition("Use '")[2].removesuffix("'."))


def test_a_naming_convention_is_stored_by_its_name() -> None:
    """A class has no place in what is stored; it is found by its path or short name again."""
    schema = Schema("s", {"names": DuckCase})
    assert schema.normalizers["names"] == "duck_case" and isinstance(schema.naming, DuckCase)
    again = Schema.from_dict(schema.to_dict())
    assert isinstance(again.naming, DuckCase) and again == schema


def test_the_convention_changes_and_keeps_its_limit() -> None:
    """A limit without a convention is that of the one that there is."""
    schema = Schema("s")
    schema.update_naming(max_length=20)
    assert schema.naming.name() == "snake_case" and schema.naming.max_length == 20
    schema.update_naming("direct", 10)
    assert (schema.normalizers["names"], schema.naming.name(), schema.naming.max_length) == ("direct", "direct", 10)
    schema.normalizers["names"] = "duck_case"
    schema.update_normalizers()
    assert (schema.naming.name(), schema.naming.max_length) == ("duck_case", 10)
    schema.update_naming(DuckCase)
    assert schema.naming.max_length is None and schema.clone().naming is schema.naming


# -- versions


def test_a_version_counts_the_changes_that_were_looked_at() -> None:
    """The first look stores, a look without a change counts nothing, and two changes between looks are one."""
    schema = Schema("s")
    assert schema.is_new and schema.is_modified and schema.version == 1
    assert schema.bump() == (1, schema.version_hash) == schema.bump()
    assert not schema.is_new and not schema.is_modified
    first = schema.version_hash
    schema.update_table({"name": "a", "columns": {}})
    schema.update_table({"name": "b", "columns": {}})
    assert schema.is_modified and schema.version == 2 and schema.stored_version == 1
    assert schema.bump()[0] == 2 and schema.previous_hashes == [first]
    schema.drop_tables(["a", "b"])
    assert schema.bump() == (3, first)


def test_ten_earlier_hashes_are_remembered() -> None:
    """The newest first."""
    schema = Schema("s")
    hashes = []
    for number in range(13):
        schema.settings["n"] = number
        hashes.append(schema.bump()[1])
    assert schema.previous_hashes == hashes[:-1][::-1][:10]


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.update_table({"name": "new", "columns": {}}),
        lambda s: s.tables["orders"]["columns"]["id"].update(nullable=False),
        lambda s: s.tables["orders"].update(description="x"),
        lambda s: s.settings.update(own=1),
        lambda s: s.set_schema_contract("freeze"),
        lambda s: s.update_naming("direct"),
        lambda s: s.add_type_detection("iso_date"),
        lambda s: s.remove_type_detection("iso_timestamp"),
        lambda s: s.drop_tables(["empty"]),
    ],
)
def test_every_change_of_content_makes_another_schema(change: Any) -> None:
    """They are unequal, and their hashes differ."""
    one, other = shop(), shop()
    assert one == other and one.version_hash == other.version_hash
    change(other)
    assert one != other and one.version_hash != other.version_hash


def test_what_is_no_content_makes_no_other_schema() -> None:
    """Description, version, and the order of tables; another name is content."""
    one, other = shop(), shop()
    other.description, other.stored_version = "of a shop", 9
    other.tables = dict(reversed(other.tables.items()))
    assert one == other and one != one.clone("other") and one != "shop"


# -- reading


def test_a_table_that_is_not_there_is_named_with_those_that_are() -> None:
    """In the order of the alphabet."""
    with pytest.raises(
        TableNotFound, match=r"no table 'order'\. It has _dlt_loads, _dlt_version, empty, orders"
    ) as caught:
        shop().get_table("order")
    assert (caught.value.schema_name, caught.value.table_name) == ("shop", "order")


def test_columns_without_a_type_are_incomplete() -> None:
    """A table with no other ones is new."""
    schema = shop()
    schema.tables["orders"]["columns"]["b"] = {"name": "b"}
    assert list(schema.get_table_columns("orders")) == ["id"]
    assert list(schema.get_table_columns("orders", include_incomplete=True)) == ["id", "b"]
    assert schema.is_new_table("empty") and schema.is_new_table("unheard_of") and not schema.is_new_table("orders")


def test_data_tables_are_those_of_the_user() -> None:
    """Those of which something is known, or all, or those with rows."""
    schema = shop()
    chain = ["orders", "orders__items", "orders__items__tags"]
    assert schema.data_table_names() == chain
    assert schema.data_table_names(include_incomplete=True) == [*chain, "empty"]
    assert schema.data_table_names(seen_data_only=True) == []
    schema.tables["orders"]["x-normalizer"] = {"seen-data": True}
    schema.tables["empty"]["x-normalizer"] = {"seen-data": True}
    assert schema.data_table_names(seen_data_only=True) == ["orders"]
    assert schema.data_table_names(seen_data_only=True, include_incomplete=True) == ["orders", "empty"]
    assert (
        [table["name"] for table in schema.dlt_tables()] == schema.dlt_table_names() == ["_dlt_version", "_dlt_loads"]
    )


def test_a_chain_is_a_root_with_its_nested_tables() -> None:
    """Parents first, at any depth; the root of a table that is not there is itself."""
    schema = shop()
    assert [table["name"] for table in schema.chain("orders")] == ["orders", "orders__items", "orders__items__tags"]
    assert [table["name"] for table in schema.chain("orders__items")] == ["orders__items", "orders__items__tags"]
    assert {schema.root_of(name) for name in schema.data_table_names()} == {"orders"}
    assert schema.root_of("unheard_of") == "unheard_of"
    with pytest.raises(TableNotFound):
        schema.chain("unheard_of")


@pytest.mark.parametrize(
    ("table", "config", "expected"),
    [
        (None, None, None),
        (None, 3, 3),
        (None, 0, 0),
        (2, None, 2),
        (2, 3, 2),
        (0, 3, 0),
        (3, 0, 3),
    ],
)
def test_nesting_is_that_of_the_root_table_or_of_the_schema(table: Any, config: Any, expected: Any) -> None:
    """For each table of the chain; nought is a number."""
    schema = shop()
    if table is not None:
        schema.tables["orders"]["x-normalizer"] = {"max_nesting": table}
    if config is not None:
        schema.normalizers["json"]["config"] = {"max_nesting": config}
    for name in ("orders", "orders__items__tags"):
        assert schema.max_nesting(name) == expected
    assert schema.max_nesting("unheard_of") == config


@pytest.mark.parametrize(("config", "expected"), [({}, False), ({"root_key_propagation": True}, True)])
def test_nested_rows_carry_the_id_of_their_root_where_it_is_asked_for(config: Any, expected: bool) -> None:
    """By the settings of the normalizer."""
    assert Schema("s").propagates_root_key() is False
    assert Schema("s", {"json": {"config": config}}).propagates_root_key() is expected


def test_references_are_those_of_all_tables() -> None:
    """Those that tables declare, and how nested rows, loads and versions hang together, as in PyPI dlt."""
    schema = Schema("s")
    schema.tables["orders"] = {
        "name": "orders",
        "columns": {"_dlt_id": {"data_type": "text", "row_key": True}, "_dlt_load_id": {"data_type": "text"}},
        "references": [{"columns": ["a"], "referenced_table": "x", "referenced_columns": ["b"]}],
    }
    schema.tables["orders__items"] = {
        "name": "orders__items",
        "parent": "orders",
        "columns": {
            "_dlt_parent_id": {"data_type": "text", "parent_key": True},
            "_dlt_root_id": {"data_type": "text", "root_key": True},
        },
        "references": [{"columns": ["c"], "referenced_table": "y", "referenced_columns": ["d"]}],
    }
    schema.tables["awaited"] = {"name": "awaited", "parent": "orders", "columns": {}}
    assert [(found["table"], found.get("label"), found["referenced_table"]) for found in schema.references] == [
        ("orders", "_dlt_load", "_dlt_loads"),
        ("orders", None, "x"),
        ("orders__items", "_dlt_parent", "orders"),
        ("orders__items", "_dlt_root", "orders"),
        ("orders__items", None, "y"),
        ("_dlt_version", "_dlt_schema_version", "_dlt_loads"),
        ("_dlt_version", "_dlt_schema_name", "_dlt_loads"),
    ]


def test_a_schema_says_what_it_is() -> None:
    """Its name, its version and its tables."""
    made = Schema("s")
    assert repr(made) == (
        f"<dlt.Schema(name='s', version=1, tables=['_dlt_version', '_dlt_loads'], version_hash='{made.version_hash}')>"
    )


# -- changing


def test_an_update_makes_another_schema() -> None:
    """The first one stays as it is; keys of a table that grows stay too."""
    schema = shop()
    schema.tables["orders"]["columns"]["id"]["primary_key"] = True
    column: Any = {"name": "b", "data_type": "text", "primary_key": True}
    grown = schema.apply(SchemaUpdate({"orders": {"name": "orders", "columns": {"b": column}}}))
    assert list(schema.tables["orders"]["columns"]) == ["id"]
    assert grown.tables["orders"]["columns"]["id"]["primary_key"] and grown.tables["orders"]["columns"]["b"] == column
    new = schema.apply(SchemaUpdate({"new": {"name": "new", "columns": {"a": {"data_type": "text"}}}}))
    assert new.tables["new"] == {
        "name": "new",
        "columns": {"a": {"name": "a", "data_type": "text"}},
        "write_disposition": "append",
    }
    assert "new" not in schema.tables


def test_names_are_normalized_unless_they_are_names_already() -> None:
    """Of tables, parents and columns."""
    table: Any = {"name": "MyTable", "parent": "MyParent", "columns": {"MyColumn": {"data_type": "text"}}}
    schema = Schema("s")
    found = schema.update_table(table)
    assert (found["name"], found["parent"], list(found["columns"])) == ("my_table", "my_parent", ["my_column"])
    found = schema.update_table(table, normalize_identifiers=False)
    assert (found["name"], found["parent"], list(found["columns"])) == ("MyTable", "MyParent", ["MyColumn"])


def test_another_schema_is_taken_in() -> None:
    """Its settings come before those that there are, and share nothing with it."""
    one, other = Schema("one"), shop()
    one.settings["own"] = 1
    other.settings["detections"] = ["iso_date"]
    one.update_schema(other)
    assert one.data_table_names(include_incomplete=True) == other.data_table_names(include_incomplete=True)
    assert one.settings == {"detections": ["iso_date"], "own": 1}
    one.settings["detections"].append("x")
    one.tables["orders"]["columns"]["id"]["nullable"] = False
    assert other == (lambda s: (s.settings.update(detections=["iso_date"]), s)[1])(shop())


def test_tables_that_are_dropped_are_given_back() -> None:
    """A name that is not there drops nothing."""
    schema = shop()
    assert [table["name"] for table in schema.drop_tables(["empty", "unheard_of"])] == ["empty"]
    assert schema.data_table_names() == ["orders", "orders__items", "orders__items__tags"]


# -- comparing


def test_what_another_one_lacks_is_found() -> None:
    """Compared with nothing, with a schema, and with what is at a destination; columns without a type do not count."""
    schema, less = shop(), shop()
    less.drop_tables(["orders__items", "orders__items__tags"])
    del less.tables["orders"]["columns"]["id"]
    assert set(schema.missing_in(None).tables) == {*schema.data_table_names(), *schema.dlt_table_names()}
    assert set(schema.missing_in(less).tables) == {"orders", "orders__items", "orders__items__tags"}
    assert not schema.missing_in(schema)
    there = {name: table["columns"] for name, table in schema.tables.items() if name != "empty"}
    assert not schema.missing_in(there)
    assert set(schema.missing_in({**there, "orders": {}}).tables) == {"orders"}
    assert schema.missing_in({**there, "orders": {}}).tables["orders"]["columns"] == schema.tables["orders"]["columns"]


# -- copies and forms


def test_a_copy_shares_nothing() -> None:
    """Under its own name it keeps its versions, under another one it is new."""
    schema = shop()
    schema.description = "of a shop"
    schema.bump()
    schema.settings["n"] = [1]
    schema.bump()
    copy, other = schema.clone(), schema.clone("other")
    assert copy == schema and (copy.version, copy.previous_hashes) == (2, schema.previous_hashes)
    assert (other.name, other.version, other.is_new, other.previous_hashes) == ("other", 1, True, [])
    assert copy.description == other.description == "of a shop"
    copy.settings["n"].append(2)
    copy.tables["orders"]["columns"]["id"]["nullable"] = False
    copy.previous_hashes.append("x")
    copy.normalizers["json"]["config"] = {}
    assert schema.settings["n"] == [1] and "nullable" not in schema.tables["orders"]["columns"]["id"]
    assert len(schema.previous_hashes) == 1 and "config" not in schema.normalizers["json"]
    assert schema.clone(copy_tables=False).tables is schema.tables


def test_what_normalize_notes_for_itself_may_stay_behind() -> None:
    """Marks of rows that came; settings of the user stay."""
    schema = shop()
    notes = {"seen-data": True, "evolve-columns-once": True}
    schema.tables["orders"]["x-normalizer"] = {**notes, "max_nesting": 2}  # type: ignore[typeddict-item]
    schema.tables["empty"]["x-normalizer"] = dict(notes)  # type: ignore[typeddict-item]
    for found in (
        schema.clone(remove_processing_hints=True).tables,
        schema.to_dict(remove_processing_hints=True)["tables"],
        Schema.from_dict(schema.to_dict(), remove_processing_hints=True).tables,
        Schema.from_dict(schema.to_dict(remove_defaults=True, remove_processing_hints=True)).tables,
    ):
        assert found["orders"]["x-normalizer"] == {"max_nesting": 2} and "x-normalizer" not in found["empty"]
    assert schema.tables["empty"]["x-normalizer"] == notes
    assert schema.to_dict()["tables"]["empty"]["x-normalizer"] == notes


@given(st.none() | st.just("of a shop"), st.booleans(), st.booleans(), st.integers(0, 3))
def test_every_form_gives_the_schema_back(description: Any, defaults: bool, imported: bool, changes: int) -> None:
    """With its version, its earlier hashes, its description and the hash of the file that it came from."""
    schema = shop()
    schema.description = description
    schema.imported_version_hash = "abc" if imported else None
    for number in range(changes):
        schema.settings["n"] = number
        schema.bump()
    again = Schema.from_dict(schema.to_dict(remove_defaults=defaults))
    for name in ("description", "imported_version_hash", "version", "previous_hashes", "normalizers", "settings"):
        assert getattr(again, name) == getattr(schema, name)
    assert again == schema and again.tables == schema.tables and not again.is_modified
    assert Schema.from_stored_schema(schema.to_dict()) == again


def test_a_form_that_was_edited_is_another_version() -> None:
    """Unless whoever reads it asks for it as it is."""
    stored = shop().to_dict()
    stored["tables"]["orders"]["description"] = "edited"
    edited = Schema.from_dict(stored)
    assert (edited.version, edited.previous_hashes) == (2, [stored["version_hash"]])
    as_it_is = Schema.from_dict(stored, bump_version=False)
    assert as_it_is.is_modified and as_it_is.stored_version == 1 and as_it_is.version == 2


def test_a_form_does_not_count_where_it_is_only_looked_at() -> None:
    """A schema that was never stored has its hash in it all the same."""
    schema = shop()
    form = schema.to_dict(bump_version=False)
    assert schema.is_new and form["version_hash"] == schema.version_hash and form["version"] == 1
    schema.to_dict()
    assert not schema.is_new


def test_what_reading_puts_back_may_be_left_out() -> None:
    """Names in tables and columns; the texts of files leave them out."""
    schema = shop()
    bare = schema.to_dict(remove_defaults=True)["tables"]["orders"]
    assert "name" not in bare and "name" not in bare["columns"]["id"]
    assert schema.to_dict()["tables"]["orders"]["columns"]["id"]["name"] == "id"
    for text in (schema.to_pretty_json(), schema.to_pretty_yaml()):
        assert text.count("name") < schema.to_pretty_yaml(remove_defaults=False).count("name")
        assert "orders__items__tags" in text


def test_a_form_shares_nothing_with_the_schema() -> None:
    """In either direction."""
    schema = shop()
    form = schema.to_dict()
    form["tables"]["orders"]["columns"]["id"]["nullable"] = False
    form["settings"]["detections"].append("x")
    assert schema == shop()
    again = Schema.from_dict(form)
    form["settings"]["detections"].append("y")
    form["tables"]["orders"]["columns"].clear()
    assert again.detections == ["iso_timestamp", "x"] and again.tables["orders"]["columns"]


def test_a_schema_without_detections_detects_nothing() -> None:
    """None at all is a setting like any other."""
    schema = Schema("s")
    schema.settings["detections"] = None
    assert list(schema.detections) == []
