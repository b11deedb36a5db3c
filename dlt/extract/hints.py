"""Hints of a resource: what its table should be, fixed or as functions of the item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict, cast, get_args

from dlt.errors import InconsistentTableTemplate, ValueErrorWithKnownValues
from dlt.extract.models import columns_of, is_columns_class
from dlt.schema.typing import WriteDisposition

STRATEGIES = ("delete-insert", "scd2", "upsert", "insert-only", "cdc")
DEFAULT_VALIDITY_COLUMNS = ("_dlt_valid_from", "_dlt_valid_to")


class TableHints(TypedDict, total=False):
    """Hints of one table. A value may be a function of the item."""

    table_name: Any
    parent: Any
    write_disposition: Any
    columns: Any
    primary_key: Any
    merge_key: Any
    schema_contract: Any
    table_format: Any
    file_format: Any
    references: Any
    incremental: Any
    nested_hints: Any
    max_table_nesting: int | None
    additional_table_hints: Any


def make_hints(
    table_name: Any = None,
    parent_table_name: Any = None,
    write_disposition: Any = None,
    columns: Any = None,
    primary_key: Any = None,
    merge_key: Any = None,
    schema_contract: Any = None,
    table_format: Any = None,
    file_format: Any = None,
    additional_table_hints: Any = None,
    references: Any = None,
    incremental: Any = None,
    nested_hints: Any = None,
    max_table_nesting: int | None = None,
) -> TableHints:
    """Return the hints that were given.

    Args:
        table_name: Name of the table.
        parent_table_name: Name of the table that this one is nested in.
        write_disposition: "append", "replace", "merge", "skip" or a dict with the strategy.
        columns: Columns by name, a list of them, or a Pydantic model, TypedDict or dataclass.
        primary_key: Column or columns of the primary key.
        merge_key: Column or columns that find the rows to replace.
        schema_contract: What may change in the schema.
        table_format: Format of the table at the destination.
        file_format: Format of the files to load.
        additional_table_hints: More keys of the table.
        references: Tables that this one refers to.
        incremental: Incremental loading of the resource.
        nested_hints: Hints for nested tables by path.
        max_table_nesting: Levels of nested tables.

    Raises:
        ValueErrorWithKnownValues: a value is not in the vocabulary.
    """
    given = dict(locals())
    given["parent"] = given.pop("parent_table_name")
    if given["write_disposition"] is not None:
        check_write_disposition(given["write_disposition"])
    hints: TableHints = {}
    for key, value in given.items():
        if value is not None:
            hints[key] = value  # type: ignore[literal-required] # the arguments are the keys
    return hints


def make_nested_hints(**hints: Any) -> TableHints:
    """Return hints for a nested table; those of `make_hints` that a nested table can have."""
    unknown = {"table_name", "incremental", "nested_hints", "parent_table_name"} & set(hints)
    if unknown:
        raise InconsistentTableTemplate(
            f"Nested hints cannot have {', '.join(sorted(unknown))}: a nested table takes them from its parent.",
        )
    return make_hints(**hints)


def check_write_disposition(value: Any) -> None:
    """Check a write disposition that is not a function.

    Raises:
        ValueErrorWithKnownValues: the disposition or its strategy is not known.
    """
    if callable(value):
        return
    name = value.get("disposition") if isinstance(value, Mapping) else value
    known = get_args(WriteDisposition)
    if name not in known:
        raise ValueErrorWithKnownValues("write_disposition", name, known)
    if isinstance(value, Mapping) and value.get("strategy", "delete-insert") not in STRATEGIES:
        raise ValueErrorWithKnownValues("strategy", value.get("strategy"), STRATEGIES)


def merge_hints(old: TableHints, new: TableHints) -> TableHints:
    """Return hints where `new` comes before `old`; an empty value in `new` removes the hint."""
    merged = dict(cast(dict[str, Any], old))
    for key, value in cast(dict[str, Any], new).items():
        if key == "columns" and _is_static(value) and _is_static(merged.get(key)) and merged.get(key):
            merged[key] = {**columns_dict(merged[key]), **_merged_columns(columns_dict(merged[key]), value)}
        elif key == "additional_table_hints" and merged.get(key):
            merged[key] = {**merged[key], **value}
        elif _is_empty(value):
            merged.pop(key, None)
        else:
            merged[key] = value
    return cast(TableHints, merged)


def _merged_columns(old: dict[str, Any], new: Any) -> dict[str, Any]:
    return {name: {**old.get(name, {}), **column} for name, column in columns_dict(new).items()}


def _is_empty(value: Any) -> bool:
    return isinstance(value, (str, list, tuple, dict)) and len(value) == 0


def _is_static(value: Any) -> bool:
    return not is_dynamic(value)


def is_dynamic(value: Any) -> bool:
    """Return True when a hint is a function of the item."""
    return callable(value) and not isinstance(value, type)


def columns_dict(columns: Any) -> dict[str, dict[str, Any]]:
    """Return columns by name from any form that users give.

    Raises:
        InconsistentTableTemplate: the form is not known.
    """
    if not columns:
        return {}
    if is_columns_class(columns):
        return columns_of(columns)
    if isinstance(columns, Mapping):
        return {name: {**column, "name": column.get("name") or name} for name, column in columns.items()}
    if isinstance(columns, Iterable) and not isinstance(columns, (str, bytes)):
        return {column["name"]: dict(column) for column in columns}
    raise InconsistentTableTemplate(
        f"columns: found {type(columns).__name__}. Give a dict by name, a list of dicts with 'name', a Pydantic model, "
        "a TypedDict or a dataclass.",
    )


def resolve_hints(hints: TableHints, item: Any) -> dict[str, Any]:
    """Return the hints with all functions called on the item."""
    given = cast(dict[str, Any], hints)
    return {key: value(item) if key != "incremental" and is_dynamic(value) else value for key, value in given.items()}


def as_names(key: Any) -> list[str]:
    """Return the column names of a key given as text or a list."""
    return [key] if isinstance(key, str) else list(key or ())
