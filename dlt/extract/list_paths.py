"""Columns named by a path through lists, such as `items[*].email`: they belong to the nested table of the list."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dlt.errors import InvalidHint
from dlt.schema.naming import name_of_key, name_of_table

if TYPE_CHECKING:
    from dlt.schema.naming import NamingConvention
    from dlt.schema.typing import ColumnSchema, TableSchema

LIST = "[*]"


def with_list_paths(tables: list[TableSchema], naming: NamingConvention) -> list[TableSchema]:
    """Return tables where columns of the root table that are paths through lists stand in the nested tables.

    Args:
        tables: The root table, and nested tables with hints.
        naming: Naming convention.

    Raises:
        InvalidHint: a path leads nowhere.
    """
    root, *nested = tables
    paths = [key for key in root["columns"] if LIST in key]
    if not paths:
        return tables
    # what is left are columns of the root table itself
    own = {key: column for key, column in root["columns"].items() if key not in paths}
    found = {table["name"]: table for table in nested}
    for path in paths:
        chain, column = _chain_of(root["name"], path, naming)
        table = found.setdefault(chain[-1], {"name": chain[-1], "columns": {}, "parent": chain[-2]})
        known: ColumnSchema = table["columns"].get(column, {})
        hints = root["columns"][path]
        if LIST in (hints.get("from") or ""):
            # as lineage tells it; a hint of the nested table says it from its rows on
            rows, key = _chain_of(root["name"], str(hints["from"]), naming)
            if rows != chain:
                raise InvalidHint(
                    f"table {root['name']!r}, column {path!r}: from={hints['from']!r} leads into other rows. Give a "
                    "path through the same lists.",
                    hint="from",
                    found=hints["from"],
                )
            hints = {**hints, "from": key}
        table["columns"][column] = {**known, **hints, "name": column}
        for parent, name in itertools.pairwise(chain):
            # the tables between have no hints of their own
            found.setdefault(name, {"name": name, "columns": {}, "parent": parent})
    # parents first
    return [{**root, "columns": own}, *sorted(found.values(), key=lambda table: _depth(table, found))]


def with_lists_between(tables: Sequence[TableSchema], parents: Mapping[str, str]) -> list[TableSchema]:
    """Return nested tables with those of the lists between of which nothing is said: they are parents all the same.

    Args:
        tables: Nested tables with hints.
        parents: Tables on the way to them, each with its parent.
    """
    told = {table["name"] for table in tables}
    between = ((name, parent) for name, parent in parents.items() if name not in told)
    made: list[TableSchema] = [{"name": name, "columns": {}, "parent": parent} for name, parent in between]
    return [*made, *tables]


def _chain_of(root: str, path: str, naming: NamingConvention) -> tuple[Sequence[str], str]:
    *lists, last = path.removeprefix("$.").split(LIST)
    chain = [name_of_table(naming, root)]
    for part in lists:
        keys = [key for key in part.split(".") if key]
        if not keys:
            # a list in a list
            keys = ["list"] if len(chain) > 1 else []
        if not keys:
            raise InvalidHint(
                f"table {root!r}: the path {path!r} begins with a list. Begin with a key: items[*].email."
            )
        name = naming.shorten_fragments(*(name_of_key(naming, key) for key in keys))
        chain.append(naming.shorten_fragments(chain[-1], name))
    keys = [key for key in last.split(".") if key]
    return chain, naming.PATH_SEPARATOR.join(keys) if keys else "value"


def _depth(table: TableSchema, tables: dict[str, TableSchema]) -> int:
    depth = 0
    while (parent := table.get("parent")) in tables:
        table, depth = tables[str(parent)], depth + 1
    return depth
