"""Tables of `sql_database` counted at their source and at the destination, as far as the cursor has come."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from dlt.dataset.query import quoted
from dlt.errors import NotOffered
from dlt.extract.resource import DltResource
from dlt.extract.source import DltSource
from dlt.late import exp
from dlt.pipeline.parts import Parts
from dlt.pipeline.reading import dataset_of
from dlt.pipeline.reconcile import Difference, SourceCount
from dlt.schema.naming import name_of_key, name_of_table
from dlt.sources.sql_database.counting import Counted, count_table
from dlt.states.cursor import cursors

if TYPE_CHECKING:
    from dlt.dataset.dataset import Dataset


def count_source(parts: Parts, source: object) -> tuple[list[SourceCount], list[Difference]]:
    """Return counts of the tables of a source, there and at the destination, and where they differ.

    Args:
        parts: The pipeline.
        source: A source or resource of `sql_database`.

    Raises:
        NotOffered: it has no such table.
    """
    counts: list[SourceCount] = []
    differences: list[Difference] = []
    for resource in _resources(source):
        incremental = resource.incremental
        cursor = incremental.get_cursor_column_name() if incremental is not None else None
        falls = incremental is not None and incremental.last_value_func is min
        # rows behind it came since, and are for the next run
        until = _last_value(parts, resource.name) if cursor is not None else None
        found = count_table(resource, cursor, until, falls)
        if found is None:
            continue
        with dataset_of(parts, None, None) as dataset:
            table = name_of_table(dataset.schema.naming, str(resource.table_name))
            count, query = _compared(dataset, resource.name, table, cursor, until, falls, found)
        counts.append(count)
        if not _is_equal(count):
            reason = (
                f"the source has {count.count:,} rows, and {count.there:,} are there; rows that the source changed "
                "since the last load differ too"
            )
            differences.append(Difference(table, "", reason, query))
    if not counts:
        raise NotOffered(
            f"pipeline {parts.pipeline_name}: {source!r} has no table of sql_database, and nothing else can be counted "
            "at its source; nor can a table with a query_adapter_callback. Give "
            "dlt.sources.sql_database.sql_table(...) or sql_database(...), or no source."
        )
    return counts, differences


def _resources(source: object) -> list[DltResource]:
    if isinstance(source, DltSource):
        return list(source.resources.selected.values())
    return [source] if isinstance(source, DltResource) else []


def _last_value(parts: Parts, resource: str) -> object:
    return next((c.last_value for key, c in cursors(parts.home.state) if key.resource == resource), None)


def _compared(
    dataset: Dataset, resource: str, table: str, cursor: str | None, until: object, falls: bool, found: Counted
) -> tuple[SourceCount, str]:
    """Return the counts of a table beside those of its source, and the query for it."""
    rows = dataset.table(table)
    total = exp.Count(this=exp.Star(), big_int=True).as_("row_count")
    if cursor is None:
        query = dataset.query(exp.select(total).from_(exp.table_(table, quoted=True)))
        (there,) = query.fetchall()[0]
        return SourceCount(resource, table, "", None, found.rows, None, None, int(there), None, None), query.to_sql()
    name = name_of_key(dataset.schema.naming, cursor)
    # the same bound on both sides: a row without a value of the cursor counts on none
    if until is not None:
        rows = rows.where(name, "gte" if falls else "lte", until)
    ends = (exp.Min(this=quoted(name)).as_("low"), exp.Max(this=quoted(name)).as_("high"))
    query = dataset.query(exp.select(total, *ends).from_(rows.sqlglot_expression.subquery("t")))
    there, low, high = query.fetchall()[0]
    count = SourceCount(resource, table, name, until, found.rows, found.low, found.high, int(there), low, high)
    return count, query.to_sql()


def _is_equal(count: SourceCount) -> bool:
    ends = (_alike(count.low, count.there_low), _alike(count.high, count.there_high))
    return count.count == count.there and all(ends)


def _alike(one: object, other: object) -> bool:
    """Tell whether two values are equal; those of different kinds, as SQLite has them, nobody can compare."""
    if isinstance(one, datetime.datetime) and isinstance(other, datetime.datetime):
        return _moment(one) == _moment(other)
    return one == other or (type(one) is not type(other) and not (one is None or other is None))


def _moment(value: datetime.datetime) -> datetime.datetime:
    return value if value.tzinfo is not None else value.replace(tzinfo=datetime.timezone.utc)
