"""What a place for values offers."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class ConfigProvider(Protocol):
    """A place for configuration values.

    Attributes:
        name: For messages.
        supports_secrets: Secrets may stand here.
        supports_settings: Plain settings are looked for here; vaults are asked for secrets only.
    """

    name: str
    supports_secrets: bool
    supports_settings: bool

    def get(self, key: str, *sections: str) -> tuple[Any, str]:
        """Return a value, or None, and the name under which it was looked for."""

    def set(self, key: str, value: Any) -> None:
        """Set a value by its dotted key, if this place can be written."""
