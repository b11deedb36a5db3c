"""Predicates for retry libraries, and what drops the tables of resources."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dlt.absent import absent_names
from dlt.errors import PipelineStepFailed, TerminalException, causes
from dlt.pipeline.drop import PlannedDrop, drop

pipeline_drop = PlannedDrop

__all__ = ["drop", "pipeline_drop", "retry_load"]


def retry_load(retry_on_pipeline_steps: Sequence[str] = ("load",)) -> Callable[[BaseException], bool]:
    """Return a predicate that tells whether a failed run is worth another attempt.

    Args:
        retry_on_pipeline_steps: Steps whose failures may be tried again.
    """

    def worth(error: BaseException) -> bool:
        if isinstance(error, PipelineStepFailed) and error.__dict__.get("step") not in retry_on_pipeline_steps:
            return False
        return not any(isinstance(cause, TerminalException) for cause in causes(error))

    return worth


__getattr__ = absent_names(
    __name__,
    "pipeline.run(source, refresh=...) prepares it.",
    "prepare_refresh_source",
)
