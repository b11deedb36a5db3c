"""Connections that are cut, servers that die, time and space that run out, rights that are missing.

After each of them readers see what was there before, or the whole load once; the same pipeline runs again, and its rows
are those of a run without a fault. Redshift and BigQuery are emulated, not verified on the services themselves.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from dlt.errors import (
    DatabaseTerminalException,
    DatabaseTransientException,
    DestinationTransientException,
    PipelineStepFailed,
    may_pass,
)
from tests.destinations.places import PASSWORD, WRONG_PASSWORD, Place, Redshift, Rows, note, open_server, shop

pytestmark = pytest.mark.xdist_group("faults")
SQL = ("postgres", "redshift", "mariadb")
KINDS = (*SQL, "bigquery")
BEFORE, MORE = range(20), range(20, 500)
_clean: dict[tuple[str, bool], Rows] = {}
_sizes: dict[str, int] = {}
"""How many bytes the connection that sends most sends in a first load."""


def cases(names: str, found: Sequence[Any], few: Sequence[Any]) -> pytest.MarkDecorator:
    """Return the mark of a test that has cases on each kind of server.

    Args:
        names: Parameters after `server`.
        found: Cases.
        few: Those of the emulator of BigQuery, into which loads take their time.
    """
    all_cases = [(kind, *case) for kind in KINDS for case in (found if kind in SQL else few)]
    return pytest.mark.parametrize(f"server, {names}", all_cases, indirect=["server"])


def on_sql(reason: str) -> pytest.MarkDecorator:
    """Return the mark of a test for all but BigQuery.

    Args:
        reason: Why not.
    """
    skipped = pytest.param("bigquery", marks=pytest.mark.skip(reason=f"bigquery: {reason}"))
    return pytest.mark.parametrize("server", [*SQL, skipped], indirect=True)


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
        pipeline = prepared(place, first=first, name="clean")
        place.proxy.most = 0
        assert not pipeline.load().has_failed_jobs
        if first:
            _sizes[place.kind] = place.proxy.most
        _clean[place.kind, first] = place.rows()
        place.again()
    return _clean[place.kind, first]


def failure_of(pipeline: Any) -> BaseException | None:
    """Load; return why it failed, or None."""
    failure = None
    try:
        assert not pipeline.load().has_failed_jobs
    except PipelineStepFailed as error:
        failure = error
    assert WRONG_PASSWORD not in str(failure) and PASSWORD not in str(failure)
    return failure


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


PARTS = [
    (0.001, True),
    (0.01, False),
    (0.1, True),
    (0.3, False),
    (0.6, True),
    (0.9, False),
    (0.95, True),
    (0.98, False),
]
MOMENTS = [("begin", True), ("rows", True), ("rows", False), ("publish", True), ("commit", True), ("commit", False)]


@cases("part, by_reset", PARTS, PARTS[3:6:2])
def test_a_first_load_that_is_cut_after_some_bytes(place: Place, part: float, by_reset: bool) -> None:
    """The connection ends after a part of what a load sends, be it tables, rows or records."""
    expected = clean(place, first=True)
    pipeline = prepared(place, first=True)
    place.proxy.cut_after(int(_sizes[place.kind] * part), by_reset=by_reset)
    error = failure_of(pipeline)
    assert place.proxy.cuts == 1
    if error is None:
        # one that was cut while it connected is tried again at once
        assert place.heals or part < 0.1
    else:
        assert may_pass(error), error.__cause__
        assert not any(value and value != [(0,)] for value in place.rows().values())
    check_exact(place, pipeline, expected)


@cases("moment, by_reset", MOMENTS, MOMENTS[1::3])
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
        assert may_pass(error), error.__cause__
        assert place.rows() == before
    check_exact(place, pipeline, expected)


@cases("by_reset", [(True,), (False,)], [(False,)])
def test_a_commit_whose_answer_is_lost(place: Place, by_reset: bool) -> None:
    """The server commits and the connection ends: the load is there once, and stays so when it is tried again."""
    expected = clean(place)
    pipeline = prepared(place)
    place.proxy.cut_at(*place.moments["commit"], by_reset=by_reset, answered=True)
    error = failure_of(pipeline)
    assert place.proxy.cuts == 1
    assert place.heals if error is None else may_pass(error), error
    assert place.rows() == expected
    check_exact(place, pipeline, expected)


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
@pytest.mark.parametrize("texts", [(b"CREATE DATABASE",), (b"ROLLBACK", b"loader\0"), (b"CREATE TABLE",)], ids=str)
def test_the_connection_for_tables_is_cut(place: Place, texts: tuple[bytes, ...]) -> None:
    """MariaDB: tables are made through a connection of their own, and what breaks there is transient as well."""
    expected = clean(place, first=True)
    pipeline = prepared(place, first=True)
    place.proxy.cut_at(b"SET SESSION TRANSACTION ISOLATION LEVEL", *texts)
    error = failure_of(pipeline)
    assert place.proxy.cuts == 1 and may_pass(error), error and error.__cause__
    check_exact(place, pipeline, expected)


@pytest.mark.parametrize("server", ["redshift"], indirect=True)
def test_an_upload_that_is_cut(place: Redshift) -> None:
    """Redshift: the connection to S3 ends in the middle of a file; nothing is left in the bucket after the load."""
    expected = clean(place)
    pipeline = prepared(place)
    place.s3_proxy.cut_at(b"PUT /", by_reset=True, times=2)
    error = failure_of(pipeline)
    assert place.s3_proxy.cuts == 2
    assert error is None or may_pass(error), error.__cause__
    check_exact(place, pipeline, expected)


@cases("moment", [("rows",), ("commit",)], [("commit",)])
def test_one_run_is_enough_with_retry(place: Place, moment: str) -> None:
    """Transient errors are tried again as `retry` says: three cuts in a row, and the rows are there once."""
    expected = clean(place)
    pipeline = place.pipeline(retry={"attempts": 4, "backoff": 0.01})
    pipeline.run(shop(0, BEFORE))
    place.proxy.cut_at(*place.moments[moment], times=3)
    assert not pipeline.run(shop(1, MORE)).has_failed_jobs
    assert place.proxy.cuts == 3
    check_exact(place, pipeline, expected)


@on_sql("requests are repeated")
def test_a_run_is_tried_again_before_it_extracts(place: Place) -> None:
    """What `run` asks the destination first is tried again too."""
    expected = clean(place)
    pipeline = place.pipeline(retry={"attempts": 3, "backoff": 0.01})
    pipeline.run(shop(0, BEFORE))
    place.proxy.cut_at(b"data", by_reset=True)
    assert not pipeline.run(shop(1, MORE)).has_failed_jobs
    assert place.proxy.cuts == 1
    check_exact(place, pipeline, expected)


def test_attempts_have_a_bound(place: Place) -> None:
    """A fault that stays is an error after so many attempts as `retry` says, and nothing is visible."""
    expected = clean(place)
    settings = {"retry_deadline": 0.5} if place.heals else {}
    pipeline = place.pipeline(settings=settings, retry={"attempts": 3, "backoff": 0.01})
    pipeline.run(shop(0, BEFORE))
    before = place.rows()
    place.proxy.cut_at(*place.moments["rows"], times=1_000)
    with pytest.raises(PipelineStepFailed) as failure:
        pipeline.run(shop(1, MORE))
    assert isinstance(failure.value.__cause__, DestinationTransientException)
    assert place.proxy.cuts == 3 or place.heals
    assert place.rows() == before
    check_exact(place, pipeline, expected)


@on_sql("requests are repeated")
def test_a_task_that_is_cut_when_it_takes_over(place: Place) -> None:
    """The first thing that a task does at the destination: what breaks there is transient, and can be done again."""
    place.pipeline().run(shop(0, BEFORE))
    destination = place.destination()
    place.proxy.cut_at(b"UPDATE ")
    with pytest.raises(DestinationTransientException), destination.connect("data") as client:
        client.claim("shop", "load1", 1)
    assert place.proxy.cuts == 1
    with destination.connect("data") as client:
        assert client.claim("shop", "load1", 1) >= 1_000_000


# -- servers


@cases("moment", [("rows",), ("commit",)], [("rows",)])
def test_a_server_that_restarts_in_mid_load(place: Place, moment: str) -> None:
    """The server dies as in a power cut and comes back: one run with `retry` is enough, and all rows are there once."""
    expected = clean(place)
    pipeline = place.pipeline(retry={"attempts": 20, "backoff": 0.1, "max_wait": 1.0})
    pipeline.run(shop(0, BEFORE))
    crashed = threading.Event()

    def crash() -> None:
        place.server.crash()
        crashed.set()

    place.proxy.at(*place.moments[moment], action=crash)
    results: list[Any] = []
    run = threading.Thread(target=lambda: results.append(pipeline.run(shop(1, MORE))))
    run.start()
    crashed.wait()
    # by this thread: the server ends with the one that started it
    place.server.start()
    run.join()
    assert results and not results[0].has_failed_jobs
    check_exact(place, pipeline, expected)


@on_sql("a commit is a job, and goes on without its connection")
def test_a_commit_that_takes_longer_than_its_connection(place: Place) -> None:
    """The connection ends while the server still commits: the next try waits for that, and loads nothing twice."""
    expected = clean(place)
    pipeline = prepared(place)
    failures: list[BaseException | None] = []
    with place.slow_commit():
        first = threading.Thread(target=lambda: failures.append(failure_of(pipeline)))
        first.start()
        place.wait_for_waiting(1)
        place.proxy.cut_all()
        first.join()
        assert may_pass(failures[0])
        second = threading.Thread(target=lambda: failures.append(failure_of(pipeline)))
        second.start()
        place.wait_for_waiting(2)
    second.join()
    assert failures[1] is None
    check_exact(place, pipeline, expected)


# -- time, space, rights


@on_sql("the emulator ends no statement; what an answer that is late does is tested")
def test_a_statement_that_takes_too_long(place: Place) -> None:
    """The server ends a statement: the error is transient, as the lock that it waited for may go."""
    expected = clean(place)
    pipeline = prepared(place)
    with place.timeout():
        error = failure_of(pipeline)
    assert isinstance(error and error.__cause__, DatabaseTransientException), error and error.__cause__
    check_exact(place, pipeline, expected)


@pytest.mark.parametrize("server", ["bigquery"], indirect=True)
def test_an_answer_that_takes_too_long(place: Place) -> None:
    """BigQuery: the answer to a request does not come; the job that it began is found, and runs once."""
    expected = clean(place)
    pipeline = prepared(place)
    goes_on = threading.Event()
    place.proxy.at(*place.moments["commit"], action=goes_on.wait)
    # of this load only: the emulator may need longer for any answer
    pipeline.destination.settings["http_timeout"] = 1.0
    error = failure_of(pipeline)
    del pipeline.destination.settings["http_timeout"]
    goes_on.set()
    assert error is None or may_pass(error), error.__cause__
    check_exact(place, pipeline, expected)


@on_sql("a full disk of the emulator is none of the service")
def test_a_disk_that_is_full(place: Place) -> None:
    """The server has no space for the rows: the error is transient and says so; nothing of the load is visible."""
    size, rows = 3_000, range(20, 3_000)
    with place.small_disk() as enlarge:
        pipeline = place.pipeline()
        pipeline.run(shop(0, BEFORE))
        before = place.rows()
        pipeline.extract(shop(1, rows, size))
        pipeline.normalize()
        error = failure_of(pipeline)
        assert isinstance(error and error.__cause__, DatabaseTransientException), error and error.__cause__
        assert any(sign in str(error) for sign in ("No space left on device", "is full")), error
        assert place.rows() == before
        enlarge()
        assert not pipeline.load().has_failed_jobs
        found = place.rows()
        assert [n for n, _ in found["orders"]] == [*BEFORE, *rows] and found["orders"][20][1] == note(20, size)
        assert found["all items"] == [(2 * 3_000,)] and found["loads"] == [(2,)]
        assert found["customers"][-1] == (39, 1) and found["stock"] == [(0, 1), (1, 1), (2, 1)]


@on_sql("the emulator knows no users")
def test_a_wrong_password(place: Place) -> None:
    """The server refuses the password: the error is terminal at once, shows no password, and nothing is visible."""
    expected = clean(place)
    wrong = place.user(PASSWORD)
    retry = {"attempts": 5, "backoff": 60}
    right = place.pipeline(settings={**wrong, "password": PASSWORD})
    right.run(shop(0, BEFORE))
    before = place.rows()
    with pytest.raises(PipelineStepFailed) as refused:
        place.pipeline(settings=wrong, retry=retry).run(shop(1, MORE))
    assert isinstance(refused.value.__cause__, DatabaseTerminalException)
    text = str(refused.value) + repr(refused.value.__cause__)
    assert "Check user, password and database" in text
    assert WRONG_PASSWORD not in text and PASSWORD not in text
    assert place.rows() == before
    pipeline = place.pipeline(settings={**wrong, "password": PASSWORD})
    pipeline.run(shop(1, MORE))
    check_exact(place, pipeline, expected)


@on_sql("the emulator knows no rights")
@pytest.mark.parametrize(
    ("right", "table"),
    [("INSERT", "orders"), ("INSERT", "orders__items"), ("DELETE", "customers"), ("DELETE", "stock")],
)
def test_a_right_that_is_missing_on_one_table(place: Place, right: str, table: str) -> None:
    """The user may not change one of the tables: a failed job names table, file and cause; nothing is visible."""
    expected = clean(place)
    settings = place.narrow()
    options = {"settings": settings, "retry": {"attempts": 5, "backoff": 60}}
    place.pipeline(**options).run(shop(0, BEFORE))
    before = place.rows()
    give_back = place.revoke(right, table)
    pipeline = place.pipeline(**options)
    info = pipeline.run(shop(1, MORE))
    (job,) = info.load_packages[0].jobs["failed_jobs"]
    assert job.job_file_info.table_name == table.partition("__")[0] or job.job_file_info.table_name == table
    assert os.path.basename(job.file_path).startswith(f"{job.job_file_info.table_name}.")
    message = str(job.failed_message)
    assert "denied" in message and table in message and PASSWORD not in message
    assert place.rows() == before
    give_back()
    check_exact(place, pipeline, expected)
