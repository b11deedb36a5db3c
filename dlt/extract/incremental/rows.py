"""Pages of rows through a cursor: one pass, one look-up and one comparison for each row."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dlt.errors import (
    IncrementalCursorPathHasValueNone,
    IncrementalCursorPathMissing,
    IncrementalPrimaryKeyMissing,
)
from dlt.extract.incremental.cursor import MISSING, align, finder

if TYPE_CHECKING:
    from dlt.extract.incremental.incremental import Incremental


class Run:
    """The cursor during one run.

    Args:
        settings: The incremental.
        start: Where the run starts, lag included; None for everything.
        state: State of the cursor; changed as rows come.
    """

    def __init__(self, settings: Incremental[Any], start: Any, state: dict[str, Any]) -> None:
        self.settings, self.start, self.end, self.state = settings, start, settings.end_value, state
        self.start_out_of_range = self.end_out_of_range = False
        self._find = finder(settings.cursor_path or "")
        self._kind: type | None = None
        self._seen = 0
        self._boundary = frozenset(state.get("unique_hashes") or ())
        self._hashes: dict[str, None] = dict.fromkeys(state.get("unique_hashes") or ())

    # -- settings of this run

    @property
    def deduplicates(self) -> bool:
        """Tell whether rows equal to the start may have been loaded before."""
        s = self.settings
        return s.range_start == "closed" and s.primary_key != () and s.end_value is None and not s.lag

    def align_to(self, like: Any) -> None:
        """Bring start, end and the last value to the type of the rows' values."""
        if type(like) is self._kind:
            return
        self._kind = type(like)
        s = self.settings
        name, path = str(s.resource_name), str(s.cursor_path)
        self.start = align(self.start, like, path, name)
        self.end = align(self.end, like, path, name)
        self.state["last_value"] = align(self.state["last_value"], like, path, name)

    def before_start(self, value: Any) -> bool:
        """Tell whether a value lies before the start, or on an open start."""
        if self.start is None:
            return False
        if value == self.start:
            return self.settings.range_start == "open"
        return bool(self.settings.last_value_func((self.start, value)) == self.start)

    def after_end(self, value: Any) -> bool:
        """Tell whether a value lies after the end, or on an open end."""
        if self.end is None:
            return False
        if value == self.end:
            return self.settings.range_end == "open"
        return bool(self.settings.last_value_func((self.end, value)) == value)

    def advance(self, value: Any) -> None:
        """Take a value that may be the last one."""
        last = self.state["last_value"]
        newest = value if last is None else self.settings.last_value_func((last, value))
        if newest != last:
            self.state["last_value"] = newest
            self._hashes.clear()

    def remember(self, row_hashes: Sequence[str]) -> None:
        """Keep the hashes of rows at the last value."""
        self._hashes.update(dict.fromkeys(row_hashes))

    def store(self) -> None:
        """Write the hashes into the state."""
        self.state["unique_hashes"] = list(self._hashes) if self.deduplicates else []

    def known(self, row_hash: str) -> bool:
        """Tell whether a row at the start was loaded before."""
        return row_hash in self._boundary

    # -- rows

    def filter_rows(self, page: list[Any]) -> list[Any]:
        """Return the rows of a page that are new."""
        kept: list[Any] = []
        at_last: list[Any] = []
        deduplicates = self.deduplicates
        for position, row in enumerate(page):
            value = self._find(row)
            if value is None or value is MISSING:
                if self._without_value(value, position):
                    kept.append(row)
                continue
            if type(value) is not self._kind:
                self.align_to(value)
            if self.after_end(value):
                self.end_out_of_range = True
                continue
            if self.before_start(value):
                self.start_out_of_range = True
                continue
            if deduplicates and self.start is not None and value == self.start and self.known(self.hash_row(row)):
                continue
            kept.append(row)
            last = self.state["last_value"]
            if value != last:
                self.advance(value)
                if self.state["last_value"] != last:
                    at_last = []
            if deduplicates and value == self.state["last_value"]:
                at_last.append(row)
        if at_last:
            self.remember([self.hash_row(row) for row in at_last])
        self._seen += len(page)
        self.store()
        return kept

    def _without_value(self, value: Any, position: int) -> bool:
        s = self.settings
        if s.on_cursor_value_missing == "include":
            return True
        if s.on_cursor_value_missing == "exclude":
            return False
        kind = IncrementalCursorPathMissing if value is MISSING else IncrementalCursorPathHasValueNone
        what = "has no field" if value is MISSING else "has None in"
        raise kind(
            f"Resource '{s.resource_name}': row {self._seen + position} (counted from 0) {what} {s.cursor_path}, the "
            "cursor. Set on_cursor_value_missing to 'include' or 'exclude', or mend the row with add_map.",
            resource_name=s.resource_name,
            cursor_path=s.cursor_path,
            item_position=self._seen + position,
        )

    def hash_row(self, row: Any) -> str:
        """Return a short hash of a row's primary key, or of the whole row."""
        key = self.settings.primary_key
        if key is None:
            return short_hash(row)
        names = [key] if isinstance(key, str) else list(key)
        missing = [name for name in names if name not in row]
        if missing:
            raise IncrementalPrimaryKeyMissing(
                f"Resource '{self.settings.resource_name}': a row has no field {missing[0]!r}, which is part of the "
                f"primary key of the incremental on {self.settings.cursor_path}. Set primary_key=() to do without.",
                resource_name=self.settings.resource_name,
            )
        return short_hash([row[name] for name in names])


def short_hash(value: Any) -> str:
    """Return 16 hexadecimal digits that depend on a value."""
    import orjson

    options = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z
    try:
        text = orjson.dumps(value, default=str, option=options)
    except TypeError:
        text = repr(value).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=8).hexdigest()
