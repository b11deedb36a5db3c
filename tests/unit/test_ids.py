"""Ids: random ones, and digests that must be the same in every release."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.ids import ROW_ID_LENGTH, digest_id, random_id


def test_random_ids_are_short_and_differ() -> None:
    """A thousand of them, of letters that a file name may have."""
    found = {random_id() for _ in range(1000)}
    assert len(found) == 1000 and all(re.fullmatch(r"[\w-]+", one) for one in found)


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("", None, "3cpQDE0o9_KBbe"),
        ("orders", None, "73HEs7NHZFbcrx"),
        ("orders", 8, "73HEs7NH"),
        ("größe\ud800", 20, "QF6meteUEn7WtKBYo3yP"),
    ],
)
def test_a_digest_is_the_same_in_every_release(text: str, length: int | None, expected: str) -> None:
    """Names that were cut and ids of rows are made of it, and stand at destinations."""
    assert (digest_id(text) if length is None else digest_id(text, length)) == expected


@given(st.text(), st.integers(1, 20))
def test_a_digest_has_the_length_that_is_asked_for(text: str, length: int) -> None:
    """And another text has another one."""
    assert len(digest_id(text, length)) == length and len(digest_id(text)) == ROW_ID_LENGTH
    assert digest_id(text) != digest_id(text + "x")
