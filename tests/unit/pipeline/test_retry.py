"""A step that failed runs again where the error may pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import PipelineStepFailed, TerminalException, TransientException, may_pass
from dlt.pipeline.retry import with_retry
from dlt.pipeline.settings import RetryPolicy


class Passing(TransientException):
    """What may pass."""


class Lasting(TerminalException):
    """What will not."""


def failed(cause: Exception) -> PipelineStepFailed:
    """Return the error of a step with a cause."""
    error = PipelineStepFailed("the step failed", step="load")
    error.__cause__ = cause
    return error


def failing(times: int, cause: Exception) -> tuple[Callable[[], str], list[int]]:
    """Return a step that fails so often, and what counts its calls."""
    calls: list[int] = []

    def step() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise failed(cause)
        return "done"

    return step, calls


@given(st.integers(1, 6), st.integers(0, 8), st.booleans())
def test_a_step_runs_as_often_as_the_policy_says(attempts: int, failures: int, passes: bool) -> None:
    """It ends with the first success, with an error that stays, or with the last attempt."""
    policy = RetryPolicy(attempts, backoff=0)
    step, calls = failing(failures, Passing("x") if passes else Lasting("x"))
    if failures == 0 or (passes and failures < attempts):
        assert with_retry(policy, "load", step) == "done"
        assert len(calls) == failures + 1
    else:
        with pytest.raises(PipelineStepFailed):
            with_retry(policy, "load", step)
        assert len(calls) == (attempts if passes else 1)


def test_steps_that_the_policy_does_not_name_run_once() -> None:
    """Whatever went wrong."""
    step, calls = failing(1, Passing("x"))
    with pytest.raises(PipelineStepFailed):
        with_retry(RetryPolicy(5, steps=("extract",)), "load", step)
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (Passing("x"), True),
        (Lasting("x"), False),
        (ConnectionResetError("x"), True),
        (TimeoutError("x"), True),
        (ValueError("x"), False),
        (failed(Passing("x")), True),
    ],
)
def test_an_error_is_what_its_causes_are(cause: Exception, expected: bool) -> None:
    """The cause may be deep down."""
    assert may_pass(failed(cause)) is expected
    assert not may_pass(None)
