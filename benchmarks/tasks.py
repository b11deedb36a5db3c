"""What it costs to run the steps as tasks: against `Pipeline.run`, and a hand-off against a plain copy of its bytes.

    python benchmarks/tasks.py [--rows 1000000] [--megabytes 200] [--rounds 5]

All are run in turns, so that a busy machine slows all of them; medians are printed, and which goals hold.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial

import dlt
from dlt.tasks import Spec, StepContext, extract_step, handoff, load_step, normalize_step

COLUMNS = 10


@dlt.source(name="flat")
def flat(rows: int) -> object:
    """Give rows of ten columns in pages."""

    @dlt.resource(name="rows")
    def pages() -> object:
        for start in range(0, rows, 10_000):
            yield [
                {"id": n, **{f"c{c}": f"value {n % 1000}" for c in range(COLUMNS - 1)}}
                for n in range(start, start + 10_000)
            ]

    return pages


def make_pipeline(path: str) -> object:
    """Return the pipeline into a DuckDB file."""
    return dlt.pipeline("flat", destination=dlt.destinations.duckdb(path), dataset_name="data")


def peak() -> float:
    """Return the peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(call: Callable[[], object]) -> tuple[float, float]:
    """Return seconds of wall time and of CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - cpu


def whole(folder: str, rows: int) -> None:
    """Run the pipeline in one call."""
    pipeline = dlt.pipeline(
        "flat",
        pipelines_dir=f"{folder}/pipelines",
        destination=dlt.destinations.duckdb(f"{folder}/whole.duckdb"),
        dataset_name="data",
    )
    pipeline.run(flat(rows))


def split(folder: str, rows: int) -> None:
    """Run the three steps one by one."""
    spec = Spec(
        source=f"{os.path.abspath(__file__)}:flat",
        pipeline=f"{os.path.abspath(__file__)}:make_pipeline",
        source_args={"rows": rows},
        pipeline_args={"path": f"{folder}/split.duckdb"},
        work_dir=f"{folder}/work",
    )
    load_step(normalize_step(extract_step(spec, StepContext("one"))))


def copy(folder: str) -> None:
    """Copy the files of a package, and make them last."""
    for name in os.listdir(f"{folder}/package"):
        shutil.copyfile(f"{folder}/package/{name}", f"{folder}/copy.{name}")
        descriptor = os.open(f"{folder}/copy.{name}", os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def hand_off(folder: str, megabytes: int) -> dict[str, tuple[float, float]]:
    """Return the times of a plain copy, of sending a package, and of fetching it."""
    os.makedirs(f"{folder}/package")
    for part in range(2):
        with open(f"{folder}/package/{part}.arrow", "wb") as file:
            for _ in range(megabytes // 2):
                file.write(os.urandom(1 << 20))
    store = handoff.open_store(f"file://{folder}/store")
    sent: list[tuple[str, int]] = []
    return {
        "copy": timed(lambda: copy(folder)),
        "send": timed(lambda: sent.append(handoff.send(store, f"{folder}/package", "p"))),
        "fetch": timed(lambda: handoff.fetch(store, sent[0][0], "p", f"{folder}/back")),
    }


def main() -> None:
    """Measure, print, and say which goals hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    os.environ["RUNTIME__USER_LOG"] = "false"
    with tempfile.TemporaryDirectory() as folder:
        # imports are no part of it
        split(folder, 1_000)
    found: dict[str, list[tuple[float, float]]] = {}
    before, memory = peak(), 0.0
    for number in range(given.rounds):
        with tempfile.TemporaryDirectory() as folder:
            for name, times in hand_off(folder, given.megabytes).items():
                found.setdefault(name, []).append(times)
            memory = memory or peak()
            for call in (whole, split) if number % 2 else (split, whole):
                found.setdefault(call.__name__, []).append(timed(partial(call, folder, given.rows)))
    medians = {n: [statistics.median(t[i] for t in times) for i in (0, 1)] for n, times in found.items()}
    print(f"{'':8}{'wall s':>10}{'CPU s':>10}   (medians of {given.rounds})")
    for name, (wall, cpu) in medians.items():
        print(f"{name:8}{wall:10.3f}{cpu:10.3f}")
    print(f"the hand-off of {given.megabytes} MB raised peak memory by {memory - before:.0f} MB")
    # the file system's pace changes from one second to the next: ratios of one round each say more than of medians
    ratios = {
        "send / copy, wall, at most 1.5": statistics.median(
            s[0] / c[0] for s, c in zip(found["send"], found["copy"], strict=True)
        ),
        "fetch / copy, wall, at most 1.5": statistics.median(
            f[0] / c[0] for f, c in zip(found["fetch"], found["copy"], strict=True)
        ),
        "split / whole, CPU, at most 1.05": statistics.median(
            s[1] / r[1] for s, r in zip(found["split"], found["whole"], strict=True)
        ),
    }
    for goal, ratio in ratios.items():
        print(f"{'holds' if ratio <= float(goal.rpartition(' ')[2]) else 'MISSED'}  {goal}: {ratio:.2f}")


if __name__ == "__main__":
    main()
