"""Extract, normalize and load as tasks; what they take and return is small JSON, so every task runner can carry it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE, CachePolicy
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import State
from prefect.client.schemas.sorting import FlowRunSort
from prefect.context import TaskRunContext
from prefect.logging import get_run_logger
from prefect.runtime import task_run
from prefect.states import Completed
from prefect.tasks import exponential_backoff

from dlt.errors import LoadUndone, causes
from dlt.tasks import (
    HandoffCorrupt,
    HandoffMissing,
    Spec,
    StaleExtract,
    StepContext,
    Token,
    is_terminal,
    undo_step,
    window_given,
)
from dlt.tasks.checked import failed_checks
from dlt.types import JsonObject
from dlt_prefect import observe, stopping, windows
from dlt_prefect.blocks import resolve, values_of
from dlt_prefect.elsewhere import do
from dlt_prefect.identity import completions, flow_run, flow_run_id, last_try, pipeline_label, run_id, step_context

if TYPE_CHECKING:
    from prefect import Task
    from prefect.client.schemas.objects import TaskRun

BEGIN_AGAIN = (StaleExtract, HandoffMissing, HandoffCorrupt, LoadUndone)
"""Errors after which the same task cannot succeed, but a run that extracts again can."""


_TOLD = ("load_ids", "rows", "quarantined", "checks", "schema_update", "skipped", "location")
"""What an event says of a load."""


def _retry(_task: Task[..., object], _task_run: TaskRun, state: State) -> bool:
    """Retry unless the error would come back."""
    error = state.data if isinstance(state.data, BaseException) else None
    return not is_terminal(error)


def _cache_key(context: TaskRunContext, parameters: JsonObject) -> str | None:
    """Return a key that stays the same when a crashed flow run is rescheduled."""
    run = context.task_run.flow_run_id
    if run is None:
        return None
    again = completions(str(run), context.task_run.flow_run_run_count)
    # a run that is run again after it was completed does its work again
    text = json.dumps(parameters if not again else [again, parameters], sort_keys=True, default=str)
    return f"dlt-{context.task.name}-{run}-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _extract_name(parameters: JsonObject) -> str:
    """Return the name of a task run that works on a spec: the resources or the part."""
    part, spec = parameters.get("part") or {}, parameters["spec"]
    if isinstance(spec, str):
        chosen = spec
    else:
        # the source of a decorated function is found by way of its flow
        source = (spec.get("source_args") or {}).get("flow") or spec.get("source")
        names = part.get("resources") or spec.get("resources") or [str(source).rpartition(":")[2]]
        chosen = part.get("key") or ", ".join(names)
    return f"{task_run.task_name} {chosen}"


def _normalize_name(parameters: JsonObject) -> str:
    return f"{task_run.task_name} {_worked_on(parameters['token'])}"


def _load_name(parameters: JsonObject) -> str:
    tokens = parameters["tokens"]
    first = tokens if isinstance(tokens, Mapping) else next(iter(tokens), None)
    return f"{task_run.task_name} {_worked_on(first, whole=True)}"


def _worked_on(token: object, whole: bool = False) -> str:
    """Return the part or the pipeline of a token; what is no token is refused by the task itself."""
    known = token if isinstance(token, Mapping) else {}
    return str((not whole and known.get("chunk")) or known.get("pipeline_name"))


# options of Prefect, which each version has more of
_OPTIONS: JsonObject = {
    "retries": 3,
    "retry_delay_seconds": exponential_backoff(2),
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": _retry,
    "cache_policy": CachePolicy.from_cache_key_fn(_cache_key),
    # a cache key finds only results that were kept
    "persist_result": True,
    "result_serializer": "json",
}


@task(name="extract", task_run_name=_extract_name, **_OPTIONS)
def extract(
    spec: str | JsonObject,
    part: JsonObject | None = None,
    window: object = None,
    run: str | None = None,
    blocks: Sequence[str] = (),
    round_: int = 0,
    runs_in: JsonObject | None = None,
) -> JsonObject:
    """Extract a source, or one part of it; return a token that says where the packages are.

    Args:
        spec: The spec, or "dlt-pipeline/name" of a block that holds it.
        part: Part of a fan-out: its "key", and "resources" or "source_args" that differ from the spec's.
        window: Start and end of the time to load.
        run: Id of the run, where a flow run loads the same spec more than once, or in parts.
        blocks: Blocks that hold settings and secrets, as "type/name".
        round_: How often this was begun again, because another run changed the state in between.
        runs_in: Where the step runs: None for the Python of the flow, {"python": PATH} for another one,
            {"requirements": [...]} for a virtual environment, {"image": NAME} for a container, {"deployment": "dlt
            step/NAME"} for a job of a work pool.
    """
    whole, names = resolve(spec, blocks)
    own, key = _of(whole, part)
    times = window_given(window) if window is not None else None
    # a task that stands alone in a flow of the user's reckons it as run_steps would
    identity = run or run_id(flow_run_id(), whole, times, [part] if part is not None else None)
    with _step("extract", names, pipeline_label(whole), key) as progress:
        context = step_context(identity, key, times, round_, progress)
        token = Token.from_dict(do("extract", runs_in, context, names, own.to_dict()))
        progress.close(token.rows)
        observe.tell("dlt.extract.completed", token.pipeline_name, identity, part=key, rows=token.rows)
    return {**token.to_dict(), "blocks": names}


@task(name="normalize", task_run_name=_normalize_name, **_OPTIONS)
def normalize(
    token: JsonObject, round_: int = 0, spec: str | JsonObject | None = None, runs_in: JsonObject | None = None
) -> JsonObject:
    """Normalize what an extract left; return a token that says where the result is.

    Args:
        token: What `extract` returned.
        round_: As for `extract`.
        spec: The spec once more, or the block that holds it, where arguments of the pipeline's factory or the URL of
            the hand-off are secret: no token carries them.
        runs_in: As for `extract`.
    """
    given = Token.from_dict(token)
    names = list(token.get("blocks", ()))
    with values_of(names), _plain_errors(), stopping.may_stop():
        observe.send_logs()
        context = step_context(given.run_id, given.chunk, None, round_, observe.log_lines())
        made = Token.from_dict(do("normalize", runs_in, context, names, _given(spec), [given.to_dict()]))
        observe.tell("dlt.normalize.completed", made.pipeline_name, made.run_id, part=made.chunk, rows=made.rows)
    return {**made.to_dict(), "blocks": names}


@task(name="load", task_run_name=_load_name, **_OPTIONS)
def load(
    tokens: JsonObject | list[JsonObject],
    round_: int = 0,
    spec: str | JsonObject | None = None,
    runs_in: JsonObject | None = None,
) -> JsonObject | State:
    """Load what one normalize left, or all parts of a fan-out in one transaction; return the report.

    Args:
        tokens: What `normalize` returned.
        round_: As for `extract`.
        spec: As for `normalize`.
        runs_in: As for `extract`.

    Where the run was loaded before and nobody asked for it again, the task ends in the state "Skipped".
    """
    # one normalize, or all of a fan-out
    parts = [tokens] if isinstance(tokens, Mapping) else list(tokens)
    first: JsonObject = parts[0] if parts else {}
    identity, name = str(first.get("run_id")), str(first.get("pipeline_name"))
    try:
        with _step("load", first.get("blocks", ()), name) as progress:
            context = step_context(identity, "", None, round_, progress)
            report = do("load", runs_in, context, first.get("blocks", ()), _given(spec), parts)
            progress.close(report["rows"])
            if report["known"]:
                get_run_logger().info("%s", report["text"])
                return Completed(name="Skipped", message=report["text"], data=report)
            observe.show_report(report)
            observe.record_assets(report)
            observe.tell(
                "dlt.load.completed",
                name,
                identity,
                **{key: report[key] for key in _TOLD},
            )
    except Exception as error:
        # whoever listens wants to know of a load that failed for good, once
        if is_terminal(error) or last_try():
            checks = failed_checks(error)
            observe.tell(
                "dlt.load.failed", name, identity, error=str(error), terminal=is_terminal(error), checks=checks
            )
            _show_failed(name, checks)
        raise
    return report


def _show_failed(name: str, checks: list[JsonObject]) -> None:
    """Make the artifact of a load that failed by a check; where the server does not answer the error is to be told."""
    try:
        observe.show_checks(name, checks, "nothing was loaded")
    except Exception as error:  # noqa: BLE001 - why the load failed counts more than a page that shows it
        get_run_logger().warning("The artifact of the checks was not made: %s", error)


def _undo_name(parameters: JsonObject) -> str:
    spec = parameters["spec"]
    return f"{task_run.task_name} {spec if isinstance(spec, str) else pipeline_label(Spec.from_dict(spec))}"


@task(name="undo", task_run_name=_undo_name, **{**_OPTIONS, "cache_policy": NO_CACHE})
def undo(
    spec: str | JsonObject, load_ids: str | Sequence[str], cascade: bool = False, blocks: Sequence[str] = ()
) -> JsonObject:
    """Undo loads: their rows go, those that they replaced come back, cursors too; return the report.

    A load that was undone before stays as it is.

    Args:
        spec: A spec with the pipeline, or "dlt-pipeline/name" of a block that holds it; it needs no source.
        load_ids: The loads, as in the report of a load.
        cascade: Undo later loads that are in the way too.
        blocks: Blocks that hold settings and secrets, as "type/name".
    """
    whole, names = resolve(spec, blocks)
    run = TaskRunContext.get()
    again = run is not None and max(run.task_run.run_count, run.task_run.flow_run_run_count) > 1
    with values_of(names), _plain_errors():
        observe.send_logs()
        context = step_context(flow_run_id(), "", None, 0, observe.log_lines())
        report = undo_step(whole, load_ids, context, cascade, again).to_dict()
        get_run_logger().info("%s", report["text"])
        if not report["known"]:
            observe.show_undo(report)
            observe.record_assets(report)
            told = {key: report[key] for key in ("load_ids", "undone", "location")}
            observe.tell("dlt.undo.completed", str(report["pipeline_name"]), flow_run_id(), **told)
    return report


@task(name="list resources", task_run_name=_extract_name, **_OPTIONS)
def list_resources(spec: JsonObject, blocks: Sequence[str] = (), runs_in: JsonObject | None = None) -> list[str]:
    """Return the names of the resources of a source, which is imported where this runs.

    Args:
        spec: The spec.
        blocks: Blocks that hold settings and secrets.
        runs_in: As for `extract`.
    """
    with values_of(blocks), _plain_errors():
        if spec.get("resources"):
            return list(spec["resources"])
        return list(do("resources", runs_in, StepContext(""), blocks, spec)["resources"])


@task(name="find window", **_OPTIONS)
def find_window() -> list[str]:
    """Return start and end of the time that this flow run loads, from the schedule of its deployment."""
    run = flow_run()
    with get_client(sync_client=True) as client:
        # a run that nobody deployed has no schedule; what it says then is what an error says
        if run is None or run.deployment_id is None:
            return windows.since(None, run.expected_start_time if run is not None else None).to_list()  # type: ignore[arg-type]  # raises
        deployment = client.read_deployment(run.deployment_id)
        earlier = client.read_flow_runs(
            flow_run_filter=FlowRunFilter.model_validate(
                {
                    "deployment_id": {"any_": [run.deployment_id]},
                    "state": {"type": {"any_": ["COMPLETED"]}},
                    "expected_start_time": {"before_": run.expected_start_time},
                }
            ),
            sort=FlowRunSort.EXPECTED_START_TIME_DESC,
            # two: the newest may be this run itself, where it runs again
            limit=2,
        )
    previous = next((other.expected_start_time for other in earlier if other.id != run.id), None)
    return windows.scheduled(run, deployment, previous).to_list()


@task(name="clean up", task_run_name=_load_name, retries=2, retry_delay_seconds=2, cache_policy=NO_CACHE)
def clean_up(tokens: list[JsonObject], spec: str | JsonObject | None = None, runs_in: JsonObject | None = None) -> None:
    """Delete what a finished run left on this worker and at the hand-off.

    Args:
        tokens: What `normalize` returned, of all parts.
        spec: As for `normalize`.
        runs_in: As for `extract`.
    """
    blocks = tokens[0]["blocks"]
    # one token stands for all parts of its run
    with values_of(blocks), _plain_errors():
        do("cleanup", runs_in, StepContext(""), blocks, _given(spec), tokens[:1])


def _given(spec: str | JsonObject | None) -> JsonObject | None:
    return resolve(spec)[0].to_dict() if spec is not None else None


def _of(spec: Spec, part: JsonObject | None) -> tuple[Spec, str]:
    if part is None:
        return spec, ""
    return spec.part(part.get("resources"), part.get("source_args")), str(part["key"])


@contextmanager
def _step(name: str, blocks: Sequence[str], *words: str) -> Iterator[observe.ProgressArtifact]:
    """Give a step its settings and secrets, and show its progress."""
    with values_of(blocks), _plain_errors(), stopping.may_stop(name != "load"):
        observe.send_logs()
        yield observe.ProgressArtifact(name, *words).open()


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Raise the cause by itself where the flow must see it: causes are lost on the way from other processes."""
    try:
        yield
    except Exception as error:
        for cause in causes(error):
            if isinstance(cause, BEGIN_AGAIN) and cause is not error:
                raise cause from None
        raise
