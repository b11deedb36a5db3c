"""Arrow tables go through normalize unchanged where nothing has to change."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import dlt


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
