"""The trace of a run, as it is stored and read again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

import dlt
from dlt.clock import utc_now
from dlt.pipeline.stored_info import restored
from dlt.pipeline.trace import MOST_ERRORS, end_step, restore_trace, start_trace, stored_trace


def error_with(causes: int) -> Exception:
    """Return an error with so many causes."""
    error: Exception = ValueError("cause 0")
    for number in range(causes):
        outer = RuntimeError(f"cause {number + 1}")
        outer.__cause__ = error
        error = outer
    return error


@pytest.mark.parametrize(("causes", "kept"), [(0, 1), (3, 4), (100, MOST_ERRORS)])
def test_a_trace_holds_the_causes_of_an_error(causes: int, kept: int) -> None:
    """The newest ones first, and not without end."""
    trace = end_step(start_trace("shop"), "load", utc_now(), None, error_with(causes))
    (step,) = trace.steps
    assert step.step_exception == f"{'RuntimeError' if causes else 'ValueError'}: cause {causes}"
    assert len(step.exception_traces or []) == kept


def test_errors_that_are_causes_of_each_other_end() -> None:
    """Each is there once."""
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    (step,) = end_step(start_trace("shop"), "load", utc_now(), None, one).steps
    assert [entry["message"] for entry in step.exception_traces or []] == ["one", "other"]


def in_memory() -> Any:
    """Return a destination that leaves no file."""
    return dlt.destinations.duckdb(duckdb.connect(":memory:"))


def test_a_trace_is_read_as_it_was_stored(tmp_path: Path) -> None:
    """Steps, times, infos and rows are the same after they were JSON."""
    pipeline = dlt.pipeline("shop", destination=in_memory(), pipelines_dir=str(tmp_path))
    pipeline.run([{"id": 1, "tags": ["a", "b"]}], table_name="items")
    trace: Any = pipeline.last_trace
    stored = json.loads(json.dumps(stored_trace(trace), default=str))
    found = restore_trace(stored)
    assert [step.step for step in found.steps] == [step.step for step in trace.steps]
    assert (found.transaction_id, found.started_at, found.finished_at) == (
        trace.transaction_id,
        trace.started_at,
        trace.finished_at,
    )
    assert json.loads(json.dumps(stored_trace(found), default=str)) == stored


def test_a_run_that_is_a_step_is_not_told_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where 1.x has a step for the whole of it, a table of steps has no second row of what load did; an error stays."""
    monkeypatch.setenv("COMPAT__DLT1", "true")
    pipeline = dlt.pipeline("shop", destination=in_memory(), pipelines_dir=str(tmp_path))
    pipeline.run([1], table_name="items")
    trace: Any = pipeline.last_trace
    assert [step.step for step in trace.steps] == ["extract", "normalize", "load", "run"]
    assert [step["step"] for step in trace.asdict()["steps"]] == ["extract", "normalize", "load"]
    failed = end_step(start_trace("shop"), "run", utc_now(), None, ValueError("no"))
    assert [step["step_exception"] for step in failed.asdict()["steps"]] == ["ValueError: no"]


def test_an_info_of_another_version_is_shown_as_it_is() -> None:
    """Its fields are attributes, and one that it has not is an error with those that it has."""
    found = restored("load", {"pipeline": "shop", "table_metrics": [{"table_name": "items", "items_count": 3}]})
    assert found.pipeline == "shop" and found.asdict()["pipeline"] == "shop"
    assert str(found) == "- items: 3 row(s)" and found.asstr(1).startswith("pipeline: shop")
    with pytest.raises(AttributeError, match="has no 'jobs'; it has pipeline, table_metrics"):
        _ = found.jobs
