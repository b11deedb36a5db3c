"""The time that a scheduler asks for, as values of a cursor."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from dlt import context
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


@pytest.mark.usefixtures("asked")
def test_a_cursor_that_does_not_follow_schedulers_goes_its_way() -> None:
    """It is the default."""
    bound: Any = Incremental("at", 5).bind_to("r", {})
    assert (bound.start_value, bound.end_value) == (5, None)
