"""The destination that keeps nothing fails as it is told, so that programs can try what they do then."""

from __future__ import annotations

from typing import Any

import pytest

import dlt
from dlt.destinations.exceptions import DestinationTerminalException, DestinationTransientException
from dlt.errors import PipelineStepFailed, SchemaUpdateTerminalError
from dlt.load.exceptions import LoadClientJobException, LoadClientJobFailed, LoadClientJobTerminalRetry


@pytest.fixture(autouse=True)
def raising(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let failed jobs raise."""
    monkeypatch.setenv("LOAD__RAISE_ON_FAILED_JOBS", "true")


def run(**settings: Any) -> Any:
    """Run a pipeline of one row."""
    pipeline = dlt.pipeline("tried", destination=dlt.destinations.dummy(**settings))
    return pipeline.run([1], table_name="t")


@pytest.mark.parametrize("settings", [{"fail_prob": 1.0}, {"completed_prob": 0.0}, {"fail_terminally_in_init": True}])
def test_a_job_that_fails_for_good_is_the_cause_of_the_failed_step(settings: dict[str, Any]) -> None:
    """The error says which job of which package, and is one of a destination too."""
    with pytest.raises(PipelineStepFailed) as failed:
        run(**settings)
    error = failed.value.exception
    assert isinstance(error, (LoadClientJobFailed, LoadClientJobTerminalRetry))
    assert isinstance(error, LoadClientJobException) and isinstance(error, DestinationTerminalException)
    assert error.load_id == failed.value.load_id == failed.value.step_info.loads_ids[0]
    (job,) = failed.value.pipeline.list_failed_jobs_in_package(error.load_id)
    assert error.job_id == job.job_file_info.job_id() and error.failed_message == job.failed_message
    assert failed.value.attrs()["step"] == "load" and error.attrs()["job_id"] == error.job_id


@pytest.mark.parametrize("settings", [{"retry_prob": 1.0}, {"exception_prob": 1.0}, {"fail_transiently_in_init": True}])
def test_what_may_pass_keeps_the_package(settings: dict[str, Any]) -> None:
    """The next load takes it."""
    with pytest.raises(PipelineStepFailed) as failed:
        run(**settings)
    assert isinstance(failed.value.exception, DestinationTransientException) and failed.value.has_pending_data
    pipeline = dlt.pipeline("tried", destination=dlt.destinations.dummy(completed_prob=1.0, timeout=0.1))
    assert len(pipeline.run().loads_ids) == 1 and not pipeline.has_pending_data


def test_making_tables_may_fail() -> None:
    """For good, or in a way that may pass."""
    with pytest.raises(PipelineStepFailed) as failed:
        run(fail_schema_update=True)
    assert isinstance(failed.value.exception, SchemaUpdateTerminalError)
    with pytest.raises(PipelineStepFailed) as failed:
        run(fail_schema_update_transiently=True)
    assert isinstance(failed.value.exception, DestinationTransientException)


def test_only_named_tables_fail() -> None:
    """Others are taken."""
    assert not run(fail_prob=1.0, fail_table_names=["other"]).has_failed_jobs


def test_files_are_of_the_format_that_it_takes() -> None:
    """As a destination that prefers one."""
    (job,) = run(loader_file_format="jsonl").load_packages[0].jobs["completed_jobs"]
    assert job.job_file_info.file_format == "jsonl"
    assert job.job_file_info.parse(job.job_file_info.file_name()) == job.job_file_info
    assert job.job_file_info.with_retry().job_id() == str(job.job_file_info) == job.job_file_info.job_id()


@pytest.mark.parametrize("name", ["LOAD__RAISE_ON_FAILED_JOBS", "RAISE_ON_FAILED_JOBS"])
def test_whether_failed_jobs_raise_is_read_when_the_load_is_done(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """So a program may set it after it made the pipeline."""
    monkeypatch.delenv("LOAD__RAISE_ON_FAILED_JOBS")
    pipeline = dlt.pipeline("tried", destination=dlt.destinations.dummy(fail_prob=1.0))
    assert pipeline.run([1], table_name="t").has_failed_jobs
    pipeline.drop_pending_packages()
    monkeypatch.setenv(name, "true")
    with pytest.raises(PipelineStepFailed):
        pipeline.run([1], table_name="t")
    assert pipeline.load(raise_on_failed_jobs=False).has_failed_jobs
