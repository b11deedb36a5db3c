"""secrets.toml and config.toml in `.dlt/` of the current folder and of the home folder."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping, Sequence
from functools import lru_cache
from pathlib import Path

from dlt.configuration.providers.base import IsValue, leaves
from dlt.errors import ConfigProviderException

_parsed: dict[str, tuple[tuple[int, int], dict[str, object]]] = {}


def project_folder() -> Path:
    """Return the folder with the project's files: `.dlt` in the current folder."""
    return Path(_project_folder())


def _project_folder() -> str:
    folder = os.environ.get("DLT_PROJECT_DIR") or os.getcwd()
    return os.path.join(folder, os.environ.get("DLT_CONFIG_FOLDER", ".dlt"))


def home_folder() -> Path:
    """Return the folder with the files of all projects."""
    return Path(os.path.expanduser("~")) / ".dlt"


class TomlProvider:
    """Read one of the files; values of the project come before those of the home folder.

    Args:
        file_name: "secrets.toml" or "config.toml".
        supports_secrets: Secrets may stand in it.
    """

    supports_settings = True

    def __init__(self, file_name: str, supports_secrets: bool) -> None:
        self.name = file_name
        self.supports_secrets = supports_secrets

    @property
    def paths(self) -> list[Path]:
        """Return where the file is looked for."""
        return [project_folder() / self.name, home_folder() / self.name]

    def find(
        self, key: str, paths: tuple[tuple[str, ...], ...], is_value: IsValue | None = None
    ) -> tuple[object, Sequence[str]]:
        """Return the value of the first path that has one, or None, and the names that were tried.

        Args:
            key: Name of the value.
            paths: Sections to look in.
            is_value: Tells values from sections; all that is found is a value when None.
        """
        documents = self._documents()
        names = _names(key, paths)
        if documents:
            for position, name in enumerate(names):
                for document in documents:
                    found = _descend(document, name)
                    if found is not None and (is_value is None or is_value(found, paths[position])):
                        return found, names[: position + 1]
        return None, names

    def describe(self, name: str) -> str:
        """Return a key and the file that has it."""
        found = (path for path in self.paths if _descend(_read(str(path)), name) is not None)
        return f"{name} in {next(found, self.name)}"

    def keys(self) -> list[str]:
        """Return the dotted keys that have values."""
        return list(dict.fromkeys(key for document in self._documents() for key in leaves(document)))

    def files(self) -> list[tuple[Path, dict[str, object]]]:
        """Return the files that are there, with what stands in them."""
        return [(path, _parse(path)) for path in self.paths if path.is_file()]

    def _documents(self) -> list[dict[str, object]]:
        # text, as Path objects would cost time at each look-up
        home = os.path.join(os.path.expanduser("~"), ".dlt", self.name)
        files = (os.path.join(_project_folder(), self.name), home)
        return [document for document in map(_read, files) if document]

    def get(self, key: str, *sections: str) -> tuple[object, str]:
        """Return a value, or None, and its dotted key."""
        found, names = self.find(key, (sections,))
        return found, names[0]

    def set(self, key: str, value: object) -> None:
        """Write a value into the project's file; comments in it stay.

        Raises:
            ConfigProviderException: the file cannot be written.
        """
        import tomlkit

        file = self.paths[0]
        try:
            if file.exists():
                # an error in the file is told as when it is read
                _parse(file)
            document = tomlkit.parse(file.read_text(encoding="utf-8-sig")) if file.exists() else tomlkit.document()
            table: MutableMapping[str, object] = document
            *sections, last = key.split(".")
            for section in sections:
                if section not in table:
                    table[section] = tomlkit.table()
                inner = table[section]
                if not isinstance(inner, MutableMapping):
                    raise _taken(file, key, section, "a value")
                table = inner
            there = table.get(last)
            if isinstance(there, Mapping) and there and not isinstance(value, Mapping):
                raise _taken(file, key, last, "a table")
            table[last] = value
            _replace(file, tomlkit.dumps(document), 0o600 if self.supports_secrets else 0o644)
        except OSError as error:
            raise ConfigProviderException(f"{file}: {key} cannot be written: {error.strerror}.") from error
        # written within the same tick of the clock, the stamp could be that of the old content
        _parsed.pop(str(file), None)


def _taken(file: Path, key: str, name: str, what: str) -> ConfigProviderException:
    return ConfigProviderException(
        f"{file}: {key} is not written, because {name} is {what} there and would be lost. Remove it, or choose another "
        "key."
    )


def _replace(file: Path, text: str, mode: int) -> None:
    """Write a file as a whole or not at all; an existing one keeps its rights."""
    # a link stays a link: its target is replaced
    file = file.resolve()
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists():
        # a person may have opened or closed it to others on purpose
        mode = file.stat().st_mode & 0o777
    # in the same folder, as a rename does not cross file systems
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        # renamed before its content is on disk the file could be empty after a power cut
        os.fsync(out.fileno())
    # the mask of the process took rights from it when it was made
    draft.chmod(mode)
    draft.replace(file)


@lru_cache(maxsize=1024)
def _names(key: str, paths: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(".".join((*path, key)) for path in paths)


def _descend(document: object, name: str) -> object:
    for part in name.split("."):
        document = document.get(part) if isinstance(document, Mapping) else None
        if document is None:
            return None
    return document


def _read(name: str) -> dict[str, object]:
    try:
        facts = os.stat(name)
    except OSError:
        return {}
    # asked at each look-up: a notebook goes on while its user edits the file
    stamp = (facts.st_mtime_ns, facts.st_size)
    known = _parsed.get(name)
    if known is not None and known[0] == stamp:
        return known[1]
    content = _parse(Path(name))
    _parsed[name] = (stamp, content)
    return content


def _parse(file: Path) -> dict[str, object]:
    from dlt.configuration.providers.parsing import parse_toml

    try:
        # editors on Windows begin files with a byte order mark
        return parse_toml(file.read_text(encoding="utf-8-sig"), str(file))
    except UnicodeDecodeError as error:
        # the error holds the whole text
        raise ConfigProviderException(
            f"{file}: byte {error.start} is not UTF-8. Save the file with the encoding UTF-8."
        ) from None
    except OSError as error:
        raise ConfigProviderException(f"{file}: it cannot be read: {error.strerror}. Change its rights.") from error
