"""An Airflow of the test session's own: settings, a metadata database, a folder of DAGs."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
HAS_AIRFLOW = importlib.util.find_spec("airflow") is not None
IS_AIRFLOW_2 = HAS_AIRFLOW and importlib.metadata.version("apache-airflow").startswith("2.")
PROGRAM = ROOT / "tests" / "steps" / "task_program.py"
HEAD = """
import datetime
from airflow.sdk import DAG, CronDataIntervalTimetable, CronTriggerTimetable, task
from dlt_airflow import *

PROGRAM = {program!r}
SPEC = dict(source=PROGRAM + ":shop", pipeline=PROGRAM + ":make_pipeline")
START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
RETRY = dict(retries=2, retry_delay=datetime.timedelta(0))
dag = DAG({dag_id!r}, schedule={schedule}, start_date=START, catchup=False)
with dag:
"""
Write = Callable[..., Any]
collect_ignore_glob = [*([] if HAS_AIRFLOW and not IS_AIRFLOW_2 else ["test_airflow_*.py"])]
if not IS_AIRFLOW_2:
    collect_ignore_glob.append("test_airflow2.py")

if HAS_AIRFLOW:
    # Airflow reads its settings when it is imported, so they are there before any test module is
    HOME = Path(tempfile.mkdtemp(prefix="dlt-airflow-"))
    DAGS = HOME / "dags"
    DAGS.mkdir()
    (HOME / "work").mkdir()
    SETTINGS = {
        "AIRFLOW_HOME": str(HOME),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__CORE__FERNET_KEY": "",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH": "10",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME}/airflow.db",
        "AIRFLOW__API_AUTH__JWT_SECRET": "a-secret-of-the-tests-a-secret-of-the-tests-a-secret-of-the-tests",
        "AIRFLOW__API__SECRET_KEY": "a-secret-of-the-tests",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW__OPENLINEAGE__TRANSPORT": f'{{"type": "file", "log_file_path": "{HOME}/lineage", "append": true}}',
        "AIRFLOW__DLT__WORK_DIR": str(HOME / "work"),
        "SCARF_ANALYTICS": "false",
        "DO_NOT_TRACK": "1",
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "DLT_DATA_DIR": str(HOME / "data"),
        "PYTHONPATH": str(ROOT),
    }
    os.environ.update(SETTINGS)


def pytest_report_header() -> list[str]:
    """Say that tests are left out, and how to run them."""
    return [] if HAS_AIRFLOW else ["airflow: not installed, its tests are left out; make test-airflow runs them"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the heavy tests out unless they are asked for by their mark."""
    if "heavy_airflow" in config.getoption("-m", ""):
        return
    for item in items:
        if item.get_closest_marker("heavy_airflow"):
            item.add_marker(pytest.mark.skip(reason="starts a whole Airflow: make test-airflow"))


def pytest_unconfigure() -> None:
    """Delete the folder of the session."""
    if HAS_AIRFLOW and not os.environ.get("DLT_KEEP_AIRFLOW"):
        shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def airflow_database() -> None:
    """Make the metadata database."""
    from airflow.utils.db import initdb

    initdb()


@pytest.fixture
def dag_of(airflow_database: None) -> Iterator[Callable[..., Any]]:
    """Return a function that puts DAG files and modules beside them into the folder of DAGs, and gives the DAG."""
    written: list[Path] = []

    def write(dag_id: str, text: str, beside: Sequence[Path] = ()) -> Any:
        path = DAGS / f"{dag_id}.py"
        path.write_text(text)
        for other in beside:
            target = DAGS / other.name
            if not target.exists():
                target.symlink_to(other)
                written.append(target)
        written.append(path)
        spec = importlib.util.spec_from_file_location(f"dag_{dag_id}", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.dag

    yield write
    for path in written:
        path.unlink(missing_ok=True)


@pytest.fixture
def make(dag_of: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a function that makes a DAG of some lines, into a database of the test's own."""
    monkeypatch.setenv("SHOP_DB", str(tmp_path / "tasks.duckdb"))

    def write(dag_id: str, body: str, schedule: str = "None") -> Any:
        head = HEAD.format(program=str(PROGRAM), dag_id=dag_id, schedule=schedule)
        return dag_of(dag_id, head + "".join(f"    {line}\n" for line in body.strip().splitlines()))

    return write
