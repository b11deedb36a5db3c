"""Functions as destinations: batches, injection, and what happens when one of them fails."""

from __future__ import annotations

import inspect
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

import dlt
from dlt.common.configuration.inject import get_fun_spec
from dlt.common.destination import Destination
from dlt.configuration.spec import configspec
from dlt.destinations.impl.destination.configuration import CustomDestinationClientConfiguration
from dlt.errors import (
    ConfigFieldMissingException,
    DestinationTerminalException,
    DestinationTransientException,
    InvalidDestinationReference,
    PipelineStepFailed,
)
from tests.processes import run_python

ROWS = [{"ID": number, "Doc": {"tags": [number]}} for number in range(7)]


def run(path: Path, destination: Any, data: Any = ROWS, **options: Any) -> Any:
    """Run a pipeline that keeps its folder below `path`."""
    pipeline = dlt.pipeline("custom", destination=destination, pipelines_dir=str(path / "pipelines"))
    return pipeline.run(data, table_name="Things", **options)


def test_rows_come_in_batches_with_their_own_names_and_whole_documents(tmp_path: Path) -> None:
    """Batches of dicts; keys as they are, documents whole, nothing that the library adds."""
    taken: list[tuple[str, Any]] = []

    @dlt.destination(batch_size=3)
    def sink(items: Any, table: Any) -> None:
        taken.append((table["name"], items))

    run(tmp_path, sink)
    assert [(name, len(items)) for name, items in taken] == [("Things", 3), ("Things", 3), ("Things", 1)]
    assert [row for _, items in taken for row in items] == ROWS


def test_columns_of_the_library_on_request(tmp_path: Path) -> None:
    """skip_dlt_columns_and_tables=False shows them, in rows and in the table."""
    taken: list[Any] = []

    @dlt.destination(batch_size=100, skip_dlt_columns_and_tables=False)
    def sink(items: Any, table: Any) -> None:
        taken.append((table["name"], set(items[0]), set(table["columns"])))

    run(tmp_path, sink)
    assert taken[0] == ("Things", *({"ID", "Doc", "_dlt_id", "_dlt_load_id"},) * 2)


def test_numbers_of_documents_keep_what_they_are(tmp_path: Path) -> None:
    """A function gets what the source gave, with all digits."""
    taken: list[Any] = []

    @dlt.destination(batch_size=1)
    def sink(items: Any, table: Any) -> None:
        taken.extend(item["doc"] for item in items)

    text = '{"n":12345678901234567890123}'
    rows = dlt.resource([{"doc": text}], name="rows", columns={"doc": {"data_type": "json"}})
    dlt.pipeline("digits", destination=sink, pipelines_dir=str(tmp_path)).run(rows)
    assert taken == [{"n": 12345678901234567890123}]


@pytest.mark.parametrize("file_format", ["parquet", "jsonl"])
@pytest.mark.parametrize("size", [0, 10])
def test_the_state_on_request(tmp_path: Path, file_format: str, size: int) -> None:
    """skip_dlt_columns_and_tables=False hands over the row of the state too, whenever it changed."""
    taken: list[Any] = []

    @dlt.destination(batch_size=size, loader_file_format=file_format, skip_dlt_columns_and_tables=False)
    def sink(items: Any, table: Any) -> None:
        if table["name"].startswith("_dlt"):
            taken.append((table["name"], len(table["columns"]), Path(items).suffix if size == 0 else items))

    run(tmp_path, sink)
    run(tmp_path, sink)
    assert [(name, columns) for name, columns, _ in taken] == [("_dlt_pipeline_state", 8)]
    if size == 0:
        assert taken[0][2] == f".{file_format}"
    else:
        (row,) = taken[0][2] if file_format == "jsonl" else taken[0][2].to_pylist()
        assert (row["pipeline_name"], row["version"]) == ("custom", 1)


@pytest.mark.parametrize(
    ("own", "source", "resource", "levels"), [(1, 3, None, 1), (3, 1, None, 3), (0, 1, 2, 2), (None, 1, None, 1)]
)
def test_who_says_how_many_levels(tmp_path: Path, own: Any, source: Any, resource: Any, levels: int) -> None:
    """A resource decides first, then the destination, then the source."""
    taken: set[str] = set()

    @dlt.destination(max_table_nesting=own)
    def sink(items: Any, table: Any) -> None:
        taken.add(table["name"])

    @dlt.source(max_table_nesting=source)
    def documents() -> Any:
        deep = {"level": 1, "c": [{"level": 2, "c": [{"level": 3, "c": [{"level": 4}]}]}]}
        return dlt.resource([deep], name="data", max_table_nesting=resource)

    dlt.pipeline("levels", destination=sink, pipelines_dir=str(tmp_path)).run(documents())
    assert len(taken) == levels + 1


def test_arrow_tables(tmp_path: Path) -> None:
    """loader_file_format="parquet" gives Arrow tables."""
    import pyarrow as pa

    taken: list[Any] = []

    @dlt.destination(batch_size=5, loader_file_format="parquet")
    def sink(items: Any, table: Any) -> None:
        taken.append(items)

    run(tmp_path, sink)
    assert all(isinstance(items, pa.Table) for items in taken)
    assert [items.num_rows for items in taken] == [5, 2]
    assert pa.concat_tables(taken)["ID"].to_pylist() == list(range(7))


@pytest.mark.parametrize("file_format", ["parquet", "jsonl"])
def test_paths_of_whole_files(tmp_path: Path, file_format: str) -> None:
    """batch_size=0 gives the path of a file in the format that was asked for."""
    taken: list[Any] = []

    @dlt.destination(batch_size=0, loader_file_format=file_format)
    def sink(path: str, table: Any) -> None:
        taken.append((path.rpartition(".")[2], os.path.exists(path)))

    run(tmp_path, sink)
    assert taken == [(file_format, True)]


def test_nested_tables(tmp_path: Path) -> None:
    """max_table_nesting and naming_convention are the function's own."""
    taken: dict[str, int] = {}

    @dlt.destination(batch_size=100, max_table_nesting=None, naming_convention="snake_case")
    def sink(items: Any, table: Any) -> None:
        taken[table["name"]] = len(items)

    run(tmp_path, sink)
    assert taken == {"things": 7, "things__doc__tags": 7}


def test_arguments_are_injected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Further arguments come from the configuration; those that are passed are not looked up."""
    monkeypatch.setenv("DESTINATION__SINK__API_KEY", "from env")
    taken: list[Any] = []

    @dlt.destination(batch_size=100)
    def sink(items: Any, table: Any, url: str = "default", api_key: str = dlt.secrets.value) -> None:
        taken.append((url, api_key))

    run(tmp_path, sink)
    run(tmp_path, sink(url="given", api_key="given"))
    assert taken == [("default", "from env"), ("given", "given")]


def test_arguments_without_a_name_are_injected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function whose parameters have a place only gets values too, and never the placeholder."""
    monkeypatch.setenv("DESTINATION__SINK__API_KEY", "from env")
    taken: list[Any] = []

    @dlt.destination(batch_size=100)
    def sink(items: Any, table: Any, url: str = "default", api_key: str = dlt.secrets.value, /) -> None:
        taken.append((len(items), table["name"], url, api_key))

    run(tmp_path, sink)
    assert taken == [(7, "Things", "default", "from env")]


def test_a_spec_of_the_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Specs for functions of PyPI dlt 1.x derive from that of custom destinations."""
    monkeypatch.setenv("DESTINATION__SINK__CHANNEL", "alarms")

    @configspec
    class SinkSpec(CustomDestinationClientConfiguration):
        channel: str = None  # type: ignore[assignment]

    taken: list[Any] = []

    @dlt.destination(spec=SinkSpec)
    def sink(items: Any, table: Any, channel: str = dlt.config.value) -> None:
        taken.append(channel)

    run(tmp_path, sink)
    assert taken == ["alarms"]
    assert get_fun_spec(sink().config_params["destination_callable"]) is sink().spec is SinkSpec


@pytest.mark.parametrize("options", [{}, {"dev_mode": True}, {"restore_from_destination": False}], ids=str)
@pytest.mark.parametrize("known", ["function", "filesystem", "postgres"])
def test_what_is_missing_is_told_before_anything_is_extracted(tmp_path: Path, known: str, options: Any) -> None:
    """Arguments are looked up when the destination is opened, as credentials are, or where it is not asked first."""

    @dlt.destination
    def sink(items: Any, table: Any, api_key: str = dlt.secrets.value) -> None:
        raise AssertionError("it has no key")

    destination: Any = sink if known == "function" else known
    missing = {"function": "api_key", "filesystem": "bucket_url", "postgres": "host"}[known]
    pipeline = dlt.pipeline("custom", destination=destination, pipelines_dir=str(tmp_path), **options)
    with pytest.raises(PipelineStepFailed, match=missing) as raised:
        pipeline.run(ROWS, table_name="things")
    assert isinstance(raised.value.__cause__, ConfigFieldMissingException) and raised.value.step == "sync"
    assert not pipeline.has_pending_data


@pytest.mark.parametrize("options", [{}, {"dev_mode": True}, {"restore_from_destination": False}], ids=str)
def test_what_stands_in_the_section_of_the_pipeline_is_not_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: Any
) -> None:
    """Also where the destination is not asked before the extract."""
    monkeypatch.setenv("CUSTOM__DESTINATION__FILESYSTEM__BUCKET_URL", str(tmp_path / "bucket"))
    pipeline = dlt.pipeline("custom", destination="filesystem", pipelines_dir=str(tmp_path), **options)
    assert not pipeline.run(ROWS, table_name="things").has_failed_jobs


def test_a_function_remembers_what_it_did(tmp_path: Path) -> None:
    """`dlt.current.destination_state()` lasts from batch to batch, and over a failure; another package begins anew."""
    seen: list[int] = []
    failures = [ConnectionError("lost")]

    @dlt.destination(batch_size=2)
    def sink(items: Any, table: Any) -> None:
        state = dlt.current.destination_state()
        state["calls"] = state.get("calls", 0) + 1
        seen.append(state["calls"])
        if len(seen) == 2:
            raise failures.pop()

    pipeline = dlt.pipeline("custom", destination=sink, pipelines_dir=str(tmp_path))
    with pytest.raises(PipelineStepFailed):
        pipeline.run(ROWS, table_name="things")
    (load_id,) = pipeline.list_normalized_load_packages()
    assert pipeline.get_load_package_state(load_id)["destination_state"] == {"calls": 2, "things.00001.arrow": 2}
    pipeline.load()
    found = pipeline.get_load_package_state(load_id)
    assert found["destination_state"] == {"calls": 5, "things.00001.arrow": 7}
    assert abs(found["created_at"].timestamp() - float(load_id)) < 60
    pipeline.run([{"id": 1}], table_name="things")
    assert seen == [1, 2, 3, 4, 5, 1]


def test_a_retry_goes_on_behind_the_last_batch(tmp_path: Path) -> None:
    """A transient error leaves the package waiting; the next run delivers what is missing, then its own data."""
    taken: list[Any] = []
    failures = [DestinationTransientException("busy"), ConnectionError("lost")]

    @dlt.destination(batch_size=2)
    def sink(items: Any, table: Any) -> None:
        if len(taken) == 4 and failures:
            raise failures.pop()
        taken.extend(items)

    for _ in range(2):
        with pytest.raises(PipelineStepFailed):
            run(tmp_path, sink)
    run(tmp_path, sink, [{"ID": 8, "Doc": None}])
    assert [row["ID"] for row in taken] == [0, 1, 2, 3, 4, 5, 6, 8]


def test_a_terminal_error_fails_the_job(tmp_path: Path) -> None:
    """The info tells, with the function's words."""

    @dlt.destination
    def sink(items: Any, table: Any) -> None:
        raise DestinationTerminalException("never again")

    info = run(tmp_path, sink)
    assert info.has_failed_jobs
    assert "never again" in str(info.load_packages[0].jobs["failed_jobs"][0].failed_message)


def test_a_named_destination(tmp_path: Path) -> None:
    """dlt.destination("duckdb", ...) gives that destination with a name and settings."""
    found = dlt.destination("duckdb", destination_name="mine", credentials=str(tmp_path / "x.duckdb"))
    assert (found.destination_type, found.destination_name) == ("dlt.destinations.duckdb", "mine")
    info = run(tmp_path, found)
    assert info.dataset_name
    assert (tmp_path / "x.duckdb").exists()


PROGRAM = """
import sys, dlt

@dlt.destination(batch_size=2)
def sink(items, table):
    with open(sys.argv[1] + "/taken", "a") as file:
        file.write("".join(f"{row['id']} " for row in items))

dlt.pipeline("killed", destination=sink, pipelines_dir=sys.argv[1]).run([{"id": i} for i in range(6)], table_name="t")
"""


@pytest.mark.parametrize("by_path", [False, True])
@pytest.mark.parametrize("make", [dlt.destination, dlt.destinations.destination])
def test_a_function_without_the_decorator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_path: bool, make: Any
) -> None:
    """It is passed as it is, or by its path, and is configured under the name that it gets."""
    (tmp_path / "sinks.py").write_text(
        "taken = []\ndef sink(items, table, url: str = ''):\n    taken.append((len(items), table['name'], url))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    # that of another case
    sys.modules.pop("sinks", None)
    import sinks  # type: ignore[import-not-found]

    called = "sinks.sink" if by_path else sinks.sink
    monkeypatch.setenv("DESTINATION__OUTBOX__URL", "http://there")
    options: dict[str, Any] = {"destination_callable": called, "batch_size": 4}
    named = {"func_or_name": "outbox"} if make is dlt.destination else {"destination_name": "outbox"}
    made = make(**named, **options)
    run(tmp_path, made)
    assert (made.destination_name, sinks.taken) == (
        "outbox",
        [(4, "Things", "http://there"), (3, "Things", "http://there")],
    )


@pytest.mark.parametrize("ref", ["destination", "dlt.destinations.destination"])
def test_a_function_is_a_destination_by_reference(tmp_path: Path, ref: str) -> None:
    """It is named, and told what it was given, as by the decorator; without a function it cannot be made."""
    taken: list[int] = []

    def sink(items: Any, table: Any, url: str = "") -> None:
        taken.append(len(items))

    made = Destination.from_reference(ref, destination_callable=sink, batch_size=4, url="u")
    assert (made.destination_name, made.destination_type) == ("sink", "dlt.destinations.destination")
    params = made.config_params
    called = cast("Callable[..., object]", params.pop("destination_callable"))
    told = {"batch_size": 4, "skip_dlt_columns_and_tables": True, "max_table_nesting": 0, "url": "u"}
    assert params == {**told, "destination_name": "sink"}
    spec = get_fun_spec(called)
    assert spec is not None and issubclass(spec, CustomDestinationClientConfiguration) and "url" in spec()
    assert inspect.unwrap(called) is sink
    assert Destination.from_reference(ref, destination_callable=sink, destination_name="out").destination_name == "out"
    info = run(tmp_path, made)
    assert taken == [4, 3]
    state = dlt.attach("custom", pipelines_dir=str(tmp_path / "pipelines")).get_load_package_state(info.loads_ids[0])
    assert state["destination_state"] == {"Things.00001.arrow": 7}
    with pytest.raises(InvalidDestinationReference, match="destination_callable is None"):
        Destination.from_reference(ref)


def test_how_far_a_function_came_is_told_by_file(tmp_path: Path) -> None:
    """Behind an error too: what was delivered is counted, and the next load goes on there."""
    fails = [True]

    @dlt.destination(batch_size=2)
    def sink(items: Any, table: Any) -> None:
        if fails and items[0]["ID"] == 4:
            raise DestinationTransientException("not now")

    pipeline = dlt.pipeline("custom", destination=sink, pipelines_dir=str(tmp_path / "pipelines"))
    with pytest.raises(PipelineStepFailed):
        pipeline.run(ROWS, table_name="Things")
    (load_id,) = pipeline.list_normalized_load_packages()
    assert pipeline.get_load_package_state(load_id)["destination_state"] == {"Things.00001.arrow": 4}
    fails.clear()
    pipeline.load()
    assert pipeline.get_load_package_state(load_id)["destination_state"] == {"Things.00001.arrow": 7}


def test_a_path_without_a_function(tmp_path: Path) -> None:
    """The error says what was looked for."""
    with pytest.raises(InvalidDestinationReference, match=r"destination_callable 'nowhere\.sink' cannot be imported"):
        dlt.destination("outbox", destination_callable="nowhere.sink")


def test_a_killed_process_goes_on_behind_the_last_batch(tmp_path: Path) -> None:
    """What was delivered before the kill is not delivered again."""
    killed = {**os.environ, "DLT_CRASH_POINT": "destination.batch_delivered#2"}
    assert run_python(["-c", PROGRAM, str(tmp_path)], env=killed).returncode == -signal.SIGKILL
    assert (tmp_path / "taken").read_text() == "0 1 2 3 "
    finish = (
        "import dlt, sys; exec(sys.argv[2].rpartition('dlt.pipeline')[0]); "
        "dlt.pipeline('killed', destination=sink, pipelines_dir=sys.argv[1]).load()"
    )
    # normalized already: a load alone finishes it
    assert run_python(["-c", finish, str(tmp_path), PROGRAM]).returncode == 0
    assert (tmp_path / "taken").read_text() == "0 1 2 3 4 5 "
