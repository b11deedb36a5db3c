"""The code blocks of docs/airflow.md run: files are written, DAGs run to their end, commands are carried out."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.airflow.conftest import DAGS, ROOT

BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", (ROOT / "docs" / "airflow.md").read_text(), re.DOTALL | re.MULTILINE)
FILES = {text.split()[1]: text for kind, text in BLOCKS if kind == "python"}
DAG_FILES = [name for name in FILES if name.endswith("_dag.py")]
COMMANDS = [line for kind, text in BLOCKS if kind == "bash" for line in text.splitlines()]


@pytest.fixture(scope="module")
def files(airflow_database: None) -> Iterator[None]:
    """Write the files of the page, and carry out its commands."""
    for name, text in FILES.items():
        (DAGS / name).write_text(text)
    for command in COMMANDS:
        if command.startswith("airflow"):
            environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PASSWORD": "x"}
            done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr[-2000:]
    yield
    for name in FILES:
        (DAGS / name).unlink()


def test_every_block_is_known() -> None:
    """A kind of block that this test does not carry out may not slip in."""
    assert {kind for kind, _ in BLOCKS} == {"python", "bash", "ini"}
    assert all(text.startswith("# ") and text.split()[1].endswith(".py") for kind, text in BLOCKS if kind == "python")
    assert {command.split()[0] for command in COMMANDS} == {"pip", "airflow"}
    assert len(DAG_FILES) >= 7


@pytest.mark.parametrize("name", DAG_FILES)
def test_dag(name: str, files: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A DAG of the page runs to its end."""
    import pendulum

    monkeypatch.chdir(tmp_path)
    spec = importlib.util.spec_from_file_location(f"page_{name.removesuffix('.py')}", DAGS / name)
    assert spec is not None and spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    from airflow.sdk import DAG

    found = [value for value in vars(module).values() if isinstance(value, DAG)] or list(dags_of(DAGS / name))
    assert len(found) == 1
    conf = {}
    if name == "undo_dag.py":
        # what it undoes was loaded by the DAG above it on the page
        before = next(dags_of(DAGS / "trusted_dag.py")).test(logical_date=pendulum.datetime(2026, 1, 2))
        assert str(before.state) == "success"
        with duckdb.connect(str(tmp_path / "trusted.duckdb")) as connection:
            ((conf["load_ids"],),) = connection.execute("SELECT load_id FROM shop._dlt_loads").fetchall()
    run = found[0].test(logical_date=pendulum.datetime(2026, 1, 3), run_conf=conf)
    if name == "undo_dag.py":
        with duckdb.connect(str(tmp_path / "trusted.duckdb")) as connection:
            assert connection.execute("SELECT count(*) FROM shop.orders").fetchall() == [(0,)]
    assert str(run.state) == "success", {ti.task_id: ti.state for ti in run.get_task_instances()}
    if name == "days_dag.py":
        with duckdb.connect(str(tmp_path / "daily.duckdb")) as connection:
            assert connection.execute("""SELECT DISTINCT date_part('day', "at") FROM days.hours""").fetchall() == [(2,)]


def dags_of(path: Path) -> Iterator[Any]:
    """Return the DAGs of a file as Airflow finds them."""
    from airflow.dag_processing.dagbag import DagBag

    yield from DagBag(str(path)).dags.values()


def test_settings() -> None:
    """The settings of the page are settings of the provider."""
    import configparser

    from dlt_airflow import get_provider_info

    parser = configparser.ConfigParser()
    parser.read_string(next(text for kind, text in BLOCKS if kind == "ini"))
    assert set(parser["dlt"]) == set(get_provider_info()["config"]["dlt"]["options"])


def test_parameters() -> None:
    """The table of parameters names every one of the group's."""
    import inspect

    from dlt_airflow import DltTaskGroup
    from dlt_airflow.groups import _OF_LOAD

    page = (ROOT / "docs" / "airflow.md").read_text()
    table = page[page.index("## Parameters") :]
    for name in (*inspect.signature(DltTaskGroup).parameters, *_OF_LOAD, "conn_ids", "variables"):
        assert name in ("kwargs",) or f"`{name}`" in table, name
