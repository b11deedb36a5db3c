"""Rows that say their version themselves, and what a table remembers of how its history was kept."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from dlt.errors import DataValidationError
from dlt.extract.versions import note_former_settings, with_versions
from dlt.schema.naming import naming_from

NAMING = naming_from("snake_case")
TABLE: Any = {"name": "t", "write_disposition": "merge", "x-merge-strategy": "scd2", "x-row-version": "Version"}
WITHOUT: list[Any] = [
    [{"id": 1, "version": 1}, {"id": 2, "version": None}],
    [{"id": 1, "Version": 1}, {"id": 2}],
    pa.table({"id": [1, 2], "version": [1, None]}),
    pd.DataFrame({"id": [1, 2], "version": [1, None]}),
]


@pytest.mark.parametrize("items", WITHOUT)
def test_a_row_without_its_version_is_refused(items: Any) -> None:
    """With its number in the load, in rows and frames alike: a history could not tell whether it changed."""
    with pytest.raises(DataValidationError, match=r"t\.version: row 11 of this load .* it has the columns"):
        with_versions(TABLE, items, NAMING, 10)


def test_a_table_without_the_column_names_its_first_row() -> None:
    """And the columns that there are."""
    for items in (pa.table({"id": [1], "Name": ["a"]}), {"id": 1, "Name": "a"}):
        with pytest.raises(DataValidationError, match=r"row 5 of this load .*columns id, Name"):
            with_versions(TABLE, items, NAMING, 5)


@pytest.mark.parametrize(
    "items",
    [
        [{"version": 1}],
        {"VERSION": "a"},
        pa.table({"Version": [1]}),
        pa.table({"id": pa.array([], pa.int64())}),
        ["no row at all"],
    ],
)
def test_rows_with_their_version_pass(items: Any) -> None:
    """By the name that the naming convention makes of the key; what is no row is looked at elsewhere."""
    with_versions(TABLE, items, NAMING, 0)
    nested: Any = {**TABLE, "x-row-version": "meta__version"}
    with_versions(nested, [{"meta": {"other": 1, "version": 2}}], NAMING, 0)


OTHERS: list[Any] = [{"write_disposition": "append"}, {"x-merge-strategy": "upsert"}, {"x-row-version": ""}]


@pytest.mark.parametrize("other", OTHERS)
def test_other_tables_need_no_version(other: Any) -> None:
    """Only a history that says where its versions stand does."""
    with_versions({**TABLE, **other}, [{"id": 1}], NAMING, 0)


def test_former_settings_are_noted_once() -> None:
    """Rows that are loaded depend on them: the columns of their validity, and the end of those that are active."""
    known: Any = {"x-valid-from": "a", "x-valid-to": "b", "x-active-record-timestamp": "9999"}
    same: Any = {"x-valid-from": "A", "x-valid-to": "b", "x-active-record-timestamp": "9999"}
    note_former_settings(known, same, NAMING)
    assert "x-former-validity" not in known and "x-former-active" not in known
    other: Any = {"x-valid-from": "since", "x-valid-to": "until"}
    for _ in range(2):
        note_former_settings(known, other, NAMING)
    assert (known["x-former-validity"], known["x-former-active"]) == ([["a", "b"]], ["9999"])
    known.update({"x-valid-from": "since", "x-valid-to": "until"})
    note_former_settings(known, {"x-valid-from": "a", "x-valid-to": "b"}, NAMING)
    assert known["x-former-validity"] == [["a", "b"], ["since", "until"]]
