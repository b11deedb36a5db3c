"""Checks, quarantine, masks and undo in DAGs that run to their end with `dag.test()`, into DuckDB."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

import dlt
from tests.airflow.conftest import HOME, ROOT, Write
from tests.airflow.test_airflow_dags import clear, rows, tasks, xcom

PROGRAM = str(ROOT / "tests" / "steps" / "trust_program.py")
CANARY = "canary@masked.example"
SALT = "canary-salt-of-the-tests"


@pytest.fixture
def orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that says what the source gives, and the DAG's line that loads it."""
    monkeypatch.setenv("AIRFLOW_VAR_TRUST", f'mask_salt = "{SALT}"')
    file = tmp_path / "orders.json"

    def say(*totals: Any, customers: Any = (), first: int = 1, **more: Any) -> str:
        given = [{"id": n, "total": total, "email": CANARY} for n, total in enumerate(totals, first)]
        file.write_text(json.dumps({"orders": given, "customers": list(customers)}))
        spec = {
            "source": f"{PROGRAM}:trust",
            "source_args": {"file": str(file)},
            "pipeline": f"{PROGRAM}:make_pipeline",
            "variables": ["trust"],
            **more,
        }
        return f"dlt_task_group(**{spec!r}, **RETRY)"

    return say


def events(run: Any) -> dict[str, Any]:
    """Return what the asset events of a run say, by table."""
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session

    with create_session() as session:
        pairs = session.query(AssetModel.uri, AssetEvent.extra).join(AssetEvent, AssetEvent.asset_id == AssetModel.id)
        return {uri.rpartition("/")[2]: extra for uri, extra in pairs.filter(AssetEvent.source_run_id == run.run_id)}


def shown(run: Any, task_id: str = "dlt.load") -> str:
    """Return the LoadInfo as the page of a task shows it."""
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from airflow.utils.session import create_session

    with create_session() as session:
        found = session.query(RenderedTaskInstanceFields).filter_by(dag_id=run.dag_id, run_id=run.run_id)
        return str(found.filter_by(task_id=task_id).one().rendered_fields["load_info"])


def test_a_failed_check_fails_the_load_at_once(
    make: Write, orders: Any, caplog: Any, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its tries are unused, nothing was loaded, and log, page and XCom tell of it, and of the checks that passed."""
    dag = make("check_fails", orders(7, 700))
    run = dag.test()
    assert tasks(run)["dlt.load"] == ("failed", 1) and str(run.state) == "failed"
    said = capfd.readouterr()
    assert (
        "check between(total: 0 to 100): 1 of 2 rows (id=2). Nothing of it was loaded"
        in said.out + said.err + caplog.text
    )
    results = {check["check"]: (check["passed"], check["keys"]) for check in xcom(run, "dlt.load", "checks")}
    assert results == {
        "not_null(id)": (True, []),
        "between(total: 0 to 100)": (False, [{"id": 2}]),
        "between(total: 0 to 50)": (False, [{"id": 2}]),
        "matches(email: ^[0-9a-f]{64}$)": (True, []),
    }
    page = shown(run).splitlines()
    assert page[0] == "Not loaded, as a check failed"
    assert "between(total: 0 to 100)        orders  load   error         1        2" in page
    assert "error: table orders, check between(total: 0 to 100): 1 of 2 rows (id=2)" in page
    assert not events(run) and not xcom(run, "dlt.load")
    with duckdb.connect(os.environ["SHOP_DB"], read_only=True) as connection:
        assert "orders" not in [
            name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables").fetchall()
        ]
    # the rows as they are, where a variable says so
    monkeypatch.setenv("AIRFLOW_VAR_TRUST", f'mask_salt = "{SALT}"\nload.raise_on_failed_checks = false\n')
    again = clear(dag, run, "dlt.load")
    assert tasks(again)["dlt.load"] == ("success", 2) and ids() == [1, 2]
    assert [check["passed"] for check in xcom(again, "dlt.load")["checks"]] == [True, False, False, True]


def test_what_a_load_tells_of_checks_and_quarantine(
    make: Write, orders: Any, caplog: Any, capfd: Any, tmp_path: Path
) -> None:
    """A warning leaves the task green; report, page and events count; no file or log has a masked value or the salt."""
    import sqlite3

    body = orders(7, 70, "free", handoff=f"file://{tmp_path}/bucket", cleanup=False)
    (HOME / "lineage").unlink(missing_ok=True)
    run = make("check_warns", body).test()
    assert str(run.state) == "success", tasks(run)
    report = xcom(run, "dlt.load")
    assert report["rows"] == {"orders": 2} and report["quarantined"] == {"orders": 1}
    assert [check["passed"] for check in report["checks"]] == [True, True, False, True]
    page = shown(run)
    assert "1 item(s) of orders went to quarantine" in page
    assert "warn: table orders, check between(total: 0 to 50): 1 of 2 rows (id=2)" in page
    assert "not_null(id)                    orders  load   passed        0        2" in page
    assert {table: (extra["rows"], extra["quarantined"]) for table, extra in events(run).items()} == {"orders": (2, 1)}
    lineage = [json.loads(line) for line in (HOME / "lineage").read_text().splitlines()]
    (told,) = [e["inputs"] for e in lineage if e["eventType"] == "COMPLETE" and e["job"]["name"].endswith("dlt.load")]
    assertions = told[0]["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert [(each["assertion"], each["success"]) for each in assertions][1:3] == [
        ("between(total: 0 to 100)", True),
        ("between(total: 0 to 50)", False),
    ]
    said = capfd.readouterr()
    with sqlite3.connect(HOME / "airflow.db") as database:
        kept = {"log": said.out + said.err + caplog.text, "database": "\n".join(database.iterdump())}
    folders = (HOME / "work", HOME / "logs", HOME / "dlt_assets", HOME / "data", tmp_path / "bucket")
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()] + [HOME / "lineage"]
    assert any(path.suffix == ".tar" for path in files)
    kept |= {str(path): path.read_bytes().decode("utf-8", "replace") for path in (*files, Path(os.environ["SHOP_DB"]))}
    assert [where for where, text in kept.items() if CANARY in text or SALT in text] == []


def a_pipeline(folder: Path) -> Any:
    """Return the pipeline of the DAGs, as a person has it on a machine of their own."""
    destination = dlt.destinations.duckdb(os.environ["SHOP_DB"])
    made = dlt.pipeline("trust", destination=destination, dataset_name="shop", pipelines_dir=str(folder / "own"))
    made.drop()
    return made


def ids() -> list[int]:
    """Return the ids of the orders that are there."""
    return [number for (number,) in rows("SELECT id FROM shop.orders ORDER BY 1")]


def test_replay(make: Write, orders: Any, tmp_path: Path) -> None:
    """What tasks put into quarantine is loaded by a script on another machine, and counted there."""
    run = make("replayed", orders(7, "8", "free")).test()
    assert xcom(run, "dlt.load")["quarantined"] == {"orders": 1} and ids() == [1, 2]
    pipeline = a_pipeline(tmp_path)
    pipeline.sync_destination()
    assert pipeline.reconcile().is_equal
    found = pipeline.quarantine.replay(schema_contract={"data_type": "evolve"})
    assert found.loaded == {"orders": 1} and ids() == [1, 2, 3]
    # the next run of the tasks goes on from the schema and the state of the replay
    again = make("replayed", orders(1, 2, 3, 4)).test()
    assert xcom(again, "dlt.load")["rows"] == {"orders": 1} and ids() == [1, 2, 3, 4]
    assert rows("SELECT count(*) FROM shop._dlt_quarantine") == [(0,)]


def test_an_undone_run(make: Write, orders: Any, tmp_path: Path, caplog: Any, capfd: Any) -> None:
    """Its load alone neither loads again nor is taken for loaded; cleared, or by the next run, its rows come again."""
    assert str(make("undone", orders(1, 2)).test().state) == "success"
    dag = make("undone", orders(1, 2, 3, 4))
    second = dag.test()
    (load_id,) = xcom(second, "dlt.load")["load_ids"]
    assert ids() == [1, 2, 3, 4]
    a_pipeline(tmp_path).undo(load_id)
    assert ids() == [1, 2]
    alone = clear(dag, second, "dlt.load")
    assert tasks(alone)["dlt.load"][0] == "failed" and ids() == [1, 2]
    said = capfd.readouterr()
    assert "was loaded before and undone since" in said.out + said.err + caplog.text
    whole = clear(dag, second)
    assert str(whole.state) == "success" and ids() == [1, 2, 3, 4]
    report = xcom(whole, "dlt.load")
    assert report["removed"] == [] and not report["skipped"]
    a_pipeline(tmp_path).undo(report["load_ids"][0])
    third = make("undone", orders(1, 2, 3, 4, 5)).test()
    assert xcom(third, "dlt.load")["rows"] == {"orders": 3} and ids() == [1, 2, 3, 4, 5]


def test_an_undone_fan_out(make: Write, orders: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All parts of it go together, and come together: one part alone is refused."""
    monkeypatch.setenv("AIRFLOW_VAR_TRUST", f'mask_salt = "{SALT}"\nload.keep_undo = 3\n')
    people = [{"id": 1, "name": "Ada"}]
    assert str(make("undone_parts", orders(1, 2, customers=people, fan_out="resources")).test().state) == "success"
    people = [{"id": 1, "name": "a mistake"}, {"id": 2, "name": "Emmy"}]
    dag = make("undone_parts", orders(1, 2, 3, customers=people, fan_out="resources"))
    second = dag.test()
    both = xcom(second, "dlt.load")["load_ids"]
    assert len(both) == 2
    plan = a_pipeline(tmp_path).undo(both[1])
    assert set(plan.loads) == set(both)
    assert ids() == [1, 2] and rows("SELECT id, name FROM shop.customers ORDER BY 1") == [(1, "Ada")]
    one = clear(dag, second, "dlt.extract[0]", "dlt.normalize[0]", "dlt.load")
    print(tasks(one))
    assert tasks(one)["dlt.load"][0] == "failed" and ids() == [1, 2]
    assert str(clear(dag, second).state) == "success"
    assert ids() == [1, 2, 3] and rows("SELECT name FROM shop.customers ORDER BY id") == [("a mistake",), ("Emmy",)]


def test_an_undo_while_a_run_is_under_way(
    make: Write, orders: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that went on from the cursor of an undone load is refused, and cleared it loads what was undone as well.

    Also where its rows are merged, and may come twice: those in between would never come.
    """
    monkeypatch.setenv("AIRFLOW_VAR_TRUST", f'mask_salt = "{SALT}"\nload.keep_undo = 3\n')
    more = {"run_args": {"write_disposition": "merge"}}
    assert str(make("beside", orders(1, 2, **more)).test().state) == "success"
    (load_id,) = xcom(make("beside", orders(1, 2, 3, **more)).test(), "dlt.load")["load_ids"]
    undo = [lambda: a_pipeline(tmp_path).undo(load_id)]
    monkeypatch.setattr("builtins.UNDO", undo, raising=False)
    hook = "**RETRY, load_args={'pre_execute': lambda context: UNDO and UNDO.pop()()}"
    body = orders(1, 2, 3, 4, **more).replace("**RETRY", hook)
    dag = make("beside", body)
    run = dag.test()
    assert tasks(run)["dlt.load"] == ("failed", 1) and ids() == [1, 2] and not undo
    assert str(clear(dag, run).state) == "success" and ids() == [1, 2, 3, 4]


def test_an_undone_task_of_one_task(make: Write, tmp_path: Path) -> None:
    """A try of a decorated function, or of a `PipelineTasksGroup`, loads what was undone since the one before it."""
    import pendulum

    when = {"logical_date": pendulum.datetime(2026, 5, 1), "run_after": pendulum.datetime(2026, 5, 1)}
    database = str(tmp_path / "tasks.duckdb")
    body = f"""
import dlt
from dlt.helpers.airflow_helper import PipelineTasksGroup

@task.dlt(pipeline={PROGRAM + ":make_pipeline"!r}, run_args={{"table_name": "orders"}})
def orders():
    return [{{"id": 1}}]

@dlt.source(name="trust")
def more():
    return dlt.resource([{{"id": 2}}], name="more", table_name="orders")

pipeline = dlt.pipeline("trust", destination=dlt.destinations.duckdb({database!r}), dataset_name="shop")
group = PipelineTasksGroup("group", local_data_folder={str(tmp_path / "group")!r}, wipe_local_data=True)
orders() >> group.run(pipeline, more())
"""
    dag = make("undone_whole", body)
    assert str(dag.test(**when).state) == "success" and ids() == [1, 2]
    for load_id, _ in sorted(rows("SELECT load_id, status FROM shop._dlt_loads"), reverse=True):
        a_pipeline(tmp_path).undo(load_id)
    assert ids() == []
    assert str(dag.test(**when).state) == "success" and ids() == [1, 2]


def test_an_undo_is_a_task(make: Write, orders: Any, tmp_path: Path) -> None:
    """It takes the ids of a load task, and its tables have events with the loads that are gone."""
    args = {"pipeline": f"{PROGRAM}:make_pipeline", "load_ids": "{{ ti.xcom_pull('dlt.load')['load_ids'] }}"}
    body = f"{orders(1, 2, fan_out='resources')} >> DltUndoOperator(task_id='undo', **{args!r})"
    dag = make("undoing", body)
    run = dag.test()
    assert str(run.state) == "success" and ids() == []
    report = xcom(run, "undo")
    # parts of one run are committed together, so that no order of theirs means anything
    assert sorted(report["undone"]) == sorted(xcom(run, "dlt.load")["load_ids"]) and len(report["load_ids"]) == 1
    assert "orders  →  start" in shown(run, "undo") or "orders" in shown(run, "undo")
    extra = events(run)["orders"]
    assert (extra["rows"], extra["undone"], extra["load_ids"]) == (0, report["undone"], report["load_ids"])
