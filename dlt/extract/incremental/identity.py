"""What tells rows with equal cursor values apart: a short hash of the primary key or of the whole row."""

from __future__ import annotations

import base64
import datetime
import hashlib
from collections.abc import Mapping

from dlt.errors import IncrementalPrimaryKeyMissing
from dlt.extract.incremental.cursor import MISSING, field
from dlt.extract.vocabulary import ColumnNamesHint
from dlt.late import orjson
from dlt.types import TDataItem

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)

LENGTHS_OF_1X = frozenset({12, 20})
"""Of the hashes that PyPI `dlt` 1.x leaves in a state, the longer ones before 1.31; ours have 16 digits."""


def row_hash(
    row: TDataItem, primary_key: ColumnNamesHint | None, resource: str, cursor_path: str, salt: bytes = b""
) -> str:
    """Return 16 hexadecimal digits that depend on a row's primary key, or on the whole row.

    Args:
        row: A dict or an object.
        primary_key: Field, fields, a function of the row, or None for the whole row.
        resource: Name of the resource, for messages.
        cursor_path: Cursor path, for messages.
        salt: Of resources with masked columns, whose values nobody may find by trying.

    Raises:
        IncrementalPrimaryKeyMissing: the row lacks a field of the key.
    """
    return short_hash(_identity(row, primary_key, resource, cursor_path), salt)


def row_hash_of_1x(
    row: TDataItem, primary_key: ColumnNamesHint | None, resource: str, cursor_path: str, length: int = 12
) -> str:
    """Return the hash that PyPI `dlt` 1.x leaves in a state for a row, so that a program which moves over goes on.

    Args:
        row: A dict or an object.
        primary_key: Field, fields, a function of the row, or None for the whole row.
        resource: Name of the resource, for messages.
        cursor_path: Cursor path, for messages.
        length: How many characters; the longer hashes were made of texts of moments.

    Returns:
        So many characters; none for values that its JSON does not have.

    Raises:
        IncrementalPrimaryKeyMissing: the row lacks a field of the key.
    """
    value = _identity(row, primary_key, resource, cursor_path)
    # a key of one field stands for itself
    value = value[0] if primary_key is not None and isinstance(value, list) and len(value) == 1 else value
    try:
        options = orjson.OPT_SORT_KEYS | (orjson.OPT_PASSTHROUGH_DATETIME if length == min(LENGTHS_OF_1X) else 0)
        text = orjson.dumps(value, default=_plain_of_1x, option=options)
    except TypeError:
        return ""
    return base64.b64encode(hashlib.shake_128(text).digest(length // 4 * 3)).decode()


def _plain_of_1x(value: object) -> object:
    if isinstance(value, datetime.datetime):
        # microseconds since the epoch; without a zone it is UTC
        moment = value if value.tzinfo is not None else value.replace(tzinfo=datetime.timezone.utc)
        return (moment - _EPOCH) // datetime.timedelta(microseconds=1)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _identity(row: TDataItem, primary_key: ColumnNamesHint | None, resource: str, cursor_path: str) -> TDataItem:
    """Return the values of a row's primary key, or the row."""
    if primary_key is None:
        return row
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
    return values


def short_hash(value: object, salt: bytes = b"") -> str:
    """Return 16 hexadecimal digits that depend on a value and a salt, the same ones in every process."""
    # keys sorted: the same row comes with its keys in another order, from another page of an API
    options = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z
    try:
        text = orjson.dumps(value, default=_plain, option=options)
    except TypeError:
        # numbers beyond 64 bits, lone surrogates
        text = repr(_in_order(value)).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=8, key=salt[:64]).hexdigest()


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
