"""Steps of a DAG that run in an environment without Airflow: another interpreter, a container, a pod."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from dlt.errors import SpecInvalid
from dlt.tasks import StepContext
from dlt.tasks.elsewhere import made_of
from dlt.tasks.request import StepRequest, context_to_dict
from dlt_airflow.elsewhere import ANSWER, REQUEST, pod_operator
from tests.airflow.conftest import ROOT, Write
from tests.airflow.test_airflow_dags import tasks, xcom

PYTHON = str(ROOT / ".venv" / "bin" / "python")
"""An environment that has the library and not Airflow: that of its other tests."""
SOURCE = """
import importlib.util, os, dlt

def place():
    # proves where it runs
    assert importlib.util.find_spec("airflow") is None
    return dlt.resource([{"told": os.environ.get("TOLD", ""), "key": len(dlt.secrets.get("key") or "")}], name="place")

def fails(again: bool):
    raise ConnectionError("gone for now") if again else TypeError("the source is wrong")
"""
BODY = """
dlt_task_group(
    source=SOURCE + ":place", pipeline=dict(pipeline_name={name!r}, destination="duckdb", dataset_name="data"),
    {more}
)
"""


CLUSTER = """
apiVersion: v1
kind: Config
current-context: nowhere
clusters: [{name: nowhere, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: nowhere, context: {cluster: nowhere, user: nobody}}]
users: [{name: nobody, user: {token: none}}]
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write the source, and let the pipeline's database be in the folder of the test."""
    path = tmp_path / "place.py"
    path.write_text(SOURCE)
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(tmp_path / "place.duckdb"))
    return str(path)


def loaded(tmp_path: Path) -> list[Any]:
    """Return the row that tells where the source ran."""
    with duckdb.connect(str(tmp_path / "place.duckdb"), read_only=True) as connection:
        return connection.sql("SELECT told, key FROM data.place").fetchall()


def test_a_group_in_another_interpreter(
    make: Write,
    source: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: Any,
) -> None:
    """All steps run there, with the secrets of connections; what people see in Airflow is the same."""
    monkeypatch.setenv(
        "AIRFLOW_CONN_PLACE", orjson.dumps({"conn_type": "dlt", "extra": '{"key": "kanarie-7"}'}).decode()
    )
    more = f"conn_ids=['place'], fan_out='resources', runs_in={{'python': {PYTHON!r}, 'env': {{'TOLD': 'there'}}}}"
    run = make("elsewhere", f"SOURCE = {source!r}\n" + BODY.format(name="elsewhere", more=more).strip()).test()
    assert str(run.state) == "success", tasks(run)
    assert loaded(tmp_path) == [("there", 9)]
    report = xcom(run, "dlt.load")
    assert report["rows"] == {"place": 1} and report["destination_type"] == "duckdb"
    assert "kanarie-7" not in caplog.text and "kanarie-7" not in str(
        [xcom(run, f"dlt.{name}") for name in ("extract", "load")]
    )


@pytest.mark.parametrize(("again", "tries"), [(True, 3), (False, 1)])
def test_errors_there_are_retried_or_not(make: Write, source: str, again: bool, tries: int) -> None:
    """As those of the worker's own steps."""
    more = f"source_args={{'again': {again}}}, runs_in={{'python': {PYTHON!r}}}, **RETRY"
    body = BODY.replace(":place", ":fails").format(name="fails", more=more).strip()
    run = make("fails_elsewhere", f"SOURCE = {source!r}\n{body}").test()
    assert tasks(run)["dlt.extract"] == ("failed", tries)


def test_a_function_of_a_task_runs_in_the_worker(dag_of: Callable[..., Any]) -> None:
    """It is no name that another environment could import, and the error says so when the DAG is parsed."""
    from dlt_airflow import dlt_task

    decorated = dlt_task(pipeline={"pipeline_name": "p"}, runs_in={"python": PYTHON})(lambda: [])
    with pytest.raises(ValueError, match="name it: dlt_task_group"):
        decorated()


def request(**more: Any) -> StepRequest:
    """Return a request to extract rows."""
    spec = {
        "source": f"{ROOT}/tests/steps/task_program.py:shop",
        "pipeline": {"pipeline_name": "pod", "destination": "duckdb"},
    }
    return StepRequest("resources", spec, (), context_to_dict(StepContext("run")), **more)


def test_the_command_of_a_pod_runs_without_airflow(tmp_path: Path) -> None:
    """The very command of the pod, with the very variables: what its sidecar returns is the answer."""
    pytest.importorskip("airflow.providers.cncf.kubernetes")
    # nobody is asked there: the definition of a pod is made here
    cluster = tmp_path / "cluster.yaml"
    cluster.write_text(CLUSTER)
    wanted: dict[str, Any] = {"image": "registry.example/dlt:1", "namespace": "loads", "env_vars": {"TOLD": "pod"}}
    wanted["config_file"] = str(cluster)
    made = pod_operator("extract", wanted, request()).build_pod_request_obj()
    container = next(found for found in made.spec.containers if found.name == "base")
    assert container.image == "registry.example/dlt:1" and made.metadata.namespace == "loads"
    variables = {variable.name: variable.value for variable in container.env}
    assert variables["TOLD"] == "pod" and ANSWER == "/airflow/xcom/return.json"
    # a process has no volume of its own, so that its answer goes to a folder of the test
    command = [word.replace(ANSWER, str(tmp_path / "return.json")) for word in container.command]
    command[0] = str(Path(PYTHON).parent / command[0])
    environment = {**os.environ, REQUEST: variables[REQUEST]}
    environment.pop("PYTHONPATH", None)
    subprocess.run([*command, *(container.args or [])], env=environment, check=True)
    answer = (tmp_path / "return.json").read_bytes()
    assert made_of(answer, "resources in a pod", 0) == {"resources": ["orders", "customers"]}


def test_what_a_pod_would_show_is_refused() -> None:
    """Its definition is read by many."""
    pytest.importorskip("airflow.providers.cncf.kubernetes")
    with pytest.raises(SpecInvalid, match="Secret of Kubernetes"):
        pod_operator("extract", {"image": "dlt"}, request(configuration={"sources": {"key": "x"}}))
    with pytest.raises(SpecInvalid, match="a secret in an argument"):
        pod_operator("extract", {"image": "dlt"}, request(hidden=["task_program"]))
    with pytest.raises(SpecInvalid, match="cmds of the pod is what the step says"):
        pod_operator("extract", {"image": "dlt", "cmds": ["sh"]}, request())
    with pytest.raises(SpecInvalid, match="the image at least"):
        pod_operator("extract", {}, request())
