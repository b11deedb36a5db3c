"""Checks that a load would fail, told from its files before anything is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dlt.clock import utc_now
from dlt.destinations.client import Client
from dlt.destinations.impl.duckdb.client import duckdb_client
from dlt.destinations.impl.duckdb.dialect import DIALECT
from dlt.destinations.sql.sql_client import SqlClient
from dlt.errors import DatabaseException
from dlt.load.check_sql import CheckedRows, CheckQueries
from dlt.load.checking import failing_without, is_between
from dlt.load.plan import LoadPlan, Publication, TableChecks
from dlt.load.taken import TakenRows
from dlt.packages.manifest import CheckDone
from dlt.schema.data_checks import Check
from dlt.schema.typing import REFERENCES


class _Temporary(SqlClient):
    """Run SQL over temporary views, which are in no dataset."""

    def make_qualified_table_name(self, table_name: str, quote: bool = True) -> str:
        """Return a table's name."""
        return self.escape_column_name(table_name, quote)


def foreseen(plan: LoadPlan, client: Client) -> Iterator[CheckDone]:
    """Yield the checks that a load would fail, as far as its own rows tell it.

    Of a merge these are the rows that it takes. Checks that ask for other tables, or for rows that are there already,
    are left out. Where failed checks are recorded only, all of them are warnings.

    Args:
        plan: The load.
        client: Client of its dataset; it is read.
    """
    publications: Mapping[str, Publication] = {
        table["name"]: found for found in plan.publications for table in found.chain
    }
    for found in plan.checks:
        checks = [check for check in found.checks if _is_told(check, found)]
        if checks:
            yield from _failing(plan, publications.get(found.table["name"]), found, checks, client)


def _is_told(check: Check, found: TableChecks) -> bool:
    return check.kind not in (REFERENCES, "sql") and (check.scope == "load" or found.is_new)


def _is_known(queries: CheckQueries, check: Check) -> bool:
    """Tell whether DuckDB, which reads the files here, can do a check as well."""
    if check.kind == "matches":
        try:
            queries.figures([check])
        except DatabaseException:
            return False
    return True


def _failing(
    plan: LoadPlan, publication: Publication | None, found: TableChecks, checks: Sequence[Check], client: Client
) -> Iterator[CheckDone]:
    name, now = found.table["name"], utc_now()
    failing: dict[int, int] = {}
    # where no row came, one that counts rows may fail
    total = 0
    if publication is not None:
        rows = TakenRows(plan, publication, found, client)
        # a column of which no row has a value is in no file
        possible = [check for check in checks if set(check.columns) <= set(rows.names)]
        if rows.names:
            with rows.opened() as (connection, query):
                sql = _Temporary(duckdb_client(DIALECT, "main", connection), "main")
                # only a temporary view may be of what Python holds
                connection.execute(f"CREATE TEMP VIEW {sql.make_qualified_table_name(name)} AS {query}")
                queries = CheckQueries(sql, CheckedRows(found.table, {}, plan.order.load_ids, True, now))
                # expressions that only the destination knows are asked there, by the load
                checks = [check for check in checks if check not in possible or _is_known(queries, check)]
                possible = [check for check in possible if check in checks]
                figures = queries.figures([*possible, Check("row_count", (), {"min": 0})])
            total = figures[-1][1]
            failing = {id(check): figure[0] for check, figure in zip(possible, figures, strict=False)}
    for check in checks:
        bad = failing.get(id(check), failing_without(check, total))
        if check.kind == "row_count":
            bad = 0 if is_between(total, check) else 1
        if bad:
            load_id, severity = plan.order.package.load_id, check.severity if plan.order.checks_raise else "warn"
            yield CheckDone(load_id, name, str(check), severity, check.scope, False, bad, total, now)
