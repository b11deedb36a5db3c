"""A dataset that begins anew: its name has a timestamp, everybody tells it, and no two runs share it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.pipeline import fresh_dataset


@pytest.mark.parametrize("option", ["full_refresh", "dev_mode"])
def test_everybody_tells_the_name_with_its_timestamp(
    option: str, own_folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The pipeline, its repr, the line on stderr, the info, the package, the dataset and the database."""
    monkeypatch.setenv("RUNTIME__USER_LOG", "true")
    options: dict[str, Any] = {option: True}
    pipeline = dlt.pipeline("p", destination="duckdb", dataset_name="my_data", **options)
    name = pipeline.dataset_name
    assert re.fullmatch(r"my_data_\d{14}", name) and name in repr(pipeline)
    info = pipeline.run([{"id": 1}], table_name="t")
    assert info.dataset_name == info.load_packages[0].dataset_name == pipeline.dataset().dataset_name == name
    assert f"load into duckdb {name} in" in capfd.readouterr().err and name in str(info)
    with pipeline.sql_client() as client:
        assert client.execute_sql(f"SELECT id FROM {name}.t") == [(1,)]
    pipeline.run([{"id": 2}], table_name="t")
    assert pipeline.dataset_name == name and len(pipeline.dataset().t.fetchall()) == 2
    later = pipeline.run([{"id": 3}], table_name="t", dataset_name="other")
    assert later.dataset_name == pipeline.dataset_name == name.replace("my_data", "other")


def test_pipelines_of_one_second_have_datasets_of_their_own(own_folder: Path) -> None:
    """In one process, under one or several names, and in several processes; a plain run goes on without a timestamp."""
    names = [
        dlt.pipeline(name, destination="duckdb", dataset_name="my_data", full_refresh=True).dataset_name
        for name in ("p", "p", "q")
    ]
    code = (
        "import dlt; print(dlt.pipeline('p', destination='duckdb', dataset_name='my_data', dev_mode=True).dataset_name)"
    )
    children = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    names += [child.communicate()[0].strip() for child in children]
    assert len(set(names)) == 5 and all(re.fullmatch(r"my_data_\d{14}", name) for name in names)
    assert dlt.pipeline("p", destination="duckdb", dataset_name="my_data").dataset_name == "my_data"


@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize("fresh", [True, False], ids=["dev_mode", "other dataset"])
def test_a_run_goes_on_with_the_state_of_its_own_dataset(own_folder: Path, fresh: bool, runs: int) -> None:
    """Whatever was loaded elsewhere from this folder since, and however often: no row is missing."""
    known = 5

    @dlt.resource
    def events(at: Any = dlt.sources.incremental("id")) -> Any:
        yield [{"id": n} for n in range(known)]

    def pipeline(**options: Any) -> Any:
        return dlt.pipeline("p", destination="duckdb", **{"dataset_name": "my_data", **options})

    for _ in range(runs):
        pipeline().run(events)
        known += 1
    elsewhere = pipeline(dev_mode=True) if fresh else pipeline(dataset_name="elsewhere")
    for _ in range(2):
        elsewhere.run(events)
        known += 1
    goes_on = pipeline()
    goes_on.run(events)
    assert sorted(row[0] for row in goes_on.dataset().events.fetchall()) == list(range(known))


def test_a_folder_that_alone_counts_begins_anew_after_dev_mode(own_folder: Path) -> None:
    """Where nothing is restored either: rows behind the cursor of the other dataset would never come."""

    @dlt.resource
    def events(at: Any = dlt.sources.incremental("id")) -> Any:
        yield [{"id": n} for n in range(5)]

    def pipeline(**options: Any) -> Any:
        given = {"dataset_name": "my_data", "restore_from_destination": False, **options}
        return dlt.pipeline("p", destination="duckdb", **given)

    pipeline(dev_mode=True).run(events)
    attached = dlt.attach("p", restore_from_destination=False)
    attached.run(events)
    assert len(attached.dataset().events.fetchall()) == 5
    for _ in range(2):
        pipeline().run(events)
        assert sorted(row[0] for row in pipeline().dataset().events.fetchall()) == list(range(5))


def test_attach_goes_on_in_the_dataset_of_the_last_run(own_folder: Path) -> None:
    """With its timestamp, until a run goes elsewhere; a dataset that is named counts."""
    begun = dlt.pipeline("p", destination="duckdb", dataset_name="my_data", dev_mode=True)
    begun.run([{"id": 1}], table_name="t")
    attached = dlt.attach("p")
    assert attached.dataset_name == begun.dataset_name and len(attached.dataset().t.fetchall()) == 1
    attached.run([{"id": 2}], table_name="t")
    again = dlt.attach("p")
    assert again.dataset_name == begun.dataset_name and len(again.dataset().t.fetchall()) == 2
    assert dlt.attach("p", dataset_name="other").dataset_name == "other"
    dlt.pipeline("p", destination="duckdb", dataset_name="my_data").run([{"id": 3}], table_name="t")
    assert dlt.attach("p").dataset_name == "my_data"


def test_what_was_taken_is_forgotten_after_a_day(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder does not grow for ever."""
    fresh_dataset.take_suffix(str(own_folder), "a")
    monkeypatch.setattr(fresh_dataset, "_KEPT", fresh_dataset.timedelta(seconds=-1))
    suffix = fresh_dataset.take_suffix(str(own_folder), "../b")
    (kept,) = (own_folder / ".datasets").iterdir()
    assert kept.name.endswith(f"b{suffix}")
