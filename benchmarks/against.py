"""Compare this checkout with another commit of it, in turns and in one run: has anything become slower?

    python benchmarks/against.py REF [--workloads W1,W2] [--rounds 5] [--scale 0.2]

The exit code is 1 if a workload takes more than 3 % more CPU than it did (the least of all rounds, which a busy machine
disturbs least).
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from data import prepare
from sides import HERE, OUR_VENV, Side, make_base, make_environment_of, measure
from workloads import WORKLOADS, Workload

BEFORE_VENV = HERE / ".venv-before"
BEFORE = HERE / ".before"
MOST = 1.03


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ref", help="the commit to compare with")
    parser.add_argument("--workloads", default=",".join(WORKLOADS), help="names, comma between; all by default")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the rows, for a quick look")
    return parser.parse_args()


def check_out(ref: str) -> None:
    """Put the files of a commit into the folder `.before`."""
    shutil.rmtree(BEFORE, ignore_errors=True)
    archive = subprocess.run(["git", "archive", ref], cwd=HERE.parent, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(BEFORE, filter="data")


def both_sides() -> list[Side]:
    """Make an environment for each side; both run the same workloads, of this checkout."""
    make_environment_of(HERE.parent, OUR_VENV)
    make_environment_of(BEFORE, BEFORE_VENV)
    return [
        Side("before", str(BEFORE_VENV / "bin" / "python"), "child.py"),
        Side("now", str(OUR_VENV / "bin" / "python"), "child.py"),
    ]


def compare(workload: Workload, sides: list[Side], rounds: int, scale: float, work: Path) -> float:
    """Return how many times the CPU of before a workload takes now."""
    data = prepare(workload.name, scale)
    if workload.base:
        for side in sides:
            make_base(side, workload.name, data, work / side.name)
    least = dict.fromkeys((side.name for side in sides), float("inf"))
    for number in range(rounds):
        for side in sides if number % 2 else sides[::-1]:
            # CPython takes memory for frames in chunks, and an import from where one happens to end costs up to a tenth
            # more: each round begins elsewhere, so that the least is that of a good place for both
            frames = str(3 * number) if workload.whole_process else "0"
            run = measure(side, workload.name, data, work / side.name, "--frames", frames)
            cost = run["process"] if workload.whole_process else run
            least[side.name] = min(least[side.name], cost["cpu_s"])
    ratio = least["now"] / least["before"]
    said = "slower" if ratio > MOST else "faster" if ratio < 1 / MOST else "as before"
    print(f"{workload.name:<4} {least['before']:8.2f} s {least['now']:8.2f} s {ratio:6.2f}  {said}", flush=True)
    return ratio


def main() -> int:
    """Compare all workloads and say which became slower."""
    args = options()
    check_out(args.ref)
    sides = both_sides()
    print(f"CPU, the least of {args.rounds} rounds\n{'':<4} {'before':>10} {'now':>10} {'ratio':>6}", flush=True)
    ratios = {}
    for name in args.workloads.split(","):
        with tempfile.TemporaryDirectory(prefix="dlt-bench-") as work:
            ratios[name] = compare(WORKLOADS[name], sides, args.rounds, args.scale, Path(work))
    slower = [name for name, ratio in ratios.items() if ratio > MOST]
    print(f"slower by more than 3 %: {', '.join(slower)}" if slower else "no workload is slower by more than 3 %")
    return int(bool(slower))


if __name__ == "__main__":
    raise SystemExit(main())
