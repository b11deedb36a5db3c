"""The profiles airflow and prefect, with the commands of docker-compose.yml and a real Postgres."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.compose.conftest import Stack, can_have_namespaces, countries, loaded, programs_of, wait_for_rows

EVERY_MINUTE = "* * * * *"
FETCH = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=20).status)"


def wait_for(stack: Stack, database: str, sql: str, services: tuple[str, ...]) -> None:
    """Wait until a query of an orchestrator's own database has a row."""
    for _ in range(300):
        if stack.query(sql, database):
            return
        time.sleep(0.5)
    logs = "\n".join(f"== {name}\n{stack.log(name, 60)}" for name in services)
    raise AssertionError(f"no row of {sql} after 150 s\n{logs}")


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
