"""Names of tables and columns follow from keys, for any text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.schema.naming import naming_from

CONVENTIONS = ["snake_case", "direct", "duck_case", "sql_ci_v1", "sql_cs_v1"]
TEXTS = st.text(max_size=40) | st.text("aB1_ -é😀", max_size=80)


@given(st.sampled_from(CONVENTIONS), TEXTS)
def test_a_normalized_name_stays_as_it_is(convention: str, text: str) -> None:
    """What was stored under a name is found under it again."""
    naming = naming_from(convention)
    name = naming.normalize_identifier(text)
    assert name and naming.normalize_identifier(name) == name


@given(st.sampled_from(CONVENTIONS), st.lists(TEXTS, min_size=1, max_size=4), st.integers(20, 64))
def test_no_name_is_longer_than_the_limit(convention: str, parts: list[str], limit: int) -> None:
    """Bytes count, for names of nested tables too."""
    naming = naming_from(convention, limit)
    for name in (naming.normalize_path("__".join(parts)), naming.shorten_fragments(*parts)):
        assert 0 < len(name.encode(errors="surrogatepass")) <= limit


@given(TEXTS)
def test_snake_case_is_plain(text: str) -> None:
    """Lower-case letters of ASCII, digits of any script as in PyPI `dlt`, single underscores; no digit comes first."""
    name = naming_from("snake_case").normalize_identifier(text)
    assert re.fullmatch(r"[a-z_][a-z\d_]*", name) and "__" not in name


@given(st.text("ab", min_size=70, max_size=90), st.text("ab", min_size=70, max_size=90))
def test_names_that_are_cut_stay_apart(one: str, other: str) -> None:
    """The tag is that of the whole name."""
    naming = naming_from("snake_case", 63)
    assert (naming.normalize_identifier(one) == naming.normalize_identifier(other)) == (one == other)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("OrderID", "order_id"),
        ("camelCase", "camel_case"),
        ("2nd", "_2nd"),
        ("a b-c", "a_b_c"),
        ("a+b", "axb"),
        ("trailing_", "trailingx"),
        ("", "_empty"),
    ],
)
def test_snake_case_by_example(key: str, name: str) -> None:
    """As programs for PyPI `dlt` 1.x know it."""
    assert naming_from("snake_case").normalize_identifier(key) == name
