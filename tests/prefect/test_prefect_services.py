"""Flows on a real server with a process worker: kills at every point, rescheduling, windows of schedules, limits."""

from __future__ import annotations

import datetime
import json
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import dlt
from dlt.errors import StepImpossibleElsewhere
from dlt_prefect import DltPipeline, automation, run_pipeline, step_job
from tests.prefect import shop
from tests.prefect.rows import content, load_directly, spec
from tests.prefect.services import ROOT, Services, wait_for
from tests.shares import chosen

pytestmark = [pytest.mark.heavy_prefect, pytest.mark.timeout(1500)]
FIRST, LAST = 6, 11
SETTLE = datetime.timedelta(seconds=10)
SOON = ["--settle", "10"]


@pytest.fixture(scope="module")
def deployment(services: Services) -> UUID:
    """Return the deployment of `run_pipeline`."""
    return services.deploy(run_pipeline, "shop")


@pytest.fixture(scope="module")
def database(services: Services) -> str:
    """Return the URL of a database at the destination."""
    return services.postgres.new_database()


@pytest.fixture(scope="module")
def clean(database: str, tmp_path_factory: Any) -> dict[str, Any]:
    """Return what two direct runs leave."""
    folder = tmp_path_factory.mktemp("clean")
    for last in (FIRST, LAST):
        load_directly(database, "clean", folder, last)
    return content(database, "clean", folder / "read")


@pytest.fixture
def rescheduling(services: Services) -> Iterator[Any]:
    """Let an automation of the server reschedule what crashes."""
    from prefect.client.orchestration import get_client

    made = automation(settle=SETTLE)
    yield made
    with get_client(sync_client=True) as client:
        client.delete_automation(made.id)


def test_a_worker_runs_a_deployment_to_the_end(
    services: Services, deployment: UUID, database: str, clean: Any, tmp_path: Path
) -> None:
    """Two runs of a deployment leave what two direct runs leave."""
    for last in (FIRST, LAST):
        run = services.end(services.begin(deployment, spec=spec(database, "plain", last), fan_out="resources"))
        assert run.state_type.value == "COMPLETED", run.state.message
    assert content(database, "plain", tmp_path) == clean


def test_steps_as_jobs_of_a_work_pool(services: Services, database: str, clean: Any, tmp_path: Path) -> None:
    """Each step is a flow run of its own; what comes back is what a step here returns, errors too."""
    services.deploy(step_job, "jobs")
    runs_in = {"deployment": "dlt step/jobs", "tags": ["of-jobs"]}
    for last in (FIRST, LAST):
        report = run_pipeline(spec(database, "jobs", last), fan_out="resources", runs_in=runs_in)
        assert report["rows"]["prices"] == last
    assert content(database, "jobs", tmp_path) == clean
    broken = spec(database, "jobs") | {
        "source": f"{shop.FILE}:failing",
        "source_args": {"kind": "terminal", "counter": str(tmp_path / "calls")},
    }
    with pytest.raises(StepImpossibleElsewhere, match="as flow run"):
        run_pipeline(broken, runs_in=runs_in)
    assert len((tmp_path / "calls").read_text()) == 1


def points(services: Services, deployment: UUID, database: str, folder: Path) -> list[tuple[str, str]]:
    """Return each stage with each of its crash points, as a run passes them; in a load, each time that it does."""
    load_directly(database, "points", folder, FIRST)
    plan = spec(database, "points", LAST, pipeline_args={"log": str(folder / "passed")})
    assert services.end(services.begin(deployment, spec=plan)).state_type.value == "COMPLETED"
    return [
        (stage, point)
        for stage in ("extract", "normalize", "load")
        for point in dict.fromkeys((folder / f"passed.{stage}").read_text().split())
        if stage == "load" or point.endswith("#1")
    ]


def test_kills_at_every_point_of_every_stage(
    services: Services, deployment: UUID, database: str, clean: Any, rescheduling: Any, tmp_path: Path
) -> None:
    """A flow process that is killed at any rename or commit is rescheduled, and leaves exactly the rows."""
    found = points(services, deployment, database, tmp_path)
    assert len(found) > 50
    found = chosen(found)
    assert {stage for stage, _ in found} == {"extract", "normalize", "load"}

    def kill(number: int) -> str | None:
        stage, point = found[number]
        dataset, once = f"kill_{number}", tmp_path / f"once_{number}"
        load_directly(database, dataset, tmp_path / dataset, FIRST)
        crash = {"stage": stage, "point": point, "once": str(once)}
        run = services.begin(deployment, spec=spec(database, dataset, LAST, pipeline_args={"crash": crash}))
        wait_for(once.exists, 300, f"{stage} {point}: the kill")
        ended = services.end(run, 300, {"COMPLETED", "FAILED", "CANCELLED"})
        if ended.state_type.value != "COMPLETED":
            return f"{stage} {point}: {ended.state}"
        # a busy machine's Prefect takes a rescheduled run for crashed, and runs it a third time; never only once
        if ended.run_count == 1 or content(database, dataset, tmp_path / f"read_{number}") != clean:
            return f"{stage} {point}: ran {ended.run_count} times; once or other rows"
        return None

    # the address of the server is a setting of this thread
    own = [copy_context() for _ in found]
    with ThreadPoolExecutor(4) as pool:
        failures = list(pool.map(lambda number: own[number].run(kill, number), range(len(found))))
    assert [failure for failure in failures if failure] == []


def test_a_rescheduled_run_does_not_extract_again(
    services: Services, deployment: UUID, database: str, clean: Any, tmp_path: Path
) -> None:
    """The command line reschedules a run that crashed in its load; the extract is served from the cache."""
    load_directly(database, "cached", tmp_path / "direct", FIRST)
    imported = tmp_path / "imported"
    imported.mkdir()
    crash = {"stage": "load", "point": "load.before_commit", "once": str(tmp_path / "once")}
    more = {"pipeline_args": {"crash": crash}, "source_args": {"imported": str(imported)}}
    run = services.begin(deployment, spec=spec(database, "cached", LAST, **more))
    assert services.end(run).state_type.value == "CRASHED"
    assert len(list(imported.iterdir())) == 1
    printed = services.run(
        [sys.executable, "-m", "dlt_prefect", "reschedule", "--deployment", "dlt run pipeline/shop", *SOON]
    )
    assert str(run) in printed
    assert services.end(run, states={"COMPLETED", "FAILED"}).state_type.value == "COMPLETED"
    assert len(list(imported.iterdir())) == 1
    assert content(database, "cached", tmp_path) == clean


def test_checks_quarantine_and_undo(services: Services, deployment: UUID, database: str, tmp_path: Path) -> None:
    """A load that is killed behind its commit is undone: rescheduled, its run begins again, and tells of checks.

    A run whose check fails is not tried again.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId

    def plan(dataset: str, totals: list[Any], **crash: str) -> dict[str, Any]:
        file = tmp_path / f"{dataset}.json"
        file.write_text(json.dumps({"orders": [{"id": n, "total": total} for n, total in enumerate(totals, 1)]}))
        made = spec(database, dataset, pipeline_args={"crash": crash, "pipeline_name": "trust"} if crash else {})
        return made | {"source": f"{ROOT}/tests/steps/trust_program.py:trust", "source_args": {"file": str(file)}}

    DltPipeline(source="no:source", secrets={"mask_salt": "a-salt-of-the-tests"}).save("salt")
    salt = ["dlt-pipeline/salt"]
    harm = {"stage": "load", "point": "load.after_commit#1", "once": str(tmp_path / "once")}
    killed = services.begin(deployment, spec=plan("trust", [7, 70, "free"], **harm), blocks=salt)
    failed = services.begin(deployment, spec=plan("distrust", [7, 700]), blocks=salt)
    assert services.end(killed).state_type.value == "CRASHED"
    pipeline = dlt.pipeline(
        "trust", destination=dlt.destinations.postgres(database), dataset_name="trust", pipelines_dir=str(tmp_path)
    )
    (load_id,) = pipeline.dataset().load_ids()
    pipeline.undo(load_id)
    services.run([sys.executable, "-m", "dlt_prefect", "reschedule", str(killed), *SOON])
    assert services.end(killed, states={"COMPLETED", "FAILED"}).state_type.value == "COMPLETED"
    assert pipeline.dataset().orders.select("id").fetchall() == [(1,), (2,)]
    assert len(pipeline.quarantine.rows()) == 1
    found = {artifact.key: artifact for artifact in services.artifacts_of(killed)}
    assert [row["result"] for row in json.loads(found["dlt-trust-checks"].data)] == [
        "passed",
        "passed",
        "warn",
        "passed",
    ]

    ended = services.end(failed)
    assert ended.state_type.value == "FAILED" and "check between(total: 0 to 100)" in ended.state.message
    assert [run.run_count for run in services.tasks_of(failed) if run.name.startswith("load ")] == [1]
    assert any(artifact.key == "dlt-shop-checks" for artifact in services.artifacts_of(failed))
    with get_client(sync_client=True) as client:
        logs = client.read_logs(LogFilter(flow_run_id=LogFilterFlowRunId(any_=[failed])))
    assert any("1 of 2 rows (id=2). Nothing of it was loaded" in log.message for log in logs)


def test_an_automation_for_one_deployment_and_tag(services: Services, deployment: UUID, database: str) -> None:
    """It reschedules the crashed runs that it is for, and lets others be."""
    from prefect.client.orchestration import get_client

    made = automation(deployment="dlt run pipeline/shop", tags=["nightly"], most_tries=2, settle=SETTLE)
    assert made.name == "dlt: reschedule crashed flow runs dlt run pipeline/shop tagged nightly"
    crash = {"stage": "extract", "point": "task.extracted.before_record"}
    plan = spec(database, "tagged", pipeline_args={"crash": crash})
    with get_client(sync_client=True) as client:
        try:
            # another one, left by another test, would reschedule the run that this one is not for
            assert [found.id for found in client.read_automations()] == [made.id]
            runs = [
                client.create_flow_run_from_deployment(deployment, parameters={"spec": plan}, tags=tags).id
                for tags in (["nightly"], ["daily"])
            ]

            def left_alone() -> bool:
                run = services.read(runs[0])
                age = datetime.datetime.now(datetime.timezone.utc) - run.state.timestamp
                return bool(run.run_count >= 2 and run.state_type.value == "CRASHED" and age > 2 * SETTLE)

            wait_for(left_alone, 900, "two tries, and none after them")
            # a busy worker tells of the first crash again when the second try is on its way, so there may be a third
            states = [[state.name for state in client.read_flow_run_states(run)] for run in runs]
            assert "AwaitingRetry" in states[0] and "AwaitingRetry" not in states[1], states
        finally:
            client.delete_automation(made.id)


def test_a_run_that_always_crashes_is_left_alone(services: Services, deployment: UUID, database: str) -> None:
    """After the most tries a run stays crashed."""
    crash = {"stage": "extract", "point": "task.extracted.before_record"}
    run = services.begin(deployment, spec=spec(database, "always", pipeline_args={"crash": crash}))
    assert services.end(run).state_type.value == "CRASHED"
    command = [sys.executable, "-m", "dlt_prefect", "reschedule", str(run), *SOON, "--most-tries"]
    assert services.run([*command, "1"]) == ""


def test_sigterm_leaves_what_a_later_run_continues(
    services: Services, deployment: UUID, database: str, clean: Any, tmp_path: Path
) -> None:
    """A flow process that is told to stop ends by itself, and the rescheduled run leaves the rows."""
    load_directly(database, "stopped", tmp_path / "direct", FIRST)
    gate = tmp_path / "gate"
    plan = spec(database, "stopped", LAST) | {"source": f"{shop.FILE}:slow_shop"}
    plan["source_args"] = {"last": LAST, "gate": str(gate)}
    run = services.begin(deployment, spec=plan)
    wait_for(lambda: gate.exists() and gate.read_text(), 600, "the extract")
    os.kill(int(gate.read_text()), signal.SIGTERM)
    # the gate is closed, so an extract that is not stopped would never end
    ended = services.end(run)
    assert ended.state_type.value == "CRASHED", ended.state
    gate.with_suffix(".open").touch()
    services.run([sys.executable, "-m", "dlt_prefect", "reschedule", str(run), *SOON])
    assert services.end(run, states={"COMPLETED", "FAILED"}).state_type.value == "COMPLETED"
    assert content(database, "stopped", tmp_path / "read") == clean


def test_eight_resources_keep_eight_states(services: Services, deployment: UUID, database: str, tmp_path: Path) -> None:
    """The states of eight parts that are extracted side by side are all kept, over two runs."""
    for last in (3, 5):
        plan = spec(database, "eight") | {"source": f"{shop.FILE}:many", "source_args": {"count": 8, "last": last}}
        ended = services.end(services.begin(deployment, spec=plan, fan_out="resources"))
        assert ended.state_type.value == "COMPLETED", ended.state
    found = content(database, "eight", tmp_path)
    resources = next(iter(found["state"].values()))["resources"]
    assert {name: resources[name]["number"] for name in resources} == {f"part_{n}": n for n in range(8)}
    for number in range(8):
        assert [row[0] for row in found[f"part_{number}"]] == [1, 2, 3, 4, 5]
        assert resources[f"part_{number}"]["incremental"]["id"]["last_value"] == 5


def test_two_runs_of_one_pipeline_at_once(
    services: Services, deployment: UUID, database: str, clean: Any, tmp_path: Path
) -> None:
    """Both end well; no row is lost or doubled, although they change the same state."""
    load_directly(database, "both", tmp_path / "direct", FIRST)
    runs = [services.begin(deployment, spec=spec(database, "both", LAST)) for _ in range(2)]
    for run in runs:
        ended = services.end(run)
        assert ended.state_type.value == "COMPLETED", ended.state
    found = content(database, "both", tmp_path / "read")
    assert found == clean


def test_a_schedule_gives_each_run_its_window(services: Services, database: str, tmp_path: Path) -> None:
    """Runs of an hourly and of a daily schedule load their own hour and day."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.schedules import CronSchedule
    from prefect.deployments.runner import EntrypointType
    from prefect.states import Scheduled

    plan = spec(database, "days") | {"source": f"{shop.FILE}:days", "source_args": {}}
    made = run_pipeline.to_deployment(
        "windows",
        work_pool_name="dlt",
        entrypoint_type=EntrypointType.MODULE_PATH,
        schedule=CronSchedule(cron="0 0 * * *", timezone="UTC"),
        parameters={"spec": plan, "window": "auto"},
    )
    deployment = made.apply(work_pool_name="dlt")
    for day in (11, 12):
        due = datetime.datetime(2026, 1, day, tzinfo=datetime.timezone.utc)
        with get_client(sync_client=True) as client:
            run = client.create_flow_run_from_deployment(deployment, state=Scheduled(scheduled_time=due)).id
        ended = services.end(run)
        assert ended.state_type.value == "COMPLETED", ended.state
    found = content(database, "days", tmp_path)
    assert [row[-1] for row in found["events"]] == [10, 11]


def test_without_a_schedule_a_run_loads_the_time_since_the_last_one(
    services: Services, database: str, tmp_path: Path
) -> None:
    """The window of a deployment without a schedule begins where its last completed run was due."""
    from prefect.client.orchestration import get_client
    from prefect.deployments.runner import EntrypointType
    from prefect.states import Scheduled

    plan = spec(database, "since") | {"source": f"{shop.FILE}:days", "source_args": {}}
    made = run_pipeline.to_deployment("by-hand", work_pool_name="dlt", entrypoint_type=EntrypointType.MODULE_PATH)
    deployment = made.apply(work_pool_name="dlt")

    def run(day: int, window: Any) -> Any:
        due = datetime.datetime(2026, 1, day, tzinfo=datetime.timezone.utc)
        with get_client(sync_client=True) as client:
            begun = client.create_flow_run_from_deployment(
                deployment, state=Scheduled(scheduled_time=due), parameters={"spec": plan, "window": window}
            )
        return services.end(begun.id)

    unknown = run(3, "auto")
    assert unknown.state_type.value == "FAILED"
    assert "no earlier run" in unknown.state.message
    assert run(4, ["2026-01-03T00:00:00Z", "2026-01-04T00:00:00Z"]).state_type.value == "COMPLETED"
    assert run(7, "auto").state_type.value == "COMPLETED"
    assert [row[-1] for row in content(database, "since", tmp_path)["events"]] == [3, 4, 5, 6]
