"""TOML files as places for values, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from dlt.common.configuration.providers.doc import BaseDocProvider, CustomLoaderDocProvider
from dlt.configuration.providers.parsing import parse_toml
from dlt.errors import ConfigProviderException

__all__ = [
    "CONFIG_TOML",
    "SECRETS_TOML",
    "BaseDocProvider",
    "ConfigTomlProvider",
    "CustomLoaderDocProvider",
    "SecretsTomlProvider",
    "SettingsTomlProvider",
    "StringTomlProvider",
    "TomlProviderReadException",
]
CONFIG_TOML = "config.toml"
SECRETS_TOML = "secrets.toml"
TomlProviderReadException = ConfigProviderException


class StringTomlProvider(BaseDocProvider):
    """Read values from TOML text.

    Args:
        toml_string: The text.
    """

    def __init__(self, toml_string: str) -> None:
        super().__init__(parse_toml(toml_string, self.name))

    @property
    def name(self) -> str:
        """Return what it is called in messages."""
        return "memory"

    def update(self, toml_string: str) -> None:
        """Read other text in place of it."""
        self._config_doc = parse_toml(toml_string, self.name)

    def dumps(self) -> str:
        """Return the values as TOML."""
        return self.to_toml()


class SettingsTomlProvider(CustomLoaderDocProvider):
    """Read a TOML file that may lie in several folders: values of the first come before those of the others.

    Args:
        name: For messages.
        supports_secrets: Secrets may stand in it.
        file_name: Name of the file.
        resolvable_dirs: The folders.
        global_dir: A folder whose file counts last.

    Raises:
        ConfigProviderException: a file is not TOML.
    """

    def __init__(
        self,
        name: str,
        supports_secrets: bool,
        file_name: str,
        resolvable_dirs: Sequence[str],
        global_dir: str | None = None,
    ) -> None:
        folders = [*resolvable_dirs, *([global_dir] if global_dir else [])]
        self._paths = [os.path.join(folder, file_name) for folder in folders]
        super().__init__(name, self._read, supports_secrets, self._paths)

    @property
    def present_locations(self) -> Sequence[str]:
        """Return the files that are there."""
        return [path for path in self._paths if os.path.isfile(path)]

    def _read(self) -> dict[str, object]:
        document: dict[str, object] = {}
        # the last folder first: what is merged later wins
        for path in reversed(self.present_locations):
            # editors on Windows begin a file with a mark of its byte order
            _merge(document, parse_toml(Path(path).read_text(encoding="utf-8-sig"), path))
        return document

    def write_toml(self) -> None:
        """Write the values into the file of the first folder."""
        Path(self._paths[0]).write_text(self.to_toml(), encoding="utf-8")


def _merge(below: dict[str, object], above: dict[str, object]) -> None:
    for key, value in above.items():
        there = below.get(key)
        if isinstance(there, dict) and isinstance(value, dict):
            _merge(there, value)
        else:
            below[key] = value


class ConfigTomlProvider(SettingsTomlProvider):
    """Read config.toml.

    Args:
        settings_dir: Folder of the program's settings.
        global_dir: Folder with the settings of all programs.
    """

    def __init__(self, settings_dir: str, global_dir: str | None = None) -> None:
        super().__init__(CONFIG_TOML, False, CONFIG_TOML, [settings_dir], global_dir)


class SecretsTomlProvider(SettingsTomlProvider):
    """Read secrets.toml.

    Args:
        settings_dir: Folder of the program's settings.
        global_dir: Folder with the settings of all programs.
    """

    def __init__(self, settings_dir: str, global_dir: str | None = None) -> None:
        super().__init__(SECRETS_TOML, True, SECRETS_TOML, [settings_dir], global_dir)
