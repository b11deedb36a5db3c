"""Where in the documents of a source a column comes from, as text, and what of it a name tells.

The name of a column tells it in most cases: `address__city` comes from `address.city`. Where it does not, because a
name was changed by the naming convention or shortened, the path is kept in the schema.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast

from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.schema.x_keys import X_PATH

ITEM = "$"
"""Path of an item that is a value itself, as in a list of numbers."""
_PLAIN = re.compile(r"[^\s.\[\]'\"$]+")
_OF_ITEMS = ("value", "list")
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
    if is_nested and name in _OF_ITEMS:
        return ITEM
    return path_text([key for key in name.split(separator) if key])


def with_paths(update: SchemaUpdate, paths: Mapping[tuple[str, str], str], separator: str) -> SchemaUpdate:
    """Return what is new in a schema, with the paths that names do not tell.

    Args:
        update: New tables and columns.
        paths: Path of each new column by table and name; of a nested table without a name.
        separator: What stands between keys in names.
    """
    tables: dict[str, TableSchema] = {}
    for name, table in update.tables.items():
        parent = table.get("parent")
        columns = dict(table["columns"])
        for (owner, column), path in paths.items():
            # a hint may have told another key than the one that came
            told = told_by_name(column, separator, bool(parent))
            if owner == name and column in columns and path != columns[column].get(X_PATH, told):
                columns[column] = cast(ColumnSchema, {**columns[column], X_PATH: path})
        tables[name] = {**table, "columns": columns}
        own = paths.get((name, ""))
        if parent and own is not None and own != told_by_name(own_name(name, parent, separator), separator, True):
            tables[name][X_PATH] = own
    return SchemaUpdate(tables)


def own_name(name: str, parent: str, separator: str) -> str:
    """Return the name of a nested table without that of its parent.

    Args:
        name: Its name.
        parent: Name of its parent.
        separator: What stands between keys in names.
    """
    return name.removeprefix(parent).removeprefix(separator)
