"""Which run a task belongs to, in all its tries: what makes a retry find its own work."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from prefect.context import FlowRunContext, TaskRunContext

from dlt.orchestrate import Spec, StepContext, Window

# tries of one task run, and rounds of one flow run, that can be told apart
_TRIES, _ROUNDS = 100, 100


def run_id(flow_run_id: Any, spec: Spec, window: Window | None, parts: Sequence[Mapping[str, Any]] | None) -> str:
    """Return the id of a run: the flow run, and what it loads.

    One flow run may load several things; each has load ids of its own.

    Args:
        flow_run_id: Id of the flow run.
        spec: The whole of what is loaded, before it was parted.
        window: Time that is loaded.
        parts: The parts of a fan-out, or None.
    """
    what = {**spec.to_dict(), "handoff": None, "work_dir": None}
    times = window.to_list() if window is not None else None
    text = json.dumps([what, times, list(parts) if parts is not None else None], sort_keys=True, default=str)
    return f"{flow_run_id}.{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def flow_run() -> Any:
    """Return the flow run at work, or None outside of flows."""
    context = FlowRunContext.get()
    return context.flow_run if context is not None else None


def flow_run_id() -> str:
    """Return the id of the flow run, or of the task run where there is no flow."""
    task = TaskRunContext.get()
    if task is not None:
        return str(task.task_run.flow_run_id or task.task_run.id)
    run = flow_run()
    return str(run.id) if run is not None else ""


def step_context(run: str, chunk: str, window: Window | None, round_: int, progress: Any) -> StepContext:
    """Return the context of a step for the task run at work.

    Args:
        run: Id of the run.
        chunk: Name of the part.
        window: Time that is loaded.
        round_: How often the flow began again, because another run came first.
        progress: A collector.
    """
    task = TaskRunContext.get()
    flow = flow_run()
    tries = task.task_run.run_count if task is not None else 1
    # a crashed flow run that was rescheduled makes new task runs, and those count from one
    flows = task.task_run.flow_run_run_count if task is not None else 1
    attempt = (max(flows, 1) * _ROUNDS + round_) * _TRIES + max(tries, 1)
    moment = getattr(flow, "expected_start_time", None)
    return StepContext(run, chunk, attempt, moment, window, generation=round_, progress=progress)


def last_try() -> bool:
    """Tell whether the task run at work has no retries left."""
    task = TaskRunContext.get()
    return task is None or task.task_run.run_count > (task.task.retries or 0)


def pipeline_label(spec: Spec) -> str:
    """Return the name of a pipeline, or of its factory where nobody knows more before it runs."""
    name = spec.pipeline.get("pipeline_name") if isinstance(spec.pipeline, Mapping) else None
    return str(name or spec.pipeline_args.get("pipeline_name") or str(spec.pipeline).rpartition(":")[2] or "pipeline")
