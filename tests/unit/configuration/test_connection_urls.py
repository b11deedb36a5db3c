"""URLs of databases: whatever stands in their parts, they come back; and a password is never shown."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.configuration.credentials.database import ConnectionStringCredentials
from dlt.configuration.credentials.url import ConnectionUrl
from dlt.errors import InvalidConnectionString

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)
HOSTS = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,5}(\.[a-z]{2,3})?", fullmatch=True) | st.sampled_from(["::1", "fe80::2"])
# signs that end the path of a URL are no part of a name that can be written in one
NAMES = st.text(string.ascii_letters + string.digits + "_-./ é", min_size=1, max_size=8).filter(
    lambda n: n.strip() == n
)
QUERIES = st.dictionaries(TEXT, TEXT, max_size=2)


@given(TEXT, st.none() | TEXT, HOSTS, st.none() | st.integers(1, 65535), st.none() | NAMES, QUERIES)
def test_a_url_is_read_as_it_was_written(
    username: str, password: Any, host: str, port: Any, database: Any, query: dict[str, str]
) -> None:
    """Signs of URLs in names and passwords are quoted."""
    parts = {"username": username, "password": password, "host": host, "port": port, "database": database}
    url = ConnectionUrl.of(drivername="postgresql+psycopg", query=query, **parts)
    found = ConnectionStringCredentials(str(url))
    assert {name: getattr(found, name) for name in parts} == parts
    assert (found.query or {}) == query and found.drivername == "postgresql+psycopg" and found.is_url
    assert found.to_native_representation() == str(url)


@given(TEXT, st.text(string.ascii_letters, min_size=12, max_size=12), HOSTS)
def test_a_password_is_not_shown(username: str, password: str, host: str) -> None:
    """Where the text is asked for, three stars stand in its place."""
    url = ConnectionUrl.of(drivername="x", username=username, password=password, host=host, database="d")
    for shown in (repr(url), url.render_as_string(), f"{url!r}"):
        assert password not in shown and ":***@" in shown
    assert url.render_as_string(hide_password=False) == str(url) and password in str(url)
    assert password not in str(ConnectionStringCredentials(str(url)))


def test_options_are_not_shown_either() -> None:
    """They may hold tokens."""
    credentials = ConnectionStringCredentials("x://ann@host/d?token=hidden")
    assert str(credentials) == "x://ann@host/d" and credentials.query == {"token": "hidden"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://", {}),
        ("sqlite:///shop.db", {"database": "shop.db"}),
        ("sqlite:////data/shop.db", {"database": "/data/shop.db"}),
        ("x://host", {"host": "host"}),
        ("x://HOST.example.org/d", {"host": "HOST.example.org", "database": "d"}),
        ("x://:5432/d", {"port": 5432, "database": "d"}),
        ("x://ann@host", {"username": "ann", "host": "host"}),
        ("x://ann:p%40ss@host", {"username": "ann", "password": "p@ss", "host": "host"}),
        ("x://ann:p@ss@host", {"username": "ann", "password": "p@ss", "host": "host"}),
        ("x://a%3Ab@[::1]:1/d", {"username": "a:b", "host": "::1", "port": 1, "database": "d"}),
        ("x://host/d?a=1&b=x%20y", {"host": "host", "database": "d", "query": {"a": "1", "b": "x y"}}),
        ("x://host/d?a=", {"host": "host", "database": "d"}),
        ("x://host/my%20db", {"host": "host", "database": "my db"}),
    ],
)
def test_parts_that_a_url_leaves_out_are_none(text: str, expected: Any) -> None:
    """And the others are as they are written."""
    found = ConnectionStringCredentials(text)
    names = ("username", "password", "host", "port", "database")
    assert {name: getattr(found, name) for name in names if getattr(found, name) is not None} == {
        name: value for name, value in expected.items() if name != "query"
    }
    assert (found.query or {}) == expected.get("query", {})


@pytest.mark.parametrize("text", ["hidden", "hidden:5432", "x://hidden:port/d", "x://[hidden", "x://host:99999/hidden"])
def test_what_is_no_url_is_refused_without_its_text(text: str) -> None:
    """It may be a password that was pasted into the wrong place."""
    with pytest.raises(InvalidConnectionString) as caught:
        ConnectionStringCredentials().parse_native_representation(text)
    assert "hidden" not in str(caught.value)


def test_a_url_may_get_other_parts() -> None:
    """The first one stays as it is."""
    url = ConnectionUrl.of(drivername="postgresql+psycopg", username="ann", password="p", host="h", database="d")
    other = url.set(host="other", password=None)
    assert str(other) == "postgresql+psycopg://ann@other/d" and str(url) == "postgresql+psycopg://ann:p@h/d"
    assert (other.host, url.host, other.get_backend_name(), other.get_driver_name()) == (
        "other",
        "h",
        "postgresql",
        "psycopg",
    )
    assert ConnectionUrl.of(drivername="sqlite").get_driver_name() == "sqlite"


@pytest.mark.parametrize(("written", "password"), [("p\n", "p"), ("p\r\n", "p"), ("p ", "p "), ("\np", "\np")])
def test_the_line_end_of_a_password_from_a_file_is_dropped(written: str, password: str) -> None:
    """And nothing else of it."""
    credentials = ConnectionStringCredentials({"drivername": "x", "password": written})
    credentials.resolve()
    assert credentials.password == password


def test_parts_come_from_a_dict_or_a_document() -> None:
    """As well as from a URL."""
    parts = {"drivername": "x", "host": "h", "port": 5}
    for given_parts in (parts, '{"drivername": "x", "host": "h", "port": 5}'):
        found = ConnectionStringCredentials(given_parts)  # type: ignore[arg-type]
        assert (found.drivername, found.host, found.port, found.is_url) == ("x", "h", 5, False)
    assert ConnectionStringCredentials("x").drivername == "x"
