"""Numbers of steps, as programs for PyPI `dlt` 1.x read them."""

from __future__ import annotations

import datetime as dt

import pytest

from dlt.metrics import Metrics, file_id, job_id, loaded, written
from dlt.packages.manifest import Job, PackageFile

START, END = dt.datetime(2024, 1, 2, tzinfo=dt.timezone.utc), dt.datetime(2024, 1, 3, tzinfo=dt.timezone.utc)


def test_keys_are_attributes_as_well() -> None:
    """One that is not there is named with those that are."""
    found = Metrics(items_count=3, file_size=None)
    assert found.items_count == found["items_count"] == 3 and found.file_size is None
    with pytest.raises(AttributeError, match="no 'rows'; they have items_count, file_size"):
        _ = found.rows
    assert getattr(found, "rows", 5) == 5 and not hasattr(found, "rows")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("orders.00001.arrow", "00001"),
        ("000001.orders.arrow", "000001"),
        ("orders.arrow", "orders"),
        ("p0000.orders.00001.arrow", "00001"),
        ("x", "x"),
    ],
)
def test_a_file_is_told_from_others_of_its_table(name: str, expected: str) -> None:
    """By its number."""
    assert file_id(name) == expected
    assert job_id(name, "orders", "arrow") == f"orders.{expected}.arrow"
    assert job_id(name, "orders", "") == f"orders.{expected}"


def test_files_that_were_written_are_counted_by_job_and_table() -> None:
    """A table without files has its rows all the same."""
    files = [PackageFile("a.1.arrow", "a", "arrow", 3, 100), PackageFile("a.2.arrow", "a", "arrow", 4, 50)]
    found = written("/folder", files, {"a": 7, "b": 0}, START, END)
    assert list(found["job_metrics"]) == ["a.1.arrow", "a.2.arrow"]
    job, tables = found["job_metrics"]["a.2.arrow"], found["table_metrics"]
    assert (job.file_path, job.table_name, job.items_count, job.file_size) == ("/folder/a.2.arrow", "a", 4, 50)
    assert (job.created, job.last_modified) == (START.timestamp(), END.timestamp())
    assert (tables["a"].items_count, tables["a"].file_size) == (7, 150)
    assert (tables["b"].items_count, tables["b"].file_size, tables["b"].created) == (0, 0, START.timestamp())


def test_files_that_were_loaded_are_counted_where_they_are_complete() -> None:
    """A failed one says why."""
    jobs = [
        Job("a", "a.1.arrow", "arrow", 3, 100, "completed", START, END),
        Job("a", "a.2.arrow", "arrow", 4, 50, "failed", START, END, "it broke"),
        Job("b", "b.1.arrow", "arrow", 5, 10, "new"),
    ]
    found = loaded("/folder", jobs)
    failed, tables = found["job_metrics"]["a.2.arrow"], found["table_metrics"]
    assert (failed.state, failed.failed_message, failed.items_count) == ("failed", "it broke", 4)
    assert (failed.started_at, failed.finished_at, failed.retry_count, failed.remote_url) == (START, END, 0, None)
    assert (tables["a"].items_count, tables["a"].file_size) == (3, 100)
    assert (tables["b"].items_count, tables["b"].file_size) == (0, 0)
    assert failed.job_id == "a.2.arrow" and failed.file_path == "/folder/a.2.arrow"
