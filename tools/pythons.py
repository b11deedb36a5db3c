"""Run the unit tests on each Python that is here: `python -m tools.pythons [VERSION...] [-- ARGUMENT OF PYTEST...]`.

Each version has an environment of its own, `.venv-py3.10` for example, which is kept. A version that is not found is
named in the summary and is no failure; `uv python install 3.14` brings one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.environment import version_of

ROOT = Path(__file__).resolve().parents[1]
VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
TESTS = ("tests/unit", "-m", "not slow and not server")
MADE_OF = (
    "pyproject.toml",
    "constraints.txt",
    "dlt/formats/_columns.pyx",
    "dlt/destinations/impl/postgres/_copy.pyx",
    "tools/build_native.py",
)
"""Files whose change asks for the installer again."""


def main(arguments: list[str]) -> int:
    """Run the tests and print a line for each version.

    Args:
        arguments: Versions, all by default; behind `--` what pytest gets.
    """
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    wanted, options = arguments[:cut] or list(VERSIONS), arguments[cut + 1 :]
    results = {version: result(version, options) for version in wanted}
    print("\n".join(f"Python {version}: {text}" for version, text in results.items()), flush=True)
    return 0 if set(results.values()) <= {"passed", NOT_FOUND} and "passed" in results.values() else 1


NOT_FOUND = "not found by pyenv, uv or PATH; the tests did not run"


def result(version: str, options: list[str]) -> str:
    """Run the tests on one version; return what came of it."""
    python = find(version, os.environ)
    if python is None:
        return NOT_FOUND
    folder = ROOT / f".venv-py{version}"
    print(f"-- Python {version}: {python}", flush=True)
    if not is_current(folder):
        install = [sys.executable, "tools/environment.py", str(folder), "--exact", "--python", python]
        if subprocess.run([*install, "-c", "constraints.txt", "-e", ".[dev]"], cwd=ROOT, check=False).returncode:
            return "its environment cannot be made"
        (folder / ".installed").touch()
    tests = subprocess.run([str(folder / "bin" / "python"), "-m", "pytest", *TESTS, *options], cwd=ROOT, check=False)
    return "passed" if tests.returncode == 0 else f"failed with exit code {tests.returncode}"


def is_current(folder: Path) -> bool:
    """Tell whether an environment was made after the last change of what it is made of."""
    stamp = folder / ".installed"
    return stamp.exists() and all(stamp.stat().st_mtime >= (ROOT / name).stat().st_mtime for name in MADE_OF)


def find(version: str, variables: Mapping[str, str]) -> str | None:
    """Return an interpreter of a version, None if there is none.

    Args:
        version: Such as 3.12.
        variables: The environment: PATH, HOME and PYENV_ROOT say where to look.
    """
    return next((path for path in candidates(version, variables) if version_of(path) == version), None)


def candidates(version: str, variables: Mapping[str, str]) -> Iterator[str]:
    """Yield what may be an interpreter of a version: pyenv's, the newest first, then that of the PATH, then uv's."""
    root = Path(variables.get("PYENV_ROOT") or Path(variables.get("HOME", "/")) / ".pyenv")
    found = root.glob(f"versions/{version}.*/bin/python")
    yield from map(str, sorted(found, key=lambda path: _numbers(path.parts[-3]), reverse=True))
    on_path = shutil.which(f"python{version}", path=variables.get("PATH"))
    if on_path is not None:
        yield on_path
    uv = shutil.which("uv", path=variables.get("PATH"))
    if uv is not None:
        command = [uv, "python", "find", "--no-python-downloads", version]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            yield done.stdout.strip()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
