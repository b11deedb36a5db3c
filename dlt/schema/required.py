"""Columns that every row of a table must fill: keys, and what is declared as not nullable."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping

from dlt.errors import UnboundColumnException
from dlt.schema.system_tables import is_system_name
from dlt.schema.typing import ColumnSchema, TableSchema

_SHOWN = 30
"""Number of columns that a message lists."""


def required_columns(table: TableSchema, columns: Mapping[str, ColumnSchema]) -> dict[str, str]:
    """Return the columns that every row must fill, each with the reason.

    Args:
        table: The table.
        columns: Its columns by name, with those that came by now.
    """
    # appended rows may lack a key: nothing is looked up by it
    merges = table.get("write_disposition") == "merge"
    found: dict[str, str] = {}
    for name, column in columns.items():
        if is_system_name(name):
            continue
        if column.get("primary_key") and (merges or column.get("nullable") is False):
            found[name] = "the primary key"
        elif column.get("merge_key") and (merges or column.get("nullable") is False):
            found[name] = "the merge key"
        elif column.get("nullable") is False:
            found[name] = "not nullable"
    return found


def unbound(
    table: str,
    missing: Mapping[str, str],
    seen: Collection[str],
    written: Mapping[str, str] | None = None,
    nested_tables: Collection[str] = (),
) -> UnboundColumnException:
    """Return the error for columns that no row fills.

    Args:
        table: Name of the table.
        missing: The columns, each with the reason why it is required.
        seen: Columns that the data has.
        written: How users wrote the names of columns, where that differs.
        nested_tables: Nested tables that the data has.
    """
    names = [name for name in seen if not is_system_name(name)]
    parts = []
    for name, reason in missing.items():
        as_written = (written or {}).get(name, name)
        shown = f"{as_written!r}" if as_written == name else f"{as_written!r} (the column {name!r})"
        parts.append(f"{shown} is {reason} and no row has a value for it{_hint(table, name, names, nested_tables)}")
    listed = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    return UnboundColumnException(
        f"table {table}: {'; '.join(parts)}. The data has the columns {listed or 'none'}. Correct the hint, or let the "
        "data have the column.",
        table_name=table,
        column_name=next(iter(missing)),
        column_names=list(missing),
    )


def _hint(table: str, name: str, seen: Iterable[str], nested_tables: Collection[str]) -> str:
    # guesses, the surest first: a document, a list, a misspelt name
    below = [column for column in seen if column.startswith(f"{name}__")]
    if below:
        return (
            f" (it holds documents, which become the columns {', '.join(below[:5])}: name one of these, or declare "
            "data_type 'json' for it)"
        )
    if any(child.startswith(f"{table}__{name}") for child in nested_tables):
        return " (it holds lists, which become a nested table: declare data_type 'json' for it)"
    close = difflib.get_close_matches(name, list(seen), 1)
    return f" (did you mean {close[0]!r}?)" if close else ""
