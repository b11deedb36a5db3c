"""Where items are, and how to get to the next page, by the names that APIs use."""

from __future__ import annotations

import json
from typing import Any

import pytest
from requests import Request, Response

from dlt.jsonpath import find_values
from dlt.sources.helpers.rest_client.detector import (
    PaginatorFactory,
    as_text,
    find_next_page_path,
    find_response_page_data,
    find_total_pages_path,
    single_entity_path,
)
from dlt.sources.helpers.rest_client.paginators import (
    HeaderLinkPaginator,
    JSONLinkPaginator,
    JSONResponseCursorPaginator,
    PageNumberPaginator,
    SinglePagePaginator,
)
from dlt.sources.helpers.rest_client.redaction import sanitize_url
from dlt.sources.helpers.rest_client.utils import join_url


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([{"id": 1}], "$"),
        ("text", "$"),
        ({"id": 1}, "$"),
        ({"id": 1, "tags": ["a"], "links": [{"href": "/x"}]}, "$"),
        ({"data": [{"id": 1}], "meta": {"errors": [1, 2]}}, "data"),
        ({"errors": [], "results": [{"id": 1}]}, "results"),
        ({"included": [{"id": 1}], "data": []}, "data"),
        ({"ids": [1], "people": [{"id": 1}]}, "people"),
        ({"@odata.context": "x", "value": [{"id": 1}]}, "value"),
        ({"response": {"docs": [{"id": 1}]}}, "response.docs"),
        ({"_embedded": {"items": [{"id": 1}]}, "_links": {"self": []}}, "_embedded.items"),
        ({"search results": [{"id": 1}]}, "'search results'"),
        ({"what's new": [{"id": 1}]}, '"what\'s new"'),
        ({"a": {"b": {"c": {"items": [1]}}}}, "$"),
        ({"data": None, "next": None, "total": 0}, "data"),
        ({"content": None, "title": "one thing"}, "$"),
    ],
)
def test_where_items_are_found(document: Any, path: str) -> None:
    """Lists that APIs call data, items and the like first; what describes the answer is none."""
    found, items = find_response_page_data(document)
    assert as_text(found) == path
    if path != "$":
        assert (find_values(path, document)[0] or []) == items


def answer(document: Any, url: str = "http://api.example/x", link: str = "") -> Response:
    """Return an answer."""
    found = Response()
    found.status_code, found._content, found.url = 200, json.dumps(document).encode(), url
    found.headers["Link"] = link
    found.request = Request("GET", url).prepare()
    return found


ITEM = [{"id": 1}]


@pytest.mark.parametrize(
    ("document", "kind", "shown"),
    [
        ({"items": ITEM, "next": "http://api.example/x?p=2"}, JSONLinkPaginator, "next"),
        ({"items": ITEM, "links": {"next": {"href": "/x?p=2"}}}, JSONLinkPaginator, "links.next.href"),
        ({"items": ITEM, "paging": {"next": {"after": "9", "link": "/x?a=9"}}}, JSONLinkPaginator, "paging.next.link"),
        ({"data": ITEM, "next_page": {"offset": "e9", "uri": "/x?offset=e9"}}, JSONLinkPaginator, "next_page.uri"),
        ({"items": ITEM, "next_cursor": "abc", "next": "/x?p=2"}, JSONLinkPaginator, "next"),
        ({"value": ITEM, "@odata.nextLink": "https://api.example/x?$skip=2"}, JSONLinkPaginator, "'@odata.nextLink'"),
        ({"items": ITEM, "next_cursor": "abc"}, JSONResponseCursorPaginator, "next_cursor to cursor"),
        ({"items": ITEM, "next_page_token": "a"}, JSONResponseCursorPaginator, "next_page_token to page_token"),
        ({"items": ITEM, "nextPageToken": "abc"}, JSONResponseCursorPaginator, "nextPageToken to pageToken"),
        ({"items": ITEM, "next_page": 2}, JSONResponseCursorPaginator, "next_page to page"),
        ({"items": ITEM, "next_page": 2, "total_pages": 7}, PageNumberPaginator, "total_pages"),
        ({"items": ITEM, "paging": {"pages": "7"}}, PageNumberPaginator, "paging.pages"),
        ({"items": ITEM, "pages": [1, 2]}, SinglePagePaginator, ""),
        ({"items": ITEM, "has_next": True, "next": None}, SinglePagePaginator, ""),
        ({"items": ITEM, "next_meeting": "tomorrow"}, SinglePagePaginator, ""),
        ([{"next": "/x"}], SinglePagePaginator, ""),
    ],
)  # fmt: skip
def test_which_paginator_is_found(document: Any, kind: type, shown: str) -> None:
    """A link counts more than a cursor, and a number of pages more than a cursor; flags and plain words are neither."""
    found, score = PaginatorFactory().create_paginator(answer(document))
    assert type(found) is kind and (score > 0) == (kind is not SinglePagePaginator)
    if isinstance(found, JSONLinkPaginator):
        assert str(found.next_url_path).replace("'", "") == shown.replace("'", "")
    elif isinstance(found, JSONResponseCursorPaginator):
        assert f"{found.cursor_path} to {found.cursor_param}" == shown
    elif isinstance(found, PageNumberPaginator):
        assert str(found.total_path) == shown


def test_a_link_in_the_headers_counts_most() -> None:
    """It is a standard, and names are guesses."""
    found, _ = PaginatorFactory().create_paginator(answer({"next": "/y", "items": ITEM}, link='</x?p=2>; rel="next"'))
    assert type(found) is HeaderLinkPaginator


@pytest.mark.parametrize(
    ("document", "query", "expected"),
    [
        ({"page": 1, "pages": 3}, "", (1, 1, "page")),
        ({"page": 0, "pages": 3}, "", (0, 0, "page")),
        ({"current_page": "1", "pages": 3}, "", (1, 1, "page")),
        ({"pages": 3}, "", (0, 0, "page")),
        ({"pages": 3}, "?page=1", (1, 1, "page")),
        ({"pages": 3, "page": 2}, "?page_number=2", (1, 2, "page_number")),
        ({"pages": 3, "page": 3}, "?p=2", (0, 2, "p")),
        ({"pages": 3}, "?pageIndex=0", (0, 0, "pageIndex")),
        ({"meta": {"totalPages": 3, "number": 0}}, "?size=5", (0, 0, "page")),
        ({"pages": 9, "page": 4}, "", (1, 4, "page")),
    ],
)
def test_with_which_number_a_server_begins(document: Any, query: str, expected: tuple[int, int, str]) -> None:
    """By the number that it tells, and by the one that was asked for."""
    found, _ = PaginatorFactory().create_paginator(answer({"items": ITEM, **document}, f"http://api.example/x{query}"))
    assert isinstance(found, PageNumberPaginator)
    assert (found.base_index, found.current_value, found.param_name) == expected


def test_paths_of_single_things() -> None:
    """What is not there is None; the outermost counts."""
    assert find_next_page_path({"a": 1}) == (None, None) and find_total_pages_path({"a": {}}) == (None, None)
    assert find_next_page_path({"a": {"next": "x"}, "next_id": 7}) == (("next_id",), 7)
    assert find_total_pages_path({"a": {"pages": 2}, "total_pages": 3}) == (("total_pages",), 3)
    for path in ("/users/{id}", "{id}", "/users/{user-id}/", "/x/{id}.json?a=1"):
        assert single_entity_path(path), path
    for path in ("/users", "/users/{id}/posts", "/", "/users/{}", "/users/{a b}"):
        assert not single_entity_path(path), path


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/x?api_key=s&page=1", "https://a.example/x?api_key=***&page=1"),
        ("https://a.example/x?API-Key=&Token=b#part", "https://a.example/x?API-Key=***&Token=***#part"),
        ("https://u:p@a.example/x?a=1;password=x", "https://***@a.example/x?a=1;password=***"),
        ("https://a.example/x?access%5Ftoken=s", "https://a.example/x?access%5Ftoken=***"),
        ("https://a.example/x?client_id=c&username=u", "https://a.example/x?client_id=***&username=***"),
        ("https://a.example/x?page=1&sort=", "https://a.example/x?page=1&sort="),
        ("/x", "/x"),
    ],
)
def test_urls_are_shown_without_secrets(url: str, shown: str) -> None:
    """Passwords and secret parameters, in whatever form they are written."""
    assert sanitize_url(url) == shown


def test_urls_are_joined_with_one_slash() -> None:
    """Nothing below a base leaves it as it is."""
    assert join_url("http://a/", "/b") == join_url("http://a", "b") == join_url("http://a//", "//b") == "http://a/b"
    assert (
        join_url("http://a/", "") == "http://a/"
        and join_url("", "b") == "b"
        and join_url("http://a", "/") == "http://a/"
    )
    with pytest.raises(ValueError, match="base_url is None"):
        join_url(None, "b")  # type: ignore[arg-type]
