"""Values of a block as a place for values, under the name of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from dlt.common.configuration.providers.doc import BaseDocProvider


class DictionaryProvider(BaseDocProvider):
    """Read values that a program sets for a block."""

    NAME: ClassVar[str] = "Dictionary Provider"

    def __init__(self) -> None:
        super().__init__({})

    @property
    def name(self) -> str:
        """Return what it is called in messages."""
        return self.NAME

    @staticmethod
    def get_key_name(key: str, *sections: str) -> str:
        """Return the name of a value, its sections joined with two underscores."""
        return "__".join((*sections, key))

    @contextmanager
    def values(self, doc: dict[str, object]) -> Iterator[None]:
        """Have these values for a block."""
        before, self._config_doc = self._config_doc, doc
        try:
            yield
        finally:
            self._config_doc = before
