"""The link beside a load task that leads to its LoadInfo."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from typing_extensions import override

from dlt_airflow.compat import AIRFLOW_3, BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey


def _named(name: str, module: str) -> type:
    return type(name, (), {"__module__": f"dlt_airflow.{module}"})


class LoadInfoLink(BaseOperatorLink):  # type: ignore[misc]
    """Lead to the page of Airflow that shows the LoadInfo of a task."""

    name = "LoadInfo"
    # Airflow goes by the names of the classes, and importing the operators would cost each process something
    operators: ClassVar[list[type]] = [
        _named("DltLoadOperator", "operators"),
        _named("DltDecoratedOperator", "decorator"),
        _named("DltUndoOperator", "undo"),
    ]

    @override
    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return the address of the rendered fields, of which the LoadInfo is one."""
        run, task = quote(ti_key.run_id, safe=""), quote(ti_key.task_id, safe="")
        # the pages of Airflow 2 are parameters of one address
        if not AIRFLOW_3:
            return f"/dags/{ti_key.dag_id}/grid?dag_run_id={run}&task_id={task}&tab=rendered_templates"
        # a task that is not mapped has the index -1
        part = "" if ti_key.map_index is None or ti_key.map_index < 0 else f"/mapped/{ti_key.map_index}"
        return f"{_base()}/dags/{ti_key.dag_id}/runs/{run}/tasks/{task}{part}/rendered_templates"


def _base() -> str:
    from airflow.providers.common.compat.sdk import conf

    return str(conf.get("api", "base_url", fallback="") or "").rstrip("/")
