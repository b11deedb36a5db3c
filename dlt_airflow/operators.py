"""Extract, normalize and load as operators. What they take is JSON and names; dlt is imported in tasks only."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat import sdk

from dlt_airflow.arguments import Handed, Hidden, handed
from dlt_airflow.assets import report_assets
from dlt_airflow.compat import Asset, AssetAlias, BaseOperator
from dlt_airflow.known import remember, reported
from dlt_airflow.retries import airflow_errors

if TYPE_CHECKING:
    from dlt.tasks import LoadReport, StepContext, Token

_LOOK_UPS = ("conn_ids", "variables")
_SPEC = (
    *("source", "pipeline", "source_args", "pipeline_args", "resource_names", "run_args", "handoff", "work_dir"),
    "reprocess",
)
_LATER = ("pipeline_args", "handoff")
"""What later steps need and tokens do not carry where it is secret."""


class DltOperator(BaseOperator):  # type: ignore[misc]
    """What the operators have in common: configuration from connections, errors in Airflow's words, a clean stop.

    Args:
        conn_ids: Connections whose values the task may use as configuration; a dict names the key of each one.
        variables: Variables that hold configuration as TOML or JSON.
        kwargs: Arguments of every operator.
    """

    ui_color = "#dff2e1"
    template_fields: Sequence[str] = _LOOK_UPS

    def __init__(
        self,
        *,
        conn_ids: str | Sequence[str] | Mapping[str, str] | None = None,
        variables: str | Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conn_ids = conn_ids
        self.variables = variables
        self._at_work = False

    @property
    def chunk_name(self) -> str:
        """Return the name of the part that the task works on."""
        return ""

    @contextmanager
    def _step(self, context: Any) -> Iterator[None]:
        from dlt_airflow.connections import configured

        if context.get("map_index_template") is None and context["ti"].map_index >= 0:
            context["map_index_template"] = "{{ task.chunk_name }}"
        with airflow_errors(), configured(self.conn_ids, self.variables):
            self._at_work = True
            try:
                yield
            finally:
                self._at_work = False

    def on_kill(self) -> None:
        """Stop the step: a load ends the package that is under way, everything else stops at once.

        Either way the next try goes on where this one was.
        """
        if not self._at_work:
            return
        import signal

        from dlt.pipeline import signals

        signals.handle(signal.SIGTERM)


class DltExtractOperator(DltOperator):
    """Extract from a source; `DltNormalizeOperator` takes what it returns.

    Args:
        source: Factory of the source, as "package.module:name" or "file.py:name"; a relative path starts at the folder
            of the DAG's file.
        pipeline: Factory of the pipeline, written the same way, or the arguments of `dlt.pipeline`.
        source_args: Arguments of the source's factory; JSON values.
        pipeline_args: Arguments of the pipeline's factory; JSON values.
        resource_names: Resources to load; those that the source selects when empty.
        run_args: Arguments of `Pipeline.run`, such as write_disposition, refresh and loader_file_format.
        handoff: URL of a folder through which packages travel between workers; `[dlt] handoff_url` when None.
        work_dir: Folder for packages under way; `[dlt] work_dir` when None.
        reprocess: What becomes of rows that the run appended, when it was loaded and is cleared: "auto" deletes them
            where the extract gives them again and keeps them where it goes on behind a cursor, "undo" deletes them,
            "keep" leaves them; `dlt_reprocess` in the configuration of the run says the same.
        window: Time to load: "auto" takes it from the run, (start, end) says it, None leaves it to the cursors.
        chunk: Name of the part, where the task is mapped; the index of the task when empty.
        chunk_args: Arguments of the source's factory that are those of the part.
        reload: Any text other than before makes the run a new one, which takes nothing back when it is cleared.
        group: Name of the group of tasks; tasks of one group and run share their work.
        kwargs: Arguments of every operator, and `conn_ids` and `variables`.
    """

    template_fields: Sequence[str] = (*_LOOK_UPS, *_SPEC, "window", "chunk", "chunk_args", "reload")
    template_fields_renderers = dict.fromkeys(("pipeline", "source_args", "pipeline_args", "run_args"), "json")
    source_args = Hidden()
    pipeline_args = Hidden()
    handoff = Hidden()
    chunk_args = Hidden()

    def __init__(
        self,
        *,
        source: str,
        pipeline: str | Mapping[str, Any],
        source_args: Mapping[str, Any] | None = None,
        pipeline_args: Mapping[str, Any] | None = None,
        resource_names: Sequence[str] = (),
        run_args: Mapping[str, Any] | None = None,
        handoff: str | None = None,
        work_dir: str | None = None,
        reprocess: str = "auto",
        window: str | Sequence[Any] | None = None,
        chunk: str = "",
        chunk_args: Mapping[str, Any] | None = None,
        reload: str = "",
        group: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.source = source
        self.pipeline = pipeline
        self.source_args = source_args
        self.pipeline_args = pipeline_args
        self.resource_names = resource_names
        self.run_args = run_args
        self.handoff = handoff
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

    def execute(self, context: Any) -> dict[str, Any]:
        """Extract, and return the token."""
        with self._step(context):
            from dlt.tasks import extract_step
            from dlt_airflow.disk import prune

            token = extract_step(spec_dict(self, context), self._who(context))
            prune(token)
        return handed_on(context, token)

    def _who(self, context: Any) -> StepContext:
        from dlt_airflow.identity import run_identity, step_context

        chunk, index = self.chunk, context["ti"].map_index
        if not chunk and index >= 0:
            chunk = str(index)
        run_id = run_identity(context, self.group or self.task_id, self.reload)
        return step_context(context, run_id, chunk, window_of(self.window, context))


class DltResourcesOperator(DltExtractOperator):
    """List the resources of a source, one part for each; `DltExtractOperator` expands over what it returns."""

    def execute(self, context: Any) -> list[dict[str, Any]]:  # type: ignore[override]
        """Return name and resources of each part."""
        with self._step(context):
            from dlt.tasks import resource_names

            names = resource_names(spec_dict(self, context))
        return resource_parts(names)


class DltLaterOperator(DltOperator):
    """What the operators behind the extract have in common: arguments that may be secret, which no token carries.

    Args:
        pipeline_args: Arguments of the pipeline's factory, where they hold secrets; `DltTaskGroup` passes them.
        handoff: URL of the hand-off, where it holds a secret.
        kwargs: Arguments of every operator, and `conn_ids` and `variables`.
    """

    pipeline_args = Hidden()
    handoff = Hidden()

    def __init__(
        self, *, pipeline_args: Mapping[str, Any] | None = None, handoff: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.pipeline_args = pipeline_args
        self.handoff = handoff

    def _spec(self) -> dict[str, Any] | None:
        """Return what no token carries."""
        if not self.pipeline_args and not self.handoff:
            return None
        return {"pipeline_args": dict(self.pipeline_args or {}), "handoff": self.handoff or None}


class DltNormalizeOperator(DltLaterOperator):
    """Normalize what was extracted; `DltLoadOperator` takes what it returns.

    Args:
        extracted: What `DltExtractOperator` returned.
        kwargs: Arguments of every operator, `conn_ids` and `variables`, and `pipeline_args` and `handoff` where they
            hold secrets.
    """

    template_fields: Sequence[str] = ("extracted", *_LATER, *_LOOK_UPS)
    extracted = Handed()

    def __init__(self, *, extracted: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.extracted = extracted

    @property
    def chunk_name(self) -> str:
        """Return the name of the part that the task works on."""
        token = handed(self.extracted)
        return str(token.get("chunk", "")) if isinstance(token, Mapping) else ""

    def execute(self, context: Any) -> dict[str, Any]:
        """Normalize, and return the token."""
        with self._step(context):
            from dlt.tasks import normalize_step
            from dlt_airflow.disk import prune
            from dlt_airflow.identity import step_context

            token = normalize_step(handed(self.extracted), step_context(context, ""), self._spec())
            prune(token)
        return handed_on(context, token)


class DltLoadOperator(DltLaterOperator):
    """Load what was normalized, all parts in one transaction.

    It returns the rows by table, load ids, schema hashes and the LoadInfo as text. Where the run was loaded before and
    its extract was not cleared, there is nothing to do, and the task ends as skipped.

    Args:
        normalized: What `DltNormalizeOperator` returned, of one task or of all mapped ones.
        assets: Report the tables that were loaded as assets, by an alias that is an outlet of the task.
        asset_alias: Name of the alias; "dlt/<dag>/<task>" when None.
        known_assets: Addresses of tables that are outlets before they were loaded; those that the task reported before
            are, where the DAG processor shares AIRFLOW_HOME.
        kwargs: Arguments of every operator, `conn_ids` and `variables`, and `pipeline_args` and `handoff` where they
            hold secrets.
    """

    template_fields: Sequence[str] = ("load_info", "normalized", *_LATER, *_LOOK_UPS)
    normalized = Handed()
    overwrite_rtif_after_execution = True
    inlets: list[Any]
    outlets: list[Any]

    def __init__(
        self,
        *,
        normalized: Any,
        assets: bool = True,
        asset_alias: str | None = None,
        known_assets: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.normalized = normalized
        self.load_info: str | None = None
        self._report: LoadReport | None = None
        self._found: list[str] = []
        if assets:
            dag_id = self.dag.dag_id if self.has_dag() else "no dag"
            given = {outlet.uri for outlet in self.outlets if isinstance(outlet, Asset)}
            known = [*(known_assets or ()), *reported(dag_id, self.task_id)]
            self._found = [uri for uri in dict.fromkeys(known) if uri not in given]
            self.outlets += [Asset(uri=uri) for uri in self._found]
            self.outlets.append(AssetAlias(asset_alias or f"dlt/{dag_id}/{self.task_id}"))

    def execute(self, context: Any) -> dict[str, Any]:
        """Load, and return what was loaded."""
        with self._step(context):
            from dlt.tasks import Token, load_step
            from dlt_airflow.disk import prune
            from dlt_airflow.identity import step_context

            tokens = tokens_of(self.normalized)
            report = load_step(tokens, step_context(context, ""), self._spec())
            prune(Token.from_dict(tokens[0]))
        return self._finish(context, report, tokens[0].get("window"))

    def _finish(self, context: Any, report: LoadReport, window: Any) -> dict[str, Any]:
        self._report = report
        self.load_info = report.text
        returned = {key: value for key, value in report.to_dict().items() if key != "info"}
        if report.known:
            # the teardown learns from it that nothing waits any more
            context["ti"].xcom_push("return_value", returned)
            raise sdk.AirflowSkipException(report.text)
        uris = report_assets(context, self.outlets, report, list(window) if window else None)
        if any(isinstance(outlet, AssetAlias) for outlet in self.outlets):
            remember(context["ti"].dag_id, self.task_id, uris)
            # Airflow reports each outlet of a task that succeeds, whether or not something was loaded into it
            idle = {*self._found} - {*uris}
            self.outlets = [o for o in self.outlets if not (isinstance(o, Asset) and o.uri in idle)]
        self.log.info("%s", report.text)
        return returned

    def get_openlineage_facets_on_complete(self, _task_instance: Any) -> Any:
        """Return tables, columns and rows for OpenLineage."""
        from dlt_airflow.lineage import lineage_of

        return lineage_of(self._report, self.inlets)


class DltCleanupOperator(DltLaterOperator):
    """Delete what a loaded run left in the work folder and at the hand-off; keep all of it if the load failed.

    Args:
        normalized: What `DltNormalizeOperator` returned.
        loaded: What `DltLoadOperator` returned.
        kwargs: Arguments of every operator, `conn_ids` and `variables`, and `pipeline_args` and `handoff` where they
            hold secrets.
    """

    template_fields: Sequence[str] = ("loaded", "normalized", *_LATER, *_LOOK_UPS)
    normalized = Handed()
    loaded = Handed()

    def __init__(self, *, normalized: Any, loaded: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.normalized = normalized
        self.loaded = loaded

    def execute(self, context: Any) -> None:
        """Delete what nothing needs any more."""
        if not handed(self.loaded):
            self.log.warning("The run was not loaded, so its packages are kept: clear the task that failed.")
            return
        with self._step(context):
            from dlt.tasks import cleanup_step

            # one token stands for all parts of its run
            cleanup_step(tokens_of(self.normalized)[0], spec=self._spec())


# -- inside


def spec_dict(task: Any, context: Any) -> dict[str, Any]:
    """Return the spec that the fields of a task describe.

    Args:
        task: An operator with the fields of a spec.
        context: Context of the task.
    """
    source_args = {**(task.source_args or {}), **(getattr(task, "chunk_args", None) or {})}
    return {
        "source": beside(task.source, context),
        "pipeline": beside(task.pipeline, context),
        "source_args": source_args,
        "pipeline_args": dict(task.pipeline_args or {}),
        "resources": list(task.resource_names or ()),
        "run_args": dict(task.run_args or {}),
        "handoff": task.handoff or None,
        "work_dir": task.work_dir or None,
        "reprocess": reprocess_of(task, context),
    }


def reprocess_of(task: Any, context: Any) -> str:
    """Return what becomes of rows that a run appended, when it is loaded once more.

    Args:
        task: An operator with that field.
        context: Context of the task.
    """
    conf = getattr(context["dag_run"], "conf", None) or {}
    return str(conf.get("dlt_reprocess") or task.reprocess or "auto")


def beside(reference: Any, context: Any) -> Any:
    """Return a reference to a file as one that every worker finds: relative paths start at the DAG's folder.

    Args:
        reference: Reference of a factory, or the arguments of a pipeline.
        context: Context of the task.
    """
    if not isinstance(reference, str):
        return dict(reference)
    path, separator, name = reference.rpartition(":")
    if not path.endswith(".py") or os.path.isabs(path):
        return reference
    return os.path.join(os.path.dirname(os.path.abspath(context["dag"].fileloc)), path) + separator + name


def window_of(wanted: Any, context: Any) -> Any:
    """Return the time that a task loads, or None.

    Args:
        wanted: "auto", None, or both ends.
        context: Context of the task.
    """
    if wanted is None:
        return None
    from dlt_airflow.window import facts_of, find_window

    if wanted == "auto":
        wanted = (getattr(context["dag_run"], "conf", None) or {}).get("dlt_window") or wanted
    return find_window(wanted, facts_of(context))


def tokens_of(value: Any) -> list[dict[str, Any]]:
    """Return the tokens of one task or of all mapped ones.

    Args:
        value: What the tasks returned.
    """
    value = handed(value)
    items = [value] if isinstance(value, Mapping) else list(value or ())
    return [dict(item) for item in items if item is not None]


def resource_parts(names: Sequence[str]) -> list[dict[str, Any]]:
    """Return one part for each resource.

    Args:
        names: Names of the resources.
    """
    return [{"chunk": name, "resource_names": [name]} for name in names]


def handed_on(context: Any, token: Token) -> dict[str, Any]:
    """Return a token as XCom keeps it, and keep the load ids where later tries see them: XCom is cleared before each.

    Args:
        context: Context of the task.
        token: What the try left.
    """
    store = context.get("task_state_store")
    if store is not None:
        ids = [package.load_id for package in token.packages]
        store.set("dlt", {"load_ids": ids, "try": context["ti"].try_number, "stage": token.stage})
    # XCom would wrap tuples in what only Airflow understands
    plain: dict[str, Any] = json.loads(json.dumps(token.to_dict()))
    return plain
