"""Incrementals that the configuration sets in part."""

from __future__ import annotations

from typing import Any

import pytest

import dlt
from dlt.configuration.inject import configured_incremental
from dlt.errors import ConfigValueCannotBeCoercedException

SECTIONS = ("sources", "shops", "orders")


def test_single_settings_are_set_on_top(write: Any, monkeypatch: Any) -> None:
    """A table or variables set single settings; without them the incremental stays what it is."""
    given: Any = dlt.sources.incremental("id", initial_value=2, lag=1.0)
    assert configured_incremental("at", given, SECTIONS) is given
    write("config.toml", '[sources.shops.orders.at]\ninitial_value = "4"\n')
    made = configured_incremental("at", given, SECTIONS)
    assert (made.cursor_path, made.initial_value, made.lag) == ("id", 4, 1.0)
    monkeypatch.setenv("SOURCES__SHOPS__AT__END_VALUE", "9")
    made = configured_incremental("at", given, SECTIONS)
    assert (made.initial_value, made.end_value) == (4, 9)
    monkeypatch.setenv("SOURCES__SHOPS__AT__LAG", "long")
    with pytest.raises(ConfigValueCannotBeCoercedException, match=r"at\.lag: 'long' is not float"):
        configured_incremental("at", given, SECTIONS)


def test_a_text_is_the_cursor_path(monkeypatch: Any) -> None:
    """A value that is text names the cursor, or is a JSON document of settings."""
    given: Any = dlt.sources.incremental("id")
    monkeypatch.setenv("SOURCES__SHOPS__ORDERS__AT", "updated.at")
    assert configured_incremental("at", given, SECTIONS).cursor_path == "updated.at"
    monkeypatch.setenv("SOURCES__SHOPS__ORDERS__AT", '{"initial_value": 3}')
    made = configured_incremental("at", given, SECTIONS)
    assert (made.cursor_path, made.initial_value) == ("id", 3)
