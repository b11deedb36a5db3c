"""Assets of Airflow for tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, quote

from dlt_airflow.compat import AIRFLOW_3, Asset, AssetAlias

if TYPE_CHECKING:
    from dlt.orchestrate import LoadReport


def table_asset(destination: str, dataset: str, table: str) -> Any:
    """Return the asset of a table, for the schedule of a DAG or as an outlet.

    Args:
        destination: Name of the destination, such as "postgres", or the one that you gave it.
        dataset: Dataset.
        table: Table, as the destination names it; child tables are assets too.
    """
    uri = "dlt://" + "/".join(quote(part, safe="") for part in (destination, dataset, table))
    return Asset(name=f"{destination}/{dataset}/{table}", uri=uri) if AIRFLOW_3 else Asset(uri)


def check_uri(uri: SplitResult) -> SplitResult:
    """Return the address of an asset if it names a destination, a dataset and a table.

    Raises:
        ValueError: it names something else.
    """
    if not uri.netloc or len([part for part in uri.path.split("/") if part]) != 2:
        raise ValueError(f"{uri.geturl()!r}: write dlt://destination/dataset/table")
    return uri


def report_assets(context: Any, outlets: list[Any], report: LoadReport, window: list[str] | None) -> None:
    """Tell Airflow which tables a task loaded, with rows, schema hash and load ids.

    Args:
        context: Context of the task.
        outlets: Outlets of the task; tables that are none of them go to the alias among them.
        report: What was loaded.
        window: Both ends of the time that was loaded.
    """
    aliases = [outlet for outlet in outlets if isinstance(outlet, AssetAlias)]
    known = {outlet.uri for outlet in outlets if isinstance(outlet, Asset)}
    for table, rows in sorted(report.rows.items()):
        asset = table_asset(report.destination, report.datasets.get(table, report.dataset_name), table)
        extra: dict[str, Any] = {
            "rows": rows,
            "load_ids": list(report.load_ids),
            "schema_hash": dict(report.schema_hash),
            "pipeline": report.pipeline_name,
        }
        if window:
            extra["window"] = window
        if not AIRFLOW_3:
            # Airflow 2 puts the values into a set, so lists and dicts travel as text
            extra = {
                key: json.dumps(value) if isinstance(value, (list, dict)) else value for key, value in extra.items()
            }
        if asset.uri in known:
            context["outlet_events"][asset].extra = extra
        else:
            for alias in aliases:
                context["outlet_events"][alias].add(asset, extra=extra)
