"""TOML text as dicts."""

from __future__ import annotations

import re

from dlt.errors import ConfigProviderException


def parse_toml(text: str, where: str) -> dict[str, object]:
    """Return the content of a document.

    Args:
        text: The document.
        where: What holds it, for messages.

    Raises:
        ConfigProviderException: it is not TOML; the message does not quote it, because it may hold secrets.
    """
    try:
        # the parser of Python 3.11 and later loads in 2 ms, tomlkit in 40
        import tomllib
    except ModuleNotFoundError:
        return _parse_with_tomlkit(text, where)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at (line \d+, column \d+)", str(error))
        last = text.rstrip("\n").count("\n") + 1
        raise _refused(where, place[1] if place else f"line {last}") from None


def _parse_with_tomlkit(text: str, where: str) -> dict[str, object]:
    import tomlkit
    from tomlkit.exceptions import ParseError

    try:
        return tomlkit.parse(text).unwrap()
    except ParseError as error:
        raise _refused(where, f"line {error.line}, column {error.col}") from None


def _refused(where: str, place: str) -> ConfigProviderException:
    return ConfigProviderException(f"{where}: {place} is not TOML. Mend it there.")
