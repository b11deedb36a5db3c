"""Extract, normalize and load as operators. What they take is JSON and names; dlt is imported in tasks only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dlt_airflow.arguments import Handed, Hidden, handed
from dlt_airflow.base import LATER, LOOK_UPS, DltOperator
from dlt_airflow.compat import index_of
from dlt_airflow.outcome import Outcome

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context

    from dlt.tasks import StepContext
    from dlt.types import JsonObject
    from dlt_airflow.window import Wanted

_SPEC = (
    *("source", "pipeline", "source_args", "pipeline_args", "resource_names", "run_args", "handoff", "work_dir"),
    "reprocess",
)
_JSON = dict.fromkeys(("pipeline", "source_args", "pipeline_args", "run_args"), "json")


class DltExtractOperator(DltOperator):
    """Extract from a source; `DltNormalizeOperator` takes what it returns.

    Args:
        source: Factory of the source, as "package.module:name" or "file.py:name"; a relative path starts at the folder
            of the DAG's file.
        pipeline: Factory of the pipeline, written the same way, or the arguments of `dlt.pipeline`.
        source_args: Arguments of the source's factory; JSON values.
        resource_names: Resources to load; those that the source selects when empty.
        run_args: Arguments of `Pipeline.run`, such as write_disposition, refresh and loader_file_format.
        work_dir: Folder for packages under way; `[dlt] work_dir` when None.
        reprocess: What becomes of rows that the run appended, when it was loaded and is cleared: "auto" deletes them
            where the extract gives them again and keeps them where it goes on behind a cursor, "undo" deletes them,
            "keep" leaves them; `dlt_reprocess` in the configuration of the run says the same.
        window: Time to load: "auto" takes it from the run, (start, end) says it, None leaves it to the cursors.
        chunk: Name of the part, where the task is mapped; the index of the task when empty.
        chunk_args: Arguments of the source's factory that are those of the part.
        reload: Any text other than before makes the run a new one, which takes nothing back when it is cleared.
        group: Name of the group of tasks; tasks of one group and run share their work.
        kwargs: Arguments of every operator, and `conn_ids`, `variables`, `pipeline_args` and `handoff`.
    """

    template_fields: Sequence[str] = (*LOOK_UPS, *_SPEC, "window", "chunk", "chunk_args", "reload")
    template_fields_renderers = _JSON
    source_args: Hidden[Mapping[str, object] | None] = Hidden()
    chunk_args: Hidden[Mapping[str, object] | None] = Hidden()

    def __init__(
        self,
        *,
        source: str,
        pipeline: str | Mapping[str, object],
        source_args: Mapping[str, object] | None = None,
        resource_names: Sequence[str] = (),
        run_args: Mapping[str, object] | None = None,
        work_dir: str | None = None,
        reprocess: str = "auto",
        window: Wanted = None,
        chunk: str = "",
        chunk_args: Mapping[str, object] | None = None,
        reload: str = "",
        group: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.source = source
        self.pipeline = pipeline
        self.source_args = source_args
        self.resource_names = resource_names
        self.run_args = run_args
        self.work_dir = work_dir
        self.reprocess = reprocess
        self.window = window
        self.chunk = chunk
        self.chunk_args = chunk_args
        self.reload = reload
        self.group = group

    @property
    def chunk_name(self) -> str:
        """Return the name of the part that the task works on."""
        return str(self.chunk or ",".join(self.resource_names))

    def execute(self, context: Context) -> JsonObject:
        """Extract, and return the token."""
        with self._step(context):
            from dlt.tasks import Token
            from dlt_airflow.disk import prune
            from dlt_airflow.fields import handed_on, spec_dict

            token = Token.from_dict(self._run("extract", self._who(context), spec_dict(self, context, self.chunk_args)))
            prune(token)
        return handed_on(context, token)

    def _who(self, context: Context) -> StepContext:
        from dlt_airflow.fields import window_of
        from dlt_airflow.identity import run_identity, step_context

        # mapped tasks share a run, and each needs a name of its own in it
        chunk = self.chunk or index_of(context)
        run_id = run_identity(context, self.group or self.task_id, self.reload)
        return step_context(context, run_id, chunk, window_of(self.window, context))


class DltResourcesOperator(DltOperator):
    """List the resources of a source, one part for each; `DltExtractOperator` expands over what it returns.

    Args:
        source: As for `DltExtractOperator`.
        pipeline: As for `DltExtractOperator`.
        source_args: As for `DltExtractOperator`.
        resource_names: As for `DltExtractOperator`.
        run_args: As for `DltExtractOperator`.
        work_dir: As for `DltExtractOperator`.
        reprocess: As for `DltExtractOperator`.
        kwargs: Arguments of every operator, and `conn_ids`, `variables`, `pipeline_args` and `handoff`.
    """

    template_fields: Sequence[str] = (*LOOK_UPS, *_SPEC)
    template_fields_renderers = _JSON
    source_args: Hidden[Mapping[str, object] | None] = Hidden()

    def __init__(
        self,
        *,
        source: str,
        pipeline: str | Mapping[str, object],
        source_args: Mapping[str, object] | None = None,
        resource_names: Sequence[str] = (),
        run_args: Mapping[str, object] | None = None,
        work_dir: str | None = None,
        reprocess: str = "auto",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.source = source
        self.pipeline = pipeline
        self.source_args = source_args
        self.resource_names = resource_names
        self.run_args = run_args
        self.work_dir = work_dir
        self.reprocess = reprocess

    def execute(self, context: Context) -> list[JsonObject]:
        """Return name and resources of each part."""
        with self._step(context):
            from dlt_airflow.fields import spec_dict
            from dlt_airflow.identity import step_context

            names = self._run("resources", step_context(context, ""), spec_dict(self, context))["resources"]
        return [{"chunk": name, "resource_names": [name]} for name in names]


class DltNormalizeOperator(DltOperator):
    """Normalize what was extracted; `DltLoadOperator` takes what it returns.

    Args:
        extracted: What `DltExtractOperator` returned.
        kwargs: Arguments of every operator, `conn_ids` and `variables`, and `pipeline_args` and `handoff` where they
            hold secrets.
    """

    template_fields: Sequence[str] = ("extracted", *LATER, *LOOK_UPS)
    extracted = Handed()

    def __init__(self, *, extracted: object, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.extracted = extracted

    @property
    def chunk_name(self) -> str:
        """Return the name of the part that the task works on."""
        token = handed(self.extracted)
        return str(token.get("chunk", "")) if isinstance(token, Mapping) else ""

    def execute(self, context: Context) -> JsonObject:
        """Normalize, and return the token."""
        with self._step(context):
            from dlt.tasks import Token
            from dlt_airflow.disk import prune
            from dlt_airflow.fields import handed_on, tokens_of
            from dlt_airflow.identity import step_context

            # of a task that returned nothing there is no token, and the error says so
            given = tokens_of(self.extracted)[:1]
            token = Token.from_dict(self._run("normalize", step_context(context, ""), self._withheld(), given))
            prune(token)
        return handed_on(context, token)


class DltLoadOperator(DltOperator):
    """Load what was normalized, all parts in one transaction.

    It returns the rows by table, load ids, schema hashes, what came of checks of data, items that went to quarantine,
    and the LoadInfo as text. Where a check lets the load fail, what came of all of them is its XCom "checks". Where the
    run was loaded before and its extract was not cleared, there is nothing to do, and the task ends as skipped.

    Args:
        normalized: What `DltNormalizeOperator` returned, of one task or of all mapped ones.
        assets: Report the tables that were loaded as assets, by an alias that is an outlet of the task.
        asset_alias: Name of the alias; "dlt/<dag>/<task>" when None.
        known_assets: Addresses of tables that are outlets before they were loaded; those that the task reported before
            are, where the DAG processor shares AIRFLOW_HOME.
        kwargs: Arguments of every operator, `conn_ids` and `variables`, and `pipeline_args` and `handoff` where they
            hold secrets.
    """

    template_fields: Sequence[str] = ("load_info", "normalized", *LATER, *LOOK_UPS)
    normalized = Handed()
    # what the page of the task shows was rendered before the LoadInfo was there
    overwrite_rtif_after_execution = True
    inlets: list[object]
    outlets: list[object]

    def __init__(
        self,
        *,
        normalized: object,
        assets: bool = True,
        asset_alias: str | None = None,
        known_assets: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.normalized = normalized
        self.load_info: str | None = None
        dag_id = self.dag.dag_id if self.has_dag() else None
        self._outcome = Outcome(self, dag_id, assets, asset_alias, known_assets)

    def execute(self, context: Context) -> JsonObject:
        """Load, and return what was loaded."""
        with self._step(context), self._outcome.watched(self, context):
            from dlt.tasks import LoadReport, Token
            from dlt_airflow.disk import prune
            from dlt_airflow.fields import tokens_of
            from dlt_airflow.identity import step_context

            tokens = tokens_of(self.normalized)
            report = LoadReport.from_dict(self._run("load", step_context(context, ""), self._withheld(), tokens))
            prune(Token.from_dict(tokens[0]))
        return self._outcome.tell(self, context, report, tokens[0].get("window"))

    def get_openlineage_facets_on_complete(self, _task_instance: object) -> OperatorLineage:
        """Return tables, columns and rows for OpenLineage."""
        return self._outcome.lineage(self)


class DltCleanupOperator(DltOperator):
    """Delete what a loaded run left in the work folder and at the hand-off; keep all of it if the load failed.

    Args:
        normalized: What `DltNormalizeOperator` returned.
        loaded: What `DltLoadOperator` returned.
        kwargs: Arguments of every operator, `conn_ids` and `variables`, and `pipeline_args` and `handoff` where they
            hold secrets.
    """

    template_fields: Sequence[str] = ("loaded", "normalized", *LATER, *LOOK_UPS)
    normalized = Handed()
    loaded = Handed()

    def __init__(self, *, normalized: object, loaded: object, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.normalized = normalized
        self.loaded = loaded

    def execute(self, context: Context) -> None:
        """Delete what nothing needs any more."""
        # a teardown runs whatever became of the load
        if not handed(self.loaded):
            self.log.warning("The run was not loaded, so its packages are kept: clear the task that failed.")
            return
        with self._step(context):
            from dlt_airflow.fields import tokens_of
            from dlt_airflow.identity import step_context

            # one token stands for all parts of its run
            self._run("cleanup", step_context(context, ""), self._withheld(), tokens_of(self.normalized)[:1])
