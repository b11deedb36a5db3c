"""Checks of data hold for every destination that can do them; what one cannot do is told before anything is loaded."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

import dlt
from dlt import check
from dlt.errors import ChecksFailed, ChecksNotSupported, InvalidCheck, PipelineStepFailed
from dlt.schema.capabilities import Capabilities
from tests.destinations.cases import needs
from tests.destinations.conftest import MakePipeline
from tests.destinations.test_conformance import rows, rows_or_none

NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)
FIRST = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)


def order(number: int, **changes: Any) -> dict[str, Any]:
    """Return one row at which all checks of `CHECKS` hold, unless something is changed."""
    found = {
        "id": number,
        "Status": "it's open" if number % 2 else "done\\",
        "n": number,
        "price": Decimal("1.50") * number,
        "share": number / 10,
        "paid": True,
        "at": NOW - datetime.timedelta(minutes=number),
        "day": NOW.date(),
        "email": f"u{number}@example.org",
        "customer": number % 3,
        "lines": [{"sku": f"s{number}", "count": number}],
    }
    return {**found, **changes}


CHECKS = [
    check.not_null("id", "Status"),
    check.unique("id"),
    check.unique("customer", "n", scope="table"),
    check.accepted("Status", ["it's open", "done\\"]),
    check.accepted("paid", [True]),
    check.between("n", 0, 99),
    check.between("price", Decimal("0"), Decimal("20.25")),
    check.between("share", max=9.5),
    check.between("at", min=FIRST),
    check.between("day", FIRST.date(), NOW.date() + DAY),
    check.references("customer", "customers.id"),
    check.row_count(min=1, max=100),
    check.fresh("at", DAY),
    check.fresh("day", 3 * DAY, scope="table"),
    check.sql("SELECT id FROM {rows} AS r WHERE n < 0;", "no n below zero"),
]
PATTERN = check.matches("email", r"^[a-z]\d+@example\.org$")
"""Not every engine has regular expressions."""
BAD = [
    order(1, Status=None),
    order(1, n=2),
    order(3, Status="lost", paid=False),
    order(4, n=100, price=Decimal("20.26"), share=9.6),
    order(5, at=FIRST - DAY, day=FIRST.date() - DAY, email="no mail"),
    order(6, customer=7, n=-1),
]
FAILING = {
    "not_null(id, status)": 1,
    "unique(id)": 2,
    "unique(customer, n)": 0,
    "accepted(status: it's open, done\\)": 1,
    "accepted(paid: True)": 1,
    "between(n: 0 to 99)": 2,
    "between(price: 0 to 20.25)": 1,
    "between(share: at most 9.5)": 1,
    f"between(at: at least {FIRST.isoformat()})": 1,
    f"between(day: {FIRST.date()} to {NOW.date() + DAY})": 1,
    "references(customer: customers.id)": 1,
    "row_count(1 to 100)": 0,
    "fresh(at: within 1 day, 0:00:00)": 0,
    "fresh(day: within 3 days, 0:00:00)": 0,
    "sql(no n below zero)": 1,
}


def orders(data: list[Any], checks: list[Any], **hints: Any) -> Any:
    """Return a resource with checks."""
    return dlt.resource(data, name="orders", checks=checks, primary_key="id", **hints)


def customers() -> Any:
    """Return the resource to which orders refer."""
    return dlt.resource([{"id": number} for number in range(3)], name="customers")


def checks_for(caps: Capabilities) -> list[Any]:
    """Return the checks that a destination can do, or skip the test."""
    needs(caps.supported_checks, "it cannot read the rows of a load before the load ends")
    return [*CHECKS, *([PATTERN] if "matches" in caps.supported_checks else [])]


def as_warnings(checks: list[Any]) -> list[Any]:
    """Return the same checks, none of which undoes a load."""
    return [check.Check(one.kind, one.columns, one.arguments, one.scope, "warn") for one in checks]


def test_checks_that_hold_are_recorded(make: MakePipeline, caps: Capabilities) -> None:
    """What came of each check stands in the info, and in a table of the dataset beside the rows of all other loads."""
    checks, pipeline = checks_for(caps), make()
    for start in (0, 5):
        data = [order(number) for number in range(start, start + 5)]
        info = pipeline.run([customers(), orders(data, checks)])
        assert [(done.passed, done.failing, done.severity) for done in info.checks] == [(True, 0, "error")] * len(
            checks
        )
        totals = {done.check: done.checked for done in info.checks}
        assert totals["unique(id)"] == 5 and totals["unique(customer, n)"] == start + 5
    recorded = pipeline.check_results()
    assert len(recorded) == 2 * len(checks) and {done.load_id for done in recorded} == set(
        row[0] for row in rows(pipeline, "_dlt_loads", "load_id")
    )
    # keys are told where a check fails, and are not kept
    of_load = {done.check: done.asdict() for done in pipeline.check_results(info.loads_ids[0])}
    assert of_load == {done.check: done.asdict() for done in info.checks}
    # it is read like other tables, and is none of the data
    data = pipeline.dataset()
    assert sorted(name for name, _ in data.row_counts().fetchall()) == ["customers", "orders", "orders__lines"]
    assert data("SELECT count(*) AS n FROM _dlt_checks WHERE passed").fetchall() == [(2 * len(checks),)]


def test_each_check_finds_the_rows_that_fail(make: MakePipeline, caps: Capabilities) -> None:
    """A warning undoes nothing: counts and keys are those of the rows at which the check does not hold."""
    checks, pipeline = checks_for(caps), make()
    info = pipeline.run([customers(), orders(BAD, as_warnings(checks))])
    failing = dict(FAILING)
    if PATTERN in checks:
        failing[r"matches(email: ^[a-z]\d+@example\.org$)"] = 1
    assert {done.check: done.failing for done in info.checks} == failing
    keys = {done.check: [tuple(key.items()) for key in done.keys] for done in info.checks if not done.passed}
    assert keys["between(n: 0 to 99)"] == [(("id", 4),), (("id", 6),)]
    assert keys["unique(id)"] == [(("id", 1),)] and keys["references(customer: customers.id)"] == [(("id", 6),)]
    assert keys["sql(no n below zero)"] == [(("id", 6),)]
    assert len(rows(pipeline, "orders", "id")) == len(BAD)
    assert {done.check: done.failing for done in pipeline.check_results()} == failing


def test_a_check_that_fails_undoes_the_load(make: MakePipeline, caps: Capabilities) -> None:
    """Nothing of it is visible: no row, no new column, no state, no record; what was there stays."""
    checks, pipeline = checks_for(caps), make()
    pipeline.run([customers(), orders([order(0)], checks)])
    before = {name: rows(pipeline, name, "_dlt_id") for name in ("orders", "orders__lines", "customers")}
    with pytest.raises(PipelineStepFailed) as failed:
        pipeline.run([customers(), orders([order(1, n=100, new_column=1), order(2)], checks)])
    error = failed.value.__cause__
    assert isinstance(error, ChecksFailed)
    assert "pipeline spec" in str(error) and "table orders, check between(n: 0 to 99): 1 of 2 rows (id=1)" in str(error)
    assert [done.check for done in error.checks if not done.passed] == ["between(n: 0 to 99)"]
    assert {name: rows(pipeline, name, "_dlt_id") for name in before} == before
    assert len(rows(pipeline, "_dlt_loads", "load_id")) == 1
    assert len(rows(pipeline, "_dlt_checks", "load_id")) == len(checks)
    with pipeline.destination_client_for() as client:
        there = client.stored_tables(["orders"])["orders"]
    assert "new_column" not in there or caps.sqlglot_dialect in ("mysql", None), "DDL of some engines stays"
    assert pipeline.has_pending_data


@pytest.mark.parametrize("disposition", ["append", "replace", "merge"])
def test_a_check_looks_at_the_rows_of_its_load_or_at_all(
    make: MakePipeline, caps: Capabilities, disposition: Any
) -> None:
    """Rows of earlier loads do not count, unless the check is for the table; nested rows go by their root rows."""
    needs(caps.supported_checks, "it cannot read the rows of a load before the load ends")
    pipeline = make()
    pipeline.run(orders([order(1, n=-1, lines=[{"count": -1}]), order(2)], [], write_disposition=disposition))
    nested = [check.between("count", min=0), check.not_null("sku", scope="table", severity="warn")]
    resource = orders(
        [order(2), order(3, lines=[{"sku": "a", "count": 1}, {"sku": "b", "count": 1}])],
        [check.between("n", min=0), check.between("n", min=0, scope="table", severity="warn")],
        write_disposition=disposition,
        nested_hints={"lines": {"checks": nested}},
    )
    info = pipeline.run(resource)
    there = {"append": 4, "replace": 2, "merge": 3}[disposition]
    bad = 0 if disposition == "replace" else 1
    assert [(done.table, done.scope, done.failing, done.checked) for done in info.checks] == [
        ("orders", "load", 0, 2),
        ("orders", "table", bad, there),
        ("orders__lines", "load", 0, 3),
        ("orders__lines", "table", bad, there + 1),
    ]


def test_a_check_that_cannot_be_done_is_told_before(make: MakePipeline, caps: Capabilities) -> None:
    """A column that is not there, a value of another type, a table to refer to: named with pipeline and table."""
    needs(caps.supported_checks, "it cannot read the rows of a load before the load ends")
    wrong = {
        "no such column. Did you mean 'status'": check.not_null("statu"),
        "the column is bigint, and 'a lot' is none": check.accepted("n", ["a lot"]),
        "the column is bigint. It is for text": check.matches("n", "1"),
        "the dataset has no table suppliers": check.references("n", "suppliers.id"),
    }
    for number, (text, one) in enumerate(wrong.items()):
        if one.kind not in caps.supported_checks:
            continue
        pipeline = make(f"wrong_{number}", dataset_name=f"data_{number}")
        with pytest.raises(PipelineStepFailed, match=f"pipeline wrong_{number}, table orders.*{text}") as failed:
            pipeline.run(orders([order(1)], [one]))
        assert isinstance(failed.value.__cause__, InvalidCheck)
        assert rows_or_none(pipeline, "orders") == []


def test_a_destination_that_cannot_check_says_so(make: MakePipeline, caps: Capabilities) -> None:
    """Before anything is extracted, with what can be done instead."""
    needs(not caps.supported_checks, "it can check")
    with pytest.raises(PipelineStepFailed, match=r"table orders: .*cannot do the check not_null\(id\)") as failed:
        make().run(orders([order(1)], [check.not_null("id")]))
    assert failed.value.step == "extract" and isinstance(failed.value.__cause__, ChecksNotSupported)
