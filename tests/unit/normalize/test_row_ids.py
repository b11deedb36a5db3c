"""Row ids: unique, repeatable, and the same in scalar and vectorised form."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dlt.normalize.row_ids import RootIds, child_id, child_ids


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
