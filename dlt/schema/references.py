"""References between the tables of a schema: those that tables declare, and those of the library's own columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from dlt.schema.chains import root_of
from dlt.schema.naming import NamingConvention
from dlt.schema.system_columns import LOAD_ID
from dlt.schema.system_tables import LOADS_TABLE, VERSION_TABLE
from dlt.schema.typing import Cardinality, TableReference, TableSchema

PARENT_LABEL = "_dlt_parent"
ROOT_LABEL = "_dlt_root"
LOAD_LABEL = "_dlt_load"
SCHEMA_NAME_LABEL = "_dlt_schema_name"
SCHEMA_VERSION_LABEL = "_dlt_schema_version"

Tables = Mapping[str, TableSchema]


def _reference(
    label: str, cardinality: Cardinality, columns: tuple[str, str], referenced: tuple[str, str]
) -> TableReference:
    return {
        "label": label,
        "cardinality": cardinality,
        "table": columns[0],
        "columns": [columns[1]],
        "referenced_table": referenced[0],
        "referenced_columns": [referenced[1]],
    }


def _first_with(table: TableSchema, prop: str) -> str | None:
    return next(
        (name for name, column in table["columns"].items() if cast(Mapping[str, object], column).get(prop)), None
    )


def _key(tables: Tables, table_name: str, prop: str) -> str:
    # keys are hints, which stand there before a value has told the type
    found = _first_with(tables[table_name], prop)
    if found is None:
        advice = " Set root_key=True on its source." if prop == "root_key" else ""
        raise ValueError(f"table {table_name}: no column is its {prop}.{advice}")
    return found


def create_parent_child_reference(tables: Tables, table_name: str) -> TableReference:
    """Return how the rows of a nested table name the rows of its parent.

    Args:
        tables: Tables by name.
        table_name: The nested table.

    Raises:
        ValueError: the table has no parent, or the key is not there.
    """
    parent = tables[table_name].get("parent")
    if not parent:
        raise ValueError(f"table {table_name} is a root table, so it has no parent.")
    child = (table_name, _key(tables, table_name, "parent_key"))
    return _reference(PARENT_LABEL, "many_to_one", child, (parent, _key(tables, parent, "row_key")))


def create_root_child_reference(tables: Tables, table_name: str) -> TableReference:
    """Return how the rows of a nested table name the rows of its root table.

    Args:
        tables: Tables by name.
        table_name: The nested table.

    Raises:
        ValueError: the table is a root table, or the key is not there.
    """
    root = root_of(tables, table_name)
    if root == table_name:
        raise ValueError(f"table {table_name} is a root table already.")
    child = (table_name, _key(tables, table_name, "root_key"))
    return _reference(ROOT_LABEL, "many_to_one", child, (root, _key(tables, root, "row_key")))


def _below(tables: Tables, table_name: str) -> list[str]:
    if tables[table_name].get("parent"):
        raise ValueError(f"table {table_name} is not a root table.")
    return [name for name in tables if name != table_name and root_of(tables, name) == table_name]


def get_all_parent_child_references_from_root(tables: Tables, table_name: str) -> list[TableReference]:
    """Return the references of all tables below a root table to their parents.

    Raises:
        ValueError: it is not a root table.
    """
    return [create_parent_child_reference(tables, name) for name in _below(tables, table_name)]


def get_all_root_child_references_from_root(tables: Tables, table_name: str) -> list[TableReference]:
    """Return the references of all tables below a root table to it.

    Raises:
        ValueError: it is not a root table.
    """
    return [create_root_child_reference(tables, name) for name in _below(tables, table_name)]


def get_all_parent_references_to_root(tables: Tables, table_name: str) -> list[TableReference]:
    """Return the references to parents on the way from a table up to its root."""
    found: list[TableReference] = []
    while parent := tables[table_name].get("parent"):
        found.append(create_parent_child_reference(tables, table_name))
        table_name = parent
    return found


def create_load_table_reference(table: TableSchema, *, naming: NamingConvention) -> TableReference:
    """Return how the rows of a root table name the load that brought them.

    Args:
        table: The table.
        naming: Gives the names of tables and columns of the library.
    """
    child = (table["name"], naming.normalize_identifier(LOAD_ID))
    loads = (
        naming.normalize_tables_path(LOADS_TABLE),
        naming.normalize_identifier("load_id"),
    )
    return _reference(LOAD_LABEL, "many_to_one", child, loads)


def create_version_and_loads_hash_reference(tables: Tables, *, naming: NamingConvention) -> TableReference:
    """Return how versions of schemas name the loads that were made with them.

    Args:
        tables: Tables by name.
        naming: Gives the names of tables and columns of the library.
    """
    # the tables of the library are in every schema: only their names are needed
    del tables
    version = (naming.normalize_tables_path(VERSION_TABLE), naming.normalize_identifier("version_hash"))
    loads = (naming.normalize_tables_path(LOADS_TABLE), naming.normalize_identifier("schema_version_hash"))
    return _reference(SCHEMA_VERSION_LABEL, "one_to_many", version, loads)


def create_version_and_loads_schema_name_reference(tables: Tables, *, naming: NamingConvention) -> TableReference:
    """Return how versions of schemas name the loads of the same schema.

    Args:
        tables: Tables by name.
        naming: Gives the names of tables and columns of the library.
    """
    del tables
    name = naming.normalize_identifier("schema_name")
    version = (naming.normalize_tables_path(VERSION_TABLE), name)
    loads = (naming.normalize_tables_path(LOADS_TABLE), name)
    return _reference(SCHEMA_NAME_LABEL, "many_to_many", version, loads)


def compare_table_references(a: TableReference, b: TableReference) -> bool:
    """Tell whether two references name the same rows by the same columns."""
    if a["referenced_table"] != b["referenced_table"]:
        return False
    pairs = [set(zip(ref["columns"], ref["referenced_columns"], strict=False)) for ref in (a, b)]
    return pairs[0] == pairs[1]


def diff_table_references(a: Sequence[TableReference], b: Sequence[TableReference]) -> list[TableReference]:
    """Return the references of the second list that the first one does not have."""
    return [new for new in b if not any(compare_table_references(old, new) for old in a)]


def all_references(tables: Tables, naming: NamingConvention) -> list[TableReference]:
    """Return what tables declare, and how nested rows, loads and versions hang together.

    Args:
        tables: Tables by name.
        naming: Gives the names of tables and columns of the library.
    """
    found = [reference for name in tables for reference in _references_of(tables, name, naming)]
    return [
        *found,
        create_version_and_loads_hash_reference(tables, naming=naming),
        create_version_and_loads_schema_name_reference(tables, naming=naming),
    ]


def _references_of(tables: Tables, name: str, naming: NamingConvention) -> Iterator[TableReference]:
    table = tables[name]
    # a table of which no row has come yet does not have its keys
    if table.get("parent"):
        if _first_with(table, "parent_key"):
            yield create_parent_child_reference(tables, name)
        if _first_with(table, "root_key"):
            yield create_root_child_reference(tables, name)
    elif naming.normalize_identifier(LOAD_ID) in table["columns"]:
        yield create_load_table_reference(table, naming=naming)
    for reference in table.get("references") or ():
        yield {**reference, "table": name}
