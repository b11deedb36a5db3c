"""Arrow tables and frames through a cursor, by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlt.errors import IncrementalCursorPathMissing
from dlt.extract.incremental.cursor import column_name
from dlt.extract.incremental.rows import Run, short_hash

if TYPE_CHECKING:
    import pyarrow as pa


def filter_table(run: Run, items: Any) -> Any:
    """Return the rows of an Arrow table, record batch or frame that are new; None when there are none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from dlt.formats.spool import as_arrow

    table = as_arrow(items)
    assert table is not None
    settings = run.settings
    settings.custom_metrics["unfiltered_items_count"] += table.num_rows
    name = column_name(str(settings.cursor_path))
    if name is None or name not in table.column_names:
        if settings.on_cursor_value_missing == "include":
            return table
        raise IncrementalCursorPathMissing(
            f"Resource '{settings.resource_name}': the Arrow data has no column {settings.cursor_path!r}, the cursor. "
            f"It has {', '.join(table.column_names)}.",
            resource_name=settings.resource_name,
            cursor_path=settings.cursor_path,
        )
    without = None
    column = table.column(name)
    if column.null_count:
        run._without_value(None, int(pc.index(pc.is_null(column), True).as_py())) or None
        if settings.on_cursor_value_missing == "include":
            without = table.filter(pc.is_null(column))
        table = table.filter(pc.is_valid(column))
        column = table.column(name)
    kept = _filter(run, table, name) if table.num_rows else table
    run._seen += table.num_rows
    run.store()
    if without is not None:
        kept = pa.concat_tables([kept, without])
    return kept if kept.num_rows else None


def _filter(run: Run, table: pa.Table, name: str) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    settings = run.settings
    last_value_func = settings.last_value_func
    if last_value_func not in (max, min):
        rows = table.to_pylist()
        kept = {id(row) for row in run.filter_rows(rows)}
        run._seen -= len(rows)
        return table.filter(pa.array([id(row) in kept for row in rows]))
    column = table.column(name)
    run.align_to(column[0].as_py())
    forward = last_value_func is max
    if run.end is not None:
        end = pa.scalar(run.end, column.type)
        inside = _compare(column, end, forward, closed=settings.range_end == "closed", below=True)
        run.end_out_of_range |= not bool(pc.all(inside).as_py())
        table = table.filter(inside)
    if run.start is not None and table.num_rows:
        column = table.column(name)
        start = pa.scalar(run.start, column.type)
        inside = _compare(column, start, forward, closed=settings.range_start == "closed", below=False)
        run.start_out_of_range |= not bool(pc.all(inside).as_py())
        table = table.filter(inside)
        if run.deduplicates and table.num_rows:
            table = _without_known(run, table, name, start)
    if table.num_rows:
        _advance(run, table, name)
    return table


def _compare(column: Any, bound: Any, forward: bool, closed: bool, below: bool) -> Any:
    import pyarrow.compute as pc

    if below == forward:
        return pc.less_equal(column, bound) if closed else pc.less(column, bound)
    return pc.greater_equal(column, bound) if closed else pc.greater(column, bound)


def _without_known(run: Run, table: pa.Table, name: str, start: Any) -> pa.Table:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    positions = np.flatnonzero(pc.equal(table.column(name), start).to_numpy(zero_copy_only=False))
    if not len(positions) or not run._boundary:
        return table
    hashes = _hashes(run, table.take(pa.array(positions)))
    known = [position for position, row_hash in zip(positions, hashes, strict=True) if run.known(row_hash)]
    keep = np.ones(table.num_rows, dtype=bool)
    keep[known] = False
    return table.filter(pa.array(keep))


def _advance(run: Run, table: pa.Table, name: str) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    column = table.column(name)
    best = pc.max(column) if run.settings.last_value_func is max else pc.min(column)
    run.advance(best.as_py())
    if run.deduplicates:
        at_last = table.filter(pc.equal(column, pa.scalar(run.state["last_value"], column.type)))
        run.remember(_hashes(run, at_last))


def _hashes(run: Run, table: pa.Table) -> list[str]:
    key = run.settings.primary_key
    if key is None:
        return [short_hash(row) for row in table.to_pylist()]
    names = [key] if isinstance(key, str) else list(key)
    return [short_hash([row[name] for name in names]) for row in table.select(names).to_pylist()]
