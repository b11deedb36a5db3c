"""From hints to tables: what each hint says, what comes on top of what, and what an item may bring."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

import dlt
from dlt.errors import InconsistentTableTemplate, InvalidHint
from dlt.extract import mark
from dlt.extract.iteration import extract_items
from dlt.extract.table import build_table
from dlt.schema.naming import naming_from


@dataclasses.dataclass
class Order:
    """A class with columns."""

    id: int
    lines: list[int]
    dlt_config: ClassVar[dict[str, Any]] = {"skip_nested_types": True}


def table_of(**hints: Any) -> Any:
    """Return the table of a resource with these hints."""
    return dlt.resource([{"id": 1}], name="r", **hints).compute_table_schema()


@pytest.mark.parametrize(
    ("disposition", "found"),
    [
        ("append", {"write_disposition": "append"}),
        ({"disposition": "replace", "strategy": "insert-from-staging"}, {"write_disposition": "replace"}),
        ({"disposition": "merge"}, {"write_disposition": "merge", "x-merge-strategy": "delete-insert"}),
        (
            {"disposition": "merge", "strategy": "upsert", "deduplicated": True},
            {"write_disposition": "merge", "x-merge-strategy": "upsert", "x-deduplicated": True},
        ),
        (
            {"disposition": "merge", "strategy": "scd2", "boundary_timestamp": datetime.date(2024, 1, 2)},
            {
                "write_disposition": "merge",
                "x-merge-strategy": "scd2",
                "x-valid-from": "_dlt_valid_from",
                "x-valid-to": "_dlt_valid_to",
                "x-boundary-timestamp": "2024-01-02",
            },
        ),
        (
            {"disposition": "merge", "strategy": "scd2", "row_version_column_name": "v"},
            {
                "write_disposition": "merge",
                "x-merge-strategy": "scd2",
                "x-valid-from": "_dlt_valid_from",
                "x-valid-to": "_dlt_valid_to",
                "x-row-version": "v",
            },
        ),
    ],
)
def test_a_write_disposition_becomes_keys_of_the_table(disposition: Any, found: dict[str, Any]) -> None:
    """The name alone, and for a merge its strategy with all that belongs to it; nothing else."""
    table = table_of(write_disposition=disposition)
    assert {k: v for k, v in table.items() if k not in ("name", "columns", "resource")} == found


def test_columns_of_a_history_are_of_its_type() -> None:
    """Whatever else a hint says of them stays."""
    columns: Any = {"since": {"data_type": "text", "description": "first day"}}
    disposition: Any = {"disposition": "merge", "strategy": "scd2", "validity_column_names": ["since", "until"]}
    table = table_of(write_disposition=disposition, columns=columns)
    assert table["columns"] == {
        "since": {"name": "since", "data_type": "timestamp", "nullable": True, "description": "first day"},
        "until": {"name": "until", "data_type": "timestamp", "nullable": True},
    }


def test_a_key_comes_before_what_columns_say() -> None:
    """One that is named for the table replaces flags of columns; an empty one takes them away."""
    columns: Any = {"a": {"primary_key": True}, "b": {"merge_key": True}}
    assert table_of(columns=columns, primary_key="b")["columns"] == {
        "a": {"name": "a"},
        "b": {"name": "b", "merge_key": True, "primary_key": True, "nullable": False},
    }
    made = dlt.resource([1], name="r", columns=columns).apply_hints(primary_key=())
    assert made.compute_table_schema()["columns"] == {"a": {"name": "a"}, "b": {"name": "b", "merge_key": True}}
    assert made.removed_keys() == ["primary_key"]


def test_more_hints_are_joined_with_what_is_there() -> None:
    """Documents key by key, all else in place of what another hint said; also by several calls."""
    made = dlt.resource([1], name="r", max_table_nesting=2, additional_table_hints={"x-one": {"a": 1}, "x-two": 1})
    made.apply_hints(additional_table_hints={"x-one": {"b": 2}, "x-normalizer": {"own": True}})
    table: Any = made.compute_table_schema()
    assert (table["x-one"], table["x-two"]) == ({"b": 2}, 1)
    assert table["x-normalizer"] == {"max_nesting": 2, "own": True}


def test_fields_of_a_class_that_are_left_to_the_data_are_noted() -> None:
    """`skip_nested_types` declares no column for a document, and its columns may come all the same."""
    table = build_table({"columns": Order}, "orders")
    assert list(table["columns"]) == ["id"] and table["x-normalizer"] == {"open-columns": ["lines"]}


def test_nested_hints_make_tables_below_the_root() -> None:
    """A path is a key or a tuple of keys; the hints may be functions of the item, in whole or in part."""
    naming = naming_from("snake_case")
    made = dlt.resource([{"id": 1}], name="Orders")
    nested: Any = {("Lines", "Tags"): {"primary_key": lambda item: item["key"]}, "lines": mark.make_nested_hints()}
    for hints in (nested, lambda _: nested):
        made.apply_hints(nested_hints=hints)
        inner, lines = made.compute_nested_table_schemas("Orders", naming, {"key": "id"})
        assert (inner["name"], inner["parent"]) == ("orders__lines__tags", "orders__lines")
        assert inner["columns"]["id"]["primary_key"] and (lines["name"], lines["parent"]) == ("orders__lines", "orders")


def test_a_nested_table_has_no_name_of_its_own() -> None:
    """And a resource without nested hints has no nested tables."""
    naming = naming_from("snake_case")
    assert dlt.resource([1], name="r").compute_nested_table_schemas("r", naming) == []
    with pytest.raises(InconsistentTableTemplate, match="a nested table takes them from its parent"):
        mark.make_nested_hints(table_name="x")


def test_a_variant_of_a_table_has_hints_of_its_own() -> None:
    """It begins with those of the resource; what either is given later does not reach the other."""
    made = dlt.resource([{"id": 1}], name="r", primary_key="id")
    made.apply_hints(table_name="other", write_disposition="replace", create_table_variant=True)
    made.apply_hints(write_disposition="merge", merge_key="day")
    sent = mark.with_hints({}, None)
    assert made.compute_table_schema()["write_disposition"] == "merge"
    for meta in (mark.with_table_name({}, "other").meta, mark.HintsMeta(None, "other")):
        other: Any = made.compute_table_schema(None, meta)
        assert (other["name"], other["write_disposition"]) == ("other", "replace")
        assert other["columns"] == {"id": {"name": "id", "primary_key": True, "nullable": False}}
    assert made.compute_table_schema(None, sent.meta)["name"] == "r"


def test_hints_that_an_item_brings_hold_for_what_follows() -> None:
    """Unless they are for a variant; a mark is applied once, however often its rows ask for their table."""

    @dlt.resource
    def r() -> Iterator[Any]:
        yield {"a": 1}
        yield mark.with_hints({"a": 2}, mark.make_hints(columns={"a": {"data_type": "text"}}))
        yield {"a": 3}

    made = r()
    types = [
        resource.compute_table_schema(item, meta)["columns"].get("a", {}).get("data_type")
        for resource, item, meta in extract_items([made])
    ]
    assert types == [None, "text", "text"]


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl", "arrow"])
def test_a_whole_file_is_an_item(tmp_path: Path, kind: str) -> None:
    """Its rows go to the table of the resource, with the hints that come with it."""
    table, path = pa.table({"id": [1, 2], "name": ["a", "b"]}), tmp_path / f"rows.{kind}"
    if kind == "parquet":
        pyarrow.parquet.write_table(table, path)
    elif kind == "csv":
        pyarrow.csv.write_csv(table, path)
    elif kind == "jsonl":
        path.write_text("".join(f"{json.dumps(row)}\n\n" for row in table.to_pylist()))
    else:
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table)

    @dlt.resource
    def files() -> Iterator[Any]:
        yield mark.with_file_import(str(path), kind, 2, mark.make_hints(primary_key="id"))

    pipeline = dlt.pipeline(f"files_{kind}", destination="duckdb", pipelines_dir=str(tmp_path / "p"))
    pipeline.extract(files())
    [package] = pipeline.list_extracted_load_packages()
    info = pipeline.last_trace.last_extract_info
    assert info.metrics[package][0]["table_metrics"]["files"].items_count == 2
    assert pipeline.default_schema.tables["files"]["columns"]["id"]["primary_key"]


def test_numbers_of_a_json_file_that_is_imported_keep_what_they_are(tmp_path: Path) -> None:
    """All digits of whole ones, and none becomes infinite."""
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": 12345678901234567890123, "n": 1e400}\n')

    @dlt.resource
    def files() -> Iterator[Any]:
        yield mark.with_file_import(str(path), "jsonl", 1)

    pipeline = dlt.pipeline("digits", destination=dlt.destinations.duckdb(str(tmp_path / "db")), dataset_name="d")
    pipeline.run(files())
    assert pipeline.dataset()("SELECT id::VARCHAR, n FROM files").fetchall() == [("12345678901234567890123", "1e400")]


def test_a_file_of_an_unknown_format_is_refused(tmp_path: Path) -> None:
    """With the formats that there are."""

    @dlt.resource
    def files() -> Iterator[Any]:
        yield mark.with_file_import(str(tmp_path / "rows.xls"), "xls", 2)

    pipeline = dlt.pipeline("unknown", destination="duckdb", pipelines_dir=str(tmp_path))
    with pytest.raises(dlt.errors.PipelineStepFailed, match="Use parquet, csv, jsonl or arrow"):
        pipeline.extract(files())


def test_references_and_paths_are_checked() -> None:
    """The message says what a reference and a path are."""
    with pytest.raises(InvalidHint, match="Each is a dict with columns, referenced_table, referenced_columns"):
        table_of(references=[{"columns": ["a"]}])
    with pytest.raises(InvalidHint, match="Give the key of a list, or a tuple of keys"):
        table_of(nested_hints={(): {}})


def test_nested_hints_lead_through_lists_of_which_nothing_is_said() -> None:
    """Their tables are parents all the same."""
    made = dlt.resource([{"id": 1}], name="orders", nested_hints={("lines", "tags", "marks"): {"columns": {}}})
    found = made.compute_nested_table_schemas("orders", naming_from("snake_case"))
    assert [(table["name"], table["parent"]) for table in found] == [
        ("orders__lines", "orders"),
        ("orders__lines__tags", "orders__lines"),
        ("orders__lines__tags__marks", "orders__lines__tags"),
    ]
