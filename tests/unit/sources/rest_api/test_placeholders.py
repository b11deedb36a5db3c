"""Placeholders in texts and documents."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.sources.rest_api.exceptions import RestApiConfigurationError
from dlt.sources.rest_api.placeholders import (
    bind_template,
    checked_placeholders,
    expand_placeholders,
    find_expressions,
    find_placeholders,
)

VALUES = {"id": 7, "resources.posts.id": 3, "none": None, "list": [1, 2]}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("posts/{id}", "posts/7"),
        ("posts/{resources.posts.id}/{id}", "posts/3/7"),
        ("{id:>3}|{id!r}", "  7|7"),
        ("{{id}} {{{id}}}", "{id} {7}"),
        ("no braces", "no braces"),
        ({"{id}": ["{id}", ("{{a}}", "b")], "n": 1}, {"7": ["7", ("{a}", "b")], "n": 1}),
        (None, None),
    ],
)
def test_values_stand_in_place_of_placeholders(template: Any, expected: Any) -> None:
    """A text becomes a text, a document a document of texts, and doubled braces one."""
    assert expand_placeholders(template, VALUES) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [("{id}", 7), ("{list}", [1, 2]), ("{none}", None), ("x{id}", "x7"), ("{id}{id}", "77"), ({"a": "{id}"}, {"a": 7})],
)
def test_a_text_that_is_one_placeholder_may_become_the_value(template: Any, expected: Any) -> None:
    """Numbers in bodies of JSON stay numbers."""
    assert expand_placeholders(template, VALUES, preserve_value_type=True) == expected


def test_a_placeholder_without_value_is_an_error() -> None:
    """Nothing is asked of an API with half a path."""
    with pytest.raises(KeyError, match="unknown"):
        expand_placeholders("a/{unknown.x}", VALUES)


def test_names_are_found_wherever_texts_are() -> None:
    """In keys and values, in lists and tuples; doubled braces are none."""
    document = {"{a}": ["{b.c}", ("{{no}}", {"x": "{d:>3}"})]}
    assert find_placeholders(document) == {"a", "b.c", "d"}
    assert find_expressions(document, ["b."]) == {"b.c"}


@pytest.mark.parametrize("text", ["{", "}", "a}b", "{a", "{a}}"])
def test_a_lone_brace_names_its_place(text: str) -> None:
    """The message says where it is, and to double it."""
    with pytest.raises(RestApiConfigurationError, match=r"rest_api\.x\.json: .*\{\{ or \}\}"):
        checked_placeholders({"q": text}, "rest_api.x.json")


def test_some_placeholders_are_bound_and_others_stay() -> None:
    """What is doubled stays doubled, as the text is filled once more later."""
    bound = bind_template("{org}/{{x}}/{id:>3}/{resources.a.b}", {"org": "me/{resources.a.c}"})
    assert bound == "me/{resources.a.c}/{{x}}/{id:>3}/{resources.a.b}"


@given(st.text(alphabet="ab{}/"), st.integers())
def test_doubled_braces_come_back_as_they_were(text: str, value: int) -> None:
    """Whatever a text is, doubling its braces protects it, also through binding."""
    doubled = text.replace("{", "{{").replace("}", "}}")
    assert expand_placeholders(doubled, {}) == text
    template = bind_template(doubled + "{id}{other}", {"id": value})
    assert expand_placeholders(template, {"other": 1}) == f"{text}{value}1"
