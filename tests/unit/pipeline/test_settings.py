"""Names and policies of a pipeline."""

from __future__ import annotations

import json
import re
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import InvalidPipelineName
from dlt.pipeline.settings import RETRIED_STEPS, RetryPolicy, check_name, resolve_settings

LETTERS = string.ascii_letters + string.digits + "_-. "
"""Of names; the last three may not come first."""


@given(st.text(LETTERS, min_size=1, max_size=20) | st.text(max_size=10))
def test_a_name_is_that_of_a_folder(name: str) -> None:
    """What is taken is one segment of a path that nothing hides; what is not is shown."""
    first, rest = name[:1], name[1:]
    if re.match(r"\w", first) and all(re.match(r"[\w.\- ]", letter) for letter in rest):
        assert check_name(name) == name
    else:
        with pytest.raises(InvalidPipelineName, match=re.escape(repr(name))):
            check_name(name)


POLICIES = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 100),
    backoff=st.floats(0, 1e6),
    max_wait=st.floats(0, 1e6),
    steps=st.lists(st.sampled_from(RETRIED_STEPS), unique=True).map(tuple),
)


@given(POLICIES, st.integers(1, 10_000))
def test_waits_double_and_are_never_longer_than_said(policy: RetryPolicy, attempt: int) -> None:
    """Half of a wait at most is left to chance."""
    longest = min(policy.max_wait, policy.backoff * 2.0 ** min(attempt - 1, 64))
    assert longest / 2 <= policy.wait_after(attempt) <= longest


@given(POLICIES)
def test_a_policy_may_be_written_in_three_ways(policy: RetryPolicy) -> None:
    """As itself, as a dict, and as the JSON that a variable holds."""
    fields = {**vars(policy), "steps": list(policy.steps)}
    for given_policy in (policy, fields, json.dumps(fields)):
        assert resolve_settings({"pipeline_name": "p", "retry": given_policy}).retry == policy


@pytest.mark.parametrize(("value", "attempts"), [(3, 3), ("3", 3), ({"attempts": 3}, 3), ({}, 1)])
def test_a_number_is_one_of_attempts(value: Any, attempts: int) -> None:
    """All the rest has its default."""
    assert resolve_settings({"pipeline_name": "p", "retry": value}).retry == RetryPolicy(attempts)


@pytest.mark.parametrize(
    "value",
    [0, -1, True, "many", {"attempts": 1.5}, {"tries": 3}, {"steps": ["sleep"]}, {"backoff": -1}, {"max_wait": "long"}],
)
def test_what_is_no_policy_is_named(value: Any) -> None:
    """The error shows the pipeline and the value."""
    with pytest.raises(ValueError, match=r"pipeline p: retry=") as caught:
        resolve_settings({"pipeline_name": "p", "retry": value})
    assert repr(value) in str(caught.value)
