"""`RESTClient.paginate` against a real server: no page twice, none lost, and an end in all cases."""

from __future__ import annotations

from typing import Any

import pytest
from requests import JSONDecodeError, Request, Response, Session

from dlt.sources.helpers import requests
from dlt.sources.helpers.rest_client import PageData, RESTClient, paginate
from dlt.sources.helpers.rest_client.exceptions import (
    IgnoreResponseException,
    PaginatorLoopError,
    PaginatorNotFound,
    PaginatorSetupError,
)
from dlt.sources.helpers.rest_client.paginators import (
    BaseNextUrlPaginator,
    BasePaginator,
    BaseReferencePaginator,
    HeaderCursorPaginator,
    HeaderLinkPaginator,
    JSONLinkPaginator,
    JSONResponseCursorPaginator,
    OffsetPaginator,
    PageNumberPaginator,
    RangePaginator,
    SinglePagePaginator,
)
from tests.servers.rest import Asked, Reply, RestServer, linked, numbered, offset

ITEMS = [{"id": number, "name": f"n{number}"} for number in range(23)]


@pytest.fixture
def client(rest: RestServer) -> RESTClient:
    """Return a client of the server that gives up soon."""
    session = requests.Client(raise_for_status=False, request_max_attempts=2, request_backoff_factor=0).session
    return RESTClient(rest.url, session=session)


def ids(pages: Any) -> list[int]:
    """Return the ids of all items."""
    return [item["id"] for page in pages for item in page]


ALL = list(range(23))


# -- pages by number


@pytest.mark.parametrize("parallel", [1, 3])
@pytest.mark.parametrize("guessed", [True, False])
def test_an_empty_page_in_the_middle_does_not_end_the_walk(rest: RestServer, guessed: bool, parallel: int) -> None:
    """Where the server counts pages, those behind it are read."""
    pages = {1: [{"id": 1}, {"id": 2}], 2: [], 3: [{"id": 3}], 4: []}
    rest.on("/x", lambda asked: {"items": pages[asked.param("page", 1) or 1], "total_pages": 4})
    paginator = None if guessed else PageNumberPaginator(base_page=1, total_path="total_pages")
    client = RESTClient(rest.url, paginator=paginator, parallel_pages=parallel)
    assert ids(client.paginate("/x")) == [1, 2, 3]


def test_the_first_page_may_be_empty_too(
    rest: RestServer, client: RESTClient, capfd: pytest.CaptureFixture[str]
) -> None:
    """Page 0 is not one of them: a server that counts from 1 has none, and so the walk ends and says what to set."""
    pages = {0: [], 1: [], 2: [{"id": 2}], 3: [{"id": 3}]}
    rest.on("/x", lambda asked: {"items": pages[asked.param("page", 1)], "total_pages": 3})
    assert ids(client.paginate("/x", paginator=PageNumberPaginator(base_page=1, total_path="total_pages"))) == [2, 3]
    assert ids(client.paginate("/x", paginator=PageNumberPaginator(total_path="total_pages"))) == []
    assert "page 0 is empty and was the last" in (said := capfd.readouterr().err) and "set base_page=1" in said


def test_a_walk_that_ends_before_the_last_page_that_is_counted_says_so(
    rest: RestServer, client: RESTClient, capfd: pytest.CaptureFixture[str]
) -> None:
    """Under a name that may count items a walk ends at an empty page, and is silent where it counted them."""
    pages = {1: [{"id": 1}, {"id": 2}], 2: [], 3: [{"id": 3}]}
    for total in (3, 2):
        rest.on("/x", lambda asked, total=total: {"items": pages[asked.param("page", 1)], "total": total})
        assert ids(client.paginate("/x", paginator=PageNumberPaginator(base_page=1))) == [1, 2]
        said = capfd.readouterr().err
        assert ("page 2 is empty" in said and "the server counts 1 more at total" in said) == (total == 3)


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "text/plain"])
def test_a_byte_order_mark_is_no_part_of_a_document(rest: RestServer, kind: str) -> None:
    """Whoever reads the answer, and whatever the server says of its letters."""
    rest.on("/x", Reply(body=b"\xef\xbb\xbf" + b'[{"id": 123456789012345678901234}]', headers={"Content-Type": kind}))
    rest.on("/bad", Reply(body=b"\xef\xbb\xbfno", headers={"Content-Type": kind}))
    document = [{"id": 123456789012345678901234}]
    for session in (None, Session()):
        client = RESTClient(rest.url, paginator=SinglePagePaginator(), session=session)
        assert list(client.paginate("/x")) == [document]
        with pytest.raises(JSONDecodeError):
            list(client.paginate("/bad"))
    assert requests.get(f"{rest.url}/x").json() == document


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_number_that_no_float_holds_is_text(rest: RestServer, mark: bytes) -> None:
    """In place of infinity, whoever reads the answer; a program that says how numbers are read has them so."""
    rest.on("/x", Reply(body=mark + b'[{"n": 1e400, "m": 1e30}]', headers={"Content-Type": "application/json"}))
    document = [{"n": "1e400", "m": 1e30}]
    for session in (None, Session()):
        client = RESTClient(rest.url, paginator=SinglePagePaginator(), session=session)
        assert list(client.paginate("/x")) == [document]
    answer = requests.get(f"{rest.url}/x")
    assert answer.json() == document
    assert answer.json(parse_float=str) == [{"n": "1e400", "m": "1e30"}]


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize("tells", ["page", "nothing", "nested"])
@pytest.mark.parametrize("count", [1, 5, 10, 11, 23])
def test_pages_by_number_are_found(rest: RestServer, client: RESTClient, base: int, tells: str, count: int) -> None:
    """Whether the server counts from 0 or 1, and whether it says so or not."""
    if tells == "nested":
        told = {"pagination": lambda page, total: {"currentPage": page, "totalPages": total}}
    else:
        told = {"total_pages": lambda _page, total: total}
        if tells == "page":
            told["page"] = lambda page, _total: page
    rest.on("/x", numbered(ITEMS[:count], 5, base, **told))
    assert ids(client.paginate("/x")) == ALL[:count]


def test_a_walk_begins_where_the_program_says(rest: RestServer, client: RESTClient) -> None:
    """A page that stands in the parameters is the first one, and the parameter keeps its name."""
    rest.on("/x", numbered(ITEMS, 5, 1, pages=lambda _page, total: total, page=lambda page, _total: page))
    assert ids(client.paginate("/x", params={"page": 3})) == ALL[10:]
    assert rest.paths() == ["/x?page=3", "/x?page=4", "/x?page=5"]


def test_a_parameter_that_the_server_does_not_know_is_an_error(rest: RestServer, client: RESTClient) -> None:
    """Where it was guessed, the same page comes again and again, and nothing is loaded ten times."""
    rest.on("/x", lambda _asked: {"items": ITEMS[:5], "total_pages": 10})
    with pytest.raises(PaginatorLoopError, match="page_param"):
        list(client.paginate("/x"))


def test_numbers_may_be_told_from_one_and_taken_from_zero(rest: RestServer, client: RESTClient) -> None:
    """The second answer shows it, and the page that was left out is asked for."""
    rest.on("/x", numbered(ITEMS, 5, 0, pages=lambda _page, total: total, page=lambda page, _total: page + 1))
    assert ids(client.paginate("/x")) == ALL
    # or the other way round
    rest.on("/y", numbered(ITEMS, 5, 1, pages=lambda _page, total: total, page=lambda page, _total: page - 1))
    assert ids(client.paginate("/y")) == ALL


def test_items_that_are_alike_do_not_show_the_first_number(rest: RestServer, client: RESTClient) -> None:
    """Where the server does not tell it either, the program has to, and nothing is lost or loaded twice."""
    rest.on("/x", numbered([{"v": 0}] * 10, 5, 0, pages=lambda _page, total: total))
    with pytest.raises(PaginatorSetupError, match="base_page"):
        list(client.paginate("/x"))
    rest.on("/x", numbered([{"v": 0}] * 10, 5, 0, pages=lambda _page, total: total, page=lambda page, _total: page))
    assert sum(len(page) for page in client.paginate("/x")) == 10


def test_a_walk_without_an_end_is_an_error(rest: RestServer, client: RESTClient) -> None:
    """A server that does not know the parameter answers with the same page for ever; limits are kept all the same."""
    rest.on("/x", {"items": ITEMS[:5]})
    for paginator in (PageNumberPaginator(total_path=None), OffsetPaginator(limit=5)):
        with pytest.raises(PaginatorLoopError, match="the same items again and again"):
            list(client.paginate("/x", paginator=paginator))
    assert len(list(client.paginate("/x", paginator=PageNumberPaginator(maximum_page=30)))) == 30


def test_what_was_not_read_is_told(rest: RestServer, client: RESTClient, capfd: pytest.CaptureFixture[str]) -> None:
    """An answer that tells of more items than it has, and not how to get them."""
    rest.on("/x", {"items": ITEMS[:5], "meta": {"totalCount": 23}})
    assert len(list(client.paginate("/x"))) == 1
    assert "/x: 5 of 23 items were read" in capfd.readouterr().err
    for flag in ({"has_more": True}, {"meta": {"isLast": False}}):
        rest.on("/x", {"items": ITEMS[:5], **flag})
        assert len(list(client.paginate("/x"))) == 1
        assert "/x: 5 items were read, and" in (said := capfd.readouterr().err) and "says that there are more" in said
    rest.on("/x", {"items": ITEMS[:5], "total": 5, "has_more": False, "last": True})
    assert len(list(client.paginate("/x"))) == 1
    assert capfd.readouterr().err == ""


def test_a_server_that_gives_less_than_asked_for_is_told(
    rest: RestServer, client: RESTClient, capfd: pytest.CaptureFixture[str]
) -> None:
    """It holds pages shorter than the limit, and the offset leaps over the rest."""

    def answer(asked: Asked) -> dict[str, Any]:
        start = asked.param("offset", 0)
        return {"items": ITEMS[start : start + 5], "total": 23}

    rest.on("/x", answer)
    assert ids(client.paginate("/x", paginator=OffsetPaginator(limit=10))) == [
        *range(5),
        *range(10, 15),
        *range(20, 23),
    ]
    assert "13 items were read, 10 fewer than the server counts" in capfd.readouterr().err
    assert ids(client.paginate("/x", paginator=OffsetPaginator(limit=5))) == ALL
    assert len(ids(client.paginate("/x", paginator=OffsetPaginator(limit=5, offset=20)))) == 3
    assert len(ids(client.paginate("/x", paginator=OffsetPaginator(limit=5, maximum_offset=10)))) == 10
    assert capfd.readouterr().err == ""


def test_a_number_in_the_path_is_replaced(rest: RestServer, client: RESTClient) -> None:
    """A program that writes the first page into the path does not get it on every page."""
    rest.on("/x", numbered(ITEMS, 5, 1, total=lambda _page, total: total))
    assert ids(client.paginate("/x?page=1&size=5", paginator=PageNumberPaginator(base_page=1))) == ALL
    assert rest.paths()[1] == "/x?size=5&page=2"


@pytest.mark.parametrize("base", [0, 1])
def test_pages_by_number_end_at_the_total(rest: RestServer, client: RESTClient, base: int) -> None:
    """No page is asked for behind the last one."""
    rest.on("/x", numbered(ITEMS, 5, base, total=lambda _page, total: total))
    assert ids(client.paginate("/x", paginator=PageNumberPaginator(base_page=base))) == ALL
    assert rest.paths() == [f"/x?page={base + number}" for number in range(5)]


# -- totals


@pytest.mark.parametrize("told", [None, lambda _start: None], ids=["absent", "null"])
def test_a_total_that_is_not_told_is_unknown(rest: RestServer, client: RESTClient, told: Any) -> None:
    """The walk ends at the first empty page."""
    rest.on("/x", offset(ITEMS, told))
    assert ids(client.paginate("/x", paginator=OffsetPaginator(limit=10))) == ALL
    assert len(rest.seen) == 4


def test_a_total_that_is_told_once_is_remembered(rest: RestServer, client: RESTClient) -> None:
    """Servers count on the first page only, as counting costs them."""
    rest.on("/x", offset(ITEMS, lambda start: 23 if start == 0 else None))
    paginator = OffsetPaginator(limit=10, stop_after_empty_page=False)
    assert ids(client.paginate("/x", paginator=paginator)) == ALL
    assert len(rest.seen) == 3
    # the next walk does not know it
    rest.on("/x", offset(ITEMS[:13], lambda start: 13 if start == 0 else None))
    assert ids(client.paginate("/x", paginator=paginator)) == ALL[:13]


def test_nothing_that_ends_the_walk_is_an_error(rest: RestServer, client: RESTClient) -> None:
    """Where empty pages do not end it, the total must be told."""
    rest.on("/x", offset(ITEMS))
    with pytest.raises(ValueError, match=r"total of items at total.*stop_after_empty_page"):
        list(client.paginate("/x", paginator=OffsetPaginator(limit=10, stop_after_empty_page=False)))


def test_a_maximum_counts_more_than_the_server(rest: RestServer, client: RESTClient) -> None:
    """`has_more` and a total go on, and the walk ends all the same."""
    rest.on("/x", lambda asked: {**offset(ITEMS)(asked), "has_more": True, "total": 1000})
    paginator = OffsetPaginator(limit=5, maximum_offset=10, has_more_path="has_more")
    assert ids(client.paginate("/x", paginator=paginator)) == ALL[:10]


def test_has_more_ends_the_walk(rest: RestServer, client: RESTClient) -> None:
    """Also as a word."""
    rest.on("/x", lambda asked: {**offset(ITEMS)(asked), "more": "true" if asked.param("offset", 0) < 20 else "false"})
    paginator = OffsetPaginator(limit=10, total_path=None, has_more_path="more", stop_after_empty_page=False)
    assert ids(client.paginate("/x", paginator=paginator)) == ALL
    assert len(rest.seen) == 3


def test_a_limit_of_zero_is_an_error(rest: RestServer, client: RESTClient) -> None:
    """It would ask for the same page for ever."""
    with pytest.raises(ValueError, match="limit above zero"):
        list(client.paginate("/x", paginator=OffsetPaginator(limit=0)))
    assert not rest.seen


# -- references


@pytest.mark.parametrize("form", ["path", "query", "url", "relative"])
def test_a_url_is_followed_with_the_parameters_that_it_has(rest: RestServer, client: RESTClient, form: str) -> None:
    """Once each, whether it is whole or relative."""
    forms = {
        "path": lambda _asked, path: path,
        "query": lambda _asked, path: f"?{path.partition('?')[2]}",
        "url": lambda _asked, path: f"{rest.url}{path}",
        "relative": lambda _asked, path: path.removeprefix("/v1/"),
    }
    rest.on("/v1/x", linked(ITEMS, 10, forms[form]))
    pages = client.paginate("/v1/x", params={"size": 10, "tag": ["a", "b"]}, paginator=JSONLinkPaginator())
    assert ids(pages) == ALL
    assert [asked.params for asked in rest.seen] == [
        {"size": ["10"], "tag": ["a", "b"]},
        {"size": ["10"], "tag": ["a", "b"], "after": ["10"]},
        {"size": ["10"], "tag": ["a", "b"], "after": ["20"]},
    ]


def test_links_in_headers_are_found(rest: RestServer, client: RESTClient) -> None:
    """As GitHub writes them."""

    def answer(asked: Asked) -> Reply:
        page = asked.param("page", 1)
        link = f'<{rest.url}/x?page={page + 1}>; rel="next", <{rest.url}/x?page=3>; rel="last"' if page < 3 else ""
        return Reply(document=ITEMS[(page - 1) * 10 : page * 10], headers={"Link": link})

    rest.on("/x", answer)
    assert ids(client.paginate("/x")) == ids(client.paginate("/x", paginator=HeaderLinkPaginator())) == ALL


@pytest.mark.parametrize("where", ["json", "header", "body", "nested body", "body with dots", "body in a list"])
def test_cursors_are_sent_back(rest: RestServer, client: RESTClient, where: str) -> None:
    """In the URL or in the body, at any place of it."""
    bodies: dict[str, tuple[str, Any]] = {
        "body": ("cursor", lambda body: body.get("cursor")),
        "nested body": ("page.cursor", lambda body: body.get("page", {}).get("cursor")),
        "body with dots": ("page['the.cursor']", lambda body: body.get("page", {}).get("the.cursor")),
        "body in a list": ("filters[0].cursor", lambda body: body.get("filters", [{}])[0].get("cursor")),
    }

    def answer(asked: Asked) -> Reply:
        start = int((bodies[where][1](asked.json) if where in bodies else asked.param("cursor")) or 0)
        following = str(start + 10) if start + 10 < len(ITEMS) else None
        told = {"next": following} if following and where == "header" else {}
        return Reply(document={"items": ITEMS[start : start + 10], "cursors": {"next": following}}, headers=told)

    rest.on("/x", answer)
    if where in bodies:
        body = {"query": "all", "page": {"size": 10}}
        paginator: BasePaginator = JSONResponseCursorPaginator(cursor_body_path=bodies[where][0])
        assert ids(client.paginate("/x", method="POST", json=body, paginator=paginator)) == ALL
        # what the program gave is its own
        assert body == {"query": "all", "page": {"size": 10}}
        assert rest.seen[-1].json["query"] == "all"
    else:
        paginator = HeaderCursorPaginator() if where == "header" else JSONResponseCursorPaginator()
        assert ids(client.paginate("/x", paginator=paginator)) == ALL


@pytest.mark.parametrize(
    "paginator", [JSONResponseCursorPaginator("next"), JSONLinkPaginator(), HeaderCursorPaginator("X-Next"), None]
)
def test_a_reference_that_repeats_is_an_error(rest: RestServer, client: RESTClient, paginator: Any) -> None:
    """It leads to the page that was there already, and the walk would never end."""
    value = f"{rest.url}/x?again=1" if isinstance(paginator, JSONLinkPaginator) else "same"
    rest.on("/x", Reply(document={"items": ITEMS[:5], "next": value}, headers={"X-Next": "same"}))
    with pytest.raises(PaginatorLoopError, match="already there"):
        list(client.paginate("/x", paginator=paginator))
    assert len(rest.seen) == 2


def test_a_circle_of_references_is_an_error(rest: RestServer, client: RESTClient) -> None:
    """Back to the first page too."""
    rest.on("/x", lambda asked: {"items": ITEMS[:5], "next": f"/x?p={(asked.param('p', 0) + 1) % 3}"})
    with pytest.raises(PaginatorLoopError):
        list(client.paginate("/x", paginator=JSONLinkPaginator()))
    assert len(rest.seen) <= 4


def test_a_scroll_keeps_its_cursor(rest: RestServer, client: RESTClient) -> None:
    """Each request gets what comes next, and an empty page is the end; only the same items again are an error."""
    left = [ITEMS[:10], ITEMS[10:20], ITEMS[20:]]
    rest.on("/x", lambda _asked: {"items": left.pop(0) if left else [], "scroll": "s1"})
    paginator = JSONResponseCursorPaginator("scroll", "scroll", stop_after_empty_page=True)
    assert ids(client.paginate("/x", paginator=paginator)) == ALL
    rest.on("/x", {"items": ITEMS[:3], "scroll": "s1"})
    with pytest.raises(PaginatorLoopError):
        list(client.paginate("/x", paginator=paginator))


def test_what_opens_a_server_goes_to_no_other(rest: RestServer) -> None:
    """Neither credentials nor headers and cookies follow a link to another host."""
    rest.on("/x", linked(ITEMS, 10, lambda _asked, path: f"{rest.other_url}{path.replace('api_key=geheim&', '')}"))
    client = RESTClient(rest.url, headers={"X-Api-Key": "geheim", "Accept": "application/json"}, auth=("u", "geheim"))
    client.session.cookies.set("sid", "geheim")
    client.session.params = {"api_key": "geheim"}
    assert ids(client.paginate("/x", paginator=JSONLinkPaginator())) == ALL
    first, *others = rest.seen
    assert first.headers["x-api-key"] == "geheim" and "authorization" in first.headers and "cookie" in first.headers
    for asked in others:
        assert "geheim" not in str(asked) and asked.headers["accept"] == "application/json"


@pytest.mark.parametrize("way", ["link", "redirect"])
def test_a_host_that_wants_what_was_left_behind(rest: RestServer, way: str) -> None:
    """The error says why nothing was sent."""
    away = Reply(302, headers={"Location": f"{rest.other_url}/y"})
    rest.on("/x", away if way == "redirect" else {"items": ITEMS[:1], "next": f"{rest.other_url}/y"})
    rest.on("/y", Reply(401, {"error": "who are you?"}))
    client = RESTClient(rest.url, auth=("u", "geheim"))
    with pytest.raises(requests.HTTPError, match=r"401 Client.*localhost.*\nCredentials.* were not sent: the link"):
        list(client.paginate("/x", paginator=JSONLinkPaginator()))


def test_secret_parameters_stay_as_well(rest: RestServer) -> None:
    """Where a paginator of the program keeps the parameters beside another URL; the others go along."""

    class SetsUrl(JSONLinkPaginator):
        def update_request(self, request: Request) -> None:
            request.url = self._next_reference

    rest.on("/x", {"items": ITEMS[:1], "next": f"{rest.other_url}/y"})
    rest.on("/y", {"items": ITEMS[1:2]})
    params = {"apikey": "geheim", "access_token": "geheim", "size": 10}
    assert ids(RESTClient(rest.url).paginate("/x", params=params, paginator=SetsUrl())) == [0, 1]
    assert rest.seen[0].params["apikey"] == ["geheim"] and rest.seen[1].params == {"size": ["10"]}


def test_what_is_no_reference_is_told(rest: RestServer, client: RESTClient) -> None:
    """An object in place of a URL, and one that would stand in a URL; in a body a server gets back what it gave."""
    rest.on("/x", {"items": ITEMS[:2], "next": {"href": "/x?p=2"}})
    with pytest.raises(PaginatorSetupError, match=r"JSONLinkPaginator: next_url_path: next: found a dict"):
        list(client.paginate("/x", paginator=JSONLinkPaginator()))
    with pytest.raises(PaginatorSetupError, match="cursor_body_path"):
        list(client.paginate("/x", paginator=JSONResponseCursorPaginator("next")))
    rest.in_turn("/y", {"items": ITEMS[:2], "next": {"key": 1}}, {"items": ITEMS[2:4]})
    paginator = JSONResponseCursorPaginator("next", cursor_body_path="start")
    assert ids(client.paginate("/y", method="POST", paginator=paginator)) == [0, 1, 2, 3]
    assert rest.seen[-1].json == {"start": {"key": 1}}


# -- paginators of programs


class _Subclass(JSONLinkPaginator):
    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        found = response.json()
        self._next_reference = found["paging"]["url"] if found["paging"]["more"] else None


class _Requesting(JSONResponseCursorPaginator):
    def update_request(self, request: Request) -> None:
        request.headers["X-Cursor"] = self._next_reference


class _Own(BasePaginator):
    # no call of the constructor above
    def __init__(self) -> None:
        self.page = 1

    def init_request(self, request: Request) -> None:
        self.update_request(request)

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        if not response.json()["items"]:
            self._has_next_page = False
        self.page += 1

    def update_request(self, request: Request) -> None:
        if request.params is None:
            request.params = {}
        request.params["page"] = self.page


class _OwnUrl(BaseNextUrlPaginator):
    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        self._next_reference = response.json()["next"]


class _LastId(BaseReferencePaginator):
    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        self._next_reference = data[-1]["id"] if data else None

    def update_request(self, request: Request) -> None:
        request.params["after_id"] = self._next_reference


def test_subclasses_that_change_one_thing(rest: RestServer, client: RESTClient) -> None:
    """How the next page is told, or how it is asked for."""
    rest.on(
        "/state",
        lambda asked: {**(found := linked(ITEMS, 10)(asked)), "paging": {"url": found["next"], "more": found["next"]}},
    )
    assert ids(client.paginate("/state", paginator=_Subclass())) == ALL

    def by_header(asked: Asked) -> dict[str, Any]:
        start = int(asked.headers.get("x-cursor", 0))
        return {"items": ITEMS[start : start + 10], "next": str(start + 10) if start + 10 < 23 else None}

    rest.on("/request", by_header)
    assert ids(client.paginate("/request", paginator=_Requesting("next"))) == ALL
    rest.on("/own", numbered(ITEMS, 5))
    assert ids(client.paginate("/own", paginator=_Own())) == ALL
    rest.on("/url", linked(ITEMS, 10))
    assert ids(client.paginate("/url", paginator=_OwnUrl())) == ALL

    def after(asked: Asked) -> list[Any]:
        return [item for item in ITEMS if item["id"] > asked.param("after_id", -1)][:10]

    rest.on("/after", after)
    assert ids(client.paginate("/after", paginator=_LastId())) == ALL


def test_a_url_of_a_program_holds_its_parameters_once(rest: RestServer, client: RESTClient) -> None:
    """A paginator that sets the URL alone leaves the parameters of the first request behind."""

    class SetsUrl(JSONLinkPaginator):
        def update_request(self, request: Request) -> None:
            request.url = rest.url + self._next_reference

    rest.on("/x", linked(ITEMS, 10))
    assert ids(client.paginate("/x", params={"size": 10}, paginator=SetsUrl())) == ALL
    assert [asked.params.get("size") for asked in rest.seen] == [["10"]] * 3


def test_each_walk_has_a_paginator_of_its_own(rest: RestServer) -> None:
    """Two at the same time, and one after the other, begin with the first page."""
    rest.on("/x", offset(ITEMS, lambda _start: 23))
    client = RESTClient(rest.url, paginator=OffsetPaginator(limit=10))
    first, second = client.paginate("/x"), client.paginate("/x")
    together = [(next(first), next(second)) for _ in range(3)]
    assert ids(page for page, _ in together) == ids(page for _, page in together) == ids(client.paginate("/x")) == ALL
    assert client.paginator is not None and client.paginator.current_value == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("wrong", ["page_number", {"type": "auto"}, OffsetPaginator])
def test_what_is_no_paginator_is_refused(rest: RestServer, wrong: Any) -> None:
    """Names and dicts are for `rest_api`, and a class has to be called."""
    with pytest.raises(TypeError, match="expected an instance"):
        RESTClient(rest.url, paginator=wrong)
    with pytest.raises(TypeError, match="expected an instance"):
        RESTClient(rest.url).paginate("/x", paginator=wrong)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: OffsetPaginator(limit="ten"), "limit: found 'ten'"),
        (lambda: PageNumberPaginator(page=1.5), "page: found 1.5"),
        (lambda: OffsetPaginator(5, offset_param="o", offset_body_path="o"), "'offset_param' or 'offset_body_path'"),
        (lambda: OffsetPaginator(5, limit_param="l", limit_body_path="l"), "'limit_param' or 'limit_body_path'"),
        (lambda: PageNumberPaginator(page_param="", page_body_path=""), "'page_param' or 'page_body_path'"),
        (lambda: JSONResponseCursorPaginator(cursor_param="c", cursor_body_path="c"), "'cursor_param'"),
        (lambda: PageNumberPaginator(total_path=None, stop_after_empty_page=False), "`maximum_page`"),
        (lambda: RangePaginator(None, 0, 1), "'param_name' or 'param_body_path'"),
        (lambda: JSONLinkPaginator("next["), r"next_url_path: 'next\[' is no JSONPath"),
        (lambda: OffsetPaginator(10, total_path=7), "total_path: found 7"),
        (lambda: PageNumberPaginator(base_page=None), "base_page: found None"),
    ],
)
def test_wrong_arguments_are_refused_at_once(make: Any, message: str) -> None:
    """Before anything is sent."""
    with pytest.raises(ValueError, match=message):
        make()


# -- items and answers


def test_a_page_knows_where_it_comes_from(rest: RestServer, client: RESTClient) -> None:
    """It is a list, with the answer, the request for the next page, the paginator and the credentials."""
    rest.on("/x", linked(ITEMS, 20))
    auth = ("u", "p")
    pages = list(client.paginate("/x", auth=auth))
    assert all(isinstance(page, (list, PageData)) for page in pages) and pages[0] == ITEMS[:20]
    assert pages[0].response.status_code == 200 and pages[0].response.json()["items"] == ITEMS[:20]
    assert isinstance(pages[0].request, Request) and pages[0].auth is auth
    assert isinstance(pages[0].paginator, JSONLinkPaginator)


def test_what_a_program_does_to_an_answer_does_not_change_the_page(rest: RestServer, client: RESTClient) -> None:
    """Each `json()` is a document of its own."""
    rest.on("/x", {"items": ITEMS[:3]})
    (page,) = client.paginate("/x")
    page.response.json()["items"].clear()
    assert page == page.response.json()["items"] == ITEMS[:3]


def test_hooks_see_and_change_answers(rest: RestServer, client: RESTClient) -> None:
    """One that raises IgnoreResponseException ends the walk; with hooks no status raises by itself."""

    def hook(response: Response, *_args: Any, **_kwargs: Any) -> None:
        if response.status_code == 404:
            raise IgnoreResponseException
        response._content = response.content.replace(b"n1", b"N1")

    rest.on("/x", {"items": ITEMS[:3]})
    (page,) = client.paginate("/x", hooks={"response": [hook]})
    assert [item["name"] for item in page] == ["n0", "N1", "n2"]
    assert list(client.paginate("/gone", hooks={"response": hook})) == []
    rest.on("/teapot", Reply(418, [{"id": 1}]))
    assert ids(client.paginate("/teapot", hooks={"response": [lambda *_args, **_kwargs: None]})) == [1]


def test_a_status_raises_without_hooks(rest: RestServer, client: RESTClient) -> None:
    """Single requests return it."""
    with pytest.raises(requests.HTTPError, match="404 Client Error"):
        list(client.paginate("/gone"))
    assert client.get("/gone").status_code == 404 and client.post("/gone", json={}).status_code == 404


def test_numbers_come_as_they_are(rest: RestServer, client: RESTClient) -> None:
    """Integers of any length, NaN, and characters that fast parsers refuse."""
    for number in (2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**30, -(2**63), -(2**63) - 1, -(10**19), -(10**30), 0, -7):
        rest.on("/x", [{"n": number}])
        assert list(client.paginate("/x")) == [[{"n": number}]] and type(number) is int
    rest.on("/x", Reply(body=b'[{"text": "\\ud800", "nan": NaN}]'))
    ((row,),) = client.paginate("/x")
    assert row["text"] == "\ud800" and row["nan"] != row["nan"]
    latin = {"Content-Type": "application/json; charset=iso-8859-1"}
    rest.on("/y", Reply(body='[{"größe": 1}]'.encode("iso-8859-1"), headers=latin))
    assert list(client.paginate("/y")) == [[{"größe": 1}]]


def test_no_content_is_no_item(rest: RestServer, client: RESTClient) -> None:
    """204, null and places without items are empty pages."""
    rest.on("/x", Reply(204))
    assert list(client.paginate("/x")) == [[]]
    for document in (None, {"data": None}, {"data": None, "total": 0, "next": None}):
        rest.on("/x", Reply(document=document))
        assert list(client.paginate("/x")) == [[]], document


def test_what_is_no_json_is_told(rest: RestServer, client: RESTClient) -> None:
    """With the address, the status and the type that the server says."""
    rest.on("/x", Reply(body=b"<html>geheim</html>", headers={"Content-Type": "text/html"}))
    with pytest.raises(
        ValueError, match=r"GET http://\S+/x\?token=\*\*\* answered 200 with text/html of 19 bytes"
    ) as caught:
        list(client.paginate("/x", params={"token": "geheim"}))
    assert "geheim" not in str(caught.value)


def test_only_what_a_request_takes_is_taken(rest: RestServer, client: RESTClient) -> None:
    """Other names are errors at once, and so are two bodies."""
    with pytest.raises(TypeError, match="takes no parms"):
        client.paginate("/x", parms={})
    with pytest.raises(ValueError, match="Cannot use both 'json' and 'data'"):
        client.paginate("/x", json={}, data={})
    rest.on("/x", lambda asked: {"items": [asked.form]})
    assert list(client.paginate("/x", method="POST", data={"a": "1"}, timeout=5)) == [[{"a": ["1"]}]]


def test_a_client_of_a_program_may_find_nothing(rest: RestServer) -> None:
    """Detectors of its own that find no paginator are an error."""
    from dlt.sources.helpers.rest_client.detector import PaginatorFactory

    rest.on("/x", [{"id": 1}])
    client = RESTClient(rest.url, paginator_factory=PaginatorFactory([lambda _response: (None, 0.0)]))
    with pytest.raises(PaginatorNotFound, match="no detector"):
        list(client.paginate("/x"))


def test_paginate_as_a_function(rest: RestServer) -> None:
    """It takes a URL and what a client takes."""
    rest.on("/x", lambda asked: {"found": [{"id": asked.headers["x-own"]}], "items": []})
    found = paginate(f"{rest.url}/x", headers={"X-Own": "7"}, paginator=SinglePagePaginator(), data_selector="found")
    assert list(found) == [[{"id": "7"}]]


def test_the_environment_counts_when_it_changes(rest: RestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that is set while the program runs gets the next request; arguments of the program come first."""
    rest.on("/x", [{"direct": True}])
    client = RESTClient(rest.url)
    assert list(client.paginate("/x")) == [[{"direct": True}]]
    away = "http://api.example/x"
    monkeypatch.setenv("HTTP_PROXY", rest.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert client.get(away).status_code == 200 and list(client.paginate("/x")) == [[{"direct": True}]]
    monkeypatch.delenv("HTTP_PROXY")
    assert client.get(away, proxies={"http": rest.url}).status_code == 200
    assert [asked.headers["host"] for asked in rest.seen].count("api.example") == 2
