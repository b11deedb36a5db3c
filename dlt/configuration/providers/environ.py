"""Environment variables: upper case, sections joined with two underscores."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any


class EnvironProvider:
    """Read `SECTION__KEY` from the environment of the process."""

    name = "Environment Variables"
    supports_secrets = True
    supports_settings = True

    def get(self, key: str, *sections: str) -> tuple[Any, str]:
        """Return the text of a variable, or None, and the variable's name."""
        name = _name(key, sections)
        return os.environ.get(name), name

    def set(self, key: str, value: Any) -> None:
        """Set a variable of this process."""
        os.environ[key.upper().replace(".", "__")] = str(value)


@lru_cache(maxsize=4096)
def _name(key: str, sections: tuple[str, ...]) -> str:
    return "__".join([*sections, key]).upper().replace("-", "_").replace(".", "__")
