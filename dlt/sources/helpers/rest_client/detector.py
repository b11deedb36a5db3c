"""Where the items of an answer are, and how to get to the next page: found by the names that APIs use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonpath_ng import Child, Fields, JSONPath
from requests import Response

from dlt.sources.helpers.rest_client.paginators import (
    BasePaginator,
    HeaderLinkPaginator,
    JSONLinkPaginator,
    JSONResponseCursorPaginator,
    PageNumberPaginator,
    SinglePagePaginator,
)

RECORD_KEY_PATTERNS = frozenset(
    ["data", "rows", "entries", "items", "payload", "content", "values", "records", "entities", "objects", "results"]
)
NON_RECORD_KEY_PATTERNS = frozenset(["meta", "extras", "pagination", "headers", "metadata", "links"])
NEXT_PAGE_KEY_PATTERNS = frozenset(["next"])
NEXT_PAGE_DICT_KEY_PATTERNS = frozenset(["href", "url", "^uri$", "^link$"])
TOTAL_PAGES_KEYS = frozenset(["^total_pages$", "^pages$", "^totalpages$"])
_CURSOR_KEYS = (
    r"^next$|next.*(cursor|token|id|page|offset|marker|key|start|after|position|ref|link|uri|url|batch|scroll)"
)
_PAGE_KEYS = frozenset(["page", "currentpage", "current", "pagenumber", "pageno", "pageindex", "number", "index"])
_PAGE_PARAMS = frozenset(["page", "p", "pagenumber", "pageno", "pageindex", "currentpage"])
_TOTAL_KEYS = frozenset(
    ["count", *(f"total{what}" for what in ("", "count", "items", "results", "records", "elements", "rows", "hits"))]
)
_MORE_KEYS = frozenset(["hasmore", "more", "hasnext", "hasnextpage", "moreitemsincollection", "hasmoreitems"])
_LAST_KEYS = frozenset(["islast", "last", "lastpage", "islastpage", "done", "endofstream"])
_DEEPEST = 3
"""Further down are the items' own lists and links."""

Path = tuple[str, ...]
Detector = Callable[[Response], tuple[BasePaginator | None, float]]
Found = Any
"""A value of a document, whose shape is the server's."""


def single_entity_path(path: str) -> bool:
    """Tell whether a path ends in a placeholder, so that there is one thing and no list.

    Args:
        path: The path, such as `/users/{id}`.
    """
    last = PurePosixPath(urlsplit(path).path.rstrip("/") if "#" not in path else _before_fragment(path)).name
    return re.search(r"\{[\w-]+\}", last) is not None


def _before_fragment(path: str) -> str:
    # a path with a slash before its fragment names a folder
    before = path.partition("#")[0].partition("?")[0]
    return f"{before}-" if before.endswith("/") else before


def matches_any_pattern(key: str, patterns: Iterable[str]) -> bool:
    """Tell whether a key matches one of some patterns, in any case.

    Args:
        key: The key.
        patterns: Regular expressions.
    """
    lower = key.lower()
    return any(re.search(pattern, lower) for pattern in patterns)


def as_jsonpath(path: Path) -> JSONPath:
    """Return keys as a JSONPath.

    Args:
        path: The keys, the outermost first.
    """
    found: JSONPath = Fields(path[0])
    for key in path[1:]:
        found = Child(found, Fields(key))
    return found


def as_text(path: Path) -> str:
    """Return keys as the text of a JSONPath; those with other signs than letters are quoted.

    Args:
        path: The keys, the outermost first.
    """
    quoted = (key if re.fullmatch(r"[A-Za-z_]\w*", key) else f'"{key}"' if "'" in key else f"'{key}'" for key in path)
    return "$" if path == ("$",) else ".".join(quoted)


# -- items


def find_all_lists(
    dict_: Mapping[str, Found], path: Path = (), result: list[tuple[Path, list[Found]]] | None = None
) -> list[tuple[Path, list[Found]]]:
    """Return the lists of a document with their paths.

    Args:
        dict_: The document.
        path: Where it stands in a larger one.
        result: What was found there already; it grows.
    """
    found = [] if result is None else result
    for key, value in dict_.items():
        here = (*path, key)
        if isinstance(value, list):
            found.append((here, value))
        elif isinstance(value, dict) and len(here) < _DEEPEST:
            find_all_lists(value, here, found)
    return found


def find_response_page_data(response: Found) -> tuple[Path, Found]:
    """Return where the items of a document are, and the items; `$` is the document itself.

    Args:
        response: The document.
    """
    if not isinstance(response, dict):
        return ("$",), response
    lists = [
        (path, items)
        for path, items in find_all_lists(response)
        if not any(matches_any_pattern(key, NON_RECORD_KEY_PATTERNS) for key in path)
    ]
    if not lists:
        return _named_but_empty(response) or (("$",), response)

    def rank(found: tuple[Path, list[Found]]) -> tuple[int, int]:
        path, items = found
        key = path[-1].lower()
        named = 0 if key in RECORD_KEY_PATTERNS else 1 if matches_any_pattern(key, RECORD_KEY_PATTERNS) else 2
        # of lists with other names, one that holds objects
        return (named + (named == 2 and not _holds_objects(items)), len(path))

    # of equals the first one: servers write what matters first
    path, items = min(lists, key=rank)
    if rank((path, items))[0] > 2 and any(key.lower() in ("id", "uuid", "_id") for key in response):
        # one thing with lists of its own, such as tags
        return ("$",), response
    return path, items


def _holds_objects(items: list[Found]) -> bool:
    return bool(items) and isinstance(items[0], dict)


def _named_but_empty(document: Mapping[str, Found]) -> tuple[Path, list[Found]] | None:
    """Return a place for items that is null, where all the rest only describes the answer."""
    around = r"^(meta|links?|pag|next|prev|total|count|limit|offset|has|cursor|success|status|error|message|ok$|code)"
    empty = [key for key, value in document.items() if key.lower() in RECORD_KEY_PATTERNS and value is None]
    others = [key for key in document if key not in empty]
    return ((empty[0],), []) if len(empty) == 1 and all(re.match(around, key.lower()) for key in others) else None


# -- next pages


def _next_references(document: Found, path: Path = ()) -> Iterator[tuple[Path, Found]]:
    """Yield what may stand for the next page, the outermost first."""
    if not isinstance(document, dict) or len(path) >= _DEEPEST:
        return
    for key, value in document.items():
        if not matches_any_pattern(key, NEXT_PAGE_KEY_PATTERNS):
            continue
        if isinstance(value, dict):
            for inner, reference in value.items():
                if matches_any_pattern(inner, NEXT_PAGE_DICT_KEY_PATTERNS) and _is_reference(reference):
                    yield (*path, key, inner), reference
        elif _is_reference(value):
            yield (*path, key), value
    # an outer link is that of the page, an inner one may be that of an item
    for key, value in document.items():
        yield from _next_references(value, (*path, key))


def _is_reference(value: Found) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool) and value != ""


def find_next_page_path(response: Mapping[str, Found], path: Path = ()) -> tuple[Path | None, Found]:
    """Return where a document tells the next page, and what it tells; None twice where it tells nothing.

    Args:
        response: The document.
        path: Where it stands in a larger one.
    """
    return next(_next_references(response, path), (None, None))


def find_total_pages_path(response: Mapping[str, Found], path: Path = ()) -> tuple[Path | None, Found]:
    """Return where a document tells how many pages there are, and how many; None twice where it tells nothing.

    Args:
        response: The document.
        path: Where it stands in a larger one.
    """
    if not isinstance(response, dict) or len(path) >= _DEEPEST:
        return None, None
    for key, value in response.items():
        if matches_any_pattern(key, TOTAL_PAGES_KEYS) and _whole(value) is not None:
            return (*path, key), value
    inner = (find_total_pages_path(value, (*path, key)) for key, value in response.items())
    return next((found for found in inner if found[0] is not None), (None, None))


def find_total_items(response: Found) -> int | None:
    """Return how many items there are in all, as far as a document tells it.

    Args:
        response: The document.
    """
    totals = (_whole(value) for _, name, value in _fields(response) if name in _TOTAL_KEYS)
    return next((total for total in totals if total is not None), None)


def find_more(response: Found) -> str | None:
    """Return the key with which a document says that there are more items than it has, None where none says so.

    Args:
        response: The document.
    """
    for key, name, value in _fields(response):
        if (value is True and name in _MORE_KEYS) or (value is False and name in _LAST_KEYS):
            return key
    return None


def _fields(response: Found, depth: int = 0) -> Iterator[tuple[str, str, Found]]:
    """Yield keys of a document, as they are and without signs, with their values; then those of documents in it."""
    if not isinstance(response, dict) or depth == _DEEPEST - 1:
        return
    for key, value in response.items():
        yield str(key), re.sub(r"[_\s-]", "", key.lower()), value
    for value in response.values():
        yield from _fields(value, depth + 1)


def _whole(value: Found) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    return int(value) if re.fullmatch(r"\d{1,9}", str(value)) else None


def _looks_like_url(value: Found) -> bool:
    return isinstance(value, str) and re.match(r"(https?://|/|\?)", value) is not None


def header_links_detector(response: Response) -> tuple[HeaderLinkPaginator | None, float]:
    """Find a next page in the header `Link`."""
    return (HeaderLinkPaginator(), 1.0) if response.links.get("next") else (None, 0.0)


def json_links_detector(response: Response) -> tuple[JSONLinkPaginator | None, float]:
    """Find a URL of the next page in the document."""
    for path, reference in _next_references(response.json()):
        if _looks_like_url(reference):
            return JSONLinkPaginator(as_jsonpath(path)), 1.0
    return None, 0.0


def cursor_paginator_detector(response: Response) -> tuple[JSONResponseCursorPaginator | None, float]:
    """Find a cursor of the next page in the document."""
    for path, reference in _next_references(response.json()):
        key = path[-1].lower()
        if not _looks_like_url(reference) and re.search(_CURSOR_KEYS, key):
            return JSONResponseCursorPaginator(as_jsonpath(path), _cursor_param(path[-1], reference)), 0.5
    return None, 0.0


def _cursor_param(key: str, reference: Found) -> str:
    """Return the parameter that takes what a key tells: `pageToken` for `nextPageToken`, `page` for `next_page`."""
    stripped = re.sub(r"^next[_-]?", "", key, flags=re.IGNORECASE)
    if stripped.lower().endswith("token") or (stripped.lower() == "page" and _whole(reference) is not None):
        return stripped[:1].lower() + stripped[1:]
    return "cursor"


def pages_number_paginator_detector(response: Response) -> tuple[PageNumberPaginator | None, float]:
    """Find how many pages there are, and with which number the server begins to count."""
    document = response.json()
    path, _ = find_total_pages_path(document)
    if path is None:
        return None, 0.0
    told_path, told = _told_page(document, path)
    param, asked = _asked_page(response)
    if asked is None:
        # the server begins with what it calls its first page; where it does not say so, the second page shows it
        base, current = (told, told) if told in (0, 1) else (1, told) if told else (0, 0)
    else:
        base, current = (0 if asked == 0 or (told is not None and told == asked + 1) else 1), asked
    # asked for by its number, the page says nothing about where the server begins; an empty last page does no harm
    paginator = PageNumberPaginator(base or 0, current, param, as_jsonpath(path))
    paginator.base_is_guessed = asked is None
    paginator.told_path = None if told_path is None else as_jsonpath(told_path)
    return paginator, 0.5


def _told_page(document: Found, path: Path) -> tuple[Path | None, int | None]:
    """Return where an answer says which number its page has, and the number: beside that of all pages or at the top."""
    around = document
    for key in path[:-1]:
        around = around[key]
    for prefix, place in ((path[:-1], around), ((), document)):
        for key, value in place.items():
            if re.sub(r"[_\s-]", "", key.lower()) in _PAGE_KEYS and _whole(value) is not None:
                return (*prefix, key), _whole(value)
    return None, None


def _asked_page(response: Response) -> tuple[str, int | None]:
    """Return the parameter with which a page was asked for, and its number, if it was."""
    request = vars(response).get("request")
    for name, value in parse_qsl(urlsplit(str(request.url)).query) if request else ():
        if re.sub(r"[_\s-]", "", name.lower()) in _PAGE_PARAMS and _whole(value) is not None:
            return name, _whole(value)
    return "page", None


def single_page_detector(_response: Response) -> tuple[SinglePagePaginator, float]:
    """Find nothing: there is one page."""
    return SinglePagePaginator(), 0.0


class PaginatorFactory:
    """Find the paginator of an API by one of its answers.

    Args:
        detectors: What looks for one, in order; the usual ones when None. Each returns a paginator or None, and how
            sure it is, from 0 to 1.
    """

    def __init__(self, detectors: list[Detector] | None = None) -> None:
        self.detectors: list[Detector] = detectors or [
            header_links_detector,
            json_links_detector,
            pages_number_paginator_detector,
            cursor_paginator_detector,
            single_page_detector,
        ]

    def create_paginator(self, response: Response) -> tuple[BasePaginator | None, float]:
        """Return a paginator, and how sure it is; None where no detector found one.

        Args:
            response: The answer.
        """
        for detector in self.detectors:
            paginator, score = detector(response)
            if paginator is not None:
                return paginator, score
        return None, 0.0
