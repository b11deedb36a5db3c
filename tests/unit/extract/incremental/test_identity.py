"""Hashes of rows at the last value: stored in states, so the same in every process and every release."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import IncrementalPrimaryKeyMissing
from dlt.extract.incremental.identity import row_hash, short_hash


def hash_of(row: Any, key: Any = None) -> str:
    """Return the hash of a row."""
    return row_hash(row, key, "orders", "at")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"id": 1, "at": "2024-01-02"}, "8109c53a2dec3409"),
        ({"id": 2**70}, "363339cd482eb67a"),
        ([1, "a", None], "3cff7f5613a949d8"),
        ({"at": dt.datetime(2024, 1, 2, tzinfo=dt.timezone.utc), "d": Decimal("1.50")}, "cdf74216d2de2858"),
        ({"id": 2**70, "tags": {"b", "a"}, "deep": {"b": 1, "a": 2}}, "de0344d3312aa890"),
        ({"tags": {"b", "a"}, 5: uuid.UUID(int=1)}, "35d2863eaea468d3"),
    ],
)
def test_a_hash_is_what_states_hold(value: Any, expected: str) -> None:
    """A change of it would load every row at the last value of every pipeline once more."""
    assert short_hash(value) == expected


@given(st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3), max_size=4))
def test_the_order_of_keys_is_no_difference(row: dict[str, Any]) -> None:
    """Any other difference is one."""
    assert hash_of(row) == hash_of(dict(reversed(row.items())))
    # numbers beyond 64 bits and members of sets have no order either
    strange = {"n": 2**70, "deep": [row, {"s": set(row)}]}
    assert hash_of(strange) == hash_of({"deep": [dict(reversed(row.items())), {"s": set(row)}], "n": 2**70})
    assert hash_of(row) != hash_of({**row, "more": 1})
    assert len(hash_of(row)) == 16


@pytest.mark.parametrize("key", ["id", ["id"], ("id",), lambda row: "id", lambda row: ["id"]])
def test_a_primary_key_is_all_that_counts(key: Any) -> None:
    """A field, several, or a function of the row that names them."""
    assert hash_of({"id": 1, "x": 1}, key) == hash_of({"id": 1, "x": 2}, key) == hash_of(SimpleNamespace(id=1), key)
    assert hash_of({"id": 1}, key) != hash_of({"id": 2}, key)


def test_the_order_of_a_key_of_several_fields_counts() -> None:
    """Values do not slip from one field to the next."""
    row = {"a": 1, "b": 2}
    assert hash_of(row, ("a", "b")) != hash_of(row, ("b", "a"))
    assert hash_of({"a": 1, "b": None}, ("a", "b")) != hash_of({"a": None, "b": 1}, ("a", "b"))
    assert hash_of(row, ["a", "b"]) == hash_of({**row, "c": 3}, ("a", "b"))


@pytest.mark.parametrize(("key", "field"), [("uid", "uid"), (("id", "uid"), "uid"), (lambda row: ("x", "uid"), "x")])
def test_a_row_without_a_field_of_the_key_is_told(key: Any, field: str) -> None:
    """The first field that it lacks; None is a value."""
    with pytest.raises(
        IncrementalPrimaryKeyMissing, match=f"Resource 'orders': a row has no field '{field}'"
    ) as caught:
        hash_of({"id": 1}, key)
    assert caught.value.resource_name == "orders" and "incremental on at" in str(caught.value)
    assert hash_of({"id": None}, "id")
