"""Places for values in SQL, which we write %s and every driver in a way of its own."""

from __future__ import annotations

import re
from collections.abc import Callable

_PLACE = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|(%s)""")
"""A text, a name, or a place: what looks like a place within the others is none."""


def parts_of(sql: str) -> list[str]:
    """Return what stands between the places of a statement; all of it where it has none."""
    parts, start = [], 0
    for found in _PLACE.finditer(sql):
        if found[1]:
            parts.append(sql[start : found.start()])
            start = found.end()
    return [*parts, sql[start:]]


def placed(sql: str, place: Callable[[int], str]) -> str:
    """Return a statement with its places written another way.

    Args:
        sql: The statement.
        place: Gives the text of a place by its number, from 1.
    """
    first, *others = parts_of(sql)
    return first + "".join(place(number) + part for number, part in enumerate(others, 1))
