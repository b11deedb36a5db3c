"""JSON keeps the digits of its whole numbers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.io.exact_json import exact_document


@given(st.recursive(st.integers(-(2**80), 2**80) | st.text(max_size=3) | st.none(), st.lists, max_leaves=5))
def test_what_was_written_is_read(document: object) -> None:
    """Integers of any size are integers."""
    found = exact_document(json.dumps(document).encode())
    assert found == document and json.dumps(found) == json.dumps(document)


@pytest.mark.parametrize("number", [2**64, 2**64 - 1, -(2**63), -(2**63) - 1, 10**30])
def test_numbers_beside_the_bounds(number: int) -> None:
    """Those at which 64 bits end."""
    assert exact_document(b'{"a": [%d]}' % number) == {"a": [number]}


@pytest.mark.parametrize("text", [b"NaN", b"[NaN, 12345678901234567890123]", b"", b"1" * 5000])
def test_what_is_no_document(text: bytes) -> None:
    """It is the same with long numbers as without; Python reads no number of 5000 digits."""
    with pytest.raises(ValueError, match=r"char|content|empty|limit|column"):
        exact_document(text)
