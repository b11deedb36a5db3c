"""Schemas in files that users edit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dlt.errors import InvalidHint, SchemaCorruptedException
from dlt.schema.files import check_schema, read_schema_file
from dlt.schema.schema import Schema

TABLES: dict[str, Any] = {"orders": {"columns": {"id": {"data_type": "bigint", "primary_key": True}}}}


def write(folder: Path, content: Any, name: str = "shop.schema.yaml") -> Path:
    """Return a file with a schema, or with a text."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("form", ["yaml", "json", "bare"])
def test_what_a_schema_writes_is_read(tmp_path: Path, form: str) -> None:
    """As YAML, as JSON, and without what reading puts back; the content is the same."""
    schema = Schema("shop")
    schema.update_table({"name": "orders", "columns": {"größe": {"name": "größe", "data_type": "text"}}}, False)
    text = {
        "yaml": schema.to_pretty_yaml(remove_defaults=False),
        "json": schema.to_pretty_json(remove_defaults=False),
        "bare": schema.to_pretty_yaml(),
    }[form]
    found = read_schema_file(write(tmp_path, text))
    assert found == schema and found.tables == schema.tables
    assert str(write(tmp_path, text)) not in text


def test_the_least_that_a_schema_has_is_its_name(tmp_path: Path) -> None:
    """Tables of the library come by themselves."""
    found = read_schema_file(str(write(tmp_path, "name: shop\n")))
    assert found.name == "shop" and found.data_tables(include_incomplete=True) == []
    assert set(found.dlt_table_names()) == {"_dlt_loads", "_dlt_version"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is not a dict with a name"),
        ("[]", "is not a dict with a name"),
        ("tables: {}", "is not a dict with a name"),
        ("name: [", "is no YAML"),
        ("name: shop\n\tx: 1", "is no YAML"),
        ("name: 5", "is not a dict with a name"),
        ("name: 5 shops", "is not a schema name"),
        ("name: shop\ntables: 5", "tables: found a value of type int"),
        ("name: shop\ntables: [orders]", "tables: found a value of type list"),
        ("name: shop\ntables: {orders: 5}", "table 'orders': found a value of type int"),
        ("name: shop\ntables: {orders: {columns: [id]}}", "the columns of 'orders': found a value of type list"),
        ("name: shop\ntables: {orders: {columns: {id: text}}}", "column orders.id: found a value of type str"),
        ("name: shop\nversion: first", "holds no schema"),
        ("name: shop\nengine_version: first", "holds no schema"),
    ],
)
def test_a_file_without_a_schema_is_named(tmp_path: Path, text: str, fault: str) -> None:
    """Whatever is wrong with it."""
    path = write(tmp_path, text)
    with pytest.raises(SchemaCorruptedException, match=fault) as caught:
        read_schema_file(path)
    assert str(path) in str(caught.value) and caught.value.path == str(path)


@pytest.mark.parametrize(
    ("table", "place", "hint"),
    [
        ({"columns": {"id": {"data_type": "string"}}}, "table 'orders', column 'id'", "data_type"),
        ({"columns": {"id": {"primary_ky": True}}}, "table 'orders', column 'id'", "primary_ky"),
        ({"columns": {"a": {"hard_delete": True}, "b": {"hard_delete": True}}}, "table 'orders'", "hard_delete"),
        ({"columns": {}, "write_disposition": "mrege"}, "table 'orders'", "write_disposition"),
        ({"columns": {}, "schema_contract": "freez"}, "table 'orders'", "schema_contract"),
        ({"columns": {}, "schema_contract": {"rows": "freeze"}}, "table 'orders'", "schema_contract"),
    ],
    ids=lambda part: str(part)[:50],
)
def test_a_hint_that_cannot_be_is_told_with_file_and_table(tmp_path: Path, table: Any, place: str, hint: str) -> None:
    """Before anything is loaded by it."""
    path = write(tmp_path, {"name": "shop", "tables": {"orders": table}})
    with pytest.raises(InvalidHint) as caught:
        read_schema_file(path)
    assert f"{path}, {place}" in str(caught.value) and caught.value.hint == hint


def test_the_contract_of_the_settings_is_checked_too(tmp_path: Path) -> None:
    """Its place is the settings."""
    path = write(tmp_path, {"name": "shop", "settings": {"schema_contract": {"tables": "freezes"}}})
    with pytest.raises(InvalidHint, match=r"settings: schema_contract=.*Did you mean 'freeze'"):
        read_schema_file(path)


@pytest.mark.parametrize("disposition", ["skip", "append", "replace", "merge", None])
def test_every_write_disposition_is_taken(tmp_path: Path, disposition: Any) -> None:
    """And none at all."""
    table = {**TABLES["orders"], "write_disposition": disposition}
    found = read_schema_file(write(tmp_path, {"name": "shop", "tables": {"orders": table}}))
    assert found.tables["orders"].get("write_disposition") == disposition


def test_what_other_versions_store_is_taken_where_nobody_edited() -> None:
    """A hint that is not known is no fault of a schema that a destination gave back."""
    schema = Schema("shop")
    schema.update_table({"name": "t", "columns": {"a": {"name": "a", "of_tomorrow": 1}}})  # type: ignore[typeddict-unknown-key]
    check_schema(schema, "destination")
    with pytest.raises(InvalidHint, match="destination, table 't', column 'a': found of_tomorrow=1"):
        check_schema(schema, "destination", own_hints=False)


def test_tables_of_the_library_are_not_the_users(tmp_path: Path) -> None:
    """Nobody declares them, so nobody is told of them."""
    content = {"name": "shop", "tables": {"_dlt_loads": {"columns": {"load_id": {"data_type": "text", "own": 1}}}}}
    assert read_schema_file(write(tmp_path, content)).name == "shop"
