"""What a place for values offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, runtime_checkable

IsValue = Callable[[Any, tuple[str, ...]], bool]
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

    def get(self, key: str, *sections: str) -> tuple[Any, str]:
        """Return a value, or None, and the name under which it was looked for."""


@runtime_checkable
class WritableProvider(ConfigProvider, Protocol):
    """A place that values can be written to."""

    def set(self, key: str, value: Any) -> None:
        """Set a value by its dotted key."""


def leaves(document: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the dotted keys of a nested document that have values."""
    for key, value in document.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"
