"""Places for values in SQL: found where they are places, and written as each driver wants them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.destinations.sql.places import parts_of, placed


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", "SELECT 1"),
        ("SELECT %s, %s", "SELECT :1, :2"),
        ("SELECT '%s', %s", "SELECT '%s', :1"),
        ("SELECT 'it''s %s', \"a%s\", `b%s`, %s", "SELECT 'it''s %s', \"a%s\", `b%s`, :1"),
        ("SELECT a % b, %s", "SELECT a % b, :1"),
    ],
)
def test_what_stands_in_quotes_is_no_place(sql: str, expected: str) -> None:
    """A text, or a name, may hold what looks like a place."""
    assert placed(sql, lambda number: f":{number}") == expected


@given(st.lists(st.text(alphabet="ab =,()", max_size=8), min_size=1, max_size=6))
def test_parts_are_what_stands_between(parts: list[str]) -> None:
    """What was put together with places comes apart at them."""
    assert parts_of("%s".join(parts)) == parts


@given(st.lists(st.text(), max_size=4))
def test_texts_as_literals_hide_no_place_and_make_none(values: list[str]) -> None:
    """However the texts of a statement read, it has the places that were put beside them."""
    literals = ["'" + value.replace("'", "''") + "'" for value in values]
    assert len(parts_of(" = %s AND ".join([*literals, ""]))) == len(values) + 1
