"""What one step hands to the next, as JSON between processes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import SpecInvalid
from dlt.tasks.spec import Spec
from dlt.tasks.token import VERSION, PackageRef, Token

NAMES = st.text("abc019_-", min_size=1, max_size=8)
COUNTS = st.integers(0, 1 << 40)
PACKAGES = st.builds(
    PackageRef,
    load_id=NAMES,
    schema_name=NAMES,
    nonce=NAMES,
    rows=st.dictionaries(NAMES, COUNTS, max_size=3),
    digest=st.none() | st.text("0123456789abcdef", min_size=64, max_size=64),
    bytes=COUNTS,
)
TOKENS = st.builds(
    Token,
    spec=st.just(Spec(source="m:s", pipeline="m:p")),
    pipeline_name=st.just("shop"),
    run_id=st.text(max_size=8),
    chunk=NAMES,
    stage=st.sampled_from(["extracted", "normalized"]),
    packages=st.lists(PACKAGES, max_size=3).map(tuple),
    state_version=COUNTS,
    attempt=st.integers(1, 9),
    default_schema_name=st.none() | NAMES,
    window=st.none() | st.just(("2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00")),
    made_from=st.lists(NAMES, max_size=2).map(tuple),
    changes=st.lists(st.tuples(NAMES, NAMES, NAMES), max_size=2).map(tuple),
    generation=COUNTS,
    revision=COUNTS,
    withheld=st.lists(NAMES, max_size=2).map(tuple),
)


@given(TOKENS)
def test_a_token_is_the_same_after_it_travelled(token: Token) -> None:
    """It goes through JSON and comes back."""
    assert Token.from_dict(json.loads(json.dumps(token.to_dict()))) == token


@given(TOKENS)
def test_rows_are_those_of_all_packages(token: Token) -> None:
    """Rows of one table in several packages are added."""
    assert sum(token.rows.values()) == sum(sum(package.rows.values()) for package in token.packages)
    assert set(token.rows) == {table for package in token.packages for table in package.rows}


GOOD: dict[str, Any] = Token(
    Spec(source="m:s"), "shop", "run", "", "extracted", (PackageRef("1", "shop", "n"),)
).to_dict()


def test_a_token_of_the_first_version_is_read() -> None:
    """What it did not know has its default."""
    old = {key: value for key, value in GOOD.items() if key not in ("revision", "withheld", "made_from", "changes")}
    found = Token.from_dict({**old, "version": 1})
    assert (found.revision, found.withheld, found.made_from, found.changes) == (0, (), (), ())


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
