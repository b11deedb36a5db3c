"""The items of one table masked, rows and their documents and lists, before anything of them is written."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from dlt.extract.masked_values import MaskValue
from dlt.formats.column_rows import ColumnRows
from dlt.formats.snapshot import page_like
from dlt.io.typed_json import simplify
from dlt.schema.documents import json_text, read_document
from dlt.schema.naming import NamingConvention, name_of_key
from dlt.types import TDataItem, TDataItems

_SCALARS = frozenset({str, int, float, bool, bytes})


@dataclass(frozen=True)
class ChainMasks:
    """What is masked in a root table and the tables nested in it.

    Args:
        table: Name of the root table.
        masks: What masks a column, by table and column.
        documents: Columns of JSON, by table: a text in one is a document.
    """

    table: str
    masks: Mapping[str, Mapping[str, MaskValue]]
    documents: Mapping[str, frozenset[str]]


class Masker:
    """Mask the items of a root table.

    Args:
        chain: What is masked in it.
        naming: Naming convention: masks stand under the names of columns, items have those of their source.
    """

    def __init__(self, chain: ChainMasks, naming: NamingConvention) -> None:
        self._chain, self._naming = chain, naming
        self._root = chain.masks.get(chain.table, {})
        limit = naming.max_length or 0
        # a name that was cut does not show any more that it leads into a document
        self.goes_inside = set(chain.masks) != {chain.table} or any(
            naming.PATH_SEPARATOR in name or (limit and len(name.encode()) >= limit) for name in self._root
        )
        self._seen: set[Hashable] = set()
        self._keys: dict[Hashable, MaskValue] = {}
        self._names: dict[tuple[str, str], dict[Hashable, str]] = {}
        self._met: set[tuple[str, str]] = set()

    def __call__(self, item: TDataItems) -> TDataItems:
        """Return an item or a page with its values masked; what the program holds stays as it is."""
        if isinstance(item, list):
            return page_like(item, [self.row(row) for row in item])
        if isinstance(item, Mapping) or type(item) in _SCALARS:
            return self.row(item)
        # who masks frames brings Arrow, which a program that loads rows may do without
        from dlt.extract.masked_arrow import masked_batch, masked_frame

        if isinstance(item, ColumnRows):
            return ColumnRows(masked_batch(self, item.batch))
        found = masked_frame(self, item)
        return self.row(item) if found is None else found

    @property
    def idle(self) -> list[tuple[str, str]]:
        """Return the columns with a mask that no item had so far, each with its table."""
        return [
            (table, name) for table, own in self._chain.masks.items() for name in own if (table, name) not in self._met
        ]

    def row(self, row: TDataItem) -> TDataItem:
        """Return one row masked."""
        if self.goes_inside or not isinstance(row, Mapping):
            found = self.inside([row])
            return found[0]
        # rows of a table have few different keys: which of them are masked is found once, and not by name in each row
        keys = row.keys()
        if not keys <= self._seen:
            self._learn(keys)
        hit = self._keys.keys() & keys
        if not hit:
            return row
        # a copy, as the program may go on with the row that it gave
        made = dict(row)
        for key in hit:
            value = made[key]
            if value is not None:
                made[key] = self._keys[key](value)
        return made

    def inside(self, values: list[TDataItem]) -> list[TDataItem]:
        """Return rows of the root table, which may be scalars, with what is inside of them masked."""
        return self._rows(self._chain.table, values)

    def column(self, key: str) -> MaskValue | None:
        """Return what masks a column of the root table.

        Args:
            key: Its name at the source.
        """
        name = name_of_key(self._naming, key)
        if (mask := self._root.get(name)) is not None:
            self._met.add((self._chain.table, name))
        return mask

    def value(self, key: str, value: TDataItem) -> TDataItem:
        """Return a value of a column of the root table with what is inside of it masked.

        Args:
            key: Its name at the source.
            value: The value.
        """
        return self._value(self._chain.table, self._name(self._chain.table, "", key), value)

    def document_text(self, key: str, text: TDataItem) -> TDataItem:
        """Return JSON text of a column of the root table with what is inside of it masked.

        Args:
            key: Name of the column at the source.
            text: The text.
        """
        return self._text(self._chain.table, self._name(self._chain.table, "", key), text)

    def is_document(self, key: str) -> bool:
        """Tell whether texts in a column of the root table are documents.

        Args:
            key: Name of the column at the source.
        """
        table = self._chain.table
        return self._name(table, "", key) in self._chain.documents.get(table, ())

    def _learn(self, keys: Iterable[Hashable]) -> None:
        for key in keys:
            self._seen.add(key)
            mask = self.column(key if isinstance(key, str) else str(key))
            if mask is not None:
                self._keys[key] = mask

    def _name(self, table: str, prefix: str, key: Hashable) -> str:
        names = self._names.setdefault((table, prefix), {})
        known = names.get(key)
        if known is None:
            name = name_of_key(self._naming, key if isinstance(key, str) else str(key))
            known = names[key] = self._naming.shorten_fragments(prefix, name) if prefix else name
        return known

    def _rows(self, table: str, rows: list[TDataItem]) -> list[TDataItem]:
        """Return the rows of a table; the same list where nothing in it is masked."""
        own = self._chain.masks.get(table, {}).get("value")
        if own is not None:
            self._met.add((table, "value"))
        found: list[TDataItem] = []
        for row in rows:
            if row is None:
                found.append(None)
            elif isinstance(row, Mapping):
                found.append(self._document(table, "", row))
            elif type(row) in _SCALARS:
                found.append(row if own is None else own(row))
            else:
                found.append(self._object(table, row, own))
        return rows if all(new is old for new, old in zip(found, rows, strict=True)) else found

    def _object(self, table: str, row: TDataItem, own: MaskValue | None) -> TDataItem:
        plain: TDataItem = simplify(row)
        if isinstance(plain, dict):
            return self._document(table, "", plain)
        if isinstance(plain, list):
            # the rows of a list inside of a list; at the top it is the value of a row
            key = "value" if table == self._chain.table else "list"
            return self._value(table, self._name(table, "", key), plain)
        return row if own is None or plain is None else own(row)

    def _document(self, table: str, prefix: str, document: Mapping[Hashable, TDataItem]) -> TDataItem:
        masks = self._chain.masks.get(table, {})
        # most documents have nothing that is masked, and go on as they are
        made: dict[Hashable, TDataItem] | None = None
        for key, value in document.items():
            if value is None:
                continue
            name = self._name(table, prefix, key)
            mask = masks.get(name)
            if mask is None:
                new = self._value(table, name, value)
            else:
                self._met.add((table, name))
                new = mask(value)
            if new is not value:
                made = dict(document) if made is None else made
                made[key] = new
        return document if made is None else made

    def _value(self, table: str, name: str, value: TDataItem) -> TDataItem:
        if type(value) in _SCALARS:
            is_text = type(value) in (str, bytes) and name in self._chain.documents.get(table, ())
            return self._text(table, name, value) if is_text else value
        if isinstance(value, Mapping):
            return self._document(table, name, value)
        plain: TDataItem = value if type(value) is list else simplify(value)
        if isinstance(plain, dict):
            return self._document(table, name, plain)
        if isinstance(plain, list):
            found = self._rows(self._naming.shorten_fragments(table, name), plain)
            return value if found is plain else found
        return value

    def _text(self, table: str, name: str, text: TDataItem) -> TDataItem:
        try:
            document = _document(text)
        except (ValueError, TypeError):
            return text  # no document, so that no path leads into it
        found = self._value(table, name, document) if isinstance(document, (dict, list)) else document
        return text if found is document else json_text(found)


def _document(text: TDataItem) -> TDataItem:
    try:
        return read_document(text)
    except ValueError:
        # with NaN, or half of a surrogate pair, it is no JSON, and goes on as text with all that is in it
        return json.loads(text)
