"""Spans and metrics of OpenTelemetry, as its own SDK takes them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import PipelineStepFailed
from tests.processes import run_python
from tests.waiting import wait_until

sdk = pytest.importorskip("opentelemetry.sdk.trace")

from opentelemetry import metrics, trace  # noqa: E402 - with the SDK
from opentelemetry.sdk.metrics import MeterProvider  # noqa: E402
from opentelemetry.sdk.metrics.export import InMemoryMetricReader  # noqa: E402
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider  # noqa: E402
from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: E402
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter  # noqa: E402
from opentelemetry.semconv.attributes import db_attributes, error_attributes, server_attributes  # noqa: E402

EXPORTER, READER = InMemorySpanExporter(), InMemoryMetricReader()

SETUP = """
import json
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

provider = TracerProvider()
out = open(SPANS, "a")
provider.add_span_processor(
    BatchSpanProcessor(ConsoleSpanExporter(out=out, formatter=lambda span: span.to_json(indent=None) + chr(10)))
)
trace.set_tracer_provider(provider)
"""
STEP = """
import json, os, sys
from dlt.tasks import StepContext, extract_step, load_step, normalize_step
what = {"source": PROGRAM + ":numbers", "pipeline": PROGRAM + ":make", "work_dir": os.path.abspath("work")}
given = sys.stdin.read()
if STEP == "extract":
    done = extract_step(what, StepContext("2026-01-01")).to_dict()
else:
    step = {"normalize": normalize_step, "load": load_step}[STEP]
    done = step(json.loads(given)).to_dict()
print(json.dumps({key: value for key, value in done.items() if key != "info"}))
# as workers of orchestrators end: nothing behind the step is run
sys.stdout.flush()
os._exit(0)
"""
PROGRAM = """
import dlt
SETUP
@dlt.resource
def numbers():
    yield [{"id": 1}, {"id": 2}]

def make():
    return dlt.pipeline("shop", destination="duckdb", dataset_name="data")
"""


@pytest.fixture(scope="module", autouse=True)
def providers() -> None:
    """Set providers, as a program does; there is one of each in a process."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(EXPORTER))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider([READER]))


@pytest.fixture(autouse=True)
def spans() -> Iterator[None]:
    """Begin without spans."""
    EXPORTER.clear()
    yield
    EXPORTER.clear()


def finished() -> dict[str, ReadableSpan]:
    """Return the spans that ended, by name."""
    return {span.name: span for span in EXPORTER.get_finished_spans()}


def test_a_run_is_a_trace_of_its_steps_and_tables(pipeline: Any) -> None:
    """One root; steps below it, tables below the load; rows, bytes and places by the conventions."""
    info = pipeline.run([{"id": 1, "items": [{"sku": "a"}, {"sku": "b"}]}], table_name="orders")
    found = EXPORTER.get_finished_spans()
    assert {span.context.trace_id for span in found} == {found[0].context.trace_id}
    by_name = finished()
    root = by_name["dlt.run"]
    assert root.parent is None and root.attributes == {"dlt.pipeline.name": "spec"}
    for step in ("dlt.extract", "dlt.normalize", "dlt.load"):
        assert by_name[step].parent.span_id == root.context.span_id
    load = by_name["dlt.load"]
    assert (load.attributes["dlt.rows"], list(load.attributes["dlt.load.ids"])) == (3, info.loads_ids)
    tables = {s.attributes[db_attributes.DB_COLLECTION_NAME]: s for s in found if s.name == "dlt.load.table"}
    assert {name: span.attributes["dlt.rows"] for name, span in tables.items()} == {"orders": 1, "orders__items": 2}
    for span in tables.values():
        assert span.parent.span_id == load.context.span_id and span.attributes["dlt.bytes"] > 0
        assert span.attributes[db_attributes.DB_SYSTEM_NAME] == "duckdb"
        assert span.attributes[db_attributes.DB_NAMESPACE] == "data"
        assert load.start_time <= span.start_time <= span.end_time <= load.end_time


def test_spans_of_the_program_lie_in_those_of_the_step(pipeline: Any) -> None:
    """A resource is read in the context of the extract, also by threads."""

    @dlt.resource(parallelized=True)
    def numbers() -> Iterator[Any]:
        with trace.get_tracer("program").start_as_current_span("request"):
            yield [{"id": 1}]

    pipeline.run(numbers)
    # a thread ends it
    wait_until(lambda: "request" in finished(), "the span of the program", seconds=60)
    by_name = finished()
    assert by_name["request"].context.trace_id == by_name["dlt.run"].context.trace_id
    assert by_name["request"].parent.span_id == by_name["dlt.extract"].context.span_id


def test_an_error_is_noted_by_its_class_and_without_secrets(pipeline: Any) -> None:
    """The status of step and run is an error."""

    @dlt.resource
    def broken() -> Iterator[Any]:
        yield {"id": 1}
        raise ValueError("password=geheim-1 is wrong")

    with pytest.raises(PipelineStepFailed):
        pipeline.run(broken)
    for name in ("dlt.extract", "dlt.run"):
        span = finished()[name]
        assert not span.status.is_ok and span.attributes[error_attributes.ERROR_TYPE] == "ResourceExtractionError"
        assert "geheim-1" not in span.to_json() and "broken" in span.to_json()


def test_where_a_server_is_is_told_without_its_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Host, port and database come from the address."""
    from dlt.info import LoadInfo
    from dlt.observe.telemetry import place_attributes

    info = LoadInfo(
        None, {}, "postgres", "postgresql://loader:***@db.example:6543/shop", "warehouse", None, None, None, None,
        "", "sales", [], [], False,
    )  # type: ignore[arg-type]  # fmt: skip
    assert place_attributes(info) == {
        db_attributes.DB_SYSTEM_NAME: db_attributes.DbSystemNameValues.POSTGRESQL.value,
        db_attributes.DB_NAMESPACE: "shop.sales",
        server_attributes.SERVER_ADDRESS: "db.example",
        server_attributes.SERVER_PORT: 6543,
        "dlt.destination.name": "warehouse",
        "dlt.dataset.name": "sales",
    }


def measured() -> dict[str, list[tuple[dict[str, Any], Any]]]:
    """Return the points of each metric with their attributes."""
    found: dict[str, list[tuple[dict[str, Any], Any]]] = {}
    data = READER.get_metrics_data()
    for resource in data.resource_metrics if data is not None else ():
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                points = [(dict(point.attributes), point) for point in metric.data.data_points]
                found.setdefault(metric.name, []).extend(points)
    return found


def of(points: Sequence[tuple[dict[str, Any], Any]], **attributes: Any) -> Any:
    """Return the point with these attributes."""
    wanted = {"dlt." + key.replace("_", "."): value for key, value in attributes.items()}
    (found,) = (point for has, point in points if wanted.items() <= has.items())
    return found


def test_metrics_count_rows_bytes_retries_and_time() -> None:
    """By pipeline, step and table."""
    tries = []

    @dlt.resource(name="measured_items")
    def items() -> Iterator[Any]:
        yield [{"id": 1}, {"id": 2}]
        tries.append(1)
        if len(tries) == 1:
            raise ConnectionError("the server is gone")

    measure = dlt.pipeline("measured", destination="duckdb", retry={"attempts": 2, "backoff": 0})
    measure.run(items)
    found = measured()
    table = {"pipeline_name": "measured", "table_name": "measured_items", "step": "load"}
    assert of(found["dlt.rows"], **table).value == 2 and of(found["dlt.bytes"], **table).value > 0
    assert of(found["dlt.retries"], pipeline_name="measured", step="extract").value == 1
    durations = [has for has, _ in found["dlt.step.duration"] if has["dlt.pipeline.name"] == "measured"]
    assert {(has["dlt.step"], has.get("error.type")) for has in durations} == {
        ("extract", "ResourceExtractionError"), ("extract", None), ("normalize", None), ("load", None),
    }  # fmt: skip


def test_three_tasks_in_three_processes_are_one_trace(own_folder: Path) -> None:
    """The token carries the context; what ended a process at once has sent its spans before."""
    target = own_folder / "spans.jsonl"
    program = own_folder / "program.py"
    program.write_text(PROGRAM.replace("SETUP", SETUP.replace("SPANS", repr(str(target)))))
    given = b""
    for step in ("extract", "normalize", "load"):
        code = STEP.replace("PROGRAM", repr(str(program))).replace("STEP", repr(step))
        done = subprocess.run([sys.executable, "-c", code], input=given, capture_output=True, check=True)
        given = done.stdout
    assert json.loads(given)["rows"] == {"numbers": 2}
    spans = [json.loads(line) for line in target.read_text().splitlines()]
    assert len({span["context"]["trace_id"] for span in spans}) == 1
    tasks = {span["name"]: span for span in spans if span["name"].startswith("dlt.task.")}
    root = tasks.pop("dlt.task.extract")
    assert root["parent_id"] is None and root["attributes"]["dlt.run.id"] == "2026-01-01"
    assert {name: span["parent_id"] for name, span in tasks.items()} == {
        "dlt.task.normalize": root["context"]["span_id"],
        "dlt.task.load": root["context"]["span_id"],
    }
    load = next(span for span in spans if span["name"] == "dlt.load")
    assert load["parent_id"] == tasks["dlt.task.load"]["context"]["span_id"]
    assert load["attributes"]["dlt.rows"] == 2


def test_without_a_provider_nothing_of_it_is_imported(own_folder: Path) -> None:
    """A program that sets none pays nothing, though the SDK is installed."""
    code = (
        "import sys, dlt\n"
        "dlt.pipeline('shop', destination='duckdb').run([{'id': 1}], table_name='items')\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'openlineage'))])"
    )
    done = run_python(["-c", code], cwd=own_folder, env={**os.environ})
    assert done.stdout.split() == [b"[]"], done.stderr
