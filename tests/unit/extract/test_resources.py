"""What resources yield, and the errors they raise."""

from __future__ import annotations

import asyncio
from typing import Any

import pyarrow as pa
import pytest

from dlt.errors import (
    InvalidResourceDataType,
    InvalidResourceDataTypeBasic,
    InvalidResourceReturnsResource,
    PipeGenInvalid,
    PipeNotBoundToData,
    ResourceExtractionError,
    ResourceNameMissing,
)
from dlt.extract.decorators import defer, resource, transformer
from dlt.extract.iteration import extract_items


def test_decorator_forms() -> None:
    """`@resource` works with and without parentheses and as a plain function."""

    @resource
    def plain() -> Any:
        yield {"a": 1}

    @resource(name="other", write_disposition="replace")
    def named() -> Any:
        yield [{"a": 2}, {"a": 3}]

    assert list(plain) == [{"a": 1}]
    assert named.name == "other"
    assert list(named()) == [{"a": 2}, {"a": 3}]
    assert list(resource([1, 2], name="numbers")) == [1, 2]


def test_rows_become_pages() -> None:
    """Rows that are yielded one by one reach the extractor in pages, none lost."""

    @resource
    def rows() -> Any:
        for i in range(10_000):
            yield {"i": i}

    pages = [page for _, page, _ in extract_items([rows])]
    assert len(pages) < 100
    assert [row["i"] for page in pages for row in (page if isinstance(page, list) else [page])] == list(range(10_000))


def test_error_names_resource_and_item() -> None:
    """An exception on row 700 names the resource and the position, with the cause."""

    @resource
    def failing() -> Any:
        for i in range(1000):
            if i == 700:
                raise ValueError("boom")
            yield {"i": i}

    with pytest.raises(ResourceExtractionError, match=r"failing.*700.*boom") as caught:
        list(extract_items([failing]))
    assert caught.value.item_position == 700
    assert caught.value.resource_name == "failing"
    assert isinstance(caught.value.__cause__, ValueError)


def test_map_error_names_item_within_page() -> None:
    """A map that fails within a page names the item's position."""
    numbers = resource([[0, 1, 2], [3, 4, 5]], name="numbers").add_map(lambda i: 1 // (4 - i))
    with pytest.raises(ResourceExtractionError) as caught:
        list(numbers)
    assert caught.value.item_position == 4


@pytest.mark.parametrize("data", [[1, 2], (1, 2), iter([1, 2]), range(1, 3), {1: "a", 2: "b"}.keys()], ids=type)
def test_a_function_may_return_its_items(data: Any) -> None:
    """As a list or anything else that can be iterated; each counts as if it had been yielded."""
    assert list(resource(lambda: data, name="numbers").add_limit(2)) == [1, 2]


def test_a_function_may_return_a_frame_or_nothing() -> None:
    """A frame is one item, and not the names of its columns; an empty list is no item."""
    frame = pa.table({"a": [1, 2]})
    assert list(resource(lambda: frame, name="frames")) == [frame]
    assert list(resource(list, name="nothing")) == []


@pytest.mark.parametrize("data", [{"a": 1}, "abc", b"abc", 5])
def test_a_function_that_returns_no_items_is_told_so(data: Any) -> None:
    """The keys of a dict and the letters of a text are what nobody wants to load."""
    with pytest.raises(InvalidResourceDataType, match=f"returned {type(data).__name__}.*'yield data'"):
        list(resource(lambda: data, name="numbers"))


def test_a_function_that_returns_none_is_told_so() -> None:
    """It may lack its `return`, or its `yield`."""
    with pytest.raises(PipeGenInvalid, match="Resource 'numbers' returned None") as told:
        list(resource(lambda: None, name="numbers"))
    assert told.value.pipe_name == "numbers"


def test_a_resource_that_yields_another_one_is_refused() -> None:
    """It would be loaded as data."""

    @resource
    def returns() -> Any:
        return [{"a": 1}]

    @resource
    def nested() -> Any:
        yield returns

    with pytest.raises(InvalidResourceReturnsResource):
        list(nested)


def test_bad_data_is_refused() -> None:
    """Data without a name, and data that is no list, say what to do."""
    with pytest.raises(ResourceNameMissing, match="name="):
        resource([1])
    with pytest.raises(InvalidResourceDataTypeBasic):
        resource({"a": 1}, name="x")


def test_exhausted_generator() -> None:
    """A consumed generator goes on where it is, as Python's do; a generator function begins anew."""

    def gen() -> Any:
        yield 1
        yield 2

    once = resource(gen(), name="once")
    again = resource(gen, name="again")
    assert next(iter(once)) == 1
    assert list(once) == []
    assert list(again) == list(again) == [1, 2]


def test_steps_act_per_item() -> None:
    """Filter, map and flat_map act per item on yielded lists."""
    numbers = resource([[1, 2, 3], 4], name="numbers")
    numbers.filter(lambda i: i != 2).map(lambda i: i * 10).flat_map(lambda i: [i, -i])
    assert list(numbers) == [10, -10, 30, -30, 40, -40]


def test_limits() -> None:
    """`add_limit` takes yields, or rows."""

    @resource
    def endless() -> Any:
        i = 0
        while True:
            yield {"i": i}
            i += 1

    assert len(list(endless().add_limit(7))) == 7
    assert sum(len(p) if isinstance(p, list) else 1 for _, p, _ in extract_items([endless().add_limit(7)])) == 7
    pages = resource([[1, 2], [3, 4], [5, 6]], name="pages")
    assert list(pages.clone().add_limit(2)) == [1, 2, 3, 4]
    assert list(pages.clone().add_limit(3, count_rows=True)) == [1, 2, 3, 4]


def test_transformers_share_parent() -> None:
    """A parent is evaluated once for two transformers and is not emitted unless selected."""
    calls = []

    @resource
    def users() -> Any:
        for i in (1, 2):
            calls.append(i)
            yield {"id": i}

    @transformer(data_from=users)
    def details(user: Any) -> Any:
        return {"user": user["id"]}

    @transformer
    def posts(user: Any, count: int = 2) -> Any:
        yield [{"post": (user["id"], n)} for n in range(count)]

    out = [(r.name, p) for r, p, _ in extract_items([details, users | posts(1)])]
    assert calls == [1, 2]
    assert {name for name, _ in out} == {"details", "posts"}
    assert [p for n, p in out if n == "details"] == [{"user": 1}, {"user": 2}]
    with pytest.raises(PipeNotBoundToData):
        list(posts)


@pytest.mark.parametrize("workers", [1, 4])
def test_parallel_items(workers: int) -> None:
    """Deferred calls, coroutines and asynchronous generators are evaluated, all of them once."""

    @defer
    def slow(i: int) -> Any:
        return {"i": i}

    async def soon(i: int) -> Any:
        await asyncio.sleep(0)
        return [{"i": i}]

    @resource
    def deferred() -> Any:
        for i in range(50):
            yield slow(i)

    @resource
    def coroutines() -> Any:
        yield [soon(i) for i in range(50)]

    @resource
    async def agen() -> Any:
        for i in range(50):
            await asyncio.sleep(0)
            yield {"i": i}

    @resource(parallelized=True)
    def threads() -> Any:
        for i in range(50):
            yield {"i": i}

    @transformer(data_from=threads, parallelized=True)
    def doubled(row: Any) -> Any:
        yield {"i": row["i"]}
        yield {"i": row["i"]}

    seen: dict[str, list[int]] = {}
    resources = [deferred, coroutines, agen, threads, doubled]
    for found, page, _ in extract_items(resources, workers=workers, max_parallel_items=3):
        rows = page if isinstance(page, list) else [page]
        seen.setdefault(found.name, []).extend(row["i"] for row in rows)
    assert {name: sorted(rows) for name, rows in seen.items()} == {
        **{name: list(range(50)) for name in ("deferred", "coroutines", "agen", "threads")},
        "doubled": sorted([*range(50), *range(50)]),
    }


def test_failure_in_pool() -> None:
    """A deferred call that fails raises with its resource."""

    @resource
    def deferred() -> Any:
        yield {"i": 0}
        yield lambda: 1 // 0

    with pytest.raises(ResourceExtractionError) as caught:
        list(deferred)
    assert caught.value.item_position == 1
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_bound_copies() -> None:
    """A call returns a bound copy, bind works in place, a second call is refused."""

    @resource
    def players(group: str = "A", max_results: int = 1) -> Any:
        yield {"group": group, "max": max_results}

    bound = players("M", max_results=3)
    assert list(bound) == [{"group": "M", "max": 3}]
    with pytest.raises(TypeError, match="called before"):
        bound("x")
    with pytest.raises(TypeError):
        players(unknown=1)
    assert not players.args_bound
    players.bind("B", 2)
    assert list(players) == [{"group": "B", "max": 2}]
