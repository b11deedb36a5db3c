"""The environment that holds PyPI `dlt` 1.x."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools import environment

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".venv-peer"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
CONSTRAINTS = ROOT / "constraints.txt"


def peer_python() -> str:
    """Return the interpreter of the environment, which is made unless it is there and up to date.

    `DLT_TEST_PEER` names another one, of an environment that a developer has already.
    """
    given = os.environ.get("DLT_TEST_PEER")
    if given:
        return given
    python, stamp = FOLDER / "bin" / "python", FOLDER / ".installed"
    requirements = [*REQUIREMENTS.read_text().splitlines(), *shared_versions()]
    made_of = "\n".join(requirements)
    if not stamp.exists() or stamp.read_text() != made_of:
        shutil.rmtree(FOLDER, ignore_errors=True)
        if environment.main([str(FOLDER), *(line for line in requirements if not line.startswith("#"))]):
            pytest.skip("PyPI dlt cannot be installed: is the network there?")
        stamp.write_text(made_of)
    # in a folder without a dlt, so that it names its own
    ask = [str(python), "-c", "import dlt; print(dlt.__version__)"]
    told = subprocess.run(ask, cwd=FOLDER, capture_output=True, text=True, check=False)
    assert told.stdout.startswith("1."), f"{python} has no PyPI dlt 1.x: {told.stdout} {told.stderr}"
    return str(python)


def shared_versions() -> list[str]:
    """Return the requirements that both libraries must have alike, as what they store is compared."""
    locked = CONSTRAINTS.read_text().splitlines()
    return [line for line in locked if line.partition("==")[0] in ("duckdb", "pyarrow")]
