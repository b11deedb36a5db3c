"""A wrong configuration is told when the source is made: where it is wrong, and what is allowed there."""

from __future__ import annotations

from typing import Any

import pytest

import dlt
from dlt.common.exceptions import DictValidationException
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator, SinglePagePaginator
from dlt.sources.rest_api import rest_api_resources, rest_api_source

CLIENT = {"base_url": "https://api.example.com"}


def _endpoint(**endpoint: Any) -> dict[str, Any]:
    return {"client": CLIENT, "resources": ["posts", {"name": "x", "endpoint": {"path": "x", **endpoint}}]}


def _resource(**resource: Any) -> dict[str, Any]:
    return {"client": CLIENT, "resources": [{"name": "x"} | resource]}


WRONG = [
    ({"resources": []}, r"rest_api\.client is missing"),
    ({"client": CLIENT}, r"rest_api\.resources is missing"),
    ([], r"rest_api: found list, and there must be a dict"),
    ({"client": CLIENT, "resources": {}}, r"rest_api\.resources: found dict"),
    ({"client": CLIENT, "resources": [1]}, r"rest_api\.resources\[0\]: found int"),
    ({"client": CLIENT, "resources": [{}]}, r"rest_api\.resources\[0\]\.name is missing"),
    ({"client": CLIENT, "resources": [], "resource": 1}, r"rest_api\.resource: .*did you mean 'resources'"),
    ({"client": {"baseurl": "x"}, "resources": []}, r"rest_api\.client\.baseurl: .*did you mean 'base_url'.*Allowed:"),
    ({"client": {"base_url": 1}, "resources": []}, r"rest_api\.client\.base_url: found int, .* text"),
    ({"client": {"base_url": "api.example.com"}, "resources": []}, r"base_url: .*https://"),
    ({"client": {}, "resources": ["a"]}, r"rest_api\.client\.base_url is missing"),
    (
        {"client": {**CLIENT, "paginator": "json_lnk"}, "resources": []},
        r"client\.paginator\.type: 'json_lnk' .*did you mean 'json_link'.*Allowed: auto",
    ),
    (
        {"client": {**CLIENT, "paginator": {"next_url_path": "n"}}, "resources": []},
        r"client\.paginator\.type is missing",
    ),
    (
        {"client": {**CLIENT, "paginator": {"type": "json_link", "next_url": "n"}}, "resources": []},
        r"client\.paginator\.next_url: .*did you mean 'next_url_path'",
    ),
    (
        {"client": {**CLIENT, "paginator": {"type": "offset"}}, "resources": []},
        r"client\.paginator: .*'offset' needs 'limit'",
    ),
    (
        {"client": {**CLIENT, "paginator": JSONLinkPaginator}, "resources": []},
        r"the class JSONLinkPaginator.*JSONLinkPaginator\(\.\.\.\)",
    ),
    (
        {"client": {**CLIENT, "auth": "baerer"}, "resources": []},
        r"client\.auth\.type: 'baerer' .*did you mean 'bearer'",
    ),
    (
        {"client": {**CLIENT, "auth": {"type": "bearer", "tokn": "x"}}, "resources": []},
        r"client\.auth\.tokn: .*did you mean 'token'",
    ),
    ({"client": {**CLIENT, "auth": BearerTokenAuth}, "resources": []}, r"the class BearerTokenAuth"),
    ({"client": {**CLIENT, "auth": 1}, "resources": []}, r"client\.auth: found an object of int"),
    ({"client": {**CLIENT, "session": "x"}, "resources": []}, r"client\.session: found str, .*Session"),
    ({"client": {**CLIENT, "rate_limit": 0}, "resources": []}, r"client\.rate_limit: found 0, .*above zero"),
    ({"client": {**CLIENT, "parallel_pages": -1}, "resources": []}, r"client\.parallel_pages: found -1"),
    ({"client": {**CLIENT, "paginator": {"type": []}}, "resources": []}, r"client\.paginator\.type: \[\] is not known"),
    ({"client": {**CLIENT, "auth": {"token": {}}}, "resources": []}, r"client\.auth: token: a value of type dict"),
    (_resource(name=lambda arguments: arguments, endpoint="x"), r"resources\[0\]\.name: the function gave dict"),
    (_resource(params={}), r"resources\[0\]\.params: .*'params' goes into 'endpoint'"),
    (_resource(endpoint={"primary_key": "id"}), r"endpoint\.primary_key: .*goes beside 'endpoint'"),
    (_resource(endpoint=1), r"resources\[0\]\.endpoint: found int"),
    (_resource(selected="yes"), r"resources\[0\]\.selected: found str, .*True or False"),
    (_resource(max_table_nesting="1"), r"max_table_nesting: found str, .*a whole number"),
    (_resource(write_disposition="upsert"), r"resources\[0\]: .*upsert"),
    (_resource(processing_steps=[{"filtr": print}]), r"processing_steps\[0\]\.filtr: .*did you mean 'filter'"),
    (_resource(processing_steps=[{"filter": print, "map": print}]), r"processing_steps\[0\] has 2 keys"),
    (_resource(processing_steps=[{"map": 1}]), r"processing_steps\[0\]\.map: found int"),
    (_resource(processing_steps={"map": print}), r"processing_steps: found dict"),
    (_resource(include_from_parent=["id"]), r"resources\[0\]\.include_from_parent: .*no parent"),
    (_resource(include_from_parent="id"), r"include_from_parent: found str, .*a list"),
    (_endpoint(method="GETS"), r"resources\[1\]\.endpoint\.method: 'GETS' .*did you mean 'GET'"),
    (_endpoint(params=[1]), r"endpoint\.params: found list"),
    (
        _endpoint(params={"since": {"type": "incremntal"}}),
        r"rest_api\.resources\[1\]\.endpoint\.params\.since\.type: 'incremntal' .*mean 'incremental'.*Allowed: ",
    ),
    (_endpoint(params={"since": {"cursor_path": "a"}}), r"params\.since\.type is missing"),
    (_endpoint(params={"since": {"type": "incremental"}}), r"params\.since\.cursor_path is missing"),
    (
        _endpoint(params={"since": {"type": "incremental", "cursor_path": "a", "end_value": 1}}),
        r"params\.since\.end_value: .*incremental\.end_value",
    ),
    (_endpoint(params={"id": {"type": "resolve", "resource": "posts"}}), r"params\.id\.field is missing"),
    (_endpoint(params={"id": {"type": "resolve", "resource": "posts", "field": "a["}}), r"params\.id\.field: "),
    (_endpoint(params={"id": {"type": "resolve", "resource": "posts", "field": "id"}}), r"params\.id: nothing uses it"),
    (
        _endpoint(path="x/{id}", params={"id": {"type": "resolve", "resource": "post", "field": "id"}}),
        r"resources\[1\]\.endpoint\.params\.id\.resource: .*'post'.*did you mean 'posts'\? There are: posts, x",
    ),
    (_endpoint(json=["{resources.post.id}"]), r"resources\[1\]\.endpoint\.json: .*'post'"),
    (_endpoint(path="x/{id}"), r"resources\[1\]\.endpoint\.path: .*'id', which is none of 'params'"),
    (
        _endpoint(path="x/{id}", params={"id": {"type": "incremental", "cursor_path": "a"}}),
        r"params\.id: .*incremental\.start_value",
    ),
    (
        _endpoint(params={"a": "{reosurces.posts.id}"}),
        r"endpoint\.params: .*\{reosurces\.posts\.id\}.*Allowed: \{resources",
    ),
    (_endpoint(json={"a": ["{incremental.start_value}"]}), r"endpoint\.json: .*no 'incremental'"),
    (_endpoint(headers={"X": "{resources.posts}"}), r"\{resources\.posts\} names no field"),
    (_endpoint(data='{"a": 1}'), r"endpoint\.data: .*doubled"),
    (_endpoint(json={}, data="x"), r"resources\[1\]\.endpoint has both 'json' and 'data'"),
    (_endpoint(data_selector=""), r"endpoint\.data_selector: found str"),
    (_endpoint(data_selector="a[["), r"endpoint\.data_selector: "),
    (_endpoint(incremental={}), r"endpoint\.incremental\.cursor_path is missing"),
    (
        _endpoint(incremental={"cursor_path": "a", "row_order": "up"}),
        r"incremental\.row_order: 'up' is not known.*asc, desc",
    ),
    (_endpoint(incremental={"cursor_path": "a", "lag": "1"}), r"incremental\.lag: found str, .*a number"),
    (_endpoint(incremental={"cursor_path": "a", "convert": 1}), r"incremental\.convert: found int, .*a function"),
    (
        _endpoint(incremental={"cursor_path": "a"}, params={"b": {"type": "incremental", "cursor_path": "b"}}),
        r"one cursor, and here are several: params\.b, incremental",
    ),
    (_endpoint(response_actions={"status_code": 404}), r"response_actions: found dict"),
    (
        _endpoint(response_actions=[{"status_code": 404, "action": "ingore"}]),
        r"response_actions\[0\]\.action: 'ingore' .*did you mean 'ignore'",
    ),
    (_endpoint(response_actions=[{"status_code": 404}]), r"response_actions\[0\]\.action is missing"),
    (_endpoint(response_actions=[{"action": "ignore"}]), r"response_actions\[0\] has neither"),
    (_endpoint(path="a/{resources.posts.id}/{resources.x.id}"), r"several parents"),
    ({"client": CLIENT, "resources": ["a", "a"]}, r"resources\[1\]\.name: .*'a' already, at rest_api\.resources\[0\]"),
    (
        {
            "client": CLIENT,
            "resources": [
                {"name": "a", "endpoint": "a/{resources.b.id}"},
                {"name": "b", "endpoint": "b/{resources.a.id}"},
            ],
        },
        r"in a circle: (a -> b -> a|b -> a -> b)",
    ),
    (
        {"client": CLIENT, "resources": ["a"], "resource_defaults": {"endpoint": {"parms": {}}}},
        r"resource_defaults\.endpoint\.parms: .*did you mean 'params'",
    ),
]


@pytest.mark.parametrize(("config", "message"), WRONG)
def test_a_wrong_configuration_names_place_and_remedy(config: Any, message: str) -> None:
    """At once, before anything is asked of the API; it is both errors that programs catch."""
    with pytest.raises(DictValidationException, match=message) as caught:
        rest_api_source(config)
    assert isinstance(caught.value, ValueError)


def test_secrets_of_a_wrong_configuration_are_not_shown() -> None:
    """Neither in the message nor in its attributes."""
    auth = {"type": "bearer", "location": "x", "token": "s3cret-of-mine"}
    config: Any = {"client": {**CLIENT, "auth": auth}, "resources": []}
    with pytest.raises(DictValidationException) as caught:
        rest_api_source(config)
    assert "s3cret-of-mine" not in f"{caught.value} {caught.value.attrs()}"


@dlt.resource(selected=False)
def seeds() -> Any:
    """Yield parents that come from no endpoint."""
    yield [{"id": 1}]


RIGHT = [
    {"client": CLIENT, "resources": ["posts", {"name": "c", "endpoint": "posts/{resources.posts.id}/c"}]},
    {"client": CLIENT, "resources": [{"name": "c", "endpoint": "s/{resources.seeds.id}"}, seeds()]},
    {"client": {}, "resources": [{"name": "a", "endpoint": "https://x.example.com/a"}]},
    {
        "client": {**CLIENT, "paginator": SinglePagePaginator(), "auth": {"token": "T"}, "headers": None},
        "resources": [],
    },
    {
        "client": {**CLIENT, "paginator": {"type": "auto"}, "auth": None},
        "resources": ["a/b"],
        "resource_defaults": None,
    },
    _resource(columns=[{"name": "a", "data_type": "text"}], table_name=lambda row: row["t"], endpoint=None),
    _endpoint(params={"since": dlt.sources.incremental("id"), "list": [1, 2]}, paginator=None, data_selector="$"),
    _endpoint(incremental=dlt.sources.incremental("id"), params={"a": "{incremental.start_value}"}),
]


@pytest.mark.parametrize("config", RIGHT)
def test_a_configuration_stays_as_it_is(config: Any) -> None:
    """The program may make several sources of it."""
    # resources and cursors compare by identity, so the dicts alone are copied
    before = _copied(config)
    rest_api_source(config)
    assert config == before


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def test_parents_come_before_their_children() -> None:
    """Whatever the order in which they are written."""
    children = [{"name": "c", "endpoint": "{resources.b.id}"}, {"name": "b", "endpoint": "{resources.a.id}"}]
    config: Any = {"client": CLIENT, "resources": [*children, "a"]}
    assert [resource.name for resource in rest_api_resources(config)] == ["a", "b", "c"]
