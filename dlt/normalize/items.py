"""Documents as rows for programs that ask a schema for them, as PyPI `dlt` 1.x has it: no value is changed."""

from __future__ import annotations

from dlt.ids import random_id
from dlt.normalize.exact import RowNormalizer
from dlt.normalize.placement import Placement
from dlt.schema.item_rows import ItemRow, ItemRows
from dlt.schema.naming import name_of_table
from dlt.schema.schema import Schema
from dlt.schema.system_columns import LOAD_ID
from dlt.types import override


class _Null:
    """Stands for None in a document: rows that are loaded leave it out, and rows that a program asks for have it."""

    def __repr__(self) -> str:
        return "None"


_NULL = _Null()


class DataItemNormalizer:
    """Turn documents into rows of flat tables.

    Args:
        schema: Its naming convention, its levels and its columns of documents count.
    """

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def normalize_data_item(self, item: object, load_id: str, table_name: str) -> ItemRows:
        """Yield the rows of an item, parents first; `send(False)` leaves out what is nested in the last one.

        Values stay as they are, and no contract is asked.

        Args:
            item: A document; anything else becomes the column `value` of one.
            load_id: Id of the load.
            table_name: Table of the item.
        """
        table = name_of_table(self.schema.naming, table_name)
        document = _exchanged(item if isinstance(item, dict) else {"value": item}, None, _NULL)
        skipped: int | None = None
        for level, row in _Walk(self.schema, load_id).rows(table, document):
            if skipped is None or level <= skipped:
                # a plain `for` sends None
                skipped = level if (yield row) is False else None


class _AsTheyAre(Placement):
    """Let every value stay in the column of its key."""

    @override
    def open_table(self, table: str, parent: str | None, row: object = None) -> None:
        """Let every table in."""

    @override
    def place(self, table: str, name: str, value: object) -> tuple[str, object] | None:
        """Return the value as it came."""
        return name, _exchanged(value, _NULL, None)


class _Walk(RowNormalizer):
    """Remember of each nested table where in its parent it stood."""

    def __init__(self, schema: Schema, load_id: str) -> None:
        super().__init__(_AsTheyAre(schema), load_id, lambda _row, _item: random_id(), schema.propagates_root_key())
        # of each nested table: its parent and the name of its list there
        self._places: dict[str, tuple[str, str]] = {}

    def rows(self, table: str, document: object) -> list[tuple[int, ItemRow]]:
        """Return the rows of a document, parents first, each with its level."""
        found: list[tuple[str, dict[str, object]]] = []
        self._limit = self._placement.schema.max_nesting(table)
        self._expand(found, table, document, {LOAD_ID: self._load_id}, None, 0)
        return [(self._level_of(name), (self._place_of(name), row)) for name, row in found]

    @override
    def _path(self, table: str, name: str) -> str:
        child = super()._path(table, name)
        self._places[child] = (table, name)
        return child

    def _level_of(self, table: str) -> int:
        return 1 + self._level_of(self._places[table][0]) if table in self._places else 0

    def _place_of(self, table: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        if table not in self._places:
            return table, (), (table,)
        parent, name = self._places[table]
        return table, self._whole(parent), tuple(self._naming.break_path(name))

    def _whole(self, table: str) -> tuple[str, ...]:
        _, above, own = self._place_of(table)
        return (*above, *own)


def _exchanged(value: object, old: object, new: object) -> object:
    """Return a value with one object in place of another, inside of documents and lists too."""
    if value is old:
        return new
    if isinstance(value, dict):
        return {key: _exchanged(inner, old, new) for key, inner in value.items()}
    return [_exchanged(inner, old, new) for inner in value] if isinstance(value, list) else value
