"""Datasets, the infos of steps, traces, logs and hooks."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import DatasetException, PipelineLocked, PipelineStepFailed, RelationUnknownColumnException
from dlt.progress import Collector


def spotify() -> Any:
    """Return a source."""

    @dlt.source(name="spotify")
    def source() -> Any:
        return dlt.resource([{"id": 1}], name="songs")

    return source()


def echonest() -> Any:
    """Return a source of two resources."""

    @dlt.source(name="echonest")
    def source() -> Any:
        yield dlt.resource([{"id": 1, "parts": [{"n": 1}]}], name="mel")
        yield dlt.resource([{"id": 1}], name="chroma")

    return source()


def test_several_schemas_load_into_several_datasets(own_folder: Path) -> None:
    """Each schema has a dataset of its own; a list joins the default schema."""
    pipeline = dlt.pipeline("p", destination="duckdb", dataset="spotify_data_1")
    pipeline.extract(source=spotify())
    pipeline.extract(source=echonest().with_resources("mel"))
    pipeline.extract(source=[{"label": 1}, {"label": 2}], name="labels")
    pipeline.normalize()
    pipeline.load()
    assert pipeline.schema_names == ["echonest", "spotify"] and pipeline.default_schema_name == "spotify"
    assert sorted(pipeline.schemas["spotify"].data_table_names()) == ["labels", "songs"]
    assert sorted(pipeline.schemas["echonest"].data_table_names()) == ["mel", "mel__parts"]
    with pipeline.sql_client() as client:
        found = client.execute_sql(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_name NOT LIKE '\\_dlt%' "
            "ESCAPE '\\' ORDER BY ALL"
        )
    assert found == [
        ("spotify_data_1", "labels"),
        ("spotify_data_1", "songs"),
        ("spotify_data_1_echonest", "mel"),
        ("spotify_data_1_echonest", "mel__parts"),
    ]


def test_one_dataset_for_all_schemas(own_folder: Path) -> None:
    """`use_single_dataset` decides whether schemas share one dataset."""
    pipeline = dlt.pipeline("p", destination="duckdb", use_single_dataset=True)
    pipeline.run([spotify(), echonest()])
    assert len(pipeline.dataset(schema="echonest").mel.fetchall()) == 1
    with pipeline.sql_client() as client:
        assert len(client.execute_sql("SELECT * FROM mel") or []) == 1


def test_the_most_recent_dataset_name_wins(pipeline: Any) -> None:
    """The name can be given to pipeline, run and load, and the last one counts."""
    pipeline.run([{"id": 1}], table_name="t", dataset_name="other")
    assert pipeline.dataset_name == "other"
    pipeline.extract([{"id": 2}], table_name="t")
    pipeline.normalize()
    assert pipeline.load(dataset_name="third").dataset_name == "third"


def test_relations_narrow_before_they_read(pipeline: Any) -> None:
    """Tables come as rows, frames and Arrow; there are select, where, order, limit and join."""
    pipeline.run([{"id": n, "l": [{"x": n}]} for n in range(5)], table_name="items")
    data = pipeline.dataset()
    assert data.items.select("id").order_by("id", "desc").limit(2).fetchall() == [(4,), (3,)]
    assert data.items.where("id", "gte", 3).select("id").order_by("id").df()["id"].tolist() == [3, 4]
    assert data["items"].where("id < 1").arrow().num_rows == 1
    assert data.items["id"].max().fetchscalar() == 4
    assert len(data.items.join("items__l").fetchall()) == 5
    assert data("SELECT count(*) FROM items").fetchscalar() == 5
    assert dict(data.row_counts().fetchall()) == {"items": 5, "items__l": 5}
    assert data.latest_load_id() == data.load_ids()[-1]
    assert len(data.table("items__l", load_ids=data.load_ids()).fetchall()) == 5
    with pytest.raises(RelationUnknownColumnException, match="nope"):
        data.items.select("nope")
    with pytest.raises(DatasetException, match="Table `nope` not found"):
        data.table("nope")


def test_infos_are_json_safe_and_can_be_loaded(pipeline: Any) -> None:
    """An info is a tuple with jobs, rows and bytes; it is a dict, text, and data for the next run too."""
    info = pipeline.run([{"id": 1, "l": [1, 2]}], table_name="items")
    assert isinstance(info, tuple)
    found = json.loads(json.dumps(info.asdict()))
    assert found["dataset_name"] == "data" and not found["has_failed_jobs"]
    assert {job["table_name"]: job["items_count"] for job in found["job_metrics"]} == {"items": 1, "items__l": 2}
    trace = pipeline.last_trace
    assert [step.step for step in trace.steps] == ["extract", "normalize", "load"]
    assert trace.last_normalize_info.row_counts == {"items": 1, "items__l": 2}
    json.dumps(trace.asdict())
    pipeline.run([info], table_name="_load_info")
    pipeline.run([trace], table_name="_trace")
    assert len(pipeline.dataset().table("_load_info").fetchall()) == 1


def test_the_trace_outlives_the_process(pipeline: Any) -> None:
    """A pipeline that is attached has its `last_trace`."""
    pipeline.run([{"id": 1}], table_name="items")
    found = dlt.attach("spec").last_trace
    assert [step.step for step in found.steps] == ["extract", "normalize", "load"]
    assert found.last_normalize_info.row_counts == {"items": 1}
    assert "Step load COMPLETED" in str(found)


def test_inspections(pipeline: Any) -> None:
    """Extracted files, packages by stage and jobs can be listed."""
    pipeline.extract([{"id": 1}], table_name="items")
    assert len(pipeline.list_extracted_resources()) == 1 and pipeline.has_pending_data
    (load_id,) = pipeline.list_extracted_load_packages()
    pipeline.normalize()
    assert pipeline.list_normalized_load_packages() == [load_id]
    pipeline.load()
    assert pipeline.list_completed_load_packages() == [load_id]
    package = pipeline.get_load_package_info(load_id)
    assert package.state == "loaded" and len(package.jobs["completed_jobs"]) == 1
    assert package.schema_name == "spec" and "items" in package.schema_update


def test_a_failed_step_is_in_the_trace(pipeline: Any) -> None:
    """A failed step names step and cause, and the trace holds the chain of exceptions."""

    @dlt.resource
    def bad() -> Any:
        yield {"id": 1}
        raise KeyError("gone")

    with pytest.raises(PipelineStepFailed) as failure:
        pipeline.run(bad())
    assert failure.value.pipeline is pipeline
    (step,) = pipeline.last_trace.steps
    assert "gone" in step.step_exception and step.exception_traces


def test_a_second_run_of_one_folder_is_refused(pipeline: Any) -> None:
    """PipelineLocked names the holder."""
    other = dlt.pipeline("spec", destination=pipeline.destination, lock_timeout=0.1)
    with pipeline.parts.home.lock, pytest.raises(PipelineLocked, match="process"):
        other.run([{"id": 1}], table_name="t")


def test_logs_are_silent_and_the_user_log_is_not(
    pipeline: Any, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Short lines come on stderr unless switched off; the logger `dlt` obeys the standard library."""
    pipeline.run([{"id": 1}], table_name="items")
    assert capfd.readouterr().err == ""
    monkeypatch.setenv("RUNTIME__USER_LOG", "true")
    dlt.pipeline("loud", destination="duckdb").run([{"id": 1, "password": "geheim"}], table_name="items")
    shown = capfd.readouterr().err
    assert "loud: load into duckdb loud" in shown and "items 1" in shown and "geheim" not in shown
    assert logging.getLogger("dlt").handlers and all(
        isinstance(handler, logging.NullHandler) for handler in logging.getLogger("dlt").handlers
    )


def test_hooks_are_called(pipeline: Any) -> None:
    """Hooks hear of steps and of changes of the schema."""
    events: list[str] = []
    pipeline.add_hook(lambda event, pipeline, payload: events.append(event))
    pipeline.run([{"id": 1}], table_name="items")
    assert events.count("step_start") == 3 and events.count("step_end") == 3 and "schema_change" in events


@pytest.mark.parametrize("word", ["log", "tqdm", "rich", "enlighten", "none"])
def test_progress_is_chosen_by_a_word(word: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Progress is asked for by a word; every library's bars work."""
    dlt.pipeline("shown", destination="duckdb", progress=word).run([{"id": 1}], table_name="items")
    shown = "".join(capfd.readouterr())
    assert ("items" in shown) == (word in ("log", "tqdm", "rich")) or word == "enlighten"


def test_a_load_tells_how_many_rows_there_are() -> None:
    """A collector learns the rows of each table before the first of them is loaded."""
    seen: list[tuple[str, str, int, int | None]] = []

    class Recording(Collector):
        def update(
            self, name: str, inc: int = 1, total: int | None = None, message: str | None = None, label: str = ""
        ) -> None:
            seen.append((self.step, name, inc, total))

    rows = [{"id": 1, "list": [1, 2]}, {"id": 2}]
    dlt.pipeline("shown", destination="duckdb", progress=Recording()).run(rows, table_name="items")
    of_load = [entry[1:] for entry in seen if entry[0] == "load"]
    assert ("items", 2, 2) in of_load and ("items__list", 2, 2) in of_load
    assert of_load.index(("items__list", 0, 2)) < of_load.index(("items", 2, 2))
