"""Credentials of MotherDuck in the forms in which programs write them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import dlt
from dlt.destinations.impl.duckdb.errors import wait_while_busy
from dlt.errors import ConfigurationValueError, DestinationException, InvalidNativeValue, NotOffered


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


def test_what_is_no_address_of_it_is_told() -> None:
    """A misspelt key would open another database, and the URL of another system one of its name."""
    with pytest.raises(ConfigurationValueError, match="no field 'databse', did you mean 'database'"):
        dlt.destinations.motherduck({"databse": "db", "password": "t"}).check_settings()
    with pytest.raises(InvalidNativeValue, match="postgres:// is no URL of MotherDuck") as caught:
        dlt.destinations.motherduck("postgres://someone:a-secret-word@host/db").check_settings()
    assert "a-secret-word" not in str(caught.value)


def test_what_helps_where_it_cannot_be_opened(tmp_path: Path) -> None:
    """There is no path to look at."""
    nowhere = {"custom_extension_repository": "http://127.0.0.1:1", "extension_directory": str(tmp_path)}
    with pytest.raises(DestinationException, match="check that the address can be reached, and run again") as caught:
        wait_while_busy(lambda: duckdb.connect("md:db", config=nowhere), "destination motherduck: md:db")
    assert "Check the path" not in str(caught.value)
