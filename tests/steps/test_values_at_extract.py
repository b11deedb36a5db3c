"""What cannot be stored is found at extract, with item and key; what can is never lost later."""

from __future__ import annotations

import datetime as dt
import enum
import math
import uuid
from collections import namedtuple
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import dlt
from dlt.errors import CannotCoerceColumnException, InvalidDataItem, PipelineStepFailed

UTC = dt.timezone.utc
FAR_EAST, FAR_WEST = dt.timezone(dt.timedelta(hours=14)), dt.timezone(dt.timedelta(hours=-14))
Point = namedtuple("Point", "x y")


@dataclass
class Place:
    """A dataclass as data."""

    name: str
    at: Point


class Colour(enum.Enum):
    """An enum as data."""

    RED = "red"


def stored(pipeline: Any, table: str = "t") -> list[dict[str, Any]]:
    """Return the rows of a table without NULL, ids and system columns."""
    return [
        {name: value for name, value in row.items() if value is not None and name != "id" and name[:4] != "_dlt"}
        for row in pipeline.dataset()[table].arrow().to_pylist()
    ]


@pytest.mark.parametrize(
    ("item", "place"),
    [
        ({"id": 1, "a": object()}, "at a,"),
        ({"id": 1, "a": {"b": [1, {"c": 1j}]}}, r"at a\.b\[1\]\.c,"),
        ({"id": 1, "a": 10**5000}, "at a,"),
    ],
)
def test_a_value_that_cannot_be_stored_is_named(pipeline: Any, item: Any, place: str) -> None:
    """The error names table, number of the item, and the path of the value; nothing is pending."""
    with pytest.raises(PipelineStepFailed, match=f"table t: item 2 cannot be stored: {place}") as failure:
        pipeline.run([{"id": 1}, {"id": 2}, item], table_name="t")
    assert isinstance(failure.value.__cause__, InvalidDataItem) and failure.value.step == "extract"
    assert not pipeline.has_pending_data


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("bigint", [1, "2", 3.0], "x"),
        ("bigint", [1], math.nan),
        ("decimal", [Decimal("1.5"), 1], Decimal(1) / 3),
        ("timestamp", ["2024-01-01"], dt.datetime(1, 1, 1, tzinfo=FAR_EAST)),
        ("date", [dt.date(2024, 1, 1)], dt.datetime(2024, 1, 1, 1)),
        ("json", [{"a": 1}, "[1]"], "no JSON"),
        ("text", ["a", 1], "\ud800"),
        ("bool", [True, 0, "false"], "yes"),
    ],
)
@pytest.mark.parametrize("arrow", [False, True], ids=["rows", "arrow"])
def test_a_column_that_must_have_a_value_takes_no_other(
    pipeline: Any, kind: Any, good: list[Any], bad: Any, arrow: bool
) -> None:
    """A value that fits no column but a variant is refused where its own column must have one, before it is stored."""
    columns: Any = {"v": {"data_type": kind, "nullable": False}}
    pipeline.run([{"id": 1, "v": value} for value in good], table_name="t", columns=columns)
    items: Any = [{"id": 1, "v": good[0]}, {"id": 2, "v": bad}]
    if arrow:
        try:
            items = pa.Table.from_pylist([{"v": items[1]["v"]}])
        except (pa.ArrowException, UnicodeEncodeError, OverflowError):
            pytest.skip("Arrow has no such value")
        if kind == "timestamp":
            pytest.skip("Arrow has no such value")
    with pytest.raises(PipelineStepFailed, match=rf"item {0 if arrow else 1}, key 'v'.*{kind}") as failure:
        pipeline.run(items, table_name="t")
    assert isinstance(failure.value.__cause__, CannotCoerceColumnException) and failure.value.step == "extract"
    assert not pipeline.has_pending_data
    pipeline.run([{"id": 1, "v": good[0]}, {"id": 2, "v": bad}], table_name="t", schema_contract="discard_row")
    assert len(stored(pipeline)) == len(good) + 1


def test_moments_that_utc_has_no_year_for_are_text(pipeline: Any) -> None:
    """In roots and nested rows, alone and beside others: kept with their zone."""
    low, high = dt.datetime(1, 1, 1, tzinfo=FAR_EAST), dt.datetime(9999, 12, 31, 23, tzinfo=FAR_WEST)
    moment = dt.datetime(2024, 1, 1, tzinfo=UTC)
    rows = [{"v": moment, "l": [{"w": moment}]}, {"v": low, "l": [{"w": high}]}]
    pipeline.run(rows, table_name="t")
    assert stored(pipeline) == [{"v": moment}, {"v__v_text": low.isoformat()}]
    assert stored(pipeline, "t__l") == [{"w": moment}, {"w__v_text": high.isoformat()}]


def test_documents_keep_names_and_values(pipeline: Any) -> None:
    """Named tuples, dataclasses, enums and what JSON has no word for; flattened they keep their names too."""
    value = {"p": Point(1, [Point(2, 3)]), "d": Place("x", Point(0, 0)), "c": Colour.RED, "u": uuid.UUID(int=1)}
    value |= {"b": b"\x80", "n": math.nan, "i": -math.inf, "big": 10**30, "t": dt.timedelta(seconds=1)}
    value |= {"m": dt.datetime(2024, 1, 1, 5, tzinfo=dt.timezone(dt.timedelta(hours=5))), "q": Decimal("1.50")}
    columns: Any = {"v": {"data_type": "json"}}
    pipeline.run([{"v": value, "w": {"p": Point(1, 2)}}], table_name="t", columns=columns)
    assert stored(pipeline) == [
        {
            "v": '{"p":{"x":1,"y":[{"x":2,"y":3}]},"d":{"name":"x","at":{"x":0,"y":0}},"c":"red",'
            '"u":"00000000-0000-0000-0000-000000000001","b":"gA==","n":"NaN","i":"-Infinity",'
            '"big":1000000000000000000000000000000,"t":1000000,"m":"2024-01-01T00:00:00Z","q":"1.50"}',
            "w__p__x": 1,
            "w__p__y": 2,
        }
    ]


def test_values_of_numpy_and_pandas_are_what_they_say(pipeline: Any) -> None:
    """Moments with nanoseconds are not cut, missing ones are NULL, and no moment becomes a number."""
    import numpy as np

    row = {
        "a": np.datetime64("2024-01-02T03:04:05.000000000"),
        "b": np.datetime64("2024-01-02"),
        "c": pd.NaT,
        "d": pd.NA,
    }
    row |= {
        "e": pd.Timestamp("2024-01-02T03:04:05.000000001"),
        "f": np.timedelta64(5000, "ns"),
        "g": pd.Timedelta(1000),
    }
    pipeline.run([row], table_name="t")
    moment = dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    expected = {"a": moment, "b": moment.date(), "e": "2024-01-02T03:04:05.000000001", "f": 5, "g": 1}
    assert stored(pipeline) == [expected]


@pytest.mark.parametrize("way", ["hint", "apply_hints", "stored", "nesting", "arrow_struct", "arrow_json"])
def test_text_in_a_json_column_is_the_document_that_it_writes(pipeline: Any, way: str) -> None:
    """By whatever way the column became json, from rows and Arrow data; text that is not JSON goes to a variant."""
    columns: Any = {"v": {"data_type": "json"}}
    texts = ['{"a":1}', ' {"a":1} ', '"a"', "1", "null", "", "NaN", '{"a":1,"a":2}', '{"n":' + "1" * 30 + "}", "x"]
    expected: list[Any] = [{"v": text.strip()} for text in texts]
    for position in (5, 6, 7, 9):
        expected[position] = {"v__v_text": texts[position]}
    rows = [{"v": text} for text in texts]
    if way == "stored":
        pipeline.run([{"v": {"a": 0}}], table_name="t", columns=columns)
    if way == "arrow_struct":
        pipeline.run(pa.table({"v": [{"a": 0}]}), table_name="t")
    if way == "arrow_json":
        pipeline.run(pa.table({"v": pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a":0}']))}), table_name="t")
    first = 0 if way in ("hint", "apply_hints", "nesting") else 1
    if way == "nesting":
        rows, first = [{"v": {"a": 0}}, *rows], 1
    resource = dlt.resource(rows, name="t", columns=columns if way == "hint" else None, max_table_nesting=0)
    if way == "apply_hints":
        resource.apply_hints(columns=columns)
    pipeline.run(resource)
    assert stored(pipeline) == [{"v": '{"a":0}'}] * first + expected
    pipeline.run(pa.table({"v": texts}), table_name="t")
    assert stored(pipeline) == [{"v": '{"a":0}'}] * first + expected * 2
