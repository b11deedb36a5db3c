"""Behaviour that docs/differences.md lists and no other test holds, and the page itself: each line names its tests."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import dlt
from dlt.destinations.adapters import iceberg_adapter, postgres_adapter
from dlt.errors import CannotCoerceNullException, PipelineStepFailed

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "differences.md"
LINE = re.compile(r"^- (.*?)(?=^- |^## |\Z)", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"<!-- (.*?) -->", re.DOTALL)


def lines() -> list[str]:
    """Return the lines of the page that tell a difference of behaviour, and of what is not there."""
    text = PAGE.read_text(encoding="utf-8")
    sections = [text.partition(f"## {title}\n")[2].partition("\n## ")[0] for title in ("Behaviour", "Not here")]
    return [line for section in sections for line in LINE.findall(section)]


def test_each_line_names_a_test_that_exists() -> None:
    """In a comment that readers of the page do not see; a file of tests and the name of one in it."""
    assert len(lines()) > 60
    for line in lines():
        named = [name for found in NAMED.findall(line) for name in found.split()]
        assert named, f"No test is named: {line}"
        for name in named:
            file, _, test = name.partition("::")
            tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
            assert test in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, name


def test_each_line_says_what_is_not_alike() -> None:
    """What holds here, in one line or several, before the names of its tests."""
    assert [line for line in lines() if len(NAMED.sub("", line).strip()) < 20] == []


def test_a_file_that_is_imported_has_the_columns_of_its_header(pipeline: Any, own_folder: Path) -> None:
    """Without a word about its columns."""
    (own_folder / "x.csv").write_text("a,b\n1,2\n")

    @dlt.resource
    def files() -> Iterator[Any]:
        yield dlt.mark.with_file_import("x.csv", "csv", 1)

    assert not pipeline.run(files()).has_failed_jobs
    assert pipeline.dataset().files.select("a", "b").fetchall() == [(1, 2)]


@pytest.mark.parametrize("returned", [{"a": 1}, "text"])
def test_a_function_that_returns_what_is_no_list_of_rows(pipeline: Any, returned: Any) -> None:
    """Its keys or letters are no rows that anybody means."""

    @dlt.resource
    def one() -> Any:
        return returned

    with pytest.raises(PipelineStepFailed, match="yield"):
        pipeline.run(one())


def test_a_resource_that_is_not_called_takes_its_arguments_from_the_configuration(
    pipeline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a transformer its items from a list, a function or a generator."""
    monkeypatch.setenv("SOURCES__TEST_DIFFERENCES__NUMBERS__START", "4")

    @dlt.resource
    def numbers(start: int) -> Iterator[Any]:
        yield {"n": start}

    @dlt.transformer
    def doubled(n: int) -> Iterator[Any]:
        yield {"n": 2 * n}

    pipeline.run(numbers)
    assert pipeline.dataset().numbers.select("n").fetchall() == [(4,)]
    assert list([1, 2] | doubled) == [{"n": 2}, {"n": 4}]
    assert list((lambda: iter([3])) | doubled) == [{"n": 6}]


def test_a_cursor_may_have_an_end_alone(pipeline: Any) -> None:
    """What lies behind it is left out."""

    @dlt.resource
    def rows(at: Any = dlt.sources.incremental("at", end_value=3)) -> Iterator[Any]:
        yield [{"at": at} for at in range(5)]

    assert [row["at"] for row in rows()] == [0, 1, 2]


def test_files_go_to_databases_as_arrow_and_into_folders_as_they_are_named(pipeline: Any, own_folder: Path) -> None:
    """The format of a job says which, and a file of text is not compressed."""
    [job] = pipeline.run([{"a": 1}], table_name="t").load_packages[0].jobs["completed_jobs"]
    assert job.job_file_info.file_format == "arrow"
    folder = dlt.pipeline("texts", destination=dlt.destinations.filesystem("bucket"), dataset_name="data")
    for kind in ("csv", "jsonl"):
        folder.run([{"a": 1}], table_name=kind, loader_file_format=kind)
        [path] = (own_folder / "bucket" / "data" / kind).iterdir()
        assert path.suffix == f".{kind}" and path.read_bytes()[:1] in (b'"', b"a", b"{")


def test_a_null_in_a_column_of_arrow_data_that_must_have_a_value(pipeline: Any) -> None:
    """The same error as in rows."""
    columns: Any = {"a": {"nullable": False, "data_type": "bigint"}}
    for data in (pa.table({"a": [1, None]}), [{"a": 1}, {"a": None}]):
        with pytest.raises(PipelineStepFailed) as raised:
            pipeline.run(data, table_name="t", columns=columns)
        assert isinstance(raised.value.__cause__, CannotCoerceNullException)


def test_a_history_does_not_look_at_the_order_of_keys(pipeline: Any) -> None:
    """Inside of a document, and of documents in lists."""
    hints: Any = {"write_disposition": {"disposition": "merge", "strategy": "scd2"}, "table_name": "t"}
    columns: Any = {"doc": {"data_type": "json"}}
    pipeline.run([{"id": 1, "doc": {"a": 1, "b": [{"x": 1, "y": 2}]}}], columns=columns, **hints)
    pipeline.run([{"doc": {"b": [{"y": 2, "x": 1}], "a": 1}, "id": 1}], columns=columns, **hints)
    assert len(pipeline.dataset().t.fetchall()) == 1


def test_names_are_cut_by_bytes() -> None:
    """Letters beyond ASCII have several; and a name of underscores alone is one of them."""
    direct = dlt.Schema("s", normalizers={"names": "direct"}).naming
    assert len(type(direct)(max_length=20).normalize_identifier("ä" * 30).encode()) <= 20
    assert dlt.Schema("s", normalizers={"names": "sql_ci_v1"}).naming.normalize_identifier("___") == "_"


def test_a_trace_is_a_document_of_json(pipeline: Any) -> None:
    """Which any program reads without running anything that stands in it."""
    pipeline.run([1], table_name="t")
    stored = json.loads((Path(pipeline.working_dir) / "trace.json").read_text())
    assert stored["pipeline_name"] == "spec" or stored
    assert not list(Path(pipeline.working_dir).rglob("*.pickle"))


def test_adapters_say_what_nothing_here_does(pipeline: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Partitions of Iceberg and geometries of Postgres stand in the schema, and the log tells the rest."""
    caplog.set_level("WARNING", logger="dlt")
    given = iceberg_adapter(dlt.resource([{"a": 1}], name="t"), partition="a")
    placed = postgres_adapter(dlt.resource([{"g": "POINT (1 2)"}], name="g"), geometry="g")
    pipeline.run([given, placed])
    assert pipeline.dataset().g.select("g").fetchall() == [("POINT (1 2)",)]
    assert pipeline.default_schema.tables["t"]


def test_a_merge_needs_the_ids_of_roots_whatever_the_source_says(pipeline: Any) -> None:
    """Nested rows are found by them."""

    @dlt.source(root_key=False)
    def shop() -> Any:
        rows = [{"id": 1, "parts": [{"part": 1}]}]
        return dlt.resource(rows, name="orders", primary_key="id", write_disposition="merge")

    for _ in range(2):
        pipeline.run(shop())
    assert "_dlt_root_id" in pipeline.default_schema.tables["orders__parts"]["columns"]
    assert pipeline.dataset().orders__parts.select("part").fetchall() == [(1,)]


def test_a_database_of_a_pipeline_stands_with_other_databases(
    own_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`:pipeline:` names it after the pipeline, and leaves the working folder to the library."""
    monkeypatch.chdir(own_folder)
    made = dlt.pipeline(
        "daily", destination=dlt.destinations.duckdb(":pipeline:"), pipelines_dir=str(tmp_path / "work")
    )
    made.run([{"a": 1}], table_name="t")
    assert (own_folder / "daily.duckdb").exists() and not list((tmp_path / "work").rglob("*.duckdb"))


@pytest.mark.parametrize("configured", [True, False])
def test_a_folder_of_a_pipeline_stands_with_other_folders(
    own_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configured: bool
) -> None:
    """`:pipeline:` names it after the pipeline, whether the program or the configuration says it."""
    monkeypatch.chdir(own_folder)
    destination = dlt.destinations.filesystem(None if configured else ":pipeline:")
    if configured:
        monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", ":pipeline:")
    made = dlt.pipeline("daily", destination=destination, dataset_name="data", pipelines_dir=str(tmp_path / "work"))
    info = made.run([{"a": 1}], table_name="t")
    assert info.destination_displayable_credentials == str(own_folder / "daily")
    assert list((own_folder / "daily" / "data" / "t").iterdir()) and not (own_folder / ":pipeline:").exists()
    assert made.dataset().t.select("a").fetchall() == [(1,)]


def test_the_convention_of_a_destination_counts_for_new_schemas(tmp_path: Path) -> None:
    """Tables that are there keep their names, and their next rows go to them."""

    def destination(naming: str) -> Any:
        return dlt.destinations.duckdb(str(tmp_path / "x.duckdb"), naming_convention=naming)

    for number, naming in enumerate(("snake_case", "duck_case")):
        made = dlt.pipeline("names", destination=destination(naming), dataset_name="data", pipelines_dir=str(tmp_path))
        made.run([{"userName": number}], table_name="MyTable")
    assert made.dataset().my_table.select("user_name").fetchall() == [(0,), (1,)]
    fresh = dlt.pipeline("fresh", destination=destination("duck_case"), dataset_name="d", pipelines_dir=str(tmp_path))
    fresh.run([{"userName": 1}], table_name="MyTable")
    assert fresh.dataset()["MyTable"].select("userName").fetchall() == [(1,)]


def test_an_info_of_several_datasets_names_that_of_the_pipeline(pipeline: Any) -> None:
    """Each package names its own."""
    sources = [dlt.source(lambda: dlt.resource([1], name="t"), name=name)() for name in ("one", "two")]
    info = pipeline.run(sources)
    own = pipeline.dataset_name
    assert [info.metrics[load_id][0]["dataset_name"] for load_id in info.loads_ids] == [own, f"{own}_two"]
    assert info.dataset_name == own


def test_a_variant_is_marked_alike_in_every_naming_convention(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where names stay as they are, and other parts of a name are joined by a mark of their own."""
    monkeypatch.setenv("SCHEMA__NAMING", "direct")
    pipeline.run([{"userId": 1}, {"userId": "x"}], table_name="t")
    assert {"userId", "userId__v_text"} <= set(pipeline.default_schema.tables["t"]["columns"])


def test_a_lower_limit_of_nesting_leaves_no_nested_rows_behind(pipeline: Any) -> None:
    """What is nested in a row that is merged goes with it, whether this run has nested rows or not."""
    for limit in (9, 0):
        rows = [{"id": 1, "parts": [{"part": limit, "sizes": [limit]}]}]
        orders = dlt.resource(
            rows,
            name="orders",
            primary_key="id",
            write_disposition={"disposition": "merge", "strategy": "upsert"},
            max_table_nesting=limit,
        )
        pipeline.run(orders)
    counts = dict(pipeline.dataset().row_counts().fetchall())
    assert counts == {"orders": 1, "orders__parts": 0, "orders__parts__sizes": 0}


@pytest.mark.parametrize("file_format", ["jsonl", "parquet", None])
def test_bytes_arrive_as_they_are(pipeline: Any, file_format: Any) -> None:
    """Whatever the format of the files."""
    pipeline.run([{"b": b"\x00\xff"}], table_name="t", loader_file_format=file_format)
    assert pipeline.dataset().t.select("b").fetchall() == [(b"\x00\xff",)]


def test_a_run_with_nothing_to_load_gives_an_info_without_loads(pipeline: Any) -> None:
    """It has all that other infos have, and is empty."""
    assert pipeline.run().is_empty and pipeline.run(None).is_empty
    assert not pipeline.run([{"id": 1}], table_name="items").is_empty
    assert pipeline.run().is_empty


def test_a_bucket_has_manifests_and_no_files_of_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They say which files count, and hold loads, versions and states; the format of files is that of the run."""
    monkeypatch.setenv("COMPAT__DLT1", "true")
    place = dlt.destinations.filesystem(str(tmp_path / "bucket"))
    pipeline = dlt.pipeline("files", destination=place, dataset_name="data", pipelines_dir=str(tmp_path / "p"))
    pipeline.run([{"id": 1}], table_name="items", loader_file_format="parquet")
    pipeline.run([{"id": 2}], table_name="items")
    folder = tmp_path / "bucket" / "data"
    assert sorted(path.name for path in folder.iterdir()) == ["_dlt_snapshots", "_dlt_tries", "items"]
    assert sorted(path.suffixes[-1] for path in (folder / "items").iterdir()) == [".gz", ".parquet"]
    assert len(pipeline.dataset().table("_dlt_loads").fetchall()) == 2
