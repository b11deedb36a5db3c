"""Places that keep one document, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import tomlkit
import yaml

from dlt.common.configuration.providers.provider import ConfigProvider, dotted
from dlt.configuration.providers.memory import MemoryProvider
from dlt.configuration.values import ConfigValue


class BaseDocProvider(ConfigProvider):
    """Read values from nested dicts.

    Args:
        config_doc: The dicts; they are changed when values are set.
    """

    def __init__(self, config_doc: dict[str, object]) -> None:
        self._config_doc = config_doc

    @property
    def name(self) -> str:
        """Return what it is called in messages."""
        return "document"

    @property
    def supports_secrets(self) -> bool:
        """Tell whether secrets may stand here."""
        return True

    @property
    def is_empty(self) -> bool:
        """Tell whether it has no value at all."""
        return not self._config_doc

    @property
    def is_writable(self) -> bool:
        """Tell whether values can be set."""
        return True

    @staticmethod
    def get_key_name(key: str, *sections: str) -> str:
        """Return the dotted name of a value."""
        return dotted(key, None, sections)

    def get_value(
        self, key: str, hint: object, pipeline_name: str | None, *sections: str
    ) -> tuple[ConfigValue | None, str]:
        """Return a value, or None, and its dotted name."""
        # values of a document have types already
        del hint
        name = dotted(key, pipeline_name, sections)
        return MemoryProvider(self.name, self._config_doc).get(name)[0], name

    def set_value(self, key: str, value: object, pipeline_name: str | None, *sections: str) -> None:
        """Set a value; a dict is merged into the table that is there."""
        table = self._config_doc
        for section in dotted(key, pipeline_name, sections).split(".")[:-1]:
            table = _table(table, section)
        if isinstance(value, Mapping):
            _table(table, key).update(value)
        else:
            table[key] = value

    def to_toml(self) -> str:
        """Return the document as TOML."""
        return tomlkit.dumps(self._config_doc)

    def to_yaml(self) -> str:
        """Return the document as YAML, in its order."""
        return yaml.dump(self._config_doc, allow_unicode=True, default_flow_style=False, sort_keys=False)


def _table(table: dict[str, object], name: str) -> dict[str, object]:
    found = table.get(name)
    if not isinstance(found, dict):
        found = table[name] = {}
    return found


class CustomLoaderDocProvider(BaseDocProvider):
    """Read settings and secrets from a dict that a function returns, which is called once.

    Args:
        name: For messages.
        loader: Returns nested dicts.
        supports_secrets: Secrets may stand in it.
        locations: Files or services that the function reads.
    """

    def __init__(
        self,
        name: str,
        loader: Callable[[], dict[str, object]],
        supports_secrets: bool = True,
        locations: Sequence[str] | None = None,
    ) -> None:
        self._name = name
        self._supports_secrets = supports_secrets
        self._locations = list(locations or ())
        super().__init__(loader())

    @property
    def name(self) -> str:
        """Return what it is called in messages."""
        return self._name

    @property
    def supports_secrets(self) -> bool:
        """Tell whether secrets may stand here."""
        return self._supports_secrets

    @property
    def locations(self) -> Sequence[str]:
        """Return the files or services that it reads."""
        return self._locations
