"""DAGs that were written for PyPI `dlt` 1.x: `PipelineTasksGroup` runs them, and their tries are exact."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

import dlt
from dlt.errors import MissingDependencyException
from tests.airflow.conftest import DAGS
from tests.airflow.test_airflow_dags import clear, tasks

Write = Callable[..., Any]
HEAD = """
import datetime, os
import dlt
from airflow.decorators import dag as make_dag
from dlt.common import pendulum
from dlt.helpers.airflow_helper import DEFAULT_RETRY_BACKOFF, PipelineTasksGroup, airflow_get_execution_dates

@dlt.source
def shop(token=dlt.secrets.value):
    @dlt.resource
    def orders(at=dlt.sources.incremental("id", initial_value=0)):
        yield [{"id": n, "token": token} for n in range(1, 6) if n > at.last_value]

    @dlt.resource
    def notes():
        counted = dlt.current.resource_state()
        counted["runs"] = counted.get("runs", 0) + 1
        yield [{"run": counted["runs"]}]

    @dlt.resource
    def people():
        yield [{"name": "ada"}, {"name": "ben"}]

    @dlt.transformer(data_from=people)
    def letters(items):
        for item in items:
            yield [{"name": item["name"], "letter": letter} for letter in item["name"]]

    return orders, notes, people, letters

@make_dag(schedule=None, start_date=pendulum.DateTime(2021, 1, 1), catchup=False, max_active_runs=1,
          default_args={"owner": "airflow", "email_on_failure": False, "retries": 0})
def load_data():
    tasks = PipelineTasksGroup("grp", GROUP)
    pipeline = dlt.pipeline("shop", destination=dlt.destinations.duckdb(os.environ["SHOP_DB"]), dataset_name="shop")
"""
CLEAN = {
    "orders": [(n, "hidden word") for n in range(1, 6)],
    "notes": [(1,)],
    "people": [("ada",), ("ben",)],
    "letters": [("ada", "a"), ("ada", "a"), ("ada", "d"), ("ben", "b"), ("ben", "e"), ("ben", "n")],
}


@pytest.fixture
def make(dag_of: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a function that makes a DAG of some lines, with a configuration in the variable of 1.x."""
    monkeypatch.setenv("SHOP_DB", str(tmp_path / "the_db.duckdb"))
    # what the group sets is that of its process, and this one goes on
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DLT_LOCAL_DIR", str(tmp_path))

    def write(dag_id: str, body: str, group: str = "", head: str = HEAD) -> Any:
        from airflow.models.variable import Variable

        Variable.set("dlt_secrets_toml", '[sources]\ntoken = "hidden word"\n')
        lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
        end = "\ndag = load_data()\n"
        begin = head.replace("GROUP", group)
        return dag_of(dag_id, (begin + lines + end).replace("load_data", dag_id))

    return write


def content(tables: dict[str, Any] = CLEAN) -> dict[str, list[Any]]:
    """Return the rows without what a load makes up."""
    with duckdb.connect(os.environ["SHOP_DB"], read_only=True) as connection:
        found = {}
        for table in tables:
            names = [row[0] for row in connection.execute(f"DESCRIBE shop.{table}").fetchall()]
            shown = ", ".join(f'"{name}"' for name in names if not name.startswith("_dlt"))
            found[table] = connection.execute(f"SELECT {shown} FROM shop.{table} ORDER BY ALL").fetchall()
    return found


@pytest.mark.parametrize("decompose", ["none", "serialize", "parallel", "parallel-isolated"])
@pytest.mark.parametrize("first", [True, False])
def test_each_way_to_decompose_a_source_loads_what_one_run_loads(
    make: Write, tmp_path: Path, decompose: str, first: bool
) -> None:
    """The tasks have the names and edges of 1.x, and leave nothing on the disk."""
    if decompose in ("none", "serialize") and not first:
        pytest.skip("there are no parallel tasks")
    dag = make(
        f"ways_{decompose.replace('-', '_')}_{first}",
        f"tasks.add_run(pipeline, shop(), decompose={decompose!r}, serialize_first_task={first}, "
        'trigger_rule="all_done", retries=0, provide_context=True)',
        group=f"local_data_folder={str(tmp_path / 'here')!r}, use_data_folder=False",
    )
    suffix = "-2" if decompose == "parallel-isolated" else ""
    parts = [f"grp.shop_{name}{suffix}" for name in ("orders", "notes", "people-letters")]
    whole = "grp.shop_orders-notes-people-letters"
    edges = {task.task_id: task.downstream_task_ids for task in dag.tasks}
    if decompose == "none":
        assert edges == {whole: set()}
    elif decompose == "serialize":
        assert edges == {parts[0]: {parts[1]}, parts[1]: {parts[2]}, parts[2]: set()}
    else:
        begin, rest = (parts[0], parts[1:]) if first else (f"{whole}_start", parts)
        assert edges == {begin: set(rest), **{name: {f"{whole}_end"} for name in rest}, f"{whole}_end": set()}
    run = dag.test()
    assert str(run.state) == "success", tasks(run)
    assert content() == CLEAN
    assert not [path for path in (tmp_path / "here").rglob("*") if path.is_file()]
    if decompose != "serialize":
        return
    # a second run goes on where this one was
    assert str(dag.test().state) == "success"
    again = content()
    assert again["orders"] == CLEAN["orders"] and again["notes"] == [(1,), (2,)]
    assert again["people"] == sorted([*CLEAN["people"], *CLEAN["people"]])


def test_the_group_takes_what_the_group_of_1x_takes(make: Write, tmp_path: Path) -> None:
    """Its folder stays for dlt.attach, infos and traces are loaded, functions are called in the task."""
    body = """
def data():
    start, end = airflow_get_execution_dates()
    return shop().with_resources("orders")
def ran():
    os.environ["RAN"] = "yes"
task = tasks.run(pipeline, data, table_name="given", write_disposition="replace", on_before_run=ran)
one = tasks.run(pipeline, [{"n": 1}], table_name="rows", loader_file_format="parquet")
task >> one >> tasks.run(pipeline, [{"n": 1}], table_name="own", pipeline_name="other")
"""
    dag = make(
        "takes",
        body,
        group=f"local_data_folder={str(tmp_path)!r}, wipe_local_data=False, save_load_info=True, save_trace_info=True, "
        "log_progress_period=0, use_task_logger=False, buffer_max_items=10, abort_task_if_any_job_failed=False, "
        "truncate_staging_destination=False, retry_policy=DEFAULT_RETRY_BACKOFF, tooltip='a group'",
    )
    assert [task.task_id for task in dag.tasks] == ["shop", "shop-2", "shop-3"]
    run = dag.test()
    assert str(run.state) == "success" and os.environ.pop("RAN") == "yes"
    assert content({"rows": 1, "own": 1}) == {"rows": [(1,)], "own": [(1,)]}
    with duckdb.connect(os.environ["SHOP_DB"], read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM shop._load_info").fetchall() == [(3,)]
        assert connection.execute("SELECT count(*) FROM shop._trace").fetchall() == [(3,)]
    # as `dlt pipeline shop info` finds it
    attached = dlt.attach("shop", pipelines_dir=str(tmp_path / "pipelines"))
    assert attached.last_trace is not None and not attached.has_pending_data and not attached.first_run


@pytest.mark.parametrize("steps", [("load",), ("load", "extract")])
def test_a_policy_of_tenacity_tries_steps_again_within_the_task(make: Write, tmp_path: Path, steps: Any) -> None:
    """Those that the group names; nothing is loaded twice."""
    body = f"""
@dlt.resource
def shaky():
    count = os.path.join({str(tmp_path)!r}, "count")
    open(count, "a").write("x")
    if len(open(count).read()) < 3:
        raise OSError("not yet")
    yield from "ABC"
tasks.add_run(pipeline, shaky)
"""
    dag = make(
        f"shaky{len(steps)}",
        body,
        group=f"retry_pipeline_steps={steps!r}, retry_policy=Retrying(stop=stop_after_attempt(3), reraise=True)",
        head="from tenacity import Retrying, stop_after_attempt\n" + HEAD,
    )
    state = str(dag.test().state)
    assert (state, len((tmp_path / "count").read_text())) == (("success", 3) if "extract" in steps else ("failed", 1))
    if state == "success":
        assert content({"shaky": 1}) == {"shaky": [("A",), ("B",), ("C",)]}


def again(dag: Any, run: Any) -> Any:
    """Let the tasks of a run that did not succeed try once more, as the scheduler does; return the run."""
    from airflow.models.dagrun import DagRun
    from airflow.sdk.definitions.dag import _run_task
    from airflow.utils import timezone
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState, TaskInstanceState

    with create_session() as session:
        found = session.query(DagRun).filter_by(dag_id=run.dag_id, run_id=run.run_id).one()
        found.dag, found.state = run.dag, DagRunState.RUNNING
        for ti in found.get_task_instances(session=session):
            if str(ti.state) != "success":
                ti.state = None
        session.commit()
        # each round runs one task of the three
        for _ in range(5):
            session.expire_all()
            ready, _ = found.update_state(session=session)
            for ti in ready:
                ti.try_number += 1
                ti.state, ti.scheduled_dttm = TaskInstanceState.SCHEDULED, timezone.utcnow()
            session.commit()
            for ti in ready:
                _run_task(ti=ti, task=dag.task_dict[ti.task_id], run_triggerer=True)
        session.expunge_all()
    return found


@pytest.mark.parametrize(
    ("point", "cleared"),
    [("load.after_commit", False), ("load.after_commit#2", True)],
)
def test_a_task_that_was_killed_leaves_what_a_clean_run_leaves(make: Write, point: str, cleared: bool) -> None:
    """Whether Airflow tries it again, or a person clears it, and wherever it was killed."""
    from airflow.models.dagrun import DagRun
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.utils.session import create_session

    dag_id = f"killed_{point.replace('.', '_').replace('#', '_')}"
    dag = make(dag_id, 'tasks.add_run(pipeline, shop(), decompose="serialize", trigger_rule="all_done", retries=0)')
    # Airflow has threads, and a copy of this process would wait for them for ever
    program = f"import runpy; runpy.run_path({str(DAGS / dag_id)!r} + '.py')['dag'].test()"
    killed = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "DLT_CRASH_POINT": point}, capture_output=True, timeout=200
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    with create_session() as session:
        run = session.query(DagRun).filter_by(dag_id=dag.dag_id).one()
        for ti in run.get_task_instances(session=session):
            if str(ti.state) == "running":
                # the scheduler misses its heartbeat
                ti.state = "failed"
        session.commit()
        run.dag = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
        session.expunge_all()
    ended = clear(dag, run) if cleared else again(dag, run)
    assert str(ended.state) == "success", tasks(ended)
    found = content()
    if cleared:
        # what keeps a state of its own goes on where it stood when it is asked for once more
        assert Counter(found.pop("notes")) in (Counter([(1,)]), Counter([(1,), (2,)]))
        assert found == {name: rows for name, rows in CLEAN.items() if name != "notes"}
    else:
        assert found == CLEAN


def test_parallel_tasks_that_change_one_state_lose_nothing(make: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that loads second is extracted anew, on top of what the first one left."""
    from airflow import settings

    body = """
@dlt.source
def counting():
    def part(name):
        def rows():
            seen = dlt.current.source_state()
            seen["count"] = seen.get("count", 0) + (1 if name == "a" else 10)
            other = os.environ.pop("BESIDE", None)
            if other:
                # meanwhile another task of the pipeline loads
                again = dlt.pipeline("shop", destination=pipeline.destination, dataset_name="shop", pipelines_dir=other)
                again.run(counting().with_resources("b"))
            yield [{"part": name, "count": seen["count"]}]
        return dlt.resource(rows, name=name, table_name="parts")
    return part("a"), part("b")
tasks.add_run(pipeline, counting().with_resources("a"))
"""
    monkeypatch.setenv("BESIDE", str(settings.AIRFLOW_HOME) + "/beside")
    dag = make("counting", body)
    assert str(dag.test().state) == "success"
    assert content({"parts": 1}) == {"parts": [("a", 11), ("b", 10)]}


def test_without_airflow_the_name_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an ImportError, as that of any package."""
    import dlt.helpers.airflow_helper as helper

    monkeypatch.delitem(sys.modules, "dlt_airflow.pipeline_groups", raising=False)
    monkeypatch.setitem(sys.modules, "tenacity", None)
    monkeypatch.delattr("dlt_airflow.pipeline_groups", raising=False)
    with pytest.raises(MissingDependencyException, match="pip install"):
        _ = helper.PipelineTasksGroup
    with pytest.raises(AttributeError, match="nothing"):
        _ = helper.nothing  # type: ignore[attr-defined]
