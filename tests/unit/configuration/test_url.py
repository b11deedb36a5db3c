"""URLs of databases: what they are made of comes out of them again."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dlt.configuration.credentials import ConnectionStringCredentials
from dlt.configuration.credentials.url import ConnectionUrl

TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=0x17F, exclude_characters="\x7f\xa0\xad"), min_size=1)
PARTS = st.fixed_dictionaries(
    {"drivername": st.sampled_from(["postgresql", "mysql+pymysql"]), "host": st.sampled_from(["db.example", "::1"])},
    optional={
        "username": TEXT,
        "port": st.integers(1, 65535),
        "database": st.sampled_from(["shop", "a-b"]),
        "query": st.dictionaries(TEXT, TEXT, min_size=1, max_size=2),
    },
)


@given(PARTS, st.none() | TEXT)
def test_a_url_is_read_as_what_it_was_made_of(parts: dict[str, Any], password: str | None) -> None:
    """Whatever signs stand in names, passwords and options."""
    if password is not None and "username" in parts:
        parts["password"] = password
    read = ConnectionStringCredentials()
    read.parse_native_representation(str(ConnectionUrl.of(**parts)))
    assert {name: value for name, value in read.items() if value} == parts


@given(PARTS)
def test_another_part_changes_no_other(parts: dict[str, Any]) -> None:
    """And the URL that it is made of stays as it is."""
    url = ConnectionUrl.of(**parts)
    before = str(url)
    moved = url.set(port=4711)
    assert moved.port == 4711 and str(url) == before
    assert moved.set(port=url.port) == url
    assert url.get_driver_name() == parts["drivername"].rpartition("+")[2]
    assert parts["drivername"].startswith(url.get_backend_name())


@given(PARTS.filter(lambda parts: "username" in parts))
def test_the_repr_hides_the_password(parts: dict[str, Any]) -> None:
    """Also in messages that are made of it; the text has it, because drivers need it."""
    url = ConnectionUrl.of(**parts, password="s3cret-of-a-test")
    assert "s3cret-of-a-test" not in repr(url) and "***" in repr(url)
    assert "s3cret-of-a-test" in str(url)
