"""What a plan tells of merges, checks and state is what the run does."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import PipelineStepFailed
from dlt.load.preview import TablePreview

FLAG: Any = {"gone": {"hard_delete": True, "data_type": "bool"}}


def merged(rows: Any, strategy: str = "delete-insert", **hints: Any) -> Any:
    """Return a resource that is merged by `id`."""
    how: Any = {"disposition": "merge", "strategy": strategy}
    return dlt.resource(rows, name="t", write_disposition=how, **{"primary_key": "id", **hints})


def checked(pipeline: Any, resource: Any) -> tuple[list[Any], list[Any]]:
    """Return the checks that a plan says would fail, and those that fail in the run."""
    plan = pipeline.plan(resource)
    try:
        done = pipeline.run(resource).checks
    except PipelineStepFailed as failed:
        done = failed.__cause__.checks  # type: ignore[union-attr]
    failing = ([check for check in found if not check.passed] for found in (plan.failing_checks, done))
    told, found = ([(one.table, one.check, one.failing, one.checked) for one in checks] for checks in failing)
    return told, found


LOSER: list[Any] = [{"id": 2, "v": None, "l": [{"b": 1}]}, {"id": 2, "v": 1, "l": [{"a": 1}]}]
CASES: dict[str, list[Any]] = {
    "a delete": [{"id": 1, "gone": True}],
    "a row that another one replaces": LOSER,
    "a row that replaces a good one": LOSER[::-1],
    "a key that is there": [{"id": 1, "v": None, "l": [{"b": 2}]}],
    "more rows than keys": [{"id": 5, "v": 1}, {"id": 5, "v": 2}],
    "two keys": [{"id": 5, "v": 1}, {"id": 6, "v": 1}],
    "a value twice": [{"id": 5, "v": 1}, {"id": 6, "v": 1}],
}


@pytest.mark.parametrize("rows", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("strategy", ["delete-insert", "upsert", "insert-only"])
def test_checks_of_the_rows_that_a_merge_takes(pipeline: Any, strategy: str, rows: Any) -> None:
    """Rows that it leaves out fail no check: deletes, losers of a key, with insert-only what is there."""
    checks = [dlt.check.not_null("v"), dlt.check.row_count(max=1), dlt.check.unique("v")]
    nested = {"l": {"checks": [dlt.check.not_null("a"), dlt.check.row_count(max=3)]}}
    first = [{"id": 1, "v": 7, "gone": None, "l": [{"a": 1, "b": 1}]}]
    hints: Any = {} if strategy == "insert-only" else {"columns": FLAG}
    if strategy == "insert-only":
        rows = [{key: value for key, value in row.items() if key != "gone"} | {"v": row.get("v", 1)} for row in rows]
    pipeline.run(merged(first, strategy, **hints))
    told, done = checked(pipeline, merged(rows, strategy, checks=checks, nested_hints=nested, **hints))
    assert told == done


def test_checks_of_new_versions_of_a_history(pipeline: Any) -> None:
    """Versions that are there are no rows of the load."""

    def rows(value: Any) -> Any:
        data = [{"id": 1, "v": 1}, {"id": 2, "v": value}]
        checks = [dlt.check.row_count(min=2), dlt.check.not_null("v")]
        return merged(data, "scd2", primary_key=None, checks=checks, columns={"v": {"data_type": "bigint"}})

    assert checked(pipeline, rows(2)) == ([], [])
    told, done = checked(pipeline, rows(None))
    assert told == done == [("t", "row_count(at least 2)", 1, 1), ("t", "not_null(v)", 1, 1)]


@pytest.mark.parametrize("disposition", ["append", "replace", "merge"])
def test_checks_where_no_row_comes(pipeline: Any, disposition: Any) -> None:
    """One that counts rows, or wants a fresh one, fails."""

    def rows(data: Any) -> Any:
        checks = [dlt.check.row_count(min=1), dlt.check.fresh("at", 60), dlt.check.not_null("id")]
        columns: Any = {"at": {"data_type": "timestamp"}}
        return dlt.resource(
            data, name="t", primary_key="id", write_disposition=disposition, checks=checks, columns=columns
        )

    moment = datetime.datetime.now(datetime.timezone.utc)
    pipeline.run(rows([{"id": 1, "at": moment}]))
    plan = pipeline.plan(rows([]))
    assert plan.would_fail and "Checks that would fail" in str(plan)
    told, done = checked(pipeline, rows([]))
    assert told == done and [check for _, check, _, _ in told] == [
        "row_count(at least 1)",
        "fresh(at: within 0:01:00)",
    ]


def table(plan: Any) -> TablePreview:
    """Return what becomes of the table."""
    found: TablePreview = next(found for found in plan.tables if found.name == "t")
    return found


@pytest.mark.parametrize("keys", [{"primary_key": None, "merge_key": "day"}, {"primary_key": "id", "merge_key": "day"}])
def test_rows_of_a_merge_key(pipeline: Any, keys: Any) -> None:
    """All rows of a key that comes go, and no row that comes repeats another one by it."""
    first = [{"id": n, "day": day} for n, day in ((1, 1), (2, 1), (3, 1), (4, 2), (5, 3))]
    second = [{"id": 1, "day": 1}, {"id": 9, "day": 1}, {"id": 4, "day": 7}]
    pipeline.run(merged(first, **keys))
    found = table(pipeline.plan(merged(second, **keys)))
    pipeline.run(merged(second, **keys))
    (rows,) = dict(pipeline.dataset().row_counts().fetchall()).values()
    assert found.repeated == 0 and found.inserted is not None and found.removed is not None
    assert rows == len(first) + found.inserted - found.removed
    told = (found.inserted, found.updated, found.removed)
    assert told == ((3, 0, 3) if keys["primary_key"] is None else (1, 2, 2))


def test_state_and_quarantine_are_changes(pipeline: Any) -> None:
    """What sources keep is different afterwards, and so is the quarantine; nothing else is said to be."""
    pipeline.run([{"id": 1}], table_name="t")

    @dlt.resource
    def keeps(value: int) -> Iterator[Any]:
        dlt.current.resource_state()["value"] = value
        yield from ()

    plan = pipeline.plan(keeps(1))
    assert plan.has_changes and plan.changes_state and "what sources keep changes" in str(plan)
    pipeline.run(keeps(1))
    assert not pipeline.plan(keeps(1)).has_changes
    plan = pipeline.plan([{"id": "x"}], table_name="t", schema_contract={"data_type": "quarantine"})
    assert plan.has_changes and "Items that go to quarantine\n  t  1" in str(plan)


def test_an_expression_that_only_the_destination_knows(tmp_path: Path) -> None:
    """The plan leaves the check out, and tells the others."""
    place = dlt.destinations.sqlalchemy(f"sqlite:///{tmp_path}/spec.db")
    pipeline = dlt.pipeline("spec", destination=place, dataset_name="data")
    checks = [dlt.check.matches("v", "^(?!x)"), dlt.check.matches("v", "y"), dlt.check.unique("v")]
    told, done = checked(pipeline, dlt.resource([{"v": "xx"}, {"v": "xx"}], name="t", checks=checks))
    assert [check for _, check, _, _ in told] == ["matches(v: y)", "unique(v)"]
    assert [check for _, check, _, _ in done] == ["matches(v: ^(?!x))", "matches(v: y)", "unique(v)"]
