"""Versions of rows: stored in histories, so the same in every process, from rows and tables, in every release."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.normalize.row_hash import lists_of, version_of
from dlt.schema.naming import naming_from

UTC = dt.timezone.utc
EAST = dt.timezone(dt.timedelta(hours=5))
COLUMNS: Any = {
    "price": {"data_type": "decimal"},
    "wei": {"data_type": "wei"},
    "doc": {"data_type": "json"},
    "at": {"data_type": "timestamp"},
    "name": {"data_type": "text"},
}


def version(row: Any, lists: Any = ()) -> str:
    """Return the version of a row."""
    return version_of(row, COLUMNS, lists)


@pytest.mark.parametrize(
    ("row", "lists", "expected"),
    [
        ({"id": 1, "name": "Ada"}, (), "iKH_C0iUmQ3IYH"),
        ({"id": 2**70, "price": D("1.50"), "at": dt.datetime(2024, 1, 2, tzinfo=UTC)}, (), "VkCEL6IM_KZq_L"),
        ({"doc": '{"b":1,"a":[null,2]}'}, (), "O4SMlaLVY5tpH4"),
        ({"id": 1}, [("items", [{"sku": "a", "n": None}, {"sku": "b"}])], "KakKYZg1vdhMrT"),
        ({"raw": b"\x80", "day": dt.date(2024, 1, 2), "time": dt.time(3, 4)}, (), "VNAD8eJQgZI1Ib"),
        ({}, (), "aYQfRd9GhwTnwP"),
    ],
    ids=range(6),
)
def test_a_version_is_what_histories_hold(row: Any, lists: Any, expected: str) -> None:
    """A change of it would end and begin anew every row of every history."""
    assert version(row, lists) == expected


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("ab", max_size=2)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
)


def turned(value: Any) -> Any:
    """Return a document with the keys of all dicts in the other order."""
    if isinstance(value, dict):
        return {key: turned(item) for key, item in reversed(value.items())}
    return [turned(item) for item in value] if isinstance(value, list) else value


def with_values(value: Any) -> Any:
    """Return a document without the keys that have no value, as a nested row without them is the same row."""
    return {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else value


@given(st.dictionaries(st.sampled_from(["id", "name", "doc", "other"]), DOCUMENTS), st.lists(DOCUMENTS, max_size=3))
def test_the_order_of_keys_is_no_difference_and_any_value_is_one(row: Any, items: Any) -> None:
    """In columns, documents and nested rows; a column without a value is none."""
    lists = [("items", items), ("tags", [1])]
    known = version(row, lists)
    assert version(turned(row), [("tags", [1]), ("items", turned(items))]) == known
    assert version({**row, "new": None, "_dlt_id": "x", "_dlt_load_id": 5}, lists) == known
    assert version({**row, "new": 0}, lists) != known
    assert version(row, lists[:1]) != known
    there = [with_values(item) for item in items]
    if there != there[::-1] and json.dumps(there) != json.dumps(there[::-1]):
        assert version(row, [("items", items[::-1]), lists[1]]) != known


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"price": D("1.50")}, {"price": D("1.5")}),
        ({"price": D("1.50")}, {"price": "1.5"}),
        ({"price": 2}, {"price": D("2.000")}),
        ({"price": D("1E+3")}, {"price": D("1000")}),
        ({"wei": 10**30}, {"wei": D(10**30)}),
        ({"doc": {"a": [1, 2]}}, {"doc": '{"a": [1,  2]}'}),
        ({"doc": '{"a":1,"b":2}'}, {"doc": '{"b":2,"a":1}'}),
        ({"at": dt.datetime(2024, 1, 2, 5, tzinfo=EAST)}, {"at": dt.datetime(2024, 1, 2, tzinfo=UTC)}),
        ({"at": dt.datetime(2024, 1, 2)}, {"at": dt.datetime(2024, 1, 2, tzinfo=UTC)}),
        ({"raw": b"ab"}, {"raw": bytearray(b"ab")}),
        ({"raw": b"ab"}, {"raw": memoryview(b"ab")}),
        ({"x": (1, 2)}, {"x": [1, 2]}),
    ],
    ids=lambda part: "-".join(f"{key}={type(value).__name__}" for key, value in part.items()),
)
def test_one_value_in_two_forms_is_one_version(one: Any, other: Any) -> None:
    """As rows, Arrow tables and other releases have it."""
    assert version(one) == version(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "1"}, {"name": 1}),
        ({"price": D("1.5")}, {"price": D("1.51")}),
        ({"doc": '{"a":null}'}, {"doc": "{}"}),
        ({"doc": "[1,2]"}, {"doc": "[2,1]"}),
        ({"doc": "not json"}, {"doc": "not JSON"}),
        ({"id": 2**70}, {"id": 2**70 + 1}),
        ({"id": True}, {"id": "True"}),
        ({"name": "a", "id": "b"}, {"name": "b", "id": "a"}),
        ({"x": [[]]}, {"x": []}),
        ({"x": {}}, {"x": []}),
    ],
    ids=lambda part: "-".join(f"{key}={type(value).__name__}" for key, value in part.items()),
)
def test_two_values_are_two_versions(one: Any, other: Any) -> None:
    """However much they look alike."""
    assert version(one) != version(other)


@pytest.mark.parametrize(
    ("document", "row", "expected"),
    [
        ({"id": 1}, {}, []),
        ({"items": [1]}, {}, [("items", [1])]),
        ({"items": []}, {}, []),
        ({"items": [1]}, {"items": "[1]"}, []),
        ({"lineItems": [1]}, {}, [("line_items", [1])]),
        ({"a": {"b": {"items": [1]}, "tags": [2]}}, {}, [("a__b__items", [1]), ("a__tags", [2])]),
        ({"a": {"items": [1]}}, {"a": "{}"}, []),
        ({"a": {"items": [1]}}, {"a__items": "[1]"}, []),
        ({5: [1]}, {}, [("_5", [1])]),
        ([1], {}, []),
        (None, {}, []),
    ],
    ids=str,
)
def test_lists_that_become_nested_rows_are_found(document: Any, row: Any, expected: Any) -> None:
    """Those that a column of the row does not hold, with the path of their table."""
    assert list(lists_of(document, naming_from("snake_case"), row)) == expected


def test_paths_of_lists_begin_where_they_are() -> None:
    """In a field of a document."""
    assert list(lists_of({"b": [1]}, naming_from("snake_case"), {}, "a")) == [("a__b", [1])]
