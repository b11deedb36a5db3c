"""JSONPath on documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

TJsonPath = str


class Match(Protocol):
    """A place of a document that a path leads to."""

    value: object


class Path(Protocol):
    """A parsed path."""

    def find(self, data: object, /) -> Iterable[Match]:
        """Return the places of a document that it leads to."""


def compile_path(path: str) -> Path:
    """Return a parsed path."""
    from jsonpath_ng.parser import parse

    parsed: Path = parse(path)
    return parsed


def find_values(path: str | Path, data: object) -> list[object]:
    """Return all values that a path finds in a document."""
    parsed = compile_path(path) if isinstance(path, str) else path
    return [match.value for match in parsed.find(data)]
