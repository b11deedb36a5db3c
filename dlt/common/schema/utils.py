"""Tables, columns and references as values, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from dlt.absent import absent_names
from dlt.common.schema.merging import (
    apply_defaults,
    ensure_compatible_tables,
    generate_version_hash,
    remove_defaults,
    validate_stored_schema,
    verify_schema_hash,
)
from dlt.common.schema.patterns import (
    canonical_simple_regex,
    column_name_validator,
    compile_simple_regex,
    compile_simple_regexes,
    is_valid_schema_name,
    normalize_schema_name,
    simple_regex_validator,
)
from dlt.common.schema.properties import (
    _collect_and_remove_compound_props,
    compare_complete_columns,
    dlt_id_column,
    dlt_load_id_column,
    find_incomplete_columns,
    get_columns_names_with_prop,
    get_dedup_sort_tuple,
    get_first_column_name_with_prop,
    has_column_with_prop,
    has_default_column_prop_value,
    hint_to_column_prop,
    is_complete_column,
    is_compound_prop,
    is_nullable_column,
    merge_column,
    merge_columns,
    new_column,
    remove_column_defaults,
    remove_compound_props,
    table_schema_has_type,
    table_schema_has_type_with_precision,
)
from dlt.common.schema.references import (
    compare_table_references,
    create_load_table_reference,
    create_parent_child_reference,
    create_root_child_reference,
    create_version_and_loads_hash_reference,
    create_version_and_loads_schema_name_reference,
    diff_table_references,
    get_all_parent_child_references_from_root,
    get_all_parent_references_to_root,
    get_all_root_child_references_from_root,
)
from dlt.common.schema.typing import (
    C_DLT_ID,
    TColumnSchema,
    TDataType,
    TFileFormat,
    TLoaderMergeStrategy,
    TPartialTableSchema,
    TSchemaContract,
    TTableFormat,
    TTableReferenceParam,
    TTableSchema,
    TWriteDisposition,
)
from dlt.schema.inference import detect
from dlt.schema.naming import NamingConvention
from dlt.schema.schema import Schema
from dlt.schema.system_tables import PREFIX, loads_table, state_table, version_table
from dlt.schema.table import has_seen_data as has_table_seen_data
from dlt.schema.table import merge_table as _merged
from dlt.schema.table import named_table
from dlt.schema.typing import OLD_TYPES

__all__ = [
    "_collect_and_remove_compound_props",
    "apply_defaults",
    "autodetect_sc_type",
    "canonical_simple_regex",
    "column_name_validator",
    "compare_complete_columns",
    "compare_table_references",
    "compile_simple_regex",
    "compile_simple_regexes",
    "create_load_table_reference",
    "create_parent_child_reference",
    "create_root_child_reference",
    "create_version_and_loads_hash_reference",
    "create_version_and_loads_schema_name_reference",
    "diff_table_references",
    "dlt_id_column",
    "dlt_load_id_column",
    "ensure_compatible_tables",
    "exclude_dlt_entities",
    "fill_hints_from_parent_and_clone_table",
    "find_incomplete_columns",
    "generate_version_hash",
    "get_all_parent_child_references_from_root",
    "get_all_parent_references_to_root",
    "get_all_root_child_references_from_root",
    "get_columns_names_with_prop",
    "get_dedup_sort_tuple",
    "get_file_format",
    "get_first_column_name_with_prop",
    "get_inherited_table_hint",
    "get_merge_strategy",
    "get_nested_tables",
    "get_root_table",
    "get_table_format",
    "get_validity_column_names",
    "get_write_disposition",
    "group_tables_by_resource",
    "has_column_with_prop",
    "has_default_column_prop_value",
    "has_table_seen_data",
    "hint_to_column_prop",
    "is_complete_column",
    "is_compound_prop",
    "is_dlt_table_or_column",
    "is_nested_table",
    "is_nullable_column",
    "is_valid_schema_name",
    "loads_table",
    "may_be_nested",
    "merge_column",
    "merge_columns",
    "merge_table",
    "new_column",
    "new_table",
    "normalize_schema_name",
    "normalize_table_identifiers",
    "pipeline_state_table",
    "remove_column_defaults",
    "remove_compound_props",
    "remove_defaults",
    "remove_processing_hints",
    "simple_regex_validator",
    "standard_type_detections",
    "table_schema_has_type",
    "table_schema_has_type_with_precision",
    "validate_stored_schema",
    "verify_schema_hash",
    "version_table",
]
Tables = Mapping[str, TTableSchema]
DEFAULT_WRITE_DISPOSITION: TWriteDisposition = "append"
_PROCESSING_HINTS = ("x-normalizer", "x-loader", "x-extractor")


def new_table(
    table_name: str,
    parent_table_name: str | None = None,
    write_disposition: TWriteDisposition | None = None,
    columns: Sequence[TColumnSchema] | None = None,
    validate_schema: bool = False,
    resource: str | None = None,
    schema_contract: TSchemaContract | None = None,
    table_format: TTableFormat | None = None,
    file_format: TFileFormat | None = None,
    references: TTableReferenceParam | None = None,
) -> TTableSchema:
    """Return a table.

    Args:
        table_name: Its name.
        parent_table_name: The table that it is nested in; one without parent is appended to by default.
        write_disposition: How rows get into it.
        columns: Its columns.
        validate_schema: Without effect: a schema checks its tables.
        resource: Resource that makes its rows; the one of its name by default.
        schema_contract: Its contract.
        table_format: Format that its files have at a destination of files.
        file_format: Format of the files that are loaded.
        references: Columns that name rows of other tables.

    Raises:
        ValueError: a nested table gets what only root tables have.
    """
    # kept for programs that pass it
    del validate_schema
    columns = [_present(column) for column in columns or ()]
    of_roots = {
        "write_disposition": write_disposition,
        "resource": resource,
        "schema_contract": schema_contract,
        "table_format": table_format,
    }
    table: dict[str, object] = {"name": table_name, "columns": {column["name"]: column for column in columns}}
    if parent_table_name:
        # a table format may be given to a nested table: it is one of the files, not of the load
        if wrong := [name for name, value in of_roots.items() if value is not None and name != "table_format"]:
            raise ValueError(f"table {table_name} is nested in {parent_table_name}: it takes {wrong[0]} from its root.")
        table["parent"] = parent_table_name
    else:
        of_roots["write_disposition"] = write_disposition or DEFAULT_WRITE_DISPOSITION
        of_roots["resource"] = resource or table_name
    told = {**of_roots, "file_format": file_format, "references": references}
    return cast(TTableSchema, {**table, **{name: value for name, value in told.items() if value is not None}})


def _present(column: TColumnSchema) -> TColumnSchema:
    # a type of before 1.0, under its present name
    kind = column.get("data_type")
    return {**column, "data_type": OLD_TYPES[kind]} if kind in OLD_TYPES else column


def merge_table(
    schema_name: str, table: TTableSchema, partial_table: TPartialTableSchema, merge_compound_props: bool = True
) -> TTableSchema:
    """Add the columns and hints of another table to a table; return the other one.

    Args:
        schema_name: Name of the schema, for messages.
        table: The table; it is changed.
        partial_table: The other one.
        merge_compound_props: Keys of the table stay; without, those of the other one take their place.

    Raises:
        TablePropertiesConflictException: the tables have different names or parents.
    """
    ensure_compatible_tables(schema_name, table, partial_table, ensure_columns=False)
    # joins all but the columns
    merged = _merged(table, partial_table, False)
    merged["columns"] = merge_columns(table["columns"], partial_table.get("columns") or {}, merge_compound_props)
    # in place, as programs go on with the table that they passed
    table.update(merged)
    return partial_table


def normalize_table_identifiers(table: TTableSchema, naming: NamingConvention) -> TTableSchema:
    """Return a table with the names that a naming convention gives to it, its columns and its references."""
    return named_table(table, naming)


def pipeline_state_table(add_dlt_id: bool = False) -> TTableSchema:
    """Return the table with the states of pipelines.

    Args:
        add_dlt_id: With the column of row ids.
    """
    table = state_table()
    if not add_dlt_id:
        # PyPI dlt adds it where its pipeline makes the ids of rows
        table["columns"].pop(C_DLT_ID)
    return table


def is_nested_table(table: TTableSchema) -> bool:
    """Tell whether a table is nested in another one."""
    return table.get("parent") is not None


def may_be_nested(table: TTableSchema) -> bool:
    """Tell whether a table is, or may become, nested in another one: it has no write disposition of its own."""
    return is_nested_table(table) or table.get("write_disposition") is None


def get_root_table(tables: Tables, table_name: str) -> TTableSchema:
    """Return the root table of a table."""
    table = tables[table_name]
    while parent := table.get("parent"):
        table = tables[parent]
    return table


def get_nested_tables(
    tables: Tables, table_name: str, max_nesting: int | None = None, include_self: bool | None = True
) -> list[TTableSchema]:
    """Return a table and all that are nested in it, parents first.

    Args:
        tables: Tables by name.
        table_name: The table.
        max_nesting: Most levels below the table; all when None.
        include_self: With the table itself.
    """
    found: list[TTableSchema] = []

    def add(name: str, level: int) -> None:
        # depth first: each table stands right before those that are nested in it
        if name in tables and (level or include_self):
            found.append(tables[name])
        if max_nesting is None or level < max_nesting:
            for child in tables.values():
                if child.get("parent") == name:
                    add(child["name"], level + 1)

    add(table_name, 0)
    return found


def get_inherited_table_hint(tables: Tables, table_name: str, table_hint_name: str, allow_none: bool = False) -> object:
    """Return a hint of a table, or of the next table above it that has the hint.

    Args:
        tables: Tables by name.
        table_name: The table.
        table_hint_name: The hint.
        allow_none: Return None where no table has it.

    Raises:
        ValueError: no table has it.
    """
    table: TTableSchema | None = tables[table_name]
    while table is not None:
        hint = cast("Mapping[str, object]", table).get(table_hint_name)
        # an empty hint is none, and the table above it is asked
        if hint:
            return hint
        parent = table.get("parent")
        table = tables[parent] if parent else None
    if allow_none:
        return None
    raise ValueError(f"table {table_name}: neither it nor a table above it has the hint {table_hint_name!r}.")


def get_write_disposition(tables: Tables, table_name: str) -> TWriteDisposition:
    """Return how rows get into a table: as into its root."""
    return cast(TWriteDisposition, get_inherited_table_hint(tables, table_name, "write_disposition"))


def get_table_format(tables: Tables, table_name: str) -> TTableFormat | None:
    """Return the format of a table at a destination of files: that of its root."""
    return cast("TTableFormat | None", get_inherited_table_hint(tables, table_name, "table_format", allow_none=True))


def get_file_format(tables: Tables, table_name: str) -> TFileFormat | None:
    """Return the format of the files that are loaded: that of its root."""
    return cast("TFileFormat | None", get_inherited_table_hint(tables, table_name, "file_format", allow_none=True))


def get_merge_strategy(tables: Tables, table_name: str) -> TLoaderMergeStrategy | None:
    """Return how rows are merged into a table: as into its root."""
    found = get_inherited_table_hint(tables, table_name, "x-merge-strategy", allow_none=True)
    return cast("TLoaderMergeStrategy | None", found)


def get_validity_column_names(table: TTableSchema) -> list[str | None]:
    """Return the columns with the time in which a row was valid, None where the table has none."""
    return [table.get("x-valid-from"), table.get("x-valid-to")]


def fill_hints_from_parent_and_clone_table(tables: Tables, table: TTableSchema) -> TTableSchema:
    """Return a copy of a table with all that it takes from the tables above it."""
    copy = dict(table)
    # what holds for a chain as a whole: all of its tables are loaded together
    for hint in ("write_disposition", "table_format", "file_format", "x-merge-strategy"):
        if hint not in copy:
            found = get_inherited_table_hint(tables, table["name"], hint, allow_none=True)
            if found is not None:
                copy[hint] = found
    return cast(TTableSchema, copy)


def group_tables_by_resource(tables: Tables, pattern: re.Pattern[str] | None = None) -> dict[str, list[TTableSchema]]:
    """Return tables, with all that are nested in them, by the resources that make their rows.

    Args:
        tables: Tables by name.
        pattern: Only resources whose names match.
    """
    found: dict[str, list[TTableSchema]] = {}
    for table in tables.values():
        # tables of the library are made by themselves
        resource = table.get("resource") or (table["name"] if table["name"].startswith(PREFIX) else None)
        if resource and (pattern is None or pattern.match(resource)):
            # nested tables have no resource of their own
            found.setdefault(resource, []).extend(get_nested_tables(tables, table["name"]))
    return found


def remove_processing_hints(tables: dict[str, TTableSchema]) -> dict[str, TTableSchema]:
    """Take what the steps note for themselves out of tables; return the tables."""
    for table in tables.values():
        # hints of steps stand in columns as well
        for part in (table, *table["columns"].values()):
            for hint in _PROCESSING_HINTS:
                cast("dict[str, object]", part).pop(hint, None)
    return tables


def is_dlt_table_or_column(name: str, normalized_dlt_prefix: str) -> bool:
    """Tell whether a table or column is one of the library."""
    return name.startswith(normalized_dlt_prefix)


def exclude_dlt_entities(
    table_schemas: Iterable[TTableSchema],
    normalized_dlt_prefix: str,
    exclude_dlt_tables: bool = True,
    exclude_dlt_columns: bool = True,
) -> list[TTableSchema]:
    """Return copies of tables without what is the library's.

    Args:
        table_schemas: The tables.
        normalized_dlt_prefix: With which names of the library begin.
        exclude_dlt_tables: Leave its tables out.
        exclude_dlt_columns: Leave its columns out.
    """
    found = []
    for table in table_schemas:
        if exclude_dlt_tables and is_dlt_table_or_column(table["name"], normalized_dlt_prefix):
            continue
        columns = {
            name: column
            for name, column in table["columns"].items()
            if not (exclude_dlt_columns and is_dlt_table_or_column(name, normalized_dlt_prefix))
        }
        found.append(cast(TTableSchema, {**table, "columns": columns}))
    return found


def standard_type_detections() -> list[str]:
    """Return the detections that new schemas have."""
    return list(Schema("any").detections)


def autodetect_sc_type(detection_fs: Sequence[str] | None, t: type, v: object) -> TDataType | None:
    """Return the type that the first matching detection gives to a value, None if none matches."""
    return detect(v, detection_fs or (), t)


__getattr__ = absent_names(
    __name__,
    "schema.to_dict(remove_defaults=True) and schema.to_pretty_yaml() give stored forms.",
    "bump_version_if_modified store_prev_hash migrate_complex_types merge_schema_updates to_pretty_json to_pretty_yaml",
)
