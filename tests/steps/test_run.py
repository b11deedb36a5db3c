"""What a run does, in which order, and what is left when a step fails."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import (
    DestinationLoadingViaStagingNotSupported,
    DestinationTerminalException,
    InvalidDataItem,
    PipelineConfigMissing,
    PipelineStepFailed,
    ResourceExtractionError,
    SourceExhausted,
)
from dlt.pipeline.helpers import retry_load


def rows(pipeline: Any, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table, sorted."""
    return sorted(pipeline.dataset()[table].select(*columns).fetchall())


def test_one_call_extracts_normalizes_and_loads(pipeline: Any) -> None:
    """One call leaves rows at the destination and tells what was loaded."""
    info = pipeline.run([{"id": 1, "l": [{"x": 1}]}], table_name="items")
    assert rows(pipeline, "items", "id") == [(1,)]
    assert rows(pipeline, "items__l", "x") == [(1,)]
    assert info.dataset_name == "data" and len(info.loads_ids) == 1 and not info.has_failed_jobs
    assert "1 load package(s) were loaded to destination duckdb and into dataset data" in str(info)


def test_the_default_pipeline_needs_no_call(own_folder: Path) -> None:
    """A bare `dlt.run` works, and `source.run()` uses the pipeline that was made last."""
    info = dlt.run([{"id": 1}], destination="duckdb", table_name="items")
    assert info.pipeline is dlt.pipeline()

    @dlt.source
    def shop() -> Any:
        return dlt.resource([{"id": 2}], name="orders")

    own = dlt.pipeline("own", destination="duckdb")
    assert shop().run().pipeline is own


def test_an_error_in_a_generator_leaves_nothing(pipeline: Any) -> None:
    """There is no package, and the state is as it was; the error names resource and item."""

    @dlt.resource
    def numbers() -> Any:
        dlt.current.resource_state()["seen"] = True
        for number in range(10):
            if number == 7:
                raise ValueError("row 7 is bad")
            yield {"id": number}

    with pytest.raises(PipelineStepFailed) as failure:
        pipeline.run(numbers())
    assert failure.value.step == "extract" and isinstance(failure.value.__cause__, ResourceExtractionError)
    assert "numbers" in str(failure.value) and "item 7" in str(failure.value)
    assert not pipeline.has_pending_data and "sources" not in pipeline.state
    assert not list(Path(pipeline.working_dir, "tmp").iterdir())


def test_a_value_that_cannot_be_stored_is_named(pipeline: Any) -> None:
    """The error names table and position; nothing is kept."""
    with pytest.raises(PipelineStepFailed) as failure:
        pipeline.run([{"id": 1}, {"id": object()}], table_name="items")
    assert isinstance(failure.value.__cause__, InvalidDataItem) and "item 1" in str(failure.value)
    assert not pipeline.has_pending_data


@pytest.mark.parametrize(
    ("data", "tables"),
    [
        (["a", ["b", "c"]], {"rows": 2, "rows__value": 2}),
        ([[{"x": 1}], [{"x": 2}, [3]]], {"rows": 2, "rows__value": 3, "rows__value__list": 1}),
        ([{"x": [["a"], ["b", "c"]]}], {"rows": 1, "rows__x": 2, "rows__x__list": 3}),
    ],
)
def test_items_that_are_lists_are_values(pipeline: Any, data: Any, tables: dict[str, int]) -> None:
    """A list among the items is the nested table `value` of its row; one inside of a list is `list`."""

    @dlt.resource
    def rows() -> Any:
        yield data

    pipeline.run(rows)
    assert dict(pipeline.dataset().row_counts().fetchall()) == tables


def test_pending_packages_are_loaded_before_new_data(pipeline: Any) -> None:
    """One call loads the package that an earlier run left, and the new data."""
    pipeline.extract([{"id": 1}], table_name="items")
    info = pipeline.run([{"id": 2}], table_name="items")
    assert rows(pipeline, "items", "id") == [(1,), (2,)]
    assert len(info.loads_ids) == 2


def test_a_failed_job_hides_the_whole_package_and_stops_the_run(pipeline: Any) -> None:
    """A terminal error of a job does not raise; nothing of the package is visible; it can be retried."""
    pipeline.run([{"id": 1, "n": 1}], table_name="items")
    with pipeline.sql_client() as client:
        client.execute_sql("CREATE UNIQUE INDEX one ON items (n)")
    bad = [dlt.resource([{"id": 2, "n": 1}], name="items"), dlt.resource([{"id": 9}], name="others")]
    info = pipeline.run(bad)
    assert info.has_failed_jobs and "items" in str(info)
    assert rows(pipeline, "items", "id") == [(1,)]
    with pipeline.sql_client() as client:
        assert not client.execute_sql("SELECT 1 FROM information_schema.tables WHERE table_name = 'others'")
    (load_id,) = pipeline.list_normalized_load_packages()
    (job,) = pipeline.list_failed_jobs_in_package(load_id)
    assert "unique constraint" in job.failed_message
    stopped = pipeline.run([{"id": 3, "n": 3}], table_name="items")
    assert stopped.has_failed_jobs and rows(pipeline, "items", "id") == [(1,)]
    with pytest.raises(Exception, match="unique constraint"):
        stopped.raise_on_failed_jobs()
    pipeline.drop_pending_packages()
    assert not pipeline.run([{"id": 3, "n": 3}], table_name="items").has_failed_jobs


def test_a_failure_in_load_can_be_resumed(pipeline: Any, own_folder: Path) -> None:
    """The normalized package waits; the next run loads it."""
    pipeline.extract([{"id": 1}], table_name="items")
    pipeline.normalize()
    (own_folder / "spec.duckdb").mkdir()
    with pytest.raises(PipelineStepFailed) as failure:
        pipeline.load()
    assert failure.value.step == "load" and pipeline.has_pending_data
    (own_folder / "spec.duckdb").rmdir()
    pipeline.run()
    assert rows(pipeline, "items", "id") == [(1,)]


def test_a_load_that_the_destination_has_is_not_repeated(pipeline: Any) -> None:
    """Rows are loaded exactly once, also when the record of the load got lost on this side."""
    pipeline.extract([{"id": 1}], table_name="items")
    pipeline.normalize()
    (package,) = pipeline.workdir.packages("normalized")
    import shutil

    kept = Path(pipeline.working_dir, "copy")
    shutil.copytree(package.path, kept)
    pipeline.load()
    shutil.rmtree(Path(pipeline.working_dir, "loaded", package.load_id))
    shutil.move(kept, package.path)
    pipeline.load()
    assert rows(pipeline, "items", "id") == [(1,)]
    assert len(pipeline.dataset().load_ids()) == 1


def test_steps_one_by_one(pipeline: Any) -> None:
    """Three packages are normalized at once and loaded at once."""
    for number in range(3):
        pipeline.extract([{"id": number}], table_name="items")
    assert len(pipeline.normalize().loads_ids) == 3
    assert len(pipeline.load().loads_ids) == 3
    assert rows(pipeline, "items", "id") == [(0,), (1,), (2,)]


def test_a_source_that_has_nothing_new_is_no_load(pipeline: Any) -> None:
    """Also beside one that has: its schema is known, and a package of nothing would be a load of nothing."""

    def of(name: str, rows: Any) -> Any:
        return dlt.source(lambda: dlt.resource(rows, name=name), name=name)()

    assert len(pipeline.run([of("first", [{"id": 1}]), of("second", [{"id": 1}])]).loads_ids) == 2
    assert len(pipeline.run([of("first", [{"id": 2}]), of("second", [])]).loads_ids) == 1
    assert len(pipeline.run([of("first", []), of("second", [{"id": 2}])]).loads_ids) == 1
    assert rows(pipeline, "first", "id") == rows(pipeline, "second", "id") == [(1,), (2,)]


def test_an_exhausted_generator_is_told(pipeline: Any) -> None:
    """SourceExhausted is raised, which is a failed step too."""
    generator = ({"id": number} for number in range(2))
    resource = dlt.resource(generator, name="numbers")
    pipeline.run(resource)
    with pytest.raises(SourceExhausted):
        pipeline.run(resource)


def test_without_a_destination_only_load_is_refused(own_folder: Path) -> None:
    """Extract and normalize work; the error names the ways to set a destination."""
    pipeline = dlt.pipeline("nowhere")
    pipeline.extract([{"id": 1}], table_name="items")
    pipeline.normalize()
    with pytest.raises(PipelineConfigMissing, match='destination="duckdb"'):
        pipeline.load()
    pipeline.load(destination=dlt.destinations.duckdb("late.duckdb"))
    assert rows(pipeline, "items", "id") == [(1,)]


def test_full_refresh_begins_anew_in_another_dataset(own_folder: Path) -> None:
    """The new dataset has a timestamp in its name; what was there stays."""
    target = dlt.destinations.duckdb(str(own_folder / "spec.duckdb"))
    first = dlt.pipeline("spec", destination=target, dataset_name="data")
    first.run([{"id": 1}], table_name="items")
    second = dlt.pipeline("spec", destination=target, dataset_name="data", full_refresh=True)
    assert second.first_run
    info = second.run([{"id": 2}], table_name="items")
    stamp = dt.datetime.now(dt.timezone.utc).strftime("%Y%m")
    assert info.dataset_name.startswith(f"data_{stamp}") and len(info.dataset_name) == len("data_20221107164856")
    assert rows(second, "items", "id") == [(2,)]
    with second.sql_client() as client:
        assert client.execute_sql('SELECT id FROM "data".items') == [(1,)]


@pytest.mark.parametrize("mode", ["drop_sources", "drop_resources", "drop_data"])
def test_refresh_drops_or_empties_tables_with_the_load(pipeline: Any, mode: str) -> None:
    """Refresh is part of the package."""

    @dlt.source(name="shop")
    def shop() -> Any:
        yield dlt.resource([{"id": 1, "old": 1}], name="orders")
        yield dlt.resource([{"id": 1}], name="users")

    pipeline.run(shop())
    pipeline.run(shop())
    pipeline.run(shop().with_resources("orders"), refresh=mode)
    assert rows(pipeline, "orders", "id") == [(1,)]
    with pipeline.sql_client() as client:
        users = client.execute_sql("SELECT 1 FROM information_schema.tables WHERE table_name = 'users'")
    assert bool(users) == (mode != "drop_sources")


def test_aliases_and_unknown_arguments(pipeline: Any) -> None:
    """`source`, `dataset` and `name` are aliases; both given is an error, as is a word nobody knows."""
    pipeline.run(source=[{"id": 1}], dataset="other", name="items")
    assert pipeline.dataset_name == "other" and rows(pipeline, "items", "id") == [(1,)]
    with pytest.raises(TypeError, match="alias"):
        pipeline.run([1], source=[1])
    with pytest.raises(TypeError, match="nonsense"):
        pipeline.run([1], nonsense=1)


def test_retry_is_opt_in_and_for_transient_errors(own_folder: Path) -> None:
    """One attempt is the default; with a policy a transient error is tried again."""
    calls: list[int] = []

    @dlt.resource
    def flaky() -> Any:
        calls.append(1)
        if len(calls) < 3:
            raise ConnectionError("gone")
        yield {"id": 1}

    target = dlt.destinations.duckdb(str(own_folder / "spec.duckdb"))
    with pytest.raises(PipelineStepFailed):
        dlt.pipeline("once", destination=target).run(flaky())
    patient = dlt.pipeline("patient", destination=target, retry={"attempts": 3, "backoff": 0.01})
    patient.run(flaky())
    assert len(calls) == 3 and rows(patient, "flaky", "id") == [(1,)]


@pytest.mark.parametrize(
    ("text", "attempts", "steps"),
    [("3", 3, 4), ('{"attempts": 5, "backoff": 0.5, "steps": ["load"]}', 5, 1), ('{"steps": "load"}', 1, 1)],
)
def test_retry_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, text: str, attempts: int, steps: int
) -> None:
    """The policy is a number of attempts, or an object in JSON."""
    monkeypatch.setenv("PIPELINES__PATIENT__RETRY", text)
    policy = dlt.pipeline("patient", destination="dummy").config.retry
    assert (policy.attempts, len(policy.steps)) == (attempts, steps)


@pytest.mark.parametrize(
    "value",
    [0, True, "often", {"tries": 2}, {"attempts": "3"}, {"backoff": -1}, {"max_wait": 1e999}, {"steps": ["all"]}],
    ids=str,
)
def test_retry_that_cannot_be(value: Any) -> None:
    """The error names the pipeline, what was given, and what to give."""
    with pytest.raises(ValueError, match=r"pipeline patient: retry=.*Give ") as refused:
        dlt.pipeline("patient", destination="dummy", retry=value)
    assert repr(value) in str(refused.value)


def test_waits_grow_by_chance_up_to_their_limit() -> None:
    """Retry: waits double up to max_wait, and two workers that failed together do not wait alike."""
    policy = dlt.pipeline("patient", destination="dummy", retry={"attempts": 9, "max_wait": 16}).config.retry
    longest = [1, 2, 4, 8, 16, 16, 16, 16]
    one, other = ([policy.wait_after(attempt) for attempt in range(1, 9)] for _ in range(2))
    assert one != other
    assert all(most / 2 <= wait <= most for wait, most in zip(one + other, longest * 2, strict=True))
    assert policy.wait_after(10_000) <= 16


def test_an_error_that_is_its_own_cause_ends_a_run(own_folder: Path) -> None:
    """Errors: a program that raises an error from itself gets it back, with a trace of one error for each step."""

    @dlt.resource
    def odd() -> Any:
        error = ConnectionError("gone")
        raise error from error
        yield

    pipeline = dlt.pipeline("odd", destination="duckdb", retry={"attempts": 2, "backoff": 0})
    with pytest.raises(PipelineStepFailed, match="gone") as failure:
        pipeline.run(odd())
    assert not retry_load()(DestinationTerminalException("x")) and not retry_load()(failure.value)
    assert len(pipeline.last_trace.steps[-1].exception_traces) == 2


def test_staging_where_no_destination_loads_from_it(own_folder: Path) -> None:
    """A destination that takes files from this process refuses a staging area by name, before anything is extracted."""
    with pytest.raises(DestinationLoadingViaStagingNotSupported, match="destination duckdb takes files from this"):
        dlt.pipeline("staged", destination="duckdb", staging=dlt.destinations.filesystem("area"))


@pytest.mark.parametrize("stage", ["extracted", "normalized"])
@pytest.mark.parametrize("compat", [False, True])
def test_what_waits_goes_first(own_folder: Path, monkeypatch: pytest.MonkeyPatch, stage: str, compat: bool) -> None:
    """A run loads what an earlier one left and its own data too; with compat.dlt1 only what was left."""
    monkeypatch.setenv("COMPAT__DLT1", str(compat))
    pipeline = dlt.pipeline("waits", destination="duckdb", dataset_name="data")
    pipeline.run([{"id": 1}], table_name="items")
    pipeline.extract([{"id": 2}], table_name="items")
    if stage == "normalized":
        pipeline.normalize()
    info = pipeline.run([{"id": 3}], table_name="items")
    assert len(info.loads_ids) == (1 if compat else 2) and not pipeline.has_pending_data
    pipeline.run([{"id": 4}], table_name="items")
    rows = sorted(row[0] for row in pipeline.dataset()["items"].select("id").fetchall())
    assert rows == ([1, 2, 4] if compat else [1, 2, 3, 4])
