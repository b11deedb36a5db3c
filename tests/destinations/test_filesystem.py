"""The filesystem destination, on a local folder and in memory."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

import dlt

FORMATS = ["parquet", "jsonl", "csv"]
CURSOR = dlt.sources.incremental("id", initial_value=0)


@pytest.fixture(params=["local", "memory"])
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty bucket."""
    return str(tmp_path / "bucket") if request.param == "local" else f"memory://{uuid.uuid4().hex}"


def make(path: Path, bucket: str, name: str = "files", **settings: Any) -> Any:
    """Return a pipeline that loads into a bucket."""
    destination = dlt.destinations.filesystem(bucket_url=bucket, **settings)
    return dlt.pipeline(name, destination=destination, dataset_name="data", pipelines_dir=str(path / "pipelines"))


def counts(pipeline: Any) -> dict[str, int]:
    """Return the rows of each table."""
    return dict(pipeline.dataset().row_counts().fetchall())


def query(pipeline: Any, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    with pipeline.sql_client() as client:
        return list(client.execute_sql(sql))


def data_files(bucket: str) -> list[str]:
    """Return the data files of the dataset, relative to it."""
    import fsspec

    filesystem, root = fsspec.core.url_to_fs(bucket)
    filesystem.invalidate_cache()
    found = [path.partition("/data/")[2] for path in filesystem.find(f"{root}/data")]
    return sorted(path for path in found if not path.startswith("_dlt_snapshots/"))


def documents(numbers: Any, value: int = 0) -> list[dict[str, Any]]:
    """Return rows with a nested list each."""
    return [{"id": n, "value": value, "tags": [{"tag": f"{n}.{i}.{value}"} for i in range(2)]} for n in numbers]


def test_append_in_two_loads(tmp_path: Path, bucket: str) -> None:
    """Files of both loads count, nested tables too, and the system tables are there."""
    pipeline = make(tmp_path, bucket)
    pipeline.run(documents(range(3)), table_name="docs")
    pipeline.run(documents(range(3, 5)), table_name="docs")
    assert counts(pipeline) == {"docs": 5, "docs__tags": 10}
    assert [row[0] for row in query(pipeline, "SELECT id FROM docs ORDER BY id")] == [0, 1, 2, 3, 4]
    assert query(pipeline, "SELECT count(*), count(DISTINCT load_id), sum(status) FROM _dlt_loads") == [(2, 2, 0)]
    assert query(pipeline, "SELECT count(*) FROM _dlt_version") == [(1,)]
    assert query(pipeline, "SELECT DISTINCT pipeline_name FROM _dlt_pipeline_state") == [("files",)]


def test_replace_deletes_what_it_supersedes(tmp_path: Path, bucket: str) -> None:
    """Only the files of the last load count, and only they are left; other tables stay."""
    pipeline = make(tmp_path, bucket)
    pipeline.run([{"id": 1}], table_name="other")
    for value in range(3):
        pipeline.run(documents(range(4 - value), value), table_name="docs", write_disposition="replace")
    assert counts(pipeline) == {"docs": 2, "docs__tags": 4, "other": 1}
    assert query(pipeline, "SELECT DISTINCT value FROM docs") == [(2,)]
    assert [name.partition("/")[0] for name in data_files(bucket)] == ["docs", "docs__tags", "other"]


@pytest.mark.parametrize("strategy", ["delete-insert", "upsert"])
def test_merge_updates_rows_and_their_nested_rows(tmp_path: Path, bucket: str, strategy: str) -> None:
    """A row of a known key takes the place of the old one, together with its nested rows."""
    pipeline = make(tmp_path, bucket)
    how: Any = {"disposition": "merge", "strategy": strategy}
    for numbers, value in ((range(4), 0), (range(2, 6), 1)):
        pipeline.run(documents(numbers, value), table_name="docs", write_disposition=how, primary_key="id")
    assert counts(pipeline) == {"docs": 6, "docs__tags": 12}
    assert query(pipeline, "SELECT id, value FROM docs ORDER BY id") == [(n, int(n >= 2)) for n in range(6)]
    joined = (
        "SELECT count(*) FROM docs d JOIN docs__tags t ON t._dlt_parent_id = d._dlt_id WHERE t.tag LIKE d.id || '.%'"
    )
    assert query(pipeline, joined) == [(12,)]
    assert query(pipeline, "SELECT count(*) FROM docs__tags WHERE tag LIKE '%.1'") == [(8,)]
    assert len(data_files(bucket)) == 2


def test_merge_that_inserts_only(tmp_path: Path, bucket: str) -> None:
    """Rows of known keys stay as they are."""
    pipeline = make(tmp_path, bucket)
    how: Any = {"disposition": "merge", "strategy": "insert-only"}
    for numbers, value in ((range(3), 0), (range(1, 5), 1)):
        pipeline.run(documents(numbers, value), table_name="docs", write_disposition=how, primary_key="id")
    assert query(pipeline, "SELECT id, value FROM docs ORDER BY id") == [(0, 0), (1, 0), (2, 0), (3, 1), (4, 1)]
    assert counts(pipeline)["docs__tags"] == 10


def test_merge_deletes(tmp_path: Path, bucket: str) -> None:
    """A row that says so deletes the row of its key, with its nested rows."""
    pipeline = make(tmp_path, bucket)
    columns: Any = {"gone": {"hard_delete": True, "data_type": "bool"}}
    for rows in (documents(range(3)), [{"id": 1, "gone": True}]):
        pipeline.run(rows, table_name="docs", write_disposition="merge", primary_key="id", columns=columns)
    assert query(pipeline, "SELECT id FROM docs ORDER BY id") == [(0,), (2,)]
    assert counts(pipeline)["docs__tags"] == 4


def test_merge_after_append(tmp_path: Path, bucket: str) -> None:
    """Rows that were appended before, without ids of roots, are merged like others."""
    pipeline = make(tmp_path, bucket)
    pipeline.run(documents(range(3)), table_name="docs")
    pipeline.run(documents([1], 1), table_name="docs", write_disposition="merge", primary_key="id")
    assert query(pipeline, "SELECT id, value FROM docs ORDER BY id") == [(0, 0), (1, 1), (2, 0)]
    assert counts(pipeline)["docs__tags"] == 6


def test_refresh_and_merge_in_one_load(tmp_path: Path, bucket: str) -> None:
    """A table that the load drops first has none of its old rows after the merge."""
    pipeline = make(tmp_path, bucket)

    @dlt.resource(name="docs", write_disposition="merge", primary_key="id")
    def docs(numbers: Any) -> Any:
        yield documents(numbers)

    @dlt.source
    def source(numbers: Any) -> Any:
        return docs(numbers)

    pipeline.run(source(range(3)))
    pipeline.run(source([7]), refresh="drop_resources")
    assert query(pipeline, "SELECT id FROM docs") == [(7,)]
    assert counts(pipeline) == {"docs": 1, "docs__tags": 2}


def test_columns_that_come_later(tmp_path: Path, bucket: str) -> None:
    """Files of earlier loads show NULL in columns that they lack."""
    pipeline = make(tmp_path, bucket)
    pipeline.run([{"id": 1}], table_name="rows")
    pipeline.run([{"id": 2, "late": "x"}], table_name="rows")
    assert query(pipeline, "SELECT id, late FROM rows ORDER BY id") == [(1, None), (2, "x")]


@pytest.mark.parametrize("disposition", ["append", "merge"])
@pytest.mark.parametrize("file_format", FORMATS)
def test_values_survive_every_format(tmp_path: Path, file_format: str, disposition: Any) -> None:
    """Text that looks like something else stays text; numbers keep all digits."""
    from datetime import datetime, timezone
    from decimal import Decimal

    row = {
        "id": 2**63 - 1,
        "moment_text": "2024-01-01T00:00:00Z",
        "quoted": 'a "b",\nc',
        "empty": "",
        "amount": Decimal("12345678901234567890.123456789"),
        "seen": datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc),
        "ratio": 0.1,
        "yes": True,
    }
    pipeline = make(tmp_path, str(tmp_path / "bucket"))
    columns: Any = {"moment_text": {"data_type": "text"}}
    options: Any = {
        "columns": columns,
        "loader_file_format": file_format,
        "write_disposition": disposition,
        "primary_key": "id",
    }
    for _ in range(2):
        pipeline.run([row], table_name="rows", **options)
    assert query(pipeline, f"SELECT DISTINCT {', '.join(row)} FROM rows") == [tuple(row.values())]
    endings = {name.rpartition(".")[2] for name in data_files(str(tmp_path / "bucket")) if name.startswith("rows/")}
    assert endings == ({file_format} if disposition == "append" else {"parquet"})


@dlt.resource(table_name="rows")
def new_rows(last: int, cursor: Any = CURSOR) -> Any:
    """Yield rows of which a cursor lets the new ones pass."""
    yield [{"id": n} for n in range(1, last + 1)]


def test_restore_on_an_empty_working_folder(tmp_path: Path, bucket: str) -> None:
    """State and schema come back from the files alone."""
    make(tmp_path / "first", bucket).run(new_rows(3))
    pipeline = make(tmp_path / "second", bucket)
    pipeline.sync_destination()
    assert "rows" in pipeline.default_schema.tables
    pipeline.run(new_rows(5))
    assert query(pipeline, "SELECT id FROM rows ORDER BY id") == [(n,) for n in range(1, 6)]


def test_run_restores_by_itself(tmp_path: Path, bucket: str) -> None:
    """The first run in an empty working folder takes up where the dataset stands."""
    make(tmp_path / "first", bucket).run(new_rows(3))
    pipeline = make(tmp_path / "second", bucket)
    pipeline.run(new_rows(5))
    assert query(pipeline, "SELECT id FROM rows ORDER BY id") == [(n,) for n in range(1, 6)]


def test_dataset_that_was_dropped(tmp_path: Path, bucket: str) -> None:
    """A pipeline whose dataset is gone begins anew."""
    pipeline = make(tmp_path, bucket)
    pipeline.run(documents(range(3)), table_name="docs")
    with pipeline.destination_client_for() as client:
        client.drop_dataset()
        assert not client.has_dataset()
    pipeline.run(documents([9]), table_name="docs")
    assert counts(pipeline) == {"docs": 1, "docs__tags": 2}


def test_the_same_package_twice(tmp_path: Path, bucket: str) -> None:
    """A load that the dataset has already changes nothing."""
    import shutil

    pipeline = make(tmp_path, bucket)
    pipeline.extract(documents(range(3)), table_name="docs")
    pipeline.normalize()
    waiting = tmp_path / "pipelines" / "files" / "normalized"
    shutil.copytree(waiting, tmp_path / "copy")
    pipeline.load()
    before = data_files(bucket)
    shutil.copytree(tmp_path / "copy", waiting, dirs_exist_ok=True)
    pipeline.load()
    assert counts(pipeline) == {"docs": 3, "docs__tags": 6}
    assert data_files(bucket) == before


@pytest.mark.parametrize("disposition", ["append", "replace", "merge"])
def test_a_layout_by_schema_keeps_tables_of_schemas_apart(tmp_path: Path, bucket: str, disposition: Any) -> None:
    """Tables of one name in one dataset: each schema reads, replaces, merges and drops its own files."""
    layout = "{schema_name}/{table_name}/{load_id}.{file_id}.{ext}"
    destination = dlt.destinations.filesystem(bucket_url=bucket, layout=layout)
    pipeline = dlt.pipeline(
        "several", destination=destination, dataset_name="data", pipelines_dir=str(tmp_path), use_single_dataset=True
    )

    def load(schema: str, *values: int, **options: Any) -> None:
        shared = dlt.resource(
            [{"id": value} for value in values], name="shared", write_disposition=disposition, primary_key="id"
        )
        pipeline.run(dlt.source(lambda: shared, name=schema)(), **options)

    def ids(**options: Any) -> list[int]:
        return sorted(row[0] for row in pipeline.dataset(**options)["shared"]["id"].fetchall())

    load("first", 1, 2)
    load("second", 2, 3)
    assert (ids(schema="first"), ids(schema="second"), ids()) == ([1, 2], [2, 3], [1, 2, 2, 3])
    load("first", 2, 4)
    left = {"append": [1, 2, 2, 4], "replace": [2, 4], "merge": [1, 2, 4]}[disposition]
    assert (ids(schema="first"), ids(schema="second")) == (left, [2, 3])
    load("second", 5, refresh="drop_sources")
    assert (ids(schema="first"), ids(schema="second")) == (left, [5])
    assert {path.split("/")[0] for path in data_files(bucket)} == {"first", "second"}
