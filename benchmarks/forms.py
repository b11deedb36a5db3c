"""Compare the compiled form of this project with the one in Python, interleaved in one run."""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from data import prepare
from sides import OUR_VENV, Side, make_environment_of, measure
from workloads import WORKLOADS

CHECKOUT = Path(__file__).resolve().parents[1]
PYTHON = str(OUR_VENV / "bin" / "python")
FORMS = [
    Side("compiled", PYTHON, "child.py", {"DLT_PURE_PYTHON": ""}),
    Side("pure", PYTHON, "child.py", {"DLT_PURE_PYTHON": "1"}),
]


def main() -> None:
    """Measure both forms in turn, and print medians of CPU time and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workloads", default="W1,W1d,W2,W6", help="names, comma between")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=0.2, help="share of the rows")
    args = parser.parse_args()
    make_environment_of(CHECKOUT, OUR_VENV)
    print(f"{'':<4} {'compiled':>9} {'pure':>9}   CPU s, medians of {args.rounds} rounds, and how many times as much")
    with tempfile.TemporaryDirectory() as folder:
        for name in args.workloads.split(","):
            data = prepare(name, args.scale)
            seconds: dict[str, list[float]] = {side.name: [] for side in FORMS}
            for number in range(args.rounds):
                for side in FORMS if number % 2 else reversed(FORMS):
                    run = measure(side, name, data, Path(folder) / side.name)
                    cost = run["process"] if WORKLOADS[name].whole_process else run
                    seconds[side.name].append(cost["cpu_s"])
            compiled, pure = (statistics.median(seconds[side.name]) for side in FORMS)
            print(f"{name:<4} {compiled:9.2f} {pure:9.2f}   {pure / compiled:.2f}", flush=True)


if __name__ == "__main__":
    main()
