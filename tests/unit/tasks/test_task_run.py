"""What a spec describes, opened: pipelines and sources, and what is said where they are none."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt import context
from dlt.errors import SpecInvalid
from dlt.progress import Collector, LogCollector, NullCollector, TableLog
from dlt.tasks.report import LoadReport
from dlt.tasks.spec import Spec, StepContext
from dlt.tasks.task_run import TaskRun, _alone, _collector, open_pipeline, open_source

FACTORIES = """
import dlt

def shop(name="shop", **more):
    return dlt.pipeline(name, destination="duckdb", dataset_name="data", **more)

def homeless():
    return dlt.pipeline("homeless")

def number():
    return 5

def nothing():
    return None

def fails(a):
    return len(5)

@dlt.resource
def orders(count=1):
    yield [{"id": n} for n in range(count)]

@dlt.source
def store(count=1):
    return [orders(count), dlt.resource([1], name="users")]

def rows(count=1):
    return [{"id": n} for n in range(count)]
"""


@pytest.fixture(autouse=True)
def factories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that gives references to factories of a file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "factories.py").write_text(FACTORIES)
    context.activate(None)
    yield lambda name: f"{tmp_path}/factories.py:{name}"
    context.activate(None)


# -- pipelines


def test_a_pipeline_is_made_by_its_factory_or_of_arguments(factories: Any) -> None:
    """The one that is active stays so."""
    before = dlt.pipeline("before", destination="duckdb")
    made = open_pipeline(Spec(pipeline=factories("shop"), pipeline_args={"name": "market"}))
    assert (made.pipeline_name, made.dataset_name) == ("market", "data") and context.active_pipeline() is before
    plain = open_pipeline(Spec(pipeline={"pipeline_name": "plain", "destination": "duckdb"}))
    assert plain.pipeline_name == "plain" and plain.destination is not None


@pytest.mark.parametrize(
    ("factory", "text"),
    [
        ("number", "returned int. Return what dlt.pipeline\\(\\) makes"),
        ("nothing", "returned NoneType"),
        ("homeless", "pipeline homeless has no destination"),
        ({"pipeline_name": "x", "destinaton": "duckdb"}, "the arguments of the pipeline: .*destinaton"),
        ({"pipeline_name": "x", "destination": "duckdb", "dev_mode": True}, "pipeline x has full_refresh"),
    ],
    ids=str,
)
def test_a_pipeline_that_tasks_cannot_share_is_refused(factories: Any, factory: Any, text: str) -> None:
    """With what to do."""
    with pytest.raises(SpecInvalid, match=text):
        open_pipeline(Spec(pipeline=factories(factory) if isinstance(factory, str) else factory))


# -- sources


@pytest.mark.parametrize(
    ("factory", "resources", "found"),
    [
        ("store", (), ["orders", "users"]),
        ("store", ("users",), ["users"]),
        ("store", ("users", "orders"), ["orders", "users"]),
        ("orders", ("orders",), ["orders"]),
    ],
)
def test_a_source_has_the_resources_that_are_wanted(factories: Any, factory: str, resources: Any, found: Any) -> None:
    """All that it selects, or those that are named; arguments are passed on."""
    data = open_source(Spec(factories(factory), source_args={"count": 3}, resources=resources))
    selected = getattr(data, "selected_resources", None)
    assert sorted(selected) == found if selected is not None else data.name == found[0]
    rows = [item for item in data if isinstance(item, dict)]
    assert len(rows) == (3 if "orders" in found else 0)


def test_rows_are_data_too(factories: Any) -> None:
    """As the function gave them."""
    assert open_source(Spec(factories("rows"), source_args={"count": 2})) == [{"id": 0}, {"id": 1}]


@pytest.mark.parametrize(
    ("factory", "options", "text"),
    [
        (None, {}, "there is no source"),
        ("nothing", {}, "returned None. Return a source"),
        ("number", {}, "returned int. Return a source"),
        ("store", {"resources": ("users", "ordrs", "x")}, "has no resource ordrs, x. It has orders, users"),
        ("rows", {"resources": ("users",)}, "need a source, and .* returned list"),
        ("orders", {"resources": ("users",)}, "need a source, and .* returned DltResource|returned Resource"),
        ("rows", {"source_args": {"cuont": 1}}, "does not take these arguments: .*cuont"),
        ("number", {"source_args": {"a": 1}}, "does not take these arguments"),
    ],
)
def test_what_is_no_source_is_told(factories: Any, factory: Any, options: Any, text: str) -> None:
    """By the reference that was given."""
    with pytest.raises(SpecInvalid, match=text):
        open_source(Spec(factories(factory) if factory else None, **options))


def test_an_error_inside_of_a_factory_is_its_own(factories: Any) -> None:
    """Though it is a TypeError as well."""
    with pytest.raises(TypeError, match="len"):
        open_source(Spec(factories("fails"), source_args={"a": 1}))


# -- runs


def test_a_run_has_a_folder_and_parts_of_its_own(factories: Any, tmp_path: Path) -> None:
    """Settings and destination are those of the pipeline that was made; it always restores and raises."""
    made = open_pipeline(Spec(pipeline=factories("shop"), pipeline_args={"progress": "log"}))
    run = TaskRun(made, str(tmp_path / "scratch"), StepContext("run"))
    assert run.pipeline is not made and run.pipeline.working_dir == str(tmp_path / "scratch" / "shop")
    assert run.pipeline.config.restore_from_destination and run.pipeline.config.raise_on_failed_jobs
    assert run.pipeline.dataset_name == "data" and run.pipeline.destination is not None
    assert type(run.pipeline.parts.collector) is LogCollector and run.results == []
    run.begin_with("first")
    run.begin_with("second")
    assert run.pipeline.default_schema_name == "first"
    assert run.known_works("shop", []) == [] and run.pipeline.parts.is_task


class Own(Collector):
    """A collector of the user's."""


TABLES = TableLog(60, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "own", "first"),
    [
        (TABLES, NullCollector(), True),
        (TABLES, Own(), False),
        (Own(), LogCollector(), True),
        (Own(), NullCollector(), True),
        (None, Own(), False),
    ],
)
def test_lines_in_a_log_give_way_to_what_the_pipeline_was_made_with(wanted: Any, own: Any, first: bool) -> None:
    """Other progress that the orchestrator wants does not."""
    assert _collector(wanted, own) is (wanted if first else own)


def test_loads_of_one_pipeline_take_turns_in_a_process() -> None:
    """Those into another destination do not wait for them; an error ends the turn."""
    inside, most, order = 0, 0, []

    def load(number: int) -> None:
        nonlocal inside, most
        with _alone("place", "shop"):
            inside += 1
            most = max(most, inside)
            order.append(number)
            inside -= 1

    with _alone("place", "shop"):
        threads = [threading.Thread(target=load, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        with _alone("another place", "shop"), _alone("place", "another pipeline"):
            assert order == []
    for thread in threads:
        thread.join(30)
    assert most == 1 and sorted(order) == [0, 1, 2, 3]
    with pytest.raises(KeyError), _alone("place", "shop"):
        raise KeyError
    with _alone("place", "shop"):
        pass


# -- reports


def test_a_report_has_a_line_for_each_table() -> None:
    """Also those that only lost rows count as changed."""
    report = LoadReport(
        "shop",
        "duckdb",
        "here",
        "data",
        rows={"orders": 3, "users": 0},
        seconds={"orders": 1.5},
        datasets={"orders": "data", "emptied": "data"},
        schema_update={"orders": {"id": "bigint", "_dlt_id": "text"}},
    )
    assert report.changed == {"orders": 3, "emptied": 0, "users": 0}
    assert [(line.name, line.rows, line.seconds, list(line.columns)) for line in report.lines] == [
        ("orders", 3, 1.5, ["id"]),
        ("users", 0, None, []),
    ]
    found = report.to_dict()
    assert found["rows"] == {"orders": 3, "users": 0} and found["skipped"] is False and LoadReport(**found) == report
