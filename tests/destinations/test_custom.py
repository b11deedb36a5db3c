"""Functions as destinations: batches, injection, and what happens when one of them fails."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import (
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
        taken.append((set(items[0]), set(table["columns"])))

    run(tmp_path, sink)
    assert taken == [({"ID", "Doc", "_dlt_id", "_dlt_load_id"},) * 2]


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
