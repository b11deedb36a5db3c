"""Versions of rows as PyPI `dlt` 1.x tells them, for histories that it began and this library goes on with."""

from __future__ import annotations

import hashlib
from base64 import b64encode

from dlt.extract.items import is_frame
from dlt.formats.column_rows import ColumnRows
from dlt.io.tagged_json import dump_sorted
from dlt.schema.system_columns import ROW_ID
from dlt.types import ReadOnlyRow, TDataItem, TDataItems

_BYTES = 10


def version_in_1x(item: ReadOnlyRow) -> str:
    """Return the version of a row: a hash of its document with keys in order, before any name is changed.

    Args:
        item: The row as its resource gave it.
    """
    return b64encode(hashlib.shake_128(dump_sorted(item)).digest(_BYTES)).decode("ascii").rstrip("=")


def with_versions_of_1x(items: TDataItems) -> TDataItems:
    """Return rows that carry their versions as ids; tables of Arrow and frames stay as they are.

    Args:
        items: A row, or a list of rows.
    """
    if isinstance(items, ColumnRows):
        items = items.rows()
    if isinstance(items, list):
        return type(items)(_with_version(item) for item in items)
    return _with_version(items)


def _with_version(item: TDataItem) -> TDataItem:
    if is_frame(item):
        return item
    row = item if isinstance(item, dict) else {"value": item}
    return row if row.get(ROW_ID) is not None else {**row, ROW_ID: version_in_1x(row)}
