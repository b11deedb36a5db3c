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


class Stream(Generic[NodeT]):
    """A stream of one node of the pipe tree.

    Args:
        source: What is pulled.
        node: Node whose steps its items enter.
        at: Index of the first of these steps.
        meta: Mark of the item that the stream came from.
        batched: Rows yielded one by one may be joined into pages.
        limit: How much to take.
    """

    def __init__(
        self,
        source: Iterator[TDataItem] | AsyncIterator[TDataItem],
        node: NodeT,
        at: int,
        meta: Meta = None,
        batched: bool = False,
        limit: Limit | None = None,
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
        self._batched = batched and not (limit and limit.max_time is not None)
        self._carry: TDataItem = END
        self._limit = limit
        self._taken = 0
        self._deadline = time.monotonic() + limit.max_time if limit and limit.max_time is not None else None

    def pull(self) -> TDataItems:
        """Return the next page or item, END when there is none."""
        if self._limit_reached():
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
        return self._count(item)

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
        if self._limit_reached():
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
        return self._count(item)

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
        if self._limit and self._limit.max_items is not None:
            # rows that are pulled beyond the limit would be lost
            return min(self._size, self._limit.max_items - self._taken)
        return self._size

    def _adapt(self, began: float) -> None:
        slow = time.monotonic() - began > SLOW_BATCH
        self._size = max(1, self._size // 2) if slow else min(MAX_BATCH, self._size * 2)

    def _limit_reached(self) -> bool:
        if self._deadline is not None and time.monotonic() >= self._deadline:
            return True
        return bool(self._limit and self._limit.max_items is not None and self._taken >= self._limit.max_items)

    def _count(self, item: TDataItems) -> TDataItems:
        if self._limit and item is not END:
            whole = item is self.batch or self._limit.count_rows
            self._taken += count_rows(item) if whole else 1
        return item

    def close(self) -> None:
        """End the stream early."""
        # runs the `finally` of the user's generator now, and not when the collector comes by
        if inspect.isgenerator(self._now):
            self._now.close()
