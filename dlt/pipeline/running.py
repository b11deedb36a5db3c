"""A run: what waits is finished first, then the data goes through all three steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from dlt import user_log
from dlt.errors import PipelineStepFailed, StaleExtract
from dlt.info import LoadInfo
from dlt.observe import telemetry
from dlt.pipeline.extracting import Hints, extract, put_contracts_in_force
from dlt.pipeline.loading import joined, load, load_info
from dlt.pipeline.normalizing import normalize
from dlt.pipeline.parts import Parts
from dlt.pipeline.retry import with_retry
from dlt.pipeline.tracer import Step

if TYPE_CHECKING:
    from dlt.extract.vocabulary import Refresh

Result = TypeVar("Result")


def run(parts: Parts, data: object, hints: Hints, refresh: Refresh | None, file_format: str | None) -> LoadInfo:
    """Finish pending packages, then extract, normalize and load the data.

    Args:
        parts: The pipeline, whose destination is chosen.
        data: What to load; None to finish pending packages only.
        hints: What the call says of it.
        refresh: What goes first.
        file_format: Format of the files that are loaded.

    Raises:
        PipelineStepFailed: a step failed; the cause is chained.
    """
    if (planner := parts.home.planner) is not None:
        planner(parts, data, hints, refresh, file_format)
        return load_info(parts, [], {}, parts.home.first_run)
    parts.target.need("run")
    _retried(parts, "sync", lambda: _sync(parts))
    if data is not None and parts.home.workdir.packages("extracted"):
        # what waits was extracted by the program as it was then; what it may change in the schema, the one of now says
        put_contracts_in_force(parts, data, hints)
    pending = _finish_pending(parts, file_format)
    if data is None or (pending is not None and pending.has_failed_jobs):
        return pending if pending is not None else load_info(parts, [], {}, parts.home.first_run)
    if pending is not None and parts.settings.defaults.pending_ends_run:
        user_log.error(
            f"{parts.pipeline_name}: packages of an earlier run were loaded; as compat.dlt1 is set, the data of "
            "this run was not extracted. Run again to load it"
        )
        return pending
    extracted = _retried(parts, "extract", lambda: extract(parts, data, hints, refresh))
    # what the data of this run makes impossible is taken back as a whole
    parts.extracted_now = extracted.loads_ids
    try:
        _retried(parts, "normalize", lambda: normalize(parts, file_format))
    finally:
        # what waits later is not of this run, and its rows may be nowhere else
        parts.extracted_now = ()
    info = _load_extracted(parts)
    return joined(pending, info) if pending is not None else info


def _retried(parts: Parts, step: str, call: Callable[[], Result]) -> Result:
    def again(error: PipelineStepFailed) -> None:
        telemetry.count_retry(parts.pipeline_name, step)
        parts.hooks.call("step_retry", error)

    return with_retry(parts.settings.retry, step, call, again)


def _sync(parts: Parts) -> None:
    with parts.tracer.failing("sync"):
        parts.begin()
        parts.remote.sync_on_start()


def _finish_pending(parts: Parts, file_format: str | None) -> LoadInfo | None:
    if not parts.home.has_pending_data:
        return None
    user_log.info(f"{parts.pipeline_name}: packages of an earlier run are finished first")
    _retried(parts, "normalize", lambda: normalize(parts, file_format))
    while True:
        try:
            info = _retried(parts, "load", lambda: load(parts))
            break
        except PipelineStepFailed as failed:
            if not parts.remote.gives_up_stale(failed):
                raise
    # what waited is loaded: the state of the destination may be newer now
    _retried(parts, "sync", lambda: _sync(parts))
    return info


def _load_extracted(parts: Parts) -> LoadInfo:
    try:
        return _retried(parts, "load", lambda: load(parts))
    except PipelineStepFailed as failed:
        if not parts.remote.gives_up_stale(failed):
            raise
        # the rows of this run were not loaded, and only who called it can call the source again
        raise parts.tracer.failed(
            "load",
            StaleExtract(
                f"pipeline {parts.pipeline_name}: another run of this pipeline, from another folder, loaded while "
                "this one ran, and went on from the same state. Nothing of this one was loaded, and its package "
                "was given up. Run again: its rows come from where the other run ended.",
                pipeline_name=parts.pipeline_name,
            ),
            Step(),
        ) from failed
