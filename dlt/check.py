"""Checks of data, for `@dlt.resource(checks=[...])` and `apply_hints(checks=[...])`.

    @dlt.resource(checks=[dlt.check.not_null("id"), dlt.check.accepted("status", ["open", "done"])])

They are done in the transaction of each load, after its rows are in their tables and before anyone sees them.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import numbers
import uuid
from collections.abc import Iterable
from typing import Union

from dlt.errors import InvalidCheck
from dlt.schema.data_checks import Check, CheckScope, Severity
from dlt.schema.typing import REFERENCES

Value = Union[str, int, float, bool, decimal.Decimal, datetime.date, datetime.datetime]


def not_null(*columns: str, scope: CheckScope = "load", severity: Severity = "error") -> Check:
    """Check that columns have a value in every row.

    Args:
        *columns: The columns.
        scope: "load" for the rows of the load, "table" for all rows.
        severity: "error" undoes the load, "warn" is told and recorded.
    """
    return Check("not_null", columns, {}, scope, severity)


def unique(*columns: str, scope: CheckScope = "load", severity: Severity = "error") -> Check:
    """Check that no two rows have the same values in columns; rows with NULL in one of them are left alone.

    Args:
        *columns: The columns, which together tell rows apart.
        scope: "load" for the rows of the load, "table" for all rows.
        severity: "error" undoes the load, "warn" is told and recorded.
    """
    return Check("unique", columns, {}, scope, severity)


def accepted(
    column: str, values: Iterable[Value], *, scope: CheckScope = "load", severity: Severity = "error"
) -> Check:
    """Check that a column has one of some values, or NULL.

    Args:
        column: The column.
        values: Values that may be there.
        scope: "load" for the rows of the load, "table" for all rows.
        severity: "error" undoes the load, "warn" is told and recorded.
    """
    # a text is an iterable of letters too
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        return Check("accepted", (column,), {"values": values}, scope, severity)
    found = [_json(value) for value in values]
    if isinstance(values, (set, frozenset)):
        # its order is another one in each process, and the check is part of the schema
        found.sort(key=lambda value: (isinstance(value, str), value))
    return Check("accepted", (column,), {"values": found}, scope, severity)


def between(
    column: str,
    min: Value | None = None,
    max: Value | None = None,
    *,
    scope: CheckScope = "load",
    severity: Severity = "error",
) -> Check:
    """Check that the values of a column lie between two ends, which belong to it; NULL is left alone.

    Args:
        column: The column: of numbers, dates or moments.
        min: The smallest value that may be there.
        max: The largest one.
        scope: "load" for the rows of the load, "table" for all rows.
        severity: "error" undoes the load, "warn" is told and recorded.
    """
    return Check("between", (column,), _given(min=_json(min), max=_json(max)), scope, severity)


def matches(column: str, pattern: str, *, scope: CheckScope = "load", severity: Severity = "error") -> Check:
    """Check that a regular expression is found in the texts of a column; NULL is left alone.

    Args:
        column: The column.
        pattern: The expression, as the engine of the destination reads it; ^ and $ tie it to the ends of the text.
        scope: "load" for the rows of the load, "table" for all rows.
        severity: "error" undoes the load, "warn" is told and recorded.
    """
    return Check("matches", (column,), {"pattern": pattern}, scope, severity)


def references(column: str, target: str, *, scope: CheckScope = "load", severity: Severity = "error") -> Check:
    """Check that each value of a column is there in a column of a table of the same dataset; NULL is left alone.

    Args:
        column: The column.
        target: Table and column, "customers.id".
        scope: "load" for the rows of the load, "table" for all rows.
        severity: "error" undoes the load, "warn" is told and recorded.
    """
    # the last point: a table may have some in its name
    table, _, referenced = str(target).rpartition(".")
    return Check(REFERENCES, (column,), {"table": table, "referenced_columns": [referenced]}, scope, severity)


def row_count(
    min: int | None = None, max: int | None = None, *, scope: CheckScope = "load", severity: Severity = "error"
) -> Check:
    """Check how many rows there are.

    Args:
        min: So many at least.
        max: So many at most.
        scope: "load" for the rows of the load, "table" for all rows.
        severity: "error" undoes the load, "warn" is told and recorded.
    """
    return Check("row_count", (), _given(min=min, max=max), scope, severity)


def fresh(
    column: str, within: datetime.timedelta | float, *, scope: CheckScope = "load", severity: Severity = "error"
) -> Check:
    """Check that the newest value of a column is not older than a span, counted back from the load.

    Args:
        column: The column: of moments or dates.
        within: The span; a number is seconds.
        scope: "load" for the rows of the load, "table" for all rows.
        severity: "error" undoes the load, "warn" is told and recorded.
    """
    seconds = within.total_seconds() if isinstance(within, datetime.timedelta) else within
    return Check("fresh", (column,), {"within": seconds}, scope, severity)


def sql(query: str, name: str | None = None, *, scope: CheckScope = "load", severity: Severity = "error") -> Check:
    """Check that a query finds nothing.

    Args:
        query: SQL of the destination that finds the rows which must not be there, as
            "SELECT id FROM {rows} AS r WHERE paid > total": {rows} are those of the scope.
        name: What it is called in results; the query itself by default.
        scope: "load" for the rows of the load, "table" for all rows.
        severity: "error" undoes the load, "warn" is told and recorded.
    """
    return Check("sql", (), _given(query=query, name=name), scope, severity)


def _given(**arguments: object) -> dict[str, object]:
    return {key: value for key, value in arguments.items() if value is not None}


def _json(value: object) -> object:
    """Return a value as JSON has it, so that a schema keeps it: decimals and moments as texts."""
    if isinstance(value, enum.Enum):
        # what a row holds, and not the member, whose text is its name
        return _json(value.value)
    if value is None or isinstance(value, bool):
        return value
    # plain ones, of the kinds of numpy too
    if isinstance(value, str):
        return str(value)
    if isinstance(value, numbers.Integral):
        whole = int(value)
        # JSON of a schema has whole numbers of 64 bits; larger ones are texts, like decimals
        return whole if -(2**63) <= whole < 2**63 else str(whole)
    if isinstance(value, numbers.Real):
        return float(value)
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise InvalidCheck(
        f"found {value!r} in a check. Give texts, numbers, dates or moments.", hint="checks", found=value
    )
