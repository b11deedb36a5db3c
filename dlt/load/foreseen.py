"""Checks that a load would fail, told from its files before anything is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dlt.clock import utc_now
from dlt.destinations.impl.duckdb.client import duckdb_client
from dlt.destinations.impl.duckdb.dialect import DIALECT
from dlt.destinations.sql.sql_client import SqlClient
from dlt.load.check_sql import CheckedRows, CheckQueries
from dlt.load.checking import failing_without, is_between
from dlt.load.coming import ComingRows
from dlt.load.plan import LoadPlan, Publication, TableChecks
from dlt.packages.manifest import CheckDone
from dlt.schema.data_checks import Check
from dlt.schema.typing import REFERENCES, TableSchema


class _Temporary(SqlClient):
    """Run SQL over temporary views, which are in no dataset."""

    def make_qualified_table_name(self, table_name: str, quote: bool = True) -> str:
        """Return a table's name."""
        return self.escape_column_name(table_name, quote)


def foreseen(plan: LoadPlan) -> Iterator[CheckDone]:
    """Yield the checks that a load would fail, as far as its own rows tell it.

    Checks that ask for other tables, or for rows that are there already, are left out; so is uniqueness in a merge,
    which takes one row of each key. Where failed checks are recorded only, all of them are warnings.

    Args:
        plan: The load.
    """
    publications = {table["name"]: found for found in plan.publications for table in found.chain}
    for found in plan.checks:
        publication = publications.get(found.table["name"])
        if publication is not None:
            checks = [check for check in found.checks if _is_told(check, found, publication)]
            yield from _failing(plan, publication, found.table, checks)


def _is_told(check: Check, found: TableChecks, publication: Publication) -> bool:
    if check.kind in (REFERENCES, "sql") or (check.scope == "table" and not found.is_new):
        return False
    return check.kind != "unique" or not publication.strategy.startswith("merge")


def _failing(
    plan: LoadPlan, publication: Publication, table: TableSchema, checks: Sequence[Check]
) -> Iterator[CheckDone]:
    coming, now = ComingRows(plan, publication, table), utc_now()
    if not checks or not coming.names:
        return
    load_ids = plan.order.load_ids
    # a column of which no row has a value is in no file
    possible = [check for check in checks if set(check.columns) <= set(coming.names)]
    with coming.opened() as (connection, rows):
        sql = _Temporary(duckdb_client(DIALECT, "main", connection), "main")
        # only a temporary view may be of what Python holds
        connection.execute(f"CREATE TEMP VIEW {sql.make_qualified_table_name(table['name'])} AS {rows}")
        queries = CheckQueries(sql, CheckedRows(table, {}, load_ids, True, now))
        counted = [*possible, Check("row_count", (), {"min": 0})]
        figures = queries.figures(counted)
    total = figures[-1][1]
    failing = {id(check): figure[0] for check, figure in zip(possible, figures, strict=False)}
    for check in checks:
        bad = failing.get(id(check), failing_without(check, total))
        if check.kind == "row_count":
            bad = 0 if is_between(total, check) else 1
        if bad:
            load_id, severity = plan.order.package.load_id, check.severity if plan.order.checks_raise else "warn"
            yield CheckDone(load_id, table["name"], str(check), severity, check.scope, False, bad, total, now)
