"""The places for values, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dlt.common.configuration.providers import ConfigProvider
from dlt.configuration import config, container, get_value, secrets
from dlt.configuration.similar import did_you_mean
from dlt.errors import ConfigFieldMissingException, DuplicateConfigProviderException


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Forget what a test registers and sets, also one of before."""
    container.forget()
    yield
    container.forget()


class Vault(ConfigProvider):
    """A place of a program's own."""

    def __init__(self, name: str = "Vault", settings: bool = True, secrets: bool = True, **values: Any) -> None:
        self._name, self._values = name, values
        self._settings, self._secrets = settings, secrets

    @property
    def name(self) -> str:
        """Return its name."""
        return self._name

    @property
    def supports_secrets(self) -> bool:
        """Tell whether it holds secrets."""
        return self._secrets

    @property
    def supports_settings(self) -> bool:
        """Tell whether it holds settings."""
        return self._settings

    def get_value(self, key: str, hint: Any, pipeline_name: Any, *sections: str) -> Any:
        """Return a value and its key."""
        full = "__".join((*sections, key))
        return self._values.get(full), full


def names(secret: bool) -> list[str]:
    """Return the names of the places that are asked."""
    return [provider.name for provider in container.asked(secret)]


def test_the_environment_comes_before_the_files() -> None:
    """Settings are read in three places, secrets in two."""
    assert names(secret=False) == ["Environment Variables", "secrets.toml", "config.toml"]
    assert names(secret=True) == ["Environment Variables", "secrets.toml"]


def test_what_the_program_set_comes_first() -> None:
    """Of secrets, and of settings; a place that holds nothing is not asked."""
    config["a"] = 1
    assert names(secret=False)[0] == "Set in the program (dlt.config)" and len(names(secret=True)) == 2
    secrets["b"] = 2
    assert names(secret=True)[0] == "Set in the program (dlt.secrets)"
    assert (get_value("a", int), get_value("b", int, secret=True)) == (1, 2)
    container.forget()
    assert len(names(secret=False)) == 3
    with pytest.raises(ConfigFieldMissingException):
        get_value("a", int)


def test_a_place_of_the_program_comes_between_the_environment_and_the_files(
    write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For what it supports."""
    write("config.toml", "a = 1\nb = 1\nc = 1\n")
    container.register_provider(Vault(a=2, b=2))
    container.register_provider(Vault("Only secrets", settings=False, c=3))
    assert names(secret=False) == ["Environment Variables", "Vault", "secrets.toml", "config.toml"]
    assert names(secret=True) == ["Environment Variables", "Vault", "Only secrets", "secrets.toml"]
    monkeypatch.setenv("A", "4")
    assert [get_value(key, int) for key in "abc"] == [4, 2, 1]
    assert get_value("c", int, secret=True) == 3
    assert [type(provider) for provider in container.registered(secret=True)][1:3] == [Vault, Vault]


def test_two_places_of_one_name_are_refused() -> None:
    """Messages tell places by their names."""
    container.register_provider(Vault())
    with pytest.raises(DuplicateConfigProviderException, match="A provider named 'Vault' is registered already"):
        container.register_provider(Vault())
    with pytest.raises(DuplicateConfigProviderException):
        container.register_provider(Vault("config.toml"))


def test_a_program_may_choose_the_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it set itself counts all the same."""
    config["own"] = 1
    container.use_providers([Vault(a=2)])
    monkeypatch.setenv("B", "3")
    assert names(secret=False) == ["Set in the program (dlt.config)", "Vault"]
    assert (get_value("own", int), get_value("a", int)) == (1, 2)
    with pytest.raises(ConfigFieldMissingException):
        get_value("b", int)
    assert [provider.name for provider in container.settings_only()] == ["Set in the program (dlt.config)"]


def test_places_that_must_not_hold_secrets_are_the_users_own() -> None:
    """The file, and what was set, once something was."""
    assert [provider.name for provider in container.settings_only()] == ["config.toml"]


@pytest.mark.parametrize(
    ("word", "known", "cutoff", "expected"),
    [
        ("mrege", ["append", "merge"], 0.6, ", did you mean 'merge'?"),
        ("zzz", ["append", "merge"], 0.6, ""),
        ("merg", ["merge", "merger"], 0.6, ", did you mean 'merge'?"),
        ("mrege", ["append", "merge"], 0.95, ""),
        ("merge", ["merge"], 1.0, ", did you mean 'merge'?"),
        ("x", [], 0.6, ""),
    ],
)
def test_the_nearest_word_is_meant(word: str, known: list[str], cutoff: float, expected: str) -> None:
    """If it is near enough."""
    assert did_you_mean(word, known, cutoff) == expected == did_you_mean(word, iter(known), cutoff)
