"""Steps of a pipe: what each makes of items and pages, in which order they stand, and what they see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

import dlt
from dlt.errors import ResourceExtractionError
from dlt.extract import mark
from dlt.extract.iteration import extract_items


def numbers(*pages: Any) -> Any:
    """Return a resource that yields these."""
    return dlt.resource(list(pages), name="numbers")


@given(st.lists(st.one_of(st.integers(0, 9), st.lists(st.integers(0, 9), max_size=5)), max_size=8), st.booleans())
def test_steps_give_the_same_for_rows_and_pages(items: list[Any], joined: bool) -> None:
    """Whether a resource yields rows or pages, and whether rows are joined, is no difference to what comes out."""

    @dlt.resource
    def made() -> Iterator[Any]:
        yield from items

    made.add_filter(lambda n: n % 3).add_map(lambda n: n * 2 if n != 5 else None).add_yield_map(lambda n: [n, -n])
    flat = [n for item in items for n in (item if isinstance(item, list) else [item])]
    expected = [x for n in flat if n % 3 and n != 5 for x in (n * 2, -n * 2)]
    pages = [page for _, page, _ in extract_items([made], batched=joined)]
    assert [n for page in pages for n in (page if isinstance(page, list) else [page])] == expected


def test_a_step_stands_where_it_is_put() -> None:
    """1 is behind the head, -1 before the last one; without a place it is the last one."""
    seen: list[str] = []

    def noting(name: str) -> Any:
        return lambda n: seen.append(name) or n

    made = numbers(1).add_map(noting("b")).add_map(noting("d"))
    made.add_map(noting("a"), insert_at=1).add_map(noting("c"), insert_at=-1).add_map(noting("e"))
    assert list(made) == [1] and seen == ["a", "b", "c", "d", "e"]


def test_a_validator_stays_last() -> None:
    """It checks what is stored, whatever steps come later; another model takes its place, and columns leave it."""

    class Number(BaseModel):
        n: int

    class Text(BaseModel):
        n: str

    made = dlt.resource([{"n": 1}], name="r", columns=Number).add_map(lambda row: {"n": str(row["n"] + 1)})
    assert list(made) == [{"n": 2}]
    first = made.validator
    made.apply_hints(columns=Text)
    assert list(made) == [{"n": "2"}] and first is not None and made.validator is not first
    made.apply_hints(columns={"n": {"precision": 9}})
    assert made.validator is not None and made.validator.model is Text and list(made) == [{"n": "2"}]


def test_a_step_that_asks_for_the_mark_gets_it() -> None:
    """By a parameter `meta`; what the item is made into keeps it."""

    @dlt.resource
    def marked() -> Iterator[Any]:
        yield mark.with_table_name({"n": 1}, "first")
        yield {"n": 2}

    def named(row: Any, meta: Any = None) -> Any:
        return {**row, "table": meta.table_name if meta else None}

    made = marked().add_map(named).add_filter(lambda row, meta: True).add_yield_map(lambda row, meta: [row])
    found = [(page, meta.table_name if meta else None) for _, page, meta in extract_items([made])]
    assert found == [({"n": 1, "table": "first"}, "first"), ({"n": 2, "table": None}, None)]


def test_only_items_of_some_tables() -> None:
    """By their mark, and by a function of the item."""

    @dlt.resource(table_name=lambda row: row["kind"])
    def events() -> Iterator[Any]:
        yield [{"kind": "a"}, {"kind": "b"}, {"kind": "c"}]
        yield mark.with_table_name({"kind": "a"}, "d")

    assert list(events().select_tables("a", "d")) == [{"kind": "a"}, {"kind": "a"}]
    assert list(events().select_tables("b")) == [{"kind": "b"}]


def test_figures_of_the_program_are_kept_with_the_resource() -> None:
    """`add_metrics` sees pages as they are, and changes nothing; a bound copy counts into the same figures."""

    @dlt.resource
    def pages(count: int = 1) -> Iterator[Any]:
        for _ in range(count):
            yield [1, 2]

    def counted(items: Any, meta: Any, figures: dict[str, Any]) -> None:
        figures["pages"] = figures.get("pages", 0) + 1
        figures["rows"] = figures.get("rows", 0) + len(items)
        assert meta is None

    pages.add_metrics(counted)
    assert list(pages(3)) == [1, 2] * 3
    assert pages.custom_metrics == {"pages": 3, "rows": 6}


@pytest.mark.parametrize("kind", ["map", "filter"])
def test_a_function_that_ends_an_iteration_by_mistake_loses_nothing(kind: str) -> None:
    """StopIteration would end the page without a word; it is an error with the position of its row."""

    def stops(number: int) -> Any:
        if number == 3:
            raise StopIteration
        return number

    made = numbers([1, 2, 3, 4])
    with pytest.raises(ResourceExtractionError, match=r"item 2 .*StopIteration"):
        list(made.add_map(stops) if kind == "map" else made.add_filter(stops))


def test_functions_without_a_signature_are_steps() -> None:
    """Those of C, such as types and methods of builtins."""
    assert list(numbers([1, 0, 2]).add_filter(bool).add_map(str)) == ["1", "2"]
    assert list(numbers(["a b"]).add_yield_map(str.split)) == ["a", "b"]


def test_frames_count_their_rows_and_are_one_item() -> None:
    """Arrow tables and batches, pandas and polars frames: limits and steps take them whole."""
    columns = {"n": [1, 2, 3]}
    for frame in (pa.table(columns), pa.RecordBatch.from_pydict(columns), pd.DataFrame(columns), pl.DataFrame(columns)):
        made = dlt.resource([frame, frame], name="frames").add_limit(3, count_rows=True)
        kinds: list[type] = []
        made.add_map(lambda found, kinds=kinds: kinds.append(type(found)) or found)
        assert len(list(made)) == 1 and kinds == [type(frame)]


def test_a_series_is_no_frame() -> None:
    """Only what has columns is a table; other things of those packages are values."""
    made = dlt.resource([[pd.Timestamp("2024-01-01")]], name="moments")
    assert list(made) == [pd.Timestamp("2024-01-01")]
