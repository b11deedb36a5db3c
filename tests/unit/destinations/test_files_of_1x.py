"""A folder that PyPI `dlt` 1.x loaded, as the snapshot on which the first load of this library builds."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import fsspec
import pytest

import dlt
from dlt.destinations.impl.filesystem.layout import Layout
from dlt.destinations.impl.filesystem.of_1x import found_of_1x
from dlt.destinations.impl.filesystem.snapshot import Snapshot
from dlt.errors import DestinationTerminalException, InvalidFilesystemLayout, PipelineStepFailed
from dlt.io.store import Store
from dlt.schema.schema import Schema
from dlt.states.model import bump, encode, new_state

FIRST, SECOND = "1790000000.1234567", "1790000001.654321"
MOMENT = "2026-12-01T12:00:00+00:00"


def record(folder: Path, name: str, **content: object) -> None:
    """Write a record as PyPI dlt does: one document of JSON in a file of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(content) + "\n")


def made(dataset: Path) -> Path:
    """Make a dataset of two tables of which one load is complete, and a second one is not."""
    schema = Schema("shop")
    for table in ("orders", "orders__items"):
        schema.update_table({"name": table, "columns": {"id": {"name": "id", "data_type": "bigint", "nullable": True}}})
    record(
        dataset / "_dlt_loads",
        f"shop__{FIRST}.jsonl",
        load_id=FIRST,
        schema_name="shop",
        status=0,
        inserted_at=MOMENT,
        schema_version_hash="h",
    )
    record(
        dataset / "_dlt_version",
        f"shop__{FIRST}__h.jsonl",
        version=1,
        engine_version=11,
        inserted_at=MOMENT,
        schema_name="shop",
        version_hash="h",
        schema=json.dumps(schema.to_dict()),
    )
    for version, load_id in enumerate((FIRST, SECOND), 1):
        state = {**new_state("shop"), "schema_names": ["shop"], "default_schema_name": "shop", "version": version}
        bump(state)
        record(
            dataset / "_dlt_pipeline_state",
            f"shop__{load_id}__h.jsonl",
            version=version,
            engine_version=4,
            pipeline_name="shop",
            state=encode(state),
            created_at=MOMENT,
            version_hash="s",
            _dlt_load_id=load_id,
        )
        for table in ("orders", "orders__items"):
            (dataset / table).mkdir(exist_ok=True)
            (dataset / table / "init").touch()
            packed = gzip.compress(f'{{"id":{version}}}\n'.encode())
            # earlier releases compressed files without saying it
            (dataset / table / f"{load_id}.0a1b2c3d4e.jsonl{'.gz' if table == 'orders' else ''}").write_bytes(packed)
    return dataset


def found_in(dataset: Path, layout: str = "{table_name}/{load_id}.{file_id}.{ext}") -> Snapshot:
    """Return the snapshot of a dataset."""
    return found_of_1x(Store(fsspec.filesystem("file"), str(dataset)), Layout(layout))


def pipeline_in(tmp_path: Path) -> Any:
    """Return a pipeline that loads into the dataset."""
    place = dlt.destinations.filesystem(str(tmp_path / "bucket"))
    return dlt.pipeline("shop", destination=place, dataset_name="data", pipelines_dir=str(tmp_path / "work"))


def ids(pipeline: Any, table: str) -> list[int]:
    """Return the ids that readers find in a table."""
    return sorted(row[0] for row in pipeline.dataset()[table].select("id").fetchall())


def test_only_complete_loads_count(tmp_path: Path) -> None:
    """Of a load that was not completed neither files nor state do."""
    found = found_in(made(tmp_path / "data"))
    assert found.is_dataset and [load["load_id"] for load in found.loads] == [FIRST]
    assert [state["version"] for state in found.states] == [1]
    assert {table: [entry["path"] for entry in entries] for table, entries in found.files.items()} == {
        "orders": [f"orders/{FIRST}.0a1b2c3d4e.jsonl.gz"],
        "orders__items": [f"orders__items/{FIRST}.0a1b2c3d4e.jsonl"],
    }
    assert {entry["format"] for entries in found.files.values() for entry in entries} == {"jsonl.gz"}


def test_a_folder_without_complete_loads_is_no_dataset(tmp_path: Path) -> None:
    """So the first load begins anew there."""
    assert not found_in(tmp_path / "data").is_dataset
    (tmp_path / "data" / "_dlt_loads").mkdir(parents=True)
    (tmp_path / "data" / "_dlt_loads" / "init").touch()
    assert not found_in(tmp_path / "data").is_dataset


def test_another_layout_is_told(tmp_path: Path) -> None:
    """With it the files would be those of no table, and left out without a word."""
    with pytest.raises(InvalidFilesystemLayout, match=r"4 files there .*orders/1790000000.*the layout"):
        found_in(made(tmp_path / "data"), "{table_name}/{YYYY}/{load_id}.{file_id}.{ext}")


def test_a_record_that_is_damaged_is_told(tmp_path: Path) -> None:
    """With the path of its file."""
    dataset = made(tmp_path / "data")
    (dataset / "_dlt_version" / f"shop__{FIRST}__h.jsonl").write_text('{"version": ')
    with pytest.raises(DestinationTerminalException, match=r"_dlt_version/shop__.*cannot be read"):
        found_in(dataset)


def test_the_first_load_goes_on_and_a_later_one_of_the_other_library_is_refused(tmp_path: Path) -> None:
    """Rows that nobody here knows of are an error of the next load, and its advice works."""
    dataset = made(tmp_path / "bucket" / "data")
    pipeline = pipeline_in(tmp_path)
    pipeline.run([{"id": 3}], table_name="orders")
    assert (ids(pipeline, "orders"), ids(pipeline, "orders__items")) == ([1, 3], [1])
    record(
        dataset / "_dlt_loads",
        f"shop__{SECOND}.jsonl",
        load_id=SECOND,
        schema_name="shop",
        status=0,
        inserted_at=MOMENT,
        schema_version_hash="h",
    )
    with pytest.raises(PipelineStepFailed, match=rf"PyPI dlt loaded {SECOND} into this dataset after"):
        pipeline.run([{"id": 4}], table_name="orders")
    for path in dataset.rglob(f"*{SECOND}*"):
        path.unlink()
    pipeline.run()
    assert ids(pipeline, "orders") == [1, 3, 4]


def test_what_is_replaced_goes_and_a_dropped_dataset_stays_gone(tmp_path: Path) -> None:
    """Files that PyPI dlt left are like those of this library."""
    dataset = made(tmp_path / "bucket" / "data")
    pipeline = pipeline_in(tmp_path)
    pipeline.run([{"id": 3}], table_name="orders", write_disposition="replace")
    assert ids(pipeline, "orders") == [3] and not list((dataset / "orders").glob(f"{FIRST}*"))
    with pipeline.destination_client() as client:
        client.drop_storage()
    assert not found_in(dataset).is_dataset
    pipeline.run([{"id": 5}], table_name="orders")
    assert ids(pipeline, "orders") == [5]
