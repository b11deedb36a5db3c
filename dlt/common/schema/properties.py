"""Properties of columns, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from dlt.common.schema.typing import (
    ColumnPropInfos,
    TColumnSchema,
    TDataType,
    TSortOrder,
    TTableSchema,
    TTableSchemaColumns,
)
from dlt.schema.system_columns import LOAD_ID, ROW_ID


def new_column(
    column_name: str,
    data_type: TDataType | None = None,
    nullable: bool = True,
    precision: int | None = None,
    scale: int | None = None,
    validate_schema: bool = False,
) -> TColumnSchema:
    """Return a column.

    Args:
        column_name: Its name.
        data_type: Its type, where it is known.
        nullable: It may have no value.
        precision: Digits, bits or characters that it has.
        scale: Digits behind the point.
        validate_schema: Without effect: the arguments can say nothing wrong.
    """
    del validate_schema
    column: TColumnSchema = {"name": column_name, "nullable": nullable}
    if data_type is not None:
        column["data_type"] = data_type
    if precision is not None:
        column["precision"] = precision
    if scale is not None:
        column["scale"] = scale
    return column


def dlt_id_column() -> TColumnSchema:
    """Return the column with the id of a row."""
    return {"name": ROW_ID, "data_type": "text", "nullable": False, "unique": True, "row_key": True}


def dlt_load_id_column() -> TColumnSchema:
    """Return the column with the load that brought a row."""
    return {"name": LOAD_ID, "data_type": "text", "nullable": False}


def has_default_column_prop_value(prop: str, value: object) -> bool:
    """Tell whether a property has a value that says no more than not having it."""
    info = ColumnPropInfos.get(prop)
    # properties of programs, such as x-hints, have the two usual ones, as in PyPI dlt 1.x
    return value in info.defaults if info is not None else value in (None, False)


def is_compound_prop(prop: str) -> bool:
    """Tell whether columns of a table have a property together."""
    info = ColumnPropInfos.get(prop)
    return info is not None and info.compound


def hint_to_column_prop(h: str) -> str:
    """Return the property that a default hint sets."""
    # the one hint that takes a property away instead of setting it
    return "nullable" if h == "not_null" else h


def remove_column_defaults(column_schema: TColumnSchema) -> TColumnSchema:
    """Take the properties out of a column that say no more than not having them; return the column."""
    properties = cast("dict[str, object]", column_schema)
    # listed first: properties are taken out on the way
    for prop in list(properties):
        if has_default_column_prop_value(prop, properties[prop]):
            del properties[prop]
    return column_schema


def merge_column(col_a: TColumnSchema, col_b: TColumnSchema, merge_defaults: bool = True) -> TColumnSchema:
    """Return a column with the properties of another one in it.

    Args:
        col_a: The column.
        col_b: The other one: what it says comes before what the column says.
        merge_defaults: Properties whose values say no more than not having them count too.
    """
    other = cast("Mapping[str, object]", col_b)
    taken = {
        name: value for name, value in other.items() if merge_defaults or not has_default_column_prop_value(name, value)
    }
    return cast(TColumnSchema, {**col_a, **taken})


def remove_compound_props(columns: TTableSchemaColumns, compound_props: set[str]) -> TTableSchemaColumns:
    """Take properties out of all columns; return the columns."""
    for column in columns.values():
        for prop in compound_props:
            cast("dict[str, object]", column).pop(prop, None)
    return columns


def _collect_and_remove_compound_props(
    source_columns: TTableSchemaColumns, target_columns: TTableSchemaColumns
) -> None:
    """Take the properties that columns of one table have together out of the columns of another one."""
    told = {prop for column in source_columns.values() for prop, value in column.items() if value}
    remove_compound_props(target_columns, {prop for prop in told if is_compound_prop(prop)})


def merge_columns(
    columns_a: TTableSchemaColumns, columns_b: TTableSchemaColumns, merge_compound_props: bool = True
) -> TTableSchemaColumns:
    """Return columns with those of another table in them.

    Args:
        columns_a: The columns.
        columns_b: The others.
        merge_compound_props: A property that columns have together stays on the columns that had it; without, those of
            the other table take its place.
    """
    merged: TTableSchemaColumns = {name: cast(TColumnSchema, {**column}) for name, column in columns_a.items()}
    if not merge_compound_props:
        # a key that the other table does not mention stays
        told = {prop for column in columns_b.values() for prop, value in column.items() if value}
        remove_compound_props(merged, {prop for prop in told if is_compound_prop(prop)})
    for name, column in columns_b.items():
        known = merged.get(name)
        if known is not None and not is_complete_column(known) and is_complete_column(column):
            # a column takes its place when its type is known
            merged.pop(name)
        merged[name] = merge_column(known, column) if known is not None else column
    return merged


def is_complete_column(col: TColumnSchema) -> bool:
    """Tell whether name and type of a column are known."""
    # a column of hints alone waits for its first value
    return bool(col.get("name")) and bool(col.get("data_type"))


def is_nullable_column(col: TColumnSchema) -> bool:
    """Tell whether a column may have no value."""
    # every column may be NULL unless it says otherwise
    return col.get("nullable", True)


def find_incomplete_columns(table: TTableSchema) -> Iterator[tuple[TColumnSchema, bool]]:
    """Yield the columns whose types are not known, and whether they may have no value."""
    for column in table["columns"].values():
        if not is_complete_column(column):
            yield column, is_nullable_column(column)


def compare_complete_columns(a: TColumnSchema, b: TColumnSchema) -> bool:
    """Tell whether two columns have one name and one type."""
    return a["data_type"] == b["data_type"] and a["name"] == b["name"]


def get_columns_names_with_prop(table: TTableSchema, column_prop: str, include_incomplete: bool = False) -> list[str]:
    """Return the names of the columns that have a property.

    Args:
        table: The table.
        column_prop: The property.
        include_incomplete: Columns whose types are not known count too.
    """
    return [
        column["name"]
        for column in table["columns"].values()
        if not has_default_column_prop_value(column_prop, cast("Mapping[str, object]", column).get(column_prop))
        and (include_incomplete or is_complete_column(column))
    ]


def get_first_column_name_with_prop(
    table: TTableSchema, column_prop: str, include_incomplete: bool = False
) -> str | None:
    """Return the name of the first column that has a property, None if none has it.

    Args:
        table: The table.
        column_prop: The property.
        include_incomplete: Columns whose types are not known count too.
    """
    found = get_columns_names_with_prop(table, column_prop, include_incomplete)
    return found[0] if found else None


def has_column_with_prop(table: TTableSchema, column_prop: str, include_incomplete: bool = False) -> bool:
    """Tell whether a column has a property.

    Args:
        table: The table.
        column_prop: The property.
        include_incomplete: Columns whose types are not known count too.
    """
    return bool(get_columns_names_with_prop(table, column_prop, include_incomplete))


def get_dedup_sort_tuple(table: TTableSchema, include_incomplete: bool = False) -> tuple[str, TSortOrder] | None:
    """Return the column that says which of several rows with one key is kept, and the order; None without one.

    Args:
        table: The table.
        include_incomplete: A column whose type is not known counts too.
    """
    name = get_first_column_name_with_prop(table, "dedup_sort", include_incomplete)
    if name is None:
        return None
    return name, "asc" if table["columns"][name]["dedup_sort"] == "asc" else "desc"


def table_schema_has_type(table: TTableSchema, _typ: TDataType) -> bool:
    """Tell whether a column has a type."""
    return any(column.get("data_type") == _typ for column in table["columns"].values())


def table_schema_has_type_with_precision(table: TTableSchema, _typ: TDataType) -> bool:
    """Tell whether a column has a type and says how many digits it has."""
    return any(
        column.get("data_type") == _typ and column.get("precision") is not None for column in table["columns"].values()
    )
