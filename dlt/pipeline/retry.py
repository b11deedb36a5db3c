"""Run a step again after an error that may pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from dlt import user_log
from dlt.errors import PipelineStepFailed, may_pass
from dlt.pipeline.settings import RetryPolicy

Result = TypeVar("Result")


def with_retry(
    policy: RetryPolicy,
    step: str,
    call: Callable[[], Result],
    again: Callable[[PipelineStepFailed], None] | None = None,
) -> Result:
    """Return what `call` returns; transient failures are tried again as the policy says.

    Args:
        policy: How often, and how long to wait.
        step: Name of the step.
        call: Runs the step; it leaves nothing behind when it fails.
        again: Told of each failure after which the step runs again.
    """
    attempts = policy.attempts if step in policy.steps else 1
    for attempt in range(1, attempts + 1):
        try:
            return call()
        except PipelineStepFailed as error:
            if attempt == attempts or not may_pass(error):
                raise
            # the step left nothing behind, so there is nothing to mend before it runs again
            wait = policy.wait_after(attempt)
            user_log.error(f"{step} attempt {attempt} of {attempts} failed and runs again in {wait:.1f} s: {error}")
            if again is not None:
                again(error)
            time.sleep(wait)
    raise AssertionError("attempts is at least 1")
