"""What it costs to keep what loads replace: an append, a merge and a replace with load.keep_undo and without; an undo.

    python benchmarks/undo.py [--rows 500000] [--changes 50000] [--rounds 5]

All are run in turns, so that a busy machine slows all of them; medians of the processor's seconds are printed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dlt

KEPT = 3


@contextmanager
def keeping(count: int) -> Iterator[None]:
    """Let the loads of a block keep what they replace."""
    os.environ["LOAD__KEEP_UNDO"] = str(count)
    try:
        yield
    finally:
        del os.environ["LOAD__KEEP_UNDO"]


def rows(first: int, count: int, value: str) -> dlt.sources.DltResource:
    """Return rows with keys that follow each other."""

    def pages() -> Iterator[list[dict[str, object]]]:
        for start in range(first, first + count, 10_000):
            stop = min(start + 10_000, first + count)
            yield [{"id": n, "value": value, "number": n * 3, "text": f"text {n % 1000}"} for n in range(start, stop)]

    return dlt.resource(pages, name="rows", primary_key="id")


def timed(call: Callable[[], object]) -> float:
    """Return the processor's seconds of a call."""
    began = time.process_time()
    call()
    return time.process_time() - began


def one_round(folder: str, way: str, keeps: int, size: int, changes: int) -> tuple[float, float | None]:
    """Load once to have rows, once more to replace some; return seconds of that load, and of its undo."""
    name = f"{way}_{keeps}"
    pipeline = dlt.pipeline(
        name,
        pipelines_dir=f"{folder}/{name}",
        destination=dlt.destinations.duckdb(f"{folder}/{name}.duckdb"),
        dataset_name="data",
    )
    with keeping(keeps):
        pipeline.run(rows(0, size, "old"), write_disposition=way)
        pipeline.extract(rows(size - changes // 2, changes, "new"), write_disposition=way)
        pipeline.normalize()
        loaded = timed(pipeline.load)
        newest = pipeline.list_completed_load_packages()[-1]
        undone = timed(lambda: pipeline.undo(newest)) if keeps or way == "append" else None
    return loaded, undone


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--changes", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    os.environ.setdefault("RUNTIME__USER_LOG", "false")
    found: dict[tuple[str, int], list[tuple[float, float | None]]] = {}
    for _ in range(given.rounds):
        for way in ("append", "merge", "replace"):
            for keeps in (0, KEPT):
                with tempfile.TemporaryDirectory() as folder:
                    measured = one_round(folder, way, keeps, given.rows, given.changes)
                found.setdefault((way, keeps), []).append(measured)
    print(f"{given.changes:,} rows into {given.rows:,}, seconds of the processor, median of {given.rounds}")
    print(f"{'load':10}{'keep_undo=0':>14}{f'keep_undo={KEPT}':>14}{'cost':>8}{'undo':>8}")
    for way in ("append", "merge", "replace"):
        without, kept = (statistics.median(load for load, _ in found[way, keeps]) for keeps in (0, KEPT))
        undone = statistics.median(undo for _, undo in found[way, KEPT] if undo is not None)
        print(f"{way:10}{without:14.3f}{kept:14.3f}{kept / without - 1:8.0%}{undone:8.3f}")


if __name__ == "__main__":
    main()
