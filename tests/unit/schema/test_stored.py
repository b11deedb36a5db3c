"""Schemas as they are stored, by this version and by earlier ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import SchemaCorruptedException, SchemaEngineNoUpgradePathException
from dlt.schema.schema import Schema
from dlt.schema.stored import ENGINE_VERSION, from_yaml, migrate, packed, to_yaml, unpacked, without_defaults
from dlt.schema.update import SchemaUpdate

NAMES = st.text("abcdef_", min_size=1, max_size=5).filter(lambda name: name.strip("_"))
TYPES = st.sampled_from(["text", "bigint", "double", "bool", "timestamp", "json", "decimal"])
COLUMNS = st.dictionaries(
    NAMES, st.fixed_dictionaries({"data_type": TYPES}, optional={"nullable": st.booleans()}), max_size=4
)
TABLES = st.dictionaries(NAMES, COLUMNS, max_size=3)


def schema(tables: dict[str, dict[str, Any]]) -> Schema:
    """Return a schema with tables."""
    made = Schema("shop")
    for name, columns in tables.items():
        named = {column: {"name": column, **hints} for column, hints in columns.items()}
        made.update_table({"name": name, "columns": named})  # type: ignore[typeddict-item]
    return made


@given(TABLES)
def test_a_schema_is_the_same_from_every_form(tables: Any) -> None:
    """From a dict, from YAML, from JSON, packed or not: the same content and the same hash."""
    made = schema(tables)
    made.bump()
    stored = made.to_dict()
    text = json.dumps(stored, default=str)
    for found in (from_yaml(to_yaml(stored)), json.loads(text), json.loads(unpacked(packed(text)))):
        again = Schema.from_dict(found)
        assert again.tables == made.tables and again.version_hash == made.version_hash
    assert unpacked(text) == text
    assert migrate(without_defaults(migrate(stored))) == migrate(stored)


def test_a_schema_of_an_earlier_version_is_read() -> None:
    """Types have their present names, and hints that are None are none."""
    old = {
        "name": "shop",
        "engine_version": 5,
        "tables": {"t": {"columns": {"doc": {"data_type": "complex", "nullable": True, "unique": None}}}},
    }
    found = migrate(old)
    assert found["engine_version"] == ENGINE_VERSION
    assert found["tables"]["t"]["columns"]["doc"] == {"name": "doc", "data_type": "json", "nullable": True}


@pytest.mark.parametrize(
    ("stored", "error"),
    [
        (None, SchemaCorruptedException),
        ([], SchemaCorruptedException),
        ({}, SchemaCorruptedException),
        ({"name": 1}, SchemaCorruptedException),
        ({"name": "s", "engine_version": ENGINE_VERSION + 1}, SchemaEngineNoUpgradePathException),
    ],
)
def test_what_is_no_schema_of_ours_is_refused(stored: Any, error: type[Exception]) -> None:
    """The message says what to do."""
    with pytest.raises(error, match=r"Restore the file|Upgrade the library"):
        migrate(stored)


@given(TABLES, TABLES, TABLES)
def test_updates_are_joined_in_any_grouping(one: Any, two: Any, three: Any) -> None:
    """What three pages bring is the same, however it is put together."""
    first, second, third = (SchemaUpdate(schema(tables).tables) for tables in (one, two, three))
    assert first.merged(second).merged(third) == first.merged(second.merged(third))
    assert first.merged(SchemaUpdate()) == first and not SchemaUpdate()
