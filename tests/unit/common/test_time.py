"""Moments are read as PyPI `dlt` 1.x reads them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest

from dlt.common import clocks
from dlt.common import time as t
from dlt.common.exceptions import TerminalException

UTC = datetime.timezone.utc
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def zone_of_the_context() -> Iterator[None]:
    """Each test begins and ends in UTC."""
    yield
    t.set_context_timezone(None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-01-02", "2024-01-02T00:00:00"),
        ("2024/01/02", "2024-01-02T00:00:00"),
        ("2024-W05-2", "2024-01-30T00:00:00"),
        ("2024-045", "2024-02-14T00:00:00"),
        ("2024", "2024-01-01T00:00:00"),
        ("202402", "1970-01-03T08:13:22"),
        ("20240102T030405Z", "2024-01-02T03:04:05"),
        ("2024-01-02T03:04:05", "2024-01-02T03:04:05"),
        ("2024-01-02 03:04:05.123456-05:00", "2024-01-02T08:04:05.123456"),
        ("2024-01-02T03:04:05,123", "2024-01-02T03:04:05.123000"),
        ("2024-01-02T03:04:05.123456789Z", "2024-01-02T03:04:05.123456"),
        ("1704164645.5", "2024-01-02T03:04:05.500000"),
        ("-5", "1969-12-31T23:59:55"),
        (1704164645, "2024-01-02T03:04:05"),
        (True, "1970-01-01T00:00:01"),
        (datetime.date(2024, 1, 2), "2024-01-02T00:00:00"),
        (datetime.datetime(2024, 1, 2), "2024-01-02T00:00:00"),
        (datetime.datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN, fold=1), "2024-10-27T01:30:00"),
        (pendulum.naive(2024, 1, 2), "2024-01-02T00:00:00"),
    ],
)
def test_moments(value: Any, expected: str) -> None:
    """Of pendulum in UTC, and the same ones of the standard library."""
    moment = datetime.datetime.fromisoformat(expected).replace(tzinfo=UTC)
    found = t.ensure_pendulum_datetime(value)
    assert isinstance(found, pendulum.DateTime) and found == moment and found.timezone_name == "UTC"
    assert t.ensure_pendulum_datetime_utc(value) == moment
    plain = t.ensure_datetime_in_tz(value)
    assert type(plain) is datetime.datetime and plain == t.ensure_datetime_utc(value) == moment
    assert t.ensure_date(value) == moment.date() and t.ensure_pendulum_date(value) == moment.date()


@pytest.mark.parametrize(
    "value", ["", "soon", "now", "2024-13-01", "03:04", " 2024-01-02", "P1D", 1704164645123, "nan"]
)
def test_what_is_no_moment(value: Any) -> None:
    """As a ValueError; other kinds of values as a TypeError."""
    with pytest.raises(ValueError):  # noqa: PT011  # the words are those of pendulum
        t.ensure_pendulum_datetime(value)
    with pytest.raises(TypeError, match="is a list: a moment is"):
        t.ensure_datetime([])  # type: ignore[arg-type]  # what it is about


def test_time_zones() -> None:
    """Of the call, of the context, of the value."""
    moment = datetime.datetime(2024, 7, 1, 22, 30, tzinfo=UTC)
    assert t.ensure_pendulum_datetime(moment, BERLIN).isoformat() == "2024-07-02T00:30:00+02:00"
    assert t.ensure_pendulum_datetime("2024-07-02", BERLIN).isoformat() == "2024-07-02T00:00:00+02:00"
    assert t.ensure_pendulum_date(moment, BERLIN) == datetime.date(2024, 7, 2)
    assert t.set_context_timezone(BERLIN) == UTC and t.get_context_timezone_name() == "Europe/Berlin"
    assert t.ensure_pendulum_datetime("2024-07-02").isoformat() == "2024-07-02T00:00:00+02:00"
    assert t.set_context_timezone(None) == BERLIN and t.get_context_timezone() == UTC
    with pytest.raises(t.InvalidTimezoneName, match="it has no name"):
        t.set_context_timezone(datetime.timezone(datetime.timedelta(hours=2)))
    assert t.ensure_datetime("2024-07-02T01:00:00").tzinfo is None
    assert t.ensure_pendulum_datetime_non_utc("2024-07-02T01:00:00+02:00").isoformat() == "2024-07-02T01:00:00+02:00"
    assert (
        t.to_iana_name(t.to_tzinfo("UTC")) == "UTC" and t.to_iana_name(pendulum.timezone("Asia/Tokyo")) == "Asia/Tokyo"
    )
    assert t.to_iana_name(None) is t.to_iana_name(datetime.timezone(datetime.timedelta(hours=2))) is None
    for name in ("", "utc", "Nowhere", "+02:00"):
        with pytest.raises(t.InvalidTimezoneName) as caught:
            t.to_tzinfo(name)
        assert caught.value.timezone == name and isinstance(caught.value, (ValueError, TerminalException))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("03:04", "03:04:00"),
        ("03:04:05.123", "03:04:05.123000"),
        ("01:00:00+02:00", "23:00:00"),
        ("23:00-05:00", "04:00:00"),
        (datetime.time(3, 4, 5, 6), "03:04:05.000006"),
        (datetime.time(1, tzinfo=datetime.timezone(datetime.timedelta(hours=2))), "23:00:00"),
        (datetime.timedelta(days=1, hours=3, microseconds=5), "03:00:00.000005"),
        (datetime.timedelta(hours=-1), "23:00:00"),
    ],
)
def test_times_of_day(value: Any, expected: str) -> None:
    """Of pendulum, in UTC where there is an offset."""
    found = t.ensure_pendulum_time(value)
    assert isinstance(found, pendulum.Time) and found.isoformat() == expected and found.tzinfo is None


@pytest.mark.parametrize(("value", "error"), [("2024-01-02", ValueError), ("12", ValueError), (5, TypeError)])
def test_what_is_no_time_of_day(value: Any, error: type[Exception]) -> None:
    """A date, a text of something else, a number."""
    with pytest.raises(error):
        t.ensure_pendulum_time(value)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2024-01-02", "%Y-%m-%d"),
        ("2024-01-02T03:04:05Z", "%Y-%m-%dT%H:%M:%SZ"),
        ("2024-01-02T03:04:05.123456Z", "%Y-%m-%dT%H:%M:%S.%fZ"),
        ("2024-01-02T03:04:05-05:00", "%Y-%m-%dT%H:%M:%S%:z"),
        ("2024-01-02T03:04:05.123456+02:00", "%Y-%m-%dT%H:%M:%S.%f%:z"),
        ("2024-01-02T03:04:05+0200", "%Y-%m-%dT%H:%M:%S%z"),
        ("2024-01-02T03:04:05", "%Y-%m-%dT%H:%M:%S"),
        ("2024-01-02T03:04", "%Y-%m-%dT%H:%M"),
        ("2024-01-02T03", "%Y-%m-%dT%H"),
        ("20240102", "%Y%m%d"),
        ("202402", "%Y%m"),
        ("2024-02", "%Y-%m"),
        ("2024", "%Y"),
        ("2024-W05", "%G-W%V"),
        ("2024-W05-2", "%G-W%V-%u"),
        ("2024-045", "%Y-%j"),
    ],
)
def test_a_moment_is_written_as_it_was(text: str, form: str) -> None:
    """The format is found, and gives the same text again."""
    assert t.detect_datetime_format(text) == form
    if form not in ("%Y%m", "%G-W%V"):
        assert t.datetime_obj_to_str(t.ensure_datetime(text), form) == text


@pytest.mark.parametrize(
    "text", ["2024-01-02 03:04:05", "2024-01-02T03:04Z", "2024-01-02T03:04:05.1", "abc", "2024-1-2"]
)
def test_formats_that_are_not_known(text: str) -> None:
    """None of them; and an offset cannot be written where there is none."""
    assert t.detect_datetime_format(text) is None
    with pytest.raises(ValueError, match="has no time zone"):
        t.datetime_obj_to_str(datetime.datetime(2024, 1, 2), "%H%:z")


def test_seconds_since_the_epoch() -> None:
    """Rounded down, before the epoch too."""
    moment = datetime.datetime(1969, 12, 31, 23, 59, 58, 1, tzinfo=UTC)
    assert t.datetime_to_timestamp(moment) == -2
    assert t.datetime_to_timestamp_ms(moment.replace(tzinfo=None)) == -2000
    assert t.datetime_to_timestamp_us(t.ensure_pendulum_datetime(moment)) == -1999999
    assert t.date_to_epoch_days(datetime.date(2024, 1, 2)) == 19724


@pytest.mark.parametrize(("precision", "expected"), [(0, 0), (1, 900000), (3, 987000), (6, 987654), (9, 987654)])
def test_digits_of_a_second_are_cut_off(precision: int, expected: int) -> None:
    """And not rounded."""
    time = datetime.time(1, 2, 3, 987654)
    assert t.reduce_pendulum_datetime_precision(time, precision).microsecond == expected
    assert [t.get_precision_from_datetime_unit(unit) for unit in ("s", "ms", "us", "ns")] == [0, 3, 6, 9]


@pytest.mark.parametrize("timezone", [True, False])
def test_columns_with_and_without_time_zones(timezone: bool) -> None:
    """Both keep the moment as it is in the zone."""
    for value in (
        datetime.datetime(2024, 7, 1, 22, 30, tzinfo=UTC),
        pendulum.datetime(2024, 7, 2, 0, 30, tz="Europe/Berlin"),
    ):
        found = t.normalize_timezone(value, timezone, BERLIN)
        assert found.replace(tzinfo=None) == datetime.datetime(2024, 7, 2, 0, 30) and bool(found.tzinfo) is timezone
    naive = datetime.datetime(2024, 1, 2)
    assert t.normalize_timezone(naive, timezone) == (naive.replace(tzinfo=UTC) if timezone else naive)


@pytest.mark.parametrize(("text", "seconds"), [("1h", 3600), ("1.5h", 5400), ("30m", 1800), ("1 d", 86400), ("90", 90)])
def test_periods(text: str, seconds: float) -> None:
    """A number with a unit, or without one."""
    assert t.parse_period_seconds(text) == seconds
    assert t.to_seconds(datetime.timedelta(minutes=1)) == 60 and t.to_seconds(None) is None
    with pytest.raises(ValueError, match="is no period"):
        t.parse_period_seconds("1w")


def test_ranges() -> None:
    """The start is excluded; a limit of zero is none."""
    assert [t.timestamp_within(value, 1, 2) for value in (1, 2, 3)] == [False, True, False]
    assert t.timestamp_before(1, None) and t.timestamp_before(1, 0) and not t.timestamp_before(3, 2)


def test_clocks_do_not_go_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where that of the system does; the increasing one gives no moment twice."""
    moments = [t.increasing_precise_time() for _ in range(1000)]
    assert moments == sorted(set(moments)) and abs(moments[0] - datetime.datetime.now(UTC).timestamp()) < 60
    clock, strict = t.MonotonicPreciseTime(), t.LockedMonotonicPreciseTime(strictly_increasing=True)
    found: list[float] = []
    for now in (100.0, 100.0, 90.0, 101.0):
        monkeypatch.setattr(clocks, "precise_time", lambda now=now: now)
        found.append(clock())
        strict()
    assert found == [100, 100, 100, 101] and 101 <= strict() < 101.001
