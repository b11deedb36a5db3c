"""Run crashed flow runs again: a run whose process was killed is CRASHED, and Prefect's `retries` do not see that."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterable
from uuid import UUID

from prefect.automations import Automation
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.states import AwaitingRetry

MOST_TRIES = 5
"""A run that crashed this often is left alone: it would most likely crash again."""
SETTLE = datetime.timedelta(seconds=30)
"""A worker reports a killed process twice, seconds apart; the second report would crash a run that runs again."""
_PAGE = 200
_GOES_ON = ("AwaitingRetry", "Scheduled", "Pending", "Running", "Retrying", "Completed", "Failed", "Cancelled")


def reschedule(
    flow_run_ids: Iterable[str | UUID] = (),
    deployment: str | None = None,
    since: datetime.timedelta = datetime.timedelta(days=1),
    most_tries: int = MOST_TRIES,
    settle: datetime.timedelta = SETTLE,
) -> list[str]:
    """Schedule crashed flow runs again, each with its own id, so that they find the work they had done.

    Args:
        flow_run_ids: The flow runs; all crashed ones when empty.
        deployment: Only runs of this one, as "flow/deployment".
        since: Only runs that were due within this time before now.
        most_tries: Leave runs alone that ran this often.
        settle: Time between a crash and the next try, for the worker to see to the crash.

    Returns:
        The ids of the runs that were scheduled.
    """
    wanted: dict[str, object] = {"state": {"type": {"any_": ["CRASHED"]}}}
    ids = [UUID(str(value)) for value in flow_run_ids]
    if ids:
        wanted["id"] = {"any_": ids}
    else:
        now = datetime.datetime.now(datetime.timezone.utc)
        wanted["expected_start_time"] = {"after_": now - since}
    done = []
    with get_client(sync_client=True) as client:
        if deployment is not None:
            wanted["deployment_id"] = {"any_": [client.read_deployment_by_name(deployment).id]}
        else:
            # without a deployment nobody knows where to run it
            wanted["deployment_id"] = {"is_null_": False}
        runs = client.read_flow_runs(
            flow_run_filter=FlowRunFilter.model_validate(wanted),
            sort=FlowRunSort.EXPECTED_START_TIME_ASC,
            limit=_PAGE,
        )
        for run in runs:
            # a flow that another one started is run again by that one
            if run.run_count >= most_tries or run.parent_task_run_id is not None:
                continue
            now = datetime.datetime.now(datetime.timezone.utc)
            crashed = run.state.timestamp if run.state is not None else now
            time.sleep(max(0.0, (crashed + settle - now).total_seconds()))
            # somebody may have run it again while we waited
            if client.read_flow_run(run.id).state_type != StateType.CRASHED:
                continue
            state = AwaitingRetry(scheduled_time=datetime.datetime.now(datetime.timezone.utc))
            # a crashed run is at its end by Prefect's rules
            client.set_flow_run_state(run.id, state, force=True)
            done.append(str(run.id))
    return done


def automation(
    name: str | None = None,
    deployment: str | None = None,
    tags: Iterable[str] = (),
    most_tries: int = MOST_TRIES,
    settle: datetime.timedelta = SETTLE,
) -> Automation:
    """Create an automation on the server that schedules crashed flow runs again, some seconds after they crashed.

    One of the same name is replaced.

    Args:
        name: Its name; one that says which runs it is for when None.
        deployment: Only runs of this deployment, as "flow/deployment".
        tags: Only runs with one of these tags.
        most_tries: Leave runs alone that ran this often.
        settle: Time between a crash and the next try, for the worker to see to the crash; 10 seconds at least.
    """
    tags = list(tags)
    for_which = [*([deployment] if deployment else []), *(f"tagged {tag}" for tag in tags)]
    name = name or " ".join(["dlt: reschedule crashed flow runs", *for_which])
    related = []
    with get_client(sync_client=True) as client:
        if deployment is not None:
            found = client.read_deployment_by_name(deployment)
            related.append(
                {"prefect.resource.role": "deployment", "prefect.resource.id": f"prefect.deployment.{found.id}"}
            )
        else:
            related.append({"prefect.resource.role": "deployment", "prefect.resource.id": "prefect.deployment.*"})
        chosen = [f"prefect.tag.{tag}" for tag in tags]
        if chosen:
            related.append({"prefect.resource.role": "tag", "prefect.resource.id": chosen})  # type: ignore[dict-item]  # Prefect takes lists
        # two of one name would both fire
        for known in client.read_automations_by_name(name):
            client.delete_automation(known.id)
    made = Automation(
        name=name,
        description="Made by dlt_prefect: a run whose process was killed runs again, with the work it had done.",
        trigger=EventTrigger(
            after={"prefect.flow-run.Crashed"},
            # it fires if none of these came
            expect={f"prefect.flow-run.{state}" for state in _GOES_ON},
            match={
                "prefect.resource.id": "prefect.flow-run.*",
                "prefect.run-count": [str(count) for count in range(1, most_tries)],
            },
            match_related=related if len(related) > 1 else related[0],
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=settle,
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.SCHEDULED, name="AwaitingRetry", message="rescheduled after a crash", force=True
            )
        ],
    )
    return made.create(_sync=True)  # type: ignore[no-any-return]  # Any where Prefect is not installed
