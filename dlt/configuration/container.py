"""The places for values, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Sequence

from dlt.configuration.providers.base import ConfigProvider, SearchableProvider, Searched
from dlt.configuration.providers.environ import EnvironProvider
from dlt.configuration.providers.memory import MemoryProvider
from dlt.configuration.providers.secret_files import SecretFiles
from dlt.configuration.providers.toml import TomlProvider
from dlt.errors import DuplicateConfigProviderException

ENVIRON = EnvironProvider()
SECRET_FILES = SecretFiles()
SECRETS = TomlProvider("secrets.toml", supports_secrets=True)
CONFIG = TomlProvider("config.toml", supports_secrets=False)
_providers: list[SearchableProvider] = [ENVIRON, SECRETS, CONFIG]
_set_secrets = MemoryProvider("Set in the program (dlt.secrets)")
_set_config = MemoryProvider("Set in the program (dlt.config)", supports_secrets=False)


def memory(secret: bool) -> MemoryProvider:
    """Return the place for what the program sets itself; it is asked first of all once it holds something."""
    found = _set_secrets if secret else _set_config
    if found not in _providers:
        # not among the providers before: a program that sets nothing lists only the places that it knows
        _providers.insert(0, found)
    return found


def forget() -> None:
    """Drop all that the program set, and all providers that it registered."""
    for provider in (_set_secrets, _set_config):
        provider.clear()
    _providers[:] = [ENVIRON, SECRETS, CONFIG]


def use_providers(providers: Sequence[ConfigProvider]) -> None:
    """Ask these places and no others, beside what the program sets itself."""
    own = [provider for provider in (_set_secrets, _set_config) if provider in _providers]
    _providers[:] = [*own, *(_searchable(provider) for provider in providers)]


def places() -> list[ConfigProvider]:
    """Return the places that are asked, as the program registered them, without what it sets itself."""
    given = [place for place in _providers if place not in (_set_secrets, _set_config)]
    return [place.provider if isinstance(place, Searched) else place for place in given]


def _searchable(provider: ConfigProvider) -> SearchableProvider:
    return provider if isinstance(provider, SearchableProvider) else Searched(provider)


def asked(secret: bool) -> list[SearchableProvider]:
    """Return the providers that are asked for a secret or a setting, in order.

    A provider without `supports_settings` is asked for both; a vault sets it to False and is asked for secrets only.
    """
    if secret:
        found = [provider for provider in _providers if provider.supports_secrets]
        if ENVIRON in found and SECRET_FILES.is_there():
            # part of what the system gives to a process, and before its variables, as in PyPI dlt 1.x
            found.insert(found.index(ENVIRON), SECRET_FILES)
        return found
    return [provider for provider in _providers if provider.supports_settings]


def registered(secret: bool) -> list[ConfigProvider]:
    """Return the same providers as the program registered them."""
    return [place.provider if isinstance(place, Searched) else place for place in asked(secret)]


def settings_only() -> list[SearchableProvider]:
    """Return the user's own places that must not hold secrets: what `dlt.config` set, and config.toml."""
    # the environment is no such place: it holds settings and secrets alike
    own: tuple[SearchableProvider, ...] = (_set_config, CONFIG)
    return [provider for provider in own if provider in _providers]


def own_places() -> list[SearchableProvider]:
    """Return the places of the project that have values: what the program set, its variables, and its files."""
    own = (_set_config, ENVIRON, SECRETS, CONFIG)
    return [provider for provider in own if provider in _providers and provider.keys()]


def register_provider(provider: ConfigProvider) -> None:
    """Ask a provider too, right after the environment.

    Raises:
        DuplicateConfigProviderException: one of this name is registered.
    """
    # names tell places apart in messages, and `find_value` goes back to one by its name
    if any(known.name == provider.name for known in _providers):
        raise DuplicateConfigProviderException(
            f"A provider named {provider.name!r} is registered already. Remove it first, or give this one another name."
        )
    # the project's two files stay last: what a program registers is meant to come before them
    _providers.insert(len(_providers) - 2, _searchable(provider))
