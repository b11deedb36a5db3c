"""A run of a pipeline that the file of a DAG has made, in one task.

The steps work in a folder of the try. A try that was killed leaves nothing that counts, or it has loaded: then the
destination knows the work of the run, and nothing is extracted.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tenacity import Retrying, retry_all, retry_if_exception

from dlt import context as run_context
from dlt import user_log
from dlt.errors import PipelineStepFailed, StaleExtract
from dlt.extract.incremental.interval import airflow_interval
from dlt.extract.resource import DltResource
from dlt.extract.source import DltSource
from dlt.info import LoadInfo
from dlt.io.lock import PipelineLock
from dlt.load.work import GOES_ON
from dlt.observe import settle
from dlt.pipeline import signals
from dlt.pipeline.helpers import retry_load
from dlt.pipeline.pipeline import Pipeline
from dlt.tasks.again import loaded_before
from dlt.tasks.folder import RunFolder
from dlt.tasks.spec import Spec, StepContext
from dlt.tasks.steps import signed
from dlt.tasks.task_run import TaskRun
from dlt_airflow.compat import index_of
from dlt_airflow.connections import configuration, configured
from dlt_airflow.fields import reprocess_of
from dlt_airflow.identity import run_identity, step_context
from dlt_airflow.progress import task_progress
from dlt_airflow.retries import airflow_errors

if TYPE_CHECKING:
    from airflow.sdk import Context

_STALE_TRIES = 10
"""Extracts of one task that other tasks of its pipeline make out of date, before it fails."""
_BUFFER = 1000


@dataclass(frozen=True)
class Options:
    """What a `PipelineTasksGroup` says of its tasks."""

    data_folder: str
    use_task_logger: bool
    log_progress_period: float
    buffer_max_items: int
    retry_policy: Retrying
    retry_pipeline_steps: tuple[str, ...]
    abort_task_if_any_job_failed: bool
    wipe_local_data: bool
    save_load_info: bool
    save_trace_info: bool
    truncate_staging_destination: bool | None


class PipelineTask:
    """What one task does.

    Args:
        options: What the group says.
        pipeline: The pipeline.
        data: A source, a resource, rows, or a function that returns them.
        hints: Arguments of `Pipeline.extract`.
        loader_file_format: Format of the files that are loaded.
        pipeline_name: Another name of the pipeline, and with it another state.
        on_before_run: Called before the pipeline runs.
    """

    def __init__(
        self,
        options: Options,
        pipeline: Pipeline,
        data: object,
        hints: Mapping[str, Any],
        loader_file_format: str | None,
        pipeline_name: str | None,
        on_before_run: Callable[[], object] | None,
    ) -> None:
        self._options, self._pipeline, self._data = options, pipeline, data
        self._hints = {name: value for name, value in hints.items() if value is not None}
        self._format: Any = loader_file_format
        self._name, self._on_before_run = pipeline_name or pipeline.pipeline_name, on_before_run
        self._at_work = False
        # Airflow shows it
        self.__name__ = f"run_{self._name}"

    def __call__(self, **context: Any) -> None:
        """Run the pipeline; Airflow calls it in the task."""
        given: Context = context  # type: ignore[assignment]  # Airflow passes its items as arguments
        with airflow_errors(), configured(configuration()) if self._options.use_task_logger else nullcontext():
            self._at_work = True
            try:
                self._run(given)
            finally:
                self._at_work = False
                # the worker ends the process of the task without a further word
                settle()

    def stop(self) -> None:
        """Stop the run, if it is under way; the next try goes on where this one was."""
        if self._at_work:
            # Airflow's own handler took the signal, so ours never sees it
            signals.handle(signal.SIGTERM)

    def _run(self, context: Context) -> None:
        options = self._options
        self._tell_what_has_no_effect()
        if self._on_before_run is not None:
            self._on_before_run()
        index = index_of(context)
        task_id = context["ti"].task_id
        # the same in all tries of the task, and of no other task
        run_id = run_identity(context, f"{task_id}/{index}" if index else task_id)
        # what the pipeline shows by itself comes first, see TaskRun
        progress = task_progress(options.log_progress_period) if options.log_progress_period > 0 else None
        # Airflow knows no tables of a function that it calls
        who = replace(step_context(context, run_id), progress=progress, tells_lineage=False)
        # both must agree: the policy knows errors, and the group steps
        again = retry_all(options.retry_policy.retry, retry_if_exception(retry_load(options.retry_pipeline_steps)))
        policy = options.retry_policy.copy(retry=again)
        before = run_context.active_pipeline()
        folder = RunFolder(Spec(work_dir=os.path.join(options.data_folder, "tasks")), self._name, run_id)
        try:
            with folder.scratch() as scratch:
                run = self._task_run(scratch, who)
                # in one folder: a load that is tried again finds its package there
                info = policy(self._load, run, who, reprocess_of("auto", context))
                if info is not None:
                    self._save_infos(run, info)
                if not options.wipe_local_data:
                    self._publish(run)
        finally:
            run_context.activate(before)
            if options.wipe_local_data:
                self._wipe()
        folder.forget_run()

    def _tell_what_has_no_effect(self) -> None:
        options = self._options
        if options.buffer_max_items not in (0, _BUFFER):
            user_log.tell_without_effect("buffer_max_items of PipelineTasksGroup", "rows are written a page at a time")
        if options.truncate_staging_destination is False:
            what = "truncate_staging_destination=False of PipelineTasksGroup"
            user_log.tell_without_effect(what, "a load leaves no staging tables or files behind")

    def _task_run(self, scratch: str, who: StepContext) -> TaskRun:
        made = self._pipeline
        if self._name != made.pipeline_name:
            made = Pipeline(replace(made.config, pipeline_name=self._name, pipelines_dir=scratch))
            made.parts.target.take_from(self._pipeline.parts.target)
        if not self._options.wipe_local_data:
            self._begin_with_what_stayed(scratch)
        return TaskRun(made, scratch, who)

    # -- the steps

    def _load(self, run: TaskRun, who: StepContext, reprocess: str) -> LoadInfo | None:
        """Load what the data gives; return None where an earlier try has done it."""
        for tried in range(1, _STALE_TRIES + 1):
            try:
                return self._load_once(run, who, reprocess)
            except PipelineStepFailed as failed:
                if not isinstance(failed.exception, StaleExtract) or tried == _STALE_TRIES:
                    raise
                # another task of the pipeline has loaded since and changed the same state: its change comes first
                user_log.info(f"{run.pipeline_name}: {failed.exception} It is extracted anew.")
                run.pipeline.abort_packages()
        raise AssertionError("the last try returns or raises")

    def _load_once(self, run: TaskRun, who: StepContext, reprocess: str) -> LoadInfo | None:
        pipeline = run.pipeline
        # a package of this run waits where its load failed and is tried again
        if not pipeline.has_pending_data and not self._extract(run, who, reprocess):
            return None
        pipeline.normalize(loader_file_format=self._format)
        return pipeline.load(raise_on_failed_jobs=self._options.abort_task_if_any_job_failed)

    def _extract(self, run: TaskRun, who: StepContext, reprocess: str) -> bool:
        """Extract; return False where an earlier try of the task, or one of the same wish, has loaded."""
        pipeline = run.pipeline
        pipeline.sync_destination()
        data = self._data
        if callable(data) and not isinstance(data, (DltSource, DltResource)):
            data = data()
        loaded = None
        # all of them, or the work is not done
        for name in _schemas_of(data, pipeline):
            loaded = loaded_before(run, who, name)
            if loaded is None:
                break
        if loaded is not None and loaded.revision >= who.revision:
            user_log.info(f"{run.pipeline_name}: run {who.run_id} was loaded before, as {loaded.load_id}")
            return False
        if loaded is not None:
            run.keep_empty()
        # resources change the state in place
        base, window = deepcopy(pipeline.state), airflow_interval()
        with run_context.use(window=window):
            pipeline.extract(data, **self._hints)
        # a state of the program's own goes on where it stood, as in each run of a script
        signed(run, who, data, base, reprocess, again=loaded is not None, own_state=GOES_ON)
        return True

    def _save_infos(self, run: TaskRun, info: LoadInfo) -> None:
        trace = run.pipeline.last_trace
        if self._options.save_load_info:
            run.pipeline.run([info], table_name="_load_info")
        if self._options.save_trace_info:
            run.pipeline.run([trace], table_name="_trace")

    # -- the folder that stays

    @property
    def _home(self) -> str:
        return os.path.join(self._pipeline.config.pipelines_dir, self._name)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # tasks that run at once have the same folder
        guard = os.path.join(self._options.data_folder, "tasks", f".{self._name}")
        with PipelineLock(guard, self._name, timeout=60):
            yield

    def _begin_with_what_stayed(self, scratch: str) -> None:
        """Take state and schemas along, for destinations that keep none."""
        target = os.path.join(scratch, self._name)
        with self._locked():
            for name in ("state.json", "schemas"):
                source = os.path.join(self._home, name)
                if os.path.isdir(source):
                    shutil.copytree(source, os.path.join(target, name))
                elif os.path.exists(source):
                    os.makedirs(target, exist_ok=True)
                    shutil.copyfile(source, os.path.join(target, name))

    def _publish(self, run: TaskRun) -> None:
        """Let the folder of the try be that of the pipeline."""
        os.makedirs(os.path.dirname(self._home), exist_ok=True)
        new = f"{self._home}.new"
        with self._locked():
            shutil.rmtree(new, ignore_errors=True)
            shutil.copytree(run.pipeline.working_dir, new)
            shutil.rmtree(self._home, ignore_errors=True)
            os.rename(new, self._home)

    def _wipe(self) -> None:
        # a pipeline that was made before the group works elsewhere, and what is there is not the group's
        if os.path.commonpath([self._home, self._options.data_folder]) == self._options.data_folder:
            shutil.rmtree(self._home, ignore_errors=True)


def _schemas_of(data: object, pipeline: Pipeline) -> list[str]:
    """Return the names of the schemas that data goes into, as far as they are known before it is extracted."""
    items = data if isinstance(data, (list, tuple)) else [data]
    default = pipeline.default_schema_name
    found = [item.name if isinstance(item, DltSource) else default for item in items]
    return list(dict.fromkeys(name for name in found if name))
