"""Rows as they are shown in messages: cut short, and without the values of columns that are secret."""

from __future__ import annotations

from collections.abc import Mapping

from dlt.schema.system_tables import is_system_name
from dlt.secret_words import may_be_secret_name

_HIDDEN = ("secret", "mask", "x-secret", "x-mask", "x-masked", "x-sensitive", "x-pii")
_MOST_COLUMNS, _MOST_LETTERS = 12, 60


def shown_row(row: object, columns: Mapping[str, Mapping[str, object]], first: str | None = None) -> str:
    """Return a row as text for a message.

    Args:
        row: The row, or a single value.
        columns: Columns of its table; those that are secret or masked keep their values to themselves.
        first: Column that is shown whatever is cut.
    """
    if not isinstance(row, Mapping):
        return _cut(row)
    names = [name for name in row if not is_system_name(name)]
    if first in names:
        # the value that broke the contract must be among those that are shown
        names.remove(str(first))
        names.insert(0, str(first))
    parts = [
        f"{name!r}: {'***' if is_hidden(str(name), columns) else _cut(row[name])}" for name in names[:_MOST_COLUMNS]
    ]
    more = [f"and {len(names) - _MOST_COLUMNS} more"] if len(names) > _MOST_COLUMNS else []
    return "{" + ", ".join([*parts, *more]) + "}"


def is_secret(name: str, column: Mapping[str, object]) -> bool:
    """Tell whether values of a column stay out of messages: by its hints, or as its name says so.

    Args:
        name: Name of the column, or the key of a value.
        column: The column; an empty one where it is not known.
    """
    return any(column.get(hint) for hint in _HIDDEN) or may_be_secret_name(name)


def is_hidden(name: str, columns: Mapping[str, Mapping[str, object]]) -> bool:
    """Tell whether the values of a column are kept to itself: it is secret or masked, or its name says so.

    Args:
        name: Name of the column.
        columns: Columns of its table.
    """
    # the value of a variant column is that of the column itself
    column = columns.get(name) or columns.get(name.partition("__v_")[0]) or {}
    return is_secret(name, column)


def _cut(value: object) -> str:
    if isinstance(value, Mapping):
        # what is inside of documents may be secret by its key
        inner = {key: "***" if may_be_secret_name(str(key)) else item for key, item in value.items()}
        text = repr(inner)
    else:
        # the repr of a text shows blanks and line ends that may be the fault
        text = repr(value)
    return text if len(text) <= _MOST_LETTERS else text[: _MOST_LETTERS - 1] + "…"
