"""Rows as they were when they were yielded, whatever the program does with them afterwards."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict, defaultdict
from copy import deepcopy
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from dlt.formats.snapshot import snapshot, snapshot_page

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.binary(max_size=3) | st.dates()
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=2), inner, max_size=2).map(OrderedDict)
    ),
    max_leaves=12,
)
ROWS = st.dictionaries(st.text(max_size=3), VALUES, max_size=4)


def spoil(value: Any) -> None:
    """Change all that can be changed, on every level."""
    if isinstance(value, dict):
        for inner in value.values():
            spoil(inner)
        value.clear()
    elif isinstance(value, list):
        for inner in value:
            spoil(inner)
        value.append("spoilt")
    elif isinstance(value, tuple):
        for inner in value:
            spoil(inner)


@given(ROWS)
def test_a_row_stays_as_it_was(row: dict[str, Any]) -> None:
    """No later change of the program's own row is seen, and the copy has the same types."""
    before = deepcopy(row)
    kept = snapshot(row)
    spoil(row)
    assert kept == before
    assert [type(value) for value in kept.values()] == [type(value) for value in before.values()]


@given(st.lists(ROWS, max_size=4))
def test_a_page_stays_as_it_was(page: list[dict[str, Any]]) -> None:
    """Its rows and their number."""
    before = deepcopy(page)
    kept = snapshot_page(page)
    for row in page:
        spoil(row)
    page.clear()
    assert kept == before


class Point(NamedTuple):
    """A row of its own type."""

    x: int
    tags: list[str]


def test_types_of_containers_are_kept() -> None:
    """A named tuple stays one, and a default dict has its default."""
    point, counts = Point(1, ["a"]), defaultdict(list, {"a": [1]})
    kept = snapshot([point, counts])
    point.tags.append("b")
    counts["a"].append(2)
    assert kept == [Point(1, ["a"]), {"a": [1]}] and type(kept[0]) is Point and kept[1]["new"] == []


def test_a_row_that_contains_itself_is_copied_once() -> None:
    """It ends, and leads to the copy."""
    row: dict[str, Any] = {"id": 1}
    row["self"] = row
    kept = snapshot(row)
    row["id"] = 2
    assert kept["id"] == 1 and kept["self"] is kept


def test_values_that_cannot_change_are_not_copied() -> None:
    """Nor are objects that only their class knows."""
    marker = object()
    row = {"at": dt.datetime(2024, 1, 1), "text": "x" * 100, "object": marker}
    kept = snapshot(row)
    assert all(kept[key] is row[key] for key in row)
