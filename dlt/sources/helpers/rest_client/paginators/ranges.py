"""Paginators that count: page numbers and offsets."""

from __future__ import annotations

import re
from typing import Any

from jsonpath_ng import JSONPath
from requests import Request, Response

from dlt.jsonpath import TJsonPath
from dlt.sources.helpers.rest_client.paginators.base import (
    BasePaginator,
    as_flag,
    compiled,
    first_value,
    set_in_body,
    set_param,
)

_COUNTS_PAGES = re.compile(r"(total|num|numberof|max)pages?|pages|lastpage|(total)?page(s)?(count|total)")
"""Names, as small letters only, of what counts pages and certainly not items."""


class RangePaginator(BasePaginator):
    """Count up a number in the request, until the server or a limit says that this was all.

    Args:
        param_name: Parameter of the URL that holds the number.
        initial_value: The first number.
        value_step: What is added for each page.
        base_index: The number with which the server begins to count.
        maximum_value: The number that is not asked for any more.
        total_path: Where an answer tells how many there are in all. What it does not tell is unknown, and an answer
            that told it once need not tell it again.
        error_message_items: What is counted, for messages.
        stop_after_empty_page: End after a page without items.
        has_more_path: Where an answer tells whether there is more.
        param_body_path: Where in the JSON of the body the number stands, in place of a parameter of the URL.

    Raises:
        ValueError: there is no place for the number or there are two, or nothing would ever end the walk.
    """

    # of the class, for paginators of programs whose constructor does not call this one
    _total: int | None = None

    def __init__(
        self,
        param_name: str | None,
        initial_value: int,
        value_step: int,
        base_index: int = 0,
        maximum_value: int | None = None,
        total_path: TJsonPath | None = None,
        error_message_items: str = "items",
        stop_after_empty_page: bool | None = True,
        *,
        has_more_path: TJsonPath | None = None,
        param_body_path: str | None = None,
    ) -> None:
        super().__init__()
        _one_of("param_name", param_name, "param_body_path", param_body_path)
        self.param_name, self.param_body_path = param_name, param_body_path
        self.initial_value = self.current_value = initial_value
        self.value_step, self.base_index, self.maximum_value = value_step, base_index, maximum_value
        self.total_path = compiled("total_path", total_path)
        self.has_more_path = compiled("has_more_path", has_more_path)
        self.error_message_items = error_message_items
        self.stop_after_empty_page = stop_after_empty_page

    def init_request(self, request: Request) -> None:
        """Begin with the first number.

        Raises:
            ValueError: the step is not above zero, so that the walk would stay where it is.
        """
        if self.value_step < 1:
            raise ValueError(f"{type(self).__name__}: a page has {self.value_step} items. Set a limit above zero.")
        self._has_next_page, self._total = True, None
        self.current_value = self.initial_value
        self.update_request(request)

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Count up, and note whether that is still a page."""
        if self._stop_after_this_page(data):
            self._has_next_page = False
            return
        # also where has_more ends it: a total of the first page is known on the others
        self._read_total(response)
        has_more = self._read_has_more(response)
        self.current_value += self.value_step
        if has_more is False or self._is_over():
            self._has_next_page = False

    def count_up(self) -> bool:
        """Go to the next number without an answer, and tell whether it is known that there is such a page."""
        self.current_value += self.value_step
        return self._total is not None and not self._is_over()

    def is_endless(self) -> bool:
        """Tell whether only the server's answers can end the walk, and none has said when."""
        return self._total is None and self.maximum_value is None

    def _is_over(self) -> bool:
        if self._total is not None and self.current_value >= self._total + self.base_index:
            return True
        return self.maximum_value is not None and self.current_value >= self.maximum_value

    def update_request(self, request: Request) -> None:
        """Put the number where the server looks for it."""
        if self.param_body_path:
            self._update_request_with_body_path(request, self.param_body_path, self.current_value)
        else:
            self._update_request_with_param_name(request, self.param_name or "", self.current_value)

    def _stop_after_this_page(self, data: list[Any] | None = None) -> bool:
        return bool(self.stop_after_empty_page and not data)

    def _read_total(self, response: Response) -> None:
        if not self.total_path:
            return
        document = response.json()
        found = first_value(self.total_path, document)
        if found is None:
            if self._total is None:
                self._handle_missing_total(document)
            return
        try:
            self._total = int(found)
        except (TypeError, ValueError):
            self._handle_invalid_total(found)

    def _read_has_more(self, response: Response) -> bool | None:
        if not self.has_more_path:
            return None
        document = response.json()
        found = first_value(self.has_more_path, document)
        if found is None:
            self._handle_missing_has_more(document)
            return None
        try:
            return as_flag(found)
        except ValueError:
            self._handle_invalid_has_more(found)
            return None

    def _handle_missing_total(self, response_json: Any) -> None:
        """Raise where nothing else would end the walk; programs override it."""
        if self.stop_after_empty_page or self.maximum_value is not None or self.has_more_path:
            return
        raise ValueError(
            f"{type(self).__name__}: the answer does not tell the total of {self.error_message_items} at "
            f"{self.total_path}, and nothing else would end the walk. It has {_keys(response_json)}. Set another "
            "total_path, or stop_after_empty_page=True."
        )

    def _handle_invalid_total(self, total: Any) -> None:
        raise ValueError(
            f"{type(self).__name__}: {self.total_path} is {total!r} in the answer, and no number. Set another "
            "total_path, or None if the server tells no total."
        )

    def _handle_missing_has_more(self, response_json: Any) -> None:
        raise ValueError(
            f"{type(self).__name__}: Has more value not found in the response at {self.has_more_path}, which has "
            f"{_keys(response_json)}. Set another has_more_path, or None."
        )

    def _handle_invalid_has_more(self, has_more: Any) -> None:
        raise ValueError(
            f"{type(self).__name__}: {self.has_more_path} is {has_more!r} in the answer, and neither true nor false."
        )

    @staticmethod
    def _update_request_with_param_name(request: Request, param_name: str, current_value: int) -> None:
        if not param_name:
            raise ValueError("param_name must not be empty: it is the parameter of the URL that holds the number.")
        set_param(request, param_name, current_value)

    @staticmethod
    def _update_request_with_body_path(request: Request, body_path: str, current_value: int) -> None:
        if not body_path:
            raise ValueError("body_path must not be empty: it is where the number stands in the JSON of the body.")
        set_in_body(request, body_path, current_value)

    def _shown(self) -> dict[str, object]:
        return {
            "current value": self.current_value,
            "param": self.param_name or self.param_body_path,
            "total_path": self.total_path,
            "maximum_value": self.maximum_value,
            "has_more_path": self.has_more_path,
        }


class PageNumberPaginator(RangePaginator):
    """Ask for pages by their number.

    Args:
        base_page: The number of the server's first page: 0 or 1.
        page: The first page that is asked for; the server's first when None.
        page_param: Parameter of the URL for the number; `page` when None.
        total_path: Where an answer tells how many pages there are.
        maximum_page: The number that is not asked for any more.
        stop_after_empty_page: End after a page without items.
        has_more_path: Where an answer tells whether there is more.
        page_body_path: Where in the JSON of the body the number stands, in place of a parameter of the URL.

    Raises:
        ValueError: there are two places for the number, or nothing would ever end the walk.
    """

    base_is_guessed = False
    """Only the second answer shows with which number the server begins to count."""
    told_path: JSONPath | None = None
    """Where an answer tells its own number, as far as that is known."""
    _items = 0
    """How many items there were until now."""

    def __init__(
        self,
        base_page: int = 0,
        page: int | None = None,
        page_param: str | None = None,
        total_path: TJsonPath | None = "total",
        maximum_page: int | None = None,
        stop_after_empty_page: bool | None = True,
        *,
        has_more_path: TJsonPath | None = None,
        page_body_path: str | None = None,
    ) -> None:
        page_param = _or_default("page_param", page_param, "page_body_path", page_body_path, "page")
        _must_end("maximum_page", total_path, maximum_page, has_more_path, stop_after_empty_page)
        super().__init__(
            param_name=page_param,
            initial_value=_whole("base_page", base_page) if page is None else _whole("page", page),
            value_step=1,
            base_index=_whole("base_page", base_page),
            maximum_value=None if maximum_page is None else _whole("maximum_page", maximum_page),
            total_path=total_path,
            error_message_items="pages",
            stop_after_empty_page=stop_after_empty_page,
            has_more_path=has_more_path,
            param_body_path=page_body_path,
        )

    def init_request(self, request: Request) -> None:
        """Begin with the first number."""
        self._items = 0
        super().init_request(request)

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Count up, and note whether that is still a page."""
        self._items += len(data or ())
        if not data and self._total is None and self._counts_pages():
            # those behind it are there all the same, as far as the answer says how many
            self._note_pages(response)
        super().update_state(response, data)

    def _note_pages(self, response: Response) -> None:
        found = first_value(self.total_path, response.json())
        if isinstance(found, (int, str)) and re.fullmatch(r"\d+", str(found)):
            self._total = int(found)

    def _stop_after_this_page(self, data: list[Any] | None = None) -> bool:
        if not super()._stop_after_this_page(data):
            return False
        # a server that counts from 1 has no page 0, and pages that were counted from there would be one too few
        if self.current_value == 0:
            return True
        # a page in the middle may be empty, where what is counted are certainly pages
        return not (self._counts_pages() and self.left_out())

    def left_out(self) -> int:
        """Return how many pages behind this one the server counts, though the walk ends with it."""
        if self._total is None or self.maximum_value is not None or self.has_more_path:
            return 0
        # under a name such as `total` many servers count items
        if self._items == self._total and not self._counts_pages():
            return 0
        return max(self._total + self.base_index - 1 - self.current_value, 0)

    def _counts_pages(self) -> bool:
        name = re.sub(r"[^a-z]", "", str(self.total_path).rpartition(".")[2].lower())
        return _COUNTS_PAGES.fullmatch(name) is not None


class OffsetPaginator(RangePaginator):
    """Ask for a number of items from an offset on.

    Args:
        limit: How many items a page has at most.
        offset: The first offset.
        offset_param: Parameter of the URL for the offset; `offset` when None.
        limit_param: Parameter of the URL for the limit; `limit` when None.
        total_path: Where an answer tells how many items there are in all.
        maximum_offset: The offset that is not asked for any more.
        stop_after_empty_page: End after a page without items.
        has_more_path: Where an answer tells whether there is more.
        offset_body_path: Where in the JSON of the body the offset stands, in place of a parameter of the URL.
        limit_body_path: The same for the limit.

    Raises:
        ValueError: there are two places for a number, or nothing would ever end the walk.
    """

    def __init__(
        self,
        limit: int,
        offset: int = 0,
        offset_param: str | None = None,
        limit_param: str | None = None,
        total_path: TJsonPath | None = "total",
        maximum_offset: int | None = None,
        stop_after_empty_page: bool | None = True,
        *,
        has_more_path: TJsonPath | None = None,
        offset_body_path: str | None = None,
        limit_body_path: str | None = None,
    ) -> None:
        offset_param = _or_default("offset_param", offset_param, "offset_body_path", offset_body_path, "offset")
        limit_param = _or_default("limit_param", limit_param, "limit_body_path", limit_body_path, "limit")
        _must_end("maximum_offset", total_path, maximum_offset, has_more_path, stop_after_empty_page)
        super().__init__(
            param_name=offset_param,
            initial_value=_whole("offset", offset),
            value_step=_whole("limit", limit),
            maximum_value=None if maximum_offset is None else _whole("maximum_offset", maximum_offset),
            total_path=total_path,
            stop_after_empty_page=stop_after_empty_page,
            has_more_path=has_more_path,
            param_body_path=offset_body_path,
        )
        self.limit_param, self.limit_body_path, self.limit = limit_param, limit_body_path, self.value_step

    def update_request(self, request: Request) -> None:
        """Put offset and limit where the server looks for them."""
        super().update_request(request)
        self._update_request_limit(request)

    def left_out(self, count: int) -> int:
        """Return how many items a walk that is over did not bring, though the server counts them.

        Args:
            count: How many it brought.
        """
        if self._total is None or (self.maximum_value is not None and self.current_value >= self.maximum_value):
            return 0
        return max(self._total - self.initial_value - count, 0)

    def _update_request_limit(self, request: Request) -> None:
        if self.limit_body_path:
            set_in_body(request, self.limit_body_path, self.limit)
        elif self.limit_param:
            set_param(request, self.limit_param, self.limit)

    def _shown(self) -> dict[str, object]:
        return {**super()._shown(), "limit": self.limit}


def _keys(document: object) -> str:
    """Return what a document has at its top, for messages; not its values, which are data."""
    if isinstance(document, dict):
        return f"the keys {sorted(map(str, document))}"
    return f"a {type(document).__name__} at its top"


def _whole(name: str, value: object) -> int:
    # configurations that come from files have texts
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d+\s*", value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name}: found {value!r}, expected a whole number.")
    return value


def _or_default(param: str, name: str | None, body: str, path: str | None, default: str) -> str | None:
    """Return the parameter of the URL, which has a usual name where neither place is given."""
    if name is None and path is None:
        return default
    _one_of(param, name, body, path)
    return name


def _one_of(param: str, name: str | None, body: str, path: str | None) -> None:
    if bool(name) == bool(path):
        raise ValueError(
            f"Either '{param}' or '{body}' must be provided, not both: found {param}={name!r}, {body}={path!r}."
        )


def _must_end(maximum: str, *ends: object) -> None:
    total_path, maximum_value, has_more_path, stop_after_empty_page = ends
    if not (total_path or maximum_value is not None or has_more_path or stop_after_empty_page):
        raise ValueError(
            f"One of `total_path`, `{maximum}`, `has_more_path`, or `stop_after_empty_page` must be provided: nothing "
            "else would end the walk over pages."
        )
