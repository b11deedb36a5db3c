"""The same flow on threads, processes, Dask and Ray: the tasks carry JSON, and a worker may die."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.prefect import runner_flow
from tests.prefect.rows import content, load_directly, spec
from tests.prefect.services import Services

pytestmark = [pytest.mark.heavy_prefect, pytest.mark.timeout(600)]
NIGHTLY = pytest.mark.nightly
FIRST, LAST = 6, 11


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


def run(services: Services, kind: str, **arguments: Any) -> str:
    """Run the program to its end; return what it printed."""
    return services.run([sys.executable, runner_flow.__file__, kind, json.dumps(arguments)])


@pytest.mark.parametrize(
    "kind",
    ["threads", "dask", pytest.param("processes", marks=NIGHTLY), pytest.param("ray", marks=NIGHTLY)],
)
def test_each_runner_leaves_the_same_rows(
    kind: str, services: Services, database: str, clean: Any, tmp_path: Path
) -> None:
    """A fan-out on each task runner leaves what direct runs leave."""
    load_directly(database, kind, tmp_path / "direct", FIRST)
    printed = run(services, kind, spec=spec(database, kind, LAST), fan_out="resources")
    assert '"prices": 11' in printed
    assert content(database, kind, tmp_path / "read") == clean


@pytest.mark.parametrize("kind", ["processes", pytest.param("dask", marks=NIGHTLY)])
def test_errors_of_other_processes_are_told(kind: str, services: Services, database: str) -> None:
    """The flow fails with the message of the step."""
    broken = spec(database, "broken") | {"source": "nowhere.at.all:source"}
    with pytest.raises(RuntimeError, match=r"nowhere\.at\.all cannot be imported"):
        run(services, kind, spec=broken)


def test_extract_normalize_and_load_on_three_machines(
    services: Services, database: str, clean: Any, tmp_path: Path
) -> None:
    """Three Dask workers with disjoint disks; only the hand-off is shared."""
    load_directly(database, "apart", tmp_path / "direct", FIRST)
    machines = tmp_path / "machines"
    machines.mkdir()
    plan = spec(database, "apart", LAST, handoff=f"file://{tmp_path}/handoff")
    run(services, "three machines", spec=plan, folder=str(machines))
    stages = {
        machine.name: {path.parent.name for path in machine.glob("data/tasks/*/*/*/*/*") if path.is_dir()}
        for machine in machines.iterdir()
    }
    assert stages == {
        "extract": {"extracted"},
        "normalize": {"extracted", "normalized"},
        "load": {"normalized"},
    }
    assert content(database, "apart", tmp_path / "read") == clean


@pytest.mark.parametrize("point", ["load.before_commit", pytest.param("load.after_commit", marks=NIGHTLY)])
def test_a_dask_worker_is_killed_during_load(
    point: str, services: Services, database: str, clean: Any, tmp_path: Path
) -> None:
    """Dask runs the task again, without telling, and the rows are there once."""
    dataset = point.replace(".", "_")
    load_directly(database, dataset, tmp_path / "direct", FIRST)
    once = tmp_path / "once"
    crash = {"stage": "load", "point": point, "once": str(once)}
    run(services, "dask", spec=spec(database, dataset, LAST, pipeline_args={"crash": crash}))
    assert once.exists()
    assert content(database, dataset, tmp_path / "read") == clean
