"""Hints of a resource: what its table should be, fixed or as functions of the item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict, Union, cast

from dlt.errors import InconsistentTableTemplate
from dlt.extract.hint_checks import check_hints, is_dynamic
from dlt.extract.model_fields import is_model
from dlt.extract.models import Columns, columns_dict
from dlt.extract.vocabulary import (
    Checks,
    ColumnNames,
    ColumnNamesHint,
    ColumnsGiven,
    ColumnsHint,
    ContractHint,
    DispositionDict,
    DispositionName,
    FileFormat,
    FileFormatHint,
    Hint,
    NestedHints,
    References,
    TableFormatHint,
    WriteDispositionHint,
)
from dlt.schema.system_columns import VALID_FROM, VALID_TO
from dlt.schema.typing import ColumnSchema, TableFormat
from dlt.types import TDataItem

DEFAULT_VALIDITY_COLUMNS = (VALID_FROM, VALID_TO)
_KEYS = ("primary_key", "merge_key")


class TableHints(TypedDict, total=False):
    """Hints of one table. A value may be a function of the item."""

    table_name: Hint[str]
    parent: Hint[str]
    write_disposition: Union[WriteDispositionHint, Literal[""]]
    columns: ColumnsHint
    primary_key: ColumnNamesHint
    merge_key: ColumnNamesHint
    schema_contract: Hint[ContractHint]
    table_format: Union[TableFormatHint, Literal[""]]
    file_format: Union[FileFormatHint, Literal[""]]
    references: Hint[References]
    incremental: object
    nested_hints: Hint[NestedHints]
    max_table_nesting: Union[int, None]
    additional_table_hints: Hint[Mapping[str, object]]
    checks: Hint[Checks]


class ResolvedHints(TypedDict, total=False):
    """Hints of one table for one item: no functions any more."""

    table_name: str
    parent: str
    write_disposition: Union[DispositionName, DispositionDict, Literal[""]]
    columns: Union[ColumnsGiven, Columns]
    primary_key: ColumnNames
    merge_key: ColumnNames
    schema_contract: ContractHint
    table_format: Union[TableFormat, Literal[""]]
    file_format: Union[FileFormat, Literal[""]]
    references: References
    nested_hints: NestedHints
    max_table_nesting: Union[int, None]
    additional_table_hints: Mapping[str, object]
    checks: Checks


def make_hints(
    table_name: Hint[str] | None = None,
    parent_table_name: Hint[str] | None = None,
    write_disposition: WriteDispositionHint | Literal[""] | None = None,
    columns: ColumnsHint | None = None,
    primary_key: ColumnNamesHint | None = None,
    merge_key: ColumnNamesHint | None = None,
    schema_contract: Hint[ContractHint] | None = None,
    table_format: TableFormatHint | Literal[""] | None = None,
    file_format: FileFormatHint | Literal[""] | None = None,
    additional_table_hints: Hint[Mapping[str, object]] | None = None,
    references: Hint[References] | None = None,
    incremental: object = None,
    nested_hints: Hint[NestedHints] | None = None,
    max_table_nesting: int | None = None,
    checks: Hint[Checks] | None = None,
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
        checks: What must hold for the rows before a load becomes visible.

    Raises:
        InvalidHint: a hint has a value that cannot be.
        ValueErrorWithKnownValues: the write disposition or its strategy is not known.
    """
    # the first statement, so that the locals are the parameters and nothing else
    hints = given_hints(**locals())
    check_table_hints(f"table {table_name!r}" if isinstance(table_name, str) else "hints", hints)
    return hints


def given_hints(**given: object) -> TableHints:
    """Return the hints that are not None; those of a resource are checked when it takes them.

    Args:
        **given: Hints, as for `make_hints`.
    """
    hints = {key: value for key, value in given.items() if value is not None}
    # the name that it has in a table
    if "parent_table_name" in hints:
        hints["parent"] = hints.pop("parent_table_name")
    return cast(TableHints, hints)  # what they are is checked at run time, as most programs are not by a type checker


def check_table_hints(place: str, hints: Mapping[str, object]) -> None:
    """Check the hints of one table; those that are functions of the item are left for later.

    Args:
        place: What they belong to, for messages.
        hints: The hints.

    Raises:
        InvalidHint: a hint is not known, or has a value that cannot be.
        ValueErrorWithKnownValues: the write disposition or its strategy is not known.
    """
    columns = hints.get("columns")
    check_hints(place, hints, None if is_dynamic(columns) else columns_dict(columns, place))


# the hints are those of `make_hints`, which says their types
def make_nested_hints(**hints: Any) -> TableHints:
    """Return hints for a nested table; those of `make_hints` that a nested table can have."""
    unknown = {"table_name", "incremental", "nested_hints", "parent_table_name"} & set(hints)
    if unknown:
        raise InconsistentTableTemplate(
            f"Nested hints cannot have {', '.join(sorted(unknown))}: a nested table takes them from its parent.",
        )
    return make_hints(**hints)


def changeable_columns(hints: TableHints, known: Columns | None) -> Columns:
    """Return the columns of a resource by name, which a program may change in place as with PyPI `dlt`.

    What was given to the resource, and copies of it, stay as they are.

    Args:
        hints: Hints of the resource, with columns that are no function.
        known: What was returned before.
    """
    columns = hints.get("columns")
    # one test by `is` would tell mypy that the two have one type
    if known is not None and id(known) == id(columns):
        return known
    found: Columns = {name: {**column, "name": name} for name, column in columns_dict(columns).items()}
    # a model goes on to check items
    if not is_model(columns):
        hints["columns"] = cast("dict[str, ColumnSchema]", found)
    return found


def merge_hints(old: TableHints, new: TableHints) -> TableHints:
    """Return hints where `new` comes before `old`; an empty value in `new` removes it, but for a disposition."""
    merged: dict[str, object] = {**old}
    for key, value in new.items():
        known = merged.get(key)
        # the key as a whole replaces what single columns said of it before
        if key in _KEYS and not is_dynamic(value) and merged.get("columns") and not is_dynamic(merged["columns"]):
            merged["columns"] = _without_hint(merged["columns"], key)
        if _is_empty(value) and key in _KEYS:
            merged[key] = ""  # said, so that a key which an earlier run stored goes too
        elif _is_empty(value) and key == "checks":
            merged[key] = []  # said as well: those of a stored schema go
        elif _is_empty(value):
            # an empty one says nothing, as in 1.x: rows that are merged would be doubled
            if key != "write_disposition":
                merged.pop(key, None)
        # columns come together name by name; a model says them all, and a function of the item cannot be joined
        elif key == "columns" and _is_static(value) and _is_static(known) and known and not is_model(value):
            merged[key] = {**columns_dict(known), **_merged_columns(columns_dict(known), value)}
        elif key == "references" and _is_static(value) and _is_static(known) and known:
            merged[key] = _joined_references(known, value)
        elif key == "additional_table_hints" and isinstance(known, Mapping) and isinstance(value, Mapping):
            merged[key] = {**known, **value}
        else:
            merged[key] = value
    return cast(TableHints, merged)


def _merged_columns(old: Columns, new: object) -> Columns:
    return {name: {**old.get(name, {}), **column} for name, column in columns_dict(new).items()}


def _joined_references(old: object, new: object) -> list[object]:
    """Return references where new ones take the place of older ones to the same table."""
    found = {}
    for reference in (*_as_list(old), *_as_list(new)):
        found[reference["referenced_table"]] = reference
    return list(found.values())


def _as_list(references: Any) -> list[Mapping[str, object]]:
    return list(references) if isinstance(references, (list, tuple)) else [references]


def _without_hint(columns: object, hint: str) -> object:
    """Return columns where none has a hint; as they are when none has it, so that a class stays a class."""
    found = columns_dict(columns)
    if not any(hint in column for column in found.values()):
        return columns
    return {name: {k: v for k, v in column.items() if k != hint} for name, column in found.items()}


def _is_empty(value: object) -> bool:
    return isinstance(value, (str, list, tuple, dict)) and len(value) == 0


def _is_static(value: object) -> bool:
    return not is_dynamic(value)


def resolve_hints(hints: TableHints, item: TDataItem) -> ResolvedHints:
    """Return the hints with all functions called on the item."""
    found = {key: value(item) if key != "incremental" and is_dynamic(value) else value for key, value in hints.items()}
    return cast(ResolvedHints, found)  # what a user's function gives is checked by who takes it


def as_names(key: ColumnNames | None) -> list[str]:
    """Return the column names of a key given as text or a list."""
    return [key] if key and isinstance(key, str) else list(key or ())


TResourceHints = TableHints
TResourceNestedHints = TableHints
