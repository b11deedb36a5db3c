"""`dlt.config` and `dlt.secrets`, and providers that programs add."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dlt.configuration import config, container, get_value, secrets
from dlt.configuration.lookup import MisplacedSecret
from dlt.configuration.providers.base import WritableProvider
from dlt.configuration.providers.memory import MemoryProvider
from dlt.errors import ConfigFieldMissingException, DuplicateConfigProviderException


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """Drop what a test sets."""
    yield
    container.forget()


def test_values_by_dotted_key(write: Any, monkeypatch: Any) -> None:
    """`dlt.secrets[k]` and `dlt.config[k]` resolve dotted keys via providers, as they stand there."""
    write("config.toml", "[sources.shop]\nlimit = 5\n")
    write("secrets.toml", '[sources.shop]\nkey = "private"\n')
    assert (config["sources.shop.limit"], secrets["sources.shop.key"]) == (5, "private")
    assert config["sources.shop"] == {"key": "private"}
    monkeypatch.setenv("SOURCES__SHOP__LIMIT", "6")
    assert config.get("sources.shop.limit", int) == 6
    assert config.get("limit") is None and "limit" not in config
    with pytest.raises(ConfigFieldMissingException, match=r"secrets.toml: sources.shop.limits"):
        secrets["sources.shop.limits"]


def test_secrets_are_not_read_from_config(write: Any, monkeypatch: Any) -> None:
    """Neither from config.toml nor from what the program set with dlt.config; and that is never silent."""
    write("config.toml", 'key = 1\n[sources.shop]\napi_key = "private"\n')
    config["other"] = 2
    assert (config["key"], config["other"]) == (1, 2)
    for key in ("key", "other", "sources.shop.api_key", "sources.shop"):
        with pytest.raises(MisplacedSecret, match=r"stands in .*, where secrets are not read") as failure:
            secrets.get(key)
        with pytest.raises(MisplacedSecret):
            secrets[key]
        with pytest.warns(UserWarning, match="counts as missing"):
            assert key not in secrets
        assert "private" not in str(failure.value)
    monkeypatch.setenv("COMPAT__DLT1", "true")
    with pytest.warns(UserWarning, match=r"key stands in config.toml.* Move it to secrets.toml"):
        assert secrets.get("key") is None


def test_a_section_of_settings_is_no_misplaced_secret(write: Any) -> None:
    """A section whose names stand for no secret is a section; a secret that is elsewhere is found there."""
    write("config.toml", '[sources.shop]\ncurrency = "EUR"\n[sources.shop.paging]\nsize = 3\n')
    assert secrets.get("sources.shop") is None and "sources.shop" not in secrets
    write("config.toml", 'key = "seen"\n')
    write("secrets.toml", 'key = "private"\n')
    assert secrets.get("key") == "private" and "key" in secrets


def test_values_are_set(monkeypatch: Any) -> None:
    """What the program sets is found by itself and by every lookup, before the environment."""
    monkeypatch.setenv("SOURCES__SHOP__LIMIT", "5")
    config["sources.shop.limit"] = 6
    secrets["sources.shop.credentials"] = {"user": "u"}
    assert get_value("limit", int, sections=("sources", "shop")) == 6
    assert get_value("user", sections=("sources", "shop", "credentials"), secret=True) == "u"
    assert secrets["sources.shop.credentials.user"] == "u"


def test_a_vault_is_asked_for_secrets_only_after_the_environment(write: Any, monkeypatch: Any) -> None:
    """The environment comes first, then vaults for secrets only, then secrets.toml."""
    vault = MemoryProvider("Vault", {"key": "vault", "limit": 1})
    vault.supports_settings = False
    secrets.register_provider(vault)
    write("secrets.toml", 'key = "file"\nlimit = 2\n')
    assert get_value("key", secret=True) == "vault"
    assert get_value("limit") == 2
    monkeypatch.setenv("KEY", "env")
    assert get_value("key", secret=True) == "env"
    assert [provider.name for provider in secrets.config_providers] == [
        "Environment Variables",
        "Vault",
        "secrets.toml",
    ]
    with pytest.raises(DuplicateConfigProviderException, match="'Vault'"):
        config.register_provider(vault)


def test_a_provider_needs_a_name_and_get_only(write: Any) -> None:
    """A provider that a program brings is asked for settings and, if it says so, for secrets."""

    class Brought:
        name = "Brought"
        supports_secrets = False

        def get(self, key: str, *sections: str) -> tuple[Any, str]:
            return (7 if key == "limit" else None), "/".join((*sections, key))

    config.register_provider(Brought())
    assert get_value("limit", sections=("a", "b")) == 7
    assert get_value("limit", default=None, secret=True) is None
    with pytest.raises(ConfigFieldMissingException, match="Brought: a/nothing"):
        get_value("nothing", sections=("a",))


def test_writable_providers_write_the_files(write: Any) -> None:
    """A value is written into the project's file, and comments in it stay."""
    path = write("secrets.toml", "# mine\na = 1\n")
    secrets.writable_provider.set("sources.shop.key", "private")
    assert path.read_text() == '# mine\na = 1\n\n[sources.shop]\nkey = "private"\n'
    assert secrets["sources.shop.key"] == "private"
    assert isinstance(config.writable_provider, WritableProvider)


def test_placeholders_and_reprs_show_no_values() -> None:
    """The placeholders name themselves."""
    secrets["key"] = "private"
    assert (repr(secrets.value), repr(config.value)) == ("dlt.secrets.value", "dlt.config.value")
    assert "private" not in repr(secrets)
