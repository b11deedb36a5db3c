"""Checks of data in loads that run as tasks: the load of a try fails for good, and a fan-out is checked as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

import dlt
from dlt import check
from dlt.errors import ChecksFailed, PipelineStepFailed, StepImpossibleElsewhere
from dlt.tasks import LoadReport, Spec, StepContext, extract_step, is_terminal, load_step, normalize_step
from dlt.tasks.checked import failed_checks
from dlt.tasks.elsewhere import made_of
from dlt.tasks.request import failed as answer_of_failed

PROGRAM = str(Path(__file__).resolve())


def make_pipeline(url: str) -> Any:
    """Return the pipeline of the tasks."""
    return dlt.pipeline("checked", destination=dlt.destinations.duckdb(url), dataset_name="data")


@dlt.source(name="shop")
def shop(ids: Any) -> Any:
    """Give two resources that fill one table, whose checks look at the rows of both."""
    checks = [check.unique("id"), check.row_count(min=1, severity="warn"), check.between("id", 0, 99)]

    def part(name: str, numbers: list[int]) -> Any:
        return dlt.resource([{"id": number} for number in numbers], name=name, table_name="orders", checks=checks)

    return [part(name, numbers) for name, numbers in ids.items()]


@pytest.fixture
def spec(own_folder: Path) -> Any:
    """Return a function that gives the spec for some ids."""

    def make(**ids: list[int]) -> Spec:
        url = str(own_folder / "tasks.duckdb")
        return Spec(
            source=f"{PROGRAM}:shop",
            pipeline=f"{PROGRAM}:make_pipeline",
            pipeline_args={"url": url},
            source_args={"ids": ids},
            work_dir=str(own_folder / "work"),
        )

    return make


def run(what: Spec, run_id: str) -> LoadReport:
    """Run the steps, a part for each resource."""
    parts = [(what.part([name]), StepContext(run_id, name)) for name in what.source_args["ids"]]
    return load_step([normalize_step(extract_step(part, context)) for part, context in parts])


def counts(folder: Path) -> list[tuple[Any, ...]]:
    """Return what the tables hold."""
    with duckdb.connect(str(folder / "tasks.duckdb")) as connection:
        query = "SELECT (SELECT count(*) FROM data.orders), (SELECT count(*) FROM data._dlt_checks)"
        return connection.execute(query).fetchall()


def test_a_load_task_checks_its_rows(spec: Any, own_folder: Path) -> None:
    """The report has what came of the checks; a later run that fails is not worth a retry, and leaves nothing."""
    report = run(spec(a=[1, 2], b=[3]), "monday")
    assert [(done["check"], done["passed"], done["checked"]) for done in report.info["checks"]] == [
        ("unique(id)", True, 3),
        ("row_count(at least 1)", True, 3),
        ("between(id: 0 to 99)", True, 3),
    ]
    assert "3 of 3 checks of its data passed" in report.text
    assert counts(own_folder) == [(3, 3)]
    with pytest.raises(PipelineStepFailed, match=r"check unique\(id\): 2 of 4 rows") as failed:
        run(spec(a=[4, 5], b=[5, 6]), "tuesday")
    assert isinstance(failed.value.__cause__, ChecksFailed) and is_terminal(failed.value)
    assert "run this task again once the cause is mended, or the extract task" in str(failed.value)
    assert counts(own_folder) == [(3, 3)]
    # whoever let the step run in another environment shows the same
    results = failed_checks(failed.value)
    assert [check["passed"] for check in results] == [False, True, True]
    with pytest.raises(StepImpossibleElsewhere, match=r"check unique\(id\): 2 of 4 rows") as elsewhere:
        made_of(orjson.dumps(answer_of_failed(failed.value)), "load", 1)
    assert failed_checks(elsewhere.value) == results
