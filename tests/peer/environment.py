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
    made_of = REQUIREMENTS.read_text() + CONSTRAINTS.read_text()
    if not stamp.exists() or stamp.read_text() != made_of:
        shutil.rmtree(FOLDER, ignore_errors=True)
        if environment.main([str(FOLDER), "-r", str(REQUIREMENTS), "-c", str(CONSTRAINTS)]):
            pytest.skip("PyPI dlt cannot be installed: is the network there?")
        stamp.write_text(made_of)
    # in a folder without a dlt, so that it names its own
    ask = [str(python), "-c", "import dlt; print(dlt.__version__)"]
    told = subprocess.run(ask, cwd=FOLDER, capture_output=True, text=True, check=False)
    assert told.stdout.startswith("1."), f"{python} has no PyPI dlt 1.x: {told.stdout} {told.stderr}"
    return str(python)
