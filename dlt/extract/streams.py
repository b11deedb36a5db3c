"""Streams of items: a generator, iterator or asynchronous generator, pulled in batches that adapt to its speed."""

from __future__ import annotations

import inspect
import time
from collections.abc import AsyncIterator, Iterator
from typing import Generic, TypeVar

from dlt.extract.items import ROW_TYPES, Joined, Meta, count_rows
from dlt.extract.pipe import Limit
from dlt.formats.snapshot import snapshot
from dlt.types import TDataItem, TDataItems

MAX_BATCH = 4096
"""Rows that are pulled at once from a stream that yields them one by one."""
SLOW_BATCH = 0.05
"""Seconds; a batch that took longer makes the next one smaller, so that other streams get their turn."""
END = object()
NodeT = TypeVar("NodeT")


class Allowance:
    """How much a limit still lets out of a resource: what its steps drop does not count.

    Args:
        limit: The limit.
    """

    def __init__(self, limit: Limit) -> None:
        self._count_rows = limit.count_rows
        self._left = limit.max_items
        self._deadline = None if limit.max_time is None else time.monotonic() + limit.max_time
        self.under_way = 0
        """Items that are evaluated elsewhere, and may still come out."""

    @property
    def has_time(self) -> bool:
        """Tell whether the limit is one in time too."""
        return self._deadline is not None

    @property
    def is_used_up(self) -> bool:
        """Tell whether nothing more is to be pulled."""
        if self._deadline is not None and time.monotonic() >= self._deadline:
            return True
        return self._left is not None and self._left <= 0

    @property
    def is_waiting(self) -> bool:
        """Tell whether what is under way may use it up: only what comes of it tells whether more is to be pulled."""
        return self._left is not None and 0 < self._left <= self.under_way

    def room(self, size: int) -> int:
        """Return how many rows to pull, as rows that are pulled beyond the limit would be lost."""
        return size if self._left is None else max(1, min(size, self._left - self.under_way))

    def take(self, item: TDataItems) -> TDataItems:
        """Return what of an item or page may go out; None if nothing."""
        if self._left is None:
            return item
        if self._left <= 0:
            return None
        # one yield counts once; a page that was joined of many yields counts by its rows, and may be cut
        if type(item) is Joined and len(item) > self._left:
            item = Joined(item[: self._left])
        self._left -= count_rows(item) if type(item) is Joined or self._count_rows else 1
        return item


class Stream(Generic[NodeT]):
    """A stream of one node of the pipe tree.

    Args:
        source: What is pulled.
        node: Node whose steps its items enter.
        at: Index of the first of these steps.
        meta: Mark of the item that the stream came from.
        batched: Rows yielded one by one may be joined into pages.
        allowance: What may still come out of the node.
    """

    def __init__(
        self,
        source: Iterator[TDataItem] | AsyncIterator[TDataItem],
        node: NodeT,
        at: int,
        meta: Meta = None,
        batched: bool = False,
        allowance: Allowance | None = None,
    ) -> None:
        self.node = node
        self.at = at
        self.meta = meta
        self._later = source if isinstance(source, AsyncIterator) else None
        self._now: Iterator[TDataItem] = iter(()) if isinstance(source, AsyncIterator) else source
        self.is_async = self._later is not None
        self.pooled = False
        self.busy = False
        self.batch = Joined()
        # the first row goes on at once: a resource that is slow, or has one row only, keeps nobody waiting
        self._size = 1
        # a limit in time is looked at before each pull, and a page could take longer than all of it
        self._batched = batched and not (allowance and allowance.has_time)
        self._carry: TDataItem = END
        self._allowance = allowance

    @property
    def waits(self) -> bool:
        """Tell whether nothing is to be pulled before something that is under way comes out."""
        return self._allowance is not None and self._allowance.is_waiting

    def pull(self) -> TDataItems:
        """Return the next page or item, END when there is none."""
        if self._allowance and self._allowance.is_used_up:
            self.close()
            return END
        began = time.monotonic()
        self.batch = Joined()
        item = next(self._now, END) if self._carry is END else self._carry
        self._carry = END
        kind, size = type(item), self._room()
        if kind in ROW_TYPES and size > 1:
            item = self._fill(item, kind, size)
        else:
            item = snapshot(item) if kind is dict else item
        self._adapt(began)
        return item

    def _fill(self, first: TDataItem, kind: type, size: int) -> list[TDataItem]:
        batch = self.batch
        # the program may go on to change the object it yielded, and yield it again
        batch.append(snapshot(first))
        # no look at the clock for each row: `_adapt` corrects the size afterwards
        for item in self._now:
            # a page holds rows of one kind; a list, a frame or a mark among them is an item of its own
            if type(item) is not kind:
                self._carry = item
                break
            batch.append(snapshot(item) if kind is dict else item)
            if len(batch) >= size:
                break
        return batch

    async def pull_async(self) -> TDataItems:
        """Do as `pull` for an asynchronous stream."""
        if self._allowance and self._allowance.is_used_up:
            # other iterators have nothing that ends them
            if inspect.isasyncgen(self._later):
                await self._later.aclose()
            return END
        began = time.monotonic()
        batch = self.batch = Joined()
        item = await self._next_async() if self._carry is END else self._carry
        self._carry = END
        kind, size = type(item), self._room()
        if kind in ROW_TYPES and size > 1:
            batch.append(snapshot(item))
            item = batch
            while len(batch) < size:
                following = await self._next_async()
                if type(following) is not kind:
                    self._carry = following
                    break
                batch.append(snapshot(following))
        else:
            item = snapshot(item) if kind is dict else item
        self._adapt(began)
        return item

    async def _next_async(self) -> TDataItem:
        if self._later is None:
            return END
        try:
            return await self._later.__anext__()
        except StopAsyncIteration:
            return END

    def _room(self) -> int:
        # as it was yielded, since a step that sees pages must not see others than the user made
        if not self._batched:
            return 1
        return self._allowance.room(self._size) if self._allowance else self._size

    def _adapt(self, began: float) -> None:
        slow = time.monotonic() - began > SLOW_BATCH
        self._size = max(1, self._size // 2) if slow else min(MAX_BATCH, self._size * 2)

    def close(self) -> None:
        """End the stream early."""
        # runs the `finally` of the user's generator now, and not when the collector comes by
        if inspect.isgenerator(self._now):
            self._now.close()
