"""Work beside the main thread: one thread pool and one event loop, with a bound on what is under way."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import TYPE_CHECKING, Generic, TypeVar

from dlt.types import TDataItem

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor


Tag = TypeVar("Tag")
"""What tells whose work it was."""


class WorkPool(Generic[Tag]):
    """Run calls in threads and coroutines in one event loop; finished work waits in a queue.

    Args:
        workers: Number of threads.
        max_in_flight: Number of submitted pieces of work after which the pool is full.
    """

    def __init__(self, workers: int, max_in_flight: int) -> None:
        self.workers = max(1, workers)
        self.max_in_flight = max(1, max_in_flight)
        self.in_flight = 0
        self._done: queue.SimpleQueue[tuple[Tag, Future[TDataItem]]] = queue.SimpleQueue()
        self._threads: ThreadPoolExecutor | None = None
        self._loop: _Loop | None = None

    @property
    def full(self) -> bool:
        """Return True when no more work should be submitted."""
        return self.in_flight >= self.max_in_flight

    def submit(self, tag: Tag, call: Callable[..., TDataItem], *args: object) -> None:
        """Run a call in a thread, in a copy of the caller's context; `tag` comes back with its result."""
        if self._threads is None:
            from concurrent.futures import ThreadPoolExecutor

            self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="dlt-extract")
        # threads of a pool inherit no context, and dlt.current and the active pipeline are found by it
        self._watch(tag, self._threads.submit(copy_context().run, call, *args))

    def submit_async(self, tag: Tag, work: Coroutine[None, None, TDataItem]) -> None:
        """Run a coroutine in the event loop, in a copy of the caller's context."""
        import asyncio

        if self._loop is None:
            self._loop = _Loop()
        self._watch(tag, asyncio.run_coroutine_threadsafe(work, self._loop.loop))

    def _watch(self, tag: Tag, future: Future[TDataItem]) -> None:
        self.in_flight += 1
        # a queue, so that whoever waits gets what is finished first, whatever was begun first
        future.add_done_callback(lambda done: self._done.put((tag, done)))

    def finished(self, block: bool) -> tuple[Tag, Future[TDataItem]] | None:
        """Return the tag and future of one finished piece of work, or None.

        Args:
            block: Wait for one; only when something is in flight.
        """
        if not self.in_flight:
            return None
        try:
            found = self._done.get(block)
        except queue.Empty:
            return None
        self.in_flight -= 1
        return found

    def close(self) -> None:
        """Cancel what has not begun, wait for what has, and end the threads."""
        if self._loop is not None:
            self._loop.close()
            self._loop = None
        if self._threads is not None:
            # what runs may hold files and connections of the user: it is waited for
            self._threads.shutdown(wait=True, cancel_futures=True)
            self._threads = None


class _Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        # 20 ms, which most pipelines need not pay
        import asyncio

        self._asyncio = asyncio
        self.loop = asyncio.new_event_loop()
        # a daemon: a program that ends without close() would hang, since the loop runs for ever
        self._thread = threading.Thread(target=self._serve, name="dlt-extract-async", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        self._asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    async def _cancel_all(self) -> None:
        tasks = [task for task in self._asyncio.all_tasks() if task is not self._asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await self._asyncio.gather(*tasks, return_exceptions=True)
        # asynchronous generators that nobody read to their end run their `finally` here
        await self.loop.shutdown_asyncgens()

    def close(self) -> None:
        # while the loop still runs: the `finally` of what is cancelled may await
        self._asyncio.run_coroutine_threadsafe(self._cancel_all(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()
