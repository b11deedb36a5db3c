"""Environment variables: upper case, sections joined with two underscores."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache

from dlt.configuration.providers.base import IsValue

SET_BY_SYSTEM = frozenset(
    [
        "_",
        "COLUMNS",
        "HOME",
        "HOSTNAME",
        "LANG",
        "LINES",
        "LOGNAME",
        "OLDPWD",
        "PATH",
        "PWD",
        "SHELL",
        "SHLVL",
        "TEMP",
        "TERM",
        "TMP",
        "TMPDIR",
        "USER",
    ]
)
"""Variables that are there though nobody configured anything; as the bare name of a value they mean nothing."""


class EnvironProvider:
    """Read `SECTION__KEY` from the environment of the process."""

    name = "Environment Variables"
    supports_secrets = True
    supports_settings = True

    def get(self, key: str, *sections: str) -> tuple[object, str]:
        """Return the text of a variable, or None, and the variable's name."""
        name = _name(key, sections)
        return os.environ.get(name), name

    def find(
        self, key: str, paths: tuple[tuple[str, ...], ...], _is_value: IsValue | None = None
    ) -> tuple[object, Sequence[str]]:
        """Return the value of the first path that has one, or None, and the names that were tried."""
        names = _names(key, paths)
        for position, name in enumerate(names):
            # an empty variable counts: it is how shells unset a value that has a default
            found = os.environ.get(name)
            if found is not None:
                return found, names[: position + 1]
        return None, names

    def describe(self, name: str) -> str:
        """Return what a variable is called in messages."""
        return f"the environment variable {name}"

    def keys(self) -> list[str]:
        """Return the names of the variables that have sections; the others are mostly not ours."""
        # bare names would fill the list of similar keys with what the system sets
        return [name for name in os.environ if "__" in name.strip("_")]

    def set(self, key: str, value: object) -> None:
        """Set a variable of this process."""
        os.environ[key.upper().replace(".", "__")] = str(value)


def _name(key: str, sections: tuple[str, ...]) -> str:
    # hyphens and dots cannot stand in names of variables
    return "__".join([*sections, key]).upper().replace("-", "_").replace(".", "__")


@lru_cache(maxsize=1024)
def _names(key: str, paths: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(_name(key, path) for path in paths)
