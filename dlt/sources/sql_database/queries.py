"""The query for a table: what a cursor and a limit leave of it."""

from __future__ import annotations

import datetime
import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import CompileError

from dlt.errors import SqlDatabaseError
from dlt.extract.incremental import Incremental
from dlt.extract.incremental.cursor import column_name
from dlt.extract.pipe import Limit
from dlt.late_dataclass import dataclass
from dlt.sources.sql_database.vocabulary import SelectAny, SelectClause, TQueryAdapter

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True)
class Range:
    """What a cursor wants of a table.

    Attributes:
        column: Its column.
        start: First value, None for all.
        end: Last value, None for all.
        grows: The cursor goes to larger values.
        order: "asc" or "desc" in the direction of the cursor, None for any order.
        missing: What becomes of rows without a value: raise, include or exclude.
        starts_open: Rows at the start are not wanted.
        ends_closed: Rows at the end are wanted.
        known: How many rows at the start are known, and will be dropped when they come.
    """

    column: sa.ColumnElement[Any]
    start: object
    end: object
    grows: bool
    order: str | None
    missing: str
    starts_open: bool
    ends_closed: bool
    known: int


def cursor_column(table: sa.Table, incremental: Incremental[Any]) -> sa.ColumnElement[Any]:
    """Return the column of a cursor.

    Args:
        table: The table.
        incremental: The cursor.

    Raises:
        ValueError: its path is no name of a column.
        KeyError: the table has no such column.
    """
    name = column_name(str(incremental.cursor_path))
    if name is None or "," in name:
        raise ValueError(
            f"table {table.name!r}: cursor_path={incremental.cursor_path!r} must be a simple column name, as it goes "
            "into the query. Put a name with other characters into quotes inside of the text."
        )
    if name not in table.c:
        known = ", ".join(str(column.name) for column in table.c)
        raise KeyError(f"cursor column `{name}` is not in table `{table.name}`, whose columns are {known}")
    return table.c[name]


def range_of(table: sa.Table, incremental: Incremental[Any]) -> Range | None:
    """Return what a cursor wants of a table; None where a function of the program decides it.

    Args:
        table: The table.
        incremental: The cursor, bound to a run.

    Raises:
        ValueError: its path is no name of a column.
        KeyError: the table has no such column.
    """
    column = cursor_column(table, incremental)
    if incremental.last_value_func not in (max, min):
        return None
    starts_open = incremental.range_start == "open"
    return Range(
        column=column,
        start=incremental.last_value,
        end=incremental.end_value,
        grows=incremental.last_value_func is max,
        order=incremental.row_order,
        missing=incremental.on_cursor_value_missing,
        starts_open=starts_open,
        ends_closed=incremental.range_end == "closed",
        known=0 if starts_open else _known_rows(incremental),
    )


def as_texts(wanted: Range) -> Range:
    """Return what a cursor of moments wants of a table of SQLite, where moments are texts of several forms.

    The range in the query holds all forms of its ends: rows beyond it are dropped when they come.

    Args:
        wanted: What the cursor wants.
    """
    if not isinstance(wanted.column.type, sa.DateTime):
        return wanted
    low, high = (wanted.start, wanted.end) if wanted.grows else (wanted.end, wanted.start)
    first = _shortest(low) if isinstance(low, datetime.datetime) else low
    last = f"{high:%Y-%m-%dT%H:%M:%S.%f}~" if isinstance(high, datetime.datetime) else high
    start, end = (first, last) if wanted.grows else (last, first)
    column = sa.type_coerce(wanted.column, sa.String)
    return replace(wanted, column=column, start=start, end=end, starts_open=False, ends_closed=True)


def _shortest(moment: datetime.datetime) -> str:
    # a text that begins another one comes before it, and a blank before the T of the other form
    whole = f"{moment:%Y-%m-%d %H:%M:%S}"
    return f"{whole}.{moment.microsecond:06}".rstrip("0") if moment.microsecond else whole


def _known_rows(incremental: Incremental[Any]) -> int:
    # one that was made by hand has no state
    is_bound = isinstance(incremental, Incremental) and incremental.in_use
    return len(incremental.get_state().get("unique_hashes") or ()) if is_bound else 0


def select_from(table: sa.Table, wanted: Range | None, limit: Limit | None, chunk_size: int) -> SelectAny:
    """Return the query for the rows of a table.

    Args:
        table: The table, or a subquery.
        wanted: What a cursor wants of it.
        limit: How much is taken.
        chunk_size: Rows that are taken at once.
    """
    query: SelectAny = table.select()
    known = 0
    if wanted is not None:
        condition = condition_of(wanted)
        if condition is not None:
            query = query.where(condition)
        if wanted.order is not None:
            rising = (wanted.order == "asc") == wanted.grows
            query = query.order_by(wanted.column.asc() if rising else wanted.column.desc())
        known = wanted.known
    rows = limit.limit(chunk_size) if limit is not None else None
    # rows that are known would count for the database and not for the limit
    return query if rows is None else query.limit(rows + known)


def condition_of(wanted: Range) -> Condition | None:
    """Return what rows have to fulfil; None where all are wanted.

    Args:
        wanted: What a cursor wants.
    """
    column, parts = wanted.column, list[Condition]()
    if wanted.start is not None:
        parts.append(_beyond(column, wanted.start, larger=wanted.grows, equal=not wanted.starts_open))
    if wanted.end is not None:
        parts.append(_beyond(column, wanted.end, larger=not wanted.grows, equal=wanted.ends_closed))
    inside = sa.and_(*parts) if parts else None
    if wanted.missing == "include" and inside is not None:
        return sa.or_(inside, column.is_(None))
    if wanted.missing == "exclude":
        there = column.is_not(None)
        return there if inside is None else sa.and_(inside, there)
    if inside is not None and wanted.missing == "raise":
        return inside
    return inside


def _beyond(column: sa.ColumnElement[Any], value: object, larger: bool, equal: bool) -> Condition:
    if larger:
        return column >= value if equal else column > value
    return column <= value if equal else column < value


def adapted(
    query: SelectAny,
    adapter: TQueryAdapter | None,
    table: sa.Table,
    incremental: Incremental[Any] | None,
    engine: Engine,
) -> SelectClause:
    """Return what the program makes of a query.

    Args:
        query: The query.
        adapter: Function of the program; it takes query and table, or incremental and engine as well.
        table: The table.
        incremental: Its cursor.
        engine: The engine.
    """
    if adapter is None:
        return query
    call = cast(Callable[..., SelectClause], adapter)
    return call(query, table, incremental, engine) if _takes_four(call) else call(query, table)


def _takes_four(function: Callable[..., object]) -> bool:
    kinds = [parameter.kind for parameter in inspect.signature(function).parameters.values()]
    named = [
        kind for kind in kinds if kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    ]
    return len(named) >= 4 or inspect.Parameter.VAR_POSITIONAL in kinds


def as_text(query: SelectClause, engine: Engine) -> str:
    """Return a query with its values in it, for readers that take text.

    Args:
        query: The query.
        engine: Says how it is written.

    Raises:
        SqlDatabaseError: a value has no literal in this dialect.
    """
    try:
        text = str(query.compile(dialect=engine.dialect, compile_kwargs={"literal_binds": True}))
        # doubled for a driver that takes values by percent signs, and would undo it
        return text.replace("%%", "%") if engine.dialect.paramstyle in ("format", "pyformat") else text
    except (CompileError, NotImplementedError) as error:
        raise SqlDatabaseError(
            f"The query cannot be written as text for {engine.dialect.name}: {error}. Use the backend pyarrow."
        ) from error
