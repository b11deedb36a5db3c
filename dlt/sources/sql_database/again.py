"""Rows that a query gives again in each run, and that are to be loaded once.

Rows without a cursor value are asked for in every run, and so are those that a lag looks back at for changes that were
committed late. Where rows are appended, the state of the resource remembers which of them came.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from dlt.context import current
from dlt.errors import PipelineStateNotAvailable
from dlt.extract.incremental import Incremental
from dlt.extract.incremental.cursor import column_name, move_back
from dlt.extract.incremental.identity import short_hash
from dlt.extract.incremental.incremental import salt_rows
from dlt.extract.resource import DltResource
from dlt.extract.state import resource_state
from dlt.late import np, pa, pc
from dlt.states.model import State

logger = logging.getLogger("dlt")
_WARN_AT = 100_000
_NULLS, _LATE, _LAST = "rows_without_cursor", "rows_within_lag", "last_value_with_lag"


class Known:
    """What is known of the rows of a resource that come again.

    Args:
        incremental: Its cursor.
        key: Columns that tell rows apart; all of them when None.
        state: The state of the resource.
    """

    def __init__(self, incremental: Incremental[Any], key: Sequence[str] | None, state: State) -> None:
        self._cursor = str(column_name(str(incremental.cursor_path)))
        self._key, self._state = key, state
        self._salt = salt_rows(incremental)
        self._function = incremental.last_value_func
        self._lag = incremental.lag or 0
        self._nulls: set[str] = set(state.get(_NULLS, ()))
        self._late: dict[str, Any] = dict(state.get(_LATE, {}))
        # of the run before: whatever lies behind it comes for the first time
        self._before = state.get(_LAST)
        self._best = self._before

    @property
    def count(self) -> int:
        """Return how many rows are known: so many may come and be left out."""
        return len(self._nulls) + len(self._late)

    def new_rows(self, table: pa.Table) -> pa.Table:
        """Return the rows of a table that did not come before, and remember them.

        Args:
            table: The table.
        """
        if self._cursor not in table.column_names:
            return table
        column, kept = table.column(self._cursor), np.ones(table.num_rows, dtype=bool)
        if column.null_count:
            self._take_nulls(table, column.is_null().to_numpy(), kept)
        if self._lag and column.null_count < len(column):
            self._take_late(table, column, kept)
        return table if kept.all() else table.filter(pa.array(kept))

    def _take_nulls(self, table: pa.Table, null: Any, kept: Any) -> None:
        positions = np.flatnonzero(null)
        for at, made in zip(positions, self._hashes(table, positions, with_cursor=False), strict=True):
            if made in self._nulls:
                kept[at] = False
            self._nulls.add(made)
        self._state[_NULLS] = sorted(self._nulls)
        self._warn(len(self._nulls), "have no value of the cursor")

    def _take_late(self, table: pa.Table, column: pa.ChunkedArray, kept: Any) -> None:
        forward = self._function is max
        ends = pc.min_max(column)
        best = ends["max" if forward else "min"].as_py()
        self._best = best if self._best is None else self._function((self._best, best))
        low = move_back(self._best, self._lag, self._function)
        # those that a later run looks back at, and those that this one does
        wanted = self._beyond(column, low, forward)
        if self._before is not None:
            wanted |= self._beyond(column, self._before, not forward)
        positions = np.flatnonzero(wanted)
        values = column.take(pa.array(positions)).to_pylist()
        for at, value, made in zip(positions, values, self._hashes(table, positions, with_cursor=True), strict=True):
            if made in self._late:
                kept[at] = False
            self._late[made] = value
        self._late = {made: value for made, value in self._late.items() if self._function((value, low)) == value}
        self._state[_LATE], self._state[_LAST] = dict(self._late), self._best
        self._warn(len(self._late), "lie within the lag of the cursor")

    @staticmethod
    def _beyond(column: pa.ChunkedArray, value: object, larger: bool) -> Any:
        bound = pa.scalar(value, column.type)
        found = pc.greater_equal(column, bound) if larger else pc.less_equal(column, bound)
        return found.fill_null(False).to_numpy().copy()

    def _hashes(self, table: pa.Table, positions: Any, with_cursor: bool) -> list[str]:
        names = list(self._key or table.column_names)
        if with_cursor and self._cursor not in names:
            # a row that was changed has another value, and is to be loaded again
            names.append(self._cursor)
        if any(name not in table.column_names for name in names):
            names = table.column_names
        rows = table.select(names).take(pa.array(positions)).to_pylist()
        return [short_hash(list(row.values()), self._salt) for row in rows]

    def _warn(self, count: int, what: str) -> None:
        if count > _WARN_AT:
            logger.warning(
                "%d rows %s, and the state remembers all of them. Load them with merge instead.", count, what
            )


def known_rows(incremental: Incremental[Any] | None, key: Sequence[str] | None) -> Known | None:
    """Return what is known of rows that come again; None where none come, or where they may come twice.

    Args:
        incremental: The cursor of the resource at work.
        key: Columns that tell its rows apart.
    """
    resource = current().resource
    if incremental is None or not incremental.in_use or not isinstance(resource, DltResource):
        return None
    comes_again = incremental.lag or incremental.on_cursor_value_missing == "include"
    # a backfill keeps no state, and a function of the program has an order of its own
    if not comes_again or incremental.end_value is not None or incremental.last_value_func not in (max, min):
        return None
    disposition = resource.write_disposition
    if isinstance(disposition, Mapping):
        disposition = disposition.get("disposition", "append")
    if disposition != "append":
        # merge finds them by their keys, and replace needs all of them
        return None
    try:
        return Known(incremental, key, resource_state(resource.name))
    except PipelineStateNotAvailable:
        return None
