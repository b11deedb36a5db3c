"""Sources of an API that answers: pages, parents and children, bodies, headers, actions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.common.configuration.exceptions import ConfigFieldMissingException
from dlt.extract.exceptions import ResourceExtractionError
from dlt.sources.helpers import requests
from dlt.sources.helpers.rest_client.paginators import PageNumberPaginator
from dlt.sources.rest_api import ParentFieldMissing, check_connection, rest_api, rest_api_resources, rest_api_source
from tests.servers.rest import Reply
from tests.unit.sources.rest_api.conftest import Asked, WebApi

Load = Callable[..., dict[str, list[dict[str, Any]]]]
POSTS = [{"id": number, "title": f"Post {number}", "by": {"name": f"u{number % 2}"}} for number in range(7)]


def _pages(rows: list[Any], size: int = 3, first: int = 1) -> Callable[[Asked], Any]:
    """Answer with pages by their number, in the shape that most APIs have."""

    def answer(asked: Asked) -> Any:
        number = int(asked.query.get("page", first)) - first
        return {"data": rows[number * size : (number + 1) * size], "total_pages": -(-len(rows) // size)}

    return answer


def _source(api: WebApi, *resources: Any, **more: Any) -> Any:
    client = {"base_url": api.url, **more.pop("client", {})}
    config: Any = {"client": client, "resources": list(resources), **more}
    return rest_api_source(config)


def test_a_text_is_name_path_and_table(api: WebApi, load: Load) -> None:
    """The pages are found by the first answer: none is lost and none comes twice."""
    api.route("/posts", _pages(POSTS))
    found = load(_source(api, "posts"), "posts")
    assert [row["id"] for row in found["posts"]] == list(range(7))


@pytest.mark.parametrize(
    "endpoint",
    [
        "posts/{resources.posts.id}/comments",
        {"path": "posts/{id}/comments", "params": {"id": {"type": "resolve", "resource": "posts", "field": "id"}}},
        {"path": "comments", "params": {"post": "{resources.posts.id}"}},
        {"path": "comments", "headers": {"X-Post": "{resources.posts.id}", "X-{{x}}": "{{y}}"}},
        {"path": "comments", "method": "POST", "json": {"q": [{"post": "{resources.posts.id}"}]}},
        {"path": "comments", "method": "POST", "data": {"post": "{resources.posts.id}"}},
        {"path": "comments", "method": "POST", "data": "post={resources.posts.id}"},
        {"path": "comments", "params": {"post": "{resources.posts.by.name}-{resources.posts.id}"}},
    ],
)
def test_children_ask_for_each_item_of_their_parent(api: WebApi, endpoint: Any) -> None:
    """With fields in the path, in parameters, headers, bodies and forms; some go into their rows."""

    def comments(asked: Asked) -> Any:
        if asked.headers.get("content-type") == "application/json":
            # a number in a body stays one
            number = asked.json["q"][0]["post"]
            assert isinstance(number, int)
        else:
            given = asked.groups or [asked.query.get("post") or asked.headers.get("x-post") or asked.body[5:].decode()]
            number = int(given[0].rpartition("-")[2])
        return [{"text": f"to {number}"}]

    api.route("/posts", _pages(POSTS))
    api.route(r"/posts/(\d+)/comments", comments)
    api.route("/comments", comments)
    child = {"name": "comments", "endpoint": endpoint, "include_from_parent": ["id", "by.name"]}
    rows = list(_source(api, child, "posts").with_resources("comments"))
    assert rows == [{"text": f"to {n}", "_posts_id": n, "_posts_by.name": f"u{n % 2}"} for n in range(7)]


def test_children_of_children(api: WebApi, load: Load) -> None:
    """Each level asks for the items of the one above, and only what is selected is loaded."""
    api.route("/a", [{"id": 1}, {"id": 2}])
    api.route(r"/a/(\d)/b", lambda asked: [{"id": int(asked.groups[0]) * 10 + n} for n in range(2)])
    api.route(r"/b/(\d+)", lambda asked: {"id": int(asked.groups[0]), "deep": True})
    b = {"name": "b", "selected": False, "endpoint": "a/{resources.a.id}/b"}
    c = {"name": "c", "endpoint": "b/{resources.b.id}"}
    found = load(_source(api, {"name": "a", "selected": False}, b, c), "c")
    assert found["c"] == [{"id": number, "deep": True} for number in (10, 11, 20, 21)]


@pytest.mark.parametrize("one_by_one", [False, True])
def test_any_resource_may_be_a_parent(api: WebApi, one_by_one: bool) -> None:
    """It may yield pages, and items one by one too."""

    @dlt.resource(selected=False)
    def seeds() -> Any:
        items = [{"id": 1}, {"id": 2}]
        if one_by_one:
            yield from items
        else:
            yield items

    api.route(r"/x/(\d)", lambda asked: {"n": int(asked.groups[0])})
    rows = list(_source(api, {"name": "x", "endpoint": "x/{resources.seeds.id}"}, seeds()))
    assert rows == [{"n": 1}, {"n": 2}]


def test_children_are_asked_for_at_once(api: WebApi) -> None:
    """When they are parallelized: here each answer waits for another request."""
    together = threading.Barrier(2, timeout=30)

    def comments(asked: Asked) -> Any:
        together.wait()
        return [{"post": int(asked.groups[0]), "n": n} for n in range(2)]

    api.route("/posts", POSTS[:6])
    api.route(r"/posts/(\d)/comments", comments)
    child = {"name": "comments", "parallelized": True, "endpoint": "posts/{resources.posts.id}/comments"}
    rows = list(_source(api, {"name": "posts", "selected": False}, child))
    assert sorted((row["post"], row["n"]) for row in rows) == [(post, n) for post in range(6) for n in range(2)]


def test_pages_of_children_do_not_mix(api: WebApi) -> None:
    """Each walk has a paginator of its own, also where one object is given for all."""
    api.route("/posts", _pages(POSTS))
    api.route(r"/posts/(\d)/comments", _pages([{"n": n} for n in range(5)], size=2))
    for parallelized in (False, True):
        child = {"name": "comments", "parallelized": parallelized, "endpoint": "posts/{resources.posts.id}/comments"}
        source = _source(api, "posts", child, client={"paginator": PageNumberPaginator(1, total_path="total_pages")})
        assert len(list(source.with_resources("comments"))) == 7 * 5


def test_a_parent_without_a_value_has_no_children(api: WebApi) -> None:
    """Nothing is asked for a user called None."""
    api.route("/posts", [{"id": 1, "user": None}, {"id": 2, "user": "me"}])
    api.route("/users/me", {"name": "Me"})
    rows = list(
        _source(api, {"name": "posts", "selected": False}, {"name": "u", "endpoint": "users/{resources.posts.user}"})
    )
    assert rows == [{"name": "Me"}]


def test_a_field_that_a_parent_lacks_is_named(api: WebApi) -> None:
    """With those that the item has, and without its values."""
    api.route("/posts", [{"id": 1, "key": "v4lue"}])
    for child in (
        {"name": "c", "endpoint": "c/{resources.posts.number}"},
        {"name": "c", "endpoint": "c/{resources.posts.id}", "include_from_parent": ["number"]},
    ):
        with pytest.raises(ResourceExtractionError, match=r"`posts` has no field `number`.*has: id, key") as caught:
            list(_source(api, "posts", child))
        assert isinstance(caught.value.__cause__, ParentFieldMissing)
        assert "v4lue" not in str(caught.value)


def test_defaults_are_below_what_a_resource_says(api: WebApi, load: Load) -> None:
    """Parameters, headers and bodies key by key, columns by name, all else as a whole; None takes a default away."""
    api.route("/.*", [{"id": 1, "a": "1"}])
    defaults = {
        "primary_key": "id",
        "write_disposition": "merge",
        "columns": {"a": {"data_type": "bigint"}, "b": {"data_type": "text"}},
        "endpoint": {"params": {"per_page": 3, "sort": "id"}, "headers": {"X-A": "1"}, "paginator": "single_page"},
    }
    own = {
        "name": "own", "write_disposition": None, "columns": [{"name": "b", "data_type": "date"}],
        "endpoint": {"params": {"sort": "x"}, "headers": {"X-B": "2"}},
    }  # fmt: skip
    source = _source(api, "plain", own, resource_defaults=defaults)
    assert source.plain.write_disposition == "merge" and source.own.write_disposition == "append"
    assert source.own.columns["a"]["data_type"] == "bigint" and source.own.columns["b"]["data_type"] == "date"
    load(source, "plain", "own")
    plain, other = api.asked("/plain")[0], api.asked("/own")[0]
    assert plain.query == {"per_page": "3", "sort": "id"} and plain.headers["x-a"] == "1"
    assert other.query == {"per_page": "3", "sort": "x"} and (other.headers["x-a"], other.headers["x-b"]) == ("1", "2")


def test_one_path_may_be_the_default_of_all(api: WebApi) -> None:
    """As for GraphQL, where all resources ask one address."""
    api.route("/graphql", lambda asked: {"data": [{"asked": asked.json["query"]}]})
    resources = [{"name": name, "endpoint": {"json": {"query": f"{{{{ {name} }}}}"}}} for name in ("a", "b")]
    source = _source(api, *resources, resource_defaults={"endpoint": {"path": "graphql", "method": "POST"}})
    assert list(source) == [{"asked": "{ a }"}, {"asked": "{ b }"}]


def test_steps_go_over_rows_in_their_order(api: WebApi) -> None:
    """Filter, map and yield_map, as they are written."""
    api.route("/posts", POSTS)
    steps = [
        {"filter": lambda row: row["id"] < 3},
        {"map": lambda row: {**row, "id": row["id"] * 10}},
        {"yield_map": lambda row: ({"n": row["id"] + n} for n in range(2))},
        {"filter": lambda row: row["n"] != 11},
    ]
    rows = list(_source(api, {"name": "posts", "processing_steps": steps}))
    assert rows == [{"n": n} for n in (0, 1, 10, 20, 21)]


def test_a_missing_child_leaves_out_its_parent_only(api: WebApi) -> None:
    """With an action for 404; without one it is an error that names the address."""

    def comments(asked: Asked) -> Any:
        return Reply(404, {"error": "gone"}) if asked.groups == ("1",) else [{"post": int(asked.groups[0])}]

    api.route("/posts", POSTS[:4])
    api.route(r"/posts/(\d)/comments", comments)
    endpoint: dict[str, Any] = {"path": "posts/{resources.posts.id}/comments"}
    with pytest.raises(ResourceExtractionError, match=r"404.*posts/1/comments"):
        list(_source(api, "posts", {"name": "c", "endpoint": endpoint}))
    for parallelized in (False, True):
        endpoint["response_actions"] = [{"status_code": "404", "action": "ignore"}]
        child = {"name": "c", "endpoint": endpoint, "parallelized": parallelized}
        rows = list(_source(api, {"name": "posts", "selected": False}, child))
        assert sorted(row["post"] for row in rows) == [0, 2, 3]


def test_actions_see_answers_in_their_order(api: WebApi) -> None:
    """By status, by content, for all; each may change the answer. What nothing is said of is an error as ever."""
    seen: list[str] = []

    def note(response: Any, *_args: Any, **_kwargs: Any) -> None:
        seen.append("note")

    def change(response: Any, *_args: Any, **_kwargs: Any) -> Any:
        seen.append("change")
        response._content = b'[{"changed": true}]'
        return response

    api.route("/a", [{"word": "secret word"}])
    api.route("/bad", Reply(422, {}))
    actions: list[Any] = [
        note,
        {"status_code": 200, "content": "word", "action": [note, change]},
        {"content": "zz", "action": "ignore"},
    ]
    assert list(_source(api, {"name": "a", "endpoint": {"response_actions": actions}})) == [{"changed": True}]
    assert seen == ["note", "note", "change"]
    actions = [{"content": "word", "action": "ignore"}]
    assert list(_source(api, {"name": "a", "endpoint": {"response_actions": actions}})) == []
    with pytest.raises(ResourceExtractionError, match="422"):
        list(_source(api, {"name": "bad", "endpoint": {"response_actions": actions}}))


def test_an_endpoint_may_have_its_own_words(api: WebApi) -> None:
    """Authentication, headers, where the rows are, and whole addresses."""
    api.route(
        "/.*", lambda asked: {"x": {"rows": [{"auth": asked.headers.get("authorization"), "h": asked.headers["x-h"]}]}}
    )
    client = {"auth": {"token": "token-of-all"}, "headers": {"X-H": "all"}}
    special = {"auth": {"type": "http_basic", "username": "u", "password": "p"}, "headers": {"X-H": "own"}}
    common = {"data_selector": "x.rows[*]", "paginator": "single_page"}
    source = _source(
        api, {"name": "a", "endpoint": {**common}}, {"name": "b", "endpoint": {**common, **special}},
        {"name": "c", "endpoint": {**common, "path": f"{api.url}/other"}}, client=client,
    )  # fmt: skip
    found = [(row["auth"], row["h"]) for row in source]
    assert found == [("Bearer token-of-all", "all"), ("Basic dTpw", "own"), ("Bearer token-of-all", "all")]


def test_detection_may_be_asked_for_where_all_others_have_a_paginator(api: WebApi) -> None:
    """`auto` at an endpoint comes before the paginator of the client."""
    api.route("/posts", _pages(POSTS))
    resource = {"name": "posts", "endpoint": {"paginator": "auto"}}
    assert len(list(_source(api, resource, client={"paginator": "single_page"}))) == 7


def test_a_single_entity_is_a_row(api: WebApi) -> None:
    """Its lists are no pages, and the paginator of the client is not for it."""
    api.route("/posts", POSTS[:1])
    api.route(r"/posts/\d", {"id": 0, "tags": ["a", "b"], "next": "https://elsewhere.example.com"})
    source = _source(
        api, "posts", {"name": "one", "endpoint": "posts/{resources.posts.id}"}, client={"paginator": "json_link"}
    )
    assert list(source.with_resources("one")) == [
        {"id": 0, "tags": ["a", "b"], "next": "https://elsewhere.example.com"}
    ]


def test_the_session_of_the_program_is_used(api: WebApi) -> None:
    """As a session, and as the client whose sessions they are."""
    api.route("/a", lambda asked: [{"agent": asked.headers["user-agent"]}])
    session = requests.Session()
    session.headers["User-Agent"] = "mine"
    client = requests.Client(request_timeout=(1.0, 1.0), request_max_attempts=0)
    assert list(_source(api, "a", client={"session": session})) == [{"agent": "mine"}]
    assert len(list(_source(api, "a", client={"session": client}))) == 1


def test_hints_go_to_the_table(api: WebApi, load: Load) -> None:
    """Names and functions of the row."""
    api.route("/events", [{"kind": "a", "n": 1}, {"kind": "b", "n": 2}])
    resource = {
        "name": "events",
        "table_name": lambda row: f"events_{row['kind']}",
        "columns": {"n": {"data_type": "text"}},
    }
    found = load(_source(api, resource, resource_defaults={"write_disposition": "replace"}), "events_a", "events_b")
    assert found == {"events_a": [{"kind": "a", "n": "1"}], "events_b": [{"kind": "b", "n": "2"}]}


def test_all_may_stand_in_the_configuration(api: WebApi) -> None:
    """Client, resources and secrets; `rest_api()` takes nothing."""
    api.route("/posts", lambda asked: [{"auth": asked.headers["authorization"]}])
    dlt.config["sources.rest_api.client"] = {"base_url": api.url, "auth": "bearer"}
    dlt.config["sources.rest_api.resources"] = ["posts", {"name": "more", "endpoint": {"path": "posts"}}]
    try:
        with pytest.raises(ConfigFieldMissingException, match="SOURCES__REST_API__REST_API__CREDENTIALS__TOKEN"):
            rest_api()
        dlt.secrets["sources.rest_api.credentials.token"] = "from-secrets"
        assert list(rest_api()) == [{"auth": "Bearer from-secrets"}] * 2
    finally:
        dlt.config["sources.rest_api.client"] = dlt.config["sources.rest_api.resources"] = None
        dlt.secrets["sources.rest_api.credentials.token"] = None


def test_resources_of_a_source_of_the_program(api: WebApi) -> None:
    """Its secrets stand in its own section."""
    api.route("/posts", lambda asked: [{"auth": asked.headers["authorization"]}])

    @dlt.source(section="shop")
    def mine() -> Any:
        return rest_api_resources({"client": {"base_url": api.url, "auth": "bearer"}, "resources": ["posts"]})

    dlt.secrets["sources.shop.mine.credentials.token"] = "of-the-shop"
    try:
        assert list(mine()) == [{"auth": "Bearer of-the-shop"}]
    finally:
        dlt.secrets["sources.shop.mine.credentials.token"] = None


def test_a_connection_is_checked_with_one_page(api: WebApi) -> None:
    """It says what failed, without secrets, and loads nothing."""
    api.route("/posts", _pages(POSTS))
    api.route("/closed", Reply(401, {}))
    source = _source(api, "posts", "closed", client={"auth": {"token": "t0ken-of-mine"}})
    assert check_connection(source, "posts") == (True, "")
    assert len(api.asked("/posts")) == 1
    works, message = check_connection(source)
    assert not works and "401" in message and "t0ken-of-mine" not in message


def test_secrets_are_in_no_error(api: WebApi) -> None:
    """Neither those in the address nor those in headers."""
    api.route("/closed", Reply(403, {}))
    for auth in (
        {"type": "api_key", "api_key": "k3y-of-mine", "location": "query", "name": "api_key"},
        {"type": "api_key", "api_key": "k3y-of-mine", "location": "header", "name": "X-Own"},
        {"token": "k3y-of-mine"},
        {"type": "http_basic", "username": "me", "password": "k3y-of-mine"},
    ):
        with pytest.raises(ResourceExtractionError, match="403") as caught:
            list(_source(api, "closed", client={"auth": auth}))
        assert "k3y-of-mine" not in f"{caught.value} {caught.value.__cause__!r}"


def test_parents_may_yield_frames(api: WebApi) -> None:
    """A table of Arrow, and a frame of pandas."""
    import pandas as pd
    import pyarrow as pa

    api.route(r"/x/(\d)", lambda asked: {"n": int(asked.groups[0])})
    for page in (pa.table({"id": [1, 2]}), pd.DataFrame({"id": [1, 2]})):
        seeds = dlt.resource([page], name="seeds", selected=False)
        rows = list(_source(api, {"name": "x", "endpoint": "x/{resources.seeds.id}"}, seeds))
        assert rows == [{"n": 1}, {"n": 2}]


def test_all_may_stand_in_files(api: WebApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As tables of TOML; the secret beside them in a file of its own."""
    api.route("/.*", lambda asked: [{"path": asked.path, "auth": asked.headers["authorization"], **asked.query}])
    folder = tmp_path / ".dlt"
    folder.mkdir()
    (folder / "config.toml").write_text(
        f"""
        [sources.rest_api.client]
        base_url = "{api.url}"
        auth = {{ type = "http_basic", username = "me" }}
        [sources.rest_api.resource_defaults.endpoint.params]
        size = 2
        [[sources.rest_api.resources]]
        name = "posts"
        [[sources.rest_api.resources]]
        name = "comments"
        endpoint = {{ path = "c", params = {{ sort = "id" }} }}
        """
    )
    (folder / "secrets.toml").write_text('[sources.rest_api.credentials]\npassword = "p4ssword"')
    monkeypatch.chdir(tmp_path)
    auth = "Basic bWU6cDRzc3dvcmQ="
    assert list(rest_api()) == [
        {"path": "/posts", "auth": auth, "size": "2"},
        {"path": "/c", "auth": auth, "size": "2", "sort": "id"},
    ]


def test_an_address_may_be_a_field_of_the_parent(api: WebApi) -> None:
    """Also where the client has no base."""
    api.route("/a", [{"link": f"{api.url}/b?x=1"}])
    api.route("/b", lambda asked: {"x": asked.query["x"]})
    config: Any = {
        "client": {},
        "resources": [
            {"name": "a", "selected": False, "endpoint": f"{api.url}/a"},
            {"name": "b", "endpoint": "{resources.a.link}"},
        ],
    }
    assert list(rest_api_source(config)) == [{"x": "1"}]


def test_a_whole_source_may_be_read_in_threads(api: WebApi) -> None:
    """Parents, children and their cursors."""
    api.route("/posts", _pages(POSTS))
    api.route(r"/posts/(\d)/c", lambda asked: [{"post": int(asked.groups[0]), "n": n} for n in range(3)])
    endpoint = {"path": "posts/{resources.posts.id}/c", "incremental": {"cursor_path": "n", "initial_value": 1}}
    config: Any = {"client": {"base_url": api.url}, "resources": ["posts", {"name": "c", "endpoint": endpoint}]}
    rows = list(rest_api_source(config, parallelized=True).with_resources("c"))
    assert sorted((row["post"], row["n"]) for row in rows) == [(post, n) for post in range(7) for n in (1, 2)]


def test_sources_have_names_and_sections(api: WebApi) -> None:
    """Of their own; so has a source that is called by its name."""
    api.route("/posts", POSTS)
    config: Any = {"client": {"base_url": api.url}, "resources": ["posts"]}
    source = rest_api_source(config, name="blog", section="web", max_table_nesting=0, root_key=True)
    assert (source.name, source.section, source.max_table_nesting, source.root_key) == ("blog", "web", 0, True)
    found = dlt.sources.SourceReference.from_reference("rest_api", source_kwargs=config)
    assert found.name == "rest_api" and len(list(found)) == 7


def test_a_paginator_and_an_authentication_of_the_program(api: WebApi) -> None:
    """By the names under which they were registered; one that overrides what it needs is enough."""
    from dlt.common.configuration import configspec
    from dlt.sources.helpers.rest_client.auth import APIKeyAuth
    from dlt.sources.helpers.rest_client.paginators import BasePaginator
    from dlt.sources.rest_api.config_setup import AUTH_MAP, PAGINATOR_MAP, register_auth, register_paginator

    class Countdown(BasePaginator):
        def __init__(self, start: int) -> None:
            super().__init__()
            self.left = start

        def update_state(self, response: Any, data: Any = None) -> None:
            self.left -= 1
            self._has_next_page = self.left > 0

        def update_request(self, request: Any) -> None:
            request.headers["X-Left"] = str(self.left)

    @configspec
    class Own(APIKeyAuth):
        name: str = "X-Own"

    api.route("/a", lambda asked: [{"left": asked.headers.get("x-left"), "own": asked.headers["x-own"]}])
    register_paginator("countdown", Countdown)
    register_auth("own", Own)
    try:
        client = {"paginator": {"type": "countdown", "start": 3}, "auth": {"type": "own", "api_key": "k3y-of-mine"}}
        found = list(_source(api, "a", client=client))
        assert [row["left"] for row in found] == [None, "2", "1"] and {row["own"] for row in found} == {"k3y-of-mine"}
        with pytest.raises(ValueError, match=r"client\.paginator\.strat: .*did you mean 'start'"):
            _source(api, "a", client={"paginator": {"type": "countdown", "strat": 3}})
    finally:
        del PAGINATOR_MAP["countdown"], AUTH_MAP["own"]


def test_any_authentication_of_requests_will_do(api: WebApi) -> None:
    """Of the client and of an endpoint."""
    from requests.auth import AuthBase, HTTPBasicAuth

    class Own(AuthBase):
        def __call__(self, request: Any) -> Any:
            request.headers["Authorization"] = "Own"
            return request

    api.route("/.*", lambda asked: [{"auth": asked.headers["authorization"]}])
    special = {"name": "b", "endpoint": {"auth": HTTPBasicAuth("u", "p")}}
    found = list(_source(api, "a", special, client={"auth": Own()}))
    assert [row["auth"] for row in found] == ["Own", "Basic dTpw"]


def test_pages_of_children_that_are_changed_do_not_come_twice(api: WebApi) -> None:
    """The number of the first page is found by comparing pages as they came, whatever was put into their rows since."""
    api.route("/posts", POSTS)
    api.route(r"/posts/(\d)/c", _pages([{"n": n} for n in range(5)]))
    child = {"name": "c", "endpoint": "posts/{resources.posts.id}/c", "include_from_parent": ["id"]}
    rows = list(_source(api, {"name": "posts", "selected": False}, child))
    assert [(row["_posts_id"], row["n"]) for row in rows] == [(post, n) for post in range(7) for n in range(5)]


def test_rows_of_a_parent_come_before_those_of_its_children(api: WebApi) -> None:
    """Where a source is read without loading it."""
    api.route("/posts", POSTS[:2])
    api.route(r"/posts/(\d)/c", lambda asked: [{"of": int(asked.groups[0])}])
    found = list(_source(api, "posts", {"name": "c", "endpoint": "posts/{resources.posts.id}/c"}))
    assert found == [*POSTS[:2], {"of": 0}, {"of": 1}]
