"""Tables of a schema as values: made, named, joined with what is new, compared and copied."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, cast

from dlt.errors import (
    CannotCoerceColumnException,
    SchemaCorruptedException,
    TableNotFound,
    TablePropertiesConflictException,
)
from dlt.schema.naming import NamingConvention, name_of_hint, name_of_table
from dlt.schema.paths import path_text, told_by_name
from dlt.schema.typing import OLD_TYPES, ColumnSchema, TableReference, TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.schema.x_keys import SEEN_DATA, X_CHECKS, X_NORMALIZER, X_PATH, X_ROW_VERSION, X_VALID_FROM, X_VALID_TO

_NAMING_HINTS: Final = (X_VALID_FROM, X_VALID_TO, X_ROW_VERSION)
"""Hints of tables that name a column."""


def copied_tables(tables: Mapping[str, TableSchema]) -> dict[str, TableSchema]:
    """Return a copy of tables with columns and hints of their own."""
    return {name: cast(TableSchema, _copied(table)) for name, table in tables.items()}


def _copied(value: object) -> object:
    # like deepcopy for what schemas hold, several times faster
    if isinstance(value, dict):
        return {key: _copied(item) if isinstance(item, (dict, list)) else item for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) if isinstance(item, (dict, list)) else item for item in value]
    return value


def new_table(partial: TableSchema) -> TableSchema:
    """Return a table from the parts that are known."""
    table = cast(TableSchema, {**partial, "columns": {}})
    for name, column in (partial.get("columns") or {}).items():
        table["columns"][name] = cast(ColumnSchema, {"name": name, **column})
    # nested tables go where their root goes
    if not table.get("parent"):
        table.setdefault("write_disposition", "append")
    return table


TABLE_WIDE = ("primary_key", "merge_key", "hard_delete", "dedup_sort", "partition", "cluster", "incremental")
"""Hints of columns that together say one thing of their table."""


def without_key(columns: Mapping[str, ColumnSchema], key: str) -> dict[str, ColumnSchema]:
    """Return columns where none has a hint of TABLE_WIDE; a column of which nothing else was known is gone with it."""
    kept: dict[str, ColumnSchema] = {}
    for name, column in columns.items():
        rest = cast(ColumnSchema, {hint: value for hint, value in column.items() if hint != key})
        if key not in column or rest.keys() - {"name", "nullable"}:
            kept[name] = rest
    return kept


def merge_table(known: TableSchema, partial: TableSchema, merge_compound_props: bool = True) -> TableSchema:
    """Return a table with hints and columns added.

    Raises:
        TablePropertiesConflictException: the parent differs.
    """
    # a nested table is loaded with its root, so it can belong to one parent only
    if partial.get("parent") and known.get("parent") != partial["parent"]:
        raise parents_differ(known, partial)
    # None says nothing: what was known stays
    merged = cast(TableSchema, {**known, **{k: v for k, v in partial.items() if v is not None}})
    # key by key: each step notes its own, and must not take back another's
    if known.get(X_NORMALIZER) and partial.get(X_NORMALIZER):
        merged[X_NORMALIZER] = {**known[X_NORMALIZER], **partial[X_NORMALIZER]}
    if known.get("references") and partial.get("references"):
        merged["references"] = _joined_references(known["references"], partial["references"])
    columns = dict(known["columns"])
    partial_columns = partial.get("columns") or {}
    if merge_compound_props:
        for key in TABLE_WIDE:
            # keys of a table are declared together: new ones take the place of old ones
            if any(column.get(key) for column in partial_columns.values()):
                columns = without_key(columns, key)
    for name, column in partial_columns.items():
        columns[name] = cast(ColumnSchema, {**columns.get(name, {}), "name": name, **column})
    merged["columns"] = columns
    return merged


def parents_differ(known: TableSchema, partial: TableSchema) -> TablePropertiesConflictException:
    """Return the error for a table that came with another parent."""
    return TablePropertiesConflictException(
        f"table {known['name']}: its parent is {known.get('parent')!r}, but data came for the parent "
        f"{partial.get('parent')!r}. Give one of the tables another name.",
        table_name=known["name"],
        prop_name="parent",
        val1=known.get("parent"),
        val2=partial.get("parent"),
    )


def _joined_references(known: Sequence[TableReference], more: Sequence[TableReference]) -> list[TableReference]:
    """Return references of both lists; of those to one table the later ones count."""
    told = {reference["referenced_table"] for reference in more}
    return [*(reference for reference in known if reference["referenced_table"] not in told), *more]


def named_table(table: TableSchema, naming: NamingConvention) -> TableSchema:
    """Return a table with the names that a convention gives to it, its parent, its columns and its references."""
    named: TableSchema = {**table}
    # the name of a nested table is a path
    own = naming.normalize_tables_path(table["name"]) if table.get("parent") else name_of_table(naming, table["name"])
    named["name"] = own
    if table.get("parent"):
        named["parent"] = naming.normalize_tables_path(table["parent"])
    columns: dict[str, ColumnSchema] = {}
    for key, column in (table.get("columns") or {}).items():
        name = name_of_hint(naming, column.get("name") or key)
        # two keys may get one name: their hints are joined, as their values will be
        said = {hint: value for hint, value in column.items() if name not in columns or not _is_default(hint, value)}
        columns[name] = cast(ColumnSchema, {**columns.get(name, {}), **said, "name": name})
        if name != key and X_PATH not in columns[name] and not column.get("from"):
            own = path_text([column.get("name") or key])
            if own != told_by_name(name, naming.PATH_SEPARATOR, bool(table.get("parent"))):
                # a column that is declared with its type is there before its data
                columns[name][X_PATH] = own
        if columns[name].get("data_type") in OLD_TYPES:
            columns[name]["data_type"] = OLD_TYPES[column["data_type"]]
    named["columns"] = columns
    for hint in _NAMING_HINTS:
        if named.get(hint):
            named[hint] = naming.normalize_path(named[hint])
    if references := named.get("references"):
        named["references"] = [_named_reference(reference, naming) for reference in references]
    if checks := named.get(X_CHECKS):
        named[X_CHECKS] = [_named_check(check, naming) for check in checks]
    return named


def _is_default(hint: str, value: object) -> bool:
    # what a column is without the hint, which takes back nothing that was said of the other key
    return value is (hint == "nullable")


def _named_reference(reference: TableReference, naming: NamingConvention) -> TableReference:
    named: TableReference = {**reference}
    if table := reference.get("referenced_table"):
        named["referenced_table"] = naming.normalize_tables_path(table)
    if columns := reference.get("columns"):
        named["columns"] = [naming.normalize_path(name) for name in columns]
    if columns := reference.get("referenced_columns"):
        named["referenced_columns"] = [naming.normalize_path(name) for name in columns]
    return named


def _named_check(check: Mapping[str, object], naming: NamingConvention) -> dict[str, object]:
    named = dict(check)
    for key in ("columns", "referenced_columns"):
        if isinstance(names := named.get(key), (list, tuple)):
            named[key] = [naming.normalize_path(name) for name in names]
    if isinstance(table := named.get("table"), str):
        named["table"] = naming.normalize_tables_path(table)
    return named


def typed_columns(table: TableSchema) -> dict[str, ColumnSchema]:
    """Return the columns that have a type; the others are hints for columns of which no value came."""
    return {name: column for name, column in table["columns"].items() if "data_type" in column}


def with_typed_columns(table: TableSchema) -> TableSchema:
    """Return a table without the columns that have no type yet."""
    return {**table, "columns": typed_columns(table)}


def has_hint(column: ColumnSchema, hint: str) -> bool:
    """Tell whether a column has a hint; "not_null" is one too."""
    return column.get("nullable") is False if hint == "not_null" else bool(column.get(hint))


def has_typed_columns(table: TableSchema) -> bool:
    """Tell whether a column of the table has a type."""
    return any("data_type" in column for column in table["columns"].values())


def table_not_found(schema: str, table: str, known: Iterable[str]) -> TableNotFound:
    """Return the error for a table that a schema does not have."""
    return TableNotFound(
        f"schema {schema} has no table {table!r}. It has {', '.join(sorted(known))}.",
        schema_name=schema,
        table_name=table,
    )


def has_seen_data(table: TableSchema) -> bool:
    """Tell whether rows of the table were normalized."""
    return bool((table.get(X_NORMALIZER) or {}).get(SEEN_DATA))


def check_chains(schema: str, tables: Mapping[str, TableSchema], dropped: Collection[str]) -> None:
    """Check that no nested table loses its parent.

    Raises:
        SchemaCorruptedException: one would.
    """
    for name, table in tables.items():
        if table.get("parent") in dropped and name not in dropped:
            raise SchemaCorruptedException(
                f"schema {schema}: the table {table.get('parent')} cannot be dropped without the table {name}, which "
                "is nested in it. Name all of its nested tables too."
            )


def check_same_types(schema: str, tables: Mapping[str, TableSchema], others: Mapping[str, TableSchema]) -> None:
    """Check that columns which two sets of tables share have one type.

    Raises:
        CannotCoerceColumnException: one has two.
    """
    for table, other in ((tables[name], other) for name, other in others.items() if name in tables):
        for name, column in typed_columns(other).items():
            known = table["columns"].get(name, column).get("data_type")
            if known not in (None, column["data_type"]):
                raise CannotCoerceColumnException(
                    f"schema {schema}, {table['name']}.{name}: it is {known} in one schema and {column['data_type']} "
                    "in the other. Declare one data_type for both.",
                    table=table["name"],
                    column=name,
                )


def missing_columns(
    tables: Mapping[str, TableSchema], known: Mapping[str, Mapping[str, object]] | None
) -> SchemaUpdate:
    """Return the columns of tables that are not known yet.

    Args:
        tables: The tables, with their complete columns only.
        known: Columns by name by table; None when nothing is there.
    """
    missing: dict[str, TableSchema] = {}
    for name, table in tables.items():
        there = (known or {}).get(name)
        columns = {n: column for n, column in table["columns"].items() if there is None or n not in there}
        if columns:
            missing[name] = {**table, "columns": columns}
    return SchemaUpdate(missing)
