"""What came of checks of data, as the destination and the packages that wait tell it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dlt.packages.manifest import CheckDone
from dlt.pipeline.parts import Parts
from dlt.pipeline.reading import client_for, sync_if_new
from dlt.schema.system_tables import CHECKS_TABLE, checks_table


def check_results(parts: Parts, load_id: str | None, limit: int, names: Iterable[str] | None = None) -> list[CheckDone]:
    """Return what came of checks of loads that the destination has, the newest first.

    Args:
        parts: The pipeline.
        load_id: Load id of one load; all when None.
        limit: So many results at most.
        names: Schemas of the loads; those that the working folder has when None.
    """
    target = parts.target
    target.need("check_results")
    sync_if_new(parts)
    # schemas that share a dataset share the table
    schemas = {target.dataset_for(name): name for name in (parts.home.schemas if names is None else names)}
    found = [result for name in schemas.values() for result in _in_dataset(parts, name, load_id, limit)]
    # a load has checks of one moment
    found.sort(key=lambda result: result.checked_at, reverse=True)
    return found[:limit]


def waiting_results(parts: Parts) -> list[CheckDone]:
    """Return what came of checks of packages that wait because one of them failed.

    Args:
        parts: The pipeline.
    """
    return [result for package in parts.home.workdir.packages("normalized") for result in package.manifest.checks]


def _in_dataset(parts: Parts, schema: str, load_id: str | None, limit: int) -> Iterator[CheckDone]:
    with client_for(parts, schema) as client:
        # the first load with checks makes the table
        if not client.has_dataset() or not client.stored_tables([CHECKS_TABLE]):
            return
        sql = client.sql_client()
        if sql is None:
            return
        columns = checks_table()["columns"]
        names = ", ".join(map(sql.escape_column_name, columns))
        which = f"WHERE load_id = {sql.literal(load_id)} " if load_id is not None else ""
        query = (
            f"SELECT {names} FROM {sql.make_qualified_table_name(CHECKS_TABLE)} {which}"
            f"ORDER BY checked_at DESC, table_name, check_name LIMIT {int(limit)}"
        )
        with sql.execute_query(query, columns=columns) as cursor:
            rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    yield from map(_result, rows)


def _result(row: Mapping[str, Any]) -> CheckDone:
    return CheckDone(
        str(row["load_id"]),
        row["table_name"],
        row["check_name"],
        row["severity"],
        row["scope"],
        bool(row["passed"]),
        int(row["failing_count"]),
        int(row["checked_count"]),
        row["checked_at"],
    )
