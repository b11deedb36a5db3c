"""The time that a run loads, as a context that a program's own scheduler injects."""

from __future__ import annotations

import datetime
import os
from contextlib import AbstractContextManager, nullcontext
from zoneinfo import ZoneInfo

from dlt import context
from dlt.configuration.contexts import Container, ContainerInjectableContext
from dlt.configuration.spec import configspec
from dlt.extract.incremental.cursor import as_datetime
from dlt.extract.incremental.interval import airflow_interval

Interval = tuple[datetime.datetime, datetime.datetime]


@configspec(init=False)
class TimeIntervalContext(ContainerInjectableContext):
    """The time that incrementals with `allow_external_schedulers` load.

    Args:
        interval: Start and end, end excluded; without it, what a scheduler asks for: the window of a task, else
            DLT_INTERVAL_START and DLT_INTERVAL_END, else the data interval of the Airflow task that runs.
        allow_external_schedulers: Not taken into account: each incremental says it for itself.
    """

    def __init__(
        self,
        interval: tuple[str | datetime.datetime, str | datetime.datetime] | None = None,
        allow_external_schedulers: bool | None = None,
    ) -> None:
        self._interval = (_moment(interval[0]), _moment(interval[1])) if interval else None
        self.allow_external_schedulers = allow_external_schedulers

    @property
    def interval(self) -> Interval | None:
        """Return start and end, None where nobody asks for a time."""
        return self._interval or context.current().window or _from_environment() or airflow_interval()

    @property
    def timezone(self) -> datetime.tzinfo:
        """Return the time zone of the start, UTC where there is none."""
        found = self.interval
        return (found[0].tzinfo if found else None) or datetime.timezone.utc

    def applied(self) -> AbstractContextManager[object]:
        """Let incrementals load this time for a block."""
        return context.use(window=self._interval) if self._interval else nullcontext()


def _moment(value: str | datetime.datetime) -> datetime.datetime:
    found = as_datetime(value) if isinstance(value, str) else value
    return found if found.tzinfo else found.replace(tzinfo=datetime.timezone.utc)


def _from_environment() -> Interval | None:
    start, end = os.environ.get("DLT_INTERVAL_START"), os.environ.get("DLT_INTERVAL_END")
    if not start or not end:
        return None
    zone = os.environ.get("DLT_INTERVAL_TIMEZONE")
    found = (_moment(start), _moment(end))
    return (found[0].astimezone(ZoneInfo(zone)), found[1].astimezone(ZoneInfo(zone))) if zone else found


def get_interval_context() -> TimeIntervalContext | None:
    """Return the time that is injected or asked for here, None where nobody asks for one."""
    found = Container()[TimeIntervalContext]
    return found if found.interval else None


@configspec(init=False)
class TimezoneContext(ContainerInjectableContext):
    """The time zone of a program, for those who ask for it with `dlt.current.timezone()`.

    Args:
        timezone: Its name, such as "Europe/Berlin"; UTC by default.
    """

    def __init__(self, timezone: str | None = None) -> None:
        self.timezone = timezone


def timezone() -> datetime.tzinfo:
    """Return the time zone of the injected `TimezoneContext`, UTC without one."""
    name = Container()[TimezoneContext].timezone
    return ZoneInfo(name) if name else datetime.timezone.utc
