"""What the DAGs of the tests on a real Airflow load, and how they come to harm. Imported by tasks, not by DAGs."""

from __future__ import annotations

import datetime
import os
import signal
import time
from pathlib import Path
from typing import Any

import dlt
from dlt.io import failpoints

RESOURCES = 8
STEP = datetime.timedelta(seconds=20)


def make_pipeline(
    name: str, url: str, stage: str = "", point: str = "", once: str = "", log: str = "", pause: str = ""
) -> Any:
    """Return a pipeline into Postgres; in one of the tasks, and in the first try only, the process is killed or pauses.

    Args:
        name: Name of the pipeline and of its dataset.
        url: Database.
        stage: Last part of the id of the task that comes to harm.
        point: Point at which it is killed.
        once: File that is there once it has come to harm.
        log: File that gets the points that a task passes; the name of the task is added.
        pause: Point at which it loses its supervisor and sleeps until the file `<once>.wake` is there.
    """
    task = os.environ.get("AIRFLOW_CTX_TASK_ID", "").rpartition(".")[2]
    if log:
        failpoints.arm(None, log=f"{log}.{task}")
    elif point and task == stage:
        failpoints.arm(point, once)
    elif pause and task == stage:
        _pause_at(pause, once)
    return dlt.pipeline(name, destination=dlt.destinations.postgres(url), dataset_name=name)


def _pause_at(point: str, once: str) -> None:
    original = failpoints.point

    def paused(name: str) -> None:
        original(name)
        if name == point:
            sleep_without_supervisor(once)

    failpoints.point = paused


def sleep_without_supervisor(once: str) -> None:
    """Kill the process that beats this task's heart, and sleep until somebody wakes the task; the first time only."""
    try:
        os.close(os.open(once, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    Path(f"{once}.pid").write_text(str(os.getpid()))
    os.kill(os.getppid(), signal.SIGKILL)
    while not os.path.exists(f"{once}.wake"):
        time.sleep(0.1)


@dlt.source(name="shop")
def shop(last: int = 6, sleep: str = "", nap: str = "") -> Any:
    """Give orders with items behind a cursor, and customers that are merged."""

    @dlt.resource(write_disposition="append", primary_key="id")
    def orders(at: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
        dlt.current.resource_state()["last"] = last
        yield [{"id": n, "items": [{"sku": f"{n}.{i}"} for i in range(n % 3)]} for n in range(1, last + 1)]
        if sleep:
            sleep_without_supervisor(sleep)
        if nap and not os.path.exists(nap):
            Path(nap).write_text(str(os.getpid()))
            # only the signal ends it: nobody waits for so long
            time.sleep(3600)

    @dlt.resource(write_disposition="merge", primary_key="id")
    def customers() -> Any:
        yield [{"id": n, "name": f"customer {n}", "last": last} for n in range(max(1, last - 4), last + 1)]

    return orders, customers


@dlt.source(name="many")
def many(last: int = 3) -> Any:
    """Give eight resources, each with a cursor and a state of its own."""

    def make(number: int) -> Any:
        @dlt.resource(name=f"r{number}", primary_key="id")
        def rows(at: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
            dlt.current.resource_state()["mine"] = number
            yield [{"id": n, "of": number, "list": [n, n]} for n in range(1, last + number + 1)]

        return rows

    return [make(number) for number in range(RESOURCES)]


@dlt.source(name="ticks")
def ticks(nap: float = 0) -> Any:
    """Give a row for every 20 seconds of the time that a run loads; without such a time, one of the year 2000."""

    @dlt.resource(name="ticks", primary_key="at", write_disposition="append")
    def rows(
        at: Any = dlt.sources.incremental(
            "at", initial_value="2000-01-01T00:00:00+00:00", allow_external_schedulers=True
        ),
    ) -> Any:
        if at.end_value is None:
            yield [{"at": "2000-01-01T00:00:00+00:00"}]
            return
        moment, end = (datetime.datetime.fromisoformat(text) for text in (at.last_value, at.end_value))
        while moment < end:
            yield [{"at": moment.isoformat()}]
            moment += STEP
        # runs of several windows are under way together; nothing depends on for how long
        time.sleep(nap)

    return rows


@dlt.source(name="changing")
def changing(value: str) -> Any:
    """Give rows with a value: appended with nested ones, merged, and numbers behind a cursor."""

    @dlt.resource(write_disposition="append")
    def appended() -> Any:
        yield [{"id": n, "value": value, "list": [{"value": value}]} for n in range(3)]

    @dlt.resource(write_disposition="merge", primary_key="id")
    def merged() -> Any:
        yield [{"id": n, "value": value} for n in range(3)]

    @dlt.resource
    def counted(at: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
        yield [{"id": n} for n in range(1, 6)]

    return appended, merged, counted
