"""Work beside the main thread: every piece comes back once, with its result or its error."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlt.io.pools import WorkPool

NAME: ContextVar[str] = ContextVar("NAME", default="nobody")


def all_of(pool: WorkPool) -> dict[Any, Any]:
    """Return results by tags, of everything that is under way."""
    found = {}
    while (done := pool.finished(block=True)) is not None:
        tag, future = done
        assert tag not in found
        found[tag] = future.exception() or future.result()
    return found


@settings(max_examples=20)
@given(st.integers(-1, 4), st.lists(st.tuples(st.booleans(), st.booleans()), max_size=8))
def test_every_piece_comes_back_with_its_tag(workers: int, pieces: list[tuple[bool, bool]]) -> None:
    """Calls and coroutines, those that succeed and those that fail."""
    pool = WorkPool(workers, 3)

    def call(number: int, fails: bool) -> int:
        if fails:
            raise ValueError(number)
        return number

    async def work(number: int, fails: bool) -> int:
        await asyncio.sleep(0)
        return call(number, fails)

    try:
        for number, (is_call, fails) in enumerate(pieces):
            if is_call:
                pool.submit(number, call, number, fails)
            else:
                pool.submit_async(number, work(number, fails))
            assert pool.full is (number + 1 >= 3) and pool.in_flight == number + 1
        found = all_of(pool)
    finally:
        pool.close()
    assert set(found) == set(range(len(pieces))) and pool.in_flight == 0 and not pool.full
    for number, (_, fails) in enumerate(pieces):
        assert found[number].args == (number,) if fails else found[number] == number


@pytest.mark.parametrize(("workers", "limit", "expected"), [(0, 0, (1, 1)), (-3, -1, (1, 1)), (4, 9, (4, 9))])
def test_a_pool_has_a_thread_and_takes_a_piece(workers: int, limit: int, expected: tuple[int, int]) -> None:
    """Whatever the settings say."""
    pool = WorkPool(workers, limit)
    assert (pool.workers, pool.max_in_flight) == expected and not pool.full


def test_nothing_is_waited_for_where_nothing_is_under_way() -> None:
    """Or where it is not wanted."""
    pool, go = WorkPool(1, 2), threading.Event()
    assert pool.finished(block=True) is None
    pool.submit("a", go.wait)
    assert pool.finished(block=False) is None and pool.in_flight == 1
    go.set()
    assert all_of(pool) == {"a": True}
    pool.close()


@pytest.mark.parametrize("kind", ["call", "coroutine"])
def test_work_sees_the_context_of_who_gave_it(kind: str) -> None:
    """As it was then; what the work sets is not seen outside."""
    pool = WorkPool(1, 9)

    def call() -> str:
        found = NAME.get()
        NAME.set("changed by work")
        return found

    async def work() -> str:
        return call()

    for name in ("ann", "bob"):
        token = NAME.set(name)
        if kind == "call":
            pool.submit(name, call)
        else:
            pool.submit_async(name, work())
        NAME.reset(token)
    assert all_of(pool) == {"ann": "ann", "bob": "bob"} and NAME.get() == "nobody"
    pool.close()


def test_work_is_done_in_threads_of_the_library() -> None:
    """As many as were asked for, each with a name that says whose they are; all of them end."""
    pool, both = WorkPool(2, 9), threading.Barrier(2, timeout=30)

    def call() -> str:
        both.wait()
        return threading.current_thread().name

    async def work() -> str:
        return threading.current_thread().name

    pool.submit(1, call)
    pool.submit(2, call)
    pool.submit_async(3, work())
    names = all_of(pool)
    pool.close()
    assert names[1] != names[2] and {name.startswith("dlt-extract") for name in names.values()} == {True}
    assert not set(names.values()) & {thread.name for thread in threading.enumerate()}


def test_closing_cancels_what_has_not_begun_and_waits_for_what_has() -> None:
    """Calls that wait for a thread never run, and coroutines end at the point where they wait."""
    pool, began, go, ran = WorkPool(1, 9), threading.Event(), threading.Event(), []
    ended: list[str] = []

    def first() -> None:
        began.set()
        go.wait(30)
        ran.append("first")

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("forever")

    pool.submit(1, first)
    pool.submit(2, ran.append, "second")
    pool.submit_async(3, forever())
    began.wait(30)
    closing = threading.Thread(target=pool.close)
    closing.start()
    # the event loop is closed first, so that by now nothing new begins
    while not ended:
        threading.Event().wait(0.005)
    go.set()
    closing.join(30)
    assert not closing.is_alive() and ran in (["first"], ["first", "second"]) and ended == ["forever"]


def test_a_pool_that_was_closed_works_again() -> None:
    """With new threads; closing what never worked does nothing."""
    pool = WorkPool(1, 2)
    pool.close()
    for number in (1, 2):
        pool.submit(number, str, number)
        assert all_of(pool) == {number: str(number)}
        pool.close()
        pool.close()
