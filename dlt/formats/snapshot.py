"""Rows as they are now: copies of all that the program which made them may go on to change."""

from __future__ import annotations

import datetime
import decimal
import gc
import uuid
from collections.abc import Iterable
from copy import copy

from dlt.io.typed_json import MAX_LEVELS
from dlt.types import TDataItem

_UNCHANGING = frozenset(
    {
        *(str, int, float, bool, bytes, type(None), decimal.Decimal),
        *(datetime.datetime, datetime.date, datetime.time, datetime.timedelta, uuid.UUID),
    }
)
_CHANGING = (dict, list, set, tuple, bytearray)


def snapshot(item: TDataItem) -> TDataItem:
    """Return a row that stays as it is now, whatever the program that has it goes on to do with it.

    Dicts, lists and the like are copied on all levels; other objects are the same.
    """
    kind = type(item)
    if kind is dict:
        found = item.copy()
        # the collector of cycles leaves dicts alone that hold neither dicts nor lists: the most frequent rows
        if gc.is_tracked(found):
            _copy_inner(found, item.items(), {id(item): found}, MAX_LEVELS)
        return found
    return item if kind in _UNCHANGING else _copied(item, {}, MAX_LEVELS)


def snapshot_page(item: TDataItem) -> TDataItem:
    """Return a row, or a page with its rows, that stays as it is now; frames and other objects are the same."""
    if isinstance(item, list):
        return page_like(item, map(snapshot, item))
    return snapshot(item)


def page_like(page: list[TDataItem], rows: Iterable[TDataItem]) -> list[TDataItem]:
    """Return a page of other rows that is all else that a page is: of its class, with its attributes.

    Args:
        page: A list, or one of a class of its own, as a client of an API has.
        rows: The rows.
    """
    kind = type(page)
    if kind.__init__ is list.__init__:
        return kind(rows)
    made = copy(page)
    made[:] = rows
    return made


def _copy_inner(
    found: TDataItem, pairs: Iterable[tuple[object, TDataItem]], known: dict[int, object], levels: int
) -> None:
    """Replace what can change in a dict or list by copies.

    Args:
        found: A shallow copy.
        pairs: Keys or indexes of the original, with the values.
        known: Copies made before, by id of the original: what contains itself is copied once.
        levels: Levels that are copied; what is deeper is refused when it is written.
    """
    for key, value in pairs:
        kind = type(value)
        if kind in _UNCHANGING:
            continue
        if kind is not dict or id(value) in known or not levels:
            found[key] = _copied(value, known, levels)
            continue
        inner = found[key] = known[id(value)] = value.copy()
        if gc.is_tracked(inner):
            _copy_inner(inner, value.items(), known, levels - 1)


def _copied(value: TDataItem, known: dict[int, object], levels: int) -> object:
    if not isinstance(value, _CHANGING) or not levels:
        return value
    if id(value) in known:
        return known[id(value)]
    if isinstance(value, tuple):
        inner = [_copied(part, known, levels - 1) for part in value]
        return type(value)._make(inner) if hasattr(value, "_make") else tuple(inner)
    found = known[id(value)] = copy(value)
    if isinstance(value, dict):
        _copy_inner(found, value.items(), known, levels - 1)
    elif isinstance(value, list) and not _UNCHANGING.issuperset(map(type, value)):
        _copy_inner(found, enumerate(value), known, levels - 1)
    return found
