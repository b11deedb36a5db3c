"""Whether tables can be merged, and schemas in their stored forms, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from typing import cast

from dlt.common.schema.exceptions import ParentTableNotFoundException
from dlt.common.schema.typing import TPartialTableSchema, TStoredSchema, TTableSchema
from dlt.errors import TablePropertiesConflictException
from dlt.schema.schema import Schema
from dlt.schema.stored import StoredSchema, without_defaults
from dlt.schema.table import check_same_types, parents_differ


def ensure_compatible_tables(
    schema_name: str, tab_a: TTableSchema, tab_b: TPartialTableSchema, ensure_columns: bool = True
) -> None:
    """Check that two tables can be merged.

    Args:
        schema_name: Name of the schema, for messages.
        tab_a: One table.
        tab_b: The other one.
        ensure_columns: Check that columns that both have are of one type.

    Raises:
        TablePropertiesConflictException: the tables have different names or parents.
        CannotCoerceColumnException: a column has another type.
    """
    # programs pass whatever two tables they have at hand
    if tab_a["name"] != tab_b["name"]:
        raise TablePropertiesConflictException(
            f"schema {schema_name}: table {tab_a['name']} cannot be merged with {tab_b['name']}. Merge tables of one "
            "name.",
            table_name=tab_a["name"],
            prop_name="name",
            val1=tab_a["name"],
            val2=tab_b["name"],
        )
    if tab_a.get("parent") != tab_b.get("parent"):
        raise parents_differ(tab_a, tab_b)
    if ensure_columns:
        check_same_types(schema_name, {tab_a["name"]: tab_a}, {tab_b["name"]: tab_b})


def remove_defaults(stored_schema: TStoredSchema) -> TStoredSchema:
    """Return a stored schema without what `apply_defaults` puts back: the names of tables and columns in themselves."""
    return cast(TStoredSchema, without_defaults(cast("StoredSchema", stored_schema)))


def apply_defaults(stored_schema: TStoredSchema) -> TStoredSchema:
    """Put the names of tables and columns into themselves; return the stored schema."""
    # in place, as in PyPI dlt: a copy would not reach who passed it
    for name, table in stored_schema["tables"].items():
        table["name"] = name
        for column_name, column in table["columns"].items():
            column["name"] = column_name
    return stored_schema


def validate_stored_schema(stored_schema: TStoredSchema) -> None:
    """Check that a stored schema is one.

    Raises:
        ParentTableNotFoundException: a table is nested in one that is not there.
        SchemaException: it is not.
    """
    # a load takes such a schema: the parent may come with its next rows
    for name, table in stored_schema["tables"].items():
        if (parent := table.get("parent")) and parent not in stored_schema["tables"]:
            raise ParentTableNotFoundException(
                f"schema {stored_schema['name']}: table {name} is nested in {parent}, which is not there. Add it.",
                table_name=name,
                parent_table_name=parent,
            )
    Schema.from_dict(dict(stored_schema))


def generate_version_hash(stored_schema: TStoredSchema) -> str:
    """Return the hash of a stored schema."""
    # by way of a schema, because the hash is one of the present layout
    return Schema.from_dict(dict(stored_schema)).version_hash


def verify_schema_hash(loaded_schema_dict: TStoredSchema, verifies_if_not_migrated: bool = False) -> bool:
    """Tell whether a stored schema is the one that its hash was made of.

    Args:
        loaded_schema_dict: The stored schema.
        verifies_if_not_migrated: Without effect.
    """
    # migrations do not touch what the hash is made of
    del verifies_if_not_migrated
    return generate_version_hash(loaded_schema_dict) == loaded_schema_dict["version_hash"]
