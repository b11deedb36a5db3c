"""What a task that loads tells Airflow: its report, assets and lineage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from airflow.providers.common.compat import sdk

from dlt_airflow.assets import report_assets
from dlt_airflow.compat import Asset, AssetAlias
from dlt_airflow.known import remember, reported

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context
    from airflow.sdk.types import Logger

    from dlt.tasks import LoadReport
    from dlt.types import JsonObject


class Loading(Protocol):
    """An operator that loads."""

    task_id: str
    load_info: str | None
    inlets: list[object]
    outlets: list[object]

    @property
    def log(self) -> Logger:
        """Return the log of the task."""


class Outcome:
    """What a task loads, as its outlets say it before and its report says it afterwards.

    Args:
        task: The operator; outlets are added to it.
        dag_id: Id of its DAG, None where it has none.
        assets: Report the tables that were loaded as assets.
        alias: Name of the alias by which tables are reported that no outlet names.
        known: Addresses of tables that are outlets before they were loaded.
    """

    def __init__(
        self, task: Loading, dag_id: str | None, assets: bool, alias: str | None, known: Sequence[str] | None
    ) -> None:
        self._report: LoadReport | None = None
        self._found: list[str] = []
        if not assets:
            return
        dag_id = dag_id if dag_id is not None else "no dag"
        # an outlet that stands twice would be reported twice
        given = {outlet.uri for outlet in task.outlets if isinstance(outlet, Asset)}
        every = [*(known or ()), *reported(dag_id, task.task_id)]
        self._found = [uri for uri in dict.fromkeys(every) if uri not in given]
        task.outlets += [Asset(uri=uri) for uri in self._found]
        # tables that nobody declared are reported by it
        task.outlets.append(AssetAlias(alias or f"dlt/{dag_id}/{task.task_id}"))

    def tell(self, task: Loading, context: Context, report: LoadReport, window: Sequence[str] | None) -> JsonObject:
        """Show and report what was loaded; return it for XCom.

        Args:
            task: The operator.
            context: Context of the task.
            report: What was loaded.
            window: Both ends of the time that was loaded.

        Raises:
            AirflowSkipException: it was loaded before, and nobody asked for it once more.
        """
        self._report = report
        task.load_info = report.text
        # the LoadInfo is long, and stands in a field of the task
        returned = {key: value for key, value in report.to_dict().items() if key != "info"}
        if report.known:
            # the teardown learns from it that nothing waits any more
            context["ti"].xcom_push("return_value", returned)
            raise sdk.AirflowSkipException(report.text)
        uris = report_assets(context, task.outlets, report, list(window) if window else None)
        if any(isinstance(outlet, AssetAlias) for outlet in task.outlets):
            remember(context["ti"].dag_id, task.task_id, uris)
            # Airflow reports each outlet of a task that succeeds, whether or not something was loaded into it
            idle = {*self._found} - {*uris}
            task.outlets = [o for o in task.outlets if not (isinstance(o, Asset) and o.uri in idle)]
        task.log.info("%s", report.text)
        return returned

    @contextmanager
    def watched(self, task: Loading, context: Context) -> Iterator[None]:
        """Show what came of checks of data where one of them lets the load fail; what it raises goes on.

        Args:
            task: The operator.
            context: Context of the task.
        """
        try:
            yield
        except Exception as error:
            from dlt.tasks.checked import check_lines, failed_checks, failed_lines

            checks = failed_checks(error)
            if checks:
                # where the LoadInfo of a load that succeeds would stand
                task.load_info = "\n".join(
                    ["Not loaded, as a check failed", *check_lines(checks), *failed_lines(checks)]
                )
                context["ti"].xcom_push("checks", checks)
            raise

    def lineage(self, task: Loading) -> OperatorLineage:
        """Return tables, columns and rows for OpenLineage, whose provider asks for them.

        Args:
            task: The operator.
        """
        from dlt_airflow.lineage import lineage_of

        return lineage_of(self._report, task.inlets)
