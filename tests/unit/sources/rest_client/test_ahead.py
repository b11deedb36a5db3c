"""Several requests of one walk under way: the same pages in the same order, and no more than that."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from dlt.sources.helpers import requests
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import (
    JSONLinkPaginator,
    JSONResponseCursorPaginator,
    OffsetPaginator,
    PageNumberPaginator,
)
from tests.servers.rest import Asked, Reply, RestServer, linked, numbered, offset

ITEMS = [{"id": number} for number in range(57)]
ALL = list(range(57))


def ids(pages: Any) -> list[int]:
    """Return the ids of all items."""
    return [item["id"] for page in pages for item in page]


@pytest.mark.parametrize("parallel", [1, 2, 5, 50])
@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize("auto", [True, False])
def test_pages_by_number(rest: RestServer, parallel: int, base: int, auto: bool) -> None:
    """None twice, none lost, none asked for behind the end."""
    rest.on("/x", numbered(ITEMS, 5, base, total_pages=lambda _page, total: total))
    client = RESTClient(rest.url, parallel_pages=parallel)
    paginator = None if auto else PageNumberPaginator(base_page=base, total_path="total_pages")
    assert ids(client.paginate("/x", paginator=paginator)) == ALL
    assert len(rest.seen) == (13 if auto and base == 1 else 12)


@pytest.mark.parametrize("told", [lambda _start: 57, lambda start: 57 if start == 0 else None, None])
@pytest.mark.parametrize("body", [True, False])
def test_pages_by_offset(rest: RestServer, told: Any, body: bool) -> None:
    """With a total on each page, on the first one, and without one."""
    rest.on("/x", offset(ITEMS, told))
    client = RESTClient(rest.url, parallel_pages=4)
    if body:
        inside = OffsetPaginator(limit=10, offset_body_path="offset", limit_body_path="limit")
        assert ids(client.paginate("/x", method="POST", json={"q": 1}, paginator=inside)) == ALL
        assert all(asked.json["q"] == 1 for asked in rest.seen)
    else:
        assert ids(client.paginate("/x", paginator=OffsetPaginator(limit=10))) == ALL
    assert len(rest.seen) == (6 if told else 7)


def test_references_are_followed_one_by_one(rest: RestServer) -> None:
    """The next one is asked for while the program works, and no other can be known."""
    rest.on("/x", linked(ITEMS, 10))
    client = RESTClient(rest.url, parallel_pages=4)
    assert ids(client.paginate("/x", paginator=JSONLinkPaginator())) == ALL
    rest.on("/y", {"items": ITEMS[:3], "next": "same"})
    with pytest.raises(ValueError, match="already there"):
        list(client.paginate("/y", paginator=JSONResponseCursorPaginator("next")))


def test_requests_are_under_way_together(rest: RestServer) -> None:
    """Three pages are answered only when all three are asked for."""
    together = threading.Barrier(3)
    pages = numbered(ITEMS, 5, 1, total_pages=lambda _page, total: total)

    def answer(asked: Asked) -> Any:
        if 2 <= asked.param("page", 1) <= 10:
            together.wait(30)
        return pages(asked)

    rest.on("/x", answer)
    client = RESTClient(rest.url, parallel_pages=3)
    assert ids(client.paginate("/x", paginator=PageNumberPaginator(1, total_path="total_pages"))) == ALL


def test_a_walk_that_is_left_asks_for_no_more(rest: RestServer) -> None:
    """What was sent is all; a maximum is kept."""
    rest.on("/x", numbered(ITEMS, 1, 1, total=lambda _page, total: total))
    client = RESTClient(rest.url, parallel_pages=2)
    walk = client.paginate("/x", paginator=PageNumberPaginator(base_page=1))
    assert next(walk) == [{"id": 0}]
    walk.close()  # type: ignore[attr-defined]  # a generator
    assert len(rest.seen) <= 3
    rest.on("/y", rest.routes["/x"])
    assert ids(client.paginate("/y", paginator=PageNumberPaginator(base_page=1, maximum_page=5))) == ALL[:4]
    assert sum(asked.path == "/y" for asked in rest.seen) == 4


def test_an_error_comes_in_its_turn(rest: RestServer) -> None:
    """The pages before it are handed out."""
    pages = numbered(ITEMS, 10, 0, total=lambda _page, total: total)
    rest.on("/x", lambda asked: Reply(400) if asked.param("page", 0) == 3 else pages(asked))
    walk = RESTClient(rest.url, parallel_pages=4).paginate("/x", paginator=PageNumberPaginator())
    assert ids(next(walk) for _ in range(3)) == ALL[:30]
    with pytest.raises(requests.HTTPError, match="400"):
        next(walk)


@pytest.mark.parametrize("wrong", [0, -1, True, 1.5])
def test_a_wrong_number_is_refused(rest: RestServer, wrong: Any) -> None:
    """When the client is made."""
    with pytest.raises(ValueError, match="parallel_pages"):
        RESTClient(rest.url, parallel_pages=wrong)
