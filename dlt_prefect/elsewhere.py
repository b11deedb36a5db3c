"""A step that does not run in the flow's Python: in another interpreter, a container, or a job of a work pool."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import orjson
from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, FlowRunFilter
from prefect.deployments import run_deployment
from prefect.logging import get_run_logger
from prefect.states import Cancelling

from dlt.errors import SpecInvalid, StepFailedElsewhere
from dlt.tasks.elsewhere import StepElsewhere, made_of
from dlt.tasks.environments import check_environment
from dlt.tasks.request import StepRequest, carry_out, context_to_dict, failed, run_step
from dlt.types import JsonObject
from dlt_prefect import observe, stopping
from dlt_prefect.blocks import values, values_of

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.client.schemas.objects import FlowRun, State

    from dlt.tasks import StepContext
    from dlt.tasks.request import Step

ANSWER = "dlt-step-answer"
"""Key of the artifact in which a job leaves its answer: the server has it, whatever storage its worker has."""
_POLL = 1.0
"""Seconds between two looks at a job."""


def do(
    step: Step,
    runs_in: JsonObject | None,
    context: StepContext,
    blocks: Sequence[str],
    spec: JsonObject | None = None,
    tokens: Sequence[JsonObject] = (),
) -> JsonObject:
    """Run a step where it is to run, and return what it made.

    Args:
        step: Which step.
        runs_in: The environment; None for the Python of the flow.
        context: The run and the try.
        blocks: Blocks whose values the step needs; here they are looked up already.
        spec: The spec.
        tokens: What the step before returned.
    """
    if runs_in is None:
        return run_step(step, context, spec, tokens)
    request = StepRequest(step, spec, tokens, context_to_dict(context))
    if "deployment" in runs_in:
        return _as_job(runs_in, request, blocks)
    # another process sees no values of this one
    held = values(blocks)
    # an error of the step must not show what a block hides
    hidden = [text for text in held.values() if isinstance(text, str) and text]
    elsewhere = StepElsewhere(runs_in, get_run_logger().info)
    with stopping.calls(elsewhere.stop):
        return elsewhere.run(StepRequest(step, spec, tokens, request.context, held, hidden))


@flow(name="dlt step")
def step_job(request: JsonObject, blocks: Sequence[str] = ()) -> None:
    """Run one step as a flow run of its own; deploy it to the work pool that is to run it.

    Args:
        request: The request, as `dlt step run` takes it.
        blocks: Blocks that hold settings and secrets, as "type/name".

    Raises:
        Exception: what the step raised; the run that asked finds it in the answer.
    """
    with stopping.on_sigterm(), values_of(blocks):
        observe.send_logs()
        try:
            answer = carry_out(StepRequest.from_dict(request), observe.log_lines())
        except Exception as error:
            _leave(failed(error, []))
            raise
        _leave(answer)


def _leave(answer: JsonObject) -> None:
    create_markdown_artifact(orjson.dumps(answer).decode(), key=ANSWER, description="What the step left, as JSON.")


def _as_job(runs_in: JsonObject, request: StepRequest, blocks: Sequence[str]) -> JsonObject:
    check(runs_in)
    name = str(runs_in["deployment"])
    # at once: what waits for it must be able to stop it
    run: FlowRun = run_deployment(
        name,
        parameters={"request": request.to_dict(), "blocks": list(blocks)},
        timeout=0,
        flow_run_name=f"{request.step} {request.context['run_id']}",
        job_variables=runs_in.get("job_variables"),
        tags=runs_in.get("tags"),
    )
    get_run_logger().info("%s runs as flow run %s of %s", request.step, run.name, name)
    with stopping.calls(lambda: _cancel(run.id)):
        state = _end_of(run.id)
    answer = _answer_of(run.id)
    if answer is None:
        raise StepFailedElsewhere(
            f"{request.step} as flow run {run.name} of {name} ended as {state.name} and left no answer: "
            f"{state.message}. The log of that run says more."
        )
    return made_of(answer, f"{request.step} as flow run {run.name} of {name}", 0)


def _end_of(run_id: UUID) -> State:
    with get_client(sync_client=True) as client:
        while True:
            state = client.read_flow_run(run_id).state
            if state is not None and state.is_final():
                return state
            time.sleep(_POLL)


def _cancel(run_id: UUID) -> None:
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run_id, Cancelling(message="The run that waited for it was stopped."))


def _answer_of(run_id: UUID) -> bytes | None:
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(
            artifact_filter=ArtifactFilter.model_validate({"key": {"any_": [ANSWER]}}),
            flow_run_filter=FlowRunFilter.model_validate({"id": {"any_": [run_id]}}),
        )
    # a job that was rescheduled by its work pool leaves one for each try
    # the server gives them in no order that it promises
    newest = max(found, key=lambda artifact: artifact.created or 0, default=None)
    return newest.data.encode() if newest is not None and isinstance(newest.data, str) else None


def check(runs_in: Mapping[str, object] | None) -> None:
    """Make sure that an environment is described rightly, before anything is extracted.

    Args:
        runs_in: The description.

    Raises:
        SpecInvalid: it is not.
    """
    if runs_in is None:
        return
    if "deployment" not in runs_in:
        check_environment(runs_in)
        return
    unknown = sorted(set(runs_in) - {"deployment", "job_variables", "tags"})
    if unknown or not isinstance(runs_in["deployment"], str):
        raise SpecInvalid(
            f"runs_in: {', '.join(unknown) or repr(runs_in['deployment'])} does not describe a job. Pass "
            "{'deployment': 'dlt step/NAME'}, with job_variables and tags if you like."
        )
