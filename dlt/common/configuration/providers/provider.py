"""The base of places for values under the name of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Sequence

from dlt.configuration.values import ConfigValue


class ConfigProvider:
    """A place for values: a class of a program overrides `name`, `supports_secrets` and `get_value`.

    `dlt.config.register_provider` takes one; the library asks it through `get`.
    """

    @property
    def name(self) -> str:
        """Return what it is called in messages."""
        return type(self).__name__

    @property
    def supports_secrets(self) -> bool:
        """Tell whether secrets may stand here."""
        return False

    @property
    def supports_sections(self) -> bool:
        """Tell whether names have sections."""
        return True

    @property
    def is_empty(self) -> bool:
        """Tell whether it has no value at all."""
        return False

    @property
    def is_writable(self) -> bool:
        """Tell whether values can be set."""
        return False

    @property
    def locations(self) -> Sequence[str]:
        """Return the files or services that it reads."""
        return []

    @property
    def present_locations(self) -> Sequence[str]:
        """Return those of them that are there."""
        return self.locations

    def get_value(
        self, key: str, hint: object, pipeline_name: str | None, *sections: str
    ) -> tuple[ConfigValue | None, str]:
        """Return a value, or None, and the name under which it was looked for.

        Args:
            key: Name of the value.
            hint: Type that is wanted; a text in place of it will do.
            pipeline_name: Look under the name of this pipeline.
            *sections: Look under these sections.
        """
        raise NotImplementedError(f"{type(self).__name__}.get_value: a place for values must override it.")

    def set_value(self, key: str, value: object, pipeline_name: str | None, *sections: str) -> None:
        """Set a value."""
        raise NotImplementedError(f"{type(self).__name__}: values cannot be set here.")

    def get(self, key: str, *sections: str) -> tuple[object, str]:
        """Return a value, or None, and the name under which it was looked for."""
        return self.get_value(key, object, None, *sections)


def dotted(key: str, pipeline_name: str | None, sections: Sequence[str]) -> str:
    """Return the dotted name of a value."""
    return ".".join(part for part in (pipeline_name, *sections, key) if part)
