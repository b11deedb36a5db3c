"""Columns that the destination has under a former name: which get the new one, and what keeps a load from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from dlt.errors import SchemaUpdateTerminalError
from dlt.load.order import LoadOrder
from dlt.schema.renames import new_names, renamed_columns, renames_at
from dlt.schema.schema import Schema
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.x_keys import X_FORMER
from dlt.types import JsonObject

Names = Mapping[str, Mapping[str, str]]
"""New names of columns by those that they have, by table."""
Tables = Mapping[str, Mapping[str, ColumnSchema]]


def renames_of(
    order: LoadOrder, tables: Mapping[str, TableSchema], stored: Tables, before: JsonObject | None
) -> dict[str, dict[str, str]]:
    """Return the columns that get other names.

    Args:
        order: What is to be loaded.
        tables: Tables of the load, with the columns whose types are known.
        stored: Columns of the tables that are there.
        before: The schema as the last load left it, if it was asked for.

    Raises:
        SchemaUpdateTerminalError: the destination renames no columns, or has loaded both.
    """
    found: dict[str, dict[str, str]] = {}
    for name, table in tables.items():
        there = stored.get(name)
        names = renames_at(table, there) if there is not None else {}
        for new, old in _doubled(table, there or {}):
            if before is not None and "data_type" in _stored(before, name).get(old, {}):
                raise _both(order, name, old, new)
        # told before anything is done; at the hint already where the destination was known
        if names and not order.capabilities.renames_columns:
            raise _not_renamed(order, name, names)
        if names:
            found[name] = names
    return found


def has_doubled(schema: Schema, tables: Tables) -> bool:
    """Tell whether a column is there under its name and under a former one.

    Args:
        schema: The schema of a load.
        tables: Columns of the tables that are there.
    """
    known = ((schema.tables[name], there) for name, there in tables.items() if name in schema.tables)
    return any(True for table, there in known for _ in _doubled(table, there))


def _doubled(table: TableSchema, there: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for old, new in new_names(table["columns"]).items():
        if old in there and new in there and old not in table["columns"]:
            yield new, old


def _stored(schema: JsonObject, table: str) -> Mapping[str, Mapping[str, object]]:
    found: Mapping[str, Mapping[str, object]] = schema.get("tables", {}).get(table, {}).get("columns", {})
    return found


def as_renamed(tables: Tables, names: Names) -> dict[str, Mapping[str, ColumnSchema]]:
    """Return the tables of a destination as they are once their columns have other names.

    Args:
        tables: Columns of the tables that are there.
        names: The new names.
    """
    return {name: renamed_columns(there, names[name]) if name in names else there for name, there in tables.items()}


def brought_up(before: Schema, schema: Schema, there: Tables) -> Schema:
    """Return a schema that was stored at a destination with the names that columns have there by now.

    An engine without transactions for DDL may have renamed a column for a load that then failed.

    Args:
        before: The schema as the last load left it.
        schema: The schema of the load.
        there: Columns of the tables that are there, under their new names.
    """
    for name, table in before.tables.items():
        names = new_names(schema.tables[name]["columns"]) if name in schema.tables and name in there else {}
        # a column that is nowhere under either name was removed by others, which is theirs to be told
        gone = {old: new for old, new in names.items() if old not in there[name] and new in there[name]}
        if gone:
            before.tables[name] = {**table, "columns": renamed_columns(table["columns"], gone)}
    return before


def check_package(package: Schema, stored: Schema, load_id: str) -> None:
    """Check that the files of a package have no column that another run renamed since it was extracted.

    Args:
        package: The schema of the package.
        stored: The schema as the last load left it.
        load_id: The load.

    Raises:
        SchemaUpdateTerminalError: they have one.
    """
    for name, table in package.tables.items():
        names = new_names(stored.tables[name]["columns"]) if name in stored.tables else {}
        for old, new in names.items():
            column = table["columns"].get(old, {"name": old})
            # the package may give it back the name that it had
            if "data_type" in column and new not in column.get(X_FORMER, ()):
                raise SchemaUpdateTerminalError(
                    f"package {load_id}, table {name}: another run gave the column {old!r} the name {new!r} since this "
                    f"package was extracted, and its files have {old!r}. Nothing of it was loaded. Give it up (dlt "
                    "pipeline NAME drop-pending-packages; of a task, clear the extract), and extract again.",
                    table=name,
                    column=new,
                )


def without_dropped(stored: Schema, dropped: Collection[str]) -> Schema:
    """Return a schema without tables that a load drops: what columns were called in them says nothing any more.

    Args:
        stored: The schema as the last load left it; it is changed.
        dropped: Names of the tables.
    """
    for name in dropped:
        if name in stored.tables and new_names(stored.tables[name]["columns"]):
            del stored.tables[name]
    return stored


def _both(order: LoadOrder, table: str, old: str, new: str) -> SchemaUpdateTerminalError:
    return SchemaUpdateTerminalError(
        f"dataset {order.dataset_name}, table {table}: the column {old!r} is to be called {new!r}, and both are there "
        "and were loaded. Nothing was loaded. Join them at the destination: UPDATE the table SET "
        f"{new} = {old} WHERE {new} IS NULL, drop the column {old}, and run again.",
        table=table,
        column=new,
    )


def _not_renamed(order: LoadOrder, table: str, names: Mapping[str, str]) -> SchemaUpdateTerminalError:
    told = ", ".join(f"{old!r} to {new!r}" for old, new in names.items())
    return SchemaUpdateTerminalError(
        f"dataset {order.dataset_name}, table {table}: columns are to be renamed ({told}), and this destination "
        "renames none. Nothing was loaded. Give the package up (dlt pipeline NAME drop-pending-packages), and load the "
        "table anew under the new name with refresh='drop_resources', or take the hint from away.",
        table=table,
        column=next(iter(names.values())),
    )
