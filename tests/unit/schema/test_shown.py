"""Rows in messages: short, and without secrets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.schema.shown import shown_row


def test_a_row_is_shown_as_a_dict() -> None:
    """Columns of the library are of no concern."""
    assert shown_row({"a": 1, "b": "x", "_dlt_id": "q"}, {}) == "{'a': 1, 'b': 'x'}"
    assert shown_row({}, {}) == "{}"


@pytest.mark.parametrize(("value", "text"), [(5, "5"), ("x", "'x'"), (None, "None"), ([1], "[1]")])
def test_a_single_value_is_shown_as_it_is(value: Any, text: str) -> None:
    """Rows of other kinds too."""
    assert shown_row(value, {}) == text


@pytest.mark.parametrize("hint", ["secret", "mask", "x-secret", "x-mask", "x-masked", "x-sensitive", "x-pii"])
@pytest.mark.parametrize("name", ["v", "v__v_text"])
def test_a_column_that_is_marked_keeps_its_value_to_itself(hint: str, name: str) -> None:
    """So does a variant of it; a mark that is off counts for nothing."""
    row = {name: "hidden", "a": "seen"}
    assert shown_row(row, {"v": {hint: True}}) == f"{{'{name}': ***, 'a': 'seen'}}"
    assert shown_row(row, {"v": {hint: False}}) == f"{{'{name}': 'hidden', 'a': 'seen'}}"
    assert shown_row(row, {"a": {hint: True}}) == f"{{'{name}': 'hidden', 'a': ***}}"


@pytest.mark.parametrize("name", ["password", "api_key", "token", "client_secret"])
def test_a_column_whose_name_is_that_of_a_secret_is_hidden(name: str) -> None:
    """At the top, and inside of a document."""
    assert shown_row({name: "hidden"}, {}) == f"{{'{name}': ***}}"
    assert shown_row({"doc": {name: "hidden", "a": 1}}, {}) == f"{{'doc': {{'{name}': '***', 'a': 1}}}}"


def test_a_variant_with_hints_of_its_own_goes_by_them() -> None:
    """They come before those of the column."""
    columns = {"v": {"x-pii": True}, "v__v_text": {"data_type": "text"}}
    assert shown_row({"v__v_text": "seen"}, columns) == "{'v__v_text': 'seen'}"


@pytest.mark.parametrize(("count", "more"), [(11, None), (12, None), (13, 1), (20, 8)])
def test_twelve_columns_are_shown(count: int, more: int | None) -> None:
    """And how many more there are."""
    row = {f"c{n}": n for n in range(count)}
    text = shown_row(row, {})
    assert text.count(":") == min(count, 12)
    assert text.endswith(f", and {more} more}}") if more else "more" not in text


def test_the_column_of_the_fault_is_shown_whatever_is_cut() -> None:
    """It comes first; a name that the row does not have changes nothing."""
    row = {f"c{n}": n for n in range(20)}
    assert shown_row(row, {}, "c19").startswith("{'c19': 19, 'c0': 0, ")
    assert shown_row(row, {}, "c19").count("c19") == 1
    assert shown_row(row, {}, "unheard_of") == shown_row(row, {}) == shown_row(row, {}, None)


@given(st.integers(50, 70))
def test_a_long_value_is_cut(size: int) -> None:
    """To sixty letters, the last of which says so."""
    text = shown_row({"a": "x" * size}, {})
    shown = text.removeprefix("{'a': ").removesuffix("}")
    assert shown == repr("x" * size) if size <= 58 else (len(shown) == 60 and shown.endswith("x…"))
