"""Hints are checked when they are given: nothing wrong gets as far as the data."""

from __future__ import annotations

from typing import Any

import pytest

import dlt
from dlt.errors import DltException, InconsistentTableTemplate, InvalidHint, ResourceExtractionError
from dlt.extract import mark
from dlt.extract.decorators import resource
from dlt.extract.iteration import extract_items

SCD2 = {"disposition": "merge", "strategy": "scd2"}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "type": ({"columns": {"a": {"data_type": "string"}}}, r"table 't', column 'a': found data_type='string'.*bigint"),
    "type, close": ({"columns": {"a": {"data_type": "txt"}}}, "Did you mean 'text'"),
    "flag": ({"columns": {"a": {"nullable": "yes"}}}, "True or False"),
    "number": ({"columns": {"a": {"precision": "x"}}}, "whole number"),
    "bool for number": ({"columns": {"a": {"scale": True}}}, "whole number"),
    "column hint": ({"columns": {"a": {"nulable": True}}}, "Did you mean 'nullable'"),
    "timezone": ({"columns": {"a": {"timezone": "UTC"}}}, "True or False"),
    "sort": ({"columns": {"a": {"dedup_sort": "down"}}}, "asc, desc"),
    "two sorts": ({"columns": {"a": {"dedup_sort": "asc"}, "b": {"dedup_sort": "asc"}}}, "'a' and 'b'.*dedup_sort"),
    "two deletes": ({"columns": {"a": {"hard_delete": True}, "b": {"hard_delete": True}}}, "'a' and 'b'.*hard_delete"),
    "no dict": ({"columns": {"a": "text"}}, "column 'a': found 'text'"),
    "no name": ({"columns": [{"data_type": "text"}]}, "with 'name'"),
    "no columns": ({"columns": "a"}, "a dict by name"),
    "key": ({"primary_key": 5}, "primary_key=5"),
    "key in key": ({"merge_key": ["a", 5]}, "merge_key"),
    "empty key": ({"primary_key": ["a", ""]}, "primary_key"),
    "disposition": ({"write_disposition": "upsert"}, "'append', 'replace', 'merge'"),
    "disposition key": ({"write_disposition": {**SCD2, "boundary": "x"}}, "Did you mean 'boundary_timestamp'"),
    "strategy": ({"write_disposition": {"disposition": "merge", "strategy": "scd"}}, "'scd2'"),
    "no strategy": ({"write_disposition": {"disposition": "merge", "strategy": None}}, "'scd2'"),
    "no disposition": ({"write_disposition": {"strategy": "upsert"}}, "'merge'"),
    "boundary": ({"write_disposition": {**SCD2, "boundary_timestamp": "garbage"}}, "boundary_timestamp.*'garbage'"),
    "active": ({"write_disposition": {**SCD2, "active_record_timestamp": "9999-99-99"}}, "active_record_timestamp"),
    "one name": ({"write_disposition": {**SCD2, "validity_column_names": ["a"]}}, "two different names"),
    "same names": ({"write_disposition": {**SCD2, "validity_column_names": ["a", "a"]}}, "two different names"),
    "version": ({"write_disposition": {**SCD2, "row_version_column_name": 7}}, "row_version_column_name=7"),
    "contract": ({"schema_contract": "frozen"}, "Did you mean 'freeze'"),
    "contract mode": ({"schema_contract": {"columns": "explode"}}, "discard_row"),
    "contract entity": ({"schema_contract": {"column": "freeze"}}, "Did you mean 'columns'"),
    "contract type": ({"schema_contract": 5}, "schema_contract=5"),
    "table format": ({"table_format": "dleta"}, "Did you mean 'delta'"),
    "file format": ({"file_format": "parket"}, "Did you mean 'parquet'"),
    "nesting": ({"max_table_nesting": "2"}, "number of levels"),
    "references": ({"references": [{"columns": ["a"]}]}, "referenced_table"),
    "nested": ({"nested_hints": {"c": {"columns": {"a": {"data_type": "int"}}}}}, "nested_hints of 'c', column 'a'"),
    "nested path": ({"nested_hints": {("c", 1): {}}}, "the path"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_hint_is_told_when_the_resource_is_made(name: str) -> None:
    """The message names resource, table and column, what was found and what is known; all ways give the same error."""
    hints, message = WRONG[name]
    with pytest.raises(ValueError, match=message) as made:
        resource([{"a": 1}], name="t", **hints)
    with pytest.raises(ValueError, match=message) as applied:
        resource([{"a": 1}], name="t").apply_hints(**{k: v for k, v in hints.items() if k != "max_table_nesting"} or {
            "nested_hints": {"x": hints}
        })  # fmt: skip
    with pytest.raises(type(made.value)):
        mark.make_hints(**hints)
    assert type(made.value) is type(applied.value)


def test_a_wrong_hint_is_told_where_it_is_computed_or_sent_with_an_item() -> None:
    """Functions of the item are checked with their result, marks when the item comes."""
    late = resource([{"a": 1}], name="t", columns=lambda item: {"a": {"data_type": "string"}})
    with pytest.raises(InvalidHint, match="table 't', column 'a'"):
        late.compute_table_schema({"a": 1})
    nested = resource([{"a": 1}], name="t", nested_hints=lambda item: {"c": {"columns": {"a": {"scale": "x"}}}})
    with pytest.raises(InvalidHint, match="nested_hints of 'c'"):
        nested.compute_nested_table_schemas("t", dlt.Schema("s").naming, {"a": 1})
    marked = resource([mark.with_hints({"a": 1}, {"columns": {"a": {"data_type": "string"}}})], name="t")
    with pytest.raises(InvalidHint, match="table 't', column 'a'"):
        [marked.compute_table_schema(page, meta) for _, page, meta in extract_items([marked])]
    with pytest.raises(InvalidHint, match="Did you mean 'primary_key'"):
        marked._hints_for(mark.with_hints({}, {"primery_key": "a"}).meta)


def test_nested_tables_have_no_hints_of_root_tables() -> None:
    """The message lists those that they have."""
    with pytest.raises(InconsistentTableTemplate, match="merge_key"):
        resource([1], name="t", nested_hints={"c": {"incremental": 1}})


def test_a_source_checks_its_contract_when_it_is_made() -> None:
    """The decorator raises, not the first run."""
    with pytest.raises(InvalidHint, match=r"source 'shop'.*discard_value"):
        dlt.source(name="shop", schema_contract={"columns": "drop"})


def test_what_programs_give_stays_accepted() -> None:
    """Own hints, the old name of json, None for what is not given, keys as any collection, moments of all kinds."""
    made = resource(
        [1],
        name="t",
        columns={"a": {"data_type": "complex", "x-mine": object(), "precision": None}, "b": {"incremental": True}},
        primary_key={"k"},
        write_disposition={**SCD2, "boundary_timestamp": 1700000000, "active_record_timestamp": "9999-12-31"},
        file_format="parquet",
        nested_hints={"c": mark.make_nested_hints(primary_key="i")},
    )
    table: Any = made.compute_table_schema()
    assert table["columns"]["a"].keys() == {"name", "data_type", "x-mine"}
    assert table["columns"]["a"]["data_type"] == made.columns["a"]["data_type"] == "json"
    assert table["x-boundary-timestamp"] == "2023-11-14T22:13:20+00:00"
    assert table["x-active-record-timestamp"] == "9999-12-31"


def columns(made: Any) -> Any:
    """Return the column hints of a resource without names."""
    found = made.compute_table_schema()["columns"]
    return {name: {k: v for k, v in column.items() if k != "name"} for name, column in found.items()}


KEY = {"primary_key": True, "nullable": False}


def test_a_new_key_takes_the_place_of_the_old_one() -> None:
    """apply_hints replaces keys, also those given as hints of columns; an empty value removes them."""
    assert columns(resource([1], name="t", primary_key="a").apply_hints(primary_key="b")) == {"b": KEY}
    assert columns(resource([1], name="t", primary_key=["a", "b"]).apply_hints(primary_key=["b"])) == {"b": KEY}
    by_column = resource([1], name="t", columns={"a": {"primary_key": True}}).apply_hints(primary_key="b")
    assert columns(by_column) == {"a": {}, "b": KEY}
    for empty in ("", [], ()):
        removed = resource([1], name="t", primary_key="a", columns={"b": {"primary_key": True}})
        assert columns(removed.apply_hints(primary_key=empty)) == {"b": {}}
    kept = resource([1], name="t", primary_key="a", merge_key="b").apply_hints(primary_key=None, merge_key="c")
    assert columns(kept) == {"a": KEY, "c": {"merge_key": True, "nullable": False}}


def test_columns_are_merged_and_an_empty_value_removes_them() -> None:
    """Hints of one column come together; {} takes all of them away."""
    made = resource([1], name="t", columns={"a": {"data_type": "text"}}).apply_hints(columns={"b": {}, "a": {"x-q": 1}})
    assert columns(made) == {"a": {"data_type": "text", "x-q": 1}, "b": {}}
    assert columns(made.apply_hints(columns={})) == {}


def test_another_disposition_leaves_nothing_of_the_old_one() -> None:
    """The strategy and its settings go with it."""
    made = resource([1], name="t", write_disposition={**SCD2, "boundary_timestamp": "2024-01-01"})
    table = made.apply_hints(write_disposition="append").compute_table_schema()
    assert not [key for key in table if key.startswith("x-")] and not table["columns"]
    assert made.apply_hints(write_disposition="").write_disposition == "append"


def test_errors_of_hints_are_of_one_tree() -> None:
    """A program that catches the library's errors, or ValueError, catches them."""
    assert issubclass(InvalidHint, DltException) and issubclass(InvalidHint, ValueError)
    assert not issubclass(InvalidHint, ResourceExtractionError)
