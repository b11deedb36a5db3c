"""Which run a task belongs to, in all its tries: what makes a retry find its own work."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.context import FlowRunContext, TaskRunContext
from prefect.exceptions import ObjectNotFound

from dlt.tasks import Spec, StepContext, Window

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

    from dlt.progress import Collector

# tries of one task run, and rounds of one flow run, that can be told apart
_TRIES, _ROUNDS = 100, 100


def run_id(flow_run_id: str, spec: Spec, window: Window | None, parts: Sequence[Mapping[str, object]] | None) -> str:
    """Return the id of a run: the flow run, and what it loads.

    One flow run may load several things; each has load ids of its own.

    Args:
        flow_run_id: Id of the flow run.
        spec: The whole of what is loaded, before it was parted.
        window: Time that is loaded.
        parts: The parts of a fan-out, or None.
    """
    what = {**spec.to_dict(), "handoff": None, "work_dir": None}
    # how a run is loaded once more is no part of what it is
    what.pop("reprocess")
    times = window.to_list() if window is not None else None
    # where packages travel is no part of what a run is either: workers may be given another place
    text = json.dumps([what, times, list(parts) if parts is not None else None], sort_keys=True, default=str)
    return f"{flow_run_id}.{hashlib.sha256(text.encode()).hexdigest()[:12]}"


@lru_cache(maxsize=64)
def completions(flow_run_id: str, run_count: int) -> int:
    """Return how often a flow run was completed before it ran this time: each further run is a wish to load again.

    A run that crashed or failed and goes on was not completed, and finds the work that it had done.

    Args:
        flow_run_id: Id of the flow run.
        run_count: How often it ran; it tells one answer from the next.
    """
    # a first run needs no question to the server
    if run_count < 2:
        return 0
    with get_client(sync_client=True) as client:
        try:
            states = client.read_flow_run_states(UUID(flow_run_id))
        except (ObjectNotFound, ValueError):
            return 0
    return sum(state.type == StateType.COMPLETED for state in states)


def wishes() -> int:
    """Return how often the flow run at work was completed before."""
    task = TaskRunContext.get()
    if task is not None:
        run_id = task.task_run.flow_run_id
        return completions(str(run_id), task.task_run.flow_run_run_count) if run_id is not None else 0
    # a flow that waits for its tasks has no task run of its own
    run = flow_run()
    return completions(str(run.id), run.run_count) if run is not None else 0


def flow_run() -> FlowRun | None:
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


def step_context(run: str, chunk: str, window: Window | None, round_: int, progress: Collector) -> StepContext:
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
    generation = wishes() * _ROUNDS + round_
    moment = flow.expected_start_time if flow is not None else None
    return StepContext(run, chunk, attempt, moment, window, generation=generation, progress=progress)


def last_try() -> bool:
    """Tell whether the task run at work has no retries left."""
    task = TaskRunContext.get()
    return task is None or task.task_run.run_count > (task.task.retries or 0)


def pipeline_label(spec: Spec) -> str:
    """Return the name of a pipeline, or of its factory where nobody knows more before it runs."""
    name = spec.pipeline.get("pipeline_name") if isinstance(spec.pipeline, Mapping) else None
    return str(name or spec.pipeline_args.get("pipeline_name") or str(spec.pipeline).rpartition(":")[2] or "pipeline")
