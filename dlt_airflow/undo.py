"""Undo loads in a task, which tells Airflow which tables changed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dlt_airflow.base import LATER, LOOK_UPS, DltOperator
from dlt_airflow.outcome import Outcome

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context

    from dlt.types import JsonObject


class DltUndoOperator(DltOperator):
    """Undo loads: their rows go, those that they replaced come back, cursors too. The tables have asset events.

    A load that was undone before stays as it is; where all of them were, the task ends as skipped. The events have no
    rows, and `undone` with the loads that are gone; those of a try behind one that died name all tables of the schema.

    Args:
        load_ids: The loads: a list, as in the report of a load task, or text with ids.
        pipeline: Factory of the pipeline, as "package.module:name" or "file.py:name", or the arguments of
            `dlt.pipeline`.
        cascade: Undo later loads that are in the way too.
        assets: As for `DltLoadOperator`.
        asset_alias: As for `DltLoadOperator`.
        known_assets: As for `DltLoadOperator`.
        kwargs: Arguments of every operator, and `conn_ids`, `variables` and `pipeline_args`.
    """

    template_fields: Sequence[str] = ("load_info", "load_ids", "pipeline", *LATER, *LOOK_UPS)
    # what the page of the task shows was rendered before the plan was there
    overwrite_rtif_after_execution = True
    inlets: list[object]
    outlets: list[object]

    def __init__(
        self,
        *,
        load_ids: str | Sequence[str],
        pipeline: str | Mapping[str, object],
        cascade: bool = False,
        assets: bool = True,
        asset_alias: str | None = None,
        known_assets: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        if kwargs.get("runs_in") is not None:
            raise ValueError("DltUndoOperator: an undo runs in the worker, and imports no source. Leave runs_in out.")
        super().__init__(**kwargs)
        self.load_ids = load_ids
        self.pipeline = pipeline
        self.cascade = cascade
        self.load_info: str | None = None
        dag_id = self.dag.dag_id if self.has_dag() else None
        self._outcome = Outcome(self, dag_id, assets, asset_alias, known_assets)

    def execute(self, context: Context) -> JsonObject:
        """Undo the loads, and return what was undone."""
        with self._step(context):
            from dlt.tasks import undo_step
            from dlt_airflow.fields import pipeline_beside
            from dlt_airflow.identity import run_identity, step_context

            spec = {
                "pipeline": pipeline_beside(self.pipeline, context),
                "pipeline_args": dict(self.pipeline_args or {}),
            }
            # a template gives the text of a list
            given = self.load_ids
            found = re.findall(r"[\w.-]+", given) if isinstance(given, str) else list(given)
            who = step_context(context, run_identity(context, self.task_id))
            report = undo_step(spec, found, who, self.cascade, is_retry=who.attempt > 1)
        return self._outcome.tell(self, context, report, None)

    def get_openlineage_facets_on_complete(self, _task_instance: object) -> OperatorLineage:
        """Return the tables that changed for OpenLineage."""
        return self._outcome.lineage(self)
