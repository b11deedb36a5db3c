"""Flows that run the three tasks: one for any spec, and a decorator that makes one of a source."""

from __future__ import annotations

import importlib.util
import inspect
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import update_wrapper
from typing import Literal, overload

from prefect import Flow, flow
from prefect.client.orchestration import get_client
from prefect.concurrency.sync import concurrency
from prefect.exceptions import ObjectNotFound
from prefect.futures import PrefectFuture
from prefect.logging import get_run_logger

from dlt.tasks import Spec, SpecInvalid, window_given
from dlt.tasks.parts import parts_of as read_parts
from dlt.tasks.spec import holds_secret, load_object
from dlt.types import JsonObject, P, Wrapped
from dlt_prefect import elsewhere, stopping
from dlt_prefect.blocks import resolve
from dlt_prefect.identity import flow_run_id, pipeline_label, run_id
from dlt_prefect.tasks import BEGIN_AGAIN, clean_up, extract, find_window, list_resources, load, normalize

FanOut = Literal["resources"] | Sequence[object] | None
"""How a run is parted: by the resources of its source, by a list of parts, or not at all."""
_ROUNDS = 5
# the slot of a killed run is free again after this time; Prefect asks for a minute at least
_LEASE = 60.0


@flow(name="dlt run pipeline")
def run_pipeline(
    spec: str | JsonObject,
    fan_out: object = None,
    window: object = None,
    blocks: Sequence[str] = (),
    limit: str | None = None,
    cleanup: bool = True,
    runs_in: JsonObject | None = None,
    task_options: JsonObject | None = None,
) -> JsonObject:
    """Extract, normalize and load a spec; return the report of the load.

    Args:
        spec: The spec, or "dlt-pipeline/name" of a block that holds it.
        fan_out: "resources" for one extract and normalize for each resource, a list of parts, or None. A part is the
            name of a resource, a list of names, a dict with "key", and "resources" or "source_args", or a dict of
            arguments of the source.
        window: Start and end of the time to load; "auto" for the interval of the deployment's schedule; or None.
        blocks: Blocks that hold settings and secrets, as "type/name".
        limit: Name of the concurrency limit of which the run holds a slot; "dlt-<pipeline name>" when None. Where
            there is no such limit, nothing is limited.
        cleanup: Delete what the run left on workers and at the hand-off, once it is loaded.
        runs_in: Where the steps run: None for the Python of the flow, {"python": PATH} for another one,
            {"requirements": [...]} for a virtual environment, {"image": NAME} for a container, {"deployment": "dlt
            step/NAME"} for a job of a work pool.
        task_options: Options of Prefect for the tasks, such as retries, retry_delay_seconds and timeout_seconds.
    """
    return run_steps(spec, fan_out, window, blocks, limit, cleanup, runs_in, task_options)


def run_steps(
    spec: str | JsonObject,
    fan_out: object = None,
    window: object = None,
    blocks: Sequence[str] = (),
    limit: str | None = None,
    cleanup: bool = True,
    runs_in: JsonObject | None = None,
    task_options: JsonObject | None = None,
) -> JsonObject:
    """Do in a flow of your own what `run_pipeline` does; it takes the same arguments.

    Raises:
        SpecInvalid: the spec or a part is not right.
        EmptyWindow: the window holds no time, or nothing says where it starts.
    """
    whole, names = resolve(spec, blocks)
    elsewhere.check(runs_in)
    of_tasks: JsonObject = task_options or {}
    extracting, normalizing, loading = (step.with_options(**of_tasks) for step in (extract, normalize, load))
    with stopping.on_sigterm(), _slot(limit or f"dlt-{pipeline_label(whole)}"):
        times = find_window() if window == "auto" else window
        given = window_given(times) if times is not None else None
        times = given.to_list() if given is not None else None
        chosen = list_resources.submit(whole.to_dict(), names, runs_in).result() if fan_out == "resources" else fan_out
        parts = parts_of(chosen) if chosen is not None else None
        run = run_id(flow_run_id(), whole, given, parts)
        # what tokens do not carry: the block that holds it, or the arguments of the pipeline
        held = {"pipeline": whole.pipeline, "pipeline_args": whole.pipeline_args, "handoff": whole.handoff}
        later = (spec if isinstance(spec, str) else held) if whole.travelling()[1] else None
        # a run that another one overtook extracts again from the state that is there now
        for round_ in range(_ROUNDS):
            tokens = []
            for part in parts if parts is not None else [None]:
                token = extracting.submit(whole.to_dict(), part, times, run, names, round_, runs_in)
                tokens.append((token, normalizing.submit(token, round_, later, runs_in)))
            for _, normalized in tokens:
                normalized.wait()
            # a slot of the destination is held while it is at work, and not by what goes before
            with _slot(limit_of(whole)):
                last = loading.submit([normalized for _, normalized in tokens], round_, later, runs_in)
                # what failed first is to be told, and not that the load did not run
                last.wait()
            error = _first_error([*[future for pair in tokens for future in pair], last])
            if error is None:
                if cleanup:
                    clean_up.submit([normalized for _, normalized in tokens], later, runs_in).wait()
                return last.result()  # type: ignore[no-any-return]  # the report
            # the tasks tried these again by themselves, as often as they may
            if not isinstance(error, BEGIN_AGAIN) or round_ + 1 == _ROUNDS:
                raise error
            get_run_logger().warning("%s The run begins again.", error)
    raise AssertionError("the last round returns or raises")


@overload
def dlt_flow(
    source: Callable[P, object],
    *,
    pipeline: str | Mapping[str, object] | Wrapped,
    pipeline_args: Mapping[str, object] | None = None,
    resources: Sequence[str] = (),
    run_args: Mapping[str, object] | None = None,
    handoff: str | None = None,
    work_dir: str | None = None,
    reprocess: str = "auto",
    fan_out: FanOut = None,
    window: object = None,
    blocks: Sequence[str] = (),
    limit: str | None = None,
    cleanup: bool = True,
    runs_in: Mapping[str, object] | None = None,
    **options: object,
) -> Flow[P, JsonObject]: ...
@overload
def dlt_flow(
    source: None = None,
    *,
    pipeline: str | Mapping[str, object] | Wrapped,
    pipeline_args: Mapping[str, object] | None = None,
    resources: Sequence[str] = (),
    run_args: Mapping[str, object] | None = None,
    handoff: str | None = None,
    work_dir: str | None = None,
    reprocess: str = "auto",
    fan_out: FanOut = None,
    window: object = None,
    blocks: Sequence[str] = (),
    limit: str | None = None,
    cleanup: bool = True,
    runs_in: Mapping[str, object] | None = None,
    **options: object,
) -> Callable[[Callable[P, object]], Flow[P, JsonObject]]: ...


def dlt_flow(
    source: Wrapped | None = None,
    *,
    pipeline: str | Mapping[str, object] | Wrapped,
    pipeline_args: Mapping[str, object] | None = None,
    resources: Sequence[str] = (),
    run_args: Mapping[str, object] | None = None,
    handoff: str | None = None,
    work_dir: str | None = None,
    reprocess: str = "auto",
    fan_out: FanOut = None,
    window: object = None,
    blocks: Sequence[str] = (),
    limit: str | None = None,
    cleanup: bool = True,
    runs_in: Mapping[str, object] | None = None,
    **options: object,
) -> Flow[..., JsonObject] | Callable[[Wrapped], Flow[..., JsonObject]]:
    """Make a flow of a function that returns a source; the function runs inside of the extract task only.

    The arguments of the function become the parameters of the flow; they must be JSON.

    Args:
        source: The function.
        pipeline: Arguments of `dlt.pipeline` as JSON, or a factory: a function, or "package.module:name".
        pipeline_args: Arguments of the pipeline's factory.
        resources: Resources to load; all that are selected when empty.
        run_args: Arguments of the run, such as write_disposition.
        handoff: URL under which packages travel between workers.
        work_dir: Folder for packages under way.
        reprocess: What becomes of rows that the run appended, when it was completed and runs again: "auto", "undo" or
            "keep".
        fan_out: As for `run_pipeline`.
        window: As for `run_pipeline`.
        blocks: As for `run_pipeline`.
        limit: As for `run_pipeline`.
        cleanup: As for `run_pipeline`.
        runs_in: As for `run_pipeline`.
        **options: Options of `prefect.flow`, such as name, retries and task_runner.
    """

    def decorate(function: Wrapped) -> Flow[..., JsonObject]:
        signature = inspect.signature(function)

        def steps(*args: object, **kwargs: object) -> JsonObject:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            spec = {
                "source": "dlt_prefect.flows:source_of_flow",
                "source_args": {"flow": reference_to(function), "arguments": dict(bound.arguments)},
                "pipeline": reference_to(pipeline) if callable(pipeline) else pipeline,
                "pipeline_args": dict(pipeline_args or {}),
                "resources": list(resources),
                "run_args": dict(run_args or {}),
                "handoff": handoff,
                "work_dir": work_dir,
                "reprocess": reprocess,
            }
            return run_steps(
                spec, fan_out, window, blocks, limit, cleanup, dict(runs_in) if runs_in is not None else None
            )

        # Prefect takes name, description and parameters of the flow from it
        update_wrapper(steps, function)
        named: JsonObject = {"name": function.__name__.replace("_", "-"), **options}
        made = flow(**named)(steps)
        # the extract task imports the flow by its name, and finds the function there
        made.dlt_source = function
        return made  # type: ignore[no-any-return]  # Any where Prefect is not installed

    return decorate if source is None else decorate(source)


def source_of_flow(flow: str, arguments: Mapping[str, object]) -> object:
    """Return the source of a function that `dlt_flow` decorates.

    Args:
        flow: Where the flow is, as "package.module:name" or "path/to/file.py:name".
        arguments: Arguments of the function.
    """
    found: object = load_object(flow).dlt_source(**arguments)  # type: ignore[attr-defined]  # set by dlt_flow
    return found


def reference_to(function: Wrapped) -> str:
    """Return where other processes find a function: its module if they can import it, else its file.

    Raises:
        SpecInvalid: it is inside of another function, or in no file.
    """
    # said here and not by the worker that would look for it
    if "<locals>" in function.__qualname__:
        raise SpecInvalid(
            f"@dlt_flow: {function.__qualname__} is inside of another function, where other processes do not find it. "
            "Move it to the top of its module."
        )
    # a script that is run is called __main__, and other processes know it as a file
    file = inspect.getsourcefile(function)
    try:
        found = importlib.util.find_spec(function.__module__)
    except (ImportError, ValueError):
        found = None
    if found is not None and found.origin and file and os.path.abspath(found.origin) == os.path.abspath(file):
        return f"{function.__module__}:{function.__name__}"
    if not file or not os.path.isfile(file):
        raise SpecInvalid(f"@dlt_flow: {function.__qualname__} is in no file, so other processes do not find it.")
    return f"{os.path.abspath(file)}:{function.__name__}"


def parts_of(chosen: object) -> list[JsonObject]:
    """Return the parts of a fan-out.

    Raises:
        SpecInvalid: there is none, or one is no part.
    """
    try:
        return [part.to_dict() for part in read_parts(chosen, holds_secret, reserved=True)]
    except ValueError as error:
        raise SpecInvalid(str(error)) from None


def part_of(item: object) -> JsonObject:
    """Return a part of a fan-out as a dict.

    Raises:
        SpecInvalid: it is no part.
    """
    [part] = parts_of([item])
    return part


def _first_error(futures: Sequence[PrefectFuture[object]]) -> BaseException | None:
    """Return what failed first; a task that did not run, because one before it failed, tells nothing."""
    others: BaseException | None = None
    for future in futures:
        if future.state.is_completed():
            continue
        found = future.result(raise_on_failure=False)
        error = found if isinstance(found, BaseException) else RuntimeError(str(future.state.message))
        if future.state.name != "NotReady":
            return error
        others = others or error
    return others


def limit_of(spec: Spec) -> str | None:
    """Return the name of the limit that bounds the loads into the destination of a spec, if the spec names it.

    Args:
        spec: The spec.
    """
    named = spec.pipeline.get("destination") if isinstance(spec.pipeline, Mapping) else None
    return f"dlt-destination-{named}" if isinstance(named, str) else None


@contextmanager
def _slot(name: str | None) -> Iterator[None]:
    """Hold a slot of a concurrency limit, if there is one of this name."""
    limit = None
    if name is not None:
        with get_client(sync_client=True) as client:
            try:
                limit = client.read_global_concurrency_limit_by_name(name)
            except ObjectNotFound:
                limit = None
    if name is None or limit is None:
        yield
        return
    if limit.active_slots >= limit.limit:
        # a run that only waits looks like one that hangs
        get_run_logger().info("waits for the limit %s: all %d slots are taken", name, limit.limit)
    with concurrency(name, occupy=1, lease_duration=_LEASE):
        yield
