"""What others changed at the destination: what can be made up for, and what is an error."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import DestinationSchemaTampered
from dlt.load.drift import check_drift, find_drift
from dlt.schema.schema import Schema

COLUMNS = ("_dlt_id", "id", "name")
OF_NESTED = ("_dlt_id", "_dlt_parent_id", "value")


def schema(**hints: Any) -> Schema:
    """Return a schema with a root table and a nested one."""
    made = Schema("shop")
    for name, columns, more in (
        ("items", COLUMNS, hints),
        ("items__tags", OF_NESTED, {"parent": "items"}),
    ):
        known = {column: {"name": column, "data_type": "text"} for column in columns}
        made.update_table({"name": name, "columns": known, **more})  # type: ignore[typeddict-item]
    if hints.get("write_disposition") == "merge":
        made.tables["items"]["columns"]["id"]["primary_key"] = True
    return made


def stored(*, without: tuple[tuple[str, str], ...] = (), tables: tuple[str, ...] = ("items", "items__tags")) -> Any:
    """Return what is at the destination, but for some tables and columns."""
    made = schema()
    return {
        name: {column: {} for column in made.tables[name]["columns"] if (name, column) not in without}
        for name in tables
    }


ALL = [("items", column) for column in COLUMNS] + [("items__tags", column) for column in OF_NESTED]


@given(st.sets(st.sampled_from(ALL)))
def test_exactly_the_columns_that_are_gone_are_found(gone: set[tuple[str, str]]) -> None:
    """Nothing else counts as changed."""
    found = find_drift(schema(), stored(without=tuple(gone)))
    assert {(table, column) for table, columns in found.columns.items() for column in columns} == gone
    assert found.tables == {table for table, _ in gone} and found.empty == []
    assert set(found.within(["items"]).columns) <= {"items"}


def test_a_root_table_that_is_gone_leaves_its_nested_rows_without_one() -> None:
    """A table that is gone with all its nested ones is only made again."""
    assert find_drift(schema(), stored(tables=("items__tags",))).empty == ["items__tags"]
    assert find_drift(schema(), stored(tables=())).tables == set()


@pytest.mark.parametrize(
    ("hints", "column"),
    [
        ({}, ("items", "_dlt_id")),
        ({}, ("items__tags", "_dlt_parent_id")),
        ({"write_disposition": "merge"}, ("items", "id")),
        ({"write_disposition": "merge", "x-merge-strategy": "scd2", "x-valid-to": "name"}, ("items", "name")),
    ],
)
def test_a_column_by_which_rows_are_found_is_needed(hints: Any, column: tuple[str, str]) -> None:
    """The error names table and column; a load that replaces all rows does not need them."""
    ours, there = schema(**hints), stored(without=(column,))
    drift = find_drift(ours, there)
    with pytest.raises(DestinationSchemaTampered, match=f"table {column[0]} .* the column {column[1]}"):
        check_drift(drift, ours, there, (), "data")
    check_drift(drift, ours, there, {"items"}, "data")


@given(st.sets(st.sampled_from([("items", "name"), ("items__tags", "value")])))
def test_columns_of_values_are_added_again(gone: set[tuple[str, str]]) -> None:
    """Nothing is found by them."""
    for hints in ({}, {"write_disposition": "merge"}):
        there = stored(without=tuple(gone))
        check_drift(find_drift(schema(**hints), there), schema(**hints), there, (), "data")
