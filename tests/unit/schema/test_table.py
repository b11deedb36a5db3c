"""Tables of a schema as values."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import TablePropertiesConflictException
from dlt.schema.naming import naming_from
from dlt.schema.table import (
    TABLE_WIDE,
    copied_tables,
    has_seen_data,
    merge_table,
    missing_columns,
    named_table,
    new_table,
    without_key,
)
from dlt.schema.typing import TableSchema

NAMES = st.text("abAB _é", min_size=1, max_size=5).filter(str.strip)
COLUMNS = st.dictionaries(
    st.sampled_from("abcdef"),
    st.fixed_dictionaries(
        {"data_type": st.sampled_from(["text", "bigint"])},
        optional={"nullable": st.booleans(), **{key: st.just(True) for key in TABLE_WIDE}},
    ),
    max_size=5,
)


def table(columns: Any, **more: Any) -> TableSchema:
    """Return a table of these columns."""
    return new_table(cast(TableSchema, {"name": "t", "columns": columns, **more}))


@given(COLUMNS, COLUMNS)
def test_a_table_that_grows_keeps_what_it_had(known: Any, more: Any) -> None:
    """Every column stays or comes, in its order, with the newer hints; a new key takes the place of the old one."""
    grown = merge_table(table(known), table(more))["columns"]
    assert list(grown) == [*known, *(name for name in more if name not in known)]
    for name, column in more.items():
        assert column.items() <= grown[name].items()
    for key in TABLE_WIDE:
        declared = {name for name, column in more.items() if column.get(key)}
        found = {name for name, column in grown.items() if column.get(key)}
        assert found == (declared or {name for name, column in known.items() if column.get(key)})


@given(COLUMNS, COLUMNS)
def test_what_is_missing_is_what_has_to_be_added(known: Any, wanted: Any) -> None:
    """With the missing columns in it, nothing is missing any more."""
    tables = {"t": dict(table(wanted))}
    missing = missing_columns(tables, {"t": known})
    names = set(missing.tables["t"]["columns"]) if missing.tables else set()
    assert names == set(wanted) - set(known)
    assert not missing_columns(tables, {"t": {**known, **wanted}}).tables
    assert set(missing_columns(tables, None).tables) == ({"t"} if wanted else set())


@given(st.dictionaries(NAMES, st.just({"data_type": "text"}), max_size=4), NAMES)
def test_names_are_stable_once_they_are_normalized(columns: Any, name: str) -> None:
    """Normalizing twice changes nothing more, and each column bears the name under which it stands."""
    naming = naming_from("snake_case")
    once = named_table(cast(TableSchema, {"name": name, "columns": columns}), naming)
    assert named_table(once, naming) == once
    assert all(column["name"] == key for key, column in once["columns"].items())


def test_references_are_named_like_the_tables_they_point_to() -> None:
    """Table and columns on both sides."""
    reference = {"columns": ["partCode"], "referenced_table": "MyParts", "referenced_columns": ["Code"]}
    named = cast(
        Any, named_table(cast(TableSchema, {"name": "t", "references": [reference]}), naming_from("snake_case"))
    )
    assert named["references"] == [
        {"columns": ["part_code"], "referenced_table": "my_parts", "referenced_columns": ["code"]}
    ]


def test_a_nested_table_keeps_its_parent() -> None:
    """Data for another parent is an error with both names."""
    nested = table({}, parent="one")
    with pytest.raises(TablePropertiesConflictException, match="'one', but data came for the parent 'other'"):
        merge_table(nested, cast(TableSchema, {"name": "t", "parent": "other"}))


def test_copies_share_nothing() -> None:
    """What is changed in a copy is not changed in the table."""
    tables = {"t": table({"a": {"data_type": "text"}}, **{"x-normalizer": {"seen-data": True}})}
    copies = copied_tables(tables)
    copies["t"]["columns"]["a"]["nullable"] = False
    cast(Any, copies["t"])["x-normalizer"]["seen-data"] = False
    assert has_seen_data(tables["t"]) and not has_seen_data(copies["t"])
    assert "nullable" not in tables["t"]["columns"]["a"]


def test_a_column_that_was_nothing_but_a_key_goes_with_it() -> None:
    """One of which more is known stays, without the hint."""
    columns: Any = {"a": {"name": "a", "primary_key": True}, "b": {"data_type": "text", "primary_key": True}}
    assert without_key(columns, "primary_key") == {"b": {"data_type": "text"}}


@pytest.mark.parametrize("hint", ["primary_key", "merge_key", "partition", "cluster", "hard_delete", "dedup_sort"])
def test_a_hint_that_speaks_for_the_whole_table_takes_the_place_of_the_former_one(hint: str) -> None:
    """The column that had it keeps all else; where no column is given the hint, nothing changes."""
    known = table({"a": {"name": "a", "data_type": "text", hint: True}, "b": {"name": "b", "data_type": "text"}})
    now = merge_table(known, cast(TableSchema, {"name": "t", "columns": {"b": {hint: True}}}))
    assert now["columns"] == {
        "a": {"name": "a", "data_type": "text"},
        "b": {"name": "b", "data_type": "text", hint: True},
    }
    assert merge_table(known, cast(TableSchema, {"name": "t", "columns": {"b": {}}}))["columns"] == known["columns"]
