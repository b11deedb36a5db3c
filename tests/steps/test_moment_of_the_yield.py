"""What a resource yields is stored as it was when it was yielded, whatever the program does with it afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

import dlt


def loaded(tmp_path: Path, data: Any, tables: tuple[str, ...] = ("t",)) -> dict[str, list[tuple[Any, ...]]]:
    """Load data and return the values of `id` of each table, or of `value` where it is nested, in order."""
    pipeline = dlt.pipeline(
        "moment", destination=dlt.destinations.duckdb(str(tmp_path / "m.duckdb")), pipelines_dir=str(tmp_path)
    )
    pipeline.run(data, table_name=None if isinstance(data, dlt.sources.DltResource) else "t")
    dataset = pipeline.dataset()
    return {
        name: sorted(dataset[name].select("value" if "__" in name else "id").fetchall())
        for name in tables
    }  # fmt: skip


def one_dict(count: int) -> Iterator[dict[str, Any]]:
    """Yield one dict again and again."""
    row: dict[str, Any] = {}
    for number in range(count):
        row["id"] = number
        yield row


def dicts_in_turns(count: int) -> Iterator[dict[str, Any]]:
    """Yield three dicts in turns."""
    rows: list[dict[str, Any]] = [{}, {}, {}]
    for number in range(count):
        rows[number % 3]["id"] = number
        yield rows[number % 3]


def one_page(count: int) -> Iterator[list[dict[str, Any]]]:
    """Yield one list again and again, which is emptied in between."""
    page: list[dict[str, Any]] = []
    for number in range(count):
        page.append({"id": number})
        if len(page) == 3 or number == count - 1:
            yield page
            page.clear()


def pages_of_one_dict(count: int) -> Iterator[list[dict[str, Any]]]:
    """Yield pages that hold one and the same dict."""
    row: dict[str, Any] = {}
    for number in range(count):
        row["id"] = number
        yield [row]


def emptied_afterwards(count: int) -> Iterator[dict[str, Any]]:
    """Yield dicts that are emptied after they were yielded."""
    for number in range(count):
        row = {"id": number}
        yield row
        row.clear()


@pytest.mark.parametrize("count", [5, 12_345])
@pytest.mark.parametrize("rows", [one_dict, dicts_in_turns, one_page, pages_of_one_dict, emptied_afterwards])
def test_objects_that_are_used_again(tmp_path: Path, rows: Any, count: int) -> None:
    """A few rows and several pages: each row has the value that it had when it was yielded."""
    assert loaded(tmp_path, rows(count)) == {"t": [(number,) for number in range(count)]}


def test_empty_pages_between_others(tmp_path: Path) -> None:
    """A page without rows takes nothing away."""
    assert loaded(tmp_path, iter([[{"id": 0}], [], [{"id": 1}, {"id": 2}], [], []])) == {"t": [(0,), (1,), (2,)]}


def test_what_is_nested_in_one_dict_that_is_used_again(tmp_path: Path) -> None:
    """Lists and dicts in a dict that is yielded again and again are those of the moment too."""

    def rows() -> Iterator[dict[str, Any]]:
        row: dict[str, Any] = {"id": 0, "tags": [], "place": {"city": ""}}
        for number in range(100):
            row["id"] = number
            row["tags"].append(number)
            row["place"]["city"] = str(number)
            yield row

    found = loaded(tmp_path, rows(), ("t", "t__tags"))
    assert found["t"] == [(number,) for number in range(100)]
    assert len(found["t__tags"]) == 100 * 101 // 2


def test_a_transformer_that_uses_its_object_again(tmp_path: Path) -> None:
    """What a transformer returns or yields is stored as it was then."""
    kept: dict[str, Any] = {}

    @dlt.transformer(data_from=dlt.resource(one_dict(50), name="numbers", selected=False), name="t")
    def doubled(row: dict[str, Any]) -> dict[str, Any]:
        kept["id"] = row["id"] * 2
        return kept

    assert loaded(tmp_path, doubled) == {"t": [(2 * number,) for number in range(50)]}


@pytest.mark.parametrize("parallelized", [False, True])
def test_asynchronous_and_parallel_resources(tmp_path: Path, parallelized: bool) -> None:
    """An asynchronous generator and one in a thread may use their dict again too."""

    async def later() -> AsyncIterator[dict[str, Any]]:
        for row in one_dict(500):
            yield row

    data = dlt.resource(one_dict(500), name="t").parallelize() if parallelized else dlt.resource(later, name="t")
    assert loaded(tmp_path, data) == {"t": [(number,) for number in range(500)]}
