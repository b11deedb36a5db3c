"""Runs that are loaded once more: from which tables the rows of the earlier load must go."""

from __future__ import annotations

from typing import Any

import pytest

from dlt.errors import ReloadUndecided
from dlt.load.work import GOES_ON, OWN_STATE, REPEATS, Work, roots_to_empty
from dlt.schema.schema import Schema


def schema(**hints: Any) -> Schema:
    """Return a schema with one root table and a nested one."""
    made = Schema("shop")
    columns: Any = {"id": {"name": "id", "data_type": "bigint"}}
    if hints.pop("key", False):
        columns["id"]["primary_key"] = True
    made.update_table({"name": "items", "columns": columns, **hints})
    made.update_table({"name": "items__tags", "columns": {}, "parent": "items"})
    return made


def work(kind: str, reprocess: str = "auto") -> Work:
    """Return the work of a run whose resource is of a kind."""
    return Work("ab12", 1, "load1", resources={"items": kind}, reprocess=reprocess)


@pytest.mark.parametrize(
    ("kind", "reprocess", "expected"),
    [
        (REPEATS, "auto", ["items"]),
        (REPEATS, "keep", []),
        (REPEATS, "undo", ["items"]),
        (GOES_ON, "auto", []),
        (GOES_ON, "undo", ["items"]),
        (OWN_STATE, "undo", ["items"]),
        (OWN_STATE, "keep", []),
    ],
)
def test_appended_rows_go_where_they_come_again(kind: str, reprocess: str, expected: list[str]) -> None:
    """Nested tables go with their root; what the user says counts."""
    assert roots_to_empty(schema(), work(kind, reprocess)) == expected


def test_where_nobody_can_tell_the_user_is_asked() -> None:
    """The error names the table and the choices."""
    with pytest.raises(ReloadUndecided, match=r"table items: .*reprocess"):
        roots_to_empty(schema(), work(OWN_STATE))


@pytest.mark.parametrize(
    ("hints", "goes"),
    [
        ({"write_disposition": "replace"}, False),
        ({"write_disposition": "merge", "key": True}, False),
        ({"write_disposition": "merge"}, True),
        ({"write_disposition": "merge", "x-merge-strategy": "scd2"}, False),
    ],
)
def test_tables_that_take_rows_twice_without_harm_stay(hints: dict[str, Any], goes: bool) -> None:
    """A merge without a key appends."""
    assert roots_to_empty(schema(**hints), work(REPEATS)) == (["items"] if goes else [])


@pytest.mark.parametrize(("nested", "goes"), [("append", True), ("replace", False), (None, False)])
def test_nested_rows_that_are_appended_by_themselves_go_with_their_root(nested: str | None, goes: bool) -> None:
    """Also where the rows of the root are replaced."""
    made = schema(write_disposition="replace")
    if nested:
        made.tables["items__tags"]["write_disposition"] = nested
    assert roots_to_empty(made, work(REPEATS)) == (["items"] if goes else [])


def test_tables_of_others_and_those_that_are_dropped_anyhow_stay() -> None:
    """Only resources of the run count."""
    assert roots_to_empty(schema(), Work("ab12", 1, "load1", resources={"other": REPEATS})) == []
    assert roots_to_empty(schema(), work(REPEATS), {"items"}) == []
