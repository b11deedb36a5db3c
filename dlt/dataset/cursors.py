"""Cursors as conditions: rows that an incremental has not passed."""

from __future__ import annotations

from typing import Protocol

from dlt.dataset.query import Literal, constant
from dlt.late import exp
from dlt.schema.typing import ColumnSchema


class Cursor(Protocol):
    """An incremental, as a query needs it."""

    @property
    def cursor_path(self) -> str | None:
        """Return the column."""

    @property
    def start_value(self) -> object:
        """Return where it starts: where its resource stands, if it belongs to one that runs."""

    @property
    def end_value(self) -> object:
        """Return where it ends."""

    @property
    def last_value_func(self) -> object:
        """Return the function that tells which value is the last one."""

    @property
    def range_start(self) -> str:
        """Return whether the start is part of the range: open or closed."""

    @property
    def range_end(self) -> str:
        """Return whether the end is part of the range: open or closed."""

    @property
    def on_cursor_value_missing(self) -> str:
        """Return what happens to rows without a value."""


def condition(cursor: Cursor, column: exp.Column, known: ColumnSchema, literal: Literal) -> exp.Expr | None:
    """Return the condition that lets rows through which a cursor has not passed; None if all of them.

    Args:
        cursor: The cursor.
        column: Its column.
        known: The column as the schema has it.
        literal: Writes values as the engine reads them.
    """
    descends = cursor.last_value_func is min
    start, end = cursor.start_value, cursor.end_value
    parts: list[exp.Expr] = []
    if start is not None:
        after, at = (exp.LT, exp.LTE) if descends else (exp.GT, exp.GTE)
        kind = after if cursor.range_start == "open" else at
        parts.append(kind(this=column.copy(), expression=constant(start, known, literal)))
    if end is not None:
        before, until = (exp.GT, exp.GTE) if descends else (exp.LT, exp.LTE)
        kind = until if cursor.range_end == "closed" else before
        parts.append(kind(this=column.copy(), expression=constant(end, known, literal)))
    empty = column.copy().is_(exp.null())
    if cursor.on_cursor_value_missing == "include":
        return exp.or_(exp.and_(*parts), empty) if parts else None
    return exp.and_(*parts, empty.not_())
