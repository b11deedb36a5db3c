"""What a message about a missing value says about keys that are much like it."""

from __future__ import annotations

from typing import Any

import pytest

from dlt.configuration import config, container, get_value
from dlt.errors import ConfigFieldMissingException


def message(key: str, *sections: str, secret: bool = False) -> str:
    """Return the message about a value that is missing."""
    with pytest.raises(ConfigFieldMissingException) as caught:
        get_value(key, sections=sections, secret=secret)
    return str(caught.value)


def test_similar_keys_are_named_without_values(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt key or section is named, the closest first, and never a value."""
    write("secrets.toml", '[sources.shp]\napi_key = "private1"\n[sources.shop]\napikey = "private2"\nother = 1\n')
    monkeypatch.setenv("SOURCES__SHOP__ORDER__API_KEY", "private3")
    found = message("api_key", "sources", "shop", secret=True)
    lines = [line.split(": ", 1)[1] for line in found.splitlines() if "a similar key" in line]
    assert lines == [
        "secrets.toml: sources.shop.apikey",
        "secrets.toml: sources.shp.api_key",
        "Environment Variables: SOURCES__SHOP__ORDER__API_KEY",
    ]
    assert "private" not in found


def test_only_places_that_were_asked_are_searched(write: Any) -> None:
    """`config.toml` is no place for a secret, so its keys are no hint either; case matters in files."""
    write("config.toml", "[sources.shop]\nToken = 1\n")
    assert "a similar key" not in message("tokens", "sources", "shop", secret=True)
    assert "config.toml: sources.shop.Token" in message("token", "sources", "shop")


def test_keys_that_the_program_set_are_searched() -> None:
    """What was set with dlt.config is searched too."""
    try:
        config["sources.shop"] = {"limits": 1}
        assert "Set in the program (dlt.config): sources.shop.limits" in message("limit", "sources", "shop")
    finally:
        container.forget()
