"""Whatever an API looks like, a walk brings each item once, in order."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("hypothesis")
from hypothesis import given, settings
from hypothesis import strategies as st

from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import (
    BasePaginator,
    HeaderLinkPaginator,
    JSONLinkPaginator,
    JSONResponseCursorPaginator,
    OffsetPaginator,
    PageNumberPaginator,
)
from tests.servers.rest import Asked, Reply, RestServer

STYLES = ["number", "offset", "link", "header link", "cursor"]


def api(style: str, count: int, size: int, base: int, tells: set[str]) -> Any:
    """Return a route with pages of a style."""
    items = [{"id": number} for number in range(count)]

    def page_of(start: int) -> dict[str, Any]:
        found: dict[str, Any] = {"items": items[max(start, 0) : start + size] if start >= 0 else []}
        if "total" in tells:
            found["total"] = count
        if "null total" in tells and "total" not in tells:
            found["total"] = None
        if "total once" in tells and start == 0:
            found["total"] = count
        if "has_more" in tells:
            found["has_more"] = start + size < count
        return found

    def answer(asked: Asked) -> Any:
        following = None
        if style == "number":
            number = asked.param("page", base)
            found = page_of((number - base) * size)
            pages = -(-count // size)
            found.update({name: pages for name in ("total",) if found.get("total") is not None})
            return {**found, **({"total_pages": pages} if "pages" in tells else {})}
        start = asked.param("offset" if style == "offset" else "after", 0)
        found = page_of(start)
        if start + size < count:
            following = start + size
        if style == "offset":
            return found
        if style == "cursor":
            return {**found, "next_cursor": following and f"{following}"}
        url = following and f"/x?after={following}"
        if style == "link":
            return {**found, "next": url}
        return Reply(document=found, headers={"Link": f'<{url}>; rel="next"'} if url else {})

    return answer


def paginator_for(style: str, size: int, base: int, tells: set[str]) -> BasePaginator:
    """Return the paginator that a program would describe."""
    more = "has_more" if "has_more" in tells else None
    made: dict[str, Any] = {
        "number": lambda: PageNumberPaginator(base_page=base, has_more_path=more),
        "offset": lambda: OffsetPaginator(limit=size, has_more_path=more),
        "link": JSONLinkPaginator,
        "header link": HeaderLinkPaginator,
        "cursor": lambda: JSONResponseCursorPaginator("next_cursor", "after", has_more_path=more),
    }
    found: BasePaginator = made[style]()
    return found


@given(
    style=st.sampled_from(STYLES),
    count=st.integers(0, 23),
    size=st.integers(1, 7),
    base=st.integers(0, 1),
    tells=st.sets(st.sampled_from(["total", "null total", "total once", "has_more", "pages"])),
    parallel=st.sampled_from([1, 1, 3]),
)
@settings(max_examples=150)
def test_each_item_comes_once(
    rest_server: RestServer, style: str, count: int, size: int, base: int, tells: set[str], parallel: int
) -> None:
    """With the paginator that fits, and whatever the server tells or leaves out."""
    rest_server.clear()
    rest_server.on("/x", api(style, count, size, base, tells))
    client = RESTClient(rest_server.url, parallel_pages=parallel)
    pages = client.paginate("/x", paginator=paginator_for(style, size, base, tells), data_selector="items")
    assert [item["id"] for page in pages for item in page] == list(range(count))


@given(
    style=st.sampled_from(["number", "link", "header link"]),
    count=st.integers(1, 23),
    size=st.integers(1, 7),
    base=st.integers(0, 1),
    parallel=st.sampled_from([1, 3]),
)
@settings(max_examples=100)
def test_what_is_found_brings_each_item_once(
    rest_server: RestServer, style: str, count: int, size: int, base: int, parallel: int
) -> None:
    """Without a paginator, where the answers tell enough."""
    rest_server.clear()
    rest_server.on("/x", api(style, count, size, base, {"pages"}))
    pages = RESTClient(rest_server.url, parallel_pages=parallel).paginate("/x")
    assert [item["id"] for page in pages for item in page] == list(range(count))
