"""JSONPath on documents."""

from __future__ import annotations

from typing import Any

TJsonPath = str


def compile_path(path: str) -> Any:
    """Return a parsed path."""
    from jsonpath_ng.parser import parse

    return parse(path)


def find_values(path: Any, data: Any) -> list[Any]:
    """Return all values that a path finds in a document."""
    parsed = compile_path(path) if isinstance(path, str) else path
    return [match.value for match in parsed.find(data)]
