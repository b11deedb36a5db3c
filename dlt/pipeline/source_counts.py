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
from dlt.schema.renames import column_called
from dlt.sources.sql_database.counting import Counted, Window, count_table
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
        window = _window(parts, resource)
        found = count_table(resource, window)
        if found is None:
            continue
        with dataset_of(parts, None, None) as dataset:
            table = name_of_table(dataset.schema.naming, str(resource.table_name))
            count, query = _compared(dataset, resource.name, table, window, found)
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


def _window(parts: Parts, resource: DltResource) -> Window | None:
    """Return the values of the cursor that runs of a resource read; None where it has no cursor."""
    incremental = resource.incremental
    cursor = incremental.get_cursor_column_name() if incremental is not None else None
    if incremental is None or cursor is None:
        return None
    falls, starts_open = incremental.last_value_func is min, incremental.range_start == "open"
    start, end = incremental.initial_value, incremental.end_value
    if end is not None:
        # a window of its own, of which the state knows nothing
        return Window(cursor, start, end, falls, starts_open, incremental.range_end == "open")
    # rows behind the last value came since, and are for the next run
    return Window(cursor, start, _last_value(parts, resource, str(incremental.cursor_path)), falls, starts_open)


def _last_value(parts: Parts, resource: DltResource, path: str) -> object:
    found = [each for each in cursors(parts.home.state) if each[0].resource == resource.name]
    # sources may have resources of one name, and a resource cursors of a former program
    best = sorted(found, key=lambda each: (each[0].source == resource.source_name, each[0].cursor_path == path))
    return best[-1][1].last_value if best else None


def _compared(
    dataset: Dataset, resource: str, table: str, window: Window | None, found: Counted
) -> tuple[SourceCount, str]:
    """Return the counts of a table beside those of its source, and the query for it."""
    if table not in dataset.tables:
        # one without rows is made with its first
        name, until = (window.cursor, window.until) if window is not None else ("", None)
        missing = f"SELECT * FROM {dataset.dataset_name}.{table}"
        return SourceCount(resource, table, name, until, found.rows, found.low, found.high, 0, None, None), missing
    rows = dataset.table(table)
    total = exp.Count(this=exp.Star(), big_int=True).as_("row_count")
    if window is None:
        query = dataset.query(exp.select(total).from_(exp.table_(table, quoted=True)))
        (there,) = query.fetchall()[0]
        return SourceCount(resource, table, "", None, found.rows, None, None, int(there), None, None), query.to_sql()
    name = name_of_key(dataset.schema.naming, window.cursor)
    name = column_called(dataset.schema.get_table_columns(table), name)
    # the same bounds on both sides: a row without a value of the cursor counts on none
    later, earlier = ("lt", "gt") if window.falls else ("gt", "lt")
    if window.since is not None:
        rows = rows.where(name, later if window.starts_open else f"{later}e", window.since)
    if window.until is not None:
        rows = rows.where(name, earlier if window.ends_open else f"{earlier}e", window.until)
    ends = (exp.Min(this=quoted(name)).as_("low"), exp.Max(this=quoted(name)).as_("high"))
    query = dataset.query(exp.select(total, *ends).from_(rows.sqlglot_expression.subquery("t")))
    there, low, high = query.fetchall()[0]
    count = SourceCount(resource, table, name, window.until, found.rows, found.low, found.high, int(there), low, high)
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
