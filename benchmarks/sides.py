"""The sides that are compared: which interpreter runs which script with which settings."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import venv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PEER_VENV = HERE / ".venv-peer"
OUR_VENV = HERE / ".venv-ours"
PEER_REQUIREMENTS = HERE / "peer-requirements.txt"
CONSTRAINTS = HERE.parent / "constraints.txt"
# what both sides have in common is compared with the same versions; other packages of the peer are those that it wants
SHARED = ("duckdb", "pyarrow", "numpy", "pandas")

QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL", "RUNTIME__USER_LOG": "false"}
# what the peer's page on performance advises: large buffers, no compression; larger ones than 20,000 were slower
PEER_TUNED = {"DATA_WRITER__BUFFER_MAX_ITEMS": "20000", "DATA_WRITER__DISABLE_COMPRESSION": "true"}


@dataclass(frozen=True)
class Side:
    """One interpreter with one script."""

    name: str
    python: str
    script: str
    env: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()


def sides(names: list[str], tuned: bool, without: str = "") -> list[Side]:
    """Return the sides of a workload in the order of `names`.

    Args:
        names: Which; "pure" is this project without what it compiles.
        tuned: Whether the peer gets the settings that its documentation advises.
        without: A package that is installed, and must not be found.
    """
    our_python, peer_python = (str(folder / "bin" / "python") for folder in (OUR_VENV, PEER_VENV))
    hidden = {"BENCH_WITHOUT": without}
    all_sides = {
        "ours": Side("ours", our_python, "child.py", hidden),
        "pure": Side("pure", our_python, "child.py", {"DLT_PURE_PYTHON": "1"}),
        "limit": Side("limit", our_python, "limit.py"),
        "peer": Side(
            "peer",
            peer_python,
            "child.py",
            hidden | (PEER_TUNED if tuned else {}),
            ("--format", "parquet") if tuned else (),
        ),
    }
    return [all_sides[name] for name in names]


def make_environments() -> None:
    """Make an environment for each side, with its default install and the same versions of what both use."""
    make_environment(PEER_VENV, shared_constraints(), "-r", str(PEER_REQUIREMENTS))
    compile_bytecode(PEER_VENV)
    make_environment_of(HERE.parent, OUR_VENV)


def make_environment_of(checkout: Path, folder: Path) -> None:
    """Make an environment with the library of a checkout and what the workloads need beside it."""
    drivers = ("adbc-driver-manager", "adbc-driver-postgresql", "sqlalchemy", "connectorx")
    found = ("-e", f"{checkout}[postgres]", "pandas", *drivers)
    make_environment(folder, CONSTRAINTS.read_text(), *found)
    compile_bytecode(folder, checkout / "dlt")


def shared_constraints() -> str:
    """Return the pins of the packages that both sides have."""
    lines = CONSTRAINTS.read_text().splitlines()
    return "\n".join(line for line in lines if line.partition("==")[0] in SHARED)


def make_environment(folder: Path, constraints: str, *install: str) -> None:
    """Make one environment unless it is there and up to date."""
    compiled = sorted((HERE.parent / "dlt").rglob("*.pyx"))
    made_of = (PEER_REQUIREMENTS, HERE.parent / "pyproject.toml", *compiled)
    wanted = constraints + "".join(path.read_text() for path in made_of)
    stamp, python = folder / "installed.txt", str(folder / "bin" / "python")
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"making the environment {folder}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    uv = shutil.which("uv")
    if uv:
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
        command = [uv, "pip", "install", "--quiet", "--python", python]
    else:
        venv.create(folder, with_pip=True)
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    pins = folder / "constraints.txt"
    pins.write_text(constraints)
    subprocess.run([*command, *install, "-c", str(pins)], check=True)
    stamp.write_text(wanted)


def compile_bytecode(folder: Path, *sources: Path) -> None:
    """Compile the packages of an environment, as pip does when it installs them; what is compiled already stays.

    Args:
        folder: The environment.
        sources: Folders of packages that are installed from where they are.
    """
    command = [str(folder / "bin" / "python"), "-m", "compileall", "-q", "-j", "0", str(folder / "lib")]
    # some packages carry templates that are no Python
    subprocess.run([*command, *map(str, sources)], check=False, stdout=subprocess.DEVNULL)


def measure(side: Side, workload: str, data: Path, work: Path, *more: str) -> dict[str, Any]:
    """Run one side once in a process of its own and return what it measured, with the cost of the whole process."""
    shutil.rmtree(work / "run", ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    if (work / "base").exists():
        shutil.copytree(work / "base", work / "run")
    (work / "run").mkdir(exist_ok=True)
    result = work / "result.json"
    result.unlink(missing_ok=True)
    command = [side.python, str(HERE / side.script), workload, "--data", str(data), "--work", str(work / "run")]
    command += ["--result", str(result), *side.arguments, *more]
    # a search path of the caller would give both sides the same dlt
    env = {key: value for key, value in os.environ.items() if "__" not in key and key != "PYTHONPATH"}
    env |= QUIET | side.env
    started = time.perf_counter()
    child = subprocess.Popen(command, env=env, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert child.stdout is not None
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode or not result.exists():
        raise SystemExit(f"{side.name} failed on {workload} with exit code {child.returncode}:\n{output[-4000:]}")
    whole = {"wall_s": wall, "cpu_s": usage.ru_utime + usage.ru_stime}
    return {**json.loads(result.read_text()), "process": whole}


def make_base(side: Side, workload: str, data: Path, work: Path) -> None:
    """Load what a merge finds at the destination, once for a side; each round starts from a copy of it."""
    measure(side, workload, data, work, "--base")
    (work / "run").rename(work / "base")
