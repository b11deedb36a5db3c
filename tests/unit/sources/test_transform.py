"""Steps for `add_map` and `add_filter` that come with the library."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

import dlt
from dlt.sources.helpers.transform import add_row_hash_to_table, pivot, skip_first, take_first


def test_the_first_items_are_taken_or_skipped() -> None:
    """Whatever is in them."""
    assert list(dlt.resource([1, 2, 3, 4], name="n").add_filter(take_first(2))) == [1, 2]
    assert list(dlt.resource([1, 2, 3, 4], name="n").add_filter(skip_first(3))) == [4]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ("$.c", {"a": {"x": [[1, 2]]}, "c": [{"col0": 1, "col1": 2}, {"col0": 3}]}),
        (["c", "a.x"], {"a": {"x": [{"col0": 1, "col1": 2}]}, "c": [{"col0": 1, "col1": 2}, {"col0": 3}]}),
    ],
)
def test_lists_become_dicts(paths: Any, expected: Any) -> None:
    """At each path, with a prefix."""
    assert pivot(paths)({"a": {"x": [[1, 2]]}, "c": [[1, 2], [3]]}) == expected


def test_an_item_that_is_a_list_of_values_becomes_a_row() -> None:
    """Which is the path by default: a list of lists is a page of such items."""
    assert pivot(prefix="q")([1, 2]) == [{"q0": 1, "q1": 2}]
    rows = dlt.resource([[[1, 2], [3, 4]]], name="rows").add_map(pivot())
    assert list(rows) == [[{"col0": 1, "col1": 2}], [{"col0": 3, "col1": 4}]]


@pytest.mark.parametrize(("path", "message"), [("b", "no list of lists"), ("c", "has an entry of int")])
def test_what_is_no_list_of_lists_is_refused(path: str, message: str) -> None:
    """The message names the path."""
    with pytest.raises(ValueError, match=f"pivot: {path} .*{message}"):
        pivot(path)({"b": 1, "c": [1, 2]})


def test_rows_with_the_same_values_have_the_same_hash() -> None:
    """In whatever order their columns stand; NULL is a value too."""
    with_hash = add_row_hash_to_table("h")
    made = with_hash(pa.table({"a": [1, 1, None], "b": ["x", "x", None]}))
    first, second, third = made.column("h").to_pylist()
    assert first == second != third and made.schema.field("h").type == pa.int64()
    assert with_hash(pa.table({"b": ["x"], "a": [1]})).column("h").to_pylist() == [first]
