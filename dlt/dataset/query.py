"""Queries as trees: how they begin, what may be changed in them, and comparisons with values."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterable
from contextlib import suppress

from dlt.clock import moment_of
from dlt.errors import ValueErrorWithKnownValues
from dlt.late import exp
from dlt.schema.typing import ColumnSchema

OPERATORS = {
    "eq": "EQ",
    "ne": "NEQ",
    "gt": "GT",
    "lt": "LT",
    "gte": "GTE",
    "lte": "LTE",
    "=": "EQ",
    "==": "EQ",
    "!=": "NEQ",
    "<>": "NEQ",
    ">": "GT",
    "<": "LT",
    ">=": "GTE",
    "<=": "LTE",
    "like": "Like",
    "in": "In",
    "not_in": "In",
}
"""Words and signs that programs write, and what sqlglot has for them."""
_CASTS: dict[str, tuple[tuple[type, ...], str]] = {
    "bool": ((bool,), "BOOLEAN"),
    "bigint": ((int,), "BIGINT"),
    "double": ((int, float), "DOUBLE"),
    "text": ((str,), "TEXT"),
}
"""Classes of values that a type of columns holds as they are, and its name in SQL."""
Literal = Callable[[object], str]
"""Writes a value as the engine reads it."""


def star(table: str, dataset: str | None = None) -> exp.Select:
    """Return the query for all of a table.

    Args:
        table: Its name.
        dataset: Its dataset, where the name alone does not tell.
    """
    return exp.select("*").from_(exp.table_(table, db=dataset, quoted=True))


def quoted(name: str, table: str | None = None) -> exp.Column:
    """Return a column, also of a table."""
    return exp.column(exp.to_identifier(name, quoted=True), table)


def is_flat(query: exp.Query) -> bool:
    """Tell whether a condition can be added to a query: each of its rows comes from one row of its tables."""
    if not isinstance(query, exp.Select):
        return False
    if any(query.args.get(clause) for clause in ("group", "having", "distinct", "qualify", "windows")):
        return False
    return not any(select.find(exp.AggFunc, exp.Window, exp.UDTF) for select in query.expressions)


def takes_columns(query: exp.Query) -> bool:
    """Tell whether other columns can be selected in place of those of a query: it has one table, and its columns."""
    return (
        is_flat(query)
        and not query.args.get("joins")
        and isinstance(source_of(query), exp.Table)
        and all(isinstance(select, (exp.Star, exp.Column)) for select in query.selects)
    )


def selecting(query: exp.Query, columns: Iterable[exp.Expr]) -> exp.Query:
    """Return a query for other columns.

    Args:
        query: It is changed.
        columns: What it gives.
    """
    query.set("expressions", list(columns))
    return query


def source_of(query: exp.Query) -> exp.Expr | None:
    """Return what stands behind FROM."""
    found = query.find(exp.From)
    return found.this if found is not None and found.parent is query else None


def wrapped(query: exp.Query) -> exp.Select:
    """Return a query for all that a query gives."""
    return exp.select("*").from_(query.copy().subquery(name_of(query)))


def name_of(query: exp.Query) -> str:
    """Return the name under which a query is part of another one: that of its first table."""
    source = source_of(query)
    return (source.alias_or_name if source is not None else "") or "_q"


def ordered(query: exp.Query, column: exp.Column, direction: str) -> exp.Query:
    """Return a query that is sorted by one more column, NULL last.

    Raises:
        ValueError: the direction is not asc or desc.
    """
    if direction.lower() not in ("asc", "desc"):
        raise ValueError(f"order_by: the direction {direction!r} is not asc or desc.")
    term = exp.Ordered(this=column, desc=direction.lower() == "desc", nulls_first=False)
    return query.order_by(term)


def comparison(
    left: exp.Column, operator: str, value: object, known: ColumnSchema | None, literal: Literal
) -> exp.Expr:
    """Return a comparison of a column with a value.

    Args:
        left: The column.
        operator: One of eq, ne, gt, lt, gte, lte, like, in, not_in, or their signs.
        value: What it is compared with.
        known: The column, if the schema has it.
        literal: Writes values as the engine reads them.

    Raises:
        ValueError: the operator is not known.
    """
    if operator not in OPERATORS:
        raise ValueErrorWithKnownValues("operator", operator, OPERATORS)
    if operator in ("in", "not_in"):
        values = [value] if isinstance(value, str) or not isinstance(value, Iterable) else list(value)
        # SQL has no empty list: nothing is in it
        if not values:
            return exp.Boolean(this=operator == "not_in")
        found: exp.Expr = left.isin(*[constant(item, known, literal) for item in values])
        return found.not_() if operator == "not_in" else found
    # a comparison with NULL is never true in SQL, and a person who writes None means the rows without a value
    if value is None and OPERATORS[operator] in ("EQ", "NEQ"):
        empty = left.is_(exp.null())
        return empty if OPERATORS[operator] == "EQ" else empty.not_()
    kind: type[exp.Expr] = vars(exp)[OPERATORS[operator]]
    return kind(this=left, expression=constant(value, known, literal))


def constant(value: object, known: ColumnSchema | None, literal: Literal) -> exp.Expr:
    """Return a value of a program as part of a query.

    Args:
        value: The value.
        known: The column with which it is compared, if the schema has it.
        literal: Writes values as the engine reads them.
    """
    if value is None:
        return exp.null()
    kind = known.get("data_type") if known is not None else None
    if kind in ("timestamp", "date") and isinstance(value, str):
        with suppress(ValueError):
            value = moment_of(value) if kind == "timestamp" else datetime.date.fromisoformat(value)
    if kind == "timestamp" and isinstance(value, datetime.datetime):
        value = _as_stored(value, known is not None and known.get("timezone") is False)
    if kind is not None and kind in _CASTS:
        fits, word = _CASTS[kind]
        # a text for a number is what people read from a file; what is of another kind stays as it is, and is not cut
        if isinstance(value, str) or (isinstance(value, fits) and (kind == "bool") is isinstance(value, bool)):
            return _plain(value, literal, cast=word)
    return _plain(value, literal)


def _as_stored(value: datetime.datetime, naive: bool) -> datetime.datetime:
    utc = datetime.timezone.utc
    if naive:
        return value if value.tzinfo is None else value.astimezone(utc).replace(tzinfo=None)
    return value.replace(tzinfo=utc) if value.tzinfo is None else value


def _plain(value: object, literal: Literal, cast: str | None = None) -> exp.Expr:
    is_number = isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value))
    # engines differ in what a backslash means, and in how they write all other values
    if is_number or (isinstance(value, str) and "\\" not in value):
        found: exp.Expr = exp.convert(value)
    else:
        found = exp.Var(this=literal(value))
    return exp.cast(found, cast) if cast else found
