"""Checks, quarantine, masks and undo in flows of this process, on a temporary server, into DuckDB."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from prefect.client.orchestration import get_client

import dlt
from dlt_prefect import DltPipeline, run_pipeline
from tests.prefect.conftest import HOME, ROOT
from tests.prefect.test_prefect_light import events, key_of, task_runs

pytestmark = pytest.mark.usefixtures("harness")
PROGRAM = str(ROOT / "tests" / "steps" / "trust_program.py")
CANARY = "canary@masked.example"
SALT = "canary-salt-of-the-tests"


@pytest.fixture
def orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that says what the source gives, and returns the block that loads it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    file = tmp_path / "orders.json"

    def say(*totals: Any, customers: Any = (), keep_undo: int = 0) -> str:
        given = [{"id": n, "total": total, "email": CANARY} for n, total in enumerate(totals, 1)]
        file.write_text(json.dumps({"orders": given, "customers": list(customers)}))
        DltPipeline(
            source=f"{PROGRAM}:trust",
            source_args={"file": str(file)},
            pipeline=f"{PROGRAM}:make_pipeline",
            pipeline_args={"url": str(tmp_path / "trust.duckdb")},
            handoff=f"file://{tmp_path}/bucket",
            config={"load.keep_undo": keep_undo},
            secrets={"mask_salt": SALT},
        ).save("trust", overwrite=True)
        return "dlt-pipeline/trust"

    return say


def rows(query: str) -> list[Any]:
    """Return what a query finds in the database of the test, which is in the folder that it works in."""
    with duckdb.connect("trust.duckdb", read_only=True) as connection:
        return connection.execute(query).fetchall()


def ids() -> list[int]:
    """Return the ids of the orders that are there."""
    return [number for (number,) in rows("SELECT id FROM shop.orders ORDER BY 1")]


def a_pipeline() -> Any:
    """Return the pipeline of the flows, as a person has it on a machine of their own."""
    made = dlt.pipeline(
        "trust", destination=dlt.destinations.duckdb("trust.duckdb"), dataset_name="shop", pipelines_dir="own"
    )
    made.drop()
    return made


def artifacts() -> dict[str, Any]:
    """Return the newest artifacts of the pipeline, by key."""
    with get_client(sync_client=True) as client:
        found = sorted(client.read_artifacts(), key=lambda artifact: artifact.created)
    return {a.key: a for a in found if a.key and a.key.startswith("dlt-trust-")}


def test_a_failed_check_fails_the_load_at_once(orders: Any) -> None:
    """Its retries are unused, nothing was loaded, and an artifact and the event tell of all checks."""
    state = run_pipeline(orders(7, 700), return_state=True)
    assert state.is_failed() and "check between(total: 0 to 100): 1 of 2 rows (id=2). Nothing of it" in state.message
    (loading,) = [run for run in task_runs(state.state_details.flow_run_id) if run.name.startswith("load ")]
    assert (loading.state.name, loading.run_count) == ("Failed", 1)
    found = artifacts()["dlt-trust-checks"]
    assert found.description == "trust: nothing was loaded, 2 of 4 checks of its data passed"
    assert [(row["check"], row["result"], row["keys"]) for row in json.loads(found.data)] == [
        ("not_null(id)", "passed", ""),
        ("between(total: 0 to 100)", "error", "id=2"),
        ("between(total: 0 to 50)", "warn", "id=2"),
        ("matches(email: ^[0-9a-f]{64}$)", "passed", ""),
    ]
    flow_run = str(state.state_details.flow_run_id)
    (event,) = events("dlt.load.failed", lambda e: e["payload"]["run"].startswith(flow_run))
    assert [check["passed"] for check in event["payload"]["checks"]] == [True, False, False, True]
    # another run extracts again, and mended data is loaded
    assert run_pipeline(orders(7, 8))["rows"] == {"orders": 2}


def test_what_a_load_tells_of_checks_and_quarantine(orders: Any, tmp_path: Path, caplog: Any, capfd: Any) -> None:
    """A warning leaves the run green; artifacts, events and assets count; a masked value and the salt are in none."""
    state = run_pipeline(orders(7, 70, "free"), cleanup=False, return_state=True)
    assert state.is_completed()
    flow_run = str(state.state_details.flow_run_id)
    found = artifacts()
    assert [(row["check"], row["result"]) for row in json.loads(found["dlt-trust-checks"].data)][2:] == [
        ("between(total: 0 to 50)", "warn"),
        ("matches(email: ^[0-9a-f]{64}$)", "passed"),
    ]
    assert [(r["table"], r["rows"], r["quarantined"]) for r in json.loads(found["dlt-trust-load"].data)] == [
        ("orders", 2, 1)
    ]
    summary = found["dlt-trust-summary"].data
    assert "Items that went to quarantine: 1 of orders." in summary
    assert "| not_null(id) | orders | passed | 0 | 2 |" in summary
    (event,) = events("dlt.load.completed", lambda e: e["payload"]["run"].startswith(flow_run))
    assert event["payload"]["quarantined"] == {"orders": 1}
    database = str(tmp_path / "trust.duckdb")
    (asset,) = events("prefect.asset.materialization.succeeded", lambda e: database in key_of(e))
    assert (asset["payload"]["rows"], asset["payload"]["quarantined"]) == (2, 1)
    said = capfd.readouterr()
    kept = {"log": said.out + said.err + caplog.text}
    with get_client(sync_client=True) as client:
        kept["logs of the server"] = str(client.read_logs())
    files = [path for folder in (HOME, tmp_path) for path in folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".tar" for path in files)
    kept |= {str(path): path.read_bytes().decode("utf-8", "replace") for path in files if path.name != "orders.json"}
    print([str(path) for path in files][:80])
    assert [where for where, text in kept.items() if CANARY in text or SALT in text] == []


def test_a_replay_behind_a_flow(orders: Any) -> None:
    """A script on another machine loads what a flow put into quarantine, and the next run goes on behind it."""
    assert run_pipeline(orders(7, "free", 9))["quarantined"] == {"orders": 1}
    pipeline = a_pipeline()
    pipeline.sync_destination()
    found = pipeline.quarantine.replay(schema_contract={"data_type": "evolve"})
    assert found.loaded == {"orders": 1} and ids() == [1, 2, 3]
    assert run_pipeline(orders(1, 2, 3, 4))["rows"] == {"orders": 1} and ids() == [1, 2, 3, 4]


def test_an_undone_run(orders: Any) -> None:
    """The next run, also one that fans out, loads again what was undone; what it replaced had come back."""
    ada = [{"id": 1, "name": "Ada"}]
    run_pipeline(orders(1, 2, customers=ada, keep_undo=3), fan_out="resources")
    mistake = [{"id": 1, "name": "a mistake"}]
    both = run_pipeline(orders(1, 2, 3, customers=mistake, keep_undo=3), fan_out="resources")["load_ids"]
    plan = a_pipeline().undo(both[0])
    assert set(plan.loads) == set(both) and len(both) == 2
    assert ids() == [1, 2] and rows("SELECT name FROM shop.customers") == [("Ada",)]
    report = run_pipeline(orders(1, 2, 3, customers=mistake, keep_undo=3), fan_out="resources")
    assert report["rows"] == {"orders": 1, "customers": 1} and ids() == [1, 2, 3]
    assert rows("SELECT name FROM shop.customers") == [("a mistake",)]


def test_an_undo_is_a_task(orders: Any) -> None:
    """Artifact, asset and event tell of it, and a second one has nothing to do."""
    from prefect import flow

    from dlt_prefect import undo

    block = orders(1, 2)
    (load_id,) = run_pipeline(block)["load_ids"]

    @flow
    def back() -> Any:
        return [undo(block, load_id), undo(block, [load_id])]

    first, second = back()
    assert ids() == [] and first["undone"] == [load_id] and second["known"]
    assert "orders" in artifacts()["dlt-trust-undo"].data
    (event,) = events("dlt.undo.completed", lambda e: e["payload"]["undone"] == [load_id])
    assert event["payload"]["load_ids"] == first["load_ids"]
    (asset,) = events("prefect.asset.materialization.succeeded", lambda e: e["payload"].get("undone") == [load_id])
    assert asset["payload"]["rows"] == 0
    assert run_pipeline(block)["rows"] == {"orders": 2}
