"""Values that the program set itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlt.configuration.providers.base import leaves


class MemoryProvider:
    """Hold values in a dict; they end with the process.

    Args:
        name: For messages.
        values: Values by dotted key, or nested dicts.
        supports_secrets: Secrets may stand here.
    """

    supports_settings = True

    def __init__(
        self, name: str = "memory", values: Mapping[str, Any] | None = None, supports_secrets: bool = True
    ) -> None:
        self.name = name
        self.supports_secrets = supports_secrets
        self._values: dict[str, Any] = {}
        for key, value in (values or {}).items():
            self.set(key, value)

    def get(self, key: str, *sections: str) -> tuple[Any, str]:
        """Return a value, or None, and its dotted key."""
        looked_up = ".".join((*sections, key))
        found: Any = self._values
        for part in looked_up.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
            if found is None:
                break
        return found, looked_up

    def keys(self) -> list[str]:
        """Return the dotted keys that have values."""
        return list(leaves(self._values))

    def set(self, key: str, value: Any) -> None:
        """Set a value by its dotted key."""
        table = self._values
        *sections, last = key.split(".")
        for section in sections:
            if not isinstance(table.get(section), dict):
                table[section] = {}
            table = table[section]
        # a copy, because single values may be set in it later
        table[last] = _copied(value)

    def clear(self) -> None:
        """Forget all values."""
        self._values.clear()


def _copied(value: Any) -> Any:
    return {key: _copied(item) for key, item in value.items()} if isinstance(value, Mapping) else value
