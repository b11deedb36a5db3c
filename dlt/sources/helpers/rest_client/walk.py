"""The walk over the pages of one endpoint."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from requests import Request, Response
from requests.exceptions import JSONDecodeError

from dlt import user_log
from dlt.formats.snapshot import snapshot
from dlt.redact import redact
from dlt.sources.helpers.rest_client.ahead import Ahead
from dlt.sources.helpers.rest_client.decoding import Document, decoded_once, document_of
from dlt.sources.helpers.rest_client.exceptions import (
    IgnoreResponseException,
    PaginatorLoopError,
    PaginatorSetupError,
)
from dlt.sources.helpers.rest_client.paginators import (
    BaseReferencePaginator,
    JSONResponseCursorPaginator,
    OffsetPaginator,
    PageNumberPaginator,
    RangePaginator,
)
from dlt.sources.helpers.rest_client.paginators.base import first_value
from dlt.sources.helpers.rest_client.redaction import sanitize_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dlt.jsonpath import TJsonPath
    from dlt.sources.helpers.rest_client.paginators import BasePaginator


_SAME_PAGES = 10
"""So many pages with the same items in a row are one page that comes again and again."""


class PageData(list[Any]):
    """The items of one page.

    Args:
        items: The items.
        request: The request, as it asks for the next page.
        response: The answer.
        paginator: What knows the next page.
        auth: The credentials that were sent.
    """

    def __init__(
        self, items: Iterable[Any], request: Request, response: Response, paginator: BasePaginator, auth: Any
    ) -> None:
        super().__init__(items)
        self.request, self.response, self.paginator, self.auth = request, response, paginator, auth


class Reader(Protocol):
    """What reads answers: a client, whose methods a program may override."""

    def extract_response(self, response: Response, data_selector: TJsonPath) -> list[Any]:
        """Return the items of an answer."""

    def detect_data_selector(self, response: Response) -> str:
        """Return where the items of an answer are."""

    def detect_paginator(self, response: Response, data: Any) -> BasePaginator:
        """Return what knows the next page."""


class Walk:
    """Go from page to page.

    Args:
        reader: What reads answers.
        request: That for the first page.
        paginator: What knows the next page, found by the first answer when None; the walk works with a copy of its own.
        data_selector: Where the items are, found by the first answer when None.
        send: Sends a request.
        parallel: How many requests may be under way; more than one are sent before the program asks for their pages.
    """

    def __init__(
        self,
        reader: Reader,
        request: Request,
        paginator: BasePaginator | None,
        data_selector: TJsonPath | None,
        send: Callable[[Request], Response],
        parallel: int = 1,
    ) -> None:
        self._reader, self._request, self._send = reader, request, send
        self._paginator = _own(paginator)
        self._selector = data_selector
        self._seen: set[int] = set()
        self._first_items: list[Any] = []
        self._print_before: tuple[object, ...] = ()
        self._same_pages, self._is_guessed = 0, False
        self._parallel = parallel

    def pages(self) -> Iterator[PageData]:
        """Yield the pages.

        Raises:
            PaginatorLoopError: the server leads back to a page that was already there.
        """
        if self._paginator is not None:
            self._paginator.init_request(self._request)
        # the first one too: a server may lead back to where the walk began
        self._note_request([])
        if self._parallel == 1:
            yield from self._one_by_one(self._send, None)
            return
        ahead = Ahead(self._send, self._parallel)
        try:
            yield from self._one_by_one(ahead.answer, ahead)
        finally:
            ahead.close()

    def _one_by_one(self, send: Callable[[Request], Response], ahead: Ahead | None) -> Iterator[PageData]:
        goes_on, count = True, 0
        while goes_on:
            try:
                response = send(self._request)
            except IgnoreResponseException:
                return
            page, is_new = self._read(response)
            # also where the program changes it while it has the page
            goes_on = page.paginator.has_next_page
            if goes_on and ahead is not None:
                ahead.go_on(self._request, page.paginator)
            # the same page under another number is asked for and not handed out
            if is_new:
                count += len(page)
                yield page
        paginator = self._paginator
        if isinstance(paginator, PageNumberPaginator) and paginator.left_out():
            from_one = "If it counts from 1, set base_page=1. " if paginator.current_value == 0 else ""
            user_log.info(
                f"{sanitize_url(str(self._request.url))}: page {paginator.current_value} is empty and was the last, "
                f"and the server counts {paginator.left_out()} more at {paginator.total_path}. {from_one}If it counts "
                "something else there, set another total_path, or None; else stop_after_empty_page=False reads on."
            )
        if isinstance(paginator, OffsetPaginator) and paginator.left_out(count):
            # rows would be missing without a word
            user_log.info(
                f"{sanitize_url(str(self._request.url))}: {count} items were read, {paginator.left_out(count)} fewer "
                f"than the server counts. If it gives fewer than {paginator.limit} a page, set a lower limit."
            )

    def _read(self, response: Response) -> tuple[PageData, bool]:
        """Return the page of an answer, and whether it is one that was not there yet."""
        document = _document(response)
        with decoded_once(response, document):
            selector = self._selector
            if selector is None:
                selector = self._selector = self._reader.detect_data_selector(response)
            items = self._reader.extract_response(response, selector)
            paginator = self._paginator
            if paginator is None:
                paginator = self._paginator = self._reader.detect_paginator(response, items)
            is_new = self._check(paginator, items, document)
            paginator.update_state(response, items)
            if paginator.has_next_page:
                paginator.update_request(self._request)
                # numbers only grow, and paginators of programs may mean to ask in the same words until nothing comes
                if isinstance(paginator, BaseReferencePaginator):
                    self._note_request(items)
        return PageData(items, self._request, response, paginator, self._request.auth), is_new

    def _check(self, paginator: BasePaginator, items: list[Any], document: Document) -> bool:
        """Tell whether a page that was asked for by its number is one that was not there yet.

        Raises:
            PaginatorLoopError: the server answers with the same page again and again.
        """
        if not isinstance(paginator, RangePaginator):
            return True
        told = None
        if isinstance(paginator, PageNumberPaginator):
            told = first_value(paginator.told_path, document)
            if paginator.base_is_guessed and self._first_items:
                self._print_before = _fingerprint(items)
                return self._find_base(paginator, self._first_items, items, told)
            if paginator.base_is_guessed:
                # as they came: the program that gets the page may change its items, and children of `rest_api` do
                self._first_items = list(map(snapshot, items))
        if not self._is_guessed and not paginator.is_endless():
            return True
        before, self._print_before = self._print_before, _fingerprint(items)
        is_same = bool(items) and before == self._print_before
        self._same_pages = self._same_pages + 1 if is_same else 0
        if told is not None and str(told) == str(paginator.current_value):
            return True
        # a name that was guessed, and is not that of the parameter, brings the first page each time
        if self._same_pages >= (1 if self._is_guessed else _SAME_PAGES):
            raise self._again_and_again(paginator)
        return True

    def _find_base(self, paginator: PageNumberPaginator, before: list[Any], items: list[Any], told: Any) -> bool:
        """Find out by the second page with which number a server begins, and tell whether it is a new page."""
        paginator.base_is_guessed, self._is_guessed = False, True
        asked = paginator.current_value
        if str(told) == str(asked):
            return True
        if str(told) == str(asked + 1) and paginator.base_index == 1:
            # it tells numbers from 1 and takes them from 0: the one that was asked for is the third
            paginator.base_index, paginator.current_value = 0, asked - 2
            return False
        if items and _are_same(before, items):
            if len({repr(item) for item in before}) < len(before):
                raise PaginatorSetupError(
                    f"{sanitize_url(str(self._request.url))}: the items of a page are alike, so that nothing shows "
                    "whether the server's first page is 0 or 1. Give the client a PageNumberPaginator with base_page."
                )
            if asked != 1:
                raise self._again_and_again(paginator)
            # it takes numbers from 1, so this is its first one
            paginator.base_index = 1
            return False
        return True

    def _again_and_again(self, paginator: RangePaginator) -> PaginatorLoopError:
        place = "page_param" if isinstance(paginator, PageNumberPaginator) else "parameter"
        return PaginatorLoopError(
            f"{sanitize_url(str(self._request.url))}: the server answers with the same items again and again. What "
            f"holds the number is probably not called {paginator.param_name or paginator.param_body_path!r}: give the "
            f"client a {type(paginator).__name__} with the right {place}, or with what ends the walk."
        )

    def _note_request(self, items: list[Any]) -> None:
        """Raise if a request was sent before in the same words: it would be sent for ever."""
        request = self._request
        words = (request.url, repr(request.params), repr(request.json), repr(request.data), repr(request.headers))
        key = hash(words)
        paginator = self._paginator
        if isinstance(paginator, JSONResponseCursorPaginator) and (
            paginator.stop_after_empty_page or paginator.has_more_path
        ):
            # cursors of scrolls stay the same while the pages change; the same items again are no progress
            key = hash((key, repr(items)))
        if key in self._seen:
            parts = {"params": request.params, "json": request.json}
            asked = "; ".join(f"{name} {_shown(value)}" for name, value in parts.items() if value)
            raise PaginatorLoopError(
                f"{sanitize_url(str(request.url))}: the answer leads to a page that was already there, so that the "
                f"walk would never end. {type(paginator).__name__} asks for it with {asked or 'this URL'}. If the "
                "server repeats it after the last page, set stop_after_empty_page or has_more_path; else check where "
                "the paginator looks, and the parameter that it sets."
            )
        self._seen.add(key)


def _own(paginator: BasePaginator | None) -> BasePaginator | None:
    try:
        return copy.deepcopy(paginator)
    except TypeError:
        # one that holds a session, a lock or a connection
        return copy.copy(paginator)


def _document(response: Response) -> Document:
    try:
        return document_of(response)
    except JSONDecodeError as error:
        request = response.request
        kind = response.headers.get("Content-Type", "no type")
        raise JSONDecodeError(
            f"{request.method} {sanitize_url(str(request.url))} answered {response.status_code} with {kind} of "
            f"{len(response.content)} bytes, which is no JSON: {error.msg}",
            error.doc,
            error.pos,
        ) from None


def _fingerprint(items: list[Any]) -> tuple[object, ...]:
    """Return what differs between pages in all likelihood, and costs little to make of each."""
    return (len(items), repr(items[0]), repr(items[-1])) if items else ()


def _are_same(before: list[Any], after: list[Any]) -> bool:
    """Tell whether two pages are one: rows may have come to it in the meantime."""
    return before == after or sum(item in before for item in after) * 2 > len(after)


def _shown(value: object) -> str:
    text = redact(repr(value))
    return text if len(text) < 200 else f"{text[:200]}..."
