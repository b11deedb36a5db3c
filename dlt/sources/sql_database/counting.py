"""The rows of a table counted at its source, between the start of a cursor and the place to which it has come."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from dlt.extract.resource import DltResource
from dlt.late_dataclass import dataclass
from dlt.sources.sql_database.engines import release, translated
from dlt.sources.sql_database.queries import Range, condition_of
from dlt.sources.sql_database.reflecting import adapted_table, reflected


@dataclass(frozen=True)
class Counted:
    """Rows of a table at its source.

    Attributes:
        rows: How many.
        low: Smallest value of the cursor.
        high: Largest value.
    """

    rows: int
    low: object = None
    high: object = None


@dataclass(frozen=True)
class Window:
    """The values of a cursor that a run reads.

    Attributes:
        cursor: Its column.
        since: Where it starts; None for all.
        until: Where it stands, or ends; None for all.
        falls: It goes to smaller values.
        starts_open: Rows at the start do not belong to it.
        ends_open: Nor do rows at the end.
    """

    cursor: str
    since: object = None
    until: object = None
    falls: bool = False
    starts_open: bool = False
    ends_open: bool = False


def count_table(resource: DltResource, window: Window | None) -> Counted | None:
    """Return the rows of a table that a run read, or would read again without its cursor.

    Args:
        resource: A resource.
        window: What its cursor reads; None where it has none.

    Returns:
        The counts, or None where the resource is no table of a database, or its query is one of the program.
    """
    given: dict[str, Any] = resource.explicit_args
    engine, table = given.get("engine"), given.get("table")
    # what a function of the program makes of a query, a count knows nothing of
    if not isinstance(engine, Engine) or given.get("query_adapter_callback") is not None:
        return None
    with translated(engine):
        try:
            # a table that is reflected when it is read has no columns before
            if isinstance(table, str):
                table = adapted_table(
                    reflected(engine, table, given["metadata"], False),
                    given.get("table_adapter_callback"),
                    given.get("included_columns"),
                    given.get("excluded_columns"),
                )
            return _count(engine, cast("sa.Table", table), window)
        finally:
            release(engine)


def _count(engine: Engine, table: sa.Table, window: Window | None) -> Counted:
    with engine.connect() as connection:
        if window is None or window.cursor not in table.c:
            return Counted(int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()))
        column = table.c[window.cursor]
        # in one query, so that all three are of one moment
        query = sa.select(sa.func.count(), sa.func.min(column), sa.func.max(column)).select_from(table)
        wanted = Range(
            column,
            window.since,
            window.until,
            not window.falls,
            None,
            "raise",
            window.starts_open,
            not window.ends_open,
            0,
        )
        condition = condition_of(_exact(wanted) if engine.dialect.name == "sqlite" else wanted)
        if condition is not None:
            query = query.where(condition)
        rows, low, high = connection.execute(query).one()
        return Counted(int(rows), low, high)


def _exact(wanted: Range) -> Range:
    """Return what a cursor wants of a table of SQLite, whose moments are texts: all of them in one form."""
    if not isinstance(wanted.column.type, sa.DateTime):
        return wanted
    text = sa.func.replace(sa.func.replace(sa.type_coerce(wanted.column, sa.String), "T", " "), "Z", "")
    fraction = sa.case((sa.func.instr(text, ".") > 0, "000000"), else_=".000000")
    start, end = (
        f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime.datetime) else value
        for value in (wanted.start, wanted.end)
    )
    return replace(wanted, column=sa.func.substr(text.concat(fraction), 1, 26), start=start, end=end)
