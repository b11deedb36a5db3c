"""The cursor during one run: its range, its last value, and the rows that it has seen at the last value."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from dlt.errors import IncrementalCursorPathHasValueNone, IncrementalCursorPathMissing
from dlt.extract.incremental.cursor import (
    MISSING,
    LastValueFunc,
    Ordered,
    align,
    finder,
    incomparable,
    keys_of,
    with_lag,
)
from dlt.extract.incremental.identity import LENGTHS_OF_1X, row_hash, row_hash_of_1x
from dlt.extract.incremental.settings import WARN_AT, IncrementalRange, OnCursorValueMissing
from dlt.extract.vocabulary import ColumnNamesHint
from dlt.states.cursor import CursorState, cursor_in
from dlt.states.model import State
from dlt.types import TDataItem

logger = logging.getLogger("dlt")


class Settings(Protocol):
    """What a run asks of its incremental."""

    cursor_path: str | None
    resource_name: str | None
    primary_key: ColumnNamesHint | None
    last_value_func: LastValueFunc
    lag: float | None
    range_start: IncrementalRange
    range_end: IncrementalRange
    on_cursor_value_missing: OnCursorValueMissing

    @property
    def initial_value(self) -> object:
        """Return the start of the first run."""

    @property
    def end_value(self) -> object:
        """Return the end of a backfill."""


class Run:
    """The cursor during one run.

    Args:
        settings: Those of the incremental.
        start: Where the run starts, lag included; None for everything.
        state: State of the cursor; changed as rows come.
    """

    def __init__(self, settings: Settings, start: object, state: CursorState) -> None:
        self.settings, self.start, self.state = settings, start, state
        self.end: object = settings.end_value
        # read now, as the state goes on with the rows
        self.first = state["last_value"]
        self._mark: object = None
        self.start_out_of_range = self.end_out_of_range = False
        self.seen = 0
        path = str(settings.cursor_path)
        keys = keys_of(path)
        self.key = keys[0] if keys is not None and len(keys) == 1 else None
        self.find = finder(path)
        self.ordered = settings.last_value_func in (max, min)
        self.forward = settings.last_value_func is max
        self._kind: tuple[type, bool] | None = None
        self.boundary = frozenset(state.setdefault("unique_hashes", []))
        self._hashes = set(self.boundary)
        self.salt = b""
        """Of the hashes of rows, where columns of the resource are masked."""
        self._of_1x = LENGTHS_OF_1X.intersection(map(len, self.boundary))

    @property
    def last_value(self) -> object:
        """Return the last value so far; a source that is asked from it on gives what a lag wants again."""
        last = self.state["last_value"]
        return self.start if not self.seen and last == self.first else last

    @property
    def deduplicates(self) -> bool:
        """Tell whether rows equal to the start may have been loaded before."""
        s = self.settings
        without_key = isinstance(s.primary_key, (tuple, list, str)) and not s.primary_key
        # the start of a user's function is not moved back
        lags = s.lag and self.ordered
        return s.range_start == "closed" and not without_key and s.end_value is None and not lags

    # -- range

    def align_to(self, like: TDataItem) -> None:
        """Bring start, end and the last value to the type of the rows' values.

        Raises:
            IncrementalCursorInvalidCoercion: a value cannot be compared with the rows' values.
        """
        # a column of datetimes may lose its zone from one page to the next
        kind = (type(like), isinstance(like, datetime) and like.tzinfo is None)
        if kind == self._kind or not self.ordered:
            return
        name, path = str(self.settings.resource_name), str(self.settings.cursor_path)
        self.start = align(self.start, like, path, name)
        self.end = align(self.end, like, path, name)
        self.state["last_value"] = align(self.state["last_value"], like, path, name)
        self._kind = kind

    def own(self, value: object) -> object:
        """Return a row's value as the values of the state are; only a user's function makes a difference."""
        return value if self.ordered else self.settings.last_value_func((value,))

    def before_start(self, value: Ordered) -> bool:
        """Tell whether a value lies before the start, or on an open start."""
        if self.start is None:
            return False
        if self.own(value) == self.start:
            return self.settings.range_start == "open"
        if self.ordered:
            return bool(value < self.start if self.forward else value > self.start)
        return bool(self.settings.last_value_func((value, self.start)) == self.start)

    def after_end(self, value: Ordered) -> bool:
        """Tell whether a value lies after the end, or on an open end."""
        if self.end is None:
            return False
        if self.own(value) == self.end:
            return self.settings.range_end == "open"
        if self.ordered:
            return bool(value > self.end if self.forward else value < self.end)
        return bool(self.settings.last_value_func((value, self.end)) != self.end)

    def begin_at(self, start: object) -> None:
        """Take another start than that of the state: a source may look back by itself.

        Args:
            start: The first value that counts; what the state has is not moved.
        """
        # it is brought to the type of the rows' values with the next of them
        self.start, self._kind = start, None

    def take_all(self) -> None:
        """Let all rows pass, whatever earlier runs saw."""
        self._mark, self.start = self.start, None

    def is_behind_mark(self, row: TDataItem) -> bool:
        """Tell whether earlier runs took a row, by where they came to; for a run that takes all."""
        value = self.find(row)
        mark: TDataItem = align(self._mark, value, str(self.settings.cursor_path), str(self.settings.resource_name))
        if mark is None:
            return False
        return self._before(value, mark) or (value == mark and self.was_taken(row))

    def is_before_initial(self, row: TDataItem) -> bool:
        """Tell whether a row lies before the start of the first run."""
        value = self.find(row)
        s = self.settings
        first: TDataItem = align(s.initial_value, value, str(s.cursor_path), str(s.resource_name))
        if first is None:
            return False
        return self._before(value, first) or (s.range_start == "open" and bool(value == first))

    def _before(self, value: TDataItem, bound: TDataItem) -> bool:
        return bool(value < bound if self.forward else value > bound)

    # -- state

    def advance(self, value: object) -> None:
        """Take a value that may be the last one."""
        last = self.state["last_value"]
        # a user's function gets the new value first and the known one second
        newest = self.own(value) if last is None else self.settings.last_value_func((value, last))
        if newest != last:
            self.move_to(newest)

    def move_to(self, last_value: object) -> None:
        """Set the last value and forget the rows at the one before."""
        self.state["last_value"] = last_value
        self.forget()

    def jump_to(self, last_value: object) -> None:
        """Take a last value that was set by hand."""
        if last_value != self.state["last_value"]:
            self.move_to(last_value)

    def forget(self) -> None:
        """Drop the hashes of rows at the last value."""
        self._hashes.clear()
        self.state["unique_hashes"] = []

    def remember(self, rows: Iterable[TDataItem]) -> None:
        """Keep the hashes of rows at the last value; warn once when they fill the state."""
        kept = self.state["unique_hashes"]
        before = len(kept)
        for row in rows:
            made = self.hash_row(row)
            if made not in self._hashes:
                self._hashes.add(made)
                kept.append(made)
        # once, at the page that passes the mark
        if before <= WARN_AT < len(kept):
            logger.warning(
                "Resource '%s': more than %d rows share the last value of %s, and all of them are remembered in the "
                "state. Set primary_key=() or range_start='open' to stop that.",
                self.settings.resource_name,
                WARN_AT,
                self.settings.cursor_path,
            )

    def hash_row(self, row: TDataItem) -> str:
        """Return a short hash of a row's primary key, or of the whole row."""
        s = self.settings
        return row_hash(row, s.primary_key, str(s.resource_name), str(s.cursor_path), self.salt)

    def was_taken(self, row: TDataItem) -> bool:
        """Tell whether a row at the start was taken by an earlier run, also by one of PyPI `dlt` 1.x."""
        if self.hash_row(row) in self.boundary:
            return True
        s = self.settings
        key, name, path = s.primary_key, str(s.resource_name), str(s.cursor_path)
        # by a run that masked nothing yet
        if self.salt and row_hash(row, key, name, path) in self.boundary:
            return True
        return any(row_hash_of_1x(row, key, name, path, length) in self.boundary for length in self._of_1x)

    # -- errors

    def keeps_without_value(self, value: object, position: int, item: TDataItem) -> bool:
        """Tell whether a row without a cursor value is kept.

        Args:
            value: MISSING, None or NaN.
            position: Of the row in the page, for messages.
            item: The row, or the table that it is in.

        Raises:
            IncrementalCursorPathMissing: the row has no cursor, and the setting is to raise.
            IncrementalCursorPathHasValueNone: its cursor is None or NaN, and the setting is to raise.
        """
        s = self.settings
        if s.on_cursor_value_missing != "raise":
            return s.on_cursor_value_missing == "include"
        kind = IncrementalCursorPathMissing if value is MISSING else IncrementalCursorPathHasValueNone
        what = "has no field" if value is MISSING else "has None in" if value is None else "has NaN in"
        raise kind(
            f"Resource '{s.resource_name}': row {self.seen + position} (counted from 0) {what} {s.cursor_path}, the "
            "cursor. Set on_cursor_value_missing to 'include' or 'exclude', or mend the row with add_map.",
            resource_name=s.resource_name,
            pipe_name=s.resource_name,
            cursor_path=s.cursor_path,
            json_path=s.cursor_path,
            item_position=self.seen + position,
            item=item,
        )

    def incomparable_with(self, value: object) -> Exception:
        """Return the error that says that a row's value compares with no bound."""
        bounds = (self.start, self.end, self.state["last_value"])
        other = next((b for b in bounds if b is not None and type(b) is not type(value)), self.state["last_value"])
        return incomparable(other, value, str(self.settings.cursor_path), str(self.settings.resource_name))


def begin(settings: Settings, resource_state: State) -> Run:
    """Begin a run on the state of a resource.

    Args:
        settings: Those of the incremental, with the name of its resource.
        resource_state: The cursor is kept in it; a backfill, which has an end, leaves it alone.
    """
    first, path = settings.initial_value, str(settings.cursor_path)
    state: CursorState = {"initial_value": first, "last_value": first, "unique_hashes": []}
    if settings.end_value is None:
        state = cursor_in(resource_state, path, state)
    start = state.setdefault("last_value", first)
    # the first run has nothing to look back at
    if settings.lag and settings.end_value is None and start is not None and start != first:
        start = with_lag(start, settings.lag, settings.last_value_func, first, path, str(settings.resource_name))
    return Run(settings, start, state)
