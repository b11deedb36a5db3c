"""Steps for `add_map` and `add_filter` that come with the library."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlt
from dlt.sources.helpers.transform import add_row_hash_to_table, pivot, skip_first, take_first

HASH = 1007711398797663208


def test_the_first_items_are_taken_or_skipped() -> None:
    """Whatever is in them."""
    assert list(dlt.resource([1, 2, 3, 4], name="n").add_filter(take_first(2))) == [1, 2]
    assert list(dlt.resource([1, 2, 3, 4], name="n").add_filter(skip_first(3))) == [4]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ("$.c", {"a": {"x": [[1, 2]]}, "c": [{"col0": 1, "col1": 2}, {"col0": 3}]}),
        (["c", "a.x"], {"a": {"x": [{"col0": 1, "col1": 2}]}, "c": [{"col0": 1, "col1": 2}, {"col0": 3}]}),
    ],
)
def test_lists_become_dicts(paths: Any, expected: Any) -> None:
    """At each path, with a prefix."""
    assert pivot(paths)({"a": {"x": [[1, 2]]}, "c": [[1, 2], [3]]}) == expected


def test_an_item_that_is_a_list_of_values_becomes_a_row() -> None:
    """Which is the path by default: a list of lists is a page of such items."""
    assert pivot(prefix="q")([1, 2]) == [{"q0": 1, "q1": 2}]
    rows = dlt.resource([[[1, 2], [3, 4]]], name="rows").add_map(pivot())
    assert list(rows) == [[{"col0": 1, "col1": 2}], [{"col0": 3, "col1": 4}]]


@pytest.mark.parametrize(("path", "message"), [("b", "no list of lists"), ("c", "has an entry of int")])
def test_what_is_no_list_of_lists_is_refused(path: str, message: str) -> None:
    """The message names the path."""
    with pytest.raises(ValueError, match=f"pivot: {path} .*{message}"):
        pivot(path)({"b": 1, "c": [1, 2]})


def test_rows_with_the_same_values_have_the_same_hash() -> None:
    """In whatever order their columns stand; NULL is a value too."""
    with_hash = add_row_hash_to_table("h")
    made = with_hash(pa.table({"a": [1, 1, None], "b": ["x", "x", None]}))
    first, second, third = made.column("h").to_pylist()
    assert first == second != third and made.schema.field("h").type == pa.int64()
    assert with_hash(pa.table({"b": ["x"], "a": [1]})).column("h").to_pylist() == [first]


TABLES = st.lists(
    st.tuples(st.none() | st.integers(-(2**63), 2**63 - 1), st.none() | st.text(max_size=3), st.none() | st.floats()),
    min_size=1,
    max_size=8,
)


@given(TABLES, st.randoms())
def test_a_hash_tells_rows_apart_and_nothing_else(rows: list[tuple[Any, ...]], chance: Any) -> None:
    """It does not depend on the other rows, on the order of columns, on chunks, nor on what holds the rows."""
    names = ["a", "b", "c"]
    types = {"a": pa.int64(), "b": pa.string(), "c": pa.float64()}
    table = pa.table({name: pa.array([row[i] for row in rows], types[name]) for i, name in enumerate(names)})
    with_hash = add_row_hash_to_table("h")
    hashes = with_hash(table).column("h").to_pylist()
    chance.shuffle(names)
    turned = pa.concat_tables([table.select(names).slice(i, 1) for i in range(len(rows))])
    assert with_hash(turned).column("h").to_pylist() == hashes
    assert with_hash(table.to_batches()[0]).column("h").to_pylist() == hashes
    assert len(set(hashes)) == len({(row[0], row[1], _value(row[2])) for row in rows})


def _value(number: float | None) -> object:
    # NaN equals itself here, and 0.0 is -0.0
    return "nan" if number is not None and number != number else number


def test_the_hash_of_a_row_is_the_same_in_all_processes_and_versions() -> None:
    """A history would begin anew with another one."""
    row = {"a": [1], "b": ["x"], "c": [2.5], "d": [datetime(2024, 2, 29, 12)], "e": [Decimal("1.50")], "f": [b"\x00"]}
    made = add_row_hash_to_table("h")(pa.table({**row, "g": [[1, {"k": None}["k"]]], "n": [None]}))
    assert made.column("h").to_pylist() == [HASH]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_unit_of_a_moment_does_not_count(unit: Any) -> None:
    """A file of Parquet and a frame bring the same moment in different ones."""
    moment = pa.array([datetime(2024, 2, 29, 12, 30, 1)], pa.timestamp(unit))
    of_micros = pa.array([datetime(2024, 2, 29, 12, 30, 1)], pa.timestamp("us"))
    with_hash = add_row_hash_to_table("h")
    assert with_hash(pa.table({"m": moment}))["h"].to_pylist() == with_hash(pa.table({"m": of_micros}))["h"].to_pylist()


@pytest.mark.parametrize(
    ("values", "types"),
    [
        (
            ["x", None, "long " * 20],
            [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())],
        ),
        ([b"xy", None], [pa.binary(), pa.large_binary(), pa.binary(2), pa.binary_view()]),
        ([1, None, 0], [pa.int8(), pa.int64(), pa.uint64(), pa.float32(), pa.float64()]),
        ([True, None, False], [pa.bool_()]),
        ([Decimal("1.5"), None], [pa.decimal128(10, 2), pa.decimal128(38, 9), pa.decimal256(50, 1)]),
        ([date(2024, 2, 29), None], [pa.date32(), pa.date64()]),
        ([time(12, 30), None], [pa.time32("s"), pa.time64("us"), pa.time64("ns")]),
        ([[1, None], None], [pa.list_(pa.int64()), pa.large_list(pa.int8())]),
    ],
)
def test_the_type_that_holds_a_value_does_not_count(values: list[Any], types: list[Any]) -> None:
    """A reader that chooses another one makes no new versions; NULL is the same everywhere."""
    with_hash = add_row_hash_to_table("h")
    found = [with_hash(pa.table({"v": pa.array(values, kind)}))["h"].to_pylist() for kind in types]
    assert all(each == found[0] for each in found) and len(set(found[0])) == len(values)


def test_frames_get_hashes_too_and_stay_as_they_were() -> None:
    """The same ones as a table; an integer that pandas made a float counts as the integer."""
    frame = pd.DataFrame({"a": [1, None], "b": ["x", "y"]})
    made = add_row_hash_to_table("h")(frame)
    table = add_row_hash_to_table("h")(pa.table({"b": ["x", "y"], "a": pa.array([1, None], pa.int64())}))
    assert list(made.columns) == ["a", "b", "h"] and list(frame.columns) == ["a", "b"]
    assert made["h"].tolist() == table.column("h").to_pylist()


def test_documents_are_told_that_scd2_makes_their_hashes() -> None:
    """The message names what came."""
    with pytest.raises(TypeError, match="an item is list"):
        add_row_hash_to_table("h")([{"a": 1}])


@pytest.mark.parametrize("kind", ["table", "batch", "frame"])
def test_hashes_are_versions_of_a_history(kind: str, tmp_path: Path) -> None:
    """A row that changed gets a new version, the others keep theirs."""

    def rows(values: list[str]) -> Any:
        table = pa.table({"id": [1, 2], "v": values})
        found = {"table": table, "batch": table.to_batches()[0], "frame": table.to_pandas()}[kind]
        return dlt.resource(
            [found],
            name="rows",
            write_disposition={"disposition": "merge", "strategy": "scd2", "row_version_column_name": "h"},
        ).add_map(add_row_hash_to_table("h"))

    pipeline = dlt.pipeline(
        "hashes", pipelines_dir=str(tmp_path), destination=dlt.destinations.duckdb(str(tmp_path / "h.duckdb"))
    )
    for values in (["a", "b"], ["a", "b"], ["a", "c"]):
        pipeline.run(rows(values))
    found = pipeline.dataset()("SELECT id, v, _dlt_valid_to IS NULL FROM rows ORDER BY id, v").fetchall()
    assert found == [(1, "a", True), (2, "b", False), (2, "c", True)]
