"""How resources are pulled: in batches that stay what was yielded, up to a limit, and ended in time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import dlt
from dlt.errors import (
    BrokenFile,
    ConfigurationValueError,
    InvalidResourceReturnsResource,
    MissingDependencyException,
    PipeException,
    ResourceExtractionError,
)
from dlt.extract.decorators import defer, resource, transformer
from dlt.extract.items import Joined
from dlt.extract.iteration import extract_items


def rows_of(found: Any, **options: Any) -> list[Any]:
    """Return the rows of one resource, those of pages one by one."""
    pages = [page for _, page, _ in extract_items([found], **options)]
    return [row for page in pages for row in (page if isinstance(page, list) else [page])]


class Ticks:
    """An asynchronous iterator that is no generator: it has no way to be closed."""

    def __init__(self) -> None:
        self.given = 0

    def __aiter__(self) -> AsyncIterator[dict[str, int]]:
        return self

    async def __anext__(self) -> dict[str, int]:
        await asyncio.sleep(0)
        self.given += 1
        return {"n": self.given}


def test_an_asynchronous_iterator_without_an_end_is_limited() -> None:
    """`add_limit` stops any asynchronous iterator, whether or not it can be closed, and takes no row too many."""
    ticks = Ticks()
    assert rows_of(resource(ticks, name="ticks").add_limit(5)) == [{"n": n} for n in range(1, 6)]
    assert ticks.given == 5


def test_an_asynchronous_generator_is_closed_at_its_limit() -> None:
    """Its `finally` has run when the extract ends: connections do not stay open."""
    closed = []

    @resource
    async def endless() -> AsyncIterator[dict[str, int]]:
        try:
            while True:
                yield {"n": 1}
        finally:
            closed.append(True)

    assert len(rows_of(endless().add_limit(3))) == 3
    assert closed == [True]


def test_a_generator_is_closed_at_its_limit_and_no_row_is_pulled_beyond_it() -> None:
    """A limit of rows holds for what is asked of the program too, not only for what is kept."""
    pulled: list[Any] = []

    @resource
    def endless() -> Iterator[dict[str, int]]:
        try:
            while True:
                pulled.append(len(pulled))
                yield {"n": len(pulled)}
        finally:
            pulled.append("closed")

    assert len(rows_of(endless().add_limit(100))) == 100
    assert pulled == [*range(100), "closed"]


def test_a_limit_in_time_ends_a_resource_that_never_ends() -> None:
    """`max_time` is looked at before every pull, so rows are not joined into pages."""

    @resource
    def endless() -> Iterator[dict[str, int]]:
        while True:
            yield {"n": 1}

    assert all(type(page) is dict for _, page, _ in extract_items([endless().add_limit(max_time=0.01)]))
    assert rows_of(endless().add_limit(max_time=0.0)) == []


@pytest.mark.parametrize("paged", [False, True])
def test_a_limit_counts_what_comes_out_of_all_steps(paged: bool) -> None:
    """Wherever it stands among them: what a filter or a cursor drops does not use it up."""
    pulled: list[int] = []

    @resource
    def numbers(at: Any = dlt.sources.incremental("n", initial_value=10)) -> Iterator[Any]:
        for n in range(1000):
            pulled.append(n)
            yield [{"n": n}] if paged else {"n": n}

    def even(row: dict[str, int]) -> bool:
        return row["n"] % 2 == 0

    assert [row["n"] for row in rows_of(numbers().add_limit(3))] == [10, 11, 12]
    assert [row["n"] for row in rows_of(numbers().add_filter(even).add_limit(3))] == [10, 12, 14]
    assert [row["n"] for row in rows_of(numbers().add_limit(3).add_filter(even))] == [10, 12, 14]
    assert len(pulled) == 13 + 15 + 15


def test_a_limit_cuts_what_one_item_became() -> None:
    """A yield of the program counts once; items that a step makes of one count each."""
    numbers = resource([1, 2, 3], name="numbers").add_yield_map(lambda n: [n] * n)
    assert rows_of(numbers.add_limit(4)) == [1, 2, 2, 3]


def test_a_limit_of_rows_takes_whole_pages_that_filters_let_through() -> None:
    """A page is never cut, and an empty one counts for nothing."""
    pages = resource([[1, 3], [2, 4, 5], [6, 7], [8]], name="pages").add_filter(lambda n: n % 2 == 0)
    assert rows_of(pages.clone().add_limit(3, count_rows=True)) == [2, 4, 6]
    assert rows_of(pages.clone().add_limit(1)) == [2, 4]


@pytest.mark.parametrize("count", [0, 1, 3, 50])
def test_a_limit_holds_for_what_is_evaluated_in_threads(count: int) -> None:
    """Deferred items that are under way count, so that no more are asked for than may come out."""
    called: list[int] = []

    @dlt.defer
    def fetched(n: int) -> int:
        called.append(n)
        return n

    @resource
    def numbers() -> Iterator[Any]:
        for n in range(20):
            yield fetched(n)

    assert sorted(rows_of(numbers().add_limit(count))) == list(range(min(count, 20))) == sorted(called)


@pytest.mark.parametrize("count", [1, 3, 8])
def test_what_is_dropped_in_threads_does_not_use_a_limit_up(count: int) -> None:
    """A deferred item that gives nothing makes room for another one."""
    called: list[int] = []

    @dlt.defer
    def fetched(n: int) -> int | None:
        called.append(n)
        return n if n % 2 else None

    @resource
    def numbers() -> Iterator[Any]:
        for n in range(100):
            yield fetched(n)

    assert sorted(rows_of(numbers().add_limit(count))) == list(range(1, 2 * count, 2))
    assert sorted(called) == list(range(2 * count))


def test_no_limit_and_a_negative_one_take_everything() -> None:
    """None and -1 mean the same; a limit can be taken back."""
    numbers = resource([[1, 2], [3]], name="numbers").add_limit(1)
    assert rows_of(numbers.clone()) == [1, 2]
    assert rows_of(numbers.clone().add_limit(-1)) == rows_of(numbers.clone().add_limit(None)) == [1, 2, 3]


def test_a_transformer_cannot_be_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its parent can; the log says so, and nothing is lost without a word."""
    told: list[str] = []
    monkeypatch.setattr("dlt.extract.pipe.logger.warning", lambda text, *names: told.append(text % names))
    numbers = resource([1, 2, 3], name="numbers")

    @transformer(data_from=numbers)
    def doubled(number: int) -> int:
        return number * 2

    assert rows_of(doubled.add_limit(1)) == [2, 4, 6]
    assert told == ["Resource 'doubled': a transformer cannot be limited, limit its parent"]


def test_rows_of_several_kinds_keep_their_order() -> None:
    """A page holds rows of one kind; whatever comes between begins another one, and nothing is lost or moved."""
    mixed = [{"n": 1}, {"n": 2}, "three", "four", {"n": 5}, [{"n": 6}, {"n": 7}], {"n": 8}, 9, 10.5, {"n": 11}]

    @resource
    def yields() -> Iterator[Any]:
        yield from mixed * 50

    @resource
    async def yields_later() -> AsyncIterator[Any]:
        for item in mixed * 50:
            yield item

    expected = [row for item in mixed * 50 for row in (item if isinstance(item, list) else [item])]
    assert rows_of(yields) == rows_of(yields_later) == expected
    for _, page, _ in extract_items([yields]):
        assert type(page) is not Joined or len({type(row) for row in page}) == 1


@pytest.mark.parametrize("parallel", [False, True])
def test_a_failure_between_rows_names_the_row(parallel: bool) -> None:
    """The position counts rows that were joined into the page that failed; in threads as well."""

    @resource(parallelized=parallel)
    def failing() -> Iterator[dict[str, int]]:
        for number in range(1000):
            if number == 777:
                raise OSError("the server went away")
            yield {"n": number}

    with pytest.raises(ResourceExtractionError, match=r"item 777 .* OSError: the server went away") as caught:
        rows_of(failing)
    assert caught.value.item_position == 777
    # what a function reads by itself, no filter behind it keeps away
    assert "add_filter" not in str(caught.value)


@pytest.mark.parametrize("step", ["transformer", "map"])
def test_an_item_that_fails_can_be_left_out(step: str) -> None:
    """Where it was there before it failed, and the advice works."""

    def inverted(number: int) -> float:
        return 1 / number

    numbers = resource([1, 0, 2], name="numbers")
    made = numbers.add_map(inverted) if step == "map" else numbers | transformer(inverted, name="inverted")
    with pytest.raises(ResourceExtractionError, match=r"item 1 .*drop such items with add_filter"):
        list(made)
    numbers.add_filter(bool, insert_at=1)
    assert list(made) == [1.0, 0.5]


@pytest.mark.parametrize(
    "error", [MissingDependencyException("pip install it"), FileNotFoundError("x"), BrokenFile("x")]
)
def test_no_item_is_blamed_for_what_is_not_there(error: Exception) -> None:
    """A package, a file or a folder comes back by no filter."""

    @resource
    def failing() -> Iterator[int]:
        yield 1
        raise error

    with pytest.raises(ResourceExtractionError) as caught:
        rows_of(failing)
    assert "add_filter" not in str(caught.value)


def test_a_failure_of_a_transformer_is_its_own() -> None:
    """The message names the transformer and not its parent, and counts the rows that it made."""
    numbers = resource(list(range(10)), name="numbers")

    @transformer(data_from=numbers)
    def inverted(number: int) -> Iterator[float]:
        yield from (1.0, 1 / (number - 4))

    with pytest.raises(ResourceExtractionError, match="Resource 'inverted': item 8 ") as caught:
        rows_of(inverted)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_errors_of_the_library_pass_as_they_are() -> None:
    """A program that raises or provokes one catches it by its class, from any depth."""

    class Mine(PipeException):
        """An error of the program's own, below one of the library's."""

    def refuse(_: Any) -> Any:
        raise Mine("no")

    with pytest.raises(Mine):
        rows_of(resource([1], name="numbers").add_map(refuse))


def test_a_parallel_resource_runs_beside_the_main_thread_and_is_never_entered_twice() -> None:
    """Two resources in threads overlap; the rows of each stay in order."""
    meeting = threading.Barrier(2, timeout=30)
    threads = set()

    def numbers(name: str) -> Any:
        def pulled() -> Iterator[dict[str, Any]]:
            meeting.wait()
            for number in range(500):
                threads.add(threading.current_thread().name)
                yield {"name": name, "n": number}

        return resource(pulled, name=name, parallelized=True)

    found: dict[str, list[int]] = {}
    for made, page, _ in extract_items([numbers("a"), numbers("b")], workers=2):
        found.setdefault(made.name, []).extend(row["n"] for row in (page if isinstance(page, list) else [page]))
    assert found == {"a": list(range(500)), "b": list(range(500))}
    assert threading.main_thread().name not in threads


def test_a_deferred_call_may_give_a_page_a_stream_or_nothing() -> None:
    """What comes back is taken as if the resource had yielded it."""

    @defer
    def fetched(kind: str) -> Any:
        if kind == "page":
            return [{"n": 1}, {"n": 2}]
        return ({"n": n} for n in (3, 4)) if kind == "stream" else None

    @resource
    def details() -> Iterator[Any]:
        for kind in ("page", "stream", "nothing"):
            yield fetched(kind)

    assert sorted(row["n"] for row in rows_of(details)) == [1, 2, 3, 4]


def test_a_pull_that_an_asynchronous_transformer_answers() -> None:
    """A transformer may be a coroutine; its result is one item, evaluated beside the others."""
    numbers = resource([1, 2, 3], name="numbers")

    @transformer(data_from=numbers)
    async def looked_up(number: int) -> dict[str, int]:
        await asyncio.sleep(0)
        return {"n": number}

    assert sorted(row["n"] for row in rows_of(looked_up)) == [1, 2, 3]


def test_a_consumer_that_stops_early_closes_what_is_open() -> None:
    """Breaking out of a loop over a resource ends its generator."""
    closed = []

    @resource
    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    items = iter(endless)
    assert next(items) == 1
    items.close()  # type: ignore[attr-defined] # a generator
    assert closed == [True]


def test_a_resource_that_yields_a_source_or_a_resource_is_told() -> None:
    """Nobody loads the text of an object; also not from a function that returns it and was called."""
    inner = resource([1], name="inner")

    @dlt.source
    def shop() -> Any:
        return inner

    for item in (inner, shop()):

        @resource(name="outer")
        def outer(item: Any = item) -> Iterator[Any]:
            yield item

        with pytest.raises(InvalidResourceReturnsResource, match=r"Resource 'outer' yielded a source or resource"):
            rows_of(outer)
        with pytest.raises(InvalidResourceReturnsResource, match=r"Resource 'back' returned a .*yield from"):
            rows_of(resource(lambda item=item: item, name="back")())


def _letters(name: str, letters: str) -> Any:
    return dlt.resource(list(letters), name=name)


def test_resources_take_turns_item_by_item() -> None:
    """None of them waits for the end of another one."""
    source = dlt.source(lambda: [_letters("small", "abc"), _letters("large", "ABC")], name="letters")
    assert list(source()) == ["a", "A", "b", "B", "c", "C"]


def test_resources_come_one_after_the_other_in_the_mode_fifo(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one begins when the one before has ended."""
    monkeypatch.setenv("EXTRACT__NEXT_ITEM_MODE", "fifo")
    source = dlt.source(lambda: [_letters("small", "abc"), _letters("large", "ABC")], name="letters")
    assert list(source()) == ["a", "b", "c", "A", "B", "C"]


def test_an_unknown_mode_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the modes that there are."""
    monkeypatch.setenv("EXTRACT__NEXT_ITEM_MODE", "lifo")
    source = dlt.source(lambda: [_letters("small", "abc"), _letters("large", "ABC")], name="letters")
    with pytest.raises(ConfigurationValueError, match=r"'lifo'.*round_robin, fifo"):
        list(source())


def test_what_a_transformer_makes_of_an_item_comes_before_the_next_item() -> None:
    """However many rows that are: they are not mixed with those of other items."""

    @transformer
    def repeated(number: int) -> Iterator[str]:
        for _ in range(number):
            yield str(number)

    assert list(resource([1, 2, 3], name="numbers") | repeated) == ["1", "2", "2", "3", "3", "3"]
