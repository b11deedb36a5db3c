"""Of keys of a document that become one column the last value stays, as with PyPI dlt 1.x, where a setting says so."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from dlt.formats.batches import batch_rows
from dlt.formats.waiting import Page
from dlt.late import pa
from dlt.schema.naming import NamingConvention, name_of_key
from dlt.types import TDataItem


class LastOfEqualNames:
    """Take values out of pages that others of the same document take the place of.

    Args:
        naming: The naming convention.
    """

    def __init__(self, naming: NamingConvention) -> None:
        self._naming = naming
        self._names: dict[Hashable, str] = {}
        self._looked_at: dict[str, pa.Schema] = {}

    def settle(self, table: str, page: Page) -> Page:
        """Return a page without them; nearly all pages have none, and stay what they are.

        Args:
            table: Name of the table.
            page: The page.
        """
        if isinstance(page, Sequence):
            return page if all(map(self._differ, page)) else [self._settled(row) for row in page]
        known = self._looked_at.get(table)
        if known is not None and known.equals(page.schema):
            return page
        if not self._fields_differ(list(page.schema)):
            return [self._settled(row) for row in batch_rows(page)]
        self._looked_at[table] = page.schema
        return page

    def _name(self, key: Hashable) -> str:
        found = self._names.get(key)
        if found is None:
            found = self._names[key] = name_of_key(self._naming, str(key))
        return found

    def _fields_differ(self, fields: Sequence[pa.Field]) -> bool:
        if len({self._name(field.name) for field in fields}) < len(fields):
            return False
        return all(self._fields_differ(_inner(field.type)) for field in fields)

    def _differ(self, value: TDataItem) -> bool:
        if isinstance(value, Mapping):
            return len({self._name(key) for key in value}) == len(value) and all(map(self._differ, value.values()))
        return not isinstance(value, (list, tuple)) or all(map(self._differ, value))

    def _settled(self, value: TDataItem) -> TDataItem:
        if isinstance(value, (list, tuple)):
            return [self._settled(inner) for inner in value]
        if not isinstance(value, Mapping):
            return value
        kept: dict[Hashable, TDataItem] = {}
        first: dict[str, Hashable] = {}
        for key, inner in value.items():
            # documents and lists become columns and tables that stand beside each other, and None becomes nothing
            is_beside = inner is None or isinstance(inner, (Mapping, list, tuple))
            kept[key if is_beside else first.setdefault(self._name(key), key)] = self._settled(inner)
        return kept


def _inner(kind: pa.DataType) -> Sequence[pa.Field]:
    while pa.types.is_list(kind) or pa.types.is_large_list(kind):
        kind = kind.value_type
    return list(kind) if pa.types.is_struct(kind) else []
