"""A bad day of data, from its plan to its last row: plan, checks, quarantine, replay, reconcile and undo together."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import PipelineStepFailed
from dlt.sources.filesystem import filesystem, read_jsonl

Row = dict[str, object]
GOOD = {"orders": 100}


def order(number: int) -> Row:
    """Return a good row."""
    return {"id": number, "price": number * 2, "mail": f"u{number}@example.org"}


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, Sequence[Row], float], None]:
    """Return what writes a file that is so many seconds old."""

    def write(name: str, rows: Sequence[Row], age: float) -> None:
        path = tmp_path / "in" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        os.utime(path, (time.time() - age,) * 2)

    return write


def orders(folder: Path, **hints: Any) -> Any:
    """Return the rows of all files that are new."""
    files = filesystem(bucket_url=str(folder / "in"), file_glob="*.jsonl")
    files.apply_hints(incremental=dlt.sources.incremental("modification_date"))
    rows = (files | read_jsonl()).with_name("orders")
    rows.apply_hints(**hints)
    return rows


def bad_day() -> list[Row]:
    """Return 100 rows: one whose price is no number, all without mail, and three that come twice."""
    rows: list[Row] = [{"id": number, "price": number * 2} for number in range(100, 197)]
    rows[50]["price"] = "free"
    return [*rows, *({**row} for row in rows[:3])]


def test_a_bad_day_is_told_beforehand_kept_out_and_mended(pipeline: Any, put: Any, tmp_path: Path) -> None:
    """Readers never see a bad row, no row is lost, and all of it can be counted."""
    checks = [dlt.check.unique("id"), dlt.check.not_null("mail"), dlt.check.between("price", 0, 10_000)]
    put("first.jsonl", [order(number) for number in range(100)], 5_000)
    pipeline.run(orders(tmp_path, checks=checks))
    put("second.jsonl", bad_day(), 1_000)
    # older than what was read: it came late
    put("late.jsonl", [order(number) for number in range(300, 310)], 9_000)

    # the plan tells all of it
    plan = pipeline.plan(orders(tmp_path, checks=checks))
    (found,) = plan.tables
    assert (found.name, found.rows) == ("orders", 110)
    assert [(doubt.column, doubt.data_type) for doubt in plan.doubts] == [("price__v_text", "text")]
    failing = {check.check: check.failing for check in plan.failing_checks}
    assert failing == {"unique(id)": 6, "not_null(mail)": 100}
    assert plan.would_fail and len(plan.cursors) == 1

    # with checks readers never see it
    with pytest.raises(PipelineStepFailed, match="unique"):
        pipeline.run(orders(tmp_path, checks=checks))
    assert dict(pipeline.dataset().row_counts().fetchall()) == GOOD
    pipeline.abort_packages()

    # with a merge each key comes once; with quarantine good rows are there, and bad ones wait with reasons
    kept: Any = {
        "write_disposition": "merge",
        "primary_key": "id",
        "checks": [dlt.check.unique("id", scope="table")],
        "schema_contract": {"data_type": "quarantine"},
        "columns": {"mail": {"data_type": "text", "nullable": True}},
    }
    assert pipeline.plan(orders(tmp_path, **kept)).quarantined == {"orders": 1}
    info = pipeline.run(orders(tmp_path, **kept))
    (bad_load,) = info.loads_ids
    assert info.quarantined == {"orders": 1} and all(check.passed for check in info.checks)
    (waiting,) = pipeline.quarantine.rows()
    assert waiting.value == {"id": 150, "price": "free"} and waiting.refusal.path == "price"
    ids = {row[0] for row in pipeline.dataset().orders.select("id").fetchall()}
    assert ids == {*range(197), *range(300, 310)} - {150}
    assert pipeline.reconcile().is_equal

    # after a mend a replay brings it
    found = pipeline.quarantine.replay(schema_contract={"data_type": "evolve"})
    assert (found.loaded, found.stayed) == ({"orders": 1}, 0)
    assert pipeline.dataset().orders.select("id").fetchall().count((150,)) == 1
    assert len(pipeline.dataset().orders.select("id").fetchall()) == 207
    assert not pipeline.quarantine.rows() and pipeline.reconcile().is_equal
    assert bad_load in {load.load_id for load in pipeline.reconcile().tables}

    # nothing comes twice
    assert pipeline.run(orders(tmp_path, **kept)).loads_ids == []


def test_a_bad_load_that_nobody_foresaw_is_undone(pipeline: Any, put: Any, tmp_path: Path) -> None:
    """What it read comes again, without what was bad in it."""
    put("first.jsonl", [order(number) for number in range(100)], 5_000)
    pipeline.run(orders(tmp_path))
    put("second.jsonl", bad_day(), 1_000)
    (load_id,) = pipeline.run(orders(tmp_path)).loads_ids
    assert dict(pipeline.dataset().row_counts().fetchall()) == {"orders": 200}
    pipeline.undo(load_id)
    assert dict(pipeline.dataset().row_counts().fetchall()) == GOOD and pipeline.reconcile().is_equal
    put("second.jsonl", [order(number) for number in range(100, 200)], 900)
    pipeline.run(orders(tmp_path))
    ids = [row[0] for row in pipeline.dataset().orders.select("id").fetchall()]
    assert sorted(ids) == list(range(200)) and pipeline.reconcile().is_equal
