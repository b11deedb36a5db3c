"""What `with_config` does with defaults, options and unusual functions."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from dlt.configuration import config, secrets, with_config
from dlt.configuration.credentials import ConnectionStringCredentials
from dlt.errors import ConfigFieldMissingException, ConfigValueCannotBeCoercedException

if TYPE_CHECKING:
    from dlt.configuration import TSecretStrValue


def test_defaults_tell_the_type_where_no_hint_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text for an argument without hint becomes what its default is."""

    @with_config
    def orders(limit=5, fast=False, tags=(), mode="all", start=None):  # type: ignore[no-untyped-def]
        return limit, fast, tags, mode, start

    for name, text in {"LIMIT": "7", "FAST": "yes", "TAGS": "a,b", "MODE": "1", "START": "2"}.items():
        monkeypatch.setenv(name, text)
    assert orders() == (7, True, ("a", "b"), "1", "2")
    monkeypatch.setenv("LIMIT", "0.5")
    assert orders()[0] == 0.5
    monkeypatch.setenv("FAST", "perhaps")
    with pytest.raises(ConfigValueCannotBeCoercedException, match="fast: 'perhaps' is not bool"):
        orders()


def test_a_default_that_is_a_spec_is_completed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials as a default are completed at every call, and stay as they are themselves."""
    default = ConnectionStringCredentials(drivername="duckdb", host="here")

    @with_config
    def tables(login: ConnectionStringCredentials = default) -> Any:
        return login

    for host in ("one", "two"):
        monkeypatch.setenv("LOGIN__HOST", host)
        assert (tables().drivername, tables().host) == ("duckdb", host)
    assert default.host == "here"
    assert tables(ConnectionStringCredentials(drivername="x", host="mine")).host == "mine"


def test_other_defaults_of_credentials_stay() -> None:
    """A default beside a spec in a union is used when nothing is configured."""

    @with_config
    def tables(raw: str | ConnectionStringCredentials = "", login: ConnectionStringCredentials | None = None) -> Any:
        return raw, login

    assert tables() == ("", None)


def test_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """Defaults may be left alone, missing arguments may be None, and sections may follow from arguments."""
    monkeypatch.setenv("SOURCES__NORTH__LIMIT", "7")

    def sections(arguments: Mapping[str, Any]) -> list[str]:
        return ["sources", arguments["shop"]]

    def orders(shop: str, key: str = secrets.value, limit: int = 5) -> Any:
        return key, limit

    assert with_config(orders, sections_from=sections, accept_partial=True)("north") == (None, 7)
    assert with_config(accept_partial=True, include_defaults=False)(orders)("north") == (None, 5)
    with pytest.raises(ConfigFieldMissingException, match="SOURCES__NORTH__KEY"):
        with_config(orders, sections_from=sections)("north")


def test_coroutines_stay_coroutines(monkeypatch: pytest.MonkeyPatch) -> None:
    """An async function is injected, and is one still."""

    @with_config
    async def orders(limit: int = config.value) -> int:
        return limit

    monkeypatch.setenv("LIMIT", "7")
    assert inspect.iscoroutinefunction(orders)
    assert asyncio.run(orders()) == 7


def test_a_secret_type_known_to_type_checkers_only(write: Any) -> None:
    """The value is looked for among secrets although the hint cannot be evaluated."""

    @with_config
    def orders(key: TSecretStrValue) -> Any:
        return key

    write("config.toml", 'key = "public"\n')
    with pytest.raises(ConfigFieldMissingException):
        orders()


def test_sections_may_depend_on_the_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    """`sections` takes a function of the passed arguments, too."""

    @with_config(sections=lambda arguments: ("shops", arguments["shop"]))
    def limit(shop: str, rows: int = 1) -> int:
        return rows

    monkeypatch.setenv("SHOPS__NORTH__ROWS", "5")
    assert (limit("north"), limit("south")) == (5, 1)
