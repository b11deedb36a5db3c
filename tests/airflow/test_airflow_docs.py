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
# the page names an environment that a reader makes; here that is the one of the other tests
FILES = {
    text.split()[1]: text.replace("/opt/loads/bin/python", str(ROOT / ".venv" / "bin" / "python"))
    for kind, text in BLOCKS
    if kind in ("python", "yaml")
}
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
    assert {kind for kind, _ in BLOCKS} == {"python", "bash", "ini", "yaml"}
    for kind, ending in (("python", ".py"), ("yaml", ".yaml")):
        assert all(text.startswith("# ") and text.split()[1].endswith(ending) for k, text in BLOCKS if k == kind)
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


def test_dags_of_a_file(files: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Airflow finds a DAG for each pipeline of the page's file, and one of them runs to its end."""
    import pendulum

    monkeypatch.chdir(tmp_path)
    found = {dag.dag_id: dag for dag in dags_of(DAGS / "many.py")}
    assert set(found) == {"shop_daily", "shop_small"}
    daily = found["shop_daily"]
    assert daily.schedule == "0 6 * * *" and daily.timezone.name == "Europe/Berlin"
    assert daily.get_task("dlt.load").pool == "dlt-duckdb" and daily.get_task("dlt.extract").pool == "default_pool"
    assert found["shop_small"].tags == {"small"} and found["shop_small"].get_task("dlt.load").retries == 3
    pools = [sys.executable, "-m", "dlt_airflow", "pools", str(DAGS / "pipelines.yaml")]
    assert "dlt-duckdb" in subprocess.run(pools, capture_output=True, text=True, check=True).stdout
    run = found["shop_small"].test(logical_date=pendulum.datetime(2026, 1, 3))
    assert str(run.state) == "success", {ti.task_id: ti.state for ti in run.get_task_instances()}


def test_a_file_that_is_wrong(files: None) -> None:
    """The list of import errors tells line and key, and so does the command."""
    from airflow.dag_processing.dagbag import DagBag

    (DAGS / "wrong.yaml").write_text("pipelines:\n  shop: {sorce: 'shop.py:shop', destination: duckdb}\n")
    (DAGS / "wrong.py").write_text(FILES["many.py"].replace("pipelines.yaml", "wrong.yaml"))
    told = "wrong.yaml:2: pipelines.shop.sorce is no key of a pipeline, did you mean source?"
    try:
        [error] = DagBag(str(DAGS / "wrong.py")).import_errors.values()
        command = [sys.executable, "-m", "dlt_airflow", "check"]
        wrong = subprocess.run([*command, str(DAGS / "wrong.yaml")], capture_output=True, text=True, check=False)
    finally:
        (DAGS / "wrong.yaml").unlink()
        (DAGS / "wrong.py").unlink()
    assert told in error and told in wrong.stderr and wrong.returncode == 1
    right = subprocess.run([*command, str(DAGS / "pipelines.yaml")], capture_output=True, text=True, check=True)
    assert "shop_daily  0 6 * * *  Europe/Berlin" in right.stdout and "by hand" in right.stdout


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
