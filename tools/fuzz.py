"""Try the forms of what is compiled against each other, with other data in each round: `make fuzz`.

A round is the property tests under a seed of its own. What failed once is kept in `.hypothesis`, and is tried first by
every later round and by `make test`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = (
    "tests/unit/formats/test_columns.py",
    "tests/unit/normalize/test_paths_agree.py",
    "tests/unit/destinations/test_copy_forms.py",
)
PASSED = 0


def fuzz(seconds: float, seed: int, tests: Sequence[str] = TESTS) -> int:
    """Run rounds until the time is over, or until one fails; return the exit code.

    Args:
        seconds: No round begins later; there is one at least.
        seed: Seed of the first round; each later one adds 1.
        tests: What pytest runs.
    """
    began = time.monotonic()
    for number in range(sys.maxsize):
        spent = time.monotonic() - began
        if number and spent >= seconds:
            print(f"{number} rounds in {spent:.0f} s, seeds {seed} to {seed + number - 1}: all passed")
            return PASSED
        code = _round(seed + number, tests)
        if code != PASSED:
            print(f"seed {seed + number} failed. Run it again: python -m tools.fuzz --seconds 0 --seed {seed + number}")
            return code
        print(f"round {number + 1}, seed {seed + number}: passed, {time.monotonic() - began:.0f} s", flush=True)
    return PASSED


def _round(seed: int, tests: Sequence[str]) -> int:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        f"--hypothesis-seed={seed}",
        *tests,
    ]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != PASSED:
        print(done.stdout)
    return done.returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, and run rounds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    return fuzz(options.seconds, options.seed)


if __name__ == "__main__":
    sys.exit(main())
