"""Run the tests of the extensions under the sanitizers of memory and of C: `python -m tools.check_native`.

What they find is a use of memory that was given back, or a step beyond its end: mistakes that a test seldom shows.
They come with gcc and clang on Linux.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.build_native import compiled, source_of

ROOT = Path(__file__).resolve().parents[1]
SANITIZERS = ("-fsanitize=address", "-fsanitize=undefined")
OPTIONS = (*SANITIZERS, "-fno-omit-frame-pointer", "-O1", "-g")
TESTS = (
    "tests/unit/formats/test_columns.py",
    "tests/unit/formats/test_waiting.py",
    "tests/unit/destinations/test_copy_forms.py",
)


def main() -> int:
    """Build the extensions in a copy of the package, run its tests, and print what they and the sanitizers say."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "checkout")
        for part in ("dlt", "tests"):
            without = shutil.ignore_patterns("__pycache__", "*.so", "*.duckdb", ".*")
            shutil.copytree(ROOT / part, folder / part, ignore=without)
        shutil.copy(ROOT / "pyproject.toml", folder)
        for module, built in compiled(ROOT, Path(name), OPTIONS).items():
            shutil.copy(built, folder / Path(source_of(module)).parent)
        # the sanitizers must be there before Python is, and it must not hide memory from them in pools of its own
        variables = {
            "LD_PRELOAD": " ".join(map(_library, ("libasan.so", "libubsan.so"))),
            # Python itself gives some memory back to nobody when it ends
            "ASAN_OPTIONS": "detect_leaks=0",
            "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
            "PYTHONMALLOC": "malloc",
            "PYTHONPATH": str(folder),
        }
        # -s: what a sanitizer prints before it ends the process must not be kept by pytest; the sanitizers keep memory
        # that was given back, so the test that measures it has no meaning
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-s",
            *TESTS,
            "-k",
            "not thousands_of_pages and not thousands_of_batches",
        ]
        return subprocess.run(command, cwd=folder, env={**os.environ, **variables}, check=False).returncode


def _library(name: str) -> str:
    done = subprocess.run(["gcc", f"-print-file-name={name}"], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
