"""The time that a run loads, from the schedule of its deployment: pure functions, and one that asks Prefect."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dlt.tasks import EmptyWindow, Window

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun
    from prefect.client.schemas.responses import DeploymentResponse
    from prefect.client.schemas.schedules import SCHEDULE_TYPES

Fires = Callable[[datetime.datetime, datetime.datetime], Sequence[datetime.datetime]]
"""Returns the times at which a schedule fires, from the earliest, between two moments with both included."""

_FIRST_LOOK = datetime.timedelta(minutes=16)
# with 4 times more at each look, fewer than the 1,000 times that Prefect lists are behind any two
_LOOKS = 12


def interval_before(moment: datetime.datetime, fires: Fires) -> Window | None:
    """Return the last whole interval of a schedule that was over at a moment; None if it fired less than twice.

    Args:
        moment: When the run was due: the end of the interval if the schedule fires then.
        fires: The schedule.
    """
    look = _FIRST_LOOK
    for _ in range(_LOOKS):
        found = sorted(time for time in fires(moment - look, moment) if time <= moment)
        if len(found) > 1:
            return Window(found[-2], found[-1])
        # a schedule may fire each minute or once a year, and Prefect lists what lies between two moments
        look *= 4
    return None


def interval_of(moment: datetime.datetime, schedules: Sequence[Fires]) -> Window | None:
    """Return the interval that a moment ends; of several schedules, of the one that fires then.

    Args:
        moment: When the run was due.
        schedules: The schedules of the deployment.
    """
    # of several schedules the run does not say which one made it: the one that fires at its moment
    found = [window for window in (interval_before(moment, fires) for fires in schedules) if window is not None]
    return max(found, key=lambda window: (window.end, window.start), default=None)


def since(previous: datetime.datetime | None, moment: datetime.datetime) -> Window:
    """Return the time since another run was due.

    Args:
        previous: When the last completed run was due; None if there was none.
        moment: When this run was due.

    Raises:
        EmptyWindow: there was none, or it was due at the same time.
    """
    if previous is None:
        raise EmptyWindow(
            'window="auto": the deployment has no schedule that fired twice, and no earlier run of it was completed, '
            "so nobody knows where the window starts. Pass window=[start, end] to this run."
        )
    return Window(previous, moment)


def scheduled(flow_run: FlowRun, deployment: DeploymentResponse | None, previous: datetime.datetime | None) -> Window:
    """Return the window of a flow run: the interval of the schedule, else the time since the run before it.

    Args:
        flow_run: The flow run.
        deployment: Its deployment, or None.
        previous: When the last completed run of the deployment was due.

    Raises:
        EmptyWindow: nothing says where it starts.
    """
    moment = flow_run.expected_start_time
    entries = deployment.schedules if deployment is not None else []
    window = interval_of(moment, [fires_of(entry.schedule) for entry in entries if entry.active])
    return window if window is not None else since(previous, moment)


def fires_of(schedule: SCHEDULE_TYPES) -> Fires:
    """Return the times of a cron, interval or rrule schedule of Prefect, as its server computes them."""
    # the server's own classes reckon with clock changes; a flow that asks for no window must not load them
    from prefect.server.schemas import schedules
    from prefect.utilities.asyncutils import run_coro_as_sync

    kind = getattr(schedules, type(schedule).__name__)
    own = kind.model_validate(schedule.model_dump())

    def fires(start: datetime.datetime, end: datetime.datetime) -> Sequence[datetime.datetime]:
        zone = datetime.timezone.utc
        # None: all up to the end
        found = run_coro_as_sync(own.get_dates(None, start, end)) or []
        return [time.astimezone(zone) for time in found]

    return fires
