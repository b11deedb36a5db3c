"""Rows of one table that wait until there are enough for a page: copied into columns, or kept as they are."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeAlias

from dlt.formats.pages import PageEncoder
from dlt.formats.snapshot import snapshot
from dlt.schema.typing import TableSchema
from dlt.schema.x_keys import X_NORMALIZER
from dlt.types import TDataItem
from dlt.version import form

if TYPE_CHECKING:
    import pyarrow as pa

# what a page may hold in memory: fewer rows where rows are wide
PAGE_ROWS = 10_000
PAGE_CELLS = 2_000_000
PAGE_BYTES = 32 << 20
"""Of texts and bytes, as some rows of each page tell."""
ROWS_AFTER_A_REFUSAL = 100
"""Rows that stay together with one that is refused, and twice as many after each further one: rows must keep their
order, and each change between columns and rows is another file."""

Page: TypeAlias = "pa.RecordBatch | Sequence[TDataItem]"
"""Rows that are written at once: as a record batch, or in the exact form."""


class WaitingRows(Protocol):
    """Rows that wait, in their order."""

    def __len__(self) -> int: ...

    def add(self, rows: Sequence[TDataItem], own: bool) -> Iterator[Page]:
        """Take rows, and yield the pages that are full.

        Args:
            rows: The rows.
            own: Nobody else holds them, so that they cannot change while they wait.
        """

    def rest(self) -> Iterator[Page]:
        """Yield all that still waits."""


def waiting_rows(table_schema: TableSchema, normalize: Callable[[str], str]) -> WaitingRows:
    """Return where the rows of a table wait, in the form that is in use.

    Args:
        table_schema: Schema of the table.
        normalize: Gives the identifier of a key.
    """
    kept_whole, nested = _documents_of(table_schema, normalize)
    if form() == "pure":
        return KeptRows(PageEncoder(kept_whole, nested))
    return CopiedRows(kept_whole, nested)


def bytes_of(rows: Sequence[TDataItem]) -> int:
    """Return about how many bytes texts and bytes of rows have, as a few of them tell.

    Args:
        rows: The rows.
    """
    step = max(1, len(rows) // 8)
    found = 0
    for row in rows[::step]:
        if type(row) is dict:
            found += sum([len(value) for value in row.values() if type(value) is str or type(value) is bytes])
    return found * step


class KeptRows:
    """Rows that become columns page by page, in Python.

    Args:
        encoder: Makes a batch of a page, or tells that it goes row by row.
    """

    def __init__(self, encoder: PageEncoder) -> None:
        self._encoder = encoder
        self._rows: list[TDataItem] = []
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, rows: Sequence[TDataItem], own: bool) -> Iterator[Page]:
        """Take rows, and yield the pages that are full."""
        waiting = self._rows
        waiting.extend(rows)
        step = most_rows(waiting)
        full = len(waiting) - len(waiting) % step
        if full:
            self._rows = waiting[full:]
        added = min(len(rows), len(self._rows))
        if added and not own:
            # the program that gave them may go on to change them while they wait
            self._rows[-added:] = map(snapshot, self._rows[-added:])
        for start in range(0, full, step):
            yield self._encoded(waiting[start : start + step])
        self._bytes += bytes_of(rows)
        if self._bytes >= PAGE_BYTES:
            self._bytes = 0
            yield from self.rest()

    def rest(self) -> Iterator[Page]:
        """Yield all that still waits."""
        rows, self._rows = self._rows, []
        if rows:
            yield self._encoded(rows)

    def _encoded(self, rows: list[TDataItem]) -> Page:
        with without_collection():
            batch = self._encoder.encode(rows)
        return rows if batch is None else batch


class CopiedRows:
    """Rows that are copied into columns when they are added; one that has none waits with those that follow it.

    Args:
        kept_whole: Tells whether the dicts and lists of a key stay whole, as JSON text.
        nested: False sends rows with other dicts and lists row by row.
    """

    def __init__(self, kept_whole: Callable[[str], bool], nested: bool) -> None:
        # whoever imports it imports Arrow, and a program without the extension has none
        from dlt.formats._columns import Rows

        self._copied = Rows(kept_whole, nested, PAGE_ROWS, PAGE_CELLS)
        self._refused: list[TDataItem] = []
        self._left, self._patience = 0, ROWS_AFTER_A_REFUSAL
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._copied) + len(self._refused)

    def add(self, rows: Sequence[TDataItem], own: bool) -> Iterator[Page]:
        """Take rows, and yield the pages that are full."""
        given = rows if type(rows) is list else list(rows)
        position = 0
        while position < len(given):
            if self._left:
                following = given[position : position + self._left]
                position += len(following)
                yield from self._keep(following, own)
                continue
            position = self._copied.add(given, position)
            if self._copied.has_refused:
                self._left, self._patience = self._patience, self._patience * 2
            if self._copied.is_full:
                yield from self._batch()
        # a few rows with large values would fill the memory long before they are many
        self._bytes += bytes_of(given)
        if self._bytes >= PAGE_BYTES:
            self._bytes = 0
            yield from self._batch()

    def rest(self) -> Iterator[Page]:
        """Yield all that still waits."""
        # there is never something in both: rows keep their order
        yield from self._batch()
        yield from self._kept()

    def _keep(self, rows: Sequence[TDataItem], own: bool) -> Iterator[Page]:
        self._left -= len(rows)
        self._refused.extend(rows if own else map(snapshot, rows))
        if not self._left or len(self._refused) >= most_rows(self._refused):
            yield from self._kept()

    def _kept(self) -> Iterator[Page]:
        rows, self._refused = self._refused, []
        step = most_rows(rows)
        for start in range(0, len(rows), step):
            yield rows[start : start + step]

    def _batch(self) -> Iterator[Page]:
        batch = self._copied.take()
        if batch is not None:
            yield batch


def most_rows(rows: Sequence[TDataItem]) -> int:
    """Return how many rows a page has at most, by the width of the first one."""
    width = len(rows[0]) if rows and isinstance(rows[0], dict) else 1
    return min(PAGE_ROWS, max(1, PAGE_CELLS // max(1, width)))


@contextmanager
def without_collection() -> Iterator[None]:
    """Suspend the cyclic garbage collector: converting makes many objects and no cycles."""
    # a program may have turned it off, and wants it so
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _documents_of(table_schema: TableSchema, normalize: Callable[[str], str]) -> tuple[Callable[[str], bool], bool]:
    """Return what tells whether the documents of a key stay whole, and whether others may become columns."""
    columns = table_schema.get("columns") or {}
    whole = {name for name, column in columns.items() if column.get("data_type") in ("json", "complex")}
    limit = (table_schema.get(X_NORMALIZER) or {}).get("max_nesting")
    if limit == 0:
        return lambda _key: True, True
    # a path such as a__b may be kept whole inside of a document: that needs rows
    nested = limit is None and not any("__" in name for name in whole)
    return lambda key: normalize(key) in whole if whole else False, nested
