"""What a place for values offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

IsValue = Callable[[object, tuple[str, ...]], bool]
"""Tells of what stands under a path whether it is a value; a table may be a section."""


@runtime_checkable
class ConfigProvider(Protocol):
    """A place for configuration values.

    A vault sets `supports_settings = False` too: then it is asked for secrets only. A provider that can list its keys
    cheaply has a method `keys`: then messages about missing values name similar keys.

    Attributes:
        name: For messages.
        supports_secrets: Secrets may stand here.
    """

    name: str
    supports_secrets: bool

    def get(self, key: str, *sections: str) -> tuple[object, str]:
        """Return a value, or None, and the name under which it was looked for."""


@runtime_checkable
class SearchableProvider(ConfigProvider, Protocol):
    """A place that is asked for all names of a value at once, and that tells where it has what.

    Attributes:
        supports_settings: Plain settings are looked for here too.
    """

    supports_settings: bool

    def find(
        self, key: str, paths: tuple[tuple[str, ...], ...], is_value: IsValue | None = None, /
    ) -> tuple[object, Sequence[str]]:
        """Return the value of the first path that has one, or None, and the names that were tried."""

    def describe(self, name: str, /) -> str:
        """Return what a name is called in messages, and the file or the place that has it."""

    def keys(self) -> Sequence[str]:
        """Return the names that have values, as far as they can be listed."""


@runtime_checkable
class SaysOfSettings(Protocol):
    """A place that says whether plain settings are looked for in it too."""

    supports_settings: bool


@runtime_checkable
class Listing(Protocol):
    """A place that lists its keys cheaply."""

    def keys(self) -> Sequence[str]:
        """Return the names that have values."""


class Searched:
    """A provider that only gets single values, searched name by name.

    Args:
        provider: Any provider; what it tells of itself beyond `get` is asked where it is there.
    """

    def __init__(self, provider: ConfigProvider) -> None:
        self.provider = provider
        self.name = provider.name
        self.supports_secrets = provider.supports_secrets
        # a vault says False and is asked for secrets only; who says nothing is asked for both
        self.supports_settings = not isinstance(provider, SaysOfSettings) or bool(provider.supports_settings)

    def get(self, key: str, *sections: str) -> tuple[object, str]:
        """Return a value, or None, and the name under which it was looked for."""
        return self.provider.get(key, *sections)

    def find(
        self, key: str, paths: tuple[tuple[str, ...], ...], is_value: IsValue | None = None, /
    ) -> tuple[object, Sequence[str]]:
        """Return the value of the first path that has one, or None, and the names that were tried."""
        names: list[str] = []
        for path in paths:
            value, name = self.provider.get(key, *path)
            names.append(name)
            if value is not None and (is_value is None or is_value(value, path)):
                return value, names
        return None, names

    def describe(self, name: str) -> str:
        """Return a name and the place."""
        return f"{name} in {self.name}"

    def keys(self) -> Sequence[str]:
        """Return the names that have values, where the provider lists them."""
        return self.provider.keys() if isinstance(self.provider, Listing) else ()


@runtime_checkable
class WritableProvider(ConfigProvider, Protocol):
    """A place that values can be written to."""

    def set(self, key: str, value: object) -> None:
        """Set a value by its dotted key."""


def leaves(document: Mapping[str, object], prefix: str = "") -> Iterator[str]:
    """Yield the dotted keys of a nested document that have values."""
    for key, value in document.items():
        if isinstance(value, Mapping):
            # a table is no value here: what is told is what could be looked up
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"
