"""Pages of rows through a cursor: one look-up and at most two comparisons for each row."""

from __future__ import annotations

import datetime
import decimal
import operator
from collections.abc import Callable
from itertools import compress, repeat

from dlt.extract.incremental.cursor import MISSING, Ordered, is_nan
from dlt.extract.incremental.run import Run
from dlt.types import TDataItem

_EXACT = frozenset({int, str, datetime.date, datetime.datetime})
_ORDERED = (int, float, str, datetime.date, decimal.Decimal)


def filter_rows(run: Run, page: list[TDataItem]) -> list[TDataItem]:
    """Return the rows of a page that are new.

    Raises:
        IncrementalCursorPathMissing: a row has no cursor.
        IncrementalCursorPathHasValueNone: the cursor of a row is None.
        IncrementalCursorInvalidCoercion: a row's cursor cannot be compared with the start or end value.
    """
    # a setting changed since the last run: hashes that nothing compares any more would stay in the state for ever
    if run.boundary and not run.deduplicates and run.state["unique_hashes"]:
        run.forget()
    values = _column(run, page)
    kept = _by_column(run, page, values) if values is not None else _one_by_one(run, page)
    run.seen += len(page)
    return kept


def _column(run: Run, page: list[TDataItem]) -> list[Ordered] | None:
    """Return the cursor values of a page when they are of one ordered type, else None."""
    if run.key is None or not run.ordered or not page:
        return None
    try:
        values: list[TDataItem] = list(map(operator.itemgetter(run.key), page))
    except (KeyError, TypeError, IndexError, AttributeError):
        return None
    kinds = set(map(type, values))
    kind = kinds.pop()
    # several kinds compare by rules that only the slow way knows: a datetime is a date too, and True equals 1
    if kinds or kind is bool or not issubclass(kind, _ORDERED):
        return None
    try:
        # a NaN is larger and smaller than nothing, so min and max depend on its place
        if kind not in _EXACT and any(map(operator.ne, values, values)):
            return None
        if issubclass(kind, datetime.datetime) and len({value.tzinfo is None for value in values}) > 1:
            return None
    except ArithmeticError:
        # a signaling NaN
        return None
    return values


def _by_column(run: Run, page: list[TDataItem], values: list[Ordered]) -> list[TDataItem]:
    run.align_to(values[0])
    low, high = min(values), max(values)
    nearest, farthest = (low, high) if run.forward else (high, low)
    # most pages lie wholly inside of the range; only others are compared row by row
    if run.after_end(farthest):
        run.end_out_of_range = True
        page, values = _cut(page, values, _compare(run.forward, run.settings.range_end), run.end)
        nearest = (min(values) if run.forward else max(values)) if values else nearest
    if values and run.before_start(nearest):
        run.start_out_of_range = True
        page, values = _cut(page, values, _compare(not run.forward, run.settings.range_start), run.start)
    if not values:
        return []
    best = max(values) if run.forward else min(values)
    deduplicates = run.deduplicates
    if deduplicates and run.boundary and run.start is not None:
        pairs = zip(page, values, strict=True)
        fresh = [value != run.start or not run.was_taken(row) for row, value in pairs]
        page, values = list(compress(page, fresh)), list(compress(values, fresh))
    run.advance(best)
    last = run.state["last_value"]
    if deduplicates and best == last:
        run.remember(compress(page, map(operator.eq, values, repeat(last))))
    return page


def _compare(less: bool, side: str) -> Callable[[TDataItem, TDataItem], object]:
    if less:
        return operator.le if side == "closed" else operator.lt
    return operator.ge if side == "closed" else operator.gt


def _cut(
    page: list[TDataItem], values: list[Ordered], inside: Callable[[TDataItem, TDataItem], object], bound: object
) -> tuple[list[TDataItem], list[Ordered]]:
    keep = list(map(inside, values, repeat(bound)))
    return list(compress(page, keep)), list(compress(values, keep))


def _one_by_one(run: Run, page: list[TDataItem]) -> list[TDataItem]:
    """Filter a page with values of several types, without values, behind a path, or with a user's function."""
    kept: list[TDataItem] = []
    at_last: list[TDataItem] = []
    find, deduplicates = run.find, run.deduplicates
    for position, row in enumerate(page):
        value = find(row)
        if value is None or value is MISSING or is_nan(value):
            if run.keeps_without_value(value, position, row):
                kept.append(row)
            continue
        try:
            is_new, at_last = _take(run, row, value, deduplicates, at_last)
        except TypeError as error:
            if not run.ordered:
                raise
            raise run.incomparable_with(value) from error
        if is_new:
            kept.append(row)
    run.remember(at_last)
    return kept


def _take(
    run: Run, row: TDataItem, value: Ordered, deduplicates: bool, at_last: list[TDataItem]
) -> tuple[bool, list[TDataItem]]:
    """Return whether a row is new, and the rows at the last value so far."""
    run.align_to(value)
    if run.after_end(value):
        run.end_out_of_range = True
        return False, at_last
    if run.before_start(value):
        run.start_out_of_range = True
        return False, at_last
    own = run.own(value)
    if deduplicates and run.boundary and own == run.start and run.was_taken(row):
        return False, at_last
    before = run.state["last_value"]
    if own != before:
        run.advance(value)
        if run.state["last_value"] != before:
            at_last = []
    if deduplicates and own == run.state["last_value"]:
        at_last.append(row)
    return True, at_last
