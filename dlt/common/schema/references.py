"""References between the tables of a schema, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dlt.common.schema.properties import get_first_column_name_with_prop
from dlt.common.schema.typing import (
    C_CHILD_PARENT_REF_LABEL,
    C_DESCENDANT_ROOT_REF_LABEL,
    C_DLT_LOAD_ID,
    C_DLT_LOADS_TABLE_LOAD_ID,
    C_ROOT_LOAD_REF_LABEL,
    C_VERSION_SCHEMA_NAME_LABEL,
    C_VERSION_SCHEMA_VERSION_LABEL,
    LOADS_TABLE_NAME,
    VERSION_TABLE_NAME,
    TReferenceCardinality,
    TTableReferenceInline,
    TTableSchema,
)
from dlt.schema.naming import NamingConvention

Tables = Mapping[str, TTableSchema]


def _root_name(tables: Tables, table_name: str) -> str:
    while parent := tables[table_name].get("parent"):
        table_name = parent
    return table_name


def _reference(
    label: str, cardinality: TReferenceCardinality, columns: tuple[str, str], referenced: tuple[str, str]
) -> TTableReferenceInline:
    return {
        "label": label,
        "cardinality": cardinality,
        "table": columns[0],
        "columns": [columns[1]],
        "referenced_table": referenced[0],
        "referenced_columns": [referenced[1]],
    }


def _key(tables: Tables, table_name: str, prop: str) -> str:
    # keys are hints, which stand there before a value has told the type
    found = get_first_column_name_with_prop(tables[table_name], prop, include_incomplete=True)
    if found is None:
        advice = " Set root_key=True on its source." if prop == "root_key" else ""
        raise ValueError(f"table {table_name}: no column is its {prop}.{advice}")
    return found


def create_parent_child_reference(tables: Tables, table_name: str) -> TTableReferenceInline:
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
    return _reference(C_CHILD_PARENT_REF_LABEL, "many_to_one", child, (parent, _key(tables, parent, "row_key")))


def create_root_child_reference(tables: Tables, table_name: str) -> TTableReferenceInline:
    """Return how the rows of a nested table name the rows of its root table.

    Args:
        tables: Tables by name.
        table_name: The nested table.

    Raises:
        ValueError: the table is a root table, or the key is not there.
    """
    root = _root_name(tables, table_name)
    if root == table_name:
        raise ValueError(f"table {table_name} is a root table already.")
    child = (table_name, _key(tables, table_name, "root_key"))
    return _reference(C_DESCENDANT_ROOT_REF_LABEL, "many_to_one", child, (root, _key(tables, root, "row_key")))


def _below(tables: Tables, table_name: str) -> list[str]:
    if tables[table_name].get("parent"):
        raise ValueError(f"table {table_name} is not a root table.")
    return [name for name in tables if name != table_name and _root_name(tables, name) == table_name]


def get_all_parent_child_references_from_root(tables: Tables, table_name: str) -> list[TTableReferenceInline]:
    """Return the references of all tables below a root table to their parents.

    Raises:
        ValueError: it is not a root table.
    """
    return [create_parent_child_reference(tables, name) for name in _below(tables, table_name)]


def get_all_root_child_references_from_root(tables: Tables, table_name: str) -> list[TTableReferenceInline]:
    """Return the references of all tables below a root table to it.

    Raises:
        ValueError: it is not a root table.
    """
    return [create_root_child_reference(tables, name) for name in _below(tables, table_name)]


def get_all_parent_references_to_root(tables: Tables, table_name: str) -> list[TTableReferenceInline]:
    """Return the references to parents on the way from a table up to its root."""
    found: list[TTableReferenceInline] = []
    while parent := tables[table_name].get("parent"):
        found.append(create_parent_child_reference(tables, table_name))
        table_name = parent
    return found


def create_load_table_reference(table: TTableSchema, *, naming: NamingConvention) -> TTableReferenceInline:
    """Return how the rows of a root table name the load that brought them.

    Args:
        table: The table.
        naming: Gives the names of tables and columns of the library.
    """
    child = (table["name"], naming.normalize_identifier(C_DLT_LOAD_ID))
    loads = (
        naming.normalize_tables_path(LOADS_TABLE_NAME),
        naming.normalize_identifier(C_DLT_LOADS_TABLE_LOAD_ID),
    )
    return _reference(C_ROOT_LOAD_REF_LABEL, "many_to_one", child, loads)


def create_version_and_loads_hash_reference(tables: Tables, *, naming: NamingConvention) -> TTableReferenceInline:
    """Return how versions of schemas name the loads that were made with them.

    Args:
        tables: Tables by name.
        naming: Gives the names of tables and columns of the library.
    """
    # the tables of the library are in every schema: only their names are needed
    del tables
    version = (naming.normalize_tables_path(VERSION_TABLE_NAME), naming.normalize_identifier("version_hash"))
    loads = (naming.normalize_tables_path(LOADS_TABLE_NAME), naming.normalize_identifier("schema_version_hash"))
    return _reference(C_VERSION_SCHEMA_VERSION_LABEL, "one_to_many", version, loads)


def create_version_and_loads_schema_name_reference(
    tables: Tables, *, naming: NamingConvention
) -> TTableReferenceInline:
    """Return how versions of schemas name the loads of the same schema.

    Args:
        tables: Tables by name.
        naming: Gives the names of tables and columns of the library.
    """
    del tables
    name = naming.normalize_identifier("schema_name")
    version = (naming.normalize_tables_path(VERSION_TABLE_NAME), name)
    loads = (naming.normalize_tables_path(LOADS_TABLE_NAME), name)
    return _reference(C_VERSION_SCHEMA_NAME_LABEL, "many_to_many", version, loads)


def compare_table_references(a: TTableReferenceInline, b: TTableReferenceInline) -> bool:
    """Tell whether two references name the same rows by the same columns."""
    if a["referenced_table"] != b["referenced_table"]:
        return False
    pairs = [set(zip(ref["columns"], ref["referenced_columns"], strict=False)) for ref in (a, b)]
    return pairs[0] == pairs[1]


def diff_table_references(
    a: Sequence[TTableReferenceInline], b: Sequence[TTableReferenceInline]
) -> list[TTableReferenceInline]:
    """Return the references of the second list that the first one does not have."""
    return [new for new in b if not any(compare_table_references(old, new) for old in a)]
