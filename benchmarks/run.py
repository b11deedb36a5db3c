"""Compare this project with PyPI `dlt` and with DuckDB alone, interleaved in one run."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import tempfile
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from data import prepare
from plots import bar_chart, growth_chart, share_chart
from report import Results, markdown, step_seconds, verdict_lines
from sides import Side, make_base, make_environments, measure, sides
from workloads import WORKLOADS, Workload

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "performance.md"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"
PICTURES = {
    "bench.svg": "CPU time of each side",
    "bench-steps.svg": "Shares of the steps",
    "bench-growth.svg": "Growth",
}
PARTS = (*WORKLOADS, "growth", "loads")
GROWTH = {
    "W1": ((0.1, 1), (1.0, 1), (1.0, 10)),
    "W2": ((0.1, 1), (1.0, 1), (1.0, 5)),
    "W6": ((0.1, 1), (1.0, 1), (1.0, 5)),
}
"""Shares of the size of a workload, and how often its data is yielded."""


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default=",".join(PARTS), help="workloads, growth, loads; all by default")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the rows, for a quick look")
    parser.add_argument("--only", default="peer,ours,pure,limit", help="sides, comma between")
    parser.add_argument("--output", type=Path, help="path without suffix; benchmarks/results if the scale is 1")
    return parser.parse_args()


def chosen_sides(workload: Workload, names: list[str]) -> list[Side]:
    """Return the sides that a workload has."""
    has = {"peer": True, "ours": True, "pure": workload.pure, "limit": bool(workload.limit_title)}
    return sides([name for name in names if has[name]], workload.tuned, workload.without)


def bench(workload: Workload, names: list[str], rounds: int, scale: float, work: Path) -> Results:
    """Measure all sides in turn, round after round, and begin each round with another side."""
    data = prepare(workload.name, scale)
    chosen = chosen_sides(workload, names)
    bases: dict[str, list[str]] = {}
    if workload.base:
        # the engine alone merges into the table that this project has made
        bases["limit"] = ["--base", str(work / "ours" / "base" / "bench_file.duckdb")]
        for side in {side.name: side for side in [*chosen, sides(["ours"], True)[0]]}.values():
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
            run = measure(side, workload.name, data, work / side.name, *bases.get(side.name, []))
            runs[side.name].append(run)
            cost = run["process"] if workload.whole_process else run
            print(
                f"{workload.name:<4} round {number + 1} {side.name:<6} {cost['wall_s']:8.2f} s wall "
                f"{cost['cpu_s']:8.2f} s CPU {run['memory_bytes'] / 1e6:8.0f} MB",
                flush=True,
            )
    made = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return {"made": made, "scale": scale, "rounds": rounds, "runs": runs}


def growth(rounds: int, scale: float, work: Path) -> Results:
    """Measure this project at three sizes of some workloads: seconds, and memory of each step."""
    found: Results = {}
    for name, sizes in GROWTH.items():
        found[name] = []
        for share, repeat in sizes:
            data, rows = prepare(name, share * scale), WORKLOADS[name].scaled(share * scale) * repeat
            side = sides(["ours"], True)[0]
            runs = [measure(side, name, data, work / "growth", "--repeat", str(repeat)) for _ in range(rounds)]
            run = sorted(runs, key=lambda run: run["cpu_s"])[len(runs) // 2]
            found[name].append(
                {"rows": rows, **{key: run[key] for key in ("cpu_s", "wall_s", "memory_bytes", "steps")}}
            )
            print(
                f"{name} {rows:>10,} rows {run['cpu_s'] / rows * 1e6:6.2f} us CPU a row, {run['wall_s']:7.2f} s wall, "
                + ", ".join(f"{step} {cost['memory_bytes'] / 1e6:.0f} MB" for step, cost in run["steps"].items()),
                flush=True,
            )
    return found


def loads(scale: float, work: Path) -> Results:
    """Measure each of many loads into one dataset."""
    count = max(30, round(1000 * scale))
    side = replace(sides(["ours"], True)[0], script="loads.py")
    run = measure(side, "W0", prepare("W0", 1), work / "loads", "--loads", str(count))
    return {"cpu_s": [round(seconds, 4) for seconds in run["loads_cpu_s"]]}


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
        results: Results = {"workloads": {}}
        if output.with_suffix(".json").exists():
            results = json.loads(output.with_suffix(".json").read_text())
        results["machine"] = machine()
        for name in args.parts.split(","):
            if name == "growth":
                results["growth"] = growth(min(args.rounds, 3), args.scale, work)
            elif name == "loads":
                results["loads"] = loads(args.scale, work)
            else:
                results["workloads"][name] = bench(WORKLOADS[name], names, args.rounds, args.scale, work / name)
            results["workloads"] = {key: results["workloads"][key] for key in WORKLOADS if key in results["workloads"]}
            write(results, output)
            shutil.rmtree(work / name, ignore_errors=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print("\n" + "\n".join(verdict_lines(results)))
    print(f"written: {', '.join(map(str, write(results, output)))}")


def write(results: Results, output: Path) -> list[Path]:
    """Write the results as JSON and as pictures, and as tables: into the page of documentation, if all was measured.

    Returns:
        The files.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    whole = output == HERE / "results"
    pictures = PAGE.parent / "images" if whole else output.parent
    page = PAGE if whole else output.with_suffix(".md")
    texts = {output.with_suffix(".json"): json.dumps(results) + "\n", pictures / "bench.svg": bar_chart(results)}
    if any(step_seconds(entry, "ours") for entry in results["workloads"].values()):
        texts[pictures / "bench-steps.svg"] = share_chart(results)
    if results.get("growth"):
        texts[pictures / "bench-growth.svg"] = growth_chart(results)
    shown = [f"![{title}](images/{name})\n" for name, title in PICTURES.items() if pictures / name in texts]
    texts[page] = markdown(results)
    if whole:
        before, _, rest = PAGE.read_text().partition(BEGIN)
        found = "\n".join([*shown, markdown(results)])
        texts[page] = f"{before}{BEGIN}\n\n{found}\n{END}{rest.partition(END)[2]}"
    for path, text in texts.items():
        path.write_text(text)
    return list(texts)


if __name__ == "__main__":
    main()
