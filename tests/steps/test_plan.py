"""A plan tells what a run would do, and does nothing."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import ChecksFailed, PipelineConfigMissing, PipelineStepFailed
from dlt.load.preview import TablePreview
from dlt.pipeline.plan import CursorMove, LateMask, PipelinePlan


def tree(folder: Path) -> dict[str, str]:
    """Return all files below a folder, with a digest of each; the lock says who holds it."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "lock")
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def table(plan: PipelinePlan, name: str) -> TablePreview:
    """Return what becomes of a table."""
    return next(found for found in plan.tables if found.name == name)


def users(first: int = 1, **hints: Any) -> Any:
    """Return a resource with a cursor and nested rows."""

    @dlt.resource(name="users", **{"primary_key": "id", "write_disposition": "merge", **hints})
    def found(cursor: Any = dlt.sources.incremental("at")) -> Iterator[Any]:
        yield [{"id": n, "name": f"n{n}", "at": first, "tags": [{"t": n}]} for n in range(first, first + 5)]

    return found()


def test_a_mask_that_comes_late_is_told(pipeline: Any) -> None:
    """The plan as a value and as JSON names the columns of which clear values are there, once, and no others."""

    def people(**columns: Any) -> Any:
        return dlt.resource([{"id": 1, "name": "Ada", "tags": [{"t": "x"}]}], name="people", columns=columns)

    assert pipeline.plan(people(name={"mask": "redact"})).late_masks == ()
    pipeline.run(people())
    plan = pipeline.plan(people(**{"name": {"mask": "redact"}, "tags[*].t": {"mask": "redact"}}))
    assert set(plan.late_masks) == {LateMask("people", "name"), LateMask("people__tags", "t")}
    assert {"table": "people", "column": "name"} in plan.asdict()["late_masks"]  # type: ignore[operator]
    assert "Masks that come late\n  people.name     rows that are there keep clear values\n" in str(plan)
    pipeline.run(people(name={"mask": "redact"}))
    assert pipeline.plan(people(name={"mask": "redact"})).late_masks == ()


def test_a_first_plan_makes_nothing(pipeline: Any, tmp_path: Path) -> None:
    """No folder, no file of the destination: and the run that follows does what it told."""
    plan = pipeline.plan(users())
    assert tree(tmp_path) == {}
    assert not os.path.exists(pipeline.working_dir)
    found = table(plan, "users")
    assert (found.is_new, found.rows, found.inserted, found.updated, found.removed) == (True, 5, 5, 0, 0)
    types = {name: kind for name, kind in found.new_columns.items() if not name.startswith("_dlt")}
    assert types == {"id": "bigint", "name": "text", "at": "bigint"}
    assert table(plan, "users__tags").rows == 5
    assert [statement.partition(" (")[0] for statement in plan.ddl] == [
        'CREATE SCHEMA IF NOT EXISTS "spec"."data"',
        'CREATE TABLE "spec"."data"."users"',
        'CREATE TABLE "spec"."data"."users__tags"',
    ]
    assert plan.cursors == [CursorMove("spec", "users", "at", None, 1)]
    assert plan.has_changes and plan.refused is None
    pipeline.run(users())
    assert dict(pipeline.dataset().row_counts().fetchall()) == {"users": 5, "users__tags": 5}


def test_a_later_plan_compares_with_what_is_there(pipeline: Any, tmp_path: Path) -> None:
    """Keys that are there are told from new ones, and every file stays as it was."""
    pipeline.run([users(), dlt.resource([{"k": 1}, {"k": 2}], name="snap", write_disposition="replace")])
    before = tree(tmp_path)
    more = dlt.resource([{"k": 1, "z": 1.5}, {"k": 2, "z": "x"}], name="snap", write_disposition="replace")
    plan = pipeline.plan([users(3), more])
    assert tree(tmp_path) == before
    found = table(plan, "users")
    assert (found.is_new, dict(found.new_columns), found.rows) == (False, {}, 5)
    assert (found.inserted, found.updated, found.removed) == (2, 3, 0)
    assert (table(plan, "snap").removed, table(plan, "snap").rows) == (2, 2)
    assert plan.ddl == [
        'ALTER TABLE "spec"."data"."snap" ADD COLUMN "z" DOUBLE',
        'ALTER TABLE "spec"."data"."snap" ADD COLUMN "z__v_text" VARCHAR',
    ]
    assert {doubt.column: doubt.reason for doubt in plan.doubts} == {
        "z": "one value in all rows tells its type",
        "z__v_text": "values of z that do not fit its type go here",
    }
    assert plan.cursors == [CursorMove("spec", "users", "at", 1, 3)]
    # what was planned was not done: the run finds the same
    pipeline.run(users(3))
    assert dict(pipeline.dataset().row_counts().fetchall())["users"] == 7


def test_nothing_new_changes_nothing(pipeline: Any) -> None:
    """The cursor stands, and no row comes."""
    pipeline.run(users(primary_key=None, write_disposition="append"))
    plan = pipeline.plan(users(primary_key=None, write_disposition="append"))
    assert not plan.has_changes
    assert "Nothing would change." in str(plan)


def test_what_a_contract_refuses_and_discards(pipeline: Any) -> None:
    """A contract that freezes refuses the run, one that discards takes rows away; both are told."""
    pipeline.run([{"k": 1}], table_name="t")
    refused = pipeline.plan([{"k": "x"}], table_name="t", schema_contract="freeze")
    assert refused.refused is not None and "t.k" in refused.refused and "freezes data_type" in refused.refused
    assert f"Nothing would be loaded: {refused.refused}" in str(refused)
    rows = [{"k": 2}, {"k": "x"}, {"k": 3}]
    plan = pipeline.plan(rows, table_name="t", schema_contract={"data_type": "discard_row"})
    assert (table(plan, "t").rows, plan.discarded) == (2, {"t": 1})
    plan = pipeline.plan(rows[1:2], table_name="t", schema_contract={"data_type": "discard_row"})
    assert "Rows that a contract discards\n  t  1\n\nNothing would change." in str(plan)
    with pytest.raises(PipelineStepFailed, match="step extract"):
        pipeline.plan(dlt.resource(iter([1, 1 / 1]), name="t").add_map(lambda _value: 1 / 0))


def test_deletes_histories_and_inserts_only(pipeline: Any) -> None:
    """Each strategy tells what it does with keys that are there."""
    deleting = {"columns": {"gone": {"hard_delete": True, "data_type": "bool"}}}
    merge = {"write_disposition": "merge", "primary_key": "id"}

    def data(last: int, mark: Any = None) -> Any:
        rows = [{"id": n, "v": n} for n in range(last)]
        return [
            dlt.resource([{**row, "gone": row["id"] == mark} for row in rows], name="deleting", **merge, **deleting),
            dlt.resource(
                [{"id": n, "v": last if n == 0 else n} for n in range(last)],
                name="history",
                write_disposition={"disposition": "merge", "strategy": "scd2"},
            ),
            dlt.resource(
                rows,
                name="once",
                primary_key="id",
                write_disposition={"disposition": "merge", "strategy": "insert-only"},
            ),
        ]

    pipeline.run(data(3))
    plan = pipeline.plan(data(4, mark=1))
    told = {
        name: (found.inserted, found.updated, found.removed, found.hard_deleted)
        for name in ("deleting", "history", "once")
        if (found := table(plan, name))
    }
    # of the history the row whose value changed ends, two stay, and two versions are new
    assert told == {"deleting": (1, 2, 1, 1), "history": (2, 2, 1, 0), "once": (1, 0, 0, 0)}


def test_packages_that_wait_are_planned_too(pipeline: Any, tmp_path: Path) -> None:
    """They are loaded first by the run; they stay where they are."""
    pipeline.extract([{"k": 1}], table_name="waits")
    before = tree(tmp_path)
    plan = pipeline.plan([{"k": 2}], table_name="comes")
    assert {found.name: found.rows for found in plan.tables} == {"waits": 1, "comes": 1}
    assert tree(tmp_path) == before


def test_a_sample_reads_some_rows(pipeline: Any) -> None:
    """Whole pages are taken; the resource of the program has no limit afterwards."""
    resource = dlt.resource(lambda: ([{"k": n}] for n in range(100)), name="many")
    plan = pipeline.plan(resource, sample=7)
    assert table(plan, "many").rows == 7 and plan.is_sample
    pipeline.run(resource)
    assert dict(pipeline.dataset().row_counts().fetchall()) == {"many": 100}
    for wrong in (0, -1, "5"):
        with pytest.raises(ValueError, match="one at least"):
            pipeline.plan(resource, sample=wrong)


def test_it_is_a_value_for_programs(pipeline: Any) -> None:
    """As JSON it has all that the table shows."""
    told = json.loads(json.dumps(pipeline.plan(users()).asdict()))
    assert told["tables"][0]["name"] == "users" and told["tables"][0]["inserted"] == 5
    assert told["has_changes"] and told["bytes"] > 0 and told["ddl"] and told["cursors"][0]["after"] == 1


def test_the_active_pipeline_stays(pipeline: Any) -> None:
    """The one that planned in a folder of its own is nobody's afterwards."""
    other = dlt.pipeline("other", destination="duckdb")
    pipeline.plan([{"k": 1}], table_name="t")
    assert dlt.pipeline() is other
    with pytest.raises(PipelineConfigMissing, match="plan needs a destination"):
        dlt.pipeline("nowhere").plan([{"k": 1}], table_name="t")


MERGE: Any = {"primary_key": "id", "write_disposition": "merge", "table_name": "t"}


def told(plan: PipelinePlan) -> tuple[int | None, int | None, int | None]:
    """Return what becomes of keys and rows of the table `t`."""
    found = table(plan, "t")
    return found.inserted, found.updated, found.removed


def test_keys_of_which_none_is_known(pipeline: Any) -> None:
    """The most frequent case: all rows are new."""
    pipeline.run([{"id": 1, "k": "a"}], **MERGE)
    assert told(pipeline.plan([{"id": 2, "k": "a"}], **MERGE)) == (1, 0, 0)
    both = {**MERGE, "primary_key": ["id", "k"]}
    assert told(pipeline.plan([{"id": 1, "k": "b"}, {"id": 1, "k": "a"}], **both)) == (1, 1, 0)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # each row is an id and whether it is to go; 1, 2 and 3 are there
        ([(1, True)], (0, 0, 1)),
        ([(1, True), (2, False)], (0, 1, 1)),
        ([(1, True), (9, False), (2, False), (77, True)], (1, 1, 1)),
        ([(9, False), (9, True), (1, False)], (0, 1, 0)),
        ([(1, True), (1, False)], (0, 1, 0)),
    ],
)
def test_deletes_among_other_changes(pipeline: Any, rows: Any, expected: tuple[int, int, int]) -> None:
    """Of several rows with one key the last one counts, as in the run."""
    columns = {"gone": {"hard_delete": True, "data_type": "bool"}}
    # a first load in which no row is to go has no such column in its files
    assert told(pipeline.plan([{"id": 1}], columns=columns, **MERGE)) == (1, 0, 0)
    pipeline.run([{"id": number} for number in (1, 2, 3)], columns=columns, **MERGE)
    data = [{"id": number, "gone": gone} for number, gone in rows]
    assert told(pipeline.plan(data, columns=columns, **MERGE)) == expected
    pipeline.run(data, columns=columns, **MERGE)
    inserted, _, removed = expected
    assert dict(pipeline.dataset().row_counts().fetchall())["t"] == 3 + inserted - removed


def test_the_hint_says_which_of_several_rows_counts(pipeline: Any) -> None:
    """It is no matter which of them comes last."""
    columns: Any = {"gone": {"hard_delete": True, "data_type": "bool"}, "at": {"dedup_sort": "desc"}}
    pipeline.run([{"id": 1, "at": 0, "gone": False}], columns=columns, **MERGE)
    data = [{"id": 1, "at": 5, "gone": True}, {"id": 1, "at": 3, "gone": False}]
    assert told(pipeline.plan(data, columns=columns, **MERGE)) == (0, 0, 1)


@pytest.mark.parametrize("refresh", ["drop_data", "drop_resources", "drop_sources"])
@pytest.mark.parametrize("disposition", ["merge", "replace", "append"])
def test_what_a_refresh_takes_away(pipeline: Any, refresh: str, disposition: str) -> None:
    """All rows that are there go, whatever comes."""
    hints = {**MERGE, "write_disposition": disposition}
    pipeline.run([{"id": number} for number in (1, 2, 3)], **hints)
    plan = pipeline.plan([{"id": 2}], refresh=refresh, **hints)
    inserted = 1 if disposition == "merge" else None
    assert told(plan) == (inserted, 0 if disposition == "merge" else None, 3)
    assert table(plan, "t").is_dropped == (refresh != "drop_data")
    pipeline.run([{"id": 2}], refresh=refresh, **hints)
    assert dict(pipeline.dataset().row_counts().fetchall()) == {"t": 1}


CHECKS = [
    dlt.check.not_null("id", "mail"),
    dlt.check.unique("id"),
    dlt.check.between("n", 0, 10, severity="warn"),
    dlt.check.row_count(max=3),
    dlt.check.matches("mail", "@"),
    dlt.check.unique("id", scope="table"),
    dlt.check.references("n", "t.id"),
]
ROWS: list[dict[str, object]] = [
    {"id": 1, "n": 5, "mail": "a@x"},
    {"id": 1, "n": 11, "mail": None},
    {"id": 2, "n": 3, "mail": "b"},
    {"id": 3, "n": 99, "mail": "c@x"},
]


@pytest.mark.parametrize("file_format", ["arrow", "parquet", "jsonl"])
@pytest.mark.parametrize("disposition", ["append", "replace", "merge"])
def test_checks_that_would_fail(pipeline: Any, disposition: str, file_format: str) -> None:
    """Those that the rows alone tell fail in the run as well; of a merge they are told of the rows that it takes."""
    hints: Any = {"primary_key": "id", "write_disposition": disposition}
    wide: Any = {"mail": {"data_type": "text"}}
    first = dlt.resource([{"id": 1, "n": 2, "mail": "z@x"}], name="t", columns=wide, **hints)
    pipeline.run(first, loader_file_format=file_format)
    # rows that are there are not asked for
    checks = CHECKS[:5] if disposition == "replace" else CHECKS
    data = dlt.resource(ROWS, name="t", columns=wide, checks=checks, **hints)
    plan = pipeline.plan(data, loader_file_format=file_format)
    found = {check.check: (check.failing, check.checked, check.severity) for check in plan.failing_checks}
    came = 3 if disposition == "merge" else 4
    expected = {
        "not_null(id, mail)": (1, came, "error"),
        "between(n: 0 to 10)": (2, came, "warn"),
        "matches(mail: @)": (1, came, "error"),
    }
    if disposition != "merge":
        expected |= {"row_count(at most 3)": (1, 4, "error"), "unique(id)": (2, 4, "error")}
    assert found == expected
    assert "Checks that would fail" in str(plan) and f"2 of {came} rows warn" in " ".join(str(plan).split())
    assert table(plan, "t").repeated == (1 if disposition == "merge" else 0)
    with pytest.raises(PipelineStepFailed) as failed:
        pipeline.run(data, loader_file_format=file_format)
    error = failed.value.__cause__
    assert isinstance(error, ChecksFailed)
    of_load = [check for check in error.checks if check.scope == "load" and not check.passed]
    done = {check.check: (check.failing, check.checked, check.severity) for check in of_load}
    assert {name: told for name, told in done.items() if name in expected} == expected


def test_a_plan_that_fails_a_check_would_fail(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the check is a warning, or what failed is recorded only."""

    def data(**more: Any) -> Any:
        return dlt.resource([{"id": None}, {"id": 1}], name="t", checks=[dlt.check.not_null("id", **more)])

    assert pipeline.plan(data()).would_fail and not pipeline.plan(data(severity="warn")).would_fail
    monkeypatch.setenv("LOAD__RAISE_ON_FAILED_CHECKS", "false")
    plan = pipeline.plan(data())
    assert not plan.would_fail and plan.failing_checks[0].severity == "warn"
    assert plan.asdict()["would_fail"] is False


def test_good_rows_fail_no_check(pipeline: Any) -> None:
    """Neither in a first plan nor in a later one; nested tables have checks of their own."""
    inner = {"tags": {"checks": [dlt.check.accepted("tag", ["a", "b"])]}}

    def data(tag: str) -> Any:
        rows = [{"id": n, "tags": [{"tag": tag}]} for n in range(3)]
        return dlt.resource(rows, name="t", checks=[dlt.check.unique("id")], nested_hints=inner)

    assert pipeline.plan(data("a")).failing_checks == []
    pipeline.run(data("a"))
    assert pipeline.plan(data("b")).failing_checks == []
    (found,) = pipeline.plan(data("c")).failing_checks
    assert (found.table, found.failing, found.checked) == ("t__tags", 3, 3)


def test_columns_that_get_no_value(pipeline: Any) -> None:
    """One that vanished from the source is told, in rows of documents and in Arrow; a table without rows tells none."""
    pipeline.run([{"id": 1, "mail": "a", "geo": {"x": 1}, "tags": [{"t": 1, "u": 2}]}], table_name="t")
    plan = pipeline.plan([{"id": 2, "mail": None, "tags": [{"t": 1}]}, {"id": 3}], table_name="t")
    assert (table(plan, "t").valueless, table(plan, "t__tags").valueless) == (("mail", "geo__x"), ("u",))
    assert "Columns without a value in what comes\n  t        mail, geo__x\n  t__tags  u" in str(plan)
    full = pipeline.plan([{"id": 2, "mail": "b", "geo": {"x": 1}}], table_name="t")
    assert not any(found.valueless for found in full.tables)
