"""A vault that keeps one TOML document, such as a variable of Airflow or a secret of Google."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from dlt.configuration.providers.memory import MemoryProvider
from dlt.configuration.providers.parsing import parse_toml


class DocumentProvider:
    """Read values from a TOML document that is fetched once, when the first value is looked for.

    Args:
        name: For messages.
        fetch: Returns the document's text, or None when the vault has none.
        supports_secrets: Secrets may stand in it.
        supports_settings: Plain settings are looked for in it too.
    """

    def __init__(
        self,
        name: str,
        fetch: Callable[[], str | None],
        supports_secrets: bool = True,
        supports_settings: bool = False,
    ) -> None:
        self.name = name
        self.supports_secrets = supports_secrets
        self.supports_settings = supports_settings
        self._fetch = fetch
        self._lock = threading.Lock()
        self._values: MemoryProvider | None = None

    def get(self, key: str, *sections: str) -> tuple[Any, str]:
        """Return a value, or None, and its dotted key.

        Raises:
            ConfigProviderException: the document is not TOML.
        """
        with self._lock:
            if self._values is None:
                self._values = MemoryProvider(self.name, parse_toml(self._fetch() or "", self.name))
        return self._values.get(key, *sections)
