"""The places for values, in the order in which they are asked."""

from __future__ import annotations

from dlt.configuration.providers.base import ConfigProvider
from dlt.configuration.providers.environ import EnvironProvider
from dlt.configuration.providers.memory import MemoryProvider
from dlt.configuration.providers.toml import TomlProvider
from dlt.errors import DuplicateConfigProviderException

ENVIRON = EnvironProvider()
SECRETS = TomlProvider("secrets.toml", supports_secrets=True)
CONFIG = TomlProvider("config.toml", supports_secrets=False)
_providers: list[ConfigProvider] = [ENVIRON, SECRETS, CONFIG]


_memory = MemoryProvider("Set in the program")


def memory() -> MemoryProvider:
    """Return the place for what the program sets itself; it is asked first of all once it holds something."""
    if _memory not in _providers:
        _providers.insert(0, _memory)
    return _memory


def providers() -> tuple[ConfigProvider, ...]:
    """Return all providers: environment, then registered ones, then secrets.toml and config.toml."""
    return tuple(_providers)


def register_provider(provider: ConfigProvider) -> None:
    """Ask a provider too, right after the environment.

    Raises:
        DuplicateConfigProviderException: one of this name is registered.
    """
    if any(known.name == provider.name for known in _providers):
        raise DuplicateConfigProviderException(
            f"A provider named {provider.name!r} is registered already. Remove it first, or give this one another name."
        )
    if not hasattr(provider, "supports_settings"):
        provider.supports_settings = True
    position = len(_providers) - 2
    _providers.insert(position, provider)


def unregister_provider(name: str) -> None:
    """Ask a provider no more."""
    _providers[:] = [known for known in _providers if known.name != name]
