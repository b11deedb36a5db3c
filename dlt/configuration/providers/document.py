"""A place that keeps one document, such as a variable of Airflow or a secret of Google."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from dlt.configuration.providers.memory import MemoryProvider
from dlt.configuration.providers.parsing import parse_toml


class DocumentProvider:
    """Read values from a document that is fetched once, when the first value is looked for.

    Args:
        name: For messages.
        fetch: Returns TOML text, a dict, or None when there is none.
        supports_secrets: Secrets may stand in it.
        supports_settings: Plain settings are looked for in it too.
    """

    def __init__(
        self,
        name: str,
        fetch: Callable[[], str | Mapping[str, object] | None],
        supports_secrets: bool = True,
        supports_settings: bool = False,
    ) -> None:
        self.name = name
        self.supports_secrets = supports_secrets
        self.supports_settings = supports_settings
        self._fetch = fetch
        self._lock = threading.Lock()
        self._values: MemoryProvider | None = None

    def get(self, key: str, *sections: str) -> tuple[object, str]:
        """Return a value, or None, and its dotted key.

        Raises:
            ConfigProviderException: the document is not TOML.
        """
        return self._fetched().get(key, *sections)

    def keys(self) -> list[str]:
        """Return the dotted keys that have values."""
        return self._fetched().keys()

    def _fetched(self) -> MemoryProvider:
        # resources ask side by side, and a vault answers slowly: it is asked once
        with self._lock:
            if self._values is None:
                # a failure is not kept: the next look-up asks again
                found = self._fetch() or {}
                document = parse_toml(found, self.name) if isinstance(found, str) else found
                self._values = MemoryProvider(self.name, document)
            return self._values
