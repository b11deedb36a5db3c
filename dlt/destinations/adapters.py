"""Hints that one destination understands, put onto resources: `bigquery_adapter` and others."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NoReturn

from dlt.clock import moment_of
from dlt.destinations.iceberg_hints import X_PARTITION, X_PROPERTIES, PartitionSpec, iceberg_partition, partition_hints
from dlt.destinations.missing import MISSING
from dlt.destinations.utils import get_resource_for_adapter
from dlt.errors import NotOffered
from dlt.schema.x_keys import X_BIGQUERY
from dlt.user_log import tell_without_effect

__all__ = [
    "athena_adapter",
    "athena_partition",
    "bigquery_adapter",
    "bigquery_partition",
    "clickhouse_adapter",
    "databricks_adapter",
    "iceberg_adapter",
    "iceberg_partition",
    "lance_adapter",
    "lancedb_adapter",
    "postgres_adapter",
    "qdrant_adapter",
    "synapse_adapter",
    "weaviate_adapter",
]

Names = str | Sequence[str] | None


def bigquery_adapter(
    data: object,
    partition: str | Mapping[str, object] | None = None,
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
    given: dict[str, object] = {
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
    if len(_names(cluster)) > 4:
        raise ValueError("bigquery_adapter: BigQuery clusters by four columns at most.")
    resource = get_resource_for_adapter(data)
    resource.apply_hints(columns=columns or None, additional_table_hints={X_BIGQUERY: hints})
    return resource


def _rounded(away: Sequence[str], even: Sequence[str]) -> dict[str, dict[str, str]]:
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


class bigquery_partition:
    """Partitions for `bigquery_adapter` that a column alone does not say."""

    @staticmethod
    def range_bucket(column_name: str, start: int, end: int, interval: int = 1) -> dict[str, object]:
        """Partition by ranges of whole numbers.

        Args:
            column_name: The column.
            start: Beginning of the first range.
            end: End of the last one.
            interval: Width of each.
        """
        return {"column": column_name, "start": start, "end": end, "interval": interval}


def iceberg_adapter(
    data: object,
    partition: str | PartitionSpec | Sequence[str | PartitionSpec] | None = None,
    table_properties: dict[str, str] | None = None,
) -> Any:
    """Load a resource into an Iceberg table.

    Args:
        data: A resource, or anything that makes one.
        partition: Columns, or what `iceberg_partition` makes. It is kept in the schema; the files that are written are
            not partitioned by it yet.
        table_properties: Properties of the table. They are kept in the schema; the table does not get them yet.

    Raises:
        ValueError: nothing is asked for, or an argument is something else.
    """
    hints: dict[str, object] = {}
    if partition:
        hints[X_PARTITION] = partition_hints(partition)
    for key, value in (table_properties or {}).items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise ValueError(f"iceberg_adapter: the property {key!r} is {value!r}. Names and values are texts.")
    if table_properties:
        hints[X_PROPERTIES] = dict(table_properties)
    if not hints:
        raise ValueError("iceberg_adapter: nothing is asked for. Give partition or table_properties.")
    for hint in hints:
        tell_without_effect(f"iceberg_adapter: {hint}", "readers find rows by the statistics of each file")
    resource = get_resource_for_adapter(data)
    resource.apply_hints(table_format="iceberg", additional_table_hints=hints)
    return resource


def postgres_adapter(data: object, geometry: Names = None, srid: int | None = 4326) -> Any:
    """Give a resource what Postgres shall do with its columns.

    Args:
        data: A resource, or anything that makes one.
        geometry: Columns with geometries. They are kept as text, in the form in which they come.
        srid: Spatial reference system of the geometries.

    Raises:
        ValueError: geometry is missing, or neither a column nor a list of columns.
    """
    if not geometry:
        raise ValueError("postgres_adapter: nothing is asked for. Give geometry.")
    if not isinstance(geometry, (str, Sequence)):
        raise ValueError(f"postgres_adapter: geometry={geometry!r} is neither a column nor a list of columns.")
    tell_without_effect("postgres_adapter: geometry", "the columns are texts, which ST_GeomFromText reads")
    resource = get_resource_for_adapter(data)
    marks = {"x-postgres-geometry": True, "x-postgres-srid": srid}
    resource.apply_hints(columns={name: {"name": name, "data_type": "text", **marks} for name in _names(geometry)})
    return resource


def _missing(destination: str, adapter: str) -> NotOffered:
    return NotOffered(
        f"{adapter}: the destination {destination!r} of PyPI dlt 1.x is not part of this library. "
        f"{MISSING[destination]}",
        place=f"dlt.destinations.adapters.{adapter}",
    )


class athena_partition:
    """Partitions for `athena_adapter`, whose destination is not here."""

    @staticmethod
    def year(column_name: str) -> PartitionSpec:
        """Partition by the year of a date or moment."""
        return iceberg_partition.year(column_name)

    @staticmethod
    def month(column_name: str) -> PartitionSpec:
        """Partition by the month of a date or moment."""
        return iceberg_partition.month(column_name)

    @staticmethod
    def day(column_name: str) -> PartitionSpec:
        """Partition by the day of a date or moment."""
        return iceberg_partition.day(column_name)

    @staticmethod
    def hour(column_name: str) -> PartitionSpec:
        """Partition by the hour of a moment."""
        return iceberg_partition.hour(column_name)

    @staticmethod
    def bucket(n: int, column_name: str) -> PartitionSpec:
        """Partition by a hash of the values of a column."""
        return iceberg_partition.bucket(n, column_name)

    @staticmethod
    def truncate(length: int, column_name: str) -> PartitionSpec:
        """Partition by the beginning of texts."""
        return iceberg_partition.truncate(length, column_name)


# what follows takes what PyPI dlt 1.x takes, and says that its destination is not here


def athena_adapter(data: object, partition: object = None) -> NoReturn:  # noqa: ARG001
    """Say that the destination athena is not here.

    Raises:
        NotOffered: always.
    """
    raise _missing("athena", "athena_adapter")


def clickhouse_adapter(
    data: object,  # noqa: ARG001
    table_engine_type: str | None = None,  # noqa: ARG001
    sort: object = None,  # noqa: ARG001
    partition: object = None,  # noqa: ARG001
    settings: object = None,  # noqa: ARG001
    codecs: object = None,  # noqa: ARG001
) -> NoReturn:
    """Say that the destination clickhouse is not here.

    Raises:
        NotOffered: always.
    """
    raise _missing("clickhouse", "clickhouse_adapter")


def databricks_adapter(
    data: object,  # noqa: ARG001
    cluster: object = None,  # noqa: ARG001
    partition: object = None,  # noqa: ARG001
    table_format: str = "DELTA",  # noqa: ARG001
    table_comment: str | None = None,  # noqa: ARG001
    table_tags: object = None,  # noqa: ARG001
    table_properties: object = None,  # noqa: ARG001
    column_hints: object = None,  # noqa: ARG001
    insert_api: str | None = None,  # noqa: ARG001
) -> NoReturn:
    """Say that the destination databricks is not here.

    Raises:
        NotOffered: always.
    """
    raise _missing("databricks", "databricks_adapter")


def lance_adapter(
    data: object,  # noqa: ARG001
    embed: Names = None,  # noqa: ARG001
    merge_key: Names = None,  # noqa: ARG001
    remove_orphans: bool = True,  # noqa: ARG001
) -> NoReturn:
    """Say that the destination lance is not here.

    Raises:
        NotOffered: always.
    """
    raise _missing("lance", "lance_adapter")


def lancedb_adapter(
    data: object,  # noqa: ARG001
    embed: Names = None,  # noqa: ARG001
    merge_key: Names = None,  # noqa: ARG001
    no_remove_orphans: bool = False,  # noqa: ARG001
) -> NoReturn:
    """Say that the destination lancedb is not here.

    Raises:
        NotOffered: always.
    """
    raise _missing("lancedb", "lancedb_adapter")


def qdrant_adapter(data: object, embed: Names = None) -> NoReturn:  # noqa: ARG001
    """Say that the destination qdrant is not here.

    Raises:
        NotOffered: always.
    """
    raise _missing("qdrant", "qdrant_adapter")


def synapse_adapter(data: object, table_index_type: str | None = None) -> NoReturn:  # noqa: ARG001
    """Say that the destination synapse is not here.

    Raises:
        NotOffered: always.
    """
    raise _missing("synapse", "synapse_adapter")


def weaviate_adapter(data: object, vectorize: Names = None, tokenization: object = None) -> NoReturn:  # noqa: ARG001
    """Say that the destination weaviate is not here.

    Raises:
        NotOffered: always.
    """
    raise _missing("weaviate", "weaviate_adapter")
