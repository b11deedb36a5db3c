"""The trace of a run: made while it runs, kept in the working folder."""

from __future__ import annotations

import datetime
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import NamedTuple, TypeVar

from dlt.absent import absent_names
from dlt.clock import utc_now
from dlt.configuration.resolved import ResolvedValue, resolved_values
from dlt.ids import random_id
from dlt.info import ExtractInfo, LoadInfo, NormalizeInfo, duration_text, json_object
from dlt.io.codec import REST, VERSION, Document
from dlt.io.sealed import Damaged
from dlt.late_dataclass import dataclass
from dlt.packages.workdir import Workdir
from dlt.pipeline.stored_info import StepInfo, StoredInfo, restored
from dlt.redact import redact
from dlt.types import JsonObject
from dlt.version import DLT_PKG_NAME, __version__

Info = TypeVar("Info", ExtractInfo, NormalizeInfo, LoadInfo)


_SHARED = ("pipeline", "loads_ids", "load_packages", "first_run", "started_at", "finished_at")
"""What the infos of all steps have, in the tables that programs for PyPI `dlt` 1.x load of a trace."""


class PipelineStepTrace(NamedTuple):
    """One step of a run."""

    span_id: str
    step: str
    started_at: datetime.datetime
    finished_at: datetime.datetime | None = None
    step_info: StepInfo | None = None
    step_exception: str | None = None
    exception_traces: list[JsonObject] | None = None

    def asdict(self) -> JsonObject:
        """Return a JSON-safe dict; what only an info of this step has stands in it as `extract_info` and the like."""
        found = self.whole()
        info = found["step_info"]
        if info is not None:
            found[f"{self.step}_info"] = {key: value for key, value in info.items() if key not in _SHARED}
            found["step_info"] = {key: value for key, value in info.items() if key in _SHARED}
        return found

    def whole(self) -> JsonObject:
        """Return a JSON-safe dict as it is kept, with the info in one piece."""
        info = self.step_info
        # JSON-safe already, and large: it is not walked again
        return {**json_object(self._replace(step_info=None)._asdict()), "step_info": info and info.asdict()}

    def asstr(self, verbosity: int = 0) -> str:
        """Return some lines to read."""
        took = (self.finished_at - self.started_at).total_seconds() if self.finished_at else 0.0
        end = f"FAILED in {duration_text(took)}" if self.step_exception else f"COMPLETED in {duration_text(took)}"
        lines = [f"Step {self.step} {end}"]
        if self.step_exception:
            lines.append(f"Failed due to: {self.step_exception}")
        for error in (self.exception_traces or []) if verbosity > 0 else ():
            lines.append(f"{error['exception_type']}: {error['message']}")
            lines += [f"  {place}" for place in error["stack_trace"]]
        if self.step_info is not None:
            lines.append(self.step_info.asstr(verbosity))
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.asstr()


class PipelineTrace(NamedTuple):
    """A run with its steps."""

    transaction_id: str
    pipeline_name: str
    execution_context: JsonObject
    started_at: datetime.datetime
    steps: list[PipelineStepTrace]
    finished_at: datetime.datetime | None = None
    resolved_config_values: Sequence[ResolvedValue] = ()
    engine_version: int = 2
    """That of PyPI `dlt` 1.x whose infos have the same shape."""

    def asdict(self) -> JsonObject:
        """Return a JSON-safe dict; a step of the whole run, which tells once more what load did, is not in it."""
        told = [step for step in self.steps if step.step != "run" or step.step_info is None]
        return json_object(self._replace(steps=told)._asdict())

    def asstr(self, verbosity: int = 0) -> str:
        """Return some lines to read."""
        took = (self.finished_at - self.started_at).total_seconds() if self.finished_at else 0.0
        count = len(self.steps)
        end = "FAILED" if any(step.step_exception for step in self.steps) else "COMPLETED"
        lines = [f"Run started at {self.started_at} and {end} in {duration_text(took)} with {count} steps."]
        if verbosity > 0 and self.resolved_config_values:
            told = (value.asstr(verbosity) for value in self.resolved_config_values)
            lines.append("\n".join(("Following config and secret values were resolved:", *told)))
        lines += [step.asstr(verbosity) for step in self.steps]
        return "\n\n".join(lines)

    def last_pipeline_step_trace(self, step_name: str) -> PipelineStepTrace | None:
        """Return the last trace of a step."""
        return next((step for step in reversed(self.steps) if step.step == step_name), None)

    @property
    def last_extract_info(self) -> ExtractInfo | StoredInfo | None:
        """Return the info of the last extract."""
        return self._last("extract", ExtractInfo)

    @property
    def last_normalize_info(self) -> NormalizeInfo | StoredInfo | None:
        """Return the info of the last normalize."""
        return self._last("normalize", NormalizeInfo)

    @property
    def last_load_info(self) -> LoadInfo | StoredInfo | None:
        """Return the info of the last load."""
        return self._last("load", LoadInfo)

    def _last(self, step_name: str, kind: type[Info]) -> Info | StoredInfo | None:
        step = self.last_pipeline_step_trace(step_name)
        found = step.step_info if step else None
        return found if isinstance(found, (kind, StoredInfo)) else None

    def __str__(self) -> str:
        return self.asstr()


def start_trace(pipeline_name: str) -> PipelineTrace:
    """Return the trace of a run that begins now."""
    context = {
        "python": sys.version.split()[0],
        "cpu": os.cpu_count(),
        "ci_run": "CI" in os.environ,
        # what `platform` says, without the time that its import takes
        "os": {"name": os.uname().sysname, "version": os.uname().release} if os.name == "posix" else {"name": os.name},
        "library": {"name": DLT_PKG_NAME, "version": __version__},
    }
    return PipelineTrace(random_id(), pipeline_name, context, utc_now(), [])


MOST_ERRORS, MOST_FRAMES = 20, 50
"""Of a chain of errors, and of the last calls of each, what a trace keeps."""


def end_step(
    trace: PipelineTrace, step: str, started_at: datetime.datetime, info: StepInfo | None, error: BaseException | None
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
    # the list is shared by all tuples of one run
    trace.steps.append(entry)
    return trace._replace(finished_at=utc_now(), resolved_config_values=resolved_values())


def _chain(error: BaseException | None) -> list[JsonObject]:
    found: list[JsonObject] = []
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
        # of an error in a handler the first one tells more
        error = error.__cause__ or error.__context__
    return found


def _frames(error: BaseException) -> list[str]:
    return traceback.format_tb(error.__traceback__, -MOST_FRAMES)


@dataclass(frozen=True)
class StoredStep:
    """One step of a run, as it is kept."""

    span_id: str
    step: str
    started_at: datetime.datetime
    finished_at: datetime.datetime | None = None
    step_info: Mapping[str, object] | None = None
    step_exception: str | None = None
    exception_traces: tuple[Mapping[str, object], ...] | None = None
    rest: Mapping[str, object] = field(default_factory=dict, metadata=REST)


@dataclass(frozen=True)
class StoredTrace:
    """A run with its steps, as it is kept."""

    transaction_id: str
    pipeline_name: str
    started_at: datetime.datetime
    execution_context: Mapping[str, object] = field(default_factory=dict)
    steps: tuple[StoredStep, ...] = ()
    finished_at: datetime.datetime | None = None
    resolved_config_values: tuple[Mapping[str, object], ...] = ()
    rest: Mapping[str, object] = field(default_factory=dict, metadata=REST)


TRACE_DOCUMENT = Document(StoredTrace, "the trace of a run")


def stored_trace(trace: PipelineTrace) -> dict[str, object]:
    """Return what is kept of a trace."""
    # the steps as they are kept: a large load has many jobs, and as `asdict` gives them they are not needed here
    run = trace._replace(steps=[]).asdict()
    return {VERSION: TRACE_DOCUMENT.version, **run, "steps": [step.whole() for step in trace.steps]}


def restore_trace(stored: Mapping[str, object], where: str = "trace.json") -> PipelineTrace:
    """Return a trace from what `stored_trace` gave.

    Args:
        stored: What was kept.
        where: Names the place in messages.

    Raises:
        Damaged: it is no trace.
        DocumentTooNew: a later release wrote it.
    """
    found = TRACE_DOCUMENT.parse(stored, where)
    steps = [
        PipelineStepTrace(
            step.span_id,
            step.step,
            step.started_at,
            step.finished_at,
            restored(step.step, dict(step.step_info)) if step.step_info else None,
            step.step_exception,
            [dict(error) for error in step.exception_traces or ()],
        )
        for step in found.steps
    ]
    return PipelineTrace(
        found.transaction_id,
        found.pipeline_name,
        dict(found.execution_context),
        found.started_at,
        steps,
        found.finished_at,
        [_restored_value(value) for value in found.resolved_config_values],
    )


def _restored_value(stored: Mapping[str, object]) -> ResolvedValue:
    sections = stored.get("sections")
    return ResolvedValue(
        str(stored.get("key")),
        stored.get("value"),
        stored.get("default_value"),
        bool(stored.get("is_secret_hint")),
        [str(section) for section in sections] if isinstance(sections, list) else [],
        str(stored.get("provider_name")),
        str(stored.get("config_type_name")),
        str(stored.get("provider_location")),
    )


TRACE_FILE_NAME = "trace.json"


def get_trace_file_path(pipelines_dir: str, pipeline_name: str) -> str:
    """Return where the trace of a pipeline is kept."""
    return os.path.join(pipelines_dir, pipeline_name, TRACE_FILE_NAME)


def load_trace(trace_dir: str, ignore_errors: bool = True) -> PipelineTrace | None:
    """Return the trace of the last run of a pipeline, None where there is none.

    Args:
        trace_dir: Working folder of the pipeline.
        ignore_errors: A damaged trace is none.

    Raises:
        Damaged: it cannot be read.
    """
    try:
        stored = Workdir(trace_dir).read_trace()
        return restore_trace(stored, os.path.join(trace_dir, TRACE_FILE_NAME)) if stored else None
    except Damaged:
        if ignore_errors:
            return None
        raise


def save_trace(trace_dir: str, trace: PipelineTrace) -> None:
    """Keep a trace as that of the last run.

    Args:
        trace_dir: Working folder of the pipeline.
        trace: The trace.
    """
    Workdir(trace_dir).write_trace(stored_trace(trace))


__getattr__ = absent_names(
    __name__,
    "trace.asdict() gives a document.",
    "SerializableResolvedValueTrace",
)
