"""Arrow tables and frames through a cursor, by column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.errors import IncrementalCursorPathMissing, IncrementalPrimaryKeyMissing
from dlt.extract.incremental.cursor import Ordered, keys_of
from dlt.extract.incremental.rows import filter_rows
from dlt.extract.incremental.run import Run
from dlt.formats.frames import as_arrow
from dlt.late import np, pa, pc
from dlt.types import TDataItem, TDataItems

if TYPE_CHECKING:
    import numpy.typing as npt

    Mask = npt.NDArray[np.bool_]
    """Which values or rows of a table are kept."""
    Positions = npt.NDArray[np.intp]
    """Where values of a column stand in the table."""


def filter_table(run: Run, items: TDataItems) -> TDataItems:
    """Return the rows of an Arrow table, a record batch or a frame that are new, as the same type.

    Raises:
        IncrementalCursorPathMissing: there is no such column.
        IncrementalCursorPathHasValueNone: the cursor of a row is null.
        IncrementalCursorInvalidCoercion: the column cannot be compared with the start or end value.
    """
    settings = run.settings
    keys = keys_of(str(settings.cursor_path))
    if keys is not None and keys[0] not in _names(items):
        if settings.on_cursor_value_missing != "raise":
            return items if settings.on_cursor_value_missing == "include" else None
        raise IncrementalCursorPathMissing(
            f"Resource '{settings.resource_name}': the table has no column {keys[0]!r}, which the cursor "
            f"{settings.cursor_path} needs. It has {', '.join(_names(items))}.",
            resource_name=settings.resource_name,
            pipe_name=settings.resource_name,
            cursor_path=settings.cursor_path,
            json_path=settings.cursor_path,
            item=items,
        )
    if run.boundary and not run.deduplicates and run.state["unique_hashes"]:
        run.forget()
    column = _cursor(_arrow(items, keys[0]), keys) if keys is not None and run.ordered else None
    mask = _mask(run, items, column) if column is not None else _mask_by_rows(run, items)
    run.seen += len(mask)
    return _select(items, mask)


def _names(items: TDataItems) -> list[str]:
    columns = items.schema.names if isinstance(items, (pa.Table, pa.RecordBatch)) else items.columns
    return [str(name) for name in columns]


def _is_pandas(items: TDataItems) -> bool:
    # by its name, as pandas is not imported for it; the others select columns and filter rows as Arrow does
    return type(items).__module__.partition(".")[0] == "pandas"


def _arrow(items: TDataItems, *columns: str) -> pa.Table:
    """Return columns, or everything, as an Arrow table."""
    if columns:
        items = items[list(columns)] if _is_pandas(items) else items.select(list(columns))
    table = as_arrow(items)
    if not isinstance(table, pa.Table):
        raise TypeError(f"a {type(items).__module__}.{type(items).__name__} is no table that can be filtered")
    return table


def _cursor(table: pa.Table, keys: list[str]) -> pa.ChunkedArray | None:
    """Return the cursor column in a type that compares as Python values do, or None to compare row by row."""
    types = pa.types
    column = table.column(keys[0])
    for key in keys[1:]:
        if not types.is_struct(column.type) or column.type.get_field_index(key) < 0 or column.null_count:
            return None
        column = pc.struct_field(column, key)
    # the parts of a page may have dictionaries of their own, so indexes say nothing of the order
    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    try:
        if types.is_timestamp(kind) and kind.unit != "us":
            # Python's datetimes have no nanoseconds, and what goes into the state is one of them
            column = column.cast(pa.timestamp("us", kind.tz), safe=kind.unit != "ns")
        elif types.is_date64(kind):
            column = column.cast(pa.date32())
        elif types.is_float32(kind):
            column = column.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    kind = column.type
    plain = types.is_integer(kind) or types.is_float64(kind) or types.is_decimal(kind)
    text = types.is_string(kind) or types.is_large_string(kind)
    return column if plain or text or types.is_timestamp(kind) or types.is_date32(kind) else None


def _mask_by_rows(run: Run, items: TDataItems) -> Mask:
    rows = _arrow(items).to_pylist()
    kept = {id(row) for row in filter_rows(run, rows)}
    # the caller counts the rows of a table itself
    run.seen -= len(rows)
    return np.array([id(row) in kept for row in rows], dtype=bool)


def _mask(run: Run, items: TDataItems, column: pa.ChunkedArray) -> Mask:
    """Return a boolean array of the rows to keep; the state goes on."""
    missing: Mask = pc.is_null(column, nan_is_null=True).to_numpy()
    include = False
    if missing.any():
        first = int(missing.argmax())
        include = run.keeps_without_value(column[first].as_py(), first, items)
        column = column.filter(~missing)
    keep = ~missing
    if len(column):
        run.align_to(column[0].as_py())
        inside = _inside(run, column)
        if inside is None:
            return _mask_by_rows(run, items)
        if inside.any():
            _remember(run, items, column, inside, np.flatnonzero(keep))
        keep[keep] = inside
    return keep | missing if include else keep


def _inside(run: Run, column: pa.ChunkedArray) -> Mask | None:
    """Return which values lie in the range, or None where Arrow cannot express a bound in the column's type."""
    # as for rows: most tables lie wholly inside of the range, and are not compared value by value
    ends = pc.min_max(column)
    low: Ordered = ends["min"].as_py()
    high: Ordered = ends["max"].as_py()
    inside: Mask = np.ones(len(column), dtype=bool)
    s = run.settings
    if run.after_end(high if run.forward else low):
        bound = _scalar(run.end, column)
        if bound is None:
            # the rows are gone through one by one then, and nothing of the state has changed so far
            return None
        inside &= _compare(column, bound, run.forward, s.range_end).to_numpy()
        run.end_out_of_range = True
    if inside.any() and run.before_start(low if run.forward else high):
        bound = _scalar(run.start, column)
        if bound is None:
            return None
        started = _compare(column, bound, not run.forward, s.range_start).to_numpy()
        run.start_out_of_range |= not bool(started[inside].all())
        inside &= started
    return inside


def _scalar(value: object, column: pa.ChunkedArray) -> pa.Scalar | None:
    try:
        scalar = pa.scalar(value, column.type)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        # a number beyond the bits of the column, for one
        return None
    # Arrow cuts 2.5 to 2 for a column of integers
    return scalar if scalar.as_py() == value else None


def _compare(column: pa.ChunkedArray, bound: pa.Scalar, less: bool, side: str) -> pa.ChunkedArray:
    if less:
        return pc.less_equal(column, bound) if side == "closed" else pc.less(column, bound)
    return pc.greater_equal(column, bound) if side == "closed" else pc.greater(column, bound)


def _remember(run: Run, items: TDataItems, column: pa.ChunkedArray, inside: Mask, positions: Positions) -> None:
    """Drop rows at the start that were loaded before from `inside`, and go on to the last value.

    `positions` are those of the values of the column in the items.
    """
    ends = pc.min_max(column.filter(inside))
    best = ends["max" if run.forward else "min"].as_py()
    deduplicates = run.deduplicates
    if deduplicates and run.boundary and run.start is not None:
        found = np.flatnonzero(inside & _equal(column, run.start))
        rows = _rows(run, items, positions[found])
        # only rows at the start are made Python objects, as they alone may have come before
        inside[[at for at, row in zip(found, rows, strict=True) if run.was_taken(row)]] = False
    run.advance(best)
    if deduplicates and best == run.state["last_value"]:
        run.remember(_rows(run, items, positions[inside & _equal(column, best)]))


def _equal(column: pa.ChunkedArray, value: object) -> Mask:
    scalar = _scalar(value, column)
    if scalar is None:
        return np.zeros(len(column), dtype=bool)
    equal: Mask = pc.equal(column, scalar).to_numpy()
    return equal


def _rows(run: Run, items: TDataItems, positions: Positions) -> list[TDataItem]:
    """Return rows with all that their hash needs."""
    if not len(positions):
        return []
    key = run.settings.primary_key
    names = [key] if isinstance(key, str) else [] if key is None or callable(key) else list(key)
    lacking = [name for name in names if name not in _names(items)]
    if lacking:
        raise IncrementalPrimaryKeyMissing(
            f"Resource '{run.settings.resource_name}': the table has no column {lacking[0]!r}, which is part of the "
            f"primary key of the incremental on {run.settings.cursor_path}. Name the right column in primary_key, or "
            "set primary_key=() to load rows without looking for duplicates.",
            resource_name=run.settings.resource_name,
            pipe_name=run.settings.resource_name,
            primary_key_column=lacking[0],
            item=items,
        )
    table = _selectable(_arrow(items, *names)).take(positions)
    for at, column in enumerate(table.schema):
        if column.type.id == pa.timestamp("ns").id and column.type.unit == "ns":
            # only pandas has a value for nanoseconds, and it need not be there
            table = table.set_column(at, column.name, table.column(at).cast(pa.int64()))
    found: list[TDataItem] = table.to_pylist()
    return found


def _select(items: TDataItems, mask: Mask) -> TDataItems:
    if mask.all():
        return items if len(mask) else None
    if not mask.any():
        return None
    if _is_pandas(items):
        return items.loc[mask]
    return (_selectable(items) if isinstance(items, (pa.Table, pa.RecordBatch)) else items).filter(mask)


def _selectable(table: TDataItems) -> TDataItems:
    """Return a table or batch whose rows Arrow can select: it selects nothing from views of texts and bytes."""
    own: pa.Schema = table.schema
    schema = own
    for at, column in enumerate(own):
        if pa.types.is_string_view(column.type):
            schema = schema.set(at, column.with_type(pa.large_string()))
        elif pa.types.is_binary_view(column.type):
            schema = schema.set(at, column.with_type(pa.large_binary()))
    return table if schema is own else table.cast(schema)
