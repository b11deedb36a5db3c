"""The source and the pipelines that the tests of Prefect run; flows name them by the path of this file."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import dlt
from dlt.io import failpoints

FILE = str(Path(__file__).resolve())
RESOURCES = ["orders", "customers", "prices"]


def _row(number: int, last: int) -> dict[str, Any]:
    return {"id": number, "seen": number * 10 + last, "tags": [{"name": f"{number}.{i}"} for i in range(number % 3)]}


@dlt.source
def shop(last: int, imported: str = "") -> Any:
    """Return three resources: one that continues behind its last row, one that is merged, one that is replaced.

    Args:
        last: Number of rows so far.
        imported: Folder that gets a file for each call, named by the process.
    """
    if imported:
        Path(imported, f"{os.getpid()}-{len(os.listdir(imported))}").touch()

    @dlt.resource
    def orders(cursor: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
        dlt.current.resource_state()["runs_until"] = last
        yield [_row(number, 0) for number in range(1, last + 1)]

    @dlt.resource(write_disposition="merge", primary_key="id")
    def customers() -> Any:
        dlt.current.resource_state()["runs_until"] = last
        yield [_row(number, last) for number in range(max(1, last - 4), last + 1)]

    @dlt.resource(write_disposition="replace")
    def prices() -> Any:
        dlt.current.resource_state()["runs_until"] = last
        yield [_row(number, last) for number in range(1, last + 1)]

    return orders, customers, prices


@dlt.source
def many(count: int, last: int) -> Any:
    """Return resources that each keep a state of their own."""

    def make(number: int) -> Any:
        @dlt.resource(name=f"part_{number}")
        def rows(cursor: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
            dlt.current.resource_state()["number"] = number
            yield [{"id": i, "part": number} for i in range(1, last + 1)]

        return rows

    return [make(number) for number in range(count)]


@dlt.source
def days() -> Any:
    """Return events of which a window decides which are loaded."""

    @dlt.resource(primary_key="at", write_disposition="merge")
    def events(
        at: Any = dlt.sources.incremental(
            "at", initial_value="2026-01-01T00:00:00Z", allow_external_schedulers=True, range_end="open"
        ),
    ) -> Any:
        yield [{"at": f"2026-01-{day:02d}T12:00:00Z", "day": day} for day in range(1, 29)]

    return events


def make_pipeline(
    url: str,
    dataset: str = "shop",
    pipeline_name: str = "shop",
    kind: str = "postgres",
    crash: dict[str, str] | None = None,
    log: str | None = None,
) -> Any:
    """Return a pipeline.

    Args:
        url: Credentials of the destination, or a file of DuckDB.
        dataset: Its dataset.
        pipeline_name: Its name.
        kind: Type of the destination.
        crash: The "stage" and the "point" at which the process is killed, and the file "once" that then exists.
        log: Beginning of the names of files that get the points of each stage.
    """
    if crash or log:
        from prefect.runtime import task_run

        stage = str(task_run.task_name)
        chosen = crash if crash is not None and crash["stage"] == stage else {}
        failpoints.arm(chosen.get("point"), chosen.get("once"), f"{log}.{stage}" if log else None)
    destination = dlt.destinations.duckdb(url) if kind == "duckdb" else dlt.destinations.postgres(url)
    return dlt.pipeline(pipeline_name, destination=destination, dataset_name=dataset)


@dlt.source(name="shop")
def proof(key: str = dlt.secrets.value) -> Any:
    """Return a row that proves that a secret was there."""
    return dlt.resource([{"length": len(key)}], name="proof")


def failing(kind: str, counter: str) -> Any:
    """Return a source that always fails, terminally or not, and counts its calls in a file."""
    with open(counter, "a", encoding="utf-8") as file:
        file.write("x")
    if kind == "terminal":
        raise LookupError("no such account: s3cr3t-of-the-test")
    raise ConnectionError("the network is away")


@dlt.source(name="shop")
def slow_shop(last: int, gate: str) -> Any:
    """Return the shop's resources, of which the first waits until a file beside the gate exists.

    Args:
        last: As for `shop`.
        gate: File that gets the id of the process.
    """
    made = shop(last)

    def wait(page: Any) -> Any:
        Path(gate).write_text(str(os.getpid()), encoding="utf-8")
        while not Path(gate).with_suffix(".open").exists():
            time.sleep(0.05)
        return page

    made.resources["customers"].add_map(wait)
    return made


@dlt.source(name="shop")
def raced_shop(last: int, rival: int, url: str, folder: str) -> Any:
    """Return the shop's resources; at the first call, after the state was read, another run loads the same.

    Args:
        last: As for `shop`.
        rival: The other run's `last`.
        url: File of DuckDB.
        folder: For the other run.
    """
    if not os.path.exists(folder):
        program = "from pathlib import Path; import sys; from tests.prefect.rows import load_directly as load; " + (
            "load(sys.argv[1], 'shop', Path(sys.argv[2]), int(sys.argv[3]), 'duckdb')"
        )
        subprocess.run([sys.executable, "-c", program, url, folder, str(rival)], check=True)
    return shop(last)


@dlt.source
def changing(file: str) -> Any:
    """Return a row with what a file says."""

    @dlt.resource(name="changing")
    def rows() -> Any:
        yield [{"value": Path(file).read_text()}]

    return rows


@dlt.source
def guarded(key: str, seen: str) -> Any:
    """Take a secret and write it where the test looks."""
    Path(seen).write_text(key)
    return dlt.resource([{"id": 1}], name="guarded")


def guarded_pipeline(url: str, api_key: str) -> Any:
    """Return a pipeline that needs a secret in every step."""
    assert api_key
    return dlt.pipeline("guarded", destination=dlt.destinations.duckdb(url), dataset_name="d")
