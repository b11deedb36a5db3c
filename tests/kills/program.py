"""The program that is killed or stopped: `python -m tests.kills.program` takes orders as lines of JSON.

Each run is a process of its own, forked from one that has imported everything: a test then takes as long as its loads.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any

import dlt
from dlt.io import failpoints
from dlt.load.step import TaskLoad, load_package

STRATEGIES: dict[str, dict[str, Any]] = {
    "append": {"write_disposition": "append"},
    "replace": {"write_disposition": "replace"},
    "merge": {"write_disposition": "merge", "primary_key": "id"},
    "scd2": {"write_disposition": {"disposition": "merge", "strategy": "scd2"}},
}
KINDS = ("files", "delta", "iceberg", "postgres", "duckdb", "sqlite", "ducklake")


def destination(place: dict[str, Any]) -> Any:
    """Return the destination of a place: its kind, its url and further options."""
    kind, url, options = place["kind"], place["url"], place.get("options") or {}
    if kind in ("files", "delta", "iceberg"):
        made = dlt.destinations.filesystem(url, table_format="native" if kind == "files" else kind, **options)
        if str(url).startswith(("s3:", "gs:", "az:")):
            # what was opened before the fork has a thread that is not here
            made.settings["kwargs"] = {**(made.settings.get("kwargs") or {}), "skip_instance_cache": True}
        return made
    if kind == "sqlite":
        return dlt.destinations.sqlalchemy(f"sqlite:///{url}", **options)
    return getattr(dlt.destinations, kind)(url, **options)


def pipeline(place: dict[str, Any], folder: str, name: str = "killed") -> Any:
    """Return the pipeline that works in a folder."""
    return dlt.pipeline(
        name, pipelines_dir=folder, destination=destination(place), dataset_name=place.get("dataset", "kept")
    )


def row(number: int, last: int) -> dict[str, Any]:
    """Return one document; in later runs the same one has other values, and now and then a new column."""
    tags = [{"name": f"tag {number}.{i}", "in": last} for i in range(number % 3 + 1)]
    found = {"id": number, "seen": number * 10 + last, "tags": tags, "place": {"city": f"city {number}"}}
    return {**found, f"of_{last % 5}": last}


def source(strategy: str, last: int) -> Any:
    """Return the resource: append continues behind the last row, the others give rows of earlier runs again."""

    @dlt.resource(name="docs", **STRATEGIES[strategy])
    def docs(cursor: Any = dlt.sources.incremental("id", initial_value=0)) -> Any:
        dlt.current.resource_state()["runs_until"] = last
        yield [row(number, 0) for number in range(1, last + 1)]

    @dlt.resource(name="docs", **STRATEGIES[strategy])
    def all_docs() -> Any:
        dlt.current.resource_state()["runs_until"] = last
        yield rows_of(strategy, last)

    return docs() if strategy == "append" else all_docs()


def rows_of(strategy: str, last: int) -> list[dict[str, Any]]:
    """Return what the source of a strategy other than append yields in a run."""
    first = max(1, last - 4) if strategy == "merge" else 1
    return [row(number, 0 if strategy == "scd2" and number % 2 else last) for number in range(first, last + 1)]


def expected(strategy: str, runs: list[int], others: list[int] | None = None) -> dict[str, Any]:
    """Return what readers must find after clean runs, as `place.content` gives it; not for scd2.

    Args:
        strategy: How they load.
        runs: Last row of each run.
        others: Last row of each run of another pipeline, after those.
    """
    docs: dict[Any, dict[str, Any]] = {}
    for who, last in [*(("killed", last) for last in runs), *(("other", last) for last in others or [])]:
        if strategy == "replace":
            docs = {}
        if strategy == "append":
            docs.update({(who, number): row(number, 0) for number in range(1, last + 1)})
        else:
            docs.update({document["id"]: document for document in rows_of(strategy, last)})
    return {
        "docs": sorted((doc["id"], doc["seen"], doc["place"]["city"], True) for doc in docs.values()),
        "tags": sorted((doc["id"], n, t["name"], t["in"]) for doc in docs.values() for n, t in enumerate(doc["tags"])),
        "runs_until": runs[-1],
    }


def work(order: dict[str, Any]) -> None:
    """Do what an order says: `run`, `prepare` (all but the load), `load`, `undo`, or `task` (a load with a number)."""
    made = pipeline(order["place"], order["folder"], order.get("name", "killed"))
    do = order["do"]
    if do == "run":
        made.run(source(order["strategy"], order["last"]))
    elif do == "prepare":
        made.sync_destination()
        made.extract(source(order["strategy"], order["last"]))
        made.normalize()
    elif do == "load":
        made.load()
    elif do == "undo":
        made.undo(order["load_id"])
    else:
        (package,) = made.workdir.packages("normalized")
        task, name = TaskLoad(made.pipeline_name, order["attempt"]), made.dataset_name
        with made.destination.connect(name, package.schema) as client:
            found = load_package(package, client, name, capabilities=made.destination.capabilities(), task=task)
            assert not found.failed, found.jobs


def begin(order: dict[str, Any]) -> int:
    """Start the process of an order; return its id."""
    child = os.fork()
    if child:
        return child
    with open(order["errors"], "w", encoding="utf-8") as errors:
        os.dup2(errors.fileno(), 2)
    code = 1
    try:
        failpoints.arm(order.get("point"), log=order.get("log"), signal_name=order.get("signal", "SIGKILL"))
        work(order)
        code = 0
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def wait(child: int, kill_after: float | None) -> int | str:
    """Return the exit code of a process, negative for a signal, or "stopped"; kill it after so many seconds."""
    if kill_after is not None:
        end = time.monotonic() + kill_after
        while time.monotonic() < end:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.001)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, os.WUNTRACED)
    return "stopped" if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)


def import_all() -> None:
    """Import what loads need, once."""
    import contextlib
    import importlib

    for name in (
        *("duckdb", "pandas", "pyarrow.parquet", "pyarrow.compute", "fsspec.implementations.local", "psycopg2"),
        *("sqlalchemy", "deltalake", "pyiceberg.table", "pyiceberg.io.pyarrow", "s3fs", "gcsfs", "adlfs"),
        *(f"dlt.destinations.impl.{kind}" for kind in ("filesystem", "postgres", "duckdb", "sqlalchemy", "ducklake")),
        *(
            "dlt.destinations.impl.filesystem.lake.delta",
            "dlt.destinations.impl.filesystem.lake.iceberg",
            "dlt.destinations.impl.filesystem.lake.iceberg_catalog",
        ),
        *("dlt.pipeline", "dlt.normalize.step", "dlt.extract.step"),
    ):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


if __name__ == "__main__":
    import_all()
    asleep: set[int] = set()
    for line in sys.stdin:
        given = json.loads(line)
        if given["do"] == "wake":
            process = given["process"]
            asleep.discard(process)
            os.kill(process, signal.SIGCONT)
        else:
            process = begin(given)
        ending = wait(process, given.get("kill_after"))
        if ending == "stopped":
            asleep.add(process)
        print(json.dumps([given["number"], process, ending]), flush=True)
    for process in asleep:
        # those of a test that failed
        os.kill(process, signal.SIGKILL)
