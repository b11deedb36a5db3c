"""`dlt pipeline NAME load-package`: one package, its jobs, and what of it is at the destination."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import dlt
from dlt.cli import main
from dlt.errors import DestinationTerminalException

Command = Callable[..., tuple[int, str, str]]

pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function that runs `dlt pipeline shop load-package`; it returns code, stdout and stderr."""

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["pipeline", "shop", "load-package", *words])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


@dlt.source(name="crm")
def crm() -> Any:
    """Return people with their phones."""
    return dlt.resource([{"id": 1, "phones": ["1", "2"]}, {"id": 2}], name="people")


@pytest.fixture
def pipeline() -> Any:
    """Return a pipeline `shop` with two schemas, one load each."""
    made = dlt.pipeline("shop", destination="duckdb")
    made.run([{"id": n} for n in range(3)], table_name="orders")
    made.run(crm())
    return made


def test_rows_of_a_load_are_counted_at_the_destination(pipeline: Any, command: Command) -> None:
    """In the dataset of its schema; for people and for programs."""
    first, second = pipeline.list_completed_load_packages()
    code, out, _ = command(first, "row-counts")
    assert code == 0 and f"Row counts for load {first} in dataset shop:" in out and "Package is COMPLETED" in out
    assert "  orders: 3 (write disposition: append)" in out and "total: 3 rows across 1 tables" in out
    found = json.loads(command(second, "row-counts", "--json")[1])
    assert found["rows"] == {"people": 2} and found["dataset_name"] == "shop_crm" and found["completed_at"]
    pipeline.run([{"id": 9}], table_name="orders")
    assert "orders: 1 (" in command(pipeline.list_completed_load_packages()[-1], "row-counts")[1]


def test_rows_are_counted_where_the_package_is_gone(pipeline: Any, command: Command) -> None:
    """Another machine loaded it, or its files went: the destination knows."""
    second = pipeline.list_completed_load_packages()[1]
    pipeline.drop()
    assert main(["pipeline", "shop", "sync", "--destination", "duckdb"]) == 0
    code, out, _ = command(second, "row-counts")
    assert code == 0 and "in dataset shop_crm" in out and "  people: 2 (" in out
    code, _, err = command("123", "row-counts")
    assert code == 1 and "no dataset of it has a load of that id" in err and err.count("\n") == 1


def test_a_package_that_waits_has_no_rows_there(pipeline: Any, command: Command) -> None:
    """It is told as not complete; nothing is loaded by the question."""
    load_id = pipeline.extract([{"id": 4}], table_name="orders").loads_ids[0]
    code, out, _ = command(load_id, "row-counts")
    assert code == 0 and "Package is NOT COMPLETED at the destination" in out and "orders: 0 (" in out
    assert pipeline.list_extracted_load_packages() == [load_id]


def test_jobs_are_chosen_by_a_part_of_their_names(pipeline: Any, command: Command) -> None:
    """With their files and what failed; a part that no name has is an error that lists the names."""
    load_id = pipeline.list_completed_load_packages()[1]
    code, out, _ = command(load_id, "job", "phones")
    assert code == 0 and "Job people__phones." in out and "(table: people__phones)" in out
    assert out.count("Job ") == 1 and "no exception messages recorded" in out
    assert {job["table_name"] for job in json.loads(command(load_id, "job", "--json")[1])} == {
        "people",
        "people__phones",
    }
    code, _, err = command(load_id, "job", "orders")
    assert code == 1 and "no job of package" in err and "people__phones." in err


def test_a_failed_job_tells_why(command: Command) -> None:
    """The words of the destination."""

    @dlt.destination
    def sink(items: Any, table: Any) -> None:
        raise DestinationTerminalException("never again")

    info = dlt.pipeline("shop", destination=sink).run([{"id": 1}], table_name="bad")
    code, out, _ = command(info.loads_ids[0], "job", "bad")
    assert code == 0 and "state: failed_jobs" in out and "never again" in out


def test_a_package_is_aborted(pipeline: Any, command: Command) -> None:
    """With a question, and with the ones that build on it; older ones stay, and what is loaded is an error."""
    first, second = [pipeline.extract([{"id": n}], table_name="orders").loads_ids[0] for n in (4, 5)]
    code, _, err = command(second, "abort")
    assert code == 1 and second in err and "--yes" in err
    assert command(second, "abort", "--yes")[0] == 0 and pipeline.list_extracted_load_packages() == [first]
    loaded = pipeline.list_completed_load_packages()[0]
    code, _, err = command(loaded, "abort", "--yes")
    assert code == 1 and f"no package {loaded} waits" in err
