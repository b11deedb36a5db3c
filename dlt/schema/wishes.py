"""What the settings of a schema wish for new columns: types and hints by name, and detections in text and numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from typing import cast

from dlt.schema.inference import DETECTIONS
from dlt.schema.typing import DATA_TYPES, ColumnSchema, DataType, SchemaSettings, TableSchema

Normalize = Callable[[str], str] | None
"""Gives a column its name; None where patterns stay as they are."""


def more_settings(settings: SchemaSettings, later: SchemaSettings) -> SchemaSettings:
    """Return settings with later ones on top, in values of their own."""
    joined: SchemaSettings = {**settings, **later}
    return deepcopy(joined)


def preferred_type(settings: SchemaSettings, column: str) -> DataType | None:
    """Return the type that the settings prefer for a column of this name."""
    # the first one counts, in the order in which they were added
    for pattern, kind in (settings.get("preferred_types") or {}).items():
        if _matches(pattern, column):
            return kind
    return None


def default_hints(settings: SchemaSettings, column: str) -> ColumnSchema:
    """Return the hints that the settings give to a new column of this name."""
    hints: dict[str, object] = {}
    for hint, patterns in (settings.get("default_hints") or {}).items():
        if any(_matches(pattern, column) for pattern in patterns):
            if hint in ("not_null", "nullable"):
                hints["nullable"] = hint == "nullable"
            else:
                hints[hint] = True
    # hints that a person made up may be among them
    return cast(ColumnSchema, hints)


def hint_columns(tables: Iterable[TableSchema], settings: SchemaSettings) -> None:
    """Give the columns that are there already the hints that they would get as new ones."""
    for table in tables:
        for name, column in table["columns"].items():
            column.update(default_hints(settings, name))


def more_hints(
    settings: SchemaSettings, new: Mapping[str, Sequence[str]], normalize: Normalize
) -> dict[str, list[str]]:
    """Return the default hints with more patterns by hint."""
    hints = dict(settings.get("default_hints") or {})
    for hint, patterns in new.items():
        named = [_named(pattern, normalize) for pattern in patterns]
        hints[hint] = list(dict.fromkeys([*hints.get(hint, []), *named]))
    return hints


def more_types(settings: SchemaSettings, new: Mapping[str, DataType], normalize: Normalize) -> dict[str, DataType]:
    """Return the preferred types with more of them, by column name or `re:` pattern.

    Raises:
        ValueError: a type is not known.
    """
    types = dict(settings.get("preferred_types") or {})
    for pattern, kind in new.items():
        if kind not in DATA_TYPES:
            raise ValueError(f"{kind!r} is not a data type. Known are {', '.join(DATA_TYPES)}.")
        types[_named(pattern, normalize)] = kind
    return types


def more_detections(known: Sequence[str], detection: str) -> list[str]:
    """Return the detections with one more behind them, if it is not among them.

    Raises:
        ValueError: there is no such detection.
    """
    if detection not in DETECTIONS:
        raise ValueError(f"{detection!r} is not a detection. Known are {', '.join(DETECTIONS)}.")
    return [*known, *([detection] if detection not in known else [])]


def _named(pattern: str, normalize: Normalize) -> str:
    # a pattern is written for names as they are stored
    return pattern if normalize is None or pattern.startswith("re:") else normalize(pattern)


def _matches(pattern: str, name: str) -> bool:
    return re.search(pattern[3:], name) is not None if pattern.startswith("re:") else pattern == name
