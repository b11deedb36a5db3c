"""Places for values: those that search by themselves, and those that only get what is asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlt
from dlt.configuration import container
from dlt.configuration.providers.base import ConfigProvider, SearchableProvider, Searched
from dlt.configuration.providers.document import DocumentProvider
from dlt.configuration.providers.memory import MemoryProvider

WORDS = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(st.lists(WORDS, max_size=2).map(tuple), min_size=1, max_size=4, unique=True).map(tuple)
VALUES = st.dictionaries(st.lists(WORDS, min_size=1, max_size=3).map(".".join), st.integers(), max_size=5)


class Vault:
    """A place as programs bring it: it gets one value, and knows no more."""

    name = "Vault"
    supports_secrets = True

    def __init__(self, values: dict[str, object]) -> None:
        self.held = MemoryProvider("held", values)

    def get(self, key: str, *sections: str) -> tuple[object, str]:
        """Return a value, or None, and its dotted key."""
        return self.held.get(key, *sections)


@pytest.fixture
def providers() -> Iterator[None]:
    """Forget what a test registered."""
    yield
    container.forget()


@given(VALUES, WORDS, PATHS)
def test_a_place_that_only_gets_values_is_searched_like_one_that_searches(
    values: dict[str, object], key: str, paths: tuple[tuple[str, ...], ...]
) -> None:
    """The first path that has a value wins, and the names up to it are told."""

    def is_value(found: object, _path: tuple[str, ...]) -> bool:
        return not isinstance(found, dict)

    vault = Vault(values)
    found, names = Searched(vault).find(key, paths, is_value)
    single = [vault.get(key, *path) for path in paths]
    hits = [number for number, (value, _) in enumerate(single) if value is not None and is_value(value, ())]
    last = hits[0] if hits else len(paths) - 1
    assert found == (single[hits[0]][0] if hits else None)
    assert list(names) == [name for _, name in single[: last + 1]]


def test_own_places_search_by_themselves() -> None:
    """A place that a program brings is taken as it is, and wrapped where it is asked only."""
    for place in (container.ENVIRON, container.SECRETS, container.CONFIG, MemoryProvider()):
        assert isinstance(place, SearchableProvider)
    assert not isinstance(Vault({}), SearchableProvider) and isinstance(Vault({}), ConfigProvider)
    assert not isinstance(DocumentProvider("document", dict), SearchableProvider)


@pytest.mark.usefixtures("providers")
def test_a_program_finds_its_place_again() -> None:
    """Among those that are asked, the very object that it registered."""
    vault = Vault({"shop.token": "t0ken-of-a-test"})
    dlt.secrets.register_provider(vault)
    assert vault in dlt.secrets.config_providers and vault in dlt.config.config_providers
    assert dlt.secrets["shop.token"] == "t0ken-of-a-test"


@pytest.mark.usefixtures("providers")
def test_a_place_for_secrets_only_is_asked_for_no_settings() -> None:
    """Who says nothing of settings is asked for both."""
    vault = Vault({"shop.token": "t0ken-of-a-test"})
    vault.supports_settings = False  # type: ignore[attr-defined] # what a vault may say
    dlt.secrets.register_provider(vault)
    assert vault in dlt.secrets.config_providers and vault not in dlt.config.config_providers
    assert dlt.config.get("shop.token") is None


def test_a_place_says_where_a_value_stands() -> None:
    """By its name, as far as it knows no more; keys are listed where it lists them."""
    place = Searched(Vault({"a": 1}))
    assert place.describe("shop.a") == "shop.a in Vault" and list(place.keys()) == []
    listing = Searched(DocumentProvider("Airflow variable", lambda: {"shop": {"a": 1}}))
    assert list(listing.keys()) == ["shop.a"] and listing.supports_settings is False
