"""What tells rows with equal cursor values apart: a short hash of the primary key or of the whole row."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from dlt.errors import IncrementalPrimaryKeyMissing
from dlt.extract.incremental.cursor import MISSING, field
from dlt.extract.vocabulary import ColumnNamesHint
from dlt.late import orjson
from dlt.types import TDataItem


def row_hash(row: TDataItem, primary_key: ColumnNamesHint | None, resource: str, cursor_path: str) -> str:
    """Return 16 hexadecimal digits that depend on a row's primary key, or on the whole row.

    Args:
        row: A dict or an object.
        primary_key: Field, fields, a function of the row, or None for the whole row.
        resource: Name of the resource, for messages.
        cursor_path: Cursor path, for messages.

    Raises:
        IncrementalPrimaryKeyMissing: the row lacks a field of the key.
    """
    if primary_key is None:
        return short_hash(row)
    if callable(primary_key):
        primary_key = primary_key(row)
    names = [primary_key] if isinstance(primary_key, str) else list(primary_key)
    values = [field(row, name) for name in names]
    if MISSING in values:
        lacking = names[values.index(MISSING)]
        raise IncrementalPrimaryKeyMissing(
            f"Resource '{resource}': a row has no field {lacking!r}, which is part of the primary "
            f"key of the incremental on {cursor_path}. Name the right field in primary_key, or set primary_key=() to "
            "load rows without looking for duplicates.",
            resource_name=resource,
            pipe_name=resource,
            primary_key_column=lacking,
            item=row,
        )
    return short_hash(values)


def short_hash(value: object) -> str:
    """Return 16 hexadecimal digits that depend on a value, the same ones in every process."""
    # keys sorted: the same row comes with its keys in another order, from another page of an API
    options = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z
    try:
        text = orjson.dumps(value, default=_plain, option=options)
    except TypeError:
        # numbers beyond 64 bits, lone surrogates
        text = repr(_in_order(value)).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=8).hexdigest()


def _plain(value: object) -> object:
    # the order of a set differs between processes
    return sorted(map(repr, value)) if isinstance(value, (set, frozenset)) else str(value)


def _in_order(value: object) -> object:
    """Return a value whose text does not depend on the order of keys and members."""
    if isinstance(value, Mapping):
        return {key: _in_order(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [_in_order(item) for item in value]
    return _plain(value) if isinstance(value, (set, frozenset)) else value
