"""What a table asks of its destination is checked before anything is loaded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import (
    MergeDispositionException,
    TableFormatNotSupported,
    TooManyColumns,
    WriteDispositionNotSupported,
)
from dlt.schema.capabilities import GENERIC, Capabilities
from dlt.schema.dispositions import check_disposition
from dlt.schema.row_order import as_staged, keeps_order
from dlt.schema.width import check_width


@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 20), st.booleans(), st.booleans())
def test_a_table_has_as_many_columns_as_the_destination_takes(
    known: int, new: int, limit: int, nested: bool, merges: bool
) -> None:
    """The library's own columns count, and so does the one more that a merge needs."""
    entry: dict[str, Any] = {"columns": {f"k{n}": {"data_type": "text"} for n in range(known)}}
    if nested:
        entry["parent"] = "root"
    if merges:
        entry["write_disposition"] = "merge"
    seen = [f"n{n}" for n in range(new)]
    if known + new + (3 if nested else 2) > limit - merges:
        with pytest.raises(TooManyColumns, match="table t: it would get") as caught:
            check_width("t", entry, seen, limit, position=7)
        assert caught.value.table_name == "t" and caught.value.item_position == 7
    else:
        check_width("t", entry, seen, limit)
    check_width("t", entry, seen, None)


def table(**hints: Any) -> dict[str, Any]:
    """Return a root table with one column, which is its key if the hints say so."""
    column = {"name": "id", "data_type": "bigint", **({"primary_key": True} if hints.pop("key", False) else {})}
    return {"name": "t", "columns": {"id": column}, **hints}


CAPABLE = replace(GENERIC, supported_merge_strategies=("delete-insert", "upsert"), supported_table_formats=("delta",))


@pytest.mark.parametrize(
    ("root", "error"),
    [
        (table(table_format="iceberg"), TableFormatNotSupported),
        (table(write_disposition="merge", **{"x-merge-strategy": "scd2"}), WriteDispositionNotSupported),
        (table(write_disposition="merge", **{"x-merge-strategy": "upsert"}), MergeDispositionException),
    ],
    ids=["format", "strategy", "key"],
)
def test_what_the_destination_cannot_do_is_refused(root: Any, error: type[Exception]) -> None:
    """The message names the table and what it asks for."""
    with pytest.raises(error, match="table t: "):
        check_disposition(root, CAPABLE)


@pytest.mark.parametrize(
    "root",
    [
        table(),
        table(table_format="delta"),
        table(write_disposition="replace", **{"x-merge-strategy": "scd2"}),
        table(write_disposition="merge"),
        table(write_disposition="merge", key=True, **{"x-merge-strategy": "upsert"}),
    ],
)
def test_what_the_destination_can_do_is_not(root: Any) -> None:
    """A strategy counts only where rows are merged; without a destination only what is wrong everywhere is."""
    check_disposition(root, CAPABLE)
    check_disposition(root, None)


def test_capabilities_are_a_mapping_of_what_a_destination_says() -> None:
    """As programs print and compare them; what it does not say is what is assumed of any."""
    made = Capabilities.generic_capabilities("parquet", "sql_cs_v1", ["delta"], ["upsert"])
    assert dict(made)["preferred_loader_file_format"] == made["preferred_loader_file_format"] == "parquet"
    assert made["supported_loader_file_formats"] == ("parquet", "arrow", "jsonl", "csv")
    assert {key: value for key, value in made.items() if value != GENERIC[key]}.keys() == {
        "preferred_loader_file_format",
        "supported_loader_file_formats",
        "naming_convention",
        "supported_table_formats",
        "supported_merge_strategies",
    }
    assert len(made) == len(GENERIC) and Capabilities.generic_capabilities() == GENERIC
    assert "no_such_limit" not in made


def test_a_database_has_tables_of_its_own_format() -> None:
    """The format of a lake changes nothing there, as with PyPI dlt: programs are tried with a database."""
    check_disposition(table(table_format="iceberg"), GENERIC)


def test_rows_of_a_merge_wait_with_their_order() -> None:
    """Which of several rows with one key is the last is known, unless the user vouches that there are none."""
    root: Any = table(write_disposition="merge")
    nested: Any = {"name": "t__l", "columns": {}, "parent": "t"}
    sure: Any = {**root, "x-deduplicated": True}
    assert keeps_order(root) and not keeps_order(sure) and not keeps_order(table())  # type: ignore[arg-type]
    assert len(as_staged(nested, root)["columns"]) == 1 and as_staged(nested, sure) is nested
    assert set(root["columns"]) == {"id"}
