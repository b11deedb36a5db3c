"""Numbers of steps, as programs for PyPI `dlt` 1.x read them."""

from __future__ import annotations

import datetime as dt
import pickle

import pytest

from dlt.metrics import (
    EMPTY_DATA_WRITER_METRICS,
    DataWriterAndCustomMetrics,
    DataWriterMetrics,
    LoadJobMetrics,
    file_id,
    job_id,
    loaded,
    table_of,
    written,
)
from dlt.packages.manifest import Job, PackageFile

START, END = dt.datetime(2024, 1, 2, tzinfo=dt.timezone.utc), dt.datetime(2024, 1, 3, tzinfo=dt.timezone.utc)


def test_what_was_written_adds_up() -> None:
    """Over the time of both; files of different names have none together."""
    one, other = DataWriterMetrics("a", 1, 2, 3.0, 4.0), DataWriterMetrics("b", 10, 20, 1.0, 9.0)
    assert one + other == DataWriterMetrics("", 11, 22, 1.0, 9.0) and (one + one).file_path == "a"
    assert sum([one], EMPTY_DATA_WRITER_METRICS) == one._replace(file_path="")
    with pytest.raises(TypeError):
        _ = one + 5


def test_what_a_resource_says_comes_with_its_numbers() -> None:
    """Its lists beside the numbers, unless they have a name of these; a copy says it too."""
    made = DataWriterAndCustomMetrics("", 1, 2, 3.0, 4.0, {"pages": [1], "items_count": [5], "seen": 7})
    assert made.items_count == 1 and isinstance(made, DataWriterMetrics)
    numbers = {"file_path": "", "items_count": 1, "file_size": 2, "created": 3.0, "last_modified": 4.0}
    assert made._asdict() == {**numbers, "pages": [1], "custom_metrics": {"items_count": [5], "seen": 7}}
    copy = pickle.loads(pickle.dumps(made))
    assert copy == made and copy.custom_metrics == made.custom_metrics
    assert DataWriterAndCustomMetrics(*made)._asdict() == numbers


@pytest.mark.parametrize("table", ["orders", "orders__lines", "with.dot"])
@pytest.mark.parametrize("kind", ["arrow", "jsonl.gz"])
def test_a_job_tells_its_table(table: str, kind: str) -> None:
    """Whatever letters it has."""
    assert table_of(job_id(f"{table}.00001.{kind}", table, kind)) == table


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
    assert job == DataWriterMetrics("/folder/a.2.arrow", 4, 50, START.timestamp(), END.timestamp())
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
    assert isinstance(failed, LoadJobMetrics)
    assert (failed.state, failed.failed_message, failed.items_count) == ("failed", "it broke", 4)
    assert (failed.started_at, failed.finished_at, failed.retry_count, failed.remote_url) == (START, END, 0, None)
    assert (tables["a"].items_count, tables["a"].file_size) == (3, 100)
    assert (tables["b"].items_count, tables["b"].file_size) == (0, 0)
    assert failed.job_id == "a.2.arrow" and failed.file_path == "/folder/a.2.arrow"
