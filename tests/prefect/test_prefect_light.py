"""Flows in this process, on a temporary server: rows, retries, caches, names, artifacts, assets, events, blocks."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate, GlobalConcurrencyLimitUpdate
from prefect.context import TaskRunContext

import dlt_prefect
from dlt.errors import SpecInvalid
from dlt_prefect import DltDestination, DltPipeline, deployments_from_yaml, extract, load, normalize, run_pipeline
from dlt_prefect.flows import part_of, parts_of
from tests.prefect import shop
from tests.prefect.rows import content, load_directly, spec
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("harness")
ROOT = Path(__file__).resolve().parents[2]
OTHER_PYTHON = ROOT / ".venv" / "bin" / "python"
"""An environment that has the library and not Prefect: that of its other tests."""


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the path of a DuckDB file, in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    return str(tmp_path / "shop.duckdb")


def clean(tmp_path: Path, *lasts: int) -> dict[str, Any]:
    """Return what direct runs leave."""
    file = str(tmp_path / "clean.duckdb")
    for last in lasts:
        load_directly(file, "shop", tmp_path / "direct", last, "duckdb")
    return content(file, "shop", tmp_path / "read_clean", "duckdb")


def task_runs(flow_run_id: Any) -> list[Any]:
    """Return the task runs of a flow run, as the server knows them, once it knows of their ends."""
    from prefect.client.schemas.filters import FlowRunFilter

    chosen = FlowRunFilter.model_validate({"id": {"any_": [flow_run_id]}})

    def ended() -> list[Any] | None:
        with get_client(sync_client=True) as client:
            found = client.read_task_runs(flow_run_filter=chosen)
        return found if all(run.state is not None and run.state.is_final() for run in found) else None

    return sorted(wait_until(ended, "task runs that ended", pause=0.2) or [], key=lambda run: run.name)


def events(name: str, wanted: Any, count: int = 1) -> list[dict[str, Any]]:
    """Return the events of a name that fit, once as many as wanted have come."""
    import httpx

    with get_client(sync_client=True) as client:
        url = str(client.api_url).rstrip("/")

    def fitting() -> list[dict[str, Any]] | None:
        answer = httpx.post(f"{url}/events/filter", json={"filter": {"event": {"name": [name]}}, "limit": 50})
        found = [event for event in answer.raise_for_status().json()["events"] if wanted(event)]
        return found if len(found) >= count else None

    return wait_until(fitting, f"{count} events {name}", pause=0.2) or []


def key_of(event: dict[str, Any]) -> str:
    """Return the id of what an event is about."""
    return str(event["resource"]["prefect.resource.id"])


@pytest.mark.parametrize(
    "fan_out", [None, "resources", [["orders", "prices"], "customers"], [{"key": "all", "source_args": {}}]]
)
def test_rows_are_those_of_a_direct_run(fan_out: Any, database: str, tmp_path: Path) -> None:
    """A flow, also when it fans out, leaves in two runs what two direct runs leave, and its state."""
    for last in (6, 11):
        report = run_pipeline(spec(database, last=last, kind="duckdb"), fan_out=fan_out)
        assert report["rows"]["prices"] == last
    assert content(database, "shop", tmp_path / "read", "duckdb") == clean(tmp_path, 6, 11)


@pytest.mark.skipif(not OTHER_PYTHON.exists(), reason="make install makes the environment without Prefect")
def test_steps_run_in_an_environment_without_prefect(database: str, tmp_path: Path) -> None:
    """The rows are the same; the flow has the artifacts, and an error there is retried or not as one here."""
    runs_in: dict[str, Any] = {"python": str(OTHER_PYTHON), "env": {"PYTHONPATH": str(ROOT)}}
    for last in (6, 11):
        state = run_pipeline(
            spec(database, last=last, kind="duckdb"), fan_out="resources", runs_in=runs_in, return_state=True
        )
        assert state.result()["rows"]["prices"] == last
    names = {run.name for run in task_runs(state.state_details.flow_run_id)}
    assert {"extract orders", "normalize orders", "load shop", "clean up shop"} <= names
    assert content(database, "shop", tmp_path / "read", "duckdb") == clean(tmp_path, 6, 11)
    counter = tmp_path / "calls"
    for kind, calls in (("terminal", 1), ("transient", 3)):
        counter.unlink(missing_ok=True)
        source = {"source": f"{shop.FILE}:failing", "source_args": {"kind": kind, "counter": str(counter)}}
        quick = extract.with_options(retries=2, retry_delay_seconds=0, retry_jitter_factor=None)
        once = flow(lambda quick=quick, source=source: quick(spec(database, kind="duckdb") | source, runs_in=runs_in))
        assert once(return_state=True).is_failed() and len(counter.read_text()) == calls


def test_values_of_blocks_reach_a_step_elsewhere(database: str, caplog: pytest.LogCaptureFixture) -> None:
    """By a pipe, and nothing shows them."""
    DltPipeline(
        source=f"{shop.FILE}:proof",
        pipeline={"pipeline_name": "proof", "destination": "duckdb", "dataset_name": "data"},
        secrets={"sources.shop.key": "kanarie-9", "destination.duckdb.credentials": database},
    ).save("proof", overwrite=True)
    state = run_pipeline("dlt-pipeline/proof", runs_in={"python": sys.executable}, return_state=True)
    assert state.result()["rows"] == {"proof": 1} and "kanarie-9" not in caplog.text + json.dumps(state.result())
    with duckdb.connect(database, read_only=True) as connection:
        assert connection.sql("SELECT length FROM data.proof").fetchall() == [(9,)]


def test_an_environment_that_is_described_wrongly_is_refused_at_once(database: str) -> None:
    """Before anything is extracted."""
    for runs_in in ({"pyton": "x"}, {"deployment": "dlt step/loads", "image": "x"}):
        with pytest.raises(SpecInvalid, match="runs_in"):
            run_pipeline(spec(database, kind="duckdb"), runs_in=runs_in)


def test_deployments_of_a_file(tmp_path: Path) -> None:
    """Each pipeline is a deployment of the flow that loads any spec; what is wrong is told by line and key."""
    file = tmp_path / "pipelines.yaml"
    file.write_text(
        "defaults: {destination: duckdb, prefect: {work_pool: dlt}}\npipelines:\n"
        "  daily: {source: 'shop.py:shop', schedule: '@daily', timezone: Europe/Berlin, retries: 1, timeout: 60}\n"
        "  parts: {source: 'm:f', fan_out: resources, window: auto, prefect: {blocks: [dlt-destination/x]}}\n"
    )
    made = deployments_from_yaml(file)
    daily, parts = made["daily"], made["parts"]
    assert daily.work_pool_name == "dlt" and parts.work_pool_name == "dlt"
    [schedule] = [item.schedule for item in daily.schedules]
    assert (schedule.cron, schedule.timezone) == ("0 0 * * *", "Europe/Berlin") and not parts.schedules
    assert daily.parameters["spec"]["source"] == f"{tmp_path}/shop.py:shop"
    assert daily.parameters["task_options"] == {"retries": 1, "retry_delay_seconds": 60.0, "timeout_seconds": 60}
    assert (parts.parameters["fan_out"], parts.parameters["window"]) == ("resources", "auto")
    assert parts.parameters["blocks"] == ["dlt-destination/x"]
    file.write_text("pipelines:\n  a: {source: 'm:f', destination: duckdb, prefect: {pool: dlt}}\n")
    with pytest.raises(ValueError, match=r"pipelines.yaml:2: pipelines.a.prefect.pool is no key of it"):
        deployments_from_yaml(file)


def test_a_load_waits_for_a_slot_of_its_destination(database: str) -> None:
    """And says so; what goes before it does not wait."""
    name = "dlt-destination-duckdb"
    with get_client(sync_client=True) as client:
        client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=name, limit=1, active_slots=1))
    plan = {
        "source": f"{shop.FILE}:shop", "source_args": {"last": 2},
        "pipeline": {"pipeline_name": "limited", "destination": "duckdb", "dataset_name": "data"},
    }  # fmt: skip
    said: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("prefect.flow_runs")
    # the tests keep Prefect quiet
    before = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)

    def free() -> None:
        wait_until(lambda: f"waits for the limit {name}: all 1 slots are taken" in said, "the wait", pause=0.2)
        with get_client(sync_client=True) as other:
            other.update_global_concurrency_limit(name, GlobalConcurrencyLimitUpdate(active_slots=0))

    thread = threading.Thread(target=free)
    thread.start()
    try:
        assert run_pipeline(plan)["rows"]["prices"] == 2
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        thread.join()
        with get_client(sync_client=True) as client:
            client.delete_global_concurrency_limit_by_name(name)


def test_task_runs_are_named_by_what_they_work_on(database: str) -> None:
    """The names of mapped task runs tell their resources."""
    state = run_pipeline(spec(database, kind="duckdb"), fan_out="resources", return_state=True)
    names = [run.name for run in task_runs(state.state_details.flow_run_id)]
    parts = ["customers", "orders", "prices"]
    each = [f"{step} {part}" for step in ("extract", "normalize") for part in parts]
    assert names == sorted([*each, "list resources shop", "load shop", "clean up shop"])


def test_nothing_is_left_on_the_worker(database: str, tmp_path: Path) -> None:
    """The packages of a finished run are deleted, unless they are to be kept."""
    run_pipeline(spec(database, kind="duckdb", work_dir=str(tmp_path / "work")))
    assert [path for path in (tmp_path / "work").rglob("*") if path.is_file()] == []
    run_pipeline(spec(database, kind="duckdb", work_dir=str(tmp_path / "work")), cleanup=False)
    assert [path for path in (tmp_path / "work").rglob("*") if path.is_file()] != []


@pytest.mark.parametrize(("kind", "calls"), [("terminal", 1), ("transient", 3)])
def test_only_errors_that_may_go_away_are_retried(kind: str, calls: int, database: str, tmp_path: Path) -> None:
    """A terminal error fails at the first try."""
    counter = tmp_path / "calls"
    broken = spec(database, kind="duckdb") | {
        "source": f"{shop.FILE}:failing",
        "source_args": {"kind": kind, "counter": str(counter)},
    }
    quick = extract.with_options(retries=2, retry_delay_seconds=0, retry_jitter_factor=None)

    @flow
    def once() -> None:
        quick(broken)

    state = once(return_state=True)
    assert state.is_failed()
    assert len(counter.read_text()) == calls


def test_a_second_call_in_the_same_flow_run_is_served_from_the_cache(database: str, tmp_path: Path) -> None:
    """What a flow run extracted and loaded is not extracted and loaded again."""
    imported = tmp_path / "imported"
    imported.mkdir()
    plan = spec(database, kind="duckdb", source_args={"imported": str(imported)})

    @flow
    def twice() -> list[Any]:
        states = []
        for _ in range(2):
            token = extract(plan, return_state=True)
            done = normalize(token, return_state=True)
            states += [token, done, load(done, return_state=True)]
        return [state.name for state in states]

    assert twice() == ["Completed"] * 3 + ["Cached"] * 3
    assert len(list(imported.iterdir())) == 1
    assert content(database, "shop", tmp_path / "read", "duckdb") == clean(tmp_path, 11)


def test_another_spec_in_the_same_flow_run_is_another_load(database: str, tmp_path: Path) -> None:
    """Two loads of one flow run do not take each other for done."""

    @flow
    def both() -> None:
        for last in (6, 11):
            load(normalize(extract(spec(database, last=last, kind="duckdb"))))

    both()
    assert content(database, "shop", tmp_path / "read", "duckdb") == clean(tmp_path, 6, 11)


@pytest.mark.parametrize("rival", [9, 11])
def test_a_run_begins_again_when_another_moved_its_cursor(rival: int, database: str, tmp_path: Path) -> None:
    """The load is refused, the extract is done again from the newer state, and no row is there twice."""
    load_directly(database, "shop", tmp_path / "first", 6, "duckdb")
    raced = {"last": 11, "rival": rival, "url": database, "folder": str(tmp_path / "rival")}
    plan = spec(database, kind="duckdb") | {"source": f"{shop.FILE}:raced_shop", "source_args": raced}
    state = run_pipeline(plan, return_state=True)
    assert state.is_completed()
    names = [run.name for run in task_runs(state.state_details.flow_run_id)]
    expected = clean(tmp_path, 6, rival, 11)
    found = content(database, "shop", tmp_path / "read", "duckdb")
    assert found == expected
    assert names.count("extract raced_shop") == 2


def test_artifacts_show_tables_schema_and_progress(database: str) -> None:
    """After a load there are artifacts of the load, of each step's progress, and of what changed in the schema."""
    name = f"art{os.getpid()}"
    run_pipeline(spec(database, kind="duckdb", pipeline_args={"pipeline_name": name}))
    with get_client(sync_client=True) as client:
        found = {artifact.key: artifact for artifact in client.read_artifacts() if name in (artifact.key or "")}
    assert set(found) == {
        f"dlt-{name}-{end}" for end in ("extract-progress", "load-progress", "load", "schema-changes", "summary")
    }
    table = {row["table"]: row["rows"] for row in json.loads(found[f"dlt-{name}-load"].data)}
    assert table["orders"] == table["prices"] == 11
    assert table["prices__tags"] == 12
    assert "| orders | + seen | bigint |" in found[f"dlt-{name}-schema-changes"].data
    assert "| orders | 11 |" in found[f"dlt-{name}-summary"].data
    assert found[f"dlt-{name}-load-progress"].data == 100.0


def test_each_table_is_an_asset_with_its_rows(database: str) -> None:
    """Parent and child tables are materialised, with rows and types; events tell of each step."""
    name = f"evt{os.getpid()}"
    run_pipeline(spec(database, kind="duckdb", pipeline_args={"pipeline_name": name}))
    found = events(
        "prefect.asset.materialization.succeeded", lambda e: database in e["resource"]["prefect.resource.id"], 6
    )
    rows = {key_of(e).rpartition("/")[2]: e["payload"]["rows"] for e in found}
    assert rows["orders"] == 11
    assert rows["prices__tags"] == 12
    assert {key.rpartition("__")[2] for key in rows} == {"orders", "customers", "prices", "tags"}
    for step in ("extract", "normalize", "load"):
        (event,) = events(
            f"dlt.{step}.completed", lambda e: e["resource"]["prefect.resource.id"] == f"dlt.pipeline.{name}"
        )
        assert event["payload"]["rows"]["orders"] == 11


def test_a_failed_load_tells(database: str, tmp_path: Path) -> None:
    """The event of a failed load names the error; the flow run fails."""
    name = f"bad{os.getpid()}"
    plan = spec(str(tmp_path / "no" / "such" / "folder.duckdb"), kind="duckdb", pipeline_args={"pipeline_name": name})

    @flow
    def broken() -> Any:
        token = normalize(extract(spec(database, kind="duckdb", pipeline_args={"pipeline_name": name})))
        return load.with_options(retries=0)({**token, "spec": {**token["spec"], **plan}})

    assert broken(return_state=True).is_failed()
    (event,) = events("dlt.load.failed", lambda e: key_of(e) == f"dlt.pipeline.{name}")
    assert event["payload"]["error"]


def test_blocks_give_credentials_to_the_steps_only(tmp_path: Path, database: str, caplog: Any) -> None:
    """A pipeline block holds the spec and the secrets; they are looked up once a step, and are shown nowhere."""
    secret = f"{tmp_path}/hidden-s3cr3t.duckdb"
    DltDestination(destination="duckdb", name="warehouse", credentials=secret, dataset_name="shop").save(
        "warehouse", overwrite=True
    )
    DltPipeline(
        source=f"{shop.FILE}:shop",
        source_args={"last": 11},
        pipeline={"pipeline_name": "shop"},
        destination=DltDestination.load("warehouse"),
        secrets={"sources.api.token": "t0p-s3cr3t"},
    ).save("nightly", overwrite=True)
    with caplog.at_level(logging.INFO):
        state = run_pipeline("dlt-pipeline/nightly", return_state=True)
    assert state.is_completed()
    assert content(secret, "shop", tmp_path / "read", "duckdb") == clean(tmp_path, 11)
    assert "t0p-s3cr3t" not in caplog.text
    with get_client(sync_client=True) as client:
        shown = client.read_flow_run(state.state_details.flow_run_id).model_dump_json()
        kept = client.read_block_document_by_name("nightly", "dlt-pipeline", include_secrets=False).model_dump_json()
    for text in (shown, kept):
        assert "s3cr3t" not in text


def test_each_step_looks_a_block_up_once(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many values a step asks for, it reads each of its blocks one time."""
    from dlt_prefect import blocks

    DltDestination(destination="duckdb", credentials=database).save("once", overwrite=True)
    calls: list[str] = []
    real = blocks.load_block

    def counted(reference: str) -> Any:
        task = TaskRunContext.get()
        calls.append(task.task_run.name if task else "flow")
        return real(reference)

    monkeypatch.setattr(blocks, "load_block", counted)
    plan = {
        "source": f"{shop.FILE}:shop",
        "source_args": {"last": 3},
        "pipeline": {"pipeline_name": "shop", "destination": "duckdb", "dataset_name": "shop"},
    }
    run_pipeline(plan, blocks=["dlt-destination/once"])
    assert sorted(calls) == ["clean up shop", "extract shop", "load shop", "normalize shop"]
    assert content(database, "shop", tmp_path / "read", "duckdb") == clean(tmp_path, 3)


def test_a_block_that_is_not_there_is_named() -> None:
    """A wrong name of a block fails with the name."""
    with pytest.raises(SpecInvalid, match="dlt-pipeline/nobody"):
        run_pipeline("dlt-pipeline/nobody")


def test_two_windows_of_one_flow_load_what_is_in_them(database: str) -> None:
    """An explicit window reaches the cursor."""
    plan = {
        "source": f"{shop.FILE}:days",
        "pipeline": f"{shop.FILE}:make_pipeline",
        "pipeline_args": {"url": database, "kind": "duckdb"},
    }
    for start, end, loaded in (("01-03", "01-05", 2), ("01-10", "01-11", 1)):
        report = run_pipeline(plan, window=[f"2026-{start}T00:00:00Z", f"2026-{end}T00:00:00Z"])
        assert report["rows"] == {"events": loaded}


def test_an_automatic_window_needs_a_deployment(database: str) -> None:
    """Without a deployment nobody knows where the window starts; that is an error, not an empty load."""
    state = run_pipeline(spec(database, kind="duckdb"), window="auto", return_state=True)
    assert state.is_failed()
    assert "Pass window=" in str(state.result(raise_on_failure=False))


def test_a_decorated_function_becomes_a_flow(database: str) -> None:
    """The function makes the source where it is extracted; its arguments are the flow's parameters."""
    from tests.prefect.decorated import nightly

    report = nightly(last=11)
    assert report["rows"]["orders"] == 11
    assert set(nightly.parameters.properties) == {"last"}


def test_a_function_inside_of_another_cannot_be_decorated_and_run() -> None:
    """Other processes could not find it, so it says so."""

    @dlt_prefect.dlt_flow(pipeline={"pipeline_name": "x", "destination": "duckdb"})
    def inner() -> Any:
        return []

    with pytest.raises(SpecInvalid, match="top of its module"):
        inner()


def test_arguments_of_the_source_are_a_part() -> None:
    """They name it, unless they hold a secret; a dict that says what it is stays as it is."""
    assert part_of({"year": 2025}) == {"key": "year=2025", "source_args": {"year": 2025}}
    assert "canary" not in part_of({"api_key": "canary"})["key"]
    written = {"key": "2025", "source_args": {"year": 2025}}
    assert part_of(written) == written


@pytest.mark.parametrize("item", [1, {}, [], {"key": "a", "other": 1}, {"resources": ["a"]}])
def test_what_is_no_part_is_refused(item: Any) -> None:
    """A part of a fan-out must say what it is."""
    with pytest.raises(SpecInvalid, match="is no part"):
        part_of(item)


@pytest.mark.parametrize(
    ("fan_out", "message"), [("orders", "is no way to fan out"), ([], "no part"), ({"key": "x"}, "is no way")]
)
def test_what_is_no_fan_out_is_refused(fan_out: Any, message: str) -> None:
    """The name of one resource is no list of names, and no part is nothing to load."""
    with pytest.raises(SpecInvalid, match=message):
        parts_of(fan_out)


@pytest.mark.parametrize("token", [{}, {"packages": [], "run_id": "r"}])
def test_what_is_no_token_is_refused_by_the_task(token: Any) -> None:
    """The task names what it was given, and is not tried again."""
    with pytest.raises(SpecInvalid, match="token"):
        flow(lambda: normalize(token), name="wrong token")()


def test_credentials_that_are_no_json_are_refused_and_not_shown() -> None:
    """Secrets: neither the message nor what is behind the error holds the text."""
    block = DltDestination(destination="postgres", name="wh", credentials='{"password": "hunter2", bad}')
    with pytest.raises(SpecInvalid, match="are not JSON") as failure:
        block.values()
    assert "hunter2" not in str(failure.value)
    assert failure.value.__cause__ is None and failure.value.__context__ is None


def test_settings_of_a_pipeline_stand_beside_those_of_its_destination() -> None:
    """A block's config adds to a destination's settings, whether its keys are nested or dotted."""
    held = DltPipeline(
        source="a:b",
        destination=DltDestination(destination="duckdb", name="wh", credentials="wh.duckdb"),
        config={"destination": {"wh": {"replace_strategy": "insert-from-staging"}}, "load.workers": 2},
    ).values()
    assert held == {
        "destination.wh.credentials": "wh.duckdb",
        "destination.wh.destination_type": "duckdb",
        "destination.wh.replace_strategy": "insert-from-staging",
        "load.workers": 2,
    }


def test_a_limit_lets_one_run_wait_for_another(database: str, tmp_path: Path) -> None:
    """A run holds a slot of the pipeline's concurrency limit, and gives it back."""
    with get_client(sync_client=True) as client:
        client.create_global_concurrency_limit(
            GlobalConcurrencyLimitCreate(name="dlt-limited", limit=1, active_slots=1)
        )
    begun, seen = tmp_path / "begun", []
    begun.with_suffix(".open").touch()
    plan = spec(
        database, kind="duckdb", pipeline_args={"pipeline_name": "limited"}, source_args={"gate": str(begun)}
    ) | {"source": f"{shop.FILE}:slow_shop"}

    def free() -> None:
        # a run that did not wait would have begun by now; on a slow machine less is proved, and nothing fails
        time.sleep(3)
        seen.append(begun.exists())
        with get_client(sync_client=True) as other:
            other.update_global_concurrency_limit("dlt-limited", GlobalConcurrencyLimitUpdate(active_slots=0))

    thread = threading.Thread(target=free)
    thread.start()
    assert run_pipeline(plan)["rows"]["orders"] == 11
    thread.join()
    assert seen == [False] and begun.exists()
    with get_client(sync_client=True) as client:
        assert client.read_global_concurrency_limit_by_name("dlt-limited").active_slots == 0


def test_importing_it_loads_no_destination_and_no_user_code() -> None:
    """`import dlt_prefect` adds little to Prefect's own import."""
    program = (
        "import prefect, sys; from prefect import flow, task; before = set(sys.modules); import dlt_prefect;"
        "print([m for m in ('pyarrow', 'duckdb', 'psycopg2', 'google.cloud.bigquery', 'numpy', 'pandas')"
        " if m in sys.modules and m not in before])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_completed_run_that_runs_again_loads_what_the_source_gives_now(database: str, tmp_path: Path) -> None:
    """Rows that the run appended give way to new ones; a run that failed goes on instead of beginning again."""
    values = tmp_path / "values"
    plan = {
        "source": f"{shop.FILE}:changing",
        "source_args": {"file": str(values)},
        "pipeline": f"{shop.FILE}:guarded_pipeline",
        "pipeline_args": {"url": database, "api_key": "kept-from-tokens"},
    }

    def again(flow_run: Any) -> Any:
        from prefect.flow_engine import run_flow
        from prefect.states import AwaitingRetry

        with get_client(sync_client=True) as client:
            client.set_flow_run_state(flow_run.id, AwaitingRetry(), force=True)
            known = client.read_flow_run(flow_run.id)
        return run_flow(run_pipeline, flow_run=known, parameters={"spec": plan}, return_type="result")

    values.write_text("old")
    with get_client(sync_client=True) as client:
        made = client.create_flow_run(run_pipeline, parameters={"spec": plan})
    from prefect.flow_engine import run_flow

    first = run_flow(run_pipeline, flow_run=made, parameters={"spec": plan}, return_type="result")
    assert first["rows"] == {"changing": 1} and not first["skipped"]
    for value in ("new", "newer"):
        values.write_text(value)
        report = again(made)
        assert not report["skipped"] and report["removed"] == ["changing"], report["text"]
        assert report["load_ids"] != first["load_ids"]
        with duckdb.connect(database, read_only=True) as connection:
            assert connection.execute("SELECT value FROM d.changing").fetchall() == [(value,)]
    with duckdb.connect(database, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM d._dlt_loads").fetchall() == [(3,)]


def test_a_load_that_finds_its_run_loaded_is_skipped(database: str) -> None:
    """The task run tells that nothing was loaded, by its state, and no event says that something was."""
    name = f"skip{os.getpid()}"
    plan = spec(database, kind="duckdb", pipeline_args={"pipeline_name": name})

    @flow
    def twice() -> list[Any]:
        done = normalize(extract(plan))
        first = load(done)
        state = load(done, round_=1, return_state=True)
        return [first["skipped"], state.name, state.is_completed(), state.result()["known"]]

    assert twice() == [False, "Skipped", True, True]
    assert len(events("dlt.load.completed", lambda e: key_of(e) == f"dlt.pipeline.{name}")) == 1


def test_secrets_are_in_no_result_and_no_artifact(database: str, tmp_path: Path, monkeypatch: Any, caplog: Any) -> None:
    """Arguments of the source and of the pipeline's factory reach the steps, and no file, table or log keeps them."""
    secret = "canary-of-prefect-7f3a"
    monkeypatch.setenv("PREFECT_LOCAL_STORAGE_PATH", str(tmp_path / "storage"))
    DltPipeline(
        source=f"{shop.FILE}:guarded",
        source_args={"key": secret, "seen": str(tmp_path / "seen")},
        pipeline=f"{shop.FILE}:guarded_pipeline",
        pipeline_args={"url": database, "api_key": secret},
        handoff=f"file://{tmp_path}/bucket",
        work_dir=str(tmp_path / "work"),
    ).save("guarded", overwrite=True)
    with caplog.at_level(logging.DEBUG):
        state = run_pipeline("dlt-pipeline/guarded", fan_out="resources", cleanup=False, return_state=True)
    assert state.is_completed() and (tmp_path / "seen").read_text() == secret
    report = state.result()
    assert report["rows"] == {"guarded": 1}
    files = [path for folder in ("bucket", "work", "storage") for path in (tmp_path / folder).rglob("*")]
    kept = {str(path): path.read_bytes().decode("utf-8", "replace") for path in files if path.is_file()}
    with get_client(sync_client=True) as client:
        kept["artifacts"] = "".join(artifact.model_dump_json() for artifact in client.read_artifacts())
        kept["flow run"] = client.read_flow_run(state.state_details.flow_run_id).model_dump_json()
        kept["tasks"] = "".join(run.model_dump_json() for run in task_runs(state.state_details.flow_run_id))
    kept |= {"log": caplog.text, "report": json.dumps(report)}
    assert [where for where, text in kept.items() if secret in text] == []


def test_a_block_hides_the_password_of_its_hand_off() -> None:
    """The server shows what a block holds in its events and pages; the URL of a hand-off may hold a password."""
    url = "sftp://ann:canary-of-a-block@host/folder"
    block = DltPipeline(source="m:f", handoff=url)
    block.save("handed", overwrite=True)
    assert DltPipeline.load("handed").spec()["handoff"] == url
    with get_client(sync_client=True) as client:
        shown = client.read_block_document_by_name("handed", "dlt-pipeline", include_secrets=False)
    assert "canary" not in f"{shown.model_dump_json()} {block!r} {block}"
    assert DltPipeline(source="m:f").spec()["handoff"] is None


def test_a_token_without_its_secrets_says_what_to_pass(database: str) -> None:
    """A task that needs a secret argument, and is not given the spec, names it."""
    plan = {
        "source": f"{shop.FILE}:shop",
        "source_args": {"last": 3},
        "pipeline": f"{shop.FILE}:guarded_pipeline",
        "pipeline_args": {"url": database, "api_key": "hidden-in-no-token"},
    }

    @flow
    def by_hand(told: bool) -> Any:
        token = extract(plan)
        return load(normalize(token, spec=plan if told else None), spec=plan if told else None)

    assert by_hand(True)["rows"]["orders"] == 3
    state = by_hand(False, return_state=True)
    assert "api_key is secret, so it is in no token" in str(state.result(raise_on_failure=False))
