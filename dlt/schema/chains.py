"""A root table and the tables nested in it: which belong together, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Mapping

from dlt.schema.contract import expand
from dlt.schema.normalizers import Normalizers, json_config
from dlt.schema.typing import ContractMode, SchemaSettings, TableSchema
from dlt.schema.x_keys import NESTED_IN, X_NORMALIZER

Tables = Mapping[str, TableSchema]


def root_of(tables: Tables, name: str) -> str:
    """Return the name of the root table of a chain.

    Args:
        tables: Tables by name; a table that is not among them is a root.
        name: Name of a table of the chain.
    """
    while (table := tables.get(name)) and (parent := table.get("parent")):
        name = parent
    return name


def loaded_with(tables: Tables, name: str) -> str:
    """Return the table whose write disposition counts for a table: its root, or a nested one with a word of its own.

    Args:
        tables: Tables by name.
        name: Name of a table of the chain.
    """
    root = tables.get(root_of(tables, name))
    disposition = root.get("write_disposition", "append") if root else "append"
    # a merge finds nested rows by their root row, so it takes the whole chain
    if disposition == "merge":
        return root_of(tables, name)
    while (table := tables.get(name)) and (parent := table.get("parent")):
        if table.get("write_disposition", disposition) in {"append", "replace"} - {disposition}:
            return name
        name = parent
    return name


def found_in(table: TableSchema | None) -> str | None:
    """Return the table in whose rows the rows of a table come: its parent, or the one that it stands beside; or None.

    Args:
        table: The table, if it is known.
    """
    if table is None:
        return None
    return table.get("parent") or (table.get(X_NORMALIZER) or {}).get(NESTED_IN)


def stands_alone(table: TableSchema | None) -> bool:
    """Tell whether a table has the rows of lists, and is no nested table for all that.

    Args:
        table: The table, if it is known.
    """
    return table is not None and NESTED_IN in (table.get(X_NORMALIZER) or {})


def let_stand_alone(table: TableSchema, resource: str | None) -> None:
    """Make a nested table, as hints declare it, one of its own, which is loaded and merged by itself.

    Args:
        table: The table; it is changed.
        resource: Resource of the rows that its lists stand in.
    """
    table[X_NORMALIZER] = {**(table.get(X_NORMALIZER) or {}), NESTED_IN: table.pop("parent")}
    table.setdefault("write_disposition", "append")
    if resource is not None:
        table["resource"] = resource


def chain_of(tables: Tables, root: TableSchema) -> list[TableSchema]:
    """Return a root table and its nested tables, parents first."""
    found = [root]
    # the list grows while it is read: children of children are found too
    for table in found:
        found.extend(child for child in tables.values() if child.get("parent") == table["name"])
    return found


def max_nesting(tables: Tables, normalizers: Normalizers, name: str) -> int | None:
    """Return how many levels of a document become columns and tables; None for all."""
    table = tables.get(root_of(tables, name))
    own = (table.get(X_NORMALIZER) or {}).get("max_nesting") if table else None
    # 0 is a limit, so only None asks the schema
    limit = json_config(normalizers).get("max_nesting") if own is None else own
    return None if limit is None else int(limit)


def contract_of(tables: Tables, settings: SchemaSettings, name: str) -> dict[str, ContractMode]:
    """Return the contract of a table: its own, else that of its root, else the schema's, else evolve."""
    found = expand(settings.get("schema_contract"))
    # of a root the two are one
    for place in dict.fromkeys((root_of(tables, name), name)):
        table = tables.get(place)
        found = expand(table.get("schema_contract") if table else None, found)
    return found
