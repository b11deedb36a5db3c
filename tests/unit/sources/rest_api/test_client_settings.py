"""What the configuration says of the client reaches the requests of all endpoints."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from requests import Session

from dlt.errors import ResourceExtractionError
from dlt.redact import redact
from dlt.sources.helpers import requests
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.rest_api import rest_api_resources
from tests.servers.rest import Asked, Reply, RestServer, numbered

ITEMS = [{"id": number} for number in range(40)]
BY_NUMBER = {"type": "page_number", "base_page": 1, "total_path": "pages"}


def rows(config: dict[str, Any]) -> list[Any]:
    """Return the rows of all resources."""
    made: Any = rest_api_resources
    return [row for resource in made(config) for row in resource]


def test_pages_are_asked_for_together(rest: RestServer) -> None:
    """Three are answered only when all three are asked for, and the rows come in order."""
    together = threading.Barrier(3)
    pages = numbered(ITEMS, 10, 1, pages=lambda _page, total: total)

    def answer(asked: Asked) -> Any:
        if asked.param("page", 1) > 1:
            together.wait(30)
        return pages(asked)

    rest.on("/items", answer)
    client = {"base_url": rest.url, "paginator": BY_NUMBER, "parallel_pages": 3}
    assert rows({"client": client, "resources": ["items"]}) == ITEMS


def test_a_rate_limit_is_one_for_all_endpoints(rest: RestServer) -> None:
    """Also for those with authentication of their own."""
    rest.on("/a", [{"id": 1}])
    rest.on("/b", [{"id": 2}])
    own = {"name": "b", "endpoint": {"path": "b", "auth": {"type": "bearer", "token": "t"}}}
    began = time.monotonic()
    found = rows({"client": {"base_url": rest.url, "rate_limit": 10}, "resources": ["a", own]})
    assert [row["id"] for row in found] == [1, 2]
    # the second one waits for its token
    assert time.monotonic() - began >= 0.1


def test_a_client_of_requests_is_that_of_all_endpoints(rest: RestServer) -> None:
    """With its retries, and one session for each thread."""
    rest.in_turn("/items", Reply(503), Reply(503), [{"id": 1}])
    session = requests.Client(request_max_attempts=3, request_backoff_factor=0, raise_for_status=False)
    assert rows({"client": {"base_url": rest.url, "session": session}, "resources": ["items"]}) == [{"id": 1}]


@pytest.mark.parametrize("wrong", [{"rate_limit": 0}, {"rate_limit": -1}, {"parallel_pages": -2}])
def test_wrong_numbers_are_refused(rest: RestServer, wrong: dict[str, Any]) -> None:
    """Before anything is asked for."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        rows({"client": {"base_url": rest.url, **wrong}, "resources": ["items"]})
    assert not rest.seen


def test_a_token_that_is_none_comes_from_the_configuration(rest: RestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the program had not named it; the word for the kind of authentication is no secret."""
    monkeypatch.setenv("CREDENTIALS__TOKEN", "t0ken-of-the-environment")
    rest.on("/items", lambda asked: [{"sent": asked.headers.get("authorization")}])
    for auth in ("bearer", {"type": "bearer", "token": None}, BearerTokenAuth(token=None)):  # type: ignore[arg-type]
        (row,) = rows({"client": {"base_url": rest.url, "auth": auth}, "resources": ["items"]})
        assert row["sent"] == "Bearer t0ken-of-the-environment"
    assert redact("bearer of t0ken-of-the-environment") == "bearer of ***"


def test_an_error_of_a_server_says_what_helps(rest: RestServer) -> None:
    """Neither a resource nor its items are to blame where a server does not answer, or lets nobody in."""
    rest.on("/items", Reply(403, {}))
    for url in (rest.url, "http://127.0.0.1:1"):
        client = {"base_url": url, "session": Session()}
        with pytest.raises(ResourceExtractionError, match="Check base_url, the credentials") as told:
            rows({"client": client, "resources": ["items"]})
        assert "add_filter" not in str(told.value)
