"""JSONPath on documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, MutableMapping
from functools import lru_cache

from jsonpath_ng import Fields, JSONPath
from jsonpath_ng.ext.parser import parse

__all__ = [
    "TAnyJsonPath",
    "TJsonPath",
    "compile_path",
    "compile_paths",
    "delete_matches",
    "extract_simple_field_name",
    "find_values",
    "is_simple_field_path",
    "resolve_paths",
    "set_value_at_path",
]

TJsonPath = str | JSONPath
TAnyJsonPath = TJsonPath | Iterable[TJsonPath]


def compile_path(s: TJsonPath) -> JSONPath:
    """Return a parsed path.

    Args:
        s: The path, as text or parsed.

    Raises:
        jsonpath_ng.exceptions.JSONPathError: It is no path.
    """
    return _parsed(s) if isinstance(s, str) else s


def compile_paths(s: TAnyJsonPath) -> list[JSONPath]:
    """Return parsed paths.

    Args:
        s: A path, or several.
    """
    return [compile_path(path) for path in ([s] if isinstance(s, (str, JSONPath)) else s)]


def find_values(path: TJsonPath, data: object) -> list[object]:
    """Return all values that a path finds in a document.

    Args:
        path: The path.
        data: The document.
    """
    return [match.value for match in compile_path(path).find(data)]


def resolve_paths(paths: TAnyJsonPath, data: object) -> list[str]:
    """Return the full path of each value that paths find in a document.

    Args:
        paths: A path, or several.
        data: The document.
    """
    return [str(match.full_path) for path in compile_paths(paths) for match in path.find(data)]


def delete_matches(paths: TAnyJsonPath, data: dict[str, object] | list[object]) -> None:
    """Take the values that paths find out of a document.

    Args:
        paths: A path, or several.
        data: The document; it is changed.
    """
    for path in compile_paths(paths):
        # jsonpath_ng deletes the matches for which the function says yes
        path.filter(lambda _: True, data)


def is_simple_field_path(path: JSONPath) -> bool:
    """Tell whether a path is a single field of the document."""
    return isinstance(path, Fields) and len(path.fields) == 1 and path.fields[0] != "*"


def extract_simple_field_name(path: TJsonPath) -> str | None:
    """Return the name of the field that a path is, None if it is more than that.

    Args:
        path: The path.
    """
    parsed = compile_path(path)
    return str(parsed.fields[0]) if isinstance(parsed, Fields) and is_simple_field_path(parsed) else None


def set_value_at_path(obj: MutableMapping[str, object], path: str, value: object) -> None:
    """Set a value in nested dicts and lists, and make those that are missing.

    Args:
        obj: The outermost dict; it is changed.
        path: Keys with dots between them, or a JSONPath: `page.number`, `filters[0].page`, `['key.with.dots']`.
        value: The value.

    Raises:
        TypeError: A key on the way has a value that is no dict.
        jsonpath_ng.exceptions.JSONPathError: It is no path.
    """
    if not re.fullmatch(r"[\w-]+(\.[\w-]+)*", path):
        _parsed(path).update_or_create(obj, value)
        return
    *parents, last = path.split(".")
    for key in parents:
        inner = obj.setdefault(key, {})
        if not isinstance(inner, MutableMapping):
            raise TypeError(f"{path}: {key!r} is a {type(inner).__name__}, not a dict.")
        obj = inner
    obj[last] = value


@lru_cache(maxsize=1000)
def _parsed(path: str) -> JSONPath:
    # the parser takes a millisecond, and programs ask with the same few paths for each row
    return parse(path)
