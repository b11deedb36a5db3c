"""Every step in one block: lock, signals, progress, trace, log, and the error that names the step."""

from __future__ import annotations

import datetime
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlt import context, user_log
from dlt.clock import utc_now
from dlt.configuration import section_context
from dlt.errors import (
    ChecksFailed,
    NormalizeJobFailed,
    PipelineConfigMissing,
    PipelineLocked,
    PipelineStepFailed,
    SourceExhausted,
    SourceExhaustedInStep,
)
from dlt.errors.base import ended
from dlt.info import LoadInfo, duration_text, size_text
from dlt.io.sealed import Damaged
from dlt.metrics import LoadJobMetrics
from dlt.observe import lineage, telemetry
from dlt.packages.advice import folder_advice
from dlt.pipeline import excepthook, signals
from dlt.pipeline.blame import blame_of
from dlt.pipeline.home import Home
from dlt.pipeline.hooks import Hooks
from dlt.pipeline.target import Target
from dlt.pipeline.trace import PipelineTrace, end_step, restore_trace, start_trace, stored_trace
from dlt.progress import Collector
from dlt.redact import clean_document, clean_error
from dlt.user_log import Telling, current, logger, use

if TYPE_CHECKING:
    from dlt.context import PipelineAtWork
    from dlt.info import ExtractInfo, NormalizeInfo


class Step:
    """What a step leaves."""

    info: ExtractInfo | NormalizeInfo | LoadInfo | None = None


class Tracer:
    """Runs steps and keeps their trace.

    Args:
        whose: The pipeline, for errors and for the program that asks for the active one.
        home: Its folder.
        target: Where it loads.
        telling: What it tells.
        hooks: What the program wants to be told.
        collector: Shows progress.
    """

    def __init__(
        self, whose: PipelineAtWork, home: Home, target: Target, telling: Telling, hooks: Hooks, collector: Collector
    ) -> None:
        self._whose, self._home, self._target, self._hooks = whose, home, target, hooks
        self._name = home.pipeline_name
        self.telling, self.collector = telling, collector
        self._trace: PipelineTrace | None = None
        self._is_own = False
        """The trace was made here, and not by another process."""
        self._depth = 0
        self.lineage = lineage.Teller(self._name)
        # another thread may wait for the lock meanwhile, and what fails there is another run
        self._under_way = threading.local()

    # -- trace

    @property
    def last_trace(self) -> PipelineTrace | None:
        """Return the trace of the last run, also of another process."""
        if self._trace is None:
            self._trace = self._read()
        return self._trace

    def _read(self) -> PipelineTrace | None:
        workdir = self._home.workdir
        stored = workdir.read_trace()
        try:
            return restore_trace(stored, workdir.trace_path) if stored else None
        except Damaged as error:
            workdir.lose_trace(error)
            return None

    def forget(self) -> None:
        """Forget the trace."""
        self._trace, self._is_own = None, False

    @contextmanager
    def run(self) -> Iterator[None]:
        """Let the steps of the block be one run, in one trace."""
        if self._home.planner is not None:
            # nothing runs: the folder stays as it is
            yield
            return
        shown = excepthook.in_one_line(self.telling.excepthook)
        handled = signals.handled(self._home.settings.intercept_signals)
        with use(self.telling), shown, handled, self._watched("run"), self._held("run"):
            self._trace = self._begin_trace()
            self._depth += 1
            started_at, whole = utc_now(), self._home.settings.defaults.run_is_a_step
            try:
                yield
                if whole:
                    self._trace = end_step(self._trace, "run", started_at, self._trace.last_load_info, None)
            except Exception as error:
                if whole or not any(step.step_exception for step in self._trace.steps):
                    # it ended before or between the steps, and is not to be told as complete
                    name = "run" if whole else error.__dict__.get("step", "run")
                    self._trace = end_step(self._trace, name, started_at, None, error)
                raise
            finally:
                with signals.shielded():
                    self._depth -= 1
                    self._store_trace()

    def _store_trace(self) -> None:
        # the steps of a run are one trace
        if self._trace is None or self._depth > 0:
            return
        if not self._home.settings.enable_runtime_trace:
            self.forget()
        # a pipeline that failed before it had a folder leaves none
        elif os.path.isdir(self._home.working_dir):
            try:
                self._home.workdir.write_trace(clean_document(stored_trace(self._trace)))
            except OSError as error:
                # a run that loaded has loaded, and of one that failed its own error is the one to see
                advice = folder_advice(error, self._home.working_dir)
                said = f"{ended(str(error))} {advice}" if advice else ended(str(error))
                user_log.error(f"{self._name}: the trace of the run cannot be stored: {said}")

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Run a step: locked, traced, told, and its error named.

        Args:
            name: Name of the step.

        Raises:
            PipelineStepFailed: the block failed; the cause is chained.
            PipelineLocked: another process runs this pipeline.
        """
        # signals are handled until the trace is stored
        handled = signals.handled(self._home.settings.intercept_signals)
        with use(self.telling), excepthook.in_one_line(self.telling.excepthook), handled, self._watched(name):
            logger.info(f"{self._name}: {name} begins")
            yield from self._told_step(name)

    @contextmanager
    def _watched(self, name: str) -> Iterator[None]:
        """Make a span of a run or a step; tell how a run, or a step that is no part of one, begins and ends."""
        of = {"dlt.pipeline.name": self._name}
        if getattr(self._under_way, "loads", None) is not None:
            with telemetry.span(f"dlt.{name}", of):
                yield
            return
        loads = self._under_way.loads = list[LoadInfo]()
        failed: BaseException | None = None
        self.lineage.begin(name)
        try:
            with telemetry.span(f"dlt.{name}", of):
                yield
        except BaseException as error:
            failed = error
            # behind the last attempt
            if isinstance(error, Exception):
                cause = error.__dict__.get("exception")
                if isinstance(cause, ChecksFailed):
                    self._hooks.call("failed_check", [result for result in cause.checks if not result.passed])
                self._hooks.call("failed_load", error)
            raise
        finally:
            self._under_way.loads = None
            self.lineage.end(name, loads, failed)

    def _told_step(self, name: str) -> Iterator[Step]:
        # a resource may ask the destination while it is extracted, and changes nothing by it
        if name != "sync":
            self._home.refuse_inside(name)
        # all of it belongs to one thread at a time: also the trace
        with self._held(name):
            yield from self._locked_step(name)

    @contextmanager
    def _held(self, name: str) -> Iterator[None]:
        """Hold the lock of the folder; where that cannot be had, the step is what failed."""
        with ExitStack() as stack:
            with self.failing(name):
                # inside of the name of the step: a lock that cannot be had is its failure
                stack.enter_context(signals.held(self._home.lock))
            yield

    def _locked_step(self, name: str) -> Iterator[Step]:
        step = Step()
        started_at = utc_now()
        # resources that ask for the active pipeline get the one that extracts them
        context.activate(self._whose)
        trace = self._trace = self._trace_for(name)
        error: BaseException | None = None
        collector = self.collector(name)
        self._hooks.call("step_start", name)
        try:
            with section_context(pipeline_name=self._name), collector:
                yield step
        except (PipelineStepFailed, PipelineLocked, PipelineConfigMissing) as failed:
            error = failed
            clean_error(error)
            raise
        except Exception as failed:
            error = failed
            if name != "normalize":
                raise self.failed(name, failed, step) from failed
            # the cause is what happened; programs for PyPI `dlt` look for it in the context of the context
            try:
                raise NormalizeJobFailed(f"Pipeline {self._name}: {failed}", failed_message=str(failed)) from failed
            except NormalizeJobFailed:
                raise self.failed(name, failed, step) from failed
        # Ctrl-C is no failure of the step: it keeps its class, so that scripts end as Python's do
        except BaseException as stopped:
            error = stopped
            raise
        finally:
            with signals.shielded():
                self._trace = end_step(trace, name, started_at, step.info, error)
                if isinstance(step.info, LoadInfo):
                    self._under_way.loads.append(step.info)
                telemetry.end_of_step(name, self._name, step.info, started_at, error)
                self._hooks.call("step_end", name if error is None else f"{name} failed")
                self._tell(name, started_at, step, error)
                self._store_trace()

    def _trace_for(self, name: str) -> PipelineTrace:
        """Return the trace that a step goes on with; one that is called by itself continues those before it."""
        found = self._trace if self._is_own else None
        if found is not None and self._depth > 0:
            return found
        # steps that are called one by one are a run too: a new extract begins another one, and so does a new try
        last = found.steps[-1] if found is not None and found.steps else None
        if found is None or last is None or last.step_exception or (name == "extract" and last.step != "extract"):
            return self._begin_trace()
        return found

    def _begin_trace(self) -> PipelineTrace:
        self._is_own = True
        return start_trace(self._name)

    @contextmanager
    def failing(self, name: str) -> Iterator[None]:
        """Name the step in errors of what is a step of its own only when a user calls it."""
        try:
            yield
        except (PipelineStepFailed, PipelineLocked, PipelineConfigMissing):
            raise
        except Exception as failed:
            raise self.failed(name, failed, Step()) from failed

    def failed(self, step: str, error: Exception, found: Step) -> PipelineStepFailed:
        """Return the error that names a step.

        Args:
            step: Name of the step.
            error: What happened.
            found: What the step left.
        """
        load_id, noted = blame_of(error)
        advice = noted or folder_advice(error, self._home.working_dir)
        kind = SourceExhaustedInStep if isinstance(error, SourceExhausted) else PipelineStepFailed
        return kind(
            f"Pipeline {self._name} failed at step {step}"
            f"{f' of package {load_id}' if load_id else ''} with {type(error).__name__}: "
            f"{f'{ended(str(error))} {advice}' if advice else error}",
            pipeline=self._whose,
            step=step,
            load_id=load_id,
            exception=error,
            step_info=found.info,
            has_pending_data=self._home.has_pending_data,
            is_package_partially_loaded=False,
        )

    def _tell(self, name: str, started_at: datetime.datetime, step: Step, error: BaseException | None) -> None:
        info, took = step.info, duration_text((utc_now() - started_at).total_seconds())
        if isinstance(error, KeyboardInterrupt):
            user_log.error(f"{self._name}: {name} stopped after {took}. Nothing is lost: run again to go on")
            if current().lines:
                signals.note_told(error)
            return
        if error is not None:
            user_log.error(f"{self._name}: {name} failed after {took} with {type(error).__name__}")
            return
        tables = table_totals(info)
        shown = ", ".join(f"{table} {total.rows}" for table, total in list(tables.items())[:8])
        more = f" and {len(tables) - 8} more tables" if len(tables) > 8 else ""
        loaded = info if isinstance(info, LoadInfo) else None
        where = f" into {self._target.there().destination_name} {loaded.dataset_name}" if loaded is not None else ""
        user_log.info(f"{self._name}: {name}{where} in {took}{': ' + shown + more if tables else ''}")
        if logger.isEnabledFor(logging.INFO):
            self._tell_details(name, loaded, tables)

    def _tell_details(self, name: str, loaded: LoadInfo | None, tables: dict[str, TableTotal]) -> None:
        about = f"{self._name}: {name}"
        for table, total in tables.items():
            seconds = f" in {duration_text(total.seconds)}" if total.seconds else ""
            logger.info(f"{about}: table {table}: {total.rows} rows, {size_text(total.bytes)}{seconds}")
        if name == "extract":
            logger.info(f"{about}: state version {self._home.state['_state_version']}")
        if loaded is None:
            return
        for package in loaded.load_packages:
            logger.info(
                f"{about}: package {package.load_id} is in dataset {package.dataset_name} at "
                f"{loaded.destination_displayable_credentials}"
            )
            for grown in package.schema_update.values():
                logger.info(f"{about}: table {grown['name']} got columns {', '.join(grown['columns'])}")


@dataclass
class TableTotal:
    """What a step did with one table; bytes, and seconds where they are known."""

    rows: int = 0
    bytes: int = 0
    seconds: float = 0.0


def table_totals(info: ExtractInfo | NormalizeInfo | LoadInfo | None) -> dict[str, TableTotal]:
    """Return what a step did, by table, over all packages."""
    tables: dict[str, TableTotal] = {}
    # a sync leaves no info
    metrics = info.metrics if info is not None else {}
    for entry in (entry for entries in metrics.values() for entry in entries):
        for table, values in entry.get("table_metrics", {}).items():
            total = tables.setdefault(table, TableTotal())
            total.rows += values.items_count
            total.bytes += values.file_size
        for job in entry.get("job_metrics", {}).values():
            if isinstance(job, LoadJobMetrics) and job.started_at and job.finished_at:
                seconds = (job.finished_at - job.started_at).total_seconds()
                tables.setdefault(job.table_name, TableTotal()).seconds += seconds
    return tables
