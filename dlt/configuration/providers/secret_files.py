"""Secrets that a container gets as files: each in a file of its own below `/run/secrets`."""

from __future__ import annotations

import os
from collections.abc import Sequence

from dlt.configuration.providers.base import IsValue

FOLDER = "/run/secrets"
"""Where Docker, Podman and most charts for Kubernetes put them."""


class SecretFiles:
    """Read `section--key` from a folder; in it a folder with a file of the same name counts too.

    Args:
        folder: The folder.
    """

    name = "Secret Files"
    supports_secrets = True
    supports_settings = False

    def __init__(self, folder: str = FOLDER) -> None:
        self.folder = folder

    def is_there(self) -> bool:
        """Tell whether there is such a folder: on most machines there is none, and no message names it."""
        return os.path.isdir(self.folder)

    def get(self, key: str, *sections: str) -> tuple[object, str]:
        """Return the text of a file, or None, and the file's name."""
        # as PyPI dlt 1.x names them: orchestrators of containers take no underscores
        name = "--".join([*sections, key]).lower().replace("_", "-").replace(".", "--")
        return self._read(name), name

    def find(
        self, key: str, paths: tuple[tuple[str, ...], ...], _is_value: IsValue | None = None
    ) -> tuple[object, Sequence[str]]:
        """Return the value of the first path that has one, or None, and the names that were tried."""
        names: list[str] = []
        for path in paths:
            value, name = self.get(key, *path)
            names.append(name)
            if value is not None:
                return value, names
        return None, names

    def describe(self, name: str) -> str:
        """Return what a file is called in messages."""
        return f"the file {os.path.join(self.folder, name)}"

    def keys(self) -> list[str]:
        """Return the names of the files, as dotted keys."""
        return (
            [name.replace("--", ".").replace("-", "_") for name in os.listdir(self.folder)] if self.is_there() else []
        )

    def _read(self, name: str) -> str | None:
        path = os.path.join(self.folder, name)
        if os.path.isdir(path):
            path = os.path.join(path, name)
        try:
            with open(path, encoding="utf-8") as file:
                # editors put a line end behind a secret, and none has one
                return file.read().rstrip("\r\n")
        except OSError:
            # also what this user may not read: it is no secret of his
            return None
