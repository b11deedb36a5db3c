"""The decorator `@task.dlt`: a function returns data, its task extracts, normalizes and loads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.common.compat import sdk

from dlt_airflow.arguments import Hidden
from dlt_airflow.base import DltOperator
from dlt_airflow.compat import DecoratedOperator, TaskDecorator, index_of, task_decorator_factory
from dlt_airflow.outcome import Outcome

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context

    from dlt.types import JsonObject, Wrapped
    from dlt_airflow.window import Wanted

_FIELDS = ("pipeline", "pipeline_args", "run_args", "handoff", "work_dir", "reprocess", "window", "chunk", "reload")


class DltDecoratedOperator(DecoratedOperator, DltOperator):  # type: ignore[misc]  # Any without Airflow
    """Load what a function returns, in one task.

    Rows are loaded exactly once, whatever happens to the task. A try after one that was killed uses what that one
    extracted if it finds it, on the same disk or at the hand-off; else the function is called again.

    Args:
        python_callable: The function.
        pipeline: Factory of the pipeline, as "package.module:name" or "file.py:name", or the arguments of
            `dlt.pipeline`.
        pipeline_args: Arguments of the pipeline's factory; JSON values.
        run_args: Arguments of `Pipeline.run`, such as table_name, write_disposition, primary_key and refresh.
        handoff: URL of a folder for packages; `[dlt] handoff_url` when None.
        work_dir: Folder for packages under way; `[dlt] work_dir` when None.
        reprocess: As for `DltExtractOperator`.
        window: Time to load: "auto" takes it from the run, (start, end) says it, None leaves it to the cursors.
        chunk: Name of the part, where the task is mapped; the index of the task when empty.
        reload: Any text other than before makes the run a new one, which takes nothing back when it is cleared.
        assets: As for `DltLoadOperator`.
        asset_alias: As for `DltLoadOperator`.
        known_assets: As for `DltLoadOperator`.
        kwargs: Arguments of every operator, and `conn_ids` and `variables`.
    """

    custom_operator_name = "@task.dlt"
    template_fields: Sequence[str] = ("load_info", "op_args", "op_kwargs", "conn_ids", "variables", *_FIELDS)
    template_fields_renderers: ClassVar[dict[str, str]] = {"op_args": "py", "op_kwargs": "py"}
    op_args: Hidden[Sequence[object]] = Hidden()
    op_kwargs: Hidden[Mapping[str, object]] = Hidden()
    # what the page of the task shows was rendered before the LoadInfo was there
    overwrite_rtif_after_execution = True
    inlets: list[object]
    outlets: list[object]

    def __init__(
        self,
        *,
        python_callable: Wrapped,
        pipeline: str | Mapping[str, object],
        pipeline_args: Mapping[str, object] | None = None,
        run_args: Mapping[str, object] | None = None,
        handoff: str | None = None,
        work_dir: str | None = None,
        reprocess: str = "auto",
        window: Wanted = None,
        chunk: str = "",
        reload: str = "",
        assets: bool = True,
        asset_alias: str | None = None,
        known_assets: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        if kwargs.get("runs_in") is not None:
            raise ValueError(
                "@task.dlt: its function runs in the worker, and runs_in would run it elsewhere. Put the source into a "
                "file and name it: dlt_task_group(source='shop.py:shop', runs_in=...)."
            )
        self.pipeline = pipeline
        self.run_args = run_args
        self.work_dir = work_dir
        self.reprocess = reprocess
        self.window = window
        self.chunk = chunk
        self.reload = reload
        self.load_info: str | None = None
        super().__init__(python_callable=python_callable, pipeline_args=pipeline_args, handoff=handoff, **kwargs)
        dag_id = self.dag.dag_id if self.has_dag() else None
        self._outcome = Outcome(self, dag_id, assets, asset_alias, known_assets)

    @property
    def chunk_name(self) -> str:
        """Return the name of the part that the task works on."""
        return str(self.chunk)

    def execute(self, context: Context) -> JsonObject:
        """Call the function, load what it returns, and return what was loaded."""
        with self._step(context), self._outcome.watched(self, context):
            from dlt.tasks import cleanup_step, extract_step, load_step, normalize_step
            from dlt_airflow import inline
            from dlt_airflow.fields import handed_on, window_of
            from dlt_airflow.identity import run_identity, step_context

            chunk = self.chunk or index_of(context)
            # mapped tasks load by themselves, so each one is a run
            run_id = run_identity(context, f"{self.task_id}/{chunk}" if chunk else self.task_id, self.reload)
            who = step_context(context, run_id, window=window_of(self.window, context))
            # the function is no name that a spec could hold; a try that finds its work never calls it
            with inline.offered(run_id, lambda: self._call(context)):
                spec = self._whole_spec(context, run_id)
                token = extract_step(spec, who)
            handed_on(context, token)
            normalized = normalize_step(token, who, spec)
            report = load_step(normalized, who, spec)
            # no other task needs the packages
            cleanup_step(normalized, spec=spec)
        return self._outcome.tell(self, context, report, token.window)

    def get_openlineage_facets_on_complete(self, _task_instance: object) -> OperatorLineage:
        """Return tables, columns and rows for OpenLineage."""
        return self._outcome.lineage(self)

    def _call(self, context: Context) -> object:
        # a function of a task may ask for what Airflow knows, by the names of its parameters
        arguments = {**context, **self.op_kwargs}
        kwargs = sdk.determine_kwargs(self.python_callable, self.op_args, arguments)
        found: object = self.python_callable(*self.op_args, **kwargs)
        return found

    def _whole_spec(self, context: Context, key: str) -> JsonObject:
        from dlt_airflow.fields import pipeline_beside, reprocess_of

        return {
            "source": "dlt_airflow.inline:returned",
            "source_args": {"key": key},
            "pipeline": pipeline_beside(self.pipeline, context),
            "pipeline_args": dict(self.pipeline_args or {}),
            "run_args": dict(self.run_args or {}),
            "handoff": self.handoff or None,
            "work_dir": self.work_dir or None,
            "reprocess": reprocess_of(self.reprocess, context),
        }


def dlt_task(
    python_callable: Wrapped | None = None, multiple_outputs: bool | None = None, **kwargs: object
) -> TaskDecorator:
    """Make a task of a function that returns a source, a resource or rows; `@task.dlt` is the same.

    Args:
        python_callable: The function.
        multiple_outputs: Give each key of what the task returns an XCom of its own.
        kwargs: Arguments of `DltDecoratedOperator`.
    """
    return task_decorator_factory(
        python_callable=python_callable,
        multiple_outputs=multiple_outputs,
        decorated_operator_class=DltDecoratedOperator,
        **kwargs,
    )
