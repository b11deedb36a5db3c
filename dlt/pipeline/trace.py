"""The trace of a run: made while it runs, kept in the working folder."""

from __future__ import annotations

import datetime
import sys
import traceback
from typing import Any

from dlt.clock import utc_now
from dlt.ids import random_id
from dlt.info import PipelineStepTrace, PipelineTrace
from dlt.pipeline.stored_info import restored
from dlt.redact import redact


def start_trace(pipeline_name: str) -> PipelineTrace:
    """Return the trace of a run that begins now."""
    context = {"python": sys.version.split()[0], "os": sys.platform, "library": {"name": "dlt-tasks"}}
    return PipelineTrace(random_id(), pipeline_name, context, utc_now(), [])


MOST_ERRORS, MOST_FRAMES = 20, 50
"""Of a chain of errors, and of the last calls of each, what a trace keeps."""


def end_step(
    trace: PipelineTrace, step: str, started_at: datetime.datetime, info: Any, error: BaseException | None
) -> PipelineTrace:
    """Return the trace with one more step."""
    entry = PipelineStepTrace(
        random_id(),
        step,
        started_at,
        utc_now(),
        info,
        redact(f"{type(error).__name__}: {error}") if error is not None else None,
        _chain(error) if error is not None else [],
    )
    trace.steps.append(entry)
    return trace._replace(finished_at=utc_now())


def _chain(error: BaseException | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    seen: set[int] = set()
    # errors may be causes of each other
    while error is not None and id(error) not in seen and len(found) < MOST_ERRORS:
        seen.add(id(error))
        found.append(
            {
                "exception_type": f"{type(error).__module__}.{type(error).__qualname__}",
                "message": redact(str(error)),
                # lines of the program are shown in it
                "stack_trace": [redact(line.strip()) for line in _frames(error)],
            }
        )
        error = error.__cause__ or error.__context__
    return found


def _frames(error: BaseException) -> list[str]:
    return traceback.format_tb(error.__traceback__, -MOST_FRAMES)


def restore_trace(stored: dict[str, Any]) -> PipelineTrace:
    """Return a trace from what `PipelineTrace.asdict` stored."""

    def moment(text: str | None) -> datetime.datetime | None:
        return datetime.datetime.fromisoformat(text) if text else None

    steps = [
        PipelineStepTrace(
            step["span_id"],
            step["step"],
            moment(step["started_at"]) or utc_now(),
            moment(step.get("finished_at")),
            restored(step["step"], step["step_info"]) if step.get("step_info") else None,
            step.get("step_exception"),
            step.get("exception_traces"),
        )
        for step in stored["steps"]
    ]
    return PipelineTrace(
        stored["transaction_id"],
        stored["pipeline_name"],
        stored["execution_context"],
        moment(stored["started_at"]) or utc_now(),
        steps,
        moment(stored.get("finished_at")),
    )
