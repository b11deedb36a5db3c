"""Where a try of a step works: a pipeline of its own in a folder of its own, and no secret in what it raises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dlt import context as run_context
from dlt.observe import settle, telemetry
from dlt.redact import clean_error, remember, remember_url
from dlt.tasks.folder import RunFolder
from dlt.tasks.spec import Spec, StepContext
from dlt.tasks.task_run import TaskRun, open_pipeline
from dlt.user_log import use


@contextmanager
def bench(
    spec: Spec, context: StepContext, step: str, traceparents: Sequence[str | None] = ()
) -> Iterator[tuple[TaskRun, RunFolder]]:
    """Make the pipeline of a spec, in a folder for one try.

    Args:
        spec: The whole spec.
        context: The run and the try.
        step: Name of the step.
        traceparents: Where the spans of the run go on, for each of its parts.
    """
    before = run_context.active_pipeline()
    with discreet(spec), _settled():
        # first: what makes the pipeline may set up telemetry
        made = open_pipeline(spec)
        folder = RunFolder(spec, made.pipeline_name, context.run_id, context.chunk)
        of: dict[str, str | int] = {"dlt.pipeline.name": made.pipeline_name, "dlt.run.id": context.run_id}
        of |= {"dlt.task.part": context.chunk, "dlt.task.attempt": context.attempt}
        # two tries of a task may be alive at the same time
        with telemetry.continued(f"dlt.task.{step}", of, traceparents), folder.scratch() as scratch:
            run = TaskRun(made, scratch, context)
            try:
                with use(run.pipeline.parts.tracer.telling):
                    yield run, folder
            finally:
                # several tasks of one process share its active pipeline, and this one's folder is gone now
                run_context.activate(before)


@contextmanager
def _settled() -> Iterator[None]:
    try:
        yield
    finally:
        # a worker may end this process as soon as the step is done
        settle()


@contextmanager
def discreet(spec: Spec) -> Iterator[None]:
    """Take the secrets of a spec, and others that are known, out of what a block raises: orchestrators keep errors."""
    # what a program is given may stand in the text of any driver's error
    for arguments in (spec.source_args, spec.pipeline_args):
        remember(arguments)
    remember_url(spec.handoff or "")
    try:
        yield
    except Exception as error:
        clean_error(error)
        raise
