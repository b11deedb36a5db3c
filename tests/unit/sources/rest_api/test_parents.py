"""What a child takes of its parent's items arrives as it is, whatever signs it has."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from dlt.sources.rest_api import rest_api_source
from tests.unit.sources.rest_api.conftest import WebApi


def _asked(api: WebApi, path: str, values: list[str]) -> list[tuple[str, Any]]:
    """Return path and parameters with which a child asked, for parents with these values."""
    api.route(".*", [])
    api.route("/parents", [{"v": value} for value in values])
    parent: Any = {"name": "parents", "selected": False}
    list(rest_api_source({"client": {"base_url": api.url}, "resources": [parent, {"name": "c", "endpoint": path}]}))
    return [(asked.path, dict(asked.query)) for asked in api.asked("(?!/parents).*")]


def test_a_sign_that_would_end_the_path_is_asked_for(api: WebApi) -> None:
    """A slash leads further, as in names of repositories, and what is written in percent signs stays so."""
    values = ["C#", "why?", "a?b=c", "a/b", "50%", "a%2Fb", "a b"]
    found = ["C%23", "why%3F", "a%3Fb=c", "a/b", "50%25", "a%2Fb", "a%20b"]
    assert _asked(api, "of/{resources.parents.v}/child", values) == [(f"/of/{value}/child", {}) for value in found]


def test_a_link_may_bring_parameters_along(api: WebApi) -> None:
    """Where nothing but the link ends the path; other signs at its end are asked for."""
    assert _asked(api, "v1/{resources.parents.v}", ["a?lang=en&x=1", "why?", "C#"]) == [
        ("/v1/a", {"lang": "en", "x": "1"}),
        ("/v1/why%3F", {}),
        ("/v1/C%23", {}),
    ]
    assert _asked(api, "{resources.parents.v}", [f"{api.url}/whole?q=why%3F#part", "b#c"])[3:] == [
        ("/whole", {"q": "why?"}),
        ("/b%23c", {}),
    ]


def test_a_value_in_the_query_of_a_path_stays_one_value(api: WebApi) -> None:
    """Also with the signs between parameters, and the one before the zone of a moment."""
    values = ["R&D", "C#", "2024-01-01T00:00:00+02:00", "a=1&b=2"]
    assert [query for _, query in _asked(api, "find?q={resources.parents.v}&z=1", values)] == [
        {"q": "R&D", "z": "1"},
        {"q": "C#", "z": "1"},
        {"q": "2024-01-01T00:00:00+02:00", "z": "1"},
        {"q": "a=1", "b": "2", "z": "1"},
    ]


def test_a_field_of_the_child_that_the_parent_overwrites_is_told_once(
    api: WebApi, caplog: pytest.LogCaptureFixture
) -> None:
    """The name of a field of the parent is the parent's, as in PyPI dlt 1.x."""
    api.route("/posts", [{"id": 1}, {"id": 2}])
    api.route("/posts/./notes", [{"id": 7, "_posts_id": "mine"}])
    child: Any = {"name": "notes", "endpoint": "posts/{resources.posts.id}/notes", "include_from_parent": ["id"]}
    parent: Any = {"name": "posts", "selected": False}
    with caplog.at_level(logging.WARNING, "dlt"):
        rows = list(rest_api_source({"client": {"base_url": api.url}, "resources": [parent, child]}))
    assert [row["_posts_id"] for row in rows] == [1, 2]
    assert [record.getMessage() for record in caplog.records if "_posts_id" in record.getMessage()] == [
        "'posts/{resources.posts.id}/notes': rows have _posts_id already, and the field of the parent took its place. "
        "Rename it among the processing steps of the parent to keep both."
    ]
