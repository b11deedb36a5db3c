"""Assets of Airflow for tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote

from dlt_airflow.compat import AIRFLOW_3, Asset, AssetAlias

if TYPE_CHECKING:
    from airflow.sdk import Context
    from pydantic import JsonValue

    from dlt.tasks import LoadReport


def table_asset(destination: str, dataset: str, table: str, location: str | None = None) -> Asset:
    """Return the asset of a table, for the schedule of a DAG or as an outlet.

    Args:
        destination: Type of the destination, such as "postgres"; without a location its name.
        dataset: Dataset.
        table: Table, as the destination names it; child tables are assets too.
        location: Where the destination is, such as "postgres://db.example:5432/shop", "bigquery://project" or
            "s3://bucket/folder": the asset is then the one that a load reports. Without it the address tells no host,
            and the asset is reported only where it is an outlet of the load.
    """
    if location is not None:
        from dlt.places import table_place

        return Asset(uri=table_place(location, dataset, table, destination).uri)
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


def report_assets(
    context: Context, outlets: Sequence[object], report: LoadReport, window: list[str] | None
) -> list[str]:
    """Tell Airflow which tables a task loaded, with rows, schema hash and load ids; return their addresses.

    Args:
        context: Context of the task.
        outlets: Outlets of the task; tables that are none of them go to the alias among them.
        report: What was loaded.
        window: Both ends of the time that was loaded.
    """
    from dlt.places import table_place

    # which tables there are is known when they are loaded, and an alias takes any
    aliases = [outlet for outlet in outlets if isinstance(outlet, AssetAlias)]
    known = {outlet.uri: outlet for outlet in outlets if isinstance(outlet, Asset)}
    uris = []
    # a table that only lost rows changed too
    for table, rows in sorted(report.changed.items()):
        dataset = report.datasets.get(table, report.dataset_name)
        place = table_place(report.location, dataset, table, report.destination_type)
        extra: dict[str, JsonValue] = {
            "rows": rows,
            "load_ids": list(report.load_ids),
            "schema_hash": dict(report.schema_hash),
            "pipeline": report.pipeline_name,
        }
        if window:
            extra["window"] = [*window]
        if report.undone:
            extra["undone"] = list(report.undone)
        if table in report.quarantined:
            extra["quarantined"] = report.quarantined[table]
        if not AIRFLOW_3:
            # Airflow 2 puts the values into a set, so lists and dicts travel as text
            extra = {
                key: json.dumps(value) if isinstance(value, (list, dict)) else value for key, value in extra.items()
            }
        asset = Asset(uri=place.uri)
        uris.append(asset.uri)
        # a person who declared it may not know the address of the destination
        by_name = table_asset(report.destination, dataset, table)
        declared = known.get(asset.uri) or known.get(by_name.uri)
        if declared is not None:
            context["outlet_events"][declared].extra = extra
        else:
            for alias in aliases:
                context["outlet_events"][alias].add(asset, extra=extra)
    return uris
