"""Environment variables: upper case, sections joined with two underscores."""

from __future__ import annotations

import os
from typing import Any


class EnvironProvider:
    """Read `SECTION__KEY` from the environment; a file named by `SECTION__KEY` is never opened."""

    name = "Environment Variables"
    supports_secrets = True
    supports_settings = True

    def get(self, key: str, *sections: str) -> tuple[Any, str]:
        """Return the text of a variable, or None, and the variable's name."""
        name = "__".join([*sections, key]).upper().replace("-", "_").replace(".", "__")
        return os.environ.get(name), name

    def set(self, key: str, value: Any) -> None:
        """Set a variable of this process."""
        os.environ[key.upper().replace(".", "__")] = str(value)
