"""Where in the documents of a source a column comes from, as text, and what of it a name tells.

The name of a column tells it in most cases: `address__city` comes from `address.city`. Where it does not, because a
name was changed by the naming convention or shortened, the path is kept in the schema.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.schema.x_keys import X_PATH

ITEM = "$"
"""Path of an item that is a value itself, as in a list of numbers."""
_PLAIN = re.compile(r"[^\s.\[\]'\"$]+")
OF_ITEMS = ("value", "list")
"""Names of the column, or of the table, of items that are no documents."""


def path_text(keys: Sequence[str]) -> str:
    """Return a path as text: names with dots between them; others stand in brackets.

    Args:
        keys: Keys of documents, the outermost first; none for an item that is a value itself.
    """
    found = ""
    for key in keys:
        if _PLAIN.fullmatch(key):
            found += f".{key}" if found else key
        else:
            escaped = key.replace("\\", "\\\\").replace("'", "\\'")
            found += f"['{escaped}']"
    return found or ITEM


def told_by_name(name: str, separator: str, is_nested: bool) -> str:
    """Return the path that a name tells, of a column or, without its parent's, of a nested table.

    Args:
        name: The name.
        separator: What stands between keys in names.
        is_nested: It is a column of a nested table, or the name of one.
    """
    if is_nested and name in OF_ITEMS:
        return ITEM
    return path_text([key for key in name.split(separator) if key])


class NotedPaths:
    """Where in documents columns come from, as they are normalized; the first path of a column counts."""

    def __init__(self) -> None:
        self._by_table: dict[str, dict[str, str]] = {}

    def note(self, table: str, name: str, keys: Sequence[str]) -> None:
        """Note where in documents a column comes from.

        Args:
            table: Its table.
            name: The column; empty for the rows of a nested table.
            keys: Keys of the document, the outermost first.
        """
        known = self._by_table.setdefault(table, {})
        if name not in known:
            known[name] = path_text(keys)

    def added_to(self, update: SchemaUpdate, separator: str) -> SchemaUpdate:
        """Return what is new in a schema, with the paths that names do not tell.

        Args:
            update: New tables and columns.
            separator: What stands between keys in names.
        """
        tables = {name: self._with_paths(table, separator) for name, table in update.tables.items()}
        return SchemaUpdate(tables)

    def _with_paths(self, table: TableSchema, separator: str) -> TableSchema:
        paths, parent = self._by_table.get(table["name"], {}), table.get("parent")
        # copies: the columns that a hint declared are those of the schema, too
        columns = dict(table["columns"])
        for name in columns.keys() & paths.keys():
            # a hint may have told another key than the one that came
            told = columns[name].get(X_PATH, told_by_name(name, separator, bool(parent)))
            if paths[name] != told and not _is_of_item(name, paths[name]):
                columns[name] = cast(ColumnSchema, {**columns[name], X_PATH: paths[name]})
        found: TableSchema = {**table, "columns": columns}
        # a table that was there before says nothing of its parent here, and has its path already
        if parent and "" in paths:
            short = own_name(table["name"], parent, separator)
            if paths[""] != told_by_name(short, separator, True) and not _is_of_item(short, paths[""]):
                found[X_PATH] = paths[""]
        return found


def _is_of_item(name: str, path: str) -> bool:
    # a page writes items that are values of several types as documents of that one key
    return name in OF_ITEMS and path in (ITEM, name)


def own_name(name: str, parent: str, separator: str) -> str:
    """Return the name of a nested table without that of its parent.

    Args:
        name: Its name.
        parent: Name of its parent.
        separator: What stands between keys in names.
    """
    return name.removeprefix(parent).removeprefix(separator)
