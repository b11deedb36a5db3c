"""Hints of a resource: what its table should be, fixed or as functions of the item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, cast

from dlt.errors import InconsistentTableTemplate
from dlt.extract.hint_checks import check_hints, is_dynamic
from dlt.extract.models import columns_dict
from dlt.schema.system_columns import VALID_FROM, VALID_TO
from dlt.types import TDataItem

DEFAULT_VALIDITY_COLUMNS = (VALID_FROM, VALID_TO)
_KEYS = ("primary_key", "merge_key")


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
    """Return the hints that were given, checked.

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
        InvalidHint: a hint has a value that cannot be.
        ValueErrorWithKnownValues: the write disposition or its strategy is not known.
    """
    hints = given_hints(**locals())
    check_table_hints(f"table {table_name!r}" if isinstance(table_name, str) else "hints", hints)
    return hints


def given_hints(parent_table_name: Any = None, **given: Any) -> TableHints:
    """Return the hints that are not None; those of a resource are checked when it takes them.

    Args:
        parent_table_name: Name of the table that this one is nested in.
        given: The others, as for `make_hints`.
    """
    hints = {key: value for key, value in {**given, "parent": parent_table_name}.items() if value is not None}
    return cast(TableHints, hints)


def check_table_hints(place: str, hints: TableHints) -> None:
    """Check the hints of one table; those that are functions of the item are left for later.

    Args:
        place: What they belong to, for messages.
        hints: The hints.

    Raises:
        InvalidHint: a hint is not known, or has a value that cannot be.
        ValueErrorWithKnownValues: the write disposition or its strategy is not known.
    """
    columns = hints.get("columns")
    check_hints(place, cast(Mapping[str, Any], hints), None if is_dynamic(columns) else columns_dict(columns, place))


def make_nested_hints(**hints: Any) -> TableHints:
    """Return hints for a nested table; those of `make_hints` that a nested table can have."""
    unknown = {"table_name", "incremental", "nested_hints", "parent_table_name"} & set(hints)
    if unknown:
        raise InconsistentTableTemplate(
            f"Nested hints cannot have {', '.join(sorted(unknown))}: a nested table takes them from its parent.",
        )
    return make_hints(**hints)


def merge_hints(old: TableHints, new: TableHints) -> TableHints:
    """Return hints where `new` comes before `old`; an empty value in `new` removes the hint."""
    merged = dict(cast(dict[str, Any], old))
    for key, value in cast(dict[str, Any], new).items():
        if key in _KEYS and not is_dynamic(value) and merged.get("columns") and not is_dynamic(merged["columns"]):
            merged["columns"] = _without_hint(merged["columns"], key)
        if _is_empty(value) and key in _KEYS:
            merged[key] = ""  # said, so that a key which an earlier run stored goes too
        elif _is_empty(value):
            merged.pop(key, None)
        elif key == "columns" and _is_static(value) and _is_static(merged.get(key)) and merged.get(key):
            merged[key] = {**columns_dict(merged[key]), **_merged_columns(columns_dict(merged[key]), value)}
        elif key == "additional_table_hints" and merged.get(key):
            merged[key] = {**merged[key], **value}
        else:
            merged[key] = value
    return cast(TableHints, merged)


def _merged_columns(old: dict[str, Any], new: Any) -> dict[str, Any]:
    return {name: {**old.get(name, {}), **column} for name, column in columns_dict(new).items()}


def _without_hint(columns: Any, hint: str) -> Any:
    """Return columns where none has a hint; as they are when none has it, so that a class stays a class."""
    found = columns_dict(columns)
    if not any(hint in column for column in found.values()):
        return columns
    return {name: {k: v for k, v in column.items() if k != hint} for name, column in found.items()}


def _is_empty(value: Any) -> bool:
    return isinstance(value, (str, list, tuple, dict)) and len(value) == 0


def _is_static(value: Any) -> bool:
    return not is_dynamic(value)


def resolve_hints(hints: TableHints, item: TDataItem) -> dict[str, Any]:
    """Return the hints with all functions called on the item."""
    given = cast(dict[str, Any], hints)
    return {key: value(item) if key != "incremental" and is_dynamic(value) else value for key, value in given.items()}


def as_names(key: Any) -> list[str]:
    """Return the column names of a key given as text or a list."""
    return [key] if key and isinstance(key, str) else list(key or ())
