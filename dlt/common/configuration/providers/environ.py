"""Environment variables as a place for values, under the name of PyPI `dlt` 1.x."""

from __future__ import annotations

from dlt.common.configuration.providers.provider import ConfigProvider
from dlt.configuration.container import ENVIRON
from dlt.configuration.providers.secret_files import FOLDER
from dlt.configuration.values import ConfigValue

SECRET_STORAGE_PATH = f"{FOLDER}/%s"
"""Where secrets are that a container gets as files."""


class EnvironProvider(ConfigProvider):
    """Read `SECTION__KEY` from the environment of the process."""

    @property
    def name(self) -> str:
        """Return what it is called in messages."""
        return ENVIRON.name

    @property
    def supports_secrets(self) -> bool:
        """Tell whether secrets may stand here."""
        return True

    @staticmethod
    def get_key_name(key: str, *sections: str) -> str:
        """Return the name of a variable."""
        return ENVIRON.get(key, *sections)[1]

    def get_value(
        self, key: str, hint: object, pipeline_name: str | None, *sections: str
    ) -> tuple[ConfigValue | None, str]:
        """Return the text of a variable, or None, and the variable's name."""
        del hint
        return ENVIRON.get(key, *((pipeline_name,) if pipeline_name else ()), *sections)
