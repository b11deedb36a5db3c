"""Arguments of functions that come from the configuration."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from dlt.configuration import TSecretStrValue, TSecretValue, config, secrets, with_config
from dlt.errors import ConfigFieldMissingException, ConfigValueCannotBeCoercedException

SECTIONS = ("sources", "shop", "orders")


def test_passed_arguments_are_never_injected(monkeypatch: Any) -> None:
    """An argument that is passed wins over every provider, be it None."""

    @with_config(sections=SECTIONS)
    def orders(limit: int | None = 5, since: Any = None) -> Any:
        return limit, since

    monkeypatch.setenv("SOURCES__SHOP__ORDERS__LIMIT", "7")
    assert orders(1) == (1, None)
    assert orders(limit=None) == (None, None)
    assert orders() == (7, None)


def test_required_and_defaulted_arguments_are_injected(write: Any) -> None:
    """Required arguments come from providers, others too, or keep their defaults."""

    @with_config(sections=SECTIONS)
    def orders(shop: str, *, day: datetime.date, limit: int = 5, page: int = 1) -> Any:
        return shop, day, limit, page

    write("config.toml", '[sources.shop.orders]\nshop = "north"\nday = "2024-02-29"\nlimit = "8"\n')
    assert orders() == ("north", datetime.date(2024, 2, 29), 8, 1)
    assert orders("south", page=2) == ("south", datetime.date(2024, 2, 29), 8, 2)


def test_placeholders_must_resolve(write: Any) -> None:
    """`dlt.secrets.value` resolves from places for secrets only, `dlt.config.value` from all."""

    @with_config(sections=SECTIONS)
    def orders(key: str = secrets.value, shop: str = config.value) -> Any:
        return key, shop

    write("config.toml", 'shop = "north"\nkey = "public"\n')
    with pytest.raises(ConfigFieldMissingException, match="'key'"):
        orders()
    write("secrets.toml", 'key = "private"\n')
    assert orders() == ("private", "north")
    assert orders(secrets.value, "south") == ("private", "south")


def test_types_mark_secrets(write: Any) -> None:
    """A parameter of a secret type is not read from config.toml."""

    @with_config(sections=SECTIONS)
    def orders(key: TSecretStrValue, document: TSecretValue = None) -> Any:
        return key, document

    write("config.toml", 'key = "public"\ndocument = "public"\n')
    with pytest.raises(ConfigFieldMissingException):
        orders()
    write("secrets.toml", '[document]\na = 1\n[sources]\nkey = "private"\n')
    assert orders() == ("private", {"a": 1})


GOLDEN = """\
Missing configuration: 2 value(s) not found: 'api_key', 'shop' for orders.
  for "api_key" these places were asked, in this order:
    Environment Variables: SOURCES__SHOP__API_KEY
    Environment Variables: SOURCE__SHOP__API_KEY
    Environment Variables: SOURCES__API_KEY
    Environment Variables: SOURCE__API_KEY
    Environment Variables: API_KEY
    secrets.toml: sources.shop.api_key
    secrets.toml: source.shop.api_key
    secrets.toml: sources.api_key
    secrets.toml: source.api_key
    secrets.toml: api_key
    source.api_key stands in config.toml, where secrets are not read: move it to secrets.toml or to the environment
  for "shop" these places were asked, in this order:
    Environment Variables: SOURCES__SHOP__SHOP
    Environment Variables: SOURCE__SHOP__SHOP
    Environment Variables: SOURCES__SHOP
    Environment Variables: SOURCE__SHOP
    Environment Variables: SHOP
    secrets.toml: sources.shop.shop
    secrets.toml: source.shop.shop
    secrets.toml: sources.shop
    secrets.toml: source.shop
    secrets.toml: shop
    config.toml: sources.shop.shop
    config.toml: source.shop.shop
    config.toml: sources.shop
    config.toml: source.shop
    config.toml: shop
Pass the value in the code, set SOURCES__SHOP__API_KEY in the environment, or write sources.shop.api_key into \
.dlt/secrets.toml."""


def test_missing_values_name_every_place(write: Any) -> None:
    """One exception, a ConfigFieldMissing and a TypeError, with every provider and key in order."""

    @with_config(sections=("sources", "shop"))
    def orders(api_key: TSecretStrValue, shop: str, limit: int = 1) -> None:
        raise AssertionError("not reached")

    write("config.toml", '[source]\napi_key = "very-private"\n')
    with pytest.raises(ConfigFieldMissingException) as caught:
        orders()
    assert isinstance(caught.value, TypeError)
    assert str(caught.value) == GOLDEN
    assert caught.value.fields == ["api_key", "shop"]


def test_values_of_another_type_name_the_argument(monkeypatch: Any) -> None:
    """Injected values are coerced to the type hint or refused."""

    @with_config(sections=SECTIONS)
    def orders(limit: int = 1, folder: Path = Path(), tags: list[int] = []) -> Any:  # noqa: B006 - such a default is the test
        return limit, folder, tags

    monkeypatch.setenv("LIMIT", "3")
    monkeypatch.setenv("FOLDER", "/data")
    monkeypatch.setenv("TAGS", "[1, 2]")
    assert orders() == (3, Path("/data"), [1, 2])
    monkeypatch.setenv("LIMIT", "three")
    with pytest.raises(ConfigValueCannotBeCoercedException, match="limit: 'three' is not int"):
        orders()
