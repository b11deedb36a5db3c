"""Hints from run to run: what the code says now holds, columns come in the order of the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

import dlt
from dlt.errors import InvalidHint, PipelineStepFailed, SchemaCorruptedException

SCD2 = {"disposition": "merge", "strategy": "scd2"}


def stored(pipeline: Any, table: str = "t") -> list[str]:
    """Return the columns of a table at the destination, in their order."""
    return [name for name in pipeline.dataset()[table].columns if not name.startswith("_dlt")]


def load(pipeline: Any, rows: Any, **hints: Any) -> None:
    """Run one resource."""
    pipeline.run(dlt.resource(rows, name="t", **hints))


def keyed(pipeline: Any, hint: str = "primary_key") -> list[str]:
    """Return the columns that have a hint."""
    return [name for name, column in pipeline.default_schema.tables["t"]["columns"].items() if column.get(hint)]


ROW = {"c1": 1, "o": {"z": 1, "a": 2}, "c2": 2, "c3": "x", "l": [{"y": 1, "x": 2}]}


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("arrow", [True, False])
def test_columns_stand_in_the_order_of_the_data(pipeline: Any, typed: bool, arrow: bool) -> None:
    """Hints with and without a type do not move a column; nested tables and later columns follow the same rule."""
    hints: Any = {"columns": {"c3": {"data_type": "text"} if typed else {"description": "last"}}, "primary_key": "c2"}
    if arrow:
        load(pipeline, pa.table({"c1": [1], "c2": [2], "c3": ["x"]}), **hints)
        assert stored(pipeline) == ["c1", "c2", "c3"]
        load(pipeline, pa.table({"b": [1], "c2": [2], "a": ["x"]}), columns={"a": {"description": "new"}})
        assert stored(pipeline) == ["c1", "c2", "c3", "b", "a"]
        return
    load(pipeline, [ROW], **hints, nested_hints={"l": {"columns": {"x": {"description": "second"}}}})
    assert stored(pipeline) == ["c1", "o__z", "o__a", "c2", "c3"] and stored(pipeline, "t__l") == ["y", "x"]
    load(pipeline, [{"b": 1, **ROW, "a": 1}], columns={"a": {"description": "new"}})
    assert stored(pipeline) == ["c1", "o__z", "o__a", "c2", "c3", "b", "a"]


def test_a_key_of_an_earlier_run_goes_when_another_one_is_declared(pipeline: Any) -> None:
    """Also one that named a column which never came; an empty key removes it."""
    load(pipeline, [{"a": 1, "b": 1}], primary_key="a", write_disposition="merge")
    load(pipeline, [{"a": 2, "b": 1}], primary_key="b", write_disposition="merge")
    assert keyed(pipeline) == ["b"] and pipeline.dataset().t.select("a").fetchall() == [(2,)]
    load(pipeline, [{"a": 2, "b": 1}], merge_key="a", write_disposition="merge")
    load(pipeline, [{"a": 2, "b": 1}], columns={"b": {"merge_key": True}}, write_disposition="merge")
    assert (keyed(pipeline), keyed(pipeline, "merge_key")) == (["b"], ["b"])
    pipeline.run(dlt.resource([{"a": 2, "b": 1}], name="t", primary_key="a").apply_hints(primary_key=""))
    assert keyed(pipeline) == []


def test_what_a_strategy_said_goes_with_it(pipeline: Any) -> None:
    """A boundary of an earlier run does not stay; a hint that one column may have moves."""
    load(pipeline, [{"a": 1}], write_disposition={**SCD2, "boundary_timestamp": "2024-01-01"})
    assert pipeline.default_schema.tables["t"]["x-boundary-timestamp"] == "2024-01-01"
    load(pipeline, [{"a": 1}], write_disposition={**SCD2, "boundary_timestamp": None})
    assert "x-boundary-timestamp" not in pipeline.default_schema.tables["t"]
    load(pipeline, [{"a": 1}], write_disposition="append")
    assert "x-valid-from" not in pipeline.default_schema.tables["t"]
    load(pipeline, [{"a": 1, "d": True}], columns={"d": {"hard_delete": True}})
    load(pipeline, [{"a": 1, "e": True}], columns={"e": {"hard_delete": True}})
    assert keyed(pipeline, "hard_delete") == ["e"]


def test_names_inside_of_a_write_disposition_are_those_of_the_columns(pipeline: Any) -> None:
    """The naming convention in force counts for them as for data."""
    scd2 = {**SCD2, "validity_column_names": ["validFrom", "To"], "row_version_column_name": "rowVer"}
    load(pipeline, [{"id": 1, "rowVer": "a"}], write_disposition=scd2)
    load(pipeline, [{"id": 2, "rowVer": "a"}, {"id": 3, "rowVer": "b"}], write_disposition=scd2)
    assert sorted(stored(pipeline)) == ["id", "row_ver", "to", "valid_from"]
    assert sorted(pipeline.dataset().t.select("id").fetchall()) == [(1,), (3,)]


def test_the_version_of_a_row_is_never_null(pipeline: Any) -> None:
    """Its column says so where the table is new; one that has rows without a version stays as it is."""
    scd2 = {**SCD2, "row_version_column_name": "rowVer"}
    load(pipeline, [{"id": 1, "rowVer": "a"}], write_disposition=scd2)
    assert pipeline.default_schema.tables["t"]["columns"]["row_ver"]["nullable"] is False
    pipeline.run(dlt.resource([{"id": 1}], name="older", write_disposition=SCD2))
    pipeline.run(dlt.resource([{"id": 1, "rowVer": "a"}], name="older", write_disposition=scd2))
    assert pipeline.default_schema.tables["older"]["columns"]["row_ver"]["nullable"] is True


@pytest.mark.parametrize("way", ["run", "live"])
def test_a_wrong_type_fails_in_extract_and_leaves_nothing(pipeline: Any, way: str) -> None:
    """Given to run, or edited in the live schema."""
    bad: Any = {"n": {"name": "n", "data_type": "string"}}
    pipeline.run([{"n": 1}], table_name="ok")
    hints = {"columns": bad} if way == "run" else {}
    if way == "live":
        pipeline.default_schema.tables["ok"]["columns"].update(bad)
    with pytest.raises(PipelineStepFailed, match=r"table 'ok', column 'n'.*'string'.*bigint") as failure:
        pipeline.run([{"n": 1}], table_name="ok", **hints)
    assert failure.value.step == "extract" and isinstance(failure.value.__cause__, InvalidHint)
    pipeline.default_schema.tables["ok"]["columns"]["n"]["data_type"] = "bigint"
    pipeline.run([{"n": 1}], table_name="ok")


def test_a_wrong_schema_file_is_named(own_folder: Path) -> None:
    """The message says which file, table and column, or that it is no YAML."""
    path = own_folder / "in" / "io.schema.yaml"
    dlt.pipeline("io", destination="duckdb", import_schema_path="in").run([{"id": 1}], table_name="items")
    content = yaml.safe_load(path.read_text())
    content["tables"]["items"] = {"columns": {"id": {"data_type": "string"}}}
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(Exception, match=r"io.schema.yaml, table 'items', column 'id'.*'string'"):
        dlt.pipeline("io", destination="duckdb", import_schema_path="in").run([{"id": 1}], table_name="items")
    path.write_text("tables: [")
    with pytest.raises((PipelineStepFailed, SchemaCorruptedException), match=r"io\.schema\.yaml"):
        dlt.pipeline("io", destination="duckdb", import_schema_path="in").run([{"id": 1}], table_name="items")


@pytest.mark.parametrize(
    ("first", "later", "wanted"),
    [
        ((1, {}), {"data_type": "text"}, "text"),
        (("x", {}), {"data_type": "bigint"}, "bigint"),
        ((1, {"data_type": "bigint", "precision": 16}), {"precision": 32}, r"bigint\(32\)"),
        ((1, {"data_type": "decimal", "scale": 2, "precision": 9}), {"scale": 3}, r"decimal\(9, 3\)"),
        ((1, {"data_type": "wei"}), {"data_type": "decimal"}, "decimal"),
        ((1, {"data_type": "timestamp", "precision": 0}), {"precision": 6}, r"timestamp\(6\)"),
    ],
)
@pytest.mark.parametrize("nested", [True, False])
def test_a_loaded_column_takes_no_other_type(pipeline: Any, first: Any, later: Any, wanted: str, nested: bool) -> None:
    """A type that the column cannot hold is refused before anything is loaded; nothing waits, and a refresh helps."""

    def hints(columns: Any) -> dict[str, Any]:
        return {"nested_hints": {"l": {"columns": {"v": columns}}}} if nested else {"columns": {"v": columns}}

    row = {"l": [{"v": first[0]}]} if nested else {"v": first[0]}
    load(pipeline, [row], **hints(first[1]))
    with pytest.raises(PipelineStepFailed, match=f"column 'v': the hint says {wanted}, and") as failure:
        load(pipeline, [row], **hints(later))
    assert isinstance(failure.value.__cause__, InvalidHint) and not pipeline.has_pending_data
    load(pipeline, [row], **hints(first[1]))
    pipeline.run(dlt.resource([{}], name="t", **hints({**first[1], **later})), refresh="drop_resources")


def test_a_loaded_column_takes_a_type_that_it_holds(pipeline: Any) -> None:
    """Fewer digits, and documents in a column of text; a function of one's own has no columns."""
    load(pipeline, [{"v": "x", "n": 1}])
    load(pipeline, [{"v": {"a": 1}, "n": 2}], columns={"v": {"data_type": "json"}, "n": {"precision": 16}})
    assert pipeline.dataset().t.select("v", "n").fetchall() == [("x", 1), ('{"a":1}', 2)]
    taken: list[Any] = []
    sink = dlt.pipeline("sink", destination=dlt.destination(lambda items, table: taken.extend(items), name="sink"))
    load(sink, [{"v": 1}])
    load(sink, [{"v": 1}], columns={"v": {"data_type": "text"}})
    assert [row["v"] for row in taken] == [1, "1"]


@pytest.mark.parametrize(
    ("hints", "found"),
    [
        ({"write_disposition": {**SCD2, "validity_column_names": ["a", "z"]}}, "the data has the column 'a'"),
        ({"write_disposition": {**SCD2, "validity_column_names": ["z", "B c"]}}, "the data has the column 'b_c'"),
        ({"write_disposition": {**SCD2, "validity_column_names": ["zA", "z_a"]}}, "become one column, 'z_a'"),
        ({"columns": {"aB": {"data_type": "text"}, "a_b": {"data_type": "date"}}}, "'aB' and 'a_b' are for one column"),
    ],
)
@pytest.mark.parametrize("arrow", [True, False])
def test_columns_that_meet_under_one_name_are_refused(pipeline: Any, hints: Any, found: str, arrow: bool) -> None:
    """A history takes no column of the data for its own, and two declarations of one column must agree."""
    rows: Any = pa.table({"a": [1], "b_c": [2]}) if arrow else [{"a": 1, "b_c": 2}]
    with pytest.raises(PipelineStepFailed, match=found) as failure:
        load(pipeline, rows, **hints)
    assert isinstance(failure.value.__cause__, InvalidHint) and not pipeline.has_pending_data
    same = {"aB": {"data_type": "text"}, "a_b": {"data_type": "text", "nullable": True}}
    load(pipeline, rows, columns=same, write_disposition=SCD2)


@pytest.mark.parametrize(
    "hints",
    [
        {"columns": {"a": {"data_type": "decimal", "precision": 3, "scale": 5}}},
        {"columns": {"_dlt_id": {"data_type": "bigint"}}},
        {"columns": {"_dlt_list_idx": {"data_type": "text"}}},
        {"write_disposition": {"disposition": "merge", "deduplicated": "yes"}},
    ],
)
def test_hints_that_no_load_can_follow_are_refused_when_the_resource_is_made(hints: Any) -> None:
    """More digits behind the point than there are, another type of a column of the library, a flag that is none."""
    with pytest.raises(InvalidHint, match=r"table 't'.*(scale=5|data_type=|deduplicated='yes')"):
        dlt.resource([{"a": 1}], name="t", **hints)


@pytest.mark.parametrize("data", [[{"a": 1, "n": [1]}], pa.table({"a": [1]})], ids=["rows", "arrow"])
def test_a_resource_says_the_format_of_its_files(own_folder: Path, data: Any) -> None:
    """Also of its nested tables; other resources keep what the destination prefers, and a run that names one wins."""
    bucket = dlt.destinations.filesystem(str(own_folder / "bucket"))
    pipeline = dlt.pipeline("formats", destination=bucket, dataset_name="data")

    def formats(info: Any) -> set[tuple[str, str]]:
        jobs = info.load_packages[0].jobs["completed_jobs"]
        return {(j.job_file_info.table_name.partition("__")[0], j.job_file_info.file_format) for j in jobs}

    named = dlt.resource(data, name="named", file_format="csv")
    other = dlt.resource(data, name="other")
    assert formats(pipeline.run([named, other])) == {("named", "csv"), ("other", "parquet")}
    assert formats(pipeline.run(named, loader_file_format="jsonl")) == {("named", "jsonl")}
    assert pipeline.dataset().named.select("a").fetchall() == [(1,), (1,)]


def test_hints_lead_into_documents_also_where_keys_are_no_paths(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Schemas that began before 1.4 take the underscores of a key for one; those in a hint stand between levels."""
    monkeypatch.setenv("SCHEMA__USE_BREAK_PATH_ON_NORMALIZE", "false")
    hints: Any = {"primary_key": "k__id", "write_disposition": "merge"}
    versions: Any = {**SCD2, "row_version_column_name": "k__id"}
    for seconds in (1.0, 2.0):
        rows = [{"k": {"id": 1}, "v": {"at": seconds}, "a__b": 1}]
        load(pipeline, rows, columns={"v__at": {"data_type": "timestamp"}}, **hints)
        pipeline.run(rows, table_name="history", write_disposition=versions)
    columns = pipeline.default_schema.tables["t"]["columns"]
    assert (columns["v__at"]["data_type"], stored(pipeline)) == ("timestamp", ["k__id", "v__at", "a_b"])
    assert [at.second for (at,) in pipeline.dataset().t.select("v__at").fetchall()] == [2]
    assert stored(pipeline, "history") == ["k__id", "v__at", "a_b"]
