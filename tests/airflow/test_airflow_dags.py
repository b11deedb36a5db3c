"""DAGs run to their end with `dag.test()`, into DuckDB."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dlt_airflow import table_asset
from tests.airflow.conftest import DAGS, HOME, PROGRAM, ROOT, Write
from tests.steps import task_program

EXAMPLES = [ROOT / "examples" / name for name in ("airflow_countries.py", "data")]


def rows(query: str) -> list[Any]:
    """Return what a query finds in the database of the test."""
    with duckdb.connect(os.environ["SHOP_DB"], read_only=True) as connection:
        return connection.execute(query).fetchall()


def tasks(run: Any) -> dict[str, tuple[str, int]]:
    """Return state and number of the last try of each task."""
    return {
        ti.task_id + (f"[{ti.map_index}]" if ti.map_index >= 0 else ""): (str(ti.state), ti.try_number)
        for ti in run.get_task_instances()
    }


def xcom(run: Any, task_id: str, key: str = "return_value") -> Any:
    """Return what a task pushed."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    with create_session() as session:
        found = session.query(XComModel).filter_by(dag_id=run.dag_id, run_id=run.run_id, task_id=task_id, key=key)
        values = [(x.map_index, XComModel.deserialize_value(x)) for x in found]
    return values[0][1] if len(values) == 1 and values[0][0] < 0 else [value for _, value in sorted(values)]


def content(path: str, dataset: str, tables: list[str]) -> dict[str, Any]:
    """Return the rows without what a load makes up."""
    with duckdb.connect(path, read_only=True) as connection:
        found = {}
        for table in tables:
            names = [row[0] for row in connection.execute(f"DESCRIBE {dataset}.{table}").fetchall()]
            shown = ", ".join(f'"{name}"' for name in sorted(names) if not name.startswith("_dlt"))
            found[table] = connection.execute(f"SELECT {shown} FROM {dataset}.{table} ORDER BY ALL").fetchall()
    return found


# -- the example


def test_example(dag_of: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example's DAG leaves the rows that one plain run of its pipeline leaves, and nothing on the disk."""
    monkeypatch.setenv("WORLD_DB", str(tmp_path / "by_tasks.duckdb"))
    dag = dag_of("airflow_dag", (ROOT / "examples" / "airflow_dag.py").read_text(), EXAMPLES)
    run = dag.test()
    assert str(run.state) == "success", tasks(run)
    assert set(tasks(run)) == {"world.extract", "world.normalize", "world.load", "world.cleanup"}

    import importlib.util

    spec = importlib.util.spec_from_file_location("by_hand", ROOT / "examples" / "airflow_countries.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setenv("WORLD_DB", str(tmp_path / "by_hand.duckdb"))
    monkeypatch.setattr(module, "COUNTRIES", ROOT / "examples" / "data" / "world_countries" / "countries.json")
    module.pipeline().run(module.world())
    tables = ["countries", "countries__borders", "regions"]
    by_tasks = content(str(tmp_path / "by_tasks.duckdb"), "world", tables)
    assert by_tasks == content(str(tmp_path / "by_hand.duckdb"), "world", tables)
    assert len(by_tasks["countries"]) == 250
    assert not [path for path in (HOME / "work").rglob("*") if path.is_file()]


# -- what a run is


def clear(dag: Any, run: Any, *task_ids: str) -> Any:
    """Clear tasks of a run as the interface of Airflow does, and run them to their end; return the run."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance, clear_task_instances
    from airflow.sdk.definitions.dag import _run_task
    from airflow.utils import timezone
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState, TaskInstanceState

    with create_session() as session:
        known = session.query(TaskInstance).filter_by(dag_id=run.dag_id, run_id=run.run_id).all()
        named = {ti.task_id + (f"[{ti.map_index}]" if ti.map_index >= 0 else ""): ti for ti in known}
        wanted = [ti for name, ti in named.items() if not task_ids or {name, ti.task_id} & set(task_ids)]
        assert wanted
        clear_task_instances(wanted, session, dag_run_state=DagRunState.QUEUED)
        session.query(DagRun).filter_by(dag_id=run.dag_id, run_id=run.run_id).one().state = DagRunState.RUNNING
    with create_session() as session:
        again = session.query(DagRun).filter_by(dag_id=run.dag_id, run_id=run.run_id).one()
        again.dag = run.dag
        while again.state == DagRunState.RUNNING:
            session.expire_all()
            ready, _ = again.update_state(session=session)
            for ti in ready:
                ti.try_number += 1
                ti.state, ti.scheduled_dttm = TaskInstanceState.SCHEDULED, timezone.utcnow()
            session.commit()
            for ti in ready:
                _run_task(ti=ti, task=dag.task_dict[ti.task_id], run_triggerer=True)
        session.expunge_all()
    return again


def events(run: Any) -> list[str]:
    """Return the addresses of the assets that a run reported, once for each event."""
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session

    with create_session() as session:
        pairs = session.query(AssetModel.uri).join(AssetEvent, AssetEvent.asset_id == AssetModel.id)
        return sorted(uri for (uri,) in pairs.filter(AssetEvent.source_run_id == run.run_id))


PEOPLE = {"source": str(PROGRAM.with_name("again_program.py")) + ":people"}


def test_a_cleared_run_is_loaded_again(make: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the source gives by then takes the place of what the run appended; other tasks alone change nothing."""
    monkeypatch.setenv("VALUE", "old")
    args = {"value": "{{ macros.os_value() }}"}
    body = f"dlt_task_group(**{{**SPEC, **{PEOPLE!r}}}, source_args={args!r})"
    dag = make(
        "again",
        "import os\ndag.user_defined_macros = {'value': lambda: os.environ['VALUE']}\n"
        + body.replace("macros.os_value()", "value()"),
    )
    first = dag.test()
    assert str(first.state) == "success"
    reported = events(first)
    assert len(reported) == len(set(reported)) == 3
    monkeypatch.setenv("VALUE", "new")
    for number in (1, 2):
        again = clear(dag, first)
        assert set(tasks(again).values()) == {("success", 1 + number)}
        report = xcom(again, "dlt.load")
        assert not report["skipped"] and report["removed"] == ["people"]
        assert rows("SELECT value, count(*) FROM shop.people GROUP BY 1") == [("new", 3)]
        assert rows("SELECT count(*), count(DISTINCT load_id) FROM shop._dlt_loads") == [(1 + number, 1 + number)]
        assert len(events(first)) == 3 + 3 * number
    # load alone, and normalize with it: nothing is left to do, and nobody downstream is told
    for some in (("dlt.load",), ("dlt.normalize", "dlt.load", "dlt.cleanup")):
        alone = clear(dag, first, *some)
        assert tasks(alone)["dlt.load"][0] == "skipped" and str(alone.state) == "success"
        assert xcom(alone, "dlt.load")["known"]
    assert rows("SELECT count(*) FROM shop._dlt_loads") == [(3,)] and len(events(first)) == 9


def test_one_mapped_part_is_cleared(make: Write) -> None:
    """The part is loaded again, the others stay as they are."""
    parts = "fan_out=[{'value': 'a'}, {'value': 'b'}]"
    dag = make("part", f"dlt_task_group(**{{**SPEC, **{PEOPLE!r}}}, {parts})")
    first = dag.test()
    before = rows("SELECT value, _dlt_load_id FROM shop.people GROUP BY ALL ORDER BY 1")
    assert [value for value, _ in before] == ["a", "b"]
    again = clear(dag, first, "dlt.extract[1]", "dlt.normalize[1]", "dlt.load", "dlt.cleanup")
    report = xcom(again, "dlt.load")
    assert report["rows"] == {"people": 3, "people__pets": 3, "people__pets__toys": 3}
    after = rows("SELECT value, _dlt_load_id FROM shop.people GROUP BY ALL ORDER BY 1")
    assert after == [before[0], ("b", report["load_ids"][0])] and report["load_ids"][0] not in before[1]
    assert rows("SELECT count(*) FROM shop.people") == [(6,)]


def test_a_run_that_is_tested_again_stays_as_it_is(make: Write) -> None:
    """A run that is loaded stays as it is when nobody cleared it, until `dlt_reload` asks for more."""
    import pendulum

    dag = make("cleared", "dlt_task_group(**SPEC, window=None)")
    when = {"logical_date": pendulum.datetime(2026, 5, 1), "run_after": pendulum.datetime(2026, 5, 1)}
    first = dag.test(**when)
    report = xcom(first, "dlt.load")
    assert report["skipped"] is False
    loads = rows("SELECT load_id FROM shop._dlt_loads")
    again = dag.test(**when)
    assert again.run_id == first.run_id and set(tasks(again).values()) == {("success", 1)}
    assert "Nothing was loaded now" in xcom(again, "dlt.load")["text"]
    assert xcom(again, "dlt.load")["load_ids"] == report["load_ids"]
    assert xcom(again, "dlt.load")["skipped"] is True
    assert rows("SELECT load_id FROM shop._dlt_loads") == loads
    assert rows("SELECT count(*) FROM shop.orders") == [(6,)]
    forced = dag.test(**when, run_conf={"dlt_reload": 2})
    assert xcom(forced, "dlt.load")["load_ids"] != report["load_ids"]
    # the cursor of orders has nothing new, customers are merged once more
    assert xcom(forced, "dlt.load")["rows"] == {"customers": 5}
    assert rows("SELECT count(*) FROM shop.orders") == [(6,)]


def test_load_ids_are_the_time_of_the_load(make: Write) -> None:
    """A run for an old day has a load id that is younger than those before it."""
    import time

    import pendulum

    dag = make("moments", "dlt_task_group(**SPEC)")
    when, before = pendulum.datetime(2026, 5, 1), time.time()
    run = dag.test(logical_date=when, run_after=when)
    (load_id,) = xcom(run, "dlt.load")["load_ids"]
    assert before <= float(load_id) <= time.time()
    assert rows("SELECT load_id FROM shop._dlt_loads") == [(load_id,)]


def test_messages_are_no_errors(make: Write, capfd: pytest.CaptureFixture[str], caplog: Any) -> None:
    """What dlt says goes to the task's log as information; nothing is on stderr, which Airflow takes for errors."""
    assert str(make("said", "dlt_task_group(**SPEC)").test().state) == "success"
    assert "dlt: " not in capfd.readouterr().err
    said = {record.levelname for record in caplog.records if record.name == "dlt"}
    assert said == {"INFO"}


# -- fan-out


@pytest.mark.parametrize(
    "fan_out", ["'resources'", "['orders', 'customers']", "[{'key': 'orders', 'resources': ['orders']}, ['customers']]"]
)
def test_fan_out_over_resources(make: Write, fan_out: str) -> None:
    """Each resource has an extract and a normalize task; one load commits rows and states of all of them."""
    run = make("by_resource", f"dlt_task_group(**SPEC, fan_out={fan_out})").test()
    assert str(run.state) == "success"
    assert {"dlt.extract[0]", "dlt.extract[1]", "dlt.normalize[0]", "dlt.normalize[1]"} <= set(tasks(run))
    names = {ti.rendered_map_index for ti in run.get_task_instances() if ti.map_index >= 0}
    assert names == {"orders", "customers"}
    report = xcom(run, "dlt.load")
    assert report["rows"] == {"orders": 6, "orders__items": 6, "customers": 5} and len(report["load_ids"]) == 2
    assert rows("SELECT count(*) FROM shop._dlt_loads") == [(2,)]


def test_eight_states(make: Write) -> None:
    """Eight resources fanned out, and all eight cursors and states are kept."""
    body = "dlt_task_group(**{**SPEC, 'source': PROGRAM + ':many'}, fan_out='resources', source_args={'last': %d})"
    assert str(make("eight", body % 3).test().state) == "success"
    pipeline = task_program.make_pipeline("shop")
    pipeline.drop()
    pipeline.sync_destination()
    known = pipeline.state["sources"]["many"]["resources"]
    pipeline.drop()
    assert {name: value["mine"] for name, value in known.items()} == {f"r{n}": n for n in range(8)}
    assert [known[f"r{n}"]["incremental"]["id"]["last_value"] for n in range(8)] == [n + 3 for n in range(8)]
    assert str(make("eight", body % 5).test().state) == "success"
    for number in range(8):
        assert rows(f"SELECT count(*), count(DISTINCT id) FROM shop.r{number}") == [(number + 5, number + 5)]


@pytest.mark.parametrize(
    ("chunks", "shown"),
    [
        ("[{'first': 1, 'last': 2}, {'first': 3, 'last': 4}]", {"first=1,last=2", "first=3,last=4"}),
        ("[{'key': 'a', 'source_args': {'first': 1, 'last': 2}}, {'first': 3, 'last': 4}]", {"a", "first=3,last=4"}),
    ],
)
def test_fan_out_over_chunks(make: Write, chunks: str, shown: set[str]) -> None:
    """Each dict of arguments is a part with a name, its own or that of its arguments; all parts are one load."""
    body = f"dlt_task_group(**{{**SPEC, 'source': PROGRAM + ':days'}}, fan_out={chunks})"
    run = make("by_chunk", body).test()
    assert str(run.state) == "success"
    names = {ti.rendered_map_index for ti in run.get_task_instances() if ti.map_index >= 0}
    assert names == shown
    assert rows("SELECT day, count(*) FROM shop.hours GROUP BY 1 ORDER BY 1") == [(n, 4) for n in range(1, 5)]
    assert rows("SELECT count(*) FROM shop._dlt_loads") == [(2,)]


@pytest.mark.parametrize("fan_out", ["'tables'", "[]", "[1]", "['orders', {'last': 2}]"])
def test_bad_fan_out(make: Write, fan_out: str) -> None:
    """What is no way to fan out is an error of the DAG's file."""
    with pytest.raises(ValueError, match="fan_out"):
        make("bad_fan_out", f"dlt_task_group(**SPEC, fan_out={fan_out})")


# -- errors


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("source='no.such:module'", "no.such cannot be imported"),
        ("source=PROGRAM + ':nothing'", "returned None"),
        ("pipeline=PROGRAM + ':number'", "returned int"),
        ("pipeline={'pipeline_name': 'x', 'destination': 'no_such_destination'}", "no_such_destination"),
        ("window=('2026-01-01', '2026-01-01')", "holds no time"),
        ("window='auto'", "the run tells no time to load"),
    ],
)
def test_errors_that_no_retry_mends(make: Write, spec: str, message: str, caplog: Any, capfd: Any) -> None:
    """The task fails at once, its tries unused, with a message that says what to do."""
    run = make("terminal", f"dlt_task_group(**{{**SPEC, **dict({spec})}}, **RETRY)").test(logical_date=None)
    assert str(run.state) == "failed"
    assert tasks(run)["dlt.extract"] == ("failed", 1)
    said = capfd.readouterr()
    assert message in said.out + said.err + caplog.text


def test_errors_that_pass_by_are_retried(make: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the network is retried, and the next try loads each row once."""
    program = DAGS / "flaky.py"
    program.write_text(
        "import os, dlt\n"
        "@dlt.resource(name='orders')\n"
        "def rows():\n"
        "    yield [{'id': 1}]\n"
        "    if not os.path.exists(os.environ['FLAKY']):\n"
        "        open(os.environ['FLAKY'], 'w').close()\n"
        "        raise ConnectionError('the other side hung up')\n"
        "    yield [{'id': 2}]\n"
    )
    monkeypatch.setenv("FLAKY", str(tmp_path / "flaky"))
    run = make("transient", "dlt_task_group(**{**SPEC, 'source': 'flaky.py:rows'}, **RETRY)").test()
    program.unlink()
    assert str(run.state) == "success" and tasks(run)["dlt.extract"][1] == 2
    assert rows("SELECT id FROM shop.orders ORDER BY 1") == [(1,), (2,)]


def test_a_failed_load_keeps_its_package(make: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was extracted stays when the load fails, and the next run of the same tasks loads just that."""
    import pendulum

    when = {"logical_date": pendulum.datetime(2026, 6, 1), "run_after": pendulum.datetime(2026, 6, 1)}
    body = "dlt_task_group(**SPEC, load_args={'pre_execute': lambda context: 1 / 0 if BROKEN else None})"
    monkeypatch.setattr("builtins.BROKEN", True, raising=False)
    failed = make("kept", body).test(**when)
    assert tasks(failed)["dlt.load"][0] == "failed" and tasks(failed)["dlt.cleanup"][0] == "success"
    work = [path for path in (HOME / "work").rglob("*") if path.is_file()]
    assert work
    marker = tmp_path / "marker"
    monkeypatch.setattr("builtins.BROKEN", False)
    body = body.replace("**SPEC,", f"**SPEC, source_args={{'marker': {str(marker)!r}}},")
    assert str(make("kept", body).test(**when).state) == "success"
    # not extracted again
    assert not marker.exists()
    assert rows("SELECT count(*) FROM shop.orders") == [(6,)]
    assert not [path for path in (HOME / "work").rglob("*") if path.is_file()]


def test_an_unreachable_destination_is_retried(make: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens at the destination: the task uses all its tries, and the run fails."""
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", "postgresql://nobody@127.0.0.1:1/nothing")
    target = "{'pipeline_name': 'lost', 'destination': 'postgres', 'dataset_name': 'lost'}"
    run = make("unreachable", f"dlt_task_group(**{{**SPEC, 'pipeline': {target}}}, **RETRY)").test()
    assert str(run.state) == "failed" and tasks(run)["dlt.extract"] == ("failed", 3)


@pytest.mark.parametrize("harm", ["missing", "cut in half"])
def test_a_damaged_hand_off(make: Write, tmp_path: Path, harm: str, capfd: Any, caplog: Any) -> None:
    """A package that is gone or damaged on its way fails the next task at once, and says what to do."""
    body = f"""
def spoil(context):
    import pathlib, shutil
    shutil.rmtree({str(tmp_path / "work")!r})
    for path in pathlib.Path({str(tmp_path / "bucket")!r}).rglob("*"):
        if path.is_file() and "packages" in path.parts:
            path.unlink() if {harm!r} == "missing" else path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

places = dict(handoff={f"file://{tmp_path}/bucket"!r}, work_dir={str(tmp_path / "work")!r})
dlt_task_group(**SPEC, **places, **RETRY, normalize_args=dict(pre_execute=spoil))
"""
    run = make("damaged", body).test()
    assert tasks(run)["dlt.extract"][0] == "success" and tasks(run)["dlt.normalize"] == ("failed", 1)
    said = capfd.readouterr()
    remedy = "run the extract task again." if harm == "missing" else "Run the task that made it again."
    assert remedy in said.out + said.err + caplog.text


# -- operators and arguments


def test_operators_by_themselves(make: Write) -> None:
    """The operators are tasks of their own; mapped ones without names of parts go by their index."""
    body = """
one = DltExtractOperator(task_id="one", resource_names=["customers"], **SPEC)
made = DltNormalizeOperator(task_id="made", extracted=one.output)
done = DltLoadOperator(task_id="done", normalized=made.output)
customers = dict(**SPEC, resource_names=["customers"])
each = DltExtractOperator.partial(task_id="each", **customers).expand(source_args=[{"last": 2}, {"last": 3}])
ready = DltNormalizeOperator.partial(task_id="ready").expand(extracted=each.output)
DltLoadOperator(task_id="all", normalized=ready.output) << done
"""
    run = make("by_themselves", body).test()
    assert str(run.state) == "success"
    assert [token["chunk"] for token in xcom(run, "ready")] == ["0", "1"]
    assert rows("SELECT id FROM shop.customers ORDER BY 1") == [(number,) for number in range(1, 7)]
    assert rows("SELECT count(*) FROM shop._dlt_loads") == [(3,)]


def test_refresh(make: Write) -> None:
    """`refresh` drops tables and cursors at the load, whatever the workers keep."""
    assert str(make("fresh", "dlt_task_group(**SPEC)").test().state) == "success"
    body = "dlt_task_group(**SPEC, source_args={'last': 3}, run_args={'refresh': 'drop_sources'})"
    assert str(make("fresh", body).test().state) == "success"
    assert rows("SELECT count(*), max(id) FROM shop.orders") == [(3, 3)]


def test_arguments_reach_their_tasks(make: Write) -> None:
    """What Airflow knows of tasks is passed on: to all of them, or to one."""
    body = """
group = dlt_task_group(
    **SPEC, fan_out=["orders"], pool="small", execution_timeout=datetime.timedelta(minutes=5),
    retry_policy=dlt_retry_policy(), extract_args={"queue": "far"}, load_args={"pool": "wide"}, asset_alias="my tables",
)
"""
    dag = make("arguments", body)
    found = {task.task_id: task for task in dag.tasks}
    assert {name: task.pool for name, task in found.items()} == {
        "dlt.extract": "small",
        "dlt.normalize": "small",
        "dlt.load": "wide",
        "dlt.cleanup": "small",
    }
    assert found["dlt.extract"].partial_kwargs["queue"] == "far" and found["dlt.load"].queue == "default"
    assert found["dlt.load"].execution_timeout.total_seconds() == 300 and found["dlt.load"].retry_policy
    assert [outlet.name for outlet in found["dlt.load"].outlets] == ["my tables"]
    assert found["dlt.cleanup"].is_teardown


# -- windows


def test_the_data_interval_is_what_is_loaded(make: Write) -> None:
    """Each run loads its day, whichever order they come in, and no cursor moves."""
    import pendulum

    body = "dlt_task_group(**{**SPEC, 'source': PROGRAM + ':days'}, window='auto')"
    dag = make("intervals", body, "CronDataIntervalTimetable('@daily', timezone='UTC')")
    for day in (5, 3):
        run = dag.test(logical_date=pendulum.datetime(2026, 1, day + 1), run_after=pendulum.datetime(2026, 1, day + 1))
        assert str(run.state) == "success"
        assert xcom(run, "dlt.extract")["window"] == [
            f"2026-01-0{day}T00:00:00+00:00",
            f"2026-01-0{day + 1}T00:00:00+00:00",
        ]
    assert rows("SELECT day, count(*) FROM shop.hours GROUP BY 1 ORDER BY 1") == [(3, 4), (5, 4)]


def test_cron_text_has_windows_too(make: Write) -> None:
    """The interval of cron text in Airflow 3 holds nothing; the run before and the timetable tell the window."""
    import pendulum

    body = "dlt_task_group(**{**SPEC, 'source': PROGRAM + ':days'}, window='auto')"
    dag = make("cron_text", body, "'0 0 * * *'")
    windows = []
    for day in (3, 6):
        when = pendulum.datetime(2026, 1, day)
        run = dag.test(logical_date=when, run_after=when)
        assert run.data_interval_start == run.data_interval_end
        windows.append([text[:10] for text in xcom(run, "dlt.extract")["window"]])
    assert windows == [["2026-01-02", "2026-01-03"], ["2026-01-03", "2026-01-06"]]
    assert rows("SELECT DISTINCT day FROM shop.hours ORDER BY 1") == [(2,), (3,), (4,), (5,)]


def test_windows_by_hand(make: Write) -> None:
    """A template or the configuration of the run says the window."""
    body = "dlt_task_group(**{**SPEC, 'source': PROGRAM + ':days'}, window=('{{ params.a }}', '2026-01-04'))"
    dag = make("by_template", body + "\ndag.params['a'] = '2026-01-03'")
    assert str(dag.test().state) == "success"
    body = "dlt_task_group(**{**SPEC, 'source': PROGRAM + ':days'}, window='auto')"
    run = make("by_conf", body).test(run_conf={"dlt_window": ["2026-01-06", "2026-01-07"]})
    assert str(run.state) == "success"
    assert rows("SELECT DISTINCT day FROM shop.hours ORDER BY 1") == [(3,), (6,)]


# -- one task


def test_task_dlt(make: Write) -> None:
    """A decorated function is a whole load, and what it returns is the report."""
    body = """
@task.dlt(pipeline=PROGRAM + ":make_pipeline", run_args={"table_name": "numbers", "primary_key": "n"})
def numbers(upto, ds=None, ti=None):
    return [{"n": n, "of": ti.task_id} for n in range(upto)]

@task
def check(report):
    assert report["rows"] == {"numbers": 3}, report

check(numbers(3))
numbers.override(task_id="more").expand(upto=[1, 2])
"""
    run = make("decorated", body).test()
    assert str(run.state) == "success", tasks(run)
    found = dict(rows('SELECT "of", count(*) FROM shop.numbers GROUP BY 1'))
    assert found == {"numbers": 3, "more": 3}
    assert rows("SELECT count(*) FROM shop._dlt_loads") == [(3,)]


# -- what Airflow shows


def test_assets_link_and_load_info(make: Write) -> None:
    """Each table is an asset with host and database in its address; the LoadInfo is a field and has a link."""
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    place = f"duckdb://{os.environ['SHOP_DB']}"
    by_name = "table_asset('duckdb', 'shop', 'orders')"
    by_place = f"table_asset('duckdb', 'shop', 'customers', {place!r})"
    body = f"dlt_task_group(**SPEC, outlets=[{by_name}, {by_place}])"
    run = make("shown", body).test()
    report = xcom(run, "dlt.load")
    with create_session() as session:
        pairs = session.query(AssetModel.uri, AssetEvent.extra).join(AssetEvent, AssetEvent.asset_id == AssetModel.id)
        events = dict(pairs.filter(AssetEvent.source_run_id == run.run_id).all())
        fields = session.query(RenderedTaskInstanceFields).filter_by(run_id=run.run_id, task_id="dlt.load").one()
        shown = fields.rendered_fields
        keys = {key for (key,) in session.query(XComModel.key).filter_by(run_id=run.run_id, dag_id="shown")}
        ti = session.query(TaskInstance).filter_by(run_id=run.run_id, dag_id="shown", task_id="dlt.load").one()
        link = SerializedDagModel.get_dag("shown").get_task("dlt.load").get_extra_links(ti, "LoadInfo")

    def of(table: str) -> str:
        return str(table_asset("duckdb", "shop", table, place).uri)

    assert {uri: extra["rows"] for uri, extra in events.items()} == {
        "dlt://duckdb/shop/orders": 6,
        of("orders__items"): 6,
        of("customers"): 5,
    }
    extra = events[of("orders__items")]
    assert extra["load_ids"] == report["load_ids"] and extra["schema_hash"] == report["schema_hash"]
    assert "is LOADED and contains no failed jobs" in shown["load_info"]
    heading, *table = [line.split()[:2] for line in shown["load_info"].splitlines()[-4:]]
    assert heading == ["table", "rows"]
    assert sorted(table) == [["customers", "5"], ["orders", "6"], ["orders__items", "6"]]
    assert shown["normalized"].startswith("shop normalized: ") and "orders__items 6" in shown["normalized"]
    assert "***" not in str(shown)
    assert keys == {"return_value"}
    assert link.endswith("/tasks/dlt.load/rendered_templates") and "/dags/shown/runs/" in link
    # the next parsing knows what this one reported
    dag = make("shown", "dlt_task_group(**SPEC)")
    declared = {outlet.uri for outlet in dag.task_dict["dlt.load"].outlets if hasattr(outlet, "uri")}
    assert declared == {of(table) for table in ("orders", "orders__items", "customers")}


def test_outlets_before_the_first_run(make: Write, tmp_path: Path) -> None:
    """Tables that are named, or that an imported schema has, are outlets where one says where the destination is."""
    (tmp_path / "shop.schema.yaml").write_text("name: shop\ntables:\n  _dlt_loads: {}\n  orders: {}\n")
    to = {"pipeline_name": "p", "destination": "postgres", "dataset_name": "shop", "import_schema_path": str(tmp_path)}
    more = "asset_location='postgres://db.example:5433/sales', asset_tables=['returns']"
    dag = make("early", f"dlt_task_group(source=PROGRAM + ':shop', pipeline={to!r}, {more})")
    found = {outlet.uri for outlet in dag.task_dict["dlt.load"].outlets if hasattr(outlet, "uri")}
    assert found == {f"postgres://db.example:5433/sales/shop/{table}" for table in ("orders", "returns")}


def test_lineage(make: Write) -> None:
    """OpenLineage learns tables, columns and rows from the event of the load task, by the names of the standard."""
    (HOME / "lineage").unlink(missing_ok=True)
    from_where = "load_args={'inlets': [Asset(uri='postgres://crm.example:5432/crm/public/orders')]}"
    run = make("traced", f"from airflow.sdk import Asset\ndlt_task_group(**SPEC, {from_where})").test()
    assert str(run.state) == "success"
    events = [json.loads(line) for line in (HOME / "lineage").read_text().splitlines()]
    done = [e for e in events if e["eventType"] == "COMPLETE" and e["job"]["name"] == "traced.dlt.load"]
    outputs = {output["name"]: output for output in done[-1]["outputs"]}
    assert set(outputs) == {"shop.orders", "shop.orders__items", "shop.customers"}
    assert [(i["namespace"], i["name"]) for i in done[-1]["inputs"]] == [
        ("postgres://crm.example:5432", "crm.public.orders")
    ]
    orders = outputs["shop.orders"]
    assert orders["namespace"] == f"duckdb://{os.environ['SHOP_DB']}"
    assert orders["outputFacets"]["outputStatistics"]["rowCount"] == 6
    assert {"id": "bigint"}.items() <= {f["name"]: f["type"] for f in orders["facets"]["schema"]["fields"]}.items()


def test_secrets_are_found_nowhere(
    make: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any, capfd: Any
) -> None:
    """What templates take from connections and variables reaches the source; no table, file, log or error keeps it."""
    import sqlite3

    secrets = {name: f"canary-{name}-9b1c" for name in ("password", "extra", "variable")}
    connection = {"conn_type": "generic", "password": secrets["password"], "extra": {"thing": secrets["extra"]}}
    monkeypatch.setenv("AIRFLOW_CONN_CANARY", json.dumps(connection))
    monkeypatch.setenv("AIRFLOW_VAR_CANARY", secrets["variable"])
    seen = tmp_path / "seen"
    args = {
        "seen": str(seen),
        "given": [
            "{{ conn.canary.password }}",
            {"x": "{{ conn.canary.extra_dejson.thing }}"},
            "{{ var.value.canary }}",
        ],
    }
    spec = {
        "source": PEOPLE["source"].replace(":people", ":guarded"),
        "source_args": args,
        "pipeline": PEOPLE["source"].replace(":people", ":guarded_pipeline"),
        "pipeline_args": {"key": "{{ conn.canary.password }}", "url": "https://ann:{{ var.value.canary }}@example/"},
        "handoff": f"file://{tmp_path}/bucket",
        "fan_out": [{"part": "{{ var.value.canary }}"}, {"part": "two"}],
        "cleanup": False,
    }
    refused = {**spec, "source_args": {**args, "refused": True}, "fan_out": None}
    body = f"""
dlt_task_group(**{spec!r})
dlt_task_group("refused", **{refused!r})

@task.dlt(pipeline=PROGRAM + ":make_pipeline", run_args={{"table_name": "numbers"}})
def decorated(key, given):
    raise ConnectionError(f"no entry with {{key}} and {{given}}")

decorated("{{{{ conn.canary.password }}}}", given={args["given"]!r})
"""
    (HOME / "lineage").unlink(missing_ok=True)
    run = make("guarded", body).test()
    states = {name: state for name, (state, _) in tasks(run).items()}
    assert (states["dlt.load"], states["refused.extract"], states["decorated"]) == ("success", "failed", "failed")
    assert all(secret in seen.read_text() for secret in secrets.values())
    said = capfd.readouterr()
    assert "no entry with ***" in said.out + said.err + caplog.text
    with sqlite3.connect(HOME / "airflow.db") as database:
        kept = {"database": "\n".join(database.iterdump()), "log": said.out + said.err + caplog.text}
    folders = (HOME / "work", HOME / "logs", HOME / "dlt_assets", tmp_path / "bucket")
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()] + [HOME / "lineage"]
    assert any(path.suffix == ".tar" for path in files)
    kept |= {str(path): path.read_bytes().decode("utf-8", "replace") for path in files}
    found = {(where, name) for where, text in kept.items() for name, secret in secrets.items() if secret in text}
    assert not found, [text[text.index(secrets[n]) - 300 :][:400] for w, n in found for text in [kept[w]]][:2]


def test_state_across_tries(make: Write) -> None:
    """The load id stands in the task's own store, which a retry does not empty."""
    body = """
group = dlt_task_group(**SPEC)

@task
def look(ti=None):
    pass
"""
    from airflow.models.task_state_store import TaskStateStoreModel
    from airflow.utils.session import create_session

    run = make("stored", body).test()
    with create_session() as session:
        found = [row.value for row in session.query(TaskStateStoreModel).filter_by(dag_id="stored")]
    stages = {(value if isinstance(value, dict) else json.loads(value))["stage"] for value in found}
    assert stages == {"extracted", "normalized"} and str(run.state) == "success"
