"""Imports, the provider, connections, errors and signals."""

from __future__ import annotations

import ast
import datetime
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import dlt
import dlt_airflow
from dlt.errors import DestinationConnectionError, SignalReceivedException, SpecInvalid
from dlt_airflow import dlt_retry_policy, table_asset
from dlt_airflow.connections import collect, configuration, configured
from dlt_airflow.identity import clears, run_identity
from tests.airflow.conftest import DAGS, ROOT

MEASURE = """
import sys, time
from airflow.sdk import BaseOperator, DAG, TaskGroup, XComArg, chain, task
before = set(sys.modules)
start = time.process_time()
import dlt_airflow
for name in dlt_airflow.__all__:
    getattr(dlt_airflow, name)
spent = time.process_time() - start
from dlt_airflow import dlt_task_group
with DAG("measured", schedule=None):
    dlt_task_group(source="no_such_module:no_such_name", pipeline={"destination": "bigquery"}, fan_out="resources")
import json
print(json.dumps([spent, sorted(set(sys.modules) - before)]))
"""
HEAVY = {"pyarrow", "duckdb", "sqlalchemy", "google", "pandas", "numpy", "fsspec", "no_such_module"}
LIGHT = {
    "dlt",
    *(f"dlt.{name}" for name in ("context", "dataset", "late_dataclass", "lazy_names", "pipeline", "version")),
    "dlt.tasks",
    "dlt.tasks.parts",
    "dlt.tasks.definitions",
}
"""What reads a fan-out or a file of pipelines, and the packages above it, which only offer names."""


def test_what_an_import_costs() -> None:
    """Parsing a DAG imports no step of dlt's, nothing of a destination's or of the user's, in less than 100 ms."""
    spent = []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True, timeout=120)
        seconds, modules = json.loads(done.stdout.splitlines()[-1])
        assert not {name.partition(".")[0] for name in modules} & HEAVY, modules
        assert {name for name in modules if name.partition(".")[0] == "dlt"} <= LIGHT, modules
        spent.append(seconds)
    assert min(spent) < 0.1, spent


def test_every_public_name_is_there() -> None:
    """The table of contents is complete, and what is not in it is an error."""
    assert [name for name in dlt_airflow.__all__ if getattr(dlt_airflow, name).__doc__] == dlt_airflow.__all__
    with pytest.raises(AttributeError, match="no attribute 'extract'"):
        dlt_airflow.extract  # noqa: B018 - the access is the test


def test_provider() -> None:
    """Airflow finds the decorator, the connection type, the link and the settings by the entry point."""
    from airflow.configuration import conf
    from airflow.providers_manager import ProvidersManager
    from airflow.sdk import task
    from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

    assert "dlt-tasks" in ProvidersManager().providers
    assert ProvidersManagerTaskRuntime().hooks["dlt"].hook_class_name == "dlt_airflow.hooks.DltHook"
    assert "dlt_airflow.links.LoadInfoLink" in ProvidersManager().extra_links_class_names
    behaviour = ProvidersManager().field_behaviours["dlt"]
    assert set(behaviour["hidden_fields"]) == {"host", "port", "schema", "login", "password"}
    field = ProvidersManager().connection_form_widgets["extra__dlt__secret_config"].field
    assert field["schema"]["title"] == "Configuration" and "api_key" in field["description"]
    assert conf.get("dlt", "handoff_url") == ""
    assert task.dlt is dlt_airflow.dlt_task


@pytest.mark.parametrize("uri", ["dlt://postgres/shop", "dlt:///shop/orders", "dlt://postgres/a/b/c"])
def test_addresses_of_assets(uri: str) -> None:
    """An address names a destination, a dataset and a table."""
    from urllib.parse import urlsplit

    from dlt_airflow.assets import check_uri

    with pytest.raises(ValueError, match="write dlt://"):
        check_uri(urlsplit(uri))
    known = table_asset("my warehouse", "shop", "orders__items")
    assert known.uri == "dlt://my%20warehouse/shop/orders__items" and check_uri(urlsplit(known.uri))


# -- connections


@pytest.fixture
def values(airflow_database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make connections and variables as the environment of a worker does."""
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_PG", "postgres://ada:pass-of-ada@db.example:5433/shop?sslmode=require")
    config = {"sources": {"shop": {"api_key": "key-of-the-shop"}}, "destination.filesystem.bucket_url": "s3://bucket"}
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_DLT", json.dumps({"conn_type": "dlt", "extra": config}))
    monkeypatch.setenv("AIRFLOW_VAR_SHOP_TOML", '[sources.other]\napi_key = "key-of-the-other"\npage_size = 7\n')
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_FTP", "ftp://ada:pass-of-ada@ftp.example")


def test_connections_are_configuration(values: None) -> None:
    """Inside of a task the values are found, before it and after it they are not."""
    from dlt.destinations.impl.postgres.configuration import PostgresCredentials

    def secret(key: str) -> Any:
        return dlt.secrets.get(key)

    assert secret("sources.shop.api_key") is None
    with configured(configuration(["shop_pg", "shop_dlt"], "shop_toml")):
        assert secret("sources.shop.api_key") == "key-of-the-shop"
        assert secret("sources.other.page_size") == 7
        assert dlt.config.get("destination.filesystem.bucket_url") == "s3://bucket"
        found = dlt.secrets.get("destination.postgres.credentials", PostgresCredentials)
        assert (found.host, found.port, found.username, found.database) == ("db.example", 5433, "ada", "shop")
    assert secret("sources.shop.api_key") is None and secret("destination.postgres.credentials") is None
    with configured(configuration({"destination.warehouse.credentials": "shop_ftp"})):
        assert secret("sources.shop.api_key") is None
        assert secret("destination.warehouse.credentials")["password"] == "pass-of-ada"


def test_each_value_is_looked_up_once(values: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often a value is needed, Airflow is asked once for each connection and variable, when the task starts."""
    from airflow.providers.common.compat import sdk

    asked = []
    original = sdk.BaseHook.get_connection.__func__

    def counted(cls: Any, conn_id: str) -> Any:
        asked.append(conn_id)
        return original(cls, conn_id)

    monkeypatch.setattr(sdk.BaseHook, "get_connection", classmethod(counted))
    with configured(configuration(["shop_pg", "shop_dlt"])):
        for _ in range(1000):
            dlt.secrets.get("sources.shop.api_key")
            dlt.secrets.get("sources.shop.no_such_key")
    assert asked == ["shop_pg", "shop_dlt"]


def test_secrets_are_masked(values: None) -> None:
    """Secrets of connections and variables do not reach a log; what is public stays readable."""
    from airflow.sdk.log import redact

    collect(["shop_pg", "shop_dlt"], ["shop_toml"])
    text = redact("pass-of-ada key-of-the-shop key-of-the-other db.example s3://bucket")
    assert text == "*** *** *** db.example s3://bucket"


def test_connections_without_a_place(values: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has no place of its own, and what cannot be read, says so without telling the secret."""
    with pytest.raises(SpecInvalid, match="have no place of their own"):
        collect("shop_ftp", None)
    monkeypatch.setenv("AIRFLOW_VAR_BROKEN", "password = pass-of-ada = 1")
    with pytest.raises(SpecInvalid, match="neither TOML nor JSON") as caught:
        collect(None, "broken")
    assert "pass-of-ada" not in str(caught.value)


def test_the_form_of_a_connection_takes_toml(values: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typed into the form is configuration, in TOML as in JSON, and is hidden."""
    from airflow.sdk.log import redact

    text = '[sources.shop]\napi_key = "key-in-the-form"'
    for written in (text, json.dumps({"sources.shop.api_key": "key-in-the-form"})):
        extra = {"secret_config": written, "sources": {"shop": {"page_size": 7}}}
        monkeypatch.setenv("AIRFLOW_CONN_SHOP_FORM", json.dumps({"conn_type": "dlt", "extra": extra}))
        found = collect(["shop_form"], None)
        assert found == {"sources": {"shop": {"page_size": 7, "api_key": "key-in-the-form"}}}
    assert redact("key-in-the-form") == "***"


# -- errors


def test_retry_policy() -> None:
    """The policy fails what no try mends, retries what passes by, and leaves the rest to the task."""
    from airflow.sdk import ExceptionRetryPolicy, RetryAction

    policy = dlt_retry_policy(datetime.timedelta(seconds=30))
    assert isinstance(policy, ExceptionRetryPolicy)
    wrapped = ValueError("the step failed")
    wrapped.__cause__ = DestinationConnectionError("refused")

    def decide(error: BaseException) -> Any:
        return policy.evaluate(error, 1, 3)

    assert decide(SpecInvalid("no such module")).action is RetryAction.FAIL
    assert decide(wrapped).action is RetryAction.RETRY
    assert decide(wrapped).retry_delay == datetime.timedelta(seconds=30)
    assert decide(OSError("disk")).action is RetryAction.DEFAULT
    assert decide(SignalReceivedException(15)).action is RetryAction.DEFAULT


def test_the_policy_is_imported_without_dlt() -> None:
    """A DAG with the policy is parsed, and serialized, without an import of dlt's steps."""
    code = (
        "import sys\nfrom airflow.sdk import DAG\nfrom dlt_airflow import dlt_retry_policy, dlt_task_group\n"
        "from airflow.serialization.serialized_objects import DagSerialization\n"
        "with DAG('d', schedule=None) as dag:\n"
        "    dlt_task_group(source='x:y', pipeline={}, retry_policy=dlt_retry_policy(), fan_out=['a'])\n"
        "DagSerialization.to_dict(dag)\n"
        "print(sorted(name for name in sys.modules if name.partition('.')[0] in ('dlt', 'pyarrow', 'duckdb')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert set(ast.literal_eval(done.stdout.splitlines()[-1])) <= LIGHT, done.stderr


# -- identity


@pytest.mark.parametrize(
    ("conf", "again", "end"),
    [
        ({"dlt_reload": 2}, "", "/2"),
        ({"dlt_reload": False}, "", "/False"),
        ({"dlt_reload": 2}, "now", "/now"),
        ({}, "now", "/now"),
        ({"dlt_reload": ""}, "", ""),
        (None, "", ""),
    ],
)
def test_identity(conf: Any, again: str, end: str) -> None:
    """A run is named by DAG, run and group; whoever wants it to be loaded again changes the name."""
    context = {"ti": SimpleNamespace(dag_id="d"), "run_id": "r", "dag_run": SimpleNamespace(conf=conf)}
    assert run_identity(context, "g", again) == f"d/r/g{end}"


def test_clears() -> None:
    """Tries of one wish have one number, a task that was cleared has a higher one."""

    def ti(max_tries: int) -> Any:
        return SimpleNamespace(max_tries=max_tries, task=SimpleNamespace(retries=2))

    assert [clears(ti(number)) for number in (2, 3, 6)] == [0, 1, 4]


# -- disk


def test_old_runs_leave_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker deletes runs that nothing was added to for days, but none that a task is at work on."""
    from dlt.io.lock import PipelineLock
    from dlt.tasks import Spec, Token
    from dlt_airflow.disk import prune

    token = Token(Spec(work_dir=str(tmp_path)), "shop", "r", "", "extracted", ())
    old = time.time() - 3 * 86400
    assert prune(token) == []
    for name in ("old", "busy", "changed"):
        part = tmp_path / "shop" / name / "whole"
        (part / "extracted").mkdir(parents=True)
        if name != "changed":
            os.utime(part, (old, old))
        os.utime(part.parent, (old, old))
    assert prune(token) == []
    monkeypatch.setenv("AIRFLOW__DLT__KEEP_DAYS", "2")
    busy = tmp_path / "shop" / "busy" / "whole"
    with PipelineLock(str(busy / "scratch-1"), "of the test", 0):
        os.utime(busy, (old, old))
        os.utime(busy.parent, (old, old))
        assert prune(token) == [str(tmp_path / "shop" / "old")]
    os.utime(busy, (old, old))
    assert prune(token) == [str(tmp_path / "shop" / "busy")]
    assert os.listdir(tmp_path / "shop") == ["changed"]


# -- signals

STOPPED = """
import os, signal, sys, threading
from types import SimpleNamespace
from dlt_airflow import DltExtractOperator
stage = sys.argv[1]
task = DltExtractOperator(task_id="t", source="s:s", pipeline={})
context = {"map_index_template": None, "ti": SimpleNamespace(map_index=-1)}
signal.signal(signal.SIGTERM, lambda number, frame: task.on_kill())
os.kill(os.getpid(), signal.SIGTERM)  # nothing is at work yet, so nothing happens
try:
    with task._step(context):
        from dlt.pipeline import signals
        if stage == "load":
            with signals.finishing():
                os.kill(os.getpid(), signal.SIGTERM)
                print("package ended")
        else:
            threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGTERM)).start()
            threading.Event().wait()
except BaseException as error:
    print(type(error).__name__)
"""


@pytest.mark.parametrize("stage", ["extract", "load"])
def test_a_signal_stops_a_step(stage: str) -> None:
    """SIGTERM ends an extract at once; a load ends the package under way first. Both are retried."""
    done = subprocess.run(
        [sys.executable, "-c", STOPPED, stage],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    said = [line for line in done.stdout.splitlines() if line.startswith(("package", "Signal"))]
    expected = ["SignalReceivedException"]
    assert said == (["package ended", *expected] if stage == "load" else expected), done.stdout + done.stderr


def test_the_folders_of_the_session_exist() -> None:
    """Airflow of these tests knows only the folders of these tests."""
    from airflow.configuration import conf

    assert conf.get("core", "dags_folder") == str(DAGS) and os.environ["PYTHONPATH"] == str(ROOT)


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ({"year": 2025, "part": "a"}, "part=a,year=2025"),
        ({"conn": "x"}, "conn=x"),
        ({"api_key": "canary"}, None),
        ({"account": {"token": "canary"}}, None),
        ({"accounts": [{"password": "canary"}]}, None),
        ({"url": "sftp://ann:canary@host/x"}, None),
        ({"part": "{{ var.value.canary }}"}, None),
    ],
)
def test_names_of_parts_tell_no_secret(arguments: dict[str, Any], shown: str | None) -> None:
    """A part is named by its arguments in the grid, tokens and logs, by their digest where they hold a secret."""
    from dlt.tasks.parts import name_of
    from dlt_airflow.arguments import tells_secrets

    name = name_of(arguments, tells_secrets)
    assert name == shown if shown is not None else len(name) == 20 and "canary" not in name
