"""Load one workload with the `dlt` of the interpreter that runs this file, and write what it cost as JSON.

The same file runs for both sides: it uses only the public interface that they share.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Hidden:
    """Let a package that is installed be none, for a program that runs without it."""

    def find_spec(self, name: str, *_: object) -> None:
        """Refuse the one; others are looked for elsewhere."""
        if name.partition(".")[0] == os.environ["BENCH_WITHOUT"]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


if os.environ.get("BENCH_WITHOUT"):
    sys.meta_path.insert(0, Hidden())  # type: ignore[arg-type]

IMPORT_STARTED = time.perf_counter()
import dlt

# a name may be imported when it is first asked for
assert dlt.pipeline and dlt.resource and dlt.Pipeline
IMPORTED = time.perf_counter() - IMPORT_STARTED

from data import read_ipc, read_pages
from measure import Meter, together
from workloads import WORKLOADS, Workload

DATASET = "bench_data"


def resources(workload: Workload, pages: list[Any], repeat: int) -> Any:
    """Return what is handed to `pipeline.run`."""
    if workload.tables:
        # PyPI dlt descends once for each resource of a source, and Python ends that at a thousand
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 20 * len(pages)))
        return [dlt.resource(iter([page]), name=f"table_{number:03d}") for number, page in enumerate(pages)]

    def items() -> Iterator[Any]:
        for _ in range(repeat):
            for page in pages:
                if workload.tuned:
                    yield page
                else:
                    yield from page

    if workload.base:
        return dlt.resource(items, name="items", primary_key="id", write_disposition="merge")
    return dlt.resource(items, name="items")


def read_items(workload: Workload, folder: Path, base: bool) -> list[Any]:
    """Read the data into memory before anything is measured."""
    if workload.name == "W3":
        return list(read_ipc(folder / "table.arrow").to_batches())
    return list(read_pages(folder / ("base.pickle" if base else "pages.pickle")))


def table_counts(database: Path) -> dict[str, int]:
    """Count the rows of every table of data, with DuckDB itself."""
    import duckdb

    names = "SELECT table_name FROM information_schema.tables WHERE table_schema = ? ORDER BY 1"
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = [row[0] for row in connection.execute(names, [DATASET]).fetchall()]
        counts = {}
        for table in tables:
            if not table.startswith("_dlt"):
                row = connection.execute(f'SELECT count(*) FROM {DATASET}."{table}"').fetchone()
                counts[table] = int(row[0]) if row else 0
    return counts


def destination(args: argparse.Namespace) -> Any:
    """Return where the rows go."""
    if args.postgres:
        return dlt.destinations.postgres(args.postgres)
    if args.wire:
        return args.wire
    return dlt.destinations.duckdb(str(args.work / "bench_file.duckdb"))


def count_postgres(url: str) -> dict[str, int]:
    """Count the rows of every table of data, with the driver alone."""
    import psycopg2

    connection = psycopg2.connect(url)
    cursor = connection.cursor()
    cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = %s ORDER BY 1", (DATASET,))
    counts = {}
    for (table,) in cursor.fetchall():
        if not table.startswith("_dlt"):
            cursor.execute(f'SELECT count(*) FROM {DATASET}."{table}"')
            counts[table] = int(cursor.fetchone()[0])
    connection.close()
    return counts


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("workload")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--result", type=Path, required=True)
    parser.add_argument("--format", default=None, help="loader_file_format; the side's default if absent")
    parser.add_argument("--base", action="store_true", help="load the rows that a merge finds, do not measure")
    parser.add_argument("--repeat", type=int, default=1, help="yield the data so many times")
    parser.add_argument("--postgres", help="URL of a database to load into")
    parser.add_argument("--wire", help="destination for which files are made that are not sent")
    parser.add_argument("--profile", type=Path, help="write samples of all threads, by perf")
    parser.add_argument("--frames", type=int, default=0, help="how deep in the stack the load begins")
    return parser.parse_args()


def start_sampler(path: Path) -> subprocess.Popen[bytes]:
    """Let `perf` write samples of all threads of this process, from now on until it is interrupted."""
    command = ["perf", "record", "--quiet", "-e", "cpu-clock", "-F", "499", "-p", str(os.getpid()), "-o", str(path)]
    sampler = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not path.exists() or not path.stat().st_size:
        if sampler.poll() is not None:
            raise SystemExit("perf does not run here: install it (Debian: linux-perf), and allow it to sample.")
        time.sleep(0.05)
    return sampler


def below(frames: int, args: argparse.Namespace) -> None:
    """Do it all below so many more frames."""
    if frames:
        below(frames - 1, args)
    else:
        load(args)


def load(args: argparse.Namespace) -> None:
    """Read the data, measure the load, count the rows."""
    workload = WORKLOADS[args.workload]
    pages = read_items(workload, args.data, args.base)
    given = {"loader_file_format": args.format} if args.format else {}
    meters = {name: Meter() for name in ("extract", "normalize", "load")}
    sampler = start_sampler(args.profile) if args.profile else None
    with meters["extract"]:
        pipeline = dlt.pipeline(
            pipeline_name="bench",
            pipelines_dir=str(args.work / "pipelines"),
            destination=destination(args),
            dataset_name=DATASET,
            **({"staging": dlt.destinations.filesystem(str(args.work / "staged"))} if args.wire == "redshift" else {}),
        )
        data = resources(workload, pages, args.repeat)
        if args.base:
            data.apply_hints(write_disposition="append")
        pipeline.extract(data, **given)
    with meters["normalize"]:
        pipeline.normalize()
    if args.wire:
        # the files are there, and nobody sends them
        del meters["load"]
    else:
        with meters["load"]:
            info = pipeline.load()
        assert not info.has_failed_jobs, str(info)
    if sampler is not None:
        sampler.send_signal(signal.SIGINT)
        sampler.wait()
    if args.wire:
        tables = dict(pipeline.last_trace.last_normalize_info.row_counts)
    else:
        tables = count_postgres(args.postgres) if args.postgres else table_counts(args.work / "bench_file.duckdb")
    tables = {name: count for name, count in tables.items() if not name.startswith("_dlt")}
    result = {"import_s": IMPORTED, "version": dlt.__version__, "tables": tables, **together(meters)}
    args.result.write_text(json.dumps(result))


if __name__ == "__main__":
    options = read_options()
    below(options.frames, options)
