"""dlt.current, and the bound on work in flight."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from dlt import context, current
from dlt.errors import (
    CurrentSourceNotAvailable,
    CurrentSourceSchemaNotAvailable,
    PipelineNotActive,
    PipelineStateNotAvailable,
    ResourceNameNotAvailable,
)
from dlt.extract import DltResource, DltSource
from dlt.extract.decorators import defer, resource, source
from dlt.extract.iteration import extract_items
from dlt.io.pools import WorkPool


def test_current_in_resource() -> None:
    """Functions of dlt.current see the source and the resource at work."""

    @source(section="shops")
    def s() -> Any:
        schema_name = current.source_schema().name

        @resource
        def r() -> Any:
            current.resource_metrics()["calls"] = 1
            yield schema_name, current.resource_name(), current.resource().name, current.source().name
            yield current.pipe().name, context.current().section

        return r

    made = s()
    assert isinstance(made, DltSource) and isinstance(made.r, DltResource)
    assert list(made) == [("s", "r", "r", "s"), ("r", "shops")]
    assert made.r.custom_metrics == {"calls": 1}


def test_current_outside() -> None:
    """Outside a run the functions say that nothing is at work."""
    for function, error in (
        (current.resource_name, ResourceNameNotAvailable),
        (current.resource, ResourceNameNotAvailable),
        (current.pipe, ResourceNameNotAvailable),
        (current.source, CurrentSourceNotAvailable),
        (current.source_schema, CurrentSourceSchemaNotAvailable),
        (current.load_package_state, PipelineStateNotAvailable),
        (current.destination_state, PipelineStateNotAvailable),
    ):
        with pytest.raises(error):
            function()


def test_no_pipeline() -> None:
    """Without an active pipeline dlt.current.pipeline() says what to do."""
    from dlt import context

    before = context.active_pipeline()
    context.activate(None)
    try:
        with pytest.raises(PipelineNotActive, match=r"dlt\.pipeline"):
            current.pipeline()
    finally:
        context.activate(before)


def test_work_in_flight_is_bounded() -> None:
    """No more deferred calls are under way than allowed, though the source could give many."""
    lock, running, peak = threading.Lock(), 0, 0

    @defer
    def work(i: int) -> int:
        nonlocal running, peak
        with lock:
            running += 1
            peak = max(peak, running)
        with lock:
            running -= 1
        return i

    asked = []

    @resource
    def items() -> Any:
        for i in range(100):
            asked.append(i)
            yield work(i)

    stream = extract_items([items], workers=2, max_parallel_items=4)
    next(stream)
    assert len(asked) <= 6
    assert len(list(stream)) == 99
    assert peak <= 2


def test_pool_closes_with_work_under_way() -> None:
    """A consumer that stops early leaves no thread and no task behind."""
    before = threading.active_count()

    @resource
    async def endless() -> Any:
        while True:
            yield {"a": 1}

    @resource(parallelized=True)
    def threads() -> Any:
        while True:
            yield {"a": 1}

    stream = extract_items([endless, threads])
    for _ in range(5):
        next(stream)
    stream.close()  # type: ignore[attr-defined] # it is a generator
    assert threading.active_count() == before


def test_pool_gives_back_tags() -> None:
    """Finished work comes back with its tag, failures too."""
    pool = WorkPool(2, 3)
    pool.submit("good", int, "1")
    pool.submit("bad", int, "x")
    found = dict(filter(None, (pool.finished(block=True), pool.finished(block=True))))
    assert found["good"].result() == 1
    assert isinstance(found["bad"].exception(), ValueError)
    assert pool.finished(block=True) is None
    pool.close()
