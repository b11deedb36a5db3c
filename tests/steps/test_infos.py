"""Infos, packages and jobs, as alert loops and tables of loads read them."""

from __future__ import annotations

import json
import pickle
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pendulum
import pytest
import yaml

import dlt
from dlt.errors import (
    DestinationHasFailedJobs,
    DestinationTerminalException,
    NotOffered,
    PipelineConfigMissing,
    PipelineStepFailed,
    ValueErrorWithKnownValues,
)
from dlt.info import JOB_STATES
from dlt.metrics import DataWriterMetrics, LoadJobMetrics, table_of
from dlt.pipeline.stored_info import restored


@pytest.fixture
def failing() -> Any:
    """Return a pipeline whose destination refuses the table `bad` for good."""

    @dlt.destination
    def sink(items: Any, table: Any) -> None:
        if table["name"] == "bad":
            raise DestinationTerminalException("never again")

    return dlt.pipeline("failing", destination=sink)


def test_every_package_has_jobs_of_all_states(pipeline: Any) -> None:
    """A loop over the failed jobs of a good load ends without an error, after every step and for stored packages."""
    pipeline.run([{"id": 1, "l": [1, 2]}], table_name="items")
    trace = pipeline.last_trace
    pipeline.extract([{"id": 2}], table_name="items")
    stored = pipeline.list_extracted_load_packages() + pipeline.list_completed_load_packages()
    infos = [trace.last_extract_info, trace.last_normalize_info, trace.last_load_info]
    packages = [package for info in infos for package in info.load_packages]
    packages += [pipeline.get_load_package_info(load_id) for load_id in stored]
    for package in packages:
        assert tuple(package.jobs) == JOB_STATES and package.jobs["failed_jobs"] == []
    assert [len(package.jobs["new_jobs"]) for package in packages] == [1, 2, 0, 1, 0]
    assert [len(package.jobs["completed_jobs"]) for package in packages] == [0, 0, 2, 0, 2]
    job = packages[2].jobs["completed_jobs"][0]
    assert (job.state, job.job_file_info.table_name, job.failed_message) == ("completed_jobs", "items", None)
    assert job.elapsed >= 0 and job.file_size > 0 and job.file_path.startswith(packages[2].package_path)
    assert job.job_file_info.job_id() in str(job) and "items" in packages[2].asstr(1)


def test_failed_jobs_are_told_apart(failing: Any) -> None:
    """The failed job is in its group with its words; the others wait."""
    info = failing.run([dlt.resource([{"id": 1}], name="good"), dlt.resource([{"id": 1}], name="bad")])
    (package,) = info.load_packages
    (job,) = package.jobs["failed_jobs"]
    assert info.has_failed_jobs and job.state == "failed_jobs" and "never again" in str(job.failed_message)
    assert [waiting.job_file_info.table_name for waiting in package.jobs["new_jobs"]] == ["good"]
    assert "0 load package(s) were loaded" in str(info) and "is NOT LOADED" in str(info)
    assert "never again" in str(info) and failing.list_failed_jobs_in_package(package.load_id) == [job]
    with pytest.raises(DestinationHasFailedJobs, match=r"never again.*dlt pipeline failing run-pending"):
        info.raise_on_failed_jobs()
    assert package.schema_update == {}, "what a failed load added was taken back"
    assert {found["state"] for found in info.asdict()["load_packages"][0]["jobs"]} == {"failed_jobs", "new_jobs"}


def test_new_columns_are_rows_that_can_be_loaded(pipeline: Any) -> None:
    """Schema updates go into an alert, and into a table, with the type of each column."""
    pipeline.run([{"id": 1}], table_name="items")
    info = pipeline.run([{"id": 2, "price": 1.5}], table_name="items")
    (package,) = info.load_packages
    alerts = [
        (table_name, column_name, column["data_type"])
        for table_name, table in package.schema_update.items()
        for column_name, column in table["columns"].items()
    ]
    assert alerts == [("items", "price", "double")]
    updates = [package.asdict()["tables"] for package in info.load_packages]
    pipeline.run(updates, table_name="_new_tables")
    rows = pipeline.dataset().table("_new_tables__columns").select("name", "data_type", "table_name", "load_id")
    assert rows.fetchall() == [("price", "double", "items", package.load_id)]
    pipeline.run([info], table_name="_load_info")
    jobs = pipeline.dataset().table("_load_info__load_packages__jobs").select("state", "table_name").fetchall()
    assert jobs == [("completed_jobs", "items")]


def test_moments_are_datetimes_in_utc(pipeline: Any) -> None:
    """Of infos, traces, their steps and packages, of this process and as they are stored."""
    info = pipeline.run([{"id": 1}], table_name="items")
    for trace in (pipeline.last_trace, dlt.attach("spec").last_trace):
        moments = [trace.started_at, trace.finished_at, *(step.started_at for step in trace.steps)]
        moments += [info.started_at, info.finished_at, info.load_packages[0].completed_at]
        assert {(type(moment), moment.utcoffset()) for moment in moments} == {(datetime, timedelta(0))}
        assert pendulum.instance(trace.started_at).in_timezone("Europe/Berlin") == trace.started_at


def test_metrics_are_tuples_as_in_1x(pipeline: Any) -> None:
    """Rows and bytes by job and by table, in every step, after a restart and a pickle."""
    pipeline.run([{"id": 1, "l": [1, 2]}], table_name="items")
    trace = pickle.loads(pickle.dumps(pipeline.last_trace._replace(steps=[])))
    assert trace.pipeline_name == "spec"
    for info, tables in (
        (pipeline.last_trace.last_extract_info, {"items": 1}),
        (pipeline.last_trace.last_normalize_info, {"items": 1, "items__l": 2}),
        (pipeline.last_trace.last_load_info, {"items": 1, "items__l": 2}),
    ):
        ((entry,),) = info.metrics.values()
        assert {name: values.items_count for name, values in entry["table_metrics"].items()} == tables
        assert {table_of(name): values.items_count for name, values in entry["job_metrics"].items()} == tables
        assert all(values.file_size > 0 for values in entry["job_metrics"].values())
        assert pickle.loads(pickle.dumps(entry)) == entry
        flat = json.loads(json.dumps(info.asdict()))
        assert {job["job_id"] for job in flat["job_metrics"]} == set(entry["job_metrics"])
        assert {job["table_name"] for job in flat["job_metrics"]} == set(tables)
        kinds = {type(values) for values in entry["job_metrics"].values()}
        assert kinds == {LoadJobMetrics if "dataset_name" in entry else DataWriterMetrics}
        assert {type(values) for values in entry["table_metrics"].values()} == {DataWriterMetrics}


def test_the_first_run_is_told_by_all_steps(tmp_path: Path) -> None:
    """The infos of the first load say so, also where packages of an earlier extract are finished by it."""
    pipeline = dlt.pipeline("first", destination=dlt.destinations.duckdb(str(tmp_path / "x.duckdb")))
    info = pipeline.run([{"id": 1}], table_name="items")
    trace = pipeline.last_trace
    told = [trace.last_extract_info, trace.last_normalize_info, trace.last_load_info, info]
    assert [each.first_run for each in told] == [True] * 4 and not pipeline.first_run
    assert not pipeline.run([{"id": 2}], table_name="items").first_run
    waiting = dlt.pipeline("second", destination=dlt.destinations.duckdb(str(tmp_path / "x.duckdb")))
    waiting.extract([{"id": 1}], table_name="items")
    info = waiting.run([{"id": 2}], table_name="items")
    assert len(info.loads_ids) == 2 and info.first_run
    assert not waiting.run([{"id": 3}], table_name="items").first_run


def test_a_load_tells_where_it_went(tmp_path: Path) -> None:
    """The info names the destination with its environment and fingerprint, and no staging where there is none."""
    destination = dlt.destinations.duckdb(str(tmp_path / "x.duckdb"), destination_name="store", environment="prod")
    info = dlt.pipeline("told", destination=destination).run([{"id": 1}], table_name="items")
    assert (info.destination_type, info.destination_name, info.environment) == (
        "dlt.destinations.duckdb",
        "store",
        "prod",
    )
    assert info.destination_fingerprint == destination.fingerprint() != ""
    assert (info.staging_type, info.staging_name, info.staging_displayable_credentials) == (None, None, None)


def test_a_load_is_printed_with_its_tables(pipeline: Any) -> None:
    """Whoever prints the info sees rows, duration and new columns of each table; system tables are left out."""
    info = pipeline.run([{"id": 1, "tags": [1, 2], "x": {"y": 1}}], table_name="users")
    *_, package, heading, users, tags = str(info).splitlines()
    assert "is LOADED and contains no failed jobs" in package
    assert heading.split() == ["table", "rows", "duration", "new", "columns"]
    assert (users.split()[:2], users.split()[-2:]) == (["users", "1"], ["id,", "x__y"])
    assert (tags.split()[:2], tags.split()[-1]) == (["users__tags", "2"], "value")
    *_, users, _ = str(pipeline.run([{"id": 2, "tags": [1]}], table_name="users")).splitlines()
    assert users.split()[:2] == ["users", "1"] and users.endswith(" s")


def test_infos_of_a_stored_trace_are_whole(pipeline: Any, failing: Any) -> None:
    """A program that attaches later reads packages, jobs and rows as the one that ran, and prints the same."""
    info = pipeline.run([{"id": 1, "l": [1, 2]}], table_name="items")
    made = pipeline.last_trace
    options = {"pipelines_dir": pipeline.pipelines_dir}
    trace = dlt.attach(pipeline.pipeline_name, **options).last_trace
    stored = trace.last_load_info
    assert type(stored) is type(info) and str(stored) == str(info) and stored.asdict() == info.asdict()
    assert (stored.started_at, stored.loads_ids, stored.first_run) == (info.started_at, info.loads_ids, True)
    assert [job.job_file_info.table_name for job in stored.load_packages[0].jobs["completed_jobs"]] == [
        "items",
        "items__l",
    ]
    assert trace.last_normalize_info.row_counts == made.last_normalize_info.row_counts == {"items": 1, "items__l": 2}
    assert trace.last_extract_info.asdict() == made.last_extract_info.asdict()
    assert str(trace) == str(made)
    failed = failing.run([dlt.resource([{"id": 1}], name="bad")])
    kept = dlt.attach("failing", pipelines_dir=failing.pipelines_dir).last_trace.last_load_info
    assert kept.has_failed_jobs and str(kept) == str(failed)
    with pytest.raises(DestinationHasFailedJobs, match="never again"):
        kept.raise_on_failed_jobs()


def test_an_info_of_another_version_is_a_dict_with_attributes() -> None:
    """A trace that another version stored is still shown."""
    stored = restored("load", {"table_metrics": [{"table_name": "t", "items_count": 3}]})
    assert str(stored) == "- t: 3 row(s)" and stored.table_metrics and stored.asdict()
    with pytest.raises(AttributeError, match="has no 'loads_ids'"):
        stored.loads_ids  # noqa: B018  # the attribute is what is tested


def test_a_run_that_ends_before_its_first_step_is_told_as_failed(tmp_path: Path) -> None:
    """The trace of a run whose destination cannot be asked shows the error, and no run that is complete."""
    made = dlt.pipeline("early", destination=dlt.destinations.duckdb(str(tmp_path / "nowhere" / "x.duckdb")))
    with pytest.raises(PipelineStepFailed, match="at step sync"):
        made.run([{"id": 1}], table_name="items")
    (step,) = made.last_trace.steps
    assert step.step == "sync" and "cannot be opened" in step.step_exception and "FAILED" in str(made.last_trace)
    with pytest.raises(PipelineConfigMissing):
        dlt.pipeline("nowhere").run([{"id": 1}], table_name="items")
    made = dlt.pipeline("complete", destination=dlt.destinations.duckdb(str(tmp_path / "x.duckdb")))
    made.run([{"id": 1}], table_name="items")
    assert [found.step for found in made.last_trace.steps] == ["extract", "normalize", "load"]


def test_what_a_resource_says_of_itself_is_in_the_info(pipeline: Any) -> None:
    """By resource, also of one without rows; it may be anything, and the trace keeps it."""

    def count_pages(items: Any, meta: Any, metrics: Any) -> None:
        del items, meta
        metrics["pages"] = metrics.get("pages", 0) + 1

    @dlt.resource
    def shops() -> Any:
        dlt.current.resource_metrics()["countries"] = {"fr"}
        yield [{"id": 1}]
        yield [{"id": 2}]

    @dlt.resource
    def parts() -> Any:
        yield from ()

    info = pipeline.run([shops.add_metrics(count_pages), parts])
    told = pipeline.last_trace.last_extract_info.metrics[info.loads_ids[0]][0]["resource_metrics"]
    assert told["shops"].custom_metrics == {"countries": {"fr"}, "pages": 2} and told["shops"].items_count == 2
    assert told["parts"].custom_metrics == {} and told["parts"].items_count == 0
    assert dlt.attach("spec").last_trace is not None


def test_steps_that_are_called_one_by_one_are_one_trace() -> None:
    """Up to the next extract, the next run, or a new try; a sync in between ends nothing."""
    pipeline = dlt.pipeline("single", destination="duckdb", dataset_name="data")

    def steps() -> list[str]:
        return [step.step for step in pipeline.last_trace.steps]

    pipeline.extract([1], table_name="t")
    pipeline.normalize()
    loaded = pipeline.load()
    pipeline.sync_destination()
    trace = pipeline.last_trace
    assert steps() == ["extract", "normalize", "load", "sync"]
    assert trace.last_extract_info.loads_ids == trace.last_normalize_info.loads_ids == loaded.loads_ids
    assert trace.last_load_info is loaded
    assert [step.step for step in dlt.attach("single").last_trace.steps] == steps()
    pipeline.extract([2], table_name="t")
    pipeline.extract([3], table_name="t")
    assert steps() == ["extract", "extract"] and pipeline.last_trace.transaction_id != trace.transaction_id
    pipeline.run()
    assert steps() == ["normalize", "load"]
    # of another process only the trace is known, and nothing is added to it
    other = dlt.attach("single")
    assert len(other.last_trace.steps) == 2
    other.normalize()
    assert [step.step for step in other.last_trace.steps] == ["normalize"]


def test_a_run_whose_trace_is_not_wanted_leaves_none(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`enable_runtime_trace` false: the trace that is there is that of an earlier run, also after steps one by one."""
    monkeypatch.setenv("ENABLE_RUNTIME_TRACE", "false")
    silent = dlt.pipeline("silent", destination=pipeline.destination, dataset_name="data")
    assert silent.config.enable_runtime_trace is False
    assert silent.run([1], table_name="rows").loads_ids and silent.last_trace is None
    silent.extract([2], table_name="rows")
    silent.normalize()
    assert silent.load().loads_ids and silent.last_trace is None and dlt.attach("silent").last_trace is None


def test_a_trace_is_loaded_into_the_tables_that_programs_read(pipeline: Any) -> None:
    """What all infos share stands in `step_info`, the rest in the info of the step: also of a trace that was kept."""
    pipeline.run([{"a": 1, "parts": [1, 2]}], table_name="rows")
    for name, trace in (("_trace", pipeline.last_trace), ("_kept", dlt.attach(pipeline.pipeline_name).last_trace)):
        extract, normalize, load = trace.asdict()["steps"]
        assert {"pipeline", "loads_ids", "load_packages", "first_run", "started_at", "finished_at"} == set(
            load["step_info"]
        )
        assert {"job_metrics", "table_metrics", "resource_metrics"} < set(extract["extract_info"])
        assert {"job_metrics", "table_metrics"} == set(normalize["normalize_info"])
        assert load["load_info"]["dataset_name"] == "data" and "load_info" not in extract
        other = dlt.pipeline("monitoring", destination=pipeline.destination, dataset_name=name)
        other.run([trace], table_name=name)
        rows = (
            other.dataset()[f"{name}__steps__extract_info__table_metrics"]
            .select("table_name", "items_count")
            .fetchall()
        )
        assert ("rows", 1) in rows
        assert other.dataset()[f"{name}__steps__load_info__job_metrics"].fetchall()
        context = trace.asdict()["execution_context"]
        assert context["library"]["name"] == "dlt-tasks" and context["os"]["name"]


def test_metrics_of_resources_come_with_the_infos(pipeline: Any) -> None:
    """Their rows, and what resources say of themselves, as rows of a table; also of a trace that was kept."""

    @dlt.resource
    def rows() -> Any:
        yield {"a": 1}

    made = rows().add_metrics(lambda items, meta, metrics: metrics.update(seen=7))
    info = pipeline.extract(made)
    (found,) = info.asdict()["resource_metrics"]
    assert (found["resource_name"], found["items_count"], found["custom_metrics"]) == ("rows", 1, {"seen": 7})
    kept = dlt.attach(pipeline.pipeline_name).last_trace.last_extract_info
    (metrics,) = kept.metrics[info.loads_ids[0]]
    assert metrics["resource_metrics"]["rows"].custom_metrics == {"seen": 7}
    assert metrics["table_metrics"]["rows"]._asdict()["items_count"] == 1


def test_an_extract_tells_which_resource_takes_items_of_which(pipeline: Any) -> None:
    """With the hints of each, and load where each was loaded; all of it is a table of a trace, also of a kept one."""

    @dlt.resource(primary_key="id", write_disposition="merge", columns={"name": {"data_type": "text"}})
    def users(at: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
        yield {"id": 1, "name": "a", "tags": [1, 2]}

    @dlt.transformer(data_from=users, table_name=lambda row: row["kind"])
    def events(user: Any) -> Any:
        yield {"kind": "logins", "user": user["id"]}

    pipeline.run([users, events])
    for trace in (pipeline.last_trace, dlt.attach(pipeline.pipeline_name).last_trace):
        ((extracted,),) = trace.last_extract_info.metrics.values()
        ((loaded,),) = trace.last_load_info.metrics.values()
        assert extracted["dag"] == [("users", "users"), ("users", "events")]
        assert extracted["hints"]["events"] == {"write_disposition": "append", "table_name": "<lambda>"}
        told = extracted["hints"]["users"]
        assert (told["primary_key"], told["write_disposition"]) == ("id", "merge")
        assert yaml.safe_load(told["columns"])["name"]["data_type"] == "text"
        assert (told["incremental"]["cursor_path"], told["incremental"]["initial_value"]) == ("id", 0)
        outputs = {place["resource_name"]: place for place in loaded["outputs"]}
        assert {name: place["tables"] for name, place in outputs.items()} == {
            "events": ["logins"],
            "users": ["users", "users__tags"],
        }
        assert outputs["users"]["dataset_name"] == outputs["users"]["physical_dataset_name"] == loaded["dataset_name"]
        assert outputs["users"]["location"] == trace.last_load_info.destination_displayable_credentials
        resources = extracted["resource_metrics"]
        assert {name: found.items_count for name, found in resources.items()} == {"users": 1, "events": 1}
        assert all(found.file_size > 0 and found.created <= found.last_modified for found in resources.values())
    pipeline.run([trace], table_name="_trace")
    data = pipeline.dataset()
    assert data["_trace__steps__extract_info__dag"].select("parent_name", "resource_name").fetchall() == [
        ("users", "users"),
        ("users", "events"),
    ]
    assert data["_trace__steps__load_info__outputs__tables"].fetchall()
    # one column for each table that was ever loaded would be no table that anyone can use
    assert not [name for name in data["_trace__steps"].columns if name.startswith("normalize_info__row_counts")]


def test_a_failed_job_waits_for_the_next_load(failing: Any) -> None:
    """With its package: nothing has to be asked for, and no job is given up alone."""
    (package,) = failing.run([1], table_name="bad").load_packages
    load_id = package.load_id
    (job,) = package.jobs["failed_jobs"]
    name = job.job_file_info.file_name()
    assert failing.list_pending_retry_jobs_in_package(load_id) == [(name, "failed_jobs")]
    assert failing.retry_failed_job(load_id, name) == failing.retry_failed_job(load_id, job.job_file_info.job_id())
    assert Path(failing.retry_failed_job(load_id, name)).exists()
    with pytest.raises(ValueErrorWithKnownValues, match=re.escape(name)):
        failing.retry_failed_job(load_id, "other")
    with pytest.raises(NotOffered, match="as a whole or not at all"):
        failing.fail_pending_job(load_id, name)
