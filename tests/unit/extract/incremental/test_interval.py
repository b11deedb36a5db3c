"""The time that a scheduler asks for, as values of a cursor."""

from __future__ import annotations

import datetime as dt
import sys
from types import ModuleType
from typing import Any

import pytest

import dlt
from dlt import context
from dlt.extract.incremental.context import TimeIntervalContext
from dlt.extract.incremental.incremental import Incremental
from dlt.extract.incremental.interval import asked_interval

UTC = dt.timezone.utc
START, END = dt.datetime(2024, 1, 1, tzinfo=UTC), dt.datetime(2024, 1, 2, tzinfo=UTC)


@pytest.fixture(params=["window", "environment"])
def asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ask for a day by either way."""
    if request.param == "window":
        with context.use(window=(START, END)):
            yield
        return
    monkeypatch.setenv("DLT_INTERVAL_START", START.isoformat())
    monkeypatch.setenv("DLT_INTERVAL_END", END.isoformat())
    yield


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("kind", "start", "end"),
    [
        (dt.datetime, START, END),
        (dt.date, START.date(), END.date()),
        (str, START.isoformat(), END.isoformat()),
        (int, 1_704_067_200, 1_704_153_600),
        (float, 1_704_067_200.0, 1_704_153_600.0),
    ],
)
def test_a_time_has_the_type_of_the_cursor(kind: type, start: Any, end: Any) -> None:
    """Moments, days, text, or seconds since 1970."""
    found = asked_interval(kind)
    assert found == (start, end) and {type(value) for value in found or ()} == {kind}


def test_nobody_asks_unless_both_ends_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """One end alone, or an empty one, is none."""
    assert asked_interval(int) is None
    for start, end in ((START.isoformat(), None), (None, END.isoformat()), (START.isoformat(), ""), ("", "")):
        for name, value in (("DLT_INTERVAL_START", start), ("DLT_INTERVAL_END", end)):
            monkeypatch.delenv(name, raising=False)
            if value is not None:
                monkeypatch.setenv(name, value)
        assert asked_interval(int) is None


def test_a_window_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task knows its window."""
    monkeypatch.setenv("DLT_INTERVAL_START", "1999-01-01")
    monkeypatch.setenv("DLT_INTERVAL_END", "1999-01-02")
    with context.use(window=(START, END)):
        assert asked_interval(dt.datetime) == (START, END)
    assert asked_interval(dt.date) == (dt.date(1999, 1, 1), dt.date(1999, 1, 2))


def test_seconds_of_a_time_without_a_zone_are_those_of_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the zone of the machine is."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("DLT_INTERVAL_START", "2024-01-01T00:00:00")
    monkeypatch.setenv("DLT_INTERVAL_END", "2024-01-02")
    assert asked_interval(int) == (1_704_067_200, 1_704_153_600)


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("incremental", "kind"),
    [
        (Incremental("at", 0, allow_external_schedulers=True), int),
        (Incremental("at", "2020", allow_external_schedulers=True), str),
        (Incremental("at", dt.date(2020, 1, 1), allow_external_schedulers=True), dt.date),
        (Incremental[int]("at", allow_external_schedulers=True), int),
        (Incremental("at", allow_external_schedulers=True), dt.datetime),
    ],
)
def test_the_type_is_that_of_the_initial_value_or_the_one_that_is_declared(incremental: Any, kind: type) -> None:
    """A moment where nobody says; the state of the pipeline is left alone."""
    state: dict[str, Any] = {"incremental": {"at": {"initial_value": None, "last_value": None, "unique_hashes": []}}}
    bound = incremental.bind_to("r", state)
    assert type(bound.start_value) is kind and type(bound.end_value) is kind
    assert state["incremental"]["at"]["last_value"] is None


DAYS = [dt.datetime(2023, 12, 31, hour, tzinfo=UTC) + dt.timedelta(days=day) for day in range(3) for hour in (0, 12)]


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("own", "hours"),
    [
        ({}, [0, 12]),
        ({"initial_value": DAYS[0], "end_value": DAYS[5]}, [0, 12]),
        ({"initial_value": DAYS[3]}, [12]),
        ({"initial_value": DAYS[3].replace(tzinfo=None)}, [12]),
        ({"end_value": DAYS[3]}, [0]),
        ({"initial_value": DAYS[5]}, []),
    ],
)
def test_what_a_scheduler_asks_for_is_loaded_as_far_as_the_settings_go(own: dict[str, Any], hours: list[int]) -> None:
    """Rows before `initial_value` and behind `end_value` are no more loaded than without a scheduler."""

    @dlt.resource
    def days(at: Any = Incremental("at", allow_external_schedulers=True, **own)) -> Any:
        yield [{"at": day} for day in DAYS]

    assert [row["at"].hour for row in days()] == hours


@pytest.mark.usefixtures("asked")
def test_a_cursor_that_does_not_follow_schedulers_goes_its_way() -> None:
    """It is the default."""
    bound: Any = Incremental("at", 5).bind_to("r", {})
    assert (bound.start_value, bound.end_value) == (5, None)


@pytest.fixture(params=["airflow.sdk", "airflow.operators.python"])
def of_airflow(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what a task of Airflow was started with, as the module of Airflow 3 or 2 gives it."""
    started: dict[str, Any] = {"data_interval_start": START, "data_interval_end": END}
    # Airflow takes an environment of its own; its tasks are tried in tests/airflow
    module = ModuleType(request.param)
    vars(module)["get_current_context"] = lambda: started
    monkeypatch.setitem(sys.modules, request.param, module)
    return started


def test_a_task_of_airflow_asks_for_its_data_interval(of_airflow: dict[str, Any]) -> None:
    """Without an end, as in a run that an asset started, nobody asks for a time."""
    assert asked_interval(dt.datetime) == TimeIntervalContext().interval == (START, END)
    of_airflow["data_interval_end"] = None
    assert asked_interval(dt.datetime) is TimeIntervalContext().interval is None


@pytest.mark.usefixtures("of_airflow")
def test_variables_come_before_airflow_and_a_task_of_ours_without_a_window_asks_for_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What says more of this run comes first."""
    with context.use(in_task=True):
        assert asked_interval(int) is None
    monkeypatch.setenv("DLT_INTERVAL_START", END.isoformat())
    monkeypatch.setenv("DLT_INTERVAL_END", END.isoformat())
    assert asked_interval(dt.datetime) == TimeIntervalContext().interval == (END, END)


def test_outside_of_a_task_airflow_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its module says so by an error, in each version by another one."""
    module = ModuleType("airflow.sdk")
    monkeypatch.setitem(sys.modules, "airflow.sdk", module)
    assert asked_interval(int) is None
