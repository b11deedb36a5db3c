"""JSON that keeps every Python value as it was."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.io.typed_json import TAG, dump_row, dumps, loads, read_rows

SCALARS = (
    st.none() | st.integers() | st.text(max_size=3) | st.binary(max_size=3) | st.dates() | st.decimals(allow_nan=False)
)
KEYS = st.sampled_from([TAG, "", "dict", "bytes", "date", "a"])
DOCUMENTS = st.recursive(
    SCALARS | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=2),
    max_leaves=12,
)


@given(DOCUMENTS)
def test_every_document_comes_back_as_it_was(document: Any) -> None:
    """Also one that looks like what the format writes for values that JSON has no word for."""
    assert loads(dumps(document)) == document
    assert list(read_rows([dump_row({"row": document})])) == [{"row": document}]


@pytest.mark.parametrize("inner", [{}, [], ["bytes", "eA=="], ["dict", 1], ["date", "x"], None, [1, 2]])
def test_a_document_whose_key_is_that_of_the_format_stays_a_document(inner: Any) -> None:
    """Whatever stands in it."""
    assert loads(dumps({"a": [{TAG: inner}]})) == {"a": [{TAG: inner}]}


def test_what_earlier_versions_wrote_is_read() -> None:
    """A document of the user was not told apart; what cannot be a value of the format is one."""
    text = '{"a": {"\\ue000": ["decimal", "1.50"]}, "b": {"\\ue000": {}}, "c": {"\\ue000": ["date", "2024-01-02"]}}'
    assert loads(text) == {"a": decimal.Decimal("1.50"), "b": {TAG: {}}, "c": datetime.date(2024, 1, 2)}
