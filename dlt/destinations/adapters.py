"""Hints that one destination understands, put onto resources: `bigquery_adapter`."""

from __future__ import annotations

import datetime
import importlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from dlt.clock import moment_of
from dlt.schema.x_keys import X_BIGQUERY

__all__ = ["bigquery_adapter"]

Names = str | Sequence[str] | None


def bigquery_adapter(
    data: Any,
    partition: str | Mapping[str, Any] | None = None,
    cluster: Names = None,
    round_half_away_from_zero: Names = None,
    round_half_even: Names = None,
    table_description: str | None = None,
    table_expiration_datetime: str | datetime.datetime | None = None,
    insert_api: Literal["default", "streaming"] | None = None,
    autodetect_schema: bool | None = None,
    partition_expiration_days: int | None = None,
    labels: Mapping[str, str] | None = None,
) -> Any:
    """Give a resource what BigQuery shall do with its table.

    Args:
        data: A resource, or anything that makes one.
        partition: Column of type date, timestamp or bigint by which the table is partitioned; or a dict with "column"
            and "granularity" (HOUR, DAY, MONTH, YEAR), or "start", "end" and "interval" for whole numbers. Without
            "column", by the time at which rows come.
        cluster: Up to four columns by which rows lie together, the most important first.
        round_half_away_from_zero: Decimal columns that are rounded so.
        round_half_even: Decimal columns that are rounded so.
        table_description: Description of the table.
        table_expiration_datetime: When BigQuery deletes the table.
        insert_api: "streaming" sends rows by streaming inserts in place of load jobs.
        autodetect_schema: Only False, the default: columns are those of the schema.
        partition_expiration_days: Age at which BigQuery deletes a partition.
        labels: Labels of the table.

    Raises:
        ValueError: an argument has a value that BigQuery does not know, or there is none.
    """
    given: dict[str, Any] = {
        "partition": dict(partition) if isinstance(partition, Mapping) else partition,
        "cluster": _names(cluster) or None,
        "description": table_description,
        "expires": _text(table_expiration_datetime),
        "insert_api": insert_api,
        "partition_expiration_days": partition_expiration_days,
        "labels": dict(labels) if labels else None,
    }
    hints = {key: value for key, value in given.items() if value is not None}
    columns = _rounded(_names(round_half_away_from_zero), _names(round_half_even))
    if not hints and not columns:
        raise ValueError("bigquery_adapter: nothing is asked for. Give at least one argument beside data.")
    if insert_api not in (None, "default", "streaming"):
        raise ValueError(f"bigquery_adapter: insert_api={insert_api!r} is neither 'default' nor 'streaming'.")
    if autodetect_schema:
        raise ValueError(
            "bigquery_adapter: autodetect_schema=True is not supported, because rows come through staging tables "
            "of known columns. Leave it out; documents that shall stay whole are columns of data_type json."
        )
    if len(hints.get("cluster", ())) > 4:
        raise ValueError("bigquery_adapter: BigQuery clusters by four columns at most.")
    resource = _resource(data)
    resource.apply_hints(columns=columns or None, additional_table_hints={X_BIGQUERY: hints})
    return resource


def _rounded(away: Sequence[str], even: Sequence[str]) -> dict[str, Any]:
    both = set(away) & set(even)
    if both:
        raise ValueError(f"bigquery_adapter: {', '.join(sorted(both))} cannot be rounded in two ways.")
    modes = {**dict.fromkeys(away, "ROUND_HALF_AWAY_FROM_ZERO"), **dict.fromkeys(even, "ROUND_HALF_EVEN")}
    return {name: {"name": name, f"{X_BIGQUERY}-rounding": mode} for name, mode in modes.items()}


def _names(given: Names) -> list[str]:
    return [given] if isinstance(given, str) else list(given or ())


def _text(moment: str | datetime.datetime | None) -> str | None:
    if moment is None:
        return None
    found = moment_of(moment) if isinstance(moment, str) else moment
    return found.isoformat()


def _resource(data: Any) -> Any:
    if hasattr(data, "apply_hints"):
        return data
    # resources stand above destinations, which know them in this place only
    kind = importlib.import_module("dlt.extract.resource").Resource
    return kind.from_data(data, name=getattr(data, "__name__", None) or "content")
