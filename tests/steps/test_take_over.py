"""What PyPI `dlt` 1.x says in another way than this library, in datasets and folders; see tests/peer for all of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import PipelineStepFailed
from dlt.states.model import bump, decode, encode

OF_1X = "1790000000.1234567"


def pipeline(tmp_path: Path, folder: str, **settings: Any) -> Any:
    """Return the pipeline `shop` with a working folder."""
    place = dlt.destinations.duckdb(str(tmp_path / "shop.duckdb"))
    return dlt.pipeline("shop", destination=place, pipelines_dir=str(tmp_path / folder), **settings)


def as_of_1x(folder: Path) -> None:
    """Leave of a working folder what PyPI dlt knows."""
    path = folder / "state.json"
    state = {key: value for key, value in json.loads(path.read_text()).items() if key != "crc32"}
    path.write_text(json.dumps(state | {"_local": {"first_run": False}}))
    shutil.rmtree(folder / "loaded")


def test_the_default_dataset_of_the_other_library_is_not_passed_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is new would begin anew beside it; both ways that the error names work."""
    monkeypatch.setenv("COMPAT__DLT1", "true")
    pipeline(tmp_path, "first").run([{"id": 1}], table_name="orders")
    monkeypatch.delenv("COMPAT__DLT1")
    with pytest.raises(PipelineStepFailed, match=r"dataset shop_dataset has one.*set dataset_name='shop_dataset'"):
        pipeline(tmp_path, "second").run([{"id": 2}], table_name="orders")
    on = pipeline(tmp_path, "third", dataset_name="shop_dataset")
    on.run([{"id": 2}], table_name="orders")
    assert len(on.dataset().orders.fetchall()) == 2
    anew = pipeline(tmp_path, "fourth", dataset_name="shop")
    anew.run([{"id": 3}], table_name="orders")
    assert len(anew.dataset().orders.fetchall()) == 1


def test_a_state_counts_when_its_load_is_complete(tmp_path: Path) -> None:
    """PyPI dlt loads states as it loads rows, and records a load at its end."""
    pipeline(tmp_path, "first", dataset_name="data").run([{"id": 1}], table_name="orders")
    with pipeline(tmp_path, "first", dataset_name="data").sql_client() as client:
        [(text,)] = client.execute_sql("SELECT state FROM _dlt_pipeline_state")
        state = {**decode(text, "shop"), "seen": 7}
        bump(state)
        row = (state["_state_version"], 4, "shop", encode(state), state["_version_hash"], OF_1X)
        client.execute_sql("INSERT INTO _dlt_pipeline_state VALUES (%s, %s, %s, %s, now(), %s, %s, 'x')", *row)
        second = pipeline(tmp_path, "second", dataset_name="data")
        second.sync_destination()
        assert "seen" not in second.state
        client.execute_sql("INSERT INTO _dlt_loads VALUES (%s, 'shop', 0, now(), 'h')", OF_1X)
    third = pipeline(tmp_path, "third", dataset_name="data")
    third.sync_destination()
    assert third.state["seen"] == 7


def test_a_folder_whose_dataset_is_gone_begins_anew(tmp_path: Path) -> None:
    """Also one that says of its loads only that they were: behind its cursor nothing would be there."""
    rows = dlt.resource([{"id": 1}, {"id": 2}], name="orders")
    rows.apply_hints(incremental=dlt.sources.incremental("id"))
    first = pipeline(tmp_path, "work", dataset_name="data")
    first.run(rows)
    as_of_1x(tmp_path / "work" / "shop")
    with first.sql_client() as client:
        client.execute_sql("DROP SCHEMA data CASCADE")
    again = pipeline(tmp_path, "work", dataset_name="data")
    again.run(rows)
    assert len(again.dataset().orders.fetchall()) == 2


def test_a_second_schema_of_a_folder_does_not_go_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyPI dlt has all schemas in one dataset: the first run says what to set, and loads nothing."""
    monkeypatch.setenv("COMPAT__DLT1", "true")
    first = pipeline(tmp_path, "work", dataset_name="data")
    first.run([{"id": 1}], table_name="orders")
    first.run([{"id": 1}], table_name="days", schema=dlt.Schema("store"))
    as_of_1x(tmp_path / "work" / "shop")
    monkeypatch.delenv("COMPAT__DLT1")
    again = pipeline(tmp_path, "work", dataset_name="data")
    with pytest.raises(PipelineStepFailed, match=r"'store', and it is in dataset data, .* set use_single_dataset=True"):
        again.run([{"id": 2}], table_name="days", schema=dlt.Schema("store"))
    monkeypatch.setenv("USE_SINGLE_DATASET", "true")
    again = pipeline(tmp_path, "work", dataset_name="data")
    again.run([{"id": 2}], table_name="days", schema=dlt.Schema("store"))
    assert len(again.dataset().days.fetchall()) == 2
