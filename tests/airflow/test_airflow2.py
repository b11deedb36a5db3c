"""Airflow 2.11, where the compatibility layer has other names for the same things."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.airflow.conftest import ROOT

PROGRAM = ROOT / "tests" / "steps" / "task_program.py"
TEXT = """
import datetime
from airflow import DAG
from airflow.decorators import task
from airflow.timetables.interval import CronDataIntervalTimetable
from dlt_airflow import dlt_task_group, table_asset

PROGRAM = {program!r}
START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
with DAG("two", schedule=CronDataIntervalTimetable("@daily", timezone="UTC"), start_date=START, catchup=False) as dag:
    spec = dict(source=PROGRAM + ":shop", pipeline=PROGRAM + ":make_pipeline")
    whole = dlt_task_group("whole", **spec, outlets=[table_asset("duckdb", "shop", "orders")])
    parts = dlt_task_group("parts", **{{**spec, "source": PROGRAM + ":many"}}, fan_out="resources")
    days = dlt_task_group("days", **{{**spec, "source": PROGRAM + ":days"}}, window="auto")

    @task.dlt(pipeline=PROGRAM + ":make_pipeline", run_args={{"table_name": "numbers"}})
    def numbers(upto):
        return [{{"n": n}} for n in range(upto)]

    whole >> parts >> days >> numbers(3)
"""


def rows(query: str) -> list[Any]:
    """Return what a query finds in the database of the test."""
    with duckdb.connect(os.environ["SHOP_DB"], read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_a_dag(dag_of: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups, mapped groups, windows and the decorator leave what they leave under Airflow 3."""
    import pendulum
    from airflow.models.dataset import DatasetEvent, DatasetModel
    from airflow.utils.session import create_session

    from dlt_airflow import table_asset

    assert "airflow.sdk" not in sys.modules
    monkeypatch.setenv("SHOP_DB", str(tmp_path / "tasks.duckdb"))
    dag = dag_of("two", TEXT.format(program=str(PROGRAM)))
    # as the scheduler does: an alias must be known before a task uses it
    type(dag).bulk_write_to_db([dag])
    run = dag.test(execution_date=pendulum.datetime(2026, 1, 3))
    assert str(run.state) == "success", {ti.task_id: ti.state for ti in run.get_task_instances()}
    assert rows("SELECT count(*) FROM shop.orders") == [(6,)]
    assert rows("SELECT count(*) FROM shop.numbers") == [(3,)]
    assert [rows(f"SELECT count(*) FROM shop_many.r{n}") for n in range(8)] == [[(n + 3,)] for n in range(8)]
    start = run.data_interval_start
    assert rows("SELECT day, count(*) FROM shop_days.hours GROUP BY 1") == [(start.day, 4)]
    names = {ti.rendered_map_index for ti in run.get_task_instances() if ti.task_id == "parts.extract"}
    assert names == {f"r{n}" for n in range(8)}
    with create_session() as session:
        pairs = session.query(DatasetModel.uri, DatasetEvent.extra).join(
            DatasetEvent, DatasetEvent.dataset_id == DatasetModel.id
        )
        events = dict(pairs.all())
    assert events["dlt://duckdb/shop/orders"]["rows"] == 6
    items = table_asset("duckdb", "shop", "orders__items", f"duckdb://{tmp_path}/tasks.duckdb")
    assert items.uri in events


def test_an_error_that_no_retry_mends(dag_of: Callable[..., Any]) -> None:
    """A spec that cannot be imported fails the task at its first try."""
    text = TEXT.format(program="no.such.module").replace('DAG("two"', 'DAG("bad"')
    run = dag_of("bad", text).test()
    first = next(ti for ti in run.get_task_instances() if ti.task_id == "whole.extract")
    assert str(run.state) == "failed" and str(first.state) == "failed"


def test_no_retry_policy() -> None:
    """Airflow 2 has no retry policies, and says so."""
    from dlt_airflow import dlt_retry_policy

    with pytest.raises(RuntimeError, match="retry policies"):
        dlt_retry_policy()
