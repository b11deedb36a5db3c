"""Compare this project with PyPI `dlt` and with DuckDB alone, interleaved in one run."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from data import prepare
from report import Results, bar_chart, markdown, verdict_lines
from sides import make_base, make_environments, measure, sides
from workloads import WORKLOADS, Workload

HERE = Path(__file__).resolve().parent


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workloads", default=",".join(WORKLOADS), help="names, comma between; all by default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the rows, for a quick look")
    parser.add_argument("--only", default="peer,ours,limit", help="sides, comma between")
    parser.add_argument("--growth", action="store_true", help="load W1 at 0.1, 1 and 10 times its size, ours only")
    parser.add_argument("--output", type=Path, help="path without suffix; benchmarks/results if the scale is 1")
    return parser.parse_args()


def bench(workload: Workload, names: list[str], rounds: int, scale: float, work: Path) -> Results:
    """Measure all sides in turn, round after round, and begin each round with another side."""
    data = prepare(workload.name, scale)
    chosen = [side for side in sides(names, workload.tuned) if side.name != "limit" or workload.limit_title]
    if workload.base:
        for side in chosen:
            if side.name != "limit":
                print(
                    f"{workload.name:<4} {side.name}: loading {workload.base * scale:,.0f} rows to merge into",
                    flush=True,
                )
                make_base(side, workload.name, data, work / side.name)
    runs: dict[str, list[dict[str, Any]]] = {side.name: [] for side in chosen}
    for number in range(rounds):
        turn = number % len(chosen)
        for side in chosen[turn:] + chosen[:turn]:
            run = measure(side, workload.name, data, work / side.name)
            runs[side.name].append(run)
            cost = run["process"] if workload.whole_process else run
            print(
                f"{workload.name:<4} round {number + 1} {side.name:<6} {cost['wall_s']:8.2f} s wall "
                f"{cost['cpu_s']:8.2f} s CPU {run['memory_bytes'] / 1e6:8.0f} MB",
                flush=True,
            )
    made = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return {"made": made, "scale": scale, "rounds": rounds, "runs": runs}


def growth(rounds: int, work: Path) -> None:
    """Print time per row and memory of W1 at 0.1, 1 and 10 times its size."""
    for share, repeat in ((0.1, 1), (1.0, 1), (1.0, 10)):
        data, rows = prepare("W1", share), WORKLOADS["W1"].scaled(share) * repeat
        for _ in range(rounds):
            run = measure(sides(["ours"], True)[0], "W1", data, work / "growth", "--repeat", str(repeat))
            print(
                f"W1 x {share * repeat:<4g} {rows:>10,} rows {run['cpu_s'] / rows * 1e6:6.2f} us CPU a row, "
                f"{run['wall_s']:7.2f} s wall, {run['memory_bytes'] / 1e6:6.0f} MB",
                flush=True,
            )


def machine() -> dict[str, Any]:
    """Describe where this runs."""
    return {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}


def main() -> None:
    """Measure, then write results.json, results.md and results.svg and say which goals hold."""
    args = options()
    names = args.only.split(",")
    output = args.output or HERE / ("results" if args.scale == 1 else "data/results-scaled")
    make_environments()
    work = Path(tempfile.mkdtemp(prefix="dlt-bench-"))
    try:
        if args.growth:
            growth(args.rounds, work)
            return
        results: Results = {"workloads": {}}
        if output.with_suffix(".json").exists():
            results = json.loads(output.with_suffix(".json").read_text())
        results["machine"] = machine()
        for name in args.workloads.split(","):
            results["workloads"][name] = bench(WORKLOADS[name], names, args.rounds, args.scale, work / name)
            results["workloads"] = {key: results["workloads"][key] for key in WORKLOADS if key in results["workloads"]}
            write(results, output)
            shutil.rmtree(work / name, ignore_errors=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print("\n" + "\n".join(verdict_lines(results)))
    print(f"written: {output}.json, .md and .svg")


def write(results: Results, output: Path) -> None:
    """Write the results in three forms."""
    output.parent.mkdir(parents=True, exist_ok=True)
    output.with_suffix(".json").write_text(json.dumps(results, indent=1) + "\n")
    output.with_suffix(".md").write_text(markdown(results))
    output.with_suffix(".svg").write_text(bar_chart(results))


if __name__ == "__main__":
    main()
