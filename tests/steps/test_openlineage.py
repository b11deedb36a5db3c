"""Events of OpenLineage, written and sent by its own client and held against the published schemas."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

import dlt
from dlt.errors import DestinationTerminalException, PipelineStepFailed
from dlt.observe import settle
from dlt.tasks import StepContext, extract_step, load_step, normalize_step
from tests.processes import run_python
from tests.servers.webhooks import Webhooks
from tests.steps import task_program

pytest.importorskip("openlineage.client")

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

FOLDER = Path(__file__).with_name("openlineage_spec")
SPEC = {path.name: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
CORE = SPEC["OpenLineage.json"]
REGISTRY: Registry[Any] = Registry().with_resources(
    [(schema["$id"], Resource.from_contents(schema)) for schema in SPEC.values()]
)


def check(event: dict[str, Any]) -> dict[str, Any]:
    """Hold an event, and each facet in it, against the schema that it names; return the event."""
    _validate(CORE, event)
    owners = [(event["run"], "facets"), (event["job"], "facets")]
    for dataset in (*event["inputs"], *event["outputs"]):
        owners += [(dataset, kind) for kind in ("facets", "inputFacets", "outputFacets")]
    for owner, kind in owners:
        for name, facet in owner.get(kind, {}).items():
            # environment and tags of the client are its own
            schema = SPEC.get(facet["_schemaURL"].partition("#")[0].rpartition("/")[2])
            assert schema is not None or name == "tags", facet["_schemaURL"]
            if schema is not None:
                assert name in schema["properties"]
                _validate(schema, {name: facet})
    return event


def _validate(schema: Any, value: Any) -> None:
    Draft202012Validator(schema, registry=REGISTRY, format_checker=FormatChecker()).validate(value)


@pytest.fixture
def target(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the client append events to a file, as its own variables say."""
    path = own_folder / "events.jsonl"
    transport = {"type": "file", "log_file_path": str(path), "append": True}
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT", json.dumps(transport))
    monkeypatch.setattr("dlt.observe.openlineage._clients", {})
    return path


def events(target: Path) -> list[dict[str, Any]]:
    """Return the events that were told; each of them is as the schemas want it."""
    settle(60)
    return [check(json.loads(line)) for line in target.read_text().splitlines()]


def test_a_run_tells_its_tables_columns_and_rows(target: Path, own_folder: Path) -> None:
    """START and COMPLETE of one run, by the names of the standard; each column with what it was read from."""
    shop = dlt.pipeline("shop", destination=dlt.destinations.duckdb(str(own_folder / "shop.duckdb")), dataset_name="d")
    orders = dlt.resource([{"id": 1, "items": [{"sku": "a"}, {"sku": "b"}]}], name="orders")
    shop.run(orders)
    start, complete = events(target)
    assert (start["eventType"], complete["eventType"]) == ("START", "COMPLETE")
    assert start["run"]["runId"] == complete["run"]["runId"]
    assert complete["job"] | {"facets": None} == {"namespace": "default", "name": "shop", "facets": None}
    found = {dataset["name"]: dataset for dataset in complete["outputs"]}
    assert set(found) == {"d.orders", "d.orders__items"}
    assert {dataset["namespace"] for dataset in found.values()} == {f"duckdb://{own_folder}/shop.duckdb"}
    statistics = found["d.orders__items"]["outputFacets"]["outputStatistics"]
    assert (statistics["rowCount"], statistics["fileCount"]) == (2, 1) and statistics["size"] > 0
    fields = found["d.orders"]["facets"]["schema"]["fields"]
    assert {field["name"]: field["type"] for field in fields} == {
        "id": "bigint", "_dlt_load_id": "text", "_dlt_id": "text",
    }  # fmt: skip
    (source,) = complete["inputs"]
    assert (source["namespace"], source["name"]) == ("dlt://shop", "orders")
    (field,) = found["d.orders"]["facets"]["columnLineage"]["fields"]["id"]["inputFields"]
    assert (field["namespace"], field["name"], field["field"]) == ("dlt://shop", "orders", "id")


def test_masked_columns_are_no_identity(target: Path, pipeline: Any) -> None:
    """A masked column is a transformation that masks, also where clear values of another type stand beside it."""
    hints: dict[str, Any] = {"email": {"mask": "redact"}, "doc": {"data_type": "json"}}
    hints["doc__card"] = {"mask": "partial"}
    rows = [{"id": 1, "email": "ada@example.com", "doc": {"card": "4111"}, "kept": {"card": "no"}}]
    pipeline.run(dlt.resource(rows, name="people", columns=hints))
    pipeline.run(dlt.resource([{"number": 7}], name="numbers"))
    pipeline.run(dlt.resource([{"number": 8}], name="numbers", columns={"number": {"mask": "redact"}}))
    told = {
        (dataset["name"], column): (fields["transformationType"], how["type"], how["subtype"], how["masking"])
        for event in events(target)
        for dataset in event.get("outputs", ())
        for column, fields in dataset["facets"]["columnLineage"]["fields"].items()
        for how in fields["inputFields"][0]["transformations"]
    }
    masked, plain = ("MASKED", "DIRECT", "TRANSFORMATION", True), ("IDENTITY", "DIRECT", "IDENTITY", False)
    assert told == {
        ("data.people", "id"): plain,
        ("data.people", "email"): masked,
        ("data.people", "doc"): masked,
        ("data.people", "kept__card"): plain,
        ("data.numbers", "number"): masked,
        ("data.numbers", "number__v_text"): masked,
    }
    assert {origin.column for origin in pipeline.lineage("people") if origin.masked} == {"email", "doc"}


def test_checks_are_assertions_of_the_table(target: Path, pipeline: Any) -> None:
    """It is an input, too, as the standard has it: the checks read it."""
    checks = [dlt.check.unique("id"), dlt.check.not_null("name", severity="warn")]
    pipeline.run(dlt.resource([{"id": 1, "name": "a"}, {"id": 2}], name="items", checks=checks))
    (checked,) = [dataset for dataset in events(target)[-1]["inputs"] if dataset["name"] == "data.items"]
    assertions = checked["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert sorted((found["assertion"].partition("(")[0], found["success"]) for found in assertions) == [
        ("not_null", False), ("unique", True),
    ]  # fmt: skip


def test_a_run_that_fails_tells_why(target: Path, pipeline: Any) -> None:
    """The message has no secret."""

    @dlt.resource
    def broken() -> Iterator[Any]:
        yield {"id": 1}
        raise ValueError("password=geheim-1 is wrong")

    with pytest.raises(PipelineStepFailed):
        pipeline.run(broken)
    start, fail = events(target)
    assert (start["eventType"], fail["eventType"]) == ("START", "FAIL")
    message = fail["run"]["facets"]["errorMessage"]["message"]
    assert "broken" in message and "geheim-1" not in message


def test_refused_jobs_are_a_failure_though_the_run_does_not_raise(target: Path) -> None:
    """Nothing of it is visible."""

    @dlt.destination(name="full")
    def refusing(items: Any, table: Any) -> None:
        raise DestinationTerminalException("no space left")

    assert dlt.pipeline("into_a_function", destination=refusing).run([{"id": 1}], table_name="items").has_failed_jobs
    fail = events(target)[-1]
    assert fail["eventType"] == "FAIL" and fail["outputs"] == []
    assert "no space left" in fail["run"]["facets"]["errorMessage"]["message"]


def test_steps_one_by_one_are_one_run(target: Path, pipeline: Any) -> None:
    """It begins with extract and is complete with load; the next extract is another run."""
    for number in (1, 2):
        pipeline.extract([{"id": number}], table_name="items")
        pipeline.normalize()
        pipeline.load()
    told = events(target)
    assert [event["eventType"] for event in told] == ["START", "RUNNING", "COMPLETE"] * 2
    ids = [event["run"]["runId"] for event in told]
    assert len(set(ids[:3])) == len(set(ids[3:])) == 1 and ids[0] != ids[3]


def test_tasks_are_one_run(target: Path, own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each task knows the id of the run; an orchestrator that tells of it itself is not doubled."""
    monkeypatch.setenv("SHOP_DB", str(own_folder / "shop.duckdb"))
    program = Path(task_program.__file__)
    what = {
        "source": f"{program}:shop",
        "pipeline": f"{program}:make_pipeline",
        "work_dir": str(own_folder / "work"),
    }

    def steps(context: StepContext) -> None:
        token = orjson.loads(orjson.dumps(extract_step(what, context).to_dict()))
        load_step(normalize_step(token, context), context)

    steps(StepContext("first"))
    told = events(target)
    assert [event["eventType"] for event in told] == ["START", "RUNNING", "COMPLETE"]
    assert len({event["run"]["runId"] for event in told}) == 1
    assert {dataset["name"] for dataset in told[-1]["outputs"]} == {
        "shop.orders",
        "shop.orders__items",
        "shop.customers",
    }
    steps(StepContext("second", tells_lineage=True))
    assert events(target) == told


def test_our_setting_sends_to_a_server(own_folder: Path, monkeypatch: pytest.MonkeyPatch, pipeline: Any) -> None:
    """`runtime.openlineage_url` needs no variable of the client."""
    server = Webhooks()
    try:
        monkeypatch.setenv("RUNTIME__OPENLINEAGE_URL", server.url)
        pipeline.run([{"id": 1}], table_name="items")
        settle(60)
        assert [check(event)["eventType"] for event in server.documents] == ["START", "COMPLETE"]
        assert {path for path, _ in server.taken} == {"/api/v1/lineage"}
    finally:
        server.close()


def test_a_server_that_hangs_keeps_no_process_alive(own_folder: Path) -> None:
    """The program loads and ends, and says that events were not delivered."""
    server = Webhooks()
    server.open.clear()
    code = (
        "import dlt\ndlt.pipeline('shop', destination='duckdb').run([{'id': 1}], table_name='items')\nprint('loaded')"
    )
    try:
        env = {"OPENLINEAGE_URL": server.url, "DLT_DATA_DIR": str(own_folder / "of the program")}
        done = run_python(["-c", code], cwd=own_folder, env=env)
    finally:
        server.close()
    assert (done.returncode, done.stdout) == (0, b"loaded\n")
    # as many as were not given up one by one before the process ended
    assert re.search(rb"shop: OpenLineage: \d messages? could not be delivered in time\.", done.stderr)


def test_without_the_client_it_is_said_what_to_install(
    target: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The load is done all the same."""
    monkeypatch.setitem(__import__("sys").modules, "openlineage.client", None)
    monkeypatch.setenv("RUNTIME__USER_LOG", "true")
    shop = dlt.pipeline("shop", destination="duckdb")
    info = shop.run([{"id": 1}], table_name="items")
    settle(60)
    assert info.loads_ids and not target.exists()
    assert "pip install 'dlt-tasks[openlineage]'" in capfd.readouterr().err


def test_it_can_be_switched_off(target: Path, pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's own variable for it counts."""
    monkeypatch.setenv("OPENLINEAGE_DISABLED", "true")
    pipeline.run([{"id": 1}], table_name="items")
    settle(60)
    assert not target.exists() and "openlineage" not in os.listdir(pipeline.working_dir)
