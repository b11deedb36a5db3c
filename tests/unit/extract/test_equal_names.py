"""What stays of keys of one document that become one column, where that is asked for."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from dlt.extract.equal_names import LastOfEqualNames
from dlt.schema.naming import naming_from

ROWS = [
    ({"aB": 1, "a_b": 2}, {"aB": 2}),
    ({"aB": 1, "x": 5, "a_b": None}, {"aB": 1, "x": 5, "a_b": None}),
    ({"aB": {"c": 1}, "a_b": {"d": 2}}, {"aB": {"c": 1}, "a_b": {"d": 2}}),
    ({"a_b": 1, "aB": {"c": 1}}, {"a_b": 1, "aB": {"c": 1}}),
    ({"in": [{"aB": 1, "a_b": 2}]}, {"in": [{"aB": 2}]}),
    ({"in": {"aB": [1], "a_b": [2]}}, {"in": {"aB": [1], "a_b": [2]}}),
]


@pytest.mark.parametrize(("row", "kept"), ROWS)
def test_values_that_others_take_the_place_of(row: dict[str, Any], kept: dict[str, Any]) -> None:
    """Of rows and of batches; documents, lists and what has no value stand beside each other."""
    assert LastOfEqualNames(naming_from()).settle("t", [row]) == [kept]
    # rows of a batch have no keys without a value
    told = {key: value for key, value in kept.items() if value is not None}
    assert LastOfEqualNames(naming_from()).settle("t", pa.RecordBatch.from_pylist([row])) == [told]


def test_a_page_whose_names_differ_is_not_touched() -> None:
    """It stays the object that it is, at the second look as well."""
    looks = LastOfEqualNames(naming_from())
    for page in ([{"a": 1, "b": {"a": 2}}], pa.RecordBatch.from_pylist([{"a": 1, "b": [{"a": 2}]}])):
        assert looks.settle("t", page) is page and looks.settle("t", page) is page
