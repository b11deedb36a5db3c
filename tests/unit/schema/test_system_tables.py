"""The tables that every dataset carries: as PyPI `dlt` 1.x has them, so that its programs read them."""

from __future__ import annotations

from typing import Any

import pytest

from dlt.schema.schema import Schema
from dlt.schema.system_tables import is_system_name, loads_table, state_table, version_table


@pytest.mark.parametrize(
    ("table", "name", "columns", "nullable"),
    [
        (
            loads_table(),
            "_dlt_loads",
            "load_id text,schema_name text,status bigint,inserted_at timestamp,schema_version_hash text",
            {"schema_name", "schema_version_hash"},
        ),
        (
            version_table(),
            "_dlt_version",
            "version bigint,engine_version bigint,inserted_at timestamp,schema_name text,version_hash text,schema text",
            set(),
        ),
        (
            state_table(),
            "_dlt_pipeline_state",
            "version bigint,engine_version bigint,pipeline_name text,state text,created_at timestamp,version_hash text,"
            "_dlt_load_id text,_dlt_id text",
            {"version_hash"},
        ),
    ],
    ids=["loads", "version", "state"],
)
def test_columns_have_their_names_types_and_order(table: Any, name: str, columns: str, nullable: set[str]) -> None:
    """Nothing writes into them but the library."""
    assert table["name"] == name and table["write_disposition"] == "skip"
    assert ",".join(f"{key} {column['data_type']}" for key, column in table["columns"].items()) == columns
    assert {key for key, column in table["columns"].items() if column["nullable"]} == nullable
    assert all(key == column["name"] for key, column in table["columns"].items())


def test_the_id_of_a_row_of_state_is_its_key() -> None:
    """No other column of these tables is one."""
    unique = {key for key, column in state_table()["columns"].items() if column.get("unique") or column.get("row_key")}
    assert unique == {"_dlt_id"}
    assert state_table()["columns"]["_dlt_id"]["row_key"] is state_table()["columns"]["_dlt_id"]["unique"] is True


def test_every_call_makes_a_table_of_its_own() -> None:
    """Schemas change theirs."""
    for make in (loads_table, version_table, state_table):
        one, other = make(), make()
        one["columns"].popitem()
        assert one != other == make()


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("_dlt_loads", True),
        ("_dlt_id", True),
        ("_dltx", True),
        ("_dl", False),
        ("dlt_loads", False),
        ("x_dlt", False),
        ("", False),
        (None, False),
        (5, False),
    ],
)
def test_names_of_the_library_are_told_by_their_beginning(name: Any, ours: bool) -> None:
    """Whatever a name may be."""
    assert is_system_name(name) is ours


def test_a_new_schema_has_loads_and_versions_and_no_state() -> None:
    """The state comes with the first pipeline that keeps one."""
    schema = Schema("s")
    assert schema.dlt_table_names() == ["_dlt_version", "_dlt_loads"] and schema.data_tables() == []
    schema.update_table(state_table())
    assert schema.data_tables() == [] and "_dlt_pipeline_state" in schema.dlt_table_names()
