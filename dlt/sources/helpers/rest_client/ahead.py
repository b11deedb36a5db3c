"""Requests for pages that are sent before the program asks for them; their answers come in order."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context

from requests import Request, Response

from dlt.sources.helpers.rest_client.paginators import (
    BasePaginator,
    OffsetPaginator,
    PageNumberPaginator,
    RangePaginator,
)

Send = Callable[[Request], Response]


class Ahead:
    """Send the next requests in threads.

    Args:
        send: Sends a request.
        count: How many may be under way.
    """

    def __init__(self, send: Send, count: int) -> None:
        self._send, self._count = send, count
        # it starts threads when there is something for them
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="dlt-pages")
        self._waiting: deque[Future[Response]] = deque()
        self._coming: Iterator[Request] = iter(())

    def answer(self, request: Request) -> Response:
        """Return the answer to a request, which may have been sent before.

        Args:
            request: The next one in order.
        """
        # nothing is known before the first answer, and many walks have one page
        return self._waiting.popleft().result() if self._waiting else self._send(request)

    def go_on(self, request: Request, paginator: BasePaginator) -> None:
        """Send the next request, and those behind it that can be known already.

        Args:
            request: The next one in order.
            paginator: What made it.
        """
        if not self._waiting:
            self._coming = _coming(request, paginator)
        while len(self._waiting) < self._count:
            following = next(self._coming, None)
            if following is None:
                return
            self._submit(following)

    def close(self) -> None:
        """Wait for nothing that is still under way."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _submit(self, request: Request) -> None:
        # what hooks and credentials look up depends on the pipeline at work
        self._waiting.append(self._pool.submit(copy_context().run, self._send, request))


def _coming(request: Request, paginator: BasePaginator) -> Iterator[Request]:
    """Yield the next request, and those that follow it whatever it brings."""
    yield _copy(request)
    # a subclass of a program may count in its own way
    if type(paginator) not in (RangePaginator, OffsetPaginator, PageNumberPaginator):
        return
    if isinstance(paginator, PageNumberPaginator) and paginator.base_is_guessed:
        return
    counting = copy.copy(paginator)
    assert isinstance(counting, RangePaginator)
    while counting.count_up():
        following = _copy(request)
        counting.update_request(following)
        yield following


def _copy(request: Request) -> Request:
    made = copy.copy(request)
    made.params, made.json, made.headers = copy.copy(request.params), copy.deepcopy(request.json), dict(request.headers)
    return made
