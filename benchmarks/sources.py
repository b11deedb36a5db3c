"""Compare the ready-made sources with those of PyPI `dlt`, in turn in one run; the parts stand in `of_sources`."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from of_sources import parts
from run import machine
from sides import OUR_VENV, PEER_VENV, Side, make_environments, measure

HERE = Path(__file__).resolve().parent
OUTPUT = HERE / "sources.json"
SIDES = {
    "ours": Side("ours", str(OUR_VENV / "bin" / "python"), "sources_child.py"),
    "peer": Side("peer", str(PEER_VENV / "bin" / "python"), "sources_child.py"),
}
Results = dict[str, Any]
"""What `sources.json` holds: by part and case, the runs of each side."""


def bench(part: Any, name: str, only: list[str], rounds: int, work: Path) -> dict[str, Any]:
    """Measure all cases of a part, both sides in turn."""
    cases: dict[str, Any] = {case: {side: [] for side in only} for case in part.CASES}
    with part.prepare(work) as settings:
        data = work / "settings.json"
        data.write_text(json.dumps(settings))
        for number in range(rounds):
            for case, runs in cases.items():
                for side in only if number % 2 else only[::-1]:
                    run = measure(SIDES[side], f"{name}/{case}", data, work / side)
                    runs[side].append(run)
                    print(
                        f"{name} {case:<20} round {number + 1} {side:<5} {run['wall_s']:8.2f} s wall "
                        f"{run['cpu_s']:8.2f} s CPU {run['memory_bytes'] / 1e6:8.0f} MB",
                        flush=True,
                    )
    return cases


def middle(runs: list[dict[str, Any]], key: str) -> float:
    """Return the middle one of what some runs measured."""
    found = sorted(run[key] for run in runs)
    return float(found[len(found) // 2])


def markdown(results: Results) -> str:
    """Return the results as a table, and what was missed below it."""
    lines = [
        "# Ready-made sources into DuckDB",
        "",
        f"Python {results['machine']['python']}, {results['machine']['cores']} cores. CPU seconds of the client, child "
        "processes included, and how far its memory rose.",
        "",
        "| source | case | PyPI dlt | dlt-tasks | ratio | memory | goal |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, cases in results["parts"].items():
        part = parts()[name]
        for case, runs in cases.items():
            told = {side: middle(found, "cpu_s") for side, found in runs.items() if found}
            taken = [middle(runs[side], "memory_bytes") / 1e6 for side in ("peer", "ours") if runs.get(side)]
            memory = " / ".join(f"{megabytes:.0f} MB" for megabytes in taken)
            ours, peer, goal = told.get("ours"), told.get("peer"), part.CASES.get(case)
            ratio = f"{peer / ours:.1f}" if ours and peer else "-"
            verdict = "-" if goal is None or ours is None else f"{'holds' if ours <= goal else 'MISSED'}: ≤ {goal:g} s"
            shown = [f"{seconds:.2f} s" if seconds else "-" for seconds in (peer, ours)]
            lines.append(f"| {part.TITLE} | {case} | {' | '.join(shown)} | {ratio} | {memory} | {verdict} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, then write sources.json and sources.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default=",".join(parts()), help="names, comma between; all by default")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", default="peer,ours", help="sides, comma between")
    args = parser.parse_args()
    make_environments()
    results: Results = json.loads(OUTPUT.read_text()) if OUTPUT.exists() else {"parts": {}}
    results["machine"] = machine()
    for name in args.parts.split(","):
        work = Path(tempfile.mkdtemp(prefix="dlt-bench-sources-"))
        try:
            found = bench(parts()[name], name, args.only.split(","), args.rounds, work)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        for case, runs in found.items():
            # a side that was left out keeps what was measured before
            results["parts"].setdefault(name, {}).setdefault(case, {}).update(runs)
        results["made"] = datetime.now(timezone.utc).isoformat(timespec="seconds")
        OUTPUT.write_text(json.dumps(results, indent=1) + "\n")
        OUTPUT.with_suffix(".md").write_text(markdown(results))
    print("\n" + markdown(results))


if __name__ == "__main__":
    main()
