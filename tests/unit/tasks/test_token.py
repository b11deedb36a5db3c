"""Tokens and specs travel as JSON, and come back as they were."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import SpecInvalid
from dlt.tasks import Spec, Token
from dlt.tasks.token import VERSION, PackageRef

TEXT = st.text(max_size=5)
NAME = st.text("abc123._-", max_size=5).map("n".__add__)
SIZE = st.integers(0, 2**53)
JSON = st.recursive(
    st.none() | st.booleans() | SIZE | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
ARGUMENTS = st.dictionaries(st.sampled_from(["first", "second"]), JSON, max_size=2)
SPECS = st.builds(Spec, st.none() | TEXT, st.just("a:b"), ARGUMENTS, ARGUMENTS, st.lists(TEXT, max_size=2).map(tuple))
PACKAGES = st.builds(PackageRef, NAME, TEXT, NAME, st.dictionaries(TEXT, SIZE, max_size=2), st.none() | NAME, SIZE)
TOKENS = st.builds(
    Token,
    SPECS,
    st.just("shop"),
    TEXT,
    TEXT,
    st.sampled_from(["extracted", "normalized"]),
    st.lists(PACKAGES, max_size=2).map(tuple),
    SIZE,
    SIZE,
    st.none() | TEXT,
    st.none() | st.tuples(TEXT, TEXT),
    st.lists(TEXT, max_size=2).map(tuple),
    st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=2).map(tuple),
    SIZE,
    SIZE,
    st.lists(TEXT, max_size=2).map(tuple),
    st.dictionaries(TEXT.map("later_".__add__), JSON, max_size=1),
)


@given(TOKENS)
def test_a_token_comes_back_as_it_was(token: Token) -> None:
    """Also with keys that a later release gave it; it says its version."""
    found = json.loads(json.dumps(token.to_dict()))
    assert Token.from_dict(found) == token
    assert found["version"] == VERSION


@given(TOKENS, st.data())
def test_a_token_that_was_changed_is_told_so(token: Token, data: Any) -> None:
    """Whatever key has whatever value, or is gone: never another error than the one that says what to do."""
    found = token.to_dict()
    key = data.draw(st.sampled_from(sorted(found)))
    found[key] = data.draw(JSON | st.just([[]]) | st.just([{"load_id": 1}]))
    if data.draw(st.booleans()):
        del found[key]
    try:
        Token.from_dict(found)
    except SpecInvalid as error:
        told = str(error)
    else:
        return
    assert "Pass" in told or "Use one version" in told or "Its keys" in told


def test_a_token_of_version_1_is_read() -> None:
    """Version 1 had no revision, and withheld nothing."""
    values = Token(Spec("a:b"), "shop", "r", "", "extracted", ()).to_dict()
    for key in ("revision", "withheld"):
        del values[key]
    found = Token.from_dict({**values, "version": 1})
    assert (found.revision, found.withheld) == (0, ())
    with pytest.raises(SpecInvalid, match="version 3 was made by another version"):
        Token.from_dict({**values, "version": 3})


@given(TOKENS)
def test_rows_are_those_of_all_packages(token: Token) -> None:
    """Rows of one table in several packages are added."""
    assert sum(token.rows.values()) == sum(sum(package.rows.values()) for package in token.packages)
    assert set(token.rows) == {table for package in token.packages for table in package.rows}


GOOD: dict[str, Any] = Token(
    Spec(source="m:s"), "shop", "run", "", "extracted", (PackageRef("1", "shop", "n"),)
).to_dict()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": VERSION + 1}, "was made by another version of the library"),
        ({"stage": "loaded"}, "it is not whole .*stage"),
        ({"attempt": "1"}, "it is not whole .*attempt"),
        ({"chunk": None}, "it is not whole .*chunk"),
        ({"pipeline_name": "../up"}, "is not a pipeline name"),
        ({"packages": [{"load_id": "../up", "schema_name": "s", "nonce": "n"}]}, "load_id of a package is '../up'"),
        ({"packages": [{"load_id": "1"}]}, "it is not whole"),
        ({"packages": 5}, "it is not whole"),
    ],
)
def test_a_token_that_is_not_whole_is_refused(change: dict[str, Any], message: str) -> None:
    """The error names the run and what is wrong with it; no name in it leads out of a folder."""
    with pytest.raises(Exception, match=message):
        Token.from_dict({**GOOD, **change})


@pytest.mark.parametrize("value", [None, 5, "text", [], {}, {"password": "hidden"}])
def test_what_is_no_token_is_refused_without_its_values(value: Any) -> None:
    """It may hold secrets."""
    with pytest.raises(SpecInvalid, match="is not a token") as caught:
        Token.from_dict(value)
    assert "hidden" not in str(caught.value)
