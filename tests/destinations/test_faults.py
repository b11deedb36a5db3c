"""Faults: connections that are cut, servers that die, time and space that run out, rights that are missing.

After each of them readers see what was there before, or the whole load once; the same pipeline runs again, and its rows
are those of a run without a fault. Redshift and BigQuery are emulated, not verified on the services themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from dlt.errors import (
    DatabaseTerminalException,
    DatabaseTransientException,
    DestinationTransientException,
    PipelineStepFailed,
    TerminalException,
)
from dlt.pipeline.retry import is_transient
from tests.destinations.places import PASSWORD, WRONG_PASSWORD, BigQuery, Place, Redshift, Rows, open_server, shop

pytestmark = pytest.mark.xdist_group("faults")
KINDS = ("postgres", "redshift", "mariadb", "bigquery")
BEFORE, MORE = range(20), range(20, 1_000)
_clean: dict[tuple[str, bool], Rows] = {}


@pytest.fixture(scope="module", params=KINDS)
def server(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Return the place of a kind of server, which starts for this module."""
    if request.param == "bigquery":
        pytest.importorskip("google.cloud.bigquery", reason="google-cloud-bigquery is not installed")
    with ExitStack() as stack:
        yield open_server(request.param, stack)


@pytest.fixture
def place(server: Place) -> Iterator[Place]:
    """Return an empty place."""
    with server:
        yield server


def prepared(place: Place, *, first: bool = False, **options: Any) -> Any:
    """Return a pipeline with a package that waits to be loaded, the first one or the second."""
    pipeline = place.pipeline(**options)
    if not first:
        assert not pipeline.run(shop(0, BEFORE)).has_failed_jobs
    pipeline.extract(shop(1, MORE))
    pipeline.normalize()
    return pipeline


def clean(place: Place, *, first: bool = False) -> Rows:
    """Return the rows of a run without a fault; it takes the place for itself."""
    if (place.kind, first) not in _clean:
        assert not prepared(place, first=first, name="clean").load().has_failed_jobs
        _clean[place.kind, first] = place.rows()
        place.__exit__()
        place.__enter__()
    return _clean[place.kind, first]


def failure_of(pipeline: Any) -> BaseException | None:
    """Load; return why it failed, or None."""
    try:
        assert not pipeline.load().has_failed_jobs
    except PipelineStepFailed as error:
        assert WRONG_PASSWORD not in str(error) and PASSWORD not in str(error)
        return error
    return None


def check_exact(place: Place, pipeline: Any, expected: Rows) -> None:
    """Run again, without a fault: the rows are those of a clean run, and nothing is left to do."""
    place.proxy.mend()
    if pipeline.has_pending_data:
        assert not pipeline.load().has_failed_jobs
    assert place.rows() == expected
    assert not pipeline.has_pending_data
    if isinstance(place, Redshift):
        assert place.emulator.s3.keys(place.bucket) == []


# -- connections that are cut


@pytest.mark.parametrize("by_reset", [True, False], ids=["rst", "fin"])
@pytest.mark.parametrize("part", [0.001, 0.01, 0.05, 0.3, 0.7, 0.95, 0.99, 0.999])
def test_a_first_load_that_is_cut_after_some_bytes(place: Place, part: float, by_reset: bool) -> None:
    """The connection ends after a part of what a load sends, be it tables, rows or records."""
    expected = clean(place, first=True)
    size = sent_by_a_load(place)
    pipeline = prepared(place, first=True)
    place.proxy.cut_after(int(size * part), by_reset=by_reset)
    error = failure_of(pipeline)
    assert place.proxy.cuts == 1
    if error is None:
        assert place.heals
    else:
        assert is_transient(error), error.__cause__
        assert not any(value and value != [(0,)] for value in place.rows().values())
    check_exact(place, pipeline, expected)


_sizes: dict[str, int] = {}


def sent_by_a_load(place: Place) -> int:
    """Return how many bytes the connection that sends most sends in a first load."""
    if place.kind not in _sizes:
        pipeline = prepared(place, first=True, name="measured")
        place.proxy.most = 0
        pipeline.load()
        _sizes[place.kind] = place.proxy.most
        place.__exit__()
        place.__enter__()
    return _sizes[place.kind]


@pytest.mark.parametrize("by_reset", [True, False], ids=["rst", "fin"])
@pytest.mark.parametrize("moment", ["begin", "rows", "publish", "commit"])
def test_a_load_that_is_cut_at_a_moment(place: Place, moment: str, by_reset: bool) -> None:
    """The connection ends before the server gets what begins a load, or its rows, publishes it or commits it."""
    expected = clean(place)
    pipeline = prepared(place)
    before = place.rows()
    place.proxy.cut_at(*place.moments[moment], by_reset=by_reset)
    error = failure_of(pipeline)
    assert place.proxy.cuts == 1
    if error is None:
        assert place.heals
    else:
        assert is_transient(error), error.__cause__
        assert place.rows() == before
    check_exact(place, pipeline, expected)


@pytest.mark.parametrize("by_reset", [True, False], ids=["rst", "fin"])
def test_a_commit_whose_answer_is_lost(place: Place, by_reset: bool) -> None:
    """The server commits and the connection ends: the load is there once, and stays so when it is tried again."""
    expected = clean(place)
    pipeline = prepared(place)
    place.proxy.cut_at(*place.moments["commit"], by_reset=by_reset, answered=True)
    error = failure_of(pipeline)
    assert place.proxy.cuts == 1
    assert place.heals if error is None else is_transient(error), error
    assert place.rows() == expected
    check_exact(place, pipeline, expected)
