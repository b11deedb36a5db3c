"""The profiles airflow and prefect, with the commands of docker-compose.yml and a real Postgres."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.compose.conftest import Stack, can_have_namespaces, countries, loaded, programs_of, wait_for_rows
from tests.waiting import wait_until

EVERY_MINUTE = "* * * * *"
# a kill between two runs: what it does to a run is asked of the orchestrators elsewhere
QUIET = "SELECT 1 WHERE extract(second FROM now()) BETWEEN 10 AND 40 AND NOT EXISTS (SELECT 1 FROM {} IN ({}))"
FETCH = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=20).status)"


def wait_for(stack: Stack, database: str, sql: str, services: tuple[str, ...]) -> None:
    """Wait until a query of an orchestrator's own database has a row."""

    def said() -> str:
        logs = "\n".join(f"== {name}\n{stack.log(name, 60)}" for name in services)
        return f"no row of {sql}\n{logs}\n"

    wait_until(lambda: stack.query(sql, database), said, pause=0.5)


@pytest.mark.heavy_prefect
@pytest.mark.timeout(600)
def test_prefect(stack: Callable[..., Stack]) -> None:
    """A scheduled flow run loads, runs on a fresh worker go on where it ended, and everything stops cleanly."""
    if not can_have_namespaces():
        pytest.skip("needs root and unshare")
    prefect = stack("prefect", programs_of("prefect"), True, DLT_CRON=EVERY_MINUTE)
    prefect.do("up")
    done = "SELECT id FROM flow_run WHERE state_type = 'COMPLETED'"
    wait_for(prefect, "prefect", f"{done} AND auto_scheduled", ("prefect-worker",))
    assert loaded(prefect)[:100] == countries()[:100]
    assert prefect.run("prefect-worker", "python", "-c", FETCH, "http://prefect-server:4200/") == "200\n"
    quiet = QUIET.format("flow_run WHERE state_type", "'PENDING', 'RUNNING'")
    wait_for(prefect, "prefect", quiet, ("prefect-worker",))
    prefect.do("kill", name="prefect-worker")
    for _ in range(2):
        prefect.run("prefect-server", "prefect", "deployment", "run", "dlt run pipeline/scheduled")
    wait_for_rows(prefect, 250, "prefect-worker")
    assert loaded(prefect) == countries()
    states = {
        row[0] for row in prefect.query("SELECT state_type FROM flow_run WHERE start_time IS NOT NULL", "prefect")
    }
    assert states <= {"COMPLETED", "RUNNING", "CANCELLING"}, prefect.log("prefect-worker")
    ended = prefect.do("down")
    assert not any(about["killed"] for about in ended.values()), ended
    # the server ends by the signal itself once all is closed
    assert {ended[name]["code"] for name in ("prefect-worker", "prefect-deploy", "postgres")} == {0}
    assert ended["prefect-server"]["code"] in (0, -15) and "ERROR" not in prefect.log("prefect-server")


@pytest.mark.heavy_airflow
@pytest.mark.timeout(600)
def test_airflow(stack: Callable[..., Stack]) -> None:
    """A scheduled DAG run loads, runs after a crash of the scheduler go on where it ended, and all stops cleanly."""
    if not can_have_namespaces():
        pytest.skip("needs root and unshare")
    airflow = stack("airflow", programs_of("airflow"), True, DLT_CRON=EVERY_MINUTE)
    airflow.do("up")
    done = "SELECT id FROM dag_run WHERE state = 'success'"
    wait_for(airflow, "airflow", f"{done} AND run_type = 'scheduled'", ("airflow-dag-processor", "airflow-scheduler"))
    assert loaded(airflow)[:100] == countries()[:100]
    assert airflow.run("airflow-scheduler", "python", "-c", FETCH, "http://airflow-api:8080/") == "200\n"
    quiet = QUIET.format("dag_run WHERE state", "'queued', 'running'")
    wait_for(airflow, "airflow", quiet, ("airflow-scheduler",))
    airflow.do("kill", name="airflow-scheduler")
    for _ in range(2):
        airflow.run("airflow-api", "airflow", "dags", "trigger", "scheduled")
    wait_for_rows(airflow, 250, "airflow-scheduler")
    assert loaded(airflow) == countries()
    tasks = "SELECT DISTINCT task_id FROM task_instance WHERE state = 'success' ORDER BY 1"
    found = [row[0] for row in airflow.query(tasks, "airflow")]
    assert found == [f"countries.{name}" for name in ("cleanup", "extract", "load", "normalize")]
    ended = airflow.down()
    clean = {name: {"code": 0, "killed": False} for name in ended}
    assert ended == clean, "\n".join(f"== {name} {ended[name]}\n{airflow.log(name, 150)}" for name in ended)
    assert len(ended) == 5
