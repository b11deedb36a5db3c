"""`PipelineTasksGroup` of PyPI `dlt` 1.x: tasks that run a pipeline which the file of the DAG has made.

Pipeline and source are objects of that file, so each task extracts, normalizes and loads by itself. A task knows by the
id of its run whether an earlier try has loaded, as all tasks of this package do.
"""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, get_args

import pendulum
from airflow.providers.common.compat.sdk import get_current_context
from tenacity import Retrying, stop_after_attempt, wait_exponential
from typing_extensions import override

from dlt.errors import ValueErrorWithKnownValues
from dlt.extract.source import DltSource
from dlt.pipeline.pipeline import Pipeline
from dlt.schema.naming import naming_from
from dlt_airflow.compat import TaskGroup
from dlt_airflow.compat_operators import EmptyOperator, PythonOperator
from dlt_airflow.pipeline_task import Options, PipelineTask
from dlt_airflow.variable import offer_secrets

if TYPE_CHECKING:
    from dlt.extract.vocabulary import ContractHint, FileFormat, WriteDispositionHint

DEFAULT_RETRY_NO_RETRY = Retrying(stop=stop_after_attempt(1), reraise=True)
DEFAULT_RETRY_BACKOFF = Retrying(
    stop=stop_after_attempt(5), wait=wait_exponential(multiplier=1.5, min=4, max=10), reraise=True
)
COMPOSER_DATA = "/home/airflow/gcs/data"
"""The folder in which Cloud Composer lets tasks keep data."""
Decompose = Literal["none", "serialize", "parallel", "parallel-isolated"]
_SHOWN = 4
"""Resources that the name of a task has at most."""


class PipelineRunOperator(PythonOperator):  # type: ignore[misc]  # Any without Airflow
    """Run a pipeline that the file of the DAG has made.

    Args:
        work: The pipeline and its data.
        kwargs: Arguments of every operator.
    """

    def __init__(self, *, work: PipelineTask, **kwargs: Any) -> None:
        # tasks of Airflow 1 said so, and nobody has to since
        kwargs.pop("provide_context", None)
        # the objects stand in no field: Airflow would render and store them
        super().__init__(python_callable=work, **kwargs)

    def on_kill(self) -> None:
        """Stop the run: a load ends the package that is under way, everything else stops at once."""
        self.python_callable.stop()


class PipelineTasksGroup(TaskGroup):  # type: ignore[misc]  # Any without Airflow
    """Run pipelines as tasks of one group, each with all of a source or with parts of it.

    A try that follows one which was killed leaves what a single clean run would have left. What a task loaded is loaded
    once more only when the task is cleared; rows that it appended before go then, where its source gives them again.

    Args:
        pipeline_name: Name of the group.
        use_data_folder: Keep what is under way in the data folder of Cloud Composer, if there is one.
        local_data_folder: Folder for what is under way; one of the system's temporary folder when None.
        use_task_logger: Write messages of the library to the log of the task.
        log_progress_period: Seconds between two lines of progress, of pipelines that show none themselves; 0 for none.
        buffer_max_items: Read by PyPI `dlt` 1.x; rows are written a page at a time here, and another value than its
            default is told to be without effect.
        retry_policy: How a run is tried again within its task.
        retry_pipeline_steps: Steps whose failures are tried again.
        abort_task_if_any_job_failed: Let the task fail when something could not be loaded.
        wipe_local_data: Delete the working folder of the pipeline after each task; else it stays for `dlt.attach`.
        save_load_info: Load the info of each run too, into the table `_load_info`.
        save_trace_info: Load the trace of each run too, into the table `_trace`.
        truncate_staging_destination: Read by PyPI `dlt` 1.x; files that waited for a load are always deleted.
        kwargs: Arguments of Airflow's task group.
    """

    def __init__(
        self,
        pipeline_name: str,
        use_data_folder: bool = False,
        local_data_folder: str | None = None,
        use_task_logger: bool = True,
        log_progress_period: float = 30.0,
        buffer_max_items: int = 1000,
        retry_policy: Retrying = DEFAULT_RETRY_NO_RETRY,
        retry_pipeline_steps: Sequence[str] = ("load",),
        abort_task_if_any_job_failed: bool = True,
        wipe_local_data: bool = True,
        save_load_info: bool = False,
        save_trace_info: bool = False,
        truncate_staging_destination: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(group_id=pipeline_name, **kwargs)
        if use_data_folder and local_data_folder is None and os.path.isdir(COMPOSER_DATA):
            local_data_folder = COMPOSER_DATA
        # nothing is made there before a task runs: files of DAGs are read every few seconds
        folder = os.path.abspath(
            local_data_folder or os.path.join(tempfile.gettempdir(), f"dlt_{uuid.uuid4().hex[:16]}")
        )
        # pipelines that are made behind the group work there
        os.environ["DLT_DATA_DIR"] = folder
        if local_data_folder is not None:
            # a database of a file is kept with them; in a folder of one process nobody would find it again
            os.environ["DLT_LOCAL_DIR"] = folder
        self._options = Options(
            data_folder=folder,
            use_task_logger=use_task_logger,
            log_progress_period=log_progress_period,
            buffer_max_items=buffer_max_items,
            retry_policy=retry_policy,
            retry_pipeline_steps=tuple(retry_pipeline_steps),
            abort_task_if_any_job_failed=abort_task_if_any_job_failed,
            wipe_local_data=wipe_local_data,
            save_load_info=save_load_info,
            save_trace_info=save_trace_info,
            truncate_staging_destination=truncate_staging_destination,
        )
        self._names: dict[str, int] = {}
        offer_secrets()

    def run(
        self,
        pipeline: Pipeline,
        data: object,
        table_name: str | None = None,
        write_disposition: WriteDispositionHint | None = None,
        loader_file_format: FileFormat | None = None,
        schema_contract: ContractHint | None = None,
        pipeline_name: str | None = None,
        on_before_run: Callable[[], object] | None = None,
        **kwargs: Any,
    ) -> PipelineRunOperator:
        """Return a task that runs a pipeline; it is not part of the group.

        Args:
            pipeline: The pipeline.
            data: A source, a resource, rows, or a function that returns them, which is called in the task.
            table_name: Table for data without a name.
            write_disposition: As for `Pipeline.run`.
            loader_file_format: As for `Pipeline.run`.
            schema_contract: As for `Pipeline.run`.
            pipeline_name: Another name for the pipeline in this task, and with it a state of its own.
            on_before_run: Called in the task, before its pipeline runs.
            kwargs: Arguments of the operator.
        """
        hints = {"table_name": table_name, "write_disposition": write_disposition, "schema_contract": schema_contract}
        work = PipelineTask(self._options, pipeline, data, hints, loader_file_format, pipeline_name, on_before_run)
        return PipelineRunOperator(task_id=self._unique(_name_of(pipeline, data)), work=work, **kwargs)

    def add_run(
        self,
        pipeline: Pipeline,
        data: object,
        *,
        decompose: Decompose = "none",
        serialize_first_task: bool = True,
        table_name: str | None = None,
        write_disposition: WriteDispositionHint | None = None,
        loader_file_format: FileFormat | None = None,
        schema_contract: ContractHint | None = None,
        on_before_run: Callable[[], object] | None = None,
        **kwargs: Any,
    ) -> list[Any]:
        """Add tasks to the group that run a pipeline, and return them in their order.

        Args:
            pipeline: The pipeline.
            data: As for `run`; a source where it is decomposed.
            decompose: "none" for one task; "serialize" for one after the other, each with resources that belong
                together; "parallel" for all of them at once; "parallel-isolated" for the same, each with a pipeline and
                a state of its own.
            serialize_first_task: Let the first of parallel tasks run before the others, so that it makes the tables.
            table_name: Table for data without a name.
            write_disposition: As for `Pipeline.run`.
            loader_file_format: As for `Pipeline.run`.
            schema_contract: As for `Pipeline.run`.
            on_before_run: Called in each task, before its pipeline runs.
            kwargs: Arguments of the operators.

        Raises:
            ValueError: The data cannot be decomposed, or the pipeline has `dev_mode`.
        """
        if decompose not in get_args(Decompose):
            raise ValueErrorWithKnownValues("decompose", decompose, get_args(Decompose))
        given: dict[str, Any] = {
            "table_name": table_name,
            "write_disposition": write_disposition,
            "loader_file_format": loader_file_format,
            "schema_contract": schema_contract,
            "on_before_run": on_before_run,
        }
        with self:
            if decompose == "none":
                return [self.run(pipeline, data, **given, **kwargs)]
            parts = _parts(pipeline, data)
            isolated = decompose == "parallel-isolated"
            # tasks of Airflow 1 said so, and an operator that does nothing is asked as well
            whole, plain = _name_of(pipeline, data), {k: v for k, v in kwargs.items() if k != "provide_context"}
            start: list[Any] = []
            if decompose != "serialize" and not serialize_first_task:
                start = [EmptyOperator(task_id=self._unique(f"{whole}_start"), **plain)]
            tasks = [
                self.run(pipeline, part, **given, **self._own(pipeline, part, isolated), **kwargs) for part in parts
            ]
            if decompose == "serialize":
                for first, second in pairwise(tasks):
                    first >> second
                return tasks
            # without a first task of their own they begin with an empty one, so that the group has one beginning
            every: list[Any] = [*start, *tasks]
            before, rest = every[0], every[1:]
            end = EmptyOperator(task_id=self._unique(f"{whole}_end"), **plain)
            before >> (rest or end)
            for task in rest:
                task >> end
            return [before, *rest, end]

    def _own(self, pipeline: Pipeline, part: DltSource, isolated: bool) -> dict[str, Any]:
        """Return the name of a pipeline of a part's own."""
        if not isolated:
            return {}
        # counted as a task's name is: DAGs and what they loaded know the names that follow from it
        return {"pipeline_name": naming_from().normalize_identifier(self._unique(_name_of(pipeline, part)))}

    def _unique(self, name: str) -> str:
        count = self._names[name] = self._names.get(name, 0) + 1
        return name if count == 1 else f"{name}-{count}"

    @override
    def __repr__(self) -> str:
        return f"<PipelineTasksGroup {self.group_id}>"


def _parts(pipeline: Pipeline, data: object) -> list[DltSource]:
    if not isinstance(data, DltSource):
        raise ValueError(
            f"add_run: only a source can be decomposed, and the data is {type(data).__name__}. Pass a source, or "
            'decompose="none".'
        )
    if pipeline.config.full_refresh:
        raise ValueError(
            f"add_run: pipeline {pipeline.pipeline_name} has dev_mode, which gives every task a dataset of its own. "
            'Make it without dev_mode, or pass decompose="none".'
        )
    return data.decompose("scc")


def _name_of(pipeline: Pipeline, data: object) -> str:
    if not isinstance(data, DltSource):
        return str(pipeline.pipeline_name)
    names = list(data.selected_resources)
    more = [f"{len(names) - _SHOWN}-more"] if len(names) > _SHOWN else []
    return f"{data.name}_{'-'.join([*names[:_SHOWN], *more])}"


def airflow_get_execution_dates() -> tuple[pendulum.DateTime, pendulum.DateTime | None]:
    """Return start and end of the time that the run of the task loads; its logical date where it has no interval.

    Raises:
        Exception: no task runs here; each version of Airflow has its own class for it.
    """
    found = get_current_context()
    start = found.get("data_interval_start") or found.get("logical_date") or found["dag_run"].run_after
    end = found.get("data_interval_end")
    return pendulum.instance(start), pendulum.instance(end) if end is not None else None


__all__ = [
    "DEFAULT_RETRY_BACKOFF",
    "DEFAULT_RETRY_NO_RETRY",
    "PipelineTasksGroup",
    "airflow_get_execution_dates",
]
