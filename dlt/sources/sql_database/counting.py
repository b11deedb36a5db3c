"""The rows of a table counted at its source, as far as a cursor has come."""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from dlt.extract.resource import DltResource
from dlt.late_dataclass import dataclass
from dlt.sources.sql_database.engines import release, translated
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


def count_table(resource: DltResource, cursor: str | None, until: object, falls: bool = False) -> Counted | None:
    """Return the rows of a table that a run read, or would read again without its cursor.

    Args:
        resource: A resource.
        cursor: Column of its cursor; None where it has none.
        until: Where the cursor stands.
        falls: The cursor goes to smaller values.

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
            return _count(engine, cast("sa.Table", table), cursor, until, falls)
        finally:
            release(engine)


def _count(engine: Engine, table: sa.Table, cursor: str | None, until: object, falls: bool) -> Counted:
    with engine.connect() as connection:
        if cursor is None or cursor not in table.c:
            return Counted(int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()))
        column = table.c[cursor]
        # in one query, so that all three are of one moment
        query = sa.select(sa.func.count(), sa.func.min(column), sa.func.max(column)).select_from(table)
        if until is not None:
            query = query.where(column >= until if falls else column <= until)
        rows, low, high = connection.execute(query).one()
        return Counted(int(rows), low, high)
