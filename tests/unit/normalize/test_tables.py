"""Arrow tables go through normalize unchanged where nothing has to change."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import dlt
from dlt.errors import PipelineStepFailed


@pytest.fixture
def extracted(tmp_path: Path) -> Any:
    """Return a function that extracts and normalizes an Arrow table, and returns the files of both packages."""

    def run(table: pa.Table) -> tuple[Path, Path, Any]:
        pipeline = dlt.pipeline("arrow", pipelines_dir=str(tmp_path))
        pipeline.extract(table, table_name="items")
        (before,) = pipeline.list_extracted_resources()
        kept = tmp_path / "kept"
        os.link(before, kept)
        pipeline.normalize()
        (package,) = pipeline.workdir.packages("normalized")
        return kept, Path(package.path, package.files[0].name), pipeline

    yield run
    dlt.context.activate(None)


def test_a_table_that_fits_is_the_same_file(extracted: Any) -> None:
    """Arrow and frames go straight through; nothing is copied."""
    table = pa.table({"id": [1, 2], "name": ["a", None], "v": pa.array([1, 2], pa.int32())})
    before, after, pipeline = extracted(table)
    assert os.path.samefile(before, after)
    columns = pipeline.default_schema.get_table_columns("items")
    kinds = {name: column["data_type"] for name, column in columns.items()}
    assert kinds == {"id": "bigint", "name": "text", "v": "bigint"}


@pytest.mark.parametrize("mode", ["freeze", "discard_row", "discard_value", "quarantine"])
def test_a_table_that_breaks_no_contract_is_the_same_file(tmp_path: Path, mode: Any) -> None:
    """Whether its columns are new with it or were there before; one that breaks it is written anew."""
    destination = dlt.destinations.duckdb(str(tmp_path / "arrow.duckdb"))
    pipeline = dlt.pipeline("arrow", pipelines_dir=str(tmp_path), destination=destination, dataset_name="arrow")
    same = []
    for table in (pa.table({"id": [1]}), pa.table({"id": [2]}), pa.table({"id": [3], "new": [1]})):
        pipeline.extract(table, table_name="items", schema_contract={"columns": mode, "data_type": mode})
        (before,) = pipeline.list_extracted_resources()
        kept = tmp_path / f"kept{len(same)}"
        os.link(before, kept)
        if len(same) == 2 and mode == "freeze":
            with pytest.raises(PipelineStepFailed, match=r"items\.new: a new column"):
                pipeline.normalize()
            break
        pipeline.normalize()
        (package,) = pipeline.workdir.packages("normalized")
        same.append([os.path.samefile(kept, Path(package.path, file.name)) for file in package.files])
        pipeline.load()
    assert same[:2] == [[True], [True]] and not any(map(any, same[2:]))
    dlt.context.activate(None)


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"Camel Case": [1]}),
        pa.table({"at": pa.array([1], pa.timestamp("ns"))}),
        pa.table({"d": pa.array(["x"]).dictionary_encode()}),
        pa.table({"s": [{"x": 1}]}),
    ],
)
def test_a_table_that_must_change_is_rewritten(extracted: Any, table: pa.Table) -> None:
    """Names and types are those of the schema."""
    before, after, _ = extracted(table)
    assert not os.path.samefile(before, after)
    with pa.OSFile(str(after)) as source:
        assert pa.ipc.open_stream(source).read_all().num_rows == 1
