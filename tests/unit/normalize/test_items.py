"""Rows of documents, for programs that ask a schema for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.common.normalizers.json.relational import DataItemNormalizer
from dlt.schema.item_rows import ItemRows
from dlt.schema.schema import Schema

ITEM = {"Id": 1, "none": None, "d": {"x": {"y": 1}, "l": [1, [2]]}, "f": [{"z": 1, "g": ["a"]}, {"z": None}], "e": []}


def rows(item: object, schema: Schema | None = None, table: str = "Orders") -> list[Any]:
    """Return the rows of an item."""
    return list((schema or Schema("shop")).normalize_data_item(item, "1.5", table))


def test_rows_know_their_parents() -> None:
    """Each has its table, the path of its parent's table and where it stood there; parents come first."""
    found = rows(ITEM)
    assert [place for place, _ in found] == [
        ("orders", (), ("orders",)),
        ("orders__d__l", ("orders",), ("d", "l")),
        ("orders__d__l", ("orders",), ("d", "l")),
        ("orders__d__l__list", ("orders", "d", "l"), ("list",)),
        ("orders__f", ("orders",), ("f",)),
        ("orders__f__g", ("orders", "f"), ("g",)),
        ("orders__f", ("orders",), ("f",)),
    ]
    root, first, second, inner = (row for _, row in found[:4])
    assert {**root, "_dlt_id": ""} == {"id": 1, "none": None, "d__x__y": 1, "_dlt_load_id": "1.5", "_dlt_id": ""}
    assert (first["value"], first["_dlt_list_idx"], first["_dlt_parent_id"]) == (1, 0, root["_dlt_id"])
    assert "value" not in second and inner["_dlt_parent_id"] == second["_dlt_id"]


@pytest.mark.parametrize(
    ("answers", "tables"), [((False,), 1), ((None, False), 5), ((None, None, None, None, False), 6)]
)
def test_nested_rows_are_left_out_on_request(answers: tuple[bool | None, ...], tables: int) -> None:
    """`send(False)` leaves out what is nested in the last row, and goes on behind it."""
    asked: ItemRows = Schema("shop").data_item_normalizer.normalize_data_item(
        {"f": [{"g": ["a", "b"]}, {"g": ["c"]}], "h": [1]}, "1.5", "orders"
    )
    seen = [next(asked)]
    for answer in (*answers, *(None,) * 9):
        try:
            seen.append(asked.send(answer))
        except StopIteration:
            break
    assert len(seen) == tables


def test_what_is_no_document_is_a_value() -> None:
    """A list becomes a nested table."""
    assert rows(7)[0][1]["value"] == 7
    assert [row.get("value") for (table, _, _), row in rows([1, 2]) if table == "orders__value"] == [1, 2]


def test_the_schema_says_what_stays_whole_and_its_ids() -> None:
    """By its levels, its columns of documents, and whether nested rows have the id of their root."""
    schema = Schema("shop")
    schema.update_table({"name": "orders", "columns": {"d": {"name": "d", "data_type": "json"}}})
    assert rows(ITEM, schema)[0][1]["d"] == ITEM["d"]
    limited = Schema(
        "shop", {"json": {"module": "relational", "config": {"max_nesting": 0, "root_key_propagation": True}}}
    )
    ((_, row),) = rows(ITEM, limited)
    assert row["f"] == ITEM["f"] and row["d"] == ITEM["d"]
    keyed = Schema("shop", {"json": {"module": "relational", "config": {"root_key_propagation": True}}})
    (_, root), *nested = rows({**ITEM, "_dlt_id": "mine"}, keyed)
    assert root["_dlt_id"] == "mine" and all(row["_dlt_root_id"] == "mine" for _, row in nested)
    assert isinstance(keyed.data_item_normalizer, DataItemNormalizer)


def test_they_are_the_rows_that_are_loaded(tmp_path: Path) -> None:
    """But for ids, and for values that are nowhere else."""
    pipeline = dlt.pipeline(
        "rows", destination=dlt.destinations.duckdb(str(tmp_path / "a.db")), pipelines_dir=str(tmp_path)
    )
    pipeline.run([ITEM], table_name="orders")
    counts: dict[str, int] = {}
    for (table, _, _), row in rows(ITEM, pipeline.default_schema):
        counts[table] = counts.get(table, 0) + 1
        known = pipeline.default_schema.tables[table]["columns"]
        assert {name for name, value in row.items() if value is not None} <= set(known)
    assert pipeline.last_trace is not None and pipeline.last_trace.last_normalize_info is not None
    assert counts == dict(pipeline.last_trace.last_normalize_info.row_counts)
