"""Checks of data in the transaction of a load: what is to be checked, and what came of it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from dlt.clock import utc_now
from dlt.destinations.client import Client
from dlt.errors import (
    ChecksFailed,
    ChecksNotSupported,
    DatabaseTerminalException,
    DatabaseUndefinedRelation,
    InvalidCheck,
)
from dlt.load.check_sql import CheckedRows, CheckQueries
from dlt.load.order import LoadOrder
from dlt.load.own_rows import append_rows
from dlt.load.plan import Publication, TableChecks
from dlt.load.standing import Standing
from dlt.package_info import json_object
from dlt.packages.manifest import CheckDone
from dlt.schema.data_checks import NUMBERS, Check, check_on_table, check_supported, checks_of
from dlt.schema.schema import Schema
from dlt.schema.system_columns import LOAD_ID
from dlt.schema.system_tables import checks_table
from dlt.schema.typing import REFERENCES, TableSchema
from dlt.user_log import warning

if TYPE_CHECKING:
    from dlt.destinations.sql.sql_client import SqlClient
    from dlt.load.plan import LoadPlan


_ALIKE: Mapping[str, str] = {**dict.fromkeys(NUMBERS, "number"), "date": "timestamp"}
"""Types whose values may be equal, by the name of all of them."""


def checks_to_do(
    order: LoadOrder, standing: Standing, schema: Schema, publications: Sequence[Publication]
) -> Iterator[TableChecks]:
    """Yield the checks of the tables that a load fills.

    Args:
        order: What is to be loaded.
        standing: What stands at the destination.
        schema: Schema of the tables.
        publications: The chains that get rows.

    Raises:
        InvalidCheck: a check does not go with its table.
        ChecksNotSupported: the destination cannot do one.
    """
    chains = [(list(found.chain), found.strategy == "replace") for found in publications]
    filled = {table["name"] for chain, _ in chains for table in chain}
    # no row came, which a check that counts rows must find
    unfilled = [schema.tables[name] for name in order.package.manifest.unfilled if name in standing.tables]
    chains += [([table], False) for table in unfilled if table["name"] not in filled]
    for chain, is_replaced in chains:
        for found in chain:
            table = schema.tables[found["name"]]
            if checks := _asked(order, checks_of(table)):
                is_new = is_replaced or table["name"] not in standing.tables
                _check_possible(order, table, checks)
                _check_bears_load_ids(order, chain[0], checks, is_new)
                yield TableChecks(table, tuple(checks), is_new)


def _asked(order: LoadOrder, checks: list[Check]) -> list[Check]:
    # how many rows come, and how new they are, is asked of a source; a replay brings what was kept out
    if order.package.manifest.replay is None:
        return checks
    return [check for check in checks if check.scope == "table" or check.kind not in ("row_count", "fresh")]


def _check_possible(order: LoadOrder, table: TableSchema, checks: Sequence[Check]) -> None:
    check_supported(table, order.capabilities)
    place = _place(order, table)
    for check in checks:
        check_on_table(table, check, place)


def _place(order: LoadOrder, table: TableSchema) -> str:
    return f"pipeline {order.pipeline_name}, table {table['name']}"


def _check_bears_load_ids(order: LoadOrder, root: TableSchema, checks: Sequence[Check], is_new: bool) -> None:
    of_load = next((check for check in checks if check.scope == "load"), None)
    if of_load is not None and not is_new and LOAD_ID not in root["columns"]:
        raise InvalidCheck(
            f"{_place(order, root)}: the check {of_load} is for the rows of a load, and rows that are there have no "
            f"{LOAD_ID} by which the new ones could be told. Give it scope='table', or load the table anew with "
            "refresh='drop_resources', which gives its rows load ids.",
            hint="checks",
        )


def run_checks(plan: LoadPlan, client: Client) -> tuple[CheckDone, ...]:
    """Do the checks of a load, behind its publications and inside of its transaction, and record what came of them.

    Args:
        plan: The load.
        client: Client of its dataset.

    Raises:
        ChecksFailed: one failed that is an error.
        InvalidCheck: a check asks for a table or column that is not there.
    """
    order, now = plan.order, utc_now()
    sql = client.checking_client()
    if sql is None:
        raise ChecksNotSupported(
            f"dataset {order.dataset_name}: the destination cannot read the rows of a load before it ends, so that no "
            "check can be done. Leave them out, or do them in the resource.",
        )
    assert plan.records is not None, "a plan that is carried out has records"
    schema = plan.records.schema
    done = [result for table in plan.checks for result in _of_table(plan, table, schema, client, sql, now)]
    failed = [result for result in done if not result.passed]
    for result in failed:
        # those that are errors are told by the error
        if result.severity == "warn" or not order.checks_raise:
            warning(f"{order.pipeline_name}, load {order.package.load_id}: {result.text}")
    if order.checks_raise and any(result.severity == "error" for result in failed):
        raise failed_checks(order, done)
    # also those that passed: a check that stopped being done must be seen
    append_rows(order, client, checks_table(), [_row(order, result) for result in done])
    return tuple(done)


def _of_table(
    plan: LoadPlan, found: TableChecks, schema: Schema, client: Client, sql: SqlClient, now: datetime.datetime
) -> Iterator[CheckDone]:
    order, name, place = plan.order, found.table["name"], _place(plan.order, found.table)
    # asked in the transaction, which knows what this load made
    there = client.stored_tables([name]).get(name, {})
    rows = CheckedRows(found.table, schema.tables, order.load_ids, found.is_new, now)
    queries = CheckQueries(sql, rows)
    # a column of which no value came yet is not there: it is NULL in every row
    possible = [check for check in found.checks if all(column in there for column in check.columns)]
    for check in possible:
        _check_referenced(check, found.table, schema, client, place)
    # of the others only the number of rows is asked for, once for each scope
    scopes = [Check("row_count", (), {"min": 0}, check.scope) for check in found.checks if check not in possible]
    asked = [*possible, *scopes]
    figures = dict(zip(map(id, asked), _figures(queries, asked, place), strict=True))
    totals = {check.scope: figures[id(check)][1] for check in asked}
    for check in found.checks:
        total = totals[check.scope]
        failing = figures[id(check)][0] if check in possible else failing_without(check, total)
        if check.kind == "row_count":
            failing = 0 if is_between(total, check) else 1
        passed = failing == 0
        shown = [json_object(key) for key in queries.keys(check)] if not passed and check in possible else []
        yield CheckDone(
            order.package.load_id,
            name,
            str(check),
            check.severity,
            check.scope,
            passed,
            failing,
            total,
            now,
            tuple(shown),
        )


def _figures(queries: CheckQueries, asked: Sequence[Check], place: str) -> list[tuple[int, int]]:
    try:
        return queries.figures(asked)
    except (DatabaseTerminalException, DatabaseUndefinedRelation) as error:
        # what else is asked for is written here, and known to be right
        own = [str(check) for check in asked if check.kind in ("sql", "matches")]
        if not own:
            raise
        raise InvalidCheck(
            f"{place}: the destination refuses the query of {', '.join(own)}: {error}. Mend the SQL, or the pattern.",
            hint="checks",
        ) from error


def _check_referenced(check: Check, own: TableSchema, schema: Schema, client: Client, place: str) -> None:
    """Make sure that the table to which values of another one refer is there, with values that can be equal.

    Raises:
        InvalidCheck: it is not.
    """
    if check.kind != REFERENCES:
        return
    # now and not before the load, which may have made the table
    table = str(check.arguments["table"])
    (column,) = cast(Sequence[str], check.arguments["referenced_columns"])
    columns = client.stored_tables([table]).get(table)
    if columns is None or column not in columns:
        what = f"no table {table}" if columns is None else f"no column {column!r} in its table {table}"
        raise InvalidCheck(
            f"{place}, column {check.columns[0]!r}: the check {check} cannot be done: the dataset has {what}. Load "
            "that table before, or in the same run, or name the one that is meant.",
            hint="checks",
            column_name=check.columns[0],
        )
    known = schema.tables.get(table, {}).get("columns", {})
    kinds = [
        where.get(name, {}).get("data_type") for where, name in ((own["columns"], check.columns[0]), (known, column))
    ]
    # engines compare a text with a number each in its own way, or not at all
    if all(kinds) and len({_ALIKE.get(str(kind), kind) for kind in kinds}) > 1:
        raise InvalidCheck(
            f"{place}, column {check.columns[0]!r}: the check {check} cannot be done: the column is {kinds[0]}, and "
            f"{table}.{column} is {kinds[1]}. Give both one type, by a hint in columns= or with add_map.",
            hint="checks",
            column_name=check.columns[0],
        )


def failing_without(check: Check, total: int) -> int:
    """Return how many rows fail where a column has no value in any row.

    Args:
        check: The check.
        total: How many rows there are.
    """
    if check.kind == "not_null":
        return total
    return 1 if check.kind == "fresh" else 0


def is_between(total: int, check: Check) -> bool:
    """Tell whether so many rows are as many as a check of their number wants.

    Args:
        total: How many rows there are.
        check: The check.
    """
    low, high = cast("int | None", check.arguments.get("min")), cast("int | None", check.arguments.get("max"))
    return (low is None or total >= low) and (high is None or total <= high)


def failed_checks(order: LoadOrder, done: Sequence[CheckDone]) -> ChecksFailed:
    """Return the error for checks that failed.

    Args:
        order: The load.
        done: The results of all checks.
    """
    failed = [result.text for result in done if not result.passed and result.severity == "error"]
    what = "a check" if len(failed) == 1 else f"{len(failed)} checks"
    return ChecksFailed(
        f"pipeline {order.pipeline_name}, dataset {order.dataset_name}: {what} of load {order.package.load_id} failed: "
        f"{'; '.join(failed)}. Nothing of it was loaded. Mend the data at its source, or the check, and "
        "extract again; or load it as it is with load.raise_on_failed_checks = false "
        "(LOAD__RAISE_ON_FAILED_CHECKS=false): what failed is then recorded only.",
        checks=tuple(done),
    )


def _row(order: LoadOrder, result: CheckDone) -> Mapping[str, object]:
    return {
        "load_id": result.load_id,
        "schema_name": order.package.schema_name,
        "table_name": result.table,
        "check_name": result.check,
        "severity": result.severity,
        "scope": result.scope,
        "passed": result.passed,
        "failing_count": result.failing,
        "checked_count": result.checked,
        "checked_at": result.checked_at,
    }
