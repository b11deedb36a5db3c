"""Values that the program set itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from dlt.configuration.providers.base import IsValue, leaves


class MemoryProvider:
    """Hold values in a dict; they end with the process. A section and a value may have one name.

    Args:
        name: For messages.
        values: Values by dotted key, or nested dicts.
        supports_secrets: Secrets may stand here.
    """

    supports_settings = True

    def __init__(
        self, name: str = "memory", values: Mapping[str, object] | None = None, supports_secrets: bool = True
    ) -> None:
        self.name = name
        self.supports_secrets = supports_secrets
        self._values: dict[str, object] = {}
        for key, value in (values or {}).items():
            self.set(key, value)

    @contextmanager
    def holding(self, values: Mapping[str, object]) -> Iterator[None]:
        """Hold values for the length of a block, and nothing behind it.

        Args:
            values: Values by dotted key, or nested dicts.
        """
        for key, value in values.items():
            self.set(key, value)
        try:
            yield
        finally:
            self.clear()

    def get(self, key: str, *sections: str) -> tuple[object, str]:
        """Return a value, or None, and its dotted key; a table has all that was set in it."""
        looked_up = ".".join((*sections, key))
        table = self._table(looked_up)
        return (self._single(looked_up) if table is None else table), looked_up

    def find(
        self, key: str, paths: tuple[tuple[str, ...], ...], is_value: IsValue | None = None
    ) -> tuple[object, Sequence[str]]:
        """Return the value of the first path that has one, or None, and the names that were tried."""
        names: list[str] = []
        for path in paths:
            names.append(".".join((*path, key)))
            # a table and a value may have one name: who asks decides which one it takes
            for found in (self._table(names[-1]), self._single(names[-1])):
                if found is not None and (is_value is None or is_value(found, path)):
                    return found, names
        return None, names

    def _single(self, looked_up: str) -> object:
        """Return what was set under this very key, or in a table that was set as a whole."""
        found = self._values.get(looked_up)
        return self._inside(looked_up) if found is None else found

    def _table(self, looked_up: str) -> dict[str, object] | None:
        """Return a table with all that was set below a key, or None."""
        below = {name: value for name, value in self._values.items() if name.startswith(f"{looked_up}.")}
        whole = self._single(looked_up) if self._values else None
        if not below and not isinstance(whole, Mapping):
            return None
        table = _copy_of(whole) if isinstance(whole, Mapping) else {}
        for name, value in below.items():
            _put(table, name[len(looked_up) + 1 :].split("."), value)
        return table

    def _inside(self, looked_up: str) -> object:
        """Return a value out of a table that was set as a whole."""
        parts = looked_up.split(".")
        # the nearest table first: it was set for what stands below it
        for length in range(len(parts) - 1, 0, -1):
            found = self._values.get(".".join(parts[:length]))
            for part in parts[length:]:
                found = found.get(part) if isinstance(found, Mapping) else None
            if found is not None:
                return found
        return None

    def describe(self, name: str) -> str:
        """Return a key and what holds it."""
        return f"{name} in {self.name}"

    def keys(self) -> list[str]:
        """Return the dotted keys that have values."""
        found: dict[str, None] = {}
        for key, value in self._values.items():
            found.update(dict.fromkeys(leaves(value, f"{key}.") if isinstance(value, Mapping) else [key]))
        return list(found)

    def set(self, key: str, value: object) -> None:
        """Set a value by its dotted key; a table replaces all that was set below the key."""
        if isinstance(value, Mapping):
            # else a table would be mixed with what an earlier one set
            for name in [name for name in self._values if name.startswith(f"{key}.")]:
                del self._values[name]
        # a copy, because the program may change what it passed
        self._values[key] = _copied(value)

    def clear(self) -> None:
        """Forget all values."""
        self._values.clear()


def _copied(value: object) -> object:
    return _copy_of(value) if isinstance(value, Mapping) else value


def _copy_of(table: Mapping[str, object]) -> dict[str, object]:
    return {key: _copied(item) for key, item in table.items()}


def _put(table: dict[str, object], path: list[str], value: object) -> None:
    for section in path[:-1]:
        inner = table.get(section)
        # a value on the way gives way to the table that stands below it
        if not isinstance(inner, dict):
            inner = table[section] = {}
        table = inner
    table[path[-1]] = value
