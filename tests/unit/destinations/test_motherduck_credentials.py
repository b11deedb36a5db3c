"""Credentials of MotherDuck in the forms in which programs write them."""

from __future__ import annotations

import pytest

import dlt
from dlt.errors import NotOffered


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("md:db?motherduck_token=t", "md:db?motherduck_token=t"),
        ("md:///db?token=a%2Bb", "md:db?motherduck_token=a%2Bb"),
        ("motherduck://db?token=t", "md:db?motherduck_token=t"),
        ("md://loader:t@/db", "md:db?motherduck_token=t"),
        (
            "md:db?motherduck_token=t&attach_mode=single&saas_mode=true",
            "md:db?motherduck_token=t&attach_mode=single&saas_mode=true",
        ),
        ("md:", "md:my_db"),
        ({"database": "db", "password": "t"}, "md:db?motherduck_token=t"),
    ],
)
def test_each_form_names_database_token_and_options(given: object, url: str) -> None:
    """DuckDB gets them as one URL, and messages the address without the token."""
    destination = dlt.destinations.motherduck(given)
    assert destination.path == url and "token" not in destination.displayable_credentials()


@pytest.mark.parametrize(
    "setting", [{"global_config": {"threads": 1}}, {"pragmas": ["x"]}, {"extensions": ["spatial"]}]
)
def test_settings_of_connections_are_refused(setting: dict[str, object]) -> None:
    """They would have no effect; a connection of the program has them."""
    with pytest.raises(NotOffered, match=next(iter(setting))):
        dlt.destinations.motherduck({"database": "db", "password": "t", **setting}).check_settings()
