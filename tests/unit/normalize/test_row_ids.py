"""Row ids: unique, repeatable, and the same in scalar and vectorised form."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import CannotCoerceColumnException
from dlt.normalize.row_ids import RootIds, RowOrder, child_id, child_ids, key_id
from tests.unit.normalize.conftest import normalize_pages


@given(st.text(max_size=20), st.text(max_size=20), st.lists(st.integers(0, 300), max_size=5))
def test_root_ids_in_bulk_equal_one_by_one(nonce: str, table: str, counts: list[int]) -> None:
    """Normalize that runs again gives the same ids."""
    one, many = RootIds(nonce, table), RootIds(nonce, table)
    for count in counts:
        assert many.take(count).to_pylist() == [one() for _ in range(count)]


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=20), st.text(max_size=10))
def test_child_ids_in_bulk_equal_one_by_one(indexes: list[int], table: str) -> None:
    """The id of a nested row follows from parent, table and index."""
    parents = RootIds("n", "t").take(3)
    positions = np.arange(len(indexes)) % 3
    bulk = child_ids(parents, table, positions, np.array(indexes, dtype=np.int64)).to_pylist()
    assert bulk == [child_id(parents[int(p)].as_py(), table, i) for p, i in zip(positions, indexes, strict=True)]


def test_child_ids_of_a_sliced_parent_array() -> None:
    """An array that is a view of another one gives the ids of its own rows."""
    parents = RootIds("n", "t").take(10).slice(4, 3)
    got = child_ids(parents, "t__c", np.array([0, 2]), np.array([0, 1], dtype=np.int64)).to_pylist()
    assert got == [child_id(parents[0].as_py(), "t__c", 0), child_id(parents[2].as_py(), "t__c", 1)]


def test_ids_do_not_repeat() -> None:
    """A million nested ids, all different, each 14 characters."""
    parents = RootIds("n", "t").take(1000)
    positions = np.repeat(np.arange(1000), 1000)
    ids = child_ids(parents, "t__c", positions, np.tile(np.arange(1000), 1000)).to_pylist()
    assert len(set(ids)) == 1_000_000
    assert {len(value) for value in ids} == {14}
    assert pa.array(ids).type == pa.string()


@given(st.lists(st.integers(0, 9), max_size=6))
def test_places_in_bulk_follow_those_one_by_one(counts: list[int]) -> None:
    """In whichever form they are taken, none is given twice and none is left out."""
    order, found = RowOrder(), []
    for count in counts:
        found += order.take(count).to_pylist()
        found.append(order())
    assert found == list(range(len(found)))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, "a"], "TQYVkfMLnh9Yy7"),
        ([], "X-tZYnAYYlP59h"),
        ([{"a": 1}], "T1r8wPZQ0WhM4w"),
        ([dt.date(2024, 1, 2), None], "STGx2wDNGpfTgP"),
    ],
)
def test_an_id_of_values_is_the_same_in_every_release(values: list[Any], expected: str) -> None:
    """Rows at destinations bear it."""
    assert key_id(values) == expected and len(expected) == 14


def test_ids_of_nested_rows_are_the_same_in_every_release() -> None:
    """Those of parents with ids of their own too."""
    assert RootIds("nonce", "orders").take(2).to_pylist() == ["xlwlDDFv------", "xlwlDDFv-----0"]
    assert [child_id("A" * 14, "t__c", 0), child_id("A" * 14, "t__c", 1), child_id("own id é", "t__c", 0)] == [
        "TgGYJj_p1gojHt",
        "FXPfhzijUvBs4i",
        "SbudzypBDcVvXs",
    ]


def test_parent_table_and_place_all_count() -> None:
    """Two nested rows never share an id for one of them being equal."""
    ids = {child_id(parent, table, n) for parent in ("A" * 14, "B" * 14, "x") for table in "tu" for n in range(3)}
    assert len(ids) == 18 and {len(found) for found in ids} == {14}


@pytest.mark.parametrize("exact", [True, False])
def test_half_of_a_surrogate_pair_is_no_id(tmp_path: Path, exact: bool) -> None:
    """An id of a program's own that no destination stores is named, with its table, before anything is written."""
    with pytest.raises(CannotCoerceColumnException, match=r"t\._dlt_id: 'a\\ud800' cannot be the id") as caught:
        normalize_pages(tmp_path, [[{"_dlt_id": "a\ud800", "x": 1}]], exact=exact)
    assert (caught.value.table, caught.value.column) == ("t", "_dlt_id")
