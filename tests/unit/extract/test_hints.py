"""Hints: what they say of a table."""

from __future__ import annotations

import dataclasses
import datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict
from typing_extensions import NotRequired, TypedDict

from dlt.errors import DataItemRequiredForDynamicTableHints, ResourceExtractionError, ValueErrorWithKnownValues
from dlt.extract import mark
from dlt.extract.decorators import resource
from dlt.extract.items import as_rows
from dlt.extract.iteration import extract_items
from dlt.schema.naming import naming_from


def test_fixed_hints() -> None:
    """Keys, columns, disposition and nesting appear in the partial table."""
    made = resource(
        [{"Id": 1}],
        name="users",
        table_name="People",
        write_disposition={"disposition": "merge", "strategy": "scd2", "validity_column_names": ["f", "t"]},
        primary_key=["Id", "tenant"],
        merge_key="day",
        columns={"amount": {"data_type": "decimal"}},
        max_table_nesting=2,
        schema_contract="freeze",
    )
    table: Any = made.compute_table_schema()
    assert table["name"] == "People"
    assert table["resource"] == "users"
    assert table["write_disposition"] == "merge"
    assert (table["x-merge-strategy"], table["x-valid-from"], table["x-valid-to"]) == ("scd2", "f", "t")
    assert table["x-normalizer"] == {"max_nesting": 2}
    assert table["schema_contract"] == "freeze"
    assert table["columns"]["Id"] == {"name": "Id", "primary_key": True, "nullable": False}
    assert table["columns"]["day"] == {"name": "day", "merge_key": True, "nullable": False}
    assert table["columns"]["amount"] == {"name": "amount", "data_type": "decimal"}


def test_dynamic_hints() -> None:
    """A table name may be a function of the item; without an item the error says so."""
    made = resource([{"kind": "a"}], name="events", table_name=lambda item: item["kind"])
    assert made.has_dynamic_table_name and not made.has_other_dynamic_hints
    assert made.table_name_of({"kind": "b"}) == "b"
    assert made.compute_table_schema({"kind": "b"})["name"] == "b"
    with pytest.raises(DataItemRequiredForDynamicTableHints, match="events"):
        made.compute_table_schema()


def test_apply_hints() -> None:
    """None leaves a hint, an empty value removes it but for a disposition, columns are merged."""
    made = resource([1], name="r", primary_key="id", columns=[{"name": "a", "data_type": "text"}])
    made.apply_hints(primary_key="", columns={"a": {"nullable": False}, "b": {}}, write_disposition="replace")
    table = made.compute_table_schema()
    assert table["columns"] == {"a": {"name": "a", "data_type": "text", "nullable": False}, "b": {"name": "b"}}
    made.apply_hints(write_disposition="")
    # rows of a merge would be doubled if it were gone
    assert made.write_disposition == "replace"
    with pytest.raises(ValueErrorWithKnownValues):
        made.apply_hints(write_disposition="overwrite")


def test_marks() -> None:
    """`with_table_name` and with_hints send items to tables of their own."""

    @resource
    def mixed() -> Any:
        yield mark.with_table_name({"a": 1}, "first")
        yield [mark.with_table_name({"a": 2}, "first"), {"b": 1}]
        hints = mark.make_hints(table_name="second", primary_key="c", write_disposition="merge")
        yield mark.with_hints({"c": 1}, hints, create_table_variant=True)
        yield mark.materialize_table_schema()

    found = [(made.compute_table_schema(page, meta), page) for made, page, meta in extract_items([mixed])]
    assert [(table["name"], page) for table, page in found] == [
        ("first", {"a": 1}),
        ("first", {"a": 2}),
        ("mixed", [{"b": 1}]),
        ("second", {"c": 1}),
        ("mixed", []),
    ]
    assert found[3][0]["columns"]["c"]["primary_key"]
    assert "c" not in found[4][0]["columns"]


def test_nested_hints() -> None:
    """Hints for nested tables become partial tables below the root."""
    hints = {"items": mark.make_nested_hints(columns={"sku": {"data_type": "text"}}), ("items", "tags"): {}}
    made = resource([1], name="Orders", nested_hints=hints)
    items, tags = made.compute_nested_table_schemas("Orders", naming_from("snake_case"))
    assert (items["name"], items["parent"]) == ("orders__items", "orders")
    assert items["columns"]["sku"]["data_type"] == "text"
    assert (tags["name"], tags["parent"]) == ("orders__items__tags", "orders__items")


class Row(TypedDict):
    """A row as a typed dict."""

    id: int
    name: NotRequired[str]


@dataclasses.dataclass
class Point:
    """A row as a dataclass."""

    x: float
    at: datetime.datetime | None
    tags: list[str]


class User(BaseModel):
    """A row as a model that takes no other fields."""

    model_config = ConfigDict(extra="forbid")
    id: int
    score: Decimal | None = None


def test_columns_from_classes() -> None:
    """TypedDict, dataclass and Pydantic model declare columns."""
    row = resource([1], name="r", columns=Row).columns
    assert row["id"] == {"name": "id", "nullable": False, "data_type": "bigint"}
    assert row["name"]["nullable"]
    point = resource([1], name="r", columns=Point).columns
    assert [point[c].get("data_type") for c in ("x", "at", "tags")] == ["double", "timestamp", "json"]
    user = resource([1], name="r", columns=User).columns
    assert user["score"] == {"name": "score", "nullable": True, "data_type": "decimal"}


def test_columns_of_a_resource_are_changed_in_place() -> None:
    """As programs for PyPI dlt do; what was given to it, and copies of it, stay as they are."""
    given: Any = {"id": {"data_type": "bigint"}}
    one, other = resource([1], name="one", columns=given), resource([1], name="other", columns=given)
    copy = one.with_name("copy")
    columns: Any = one.columns
    columns["id"]["data_type"] = "text"
    columns["more"] = {"name": "more", "data_type": "bool"}
    assert one.columns is columns and one.columns == one.compute_table_schema()["columns"]
    assert one.compute_table_schema()["columns"]["more"]["data_type"] == "bool"
    later = one.with_name("later")
    later.columns["id"]["data_type"] = "json"  # type: ignore[index] # no function of the item
    assert [r.compute_table_schema()["columns"]["id"]["data_type"] for r in (one, other, copy, later)] == [
        "text", "bigint", "bigint", "json",
    ]  # fmt: skip
    bare: Any = resource([1], name="bare")
    bare.columns["id"] = {"name": "id", "data_type": "decimal"}
    assert bare.compute_table_schema()["columns"]["id"]["data_type"] == "decimal"
    one.apply_hints(columns={"id": {"nullable": False}})
    assert one.columns["id"] == {"name": "id", "data_type": "text", "nullable": False}  # type: ignore[index]


def test_model_validates_items() -> None:
    """Items are checked against the model; the contract says what happens to bad ones."""
    data = [{"id": "1"}, {"id": "x"}, {"id": 3, "more": 1}]
    with pytest.raises(ResourceExtractionError, match=r"item 1 .*'r', column 'id'"):
        list(resource([data], name="r", columns=User))
    kept = resource([data], name="r", columns=User, schema_contract="discard_row")
    assert list(kept) == [{"id": 1, "score": None}]
    contract = {"columns": "discard_value", "data_type": "evolve"}
    loose = resource([data], name="r", columns=User, schema_contract=contract)
    assert list(loose) == [{"id": 1, "score": None}, {"id": "x"}, {"id": 3, "score": None}]
    late = resource([{"id": "1"}], name="r", columns=User).add_map(lambda row: {**row, "id": 2})
    assert list(late) == [{"id": 2, "score": None}]


def test_models_and_dataclasses_as_items() -> None:
    """They are what a resource yields, and become rows where they are written."""
    items = [User(id=1), Point(1.0, None, ["a"])]
    assert list(resource(items, name="r")) == items
    assert as_rows(items) == [
        {"id": 1, "score": None},
        {"x": 1.0, "at": None, "tags": ["a"]},
    ]


def test_frames_pass_whole() -> None:
    """Arrow tables and frames are single items, alone, in lists and through steps."""
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    frames = [pa.table({"a": [1, 2]}), pd.DataFrame({"a": [1]}), pl.DataFrame({"a": [1]})]
    for frame in frames:
        assert [type(item) for item in resource(frame, name="f")] == [type(frame)]
    assert len(list(resource(frames, name="f").add_map(lambda frame: frame))) == 3
    reader = pa.table({"a": [1, 2, 3]}).to_reader(max_chunksize=2)
    assert [batch.num_rows for batch in resource(reader, name="f")] == [2, 1]
