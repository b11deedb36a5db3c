"""Failpoints: all are named in one list, and nothing happens unless somebody asks for one of them."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dlt.errors import ConfigurationValueError
from dlt.io import failpoints

PACKAGE = Path(failpoints.__file__).parents[1]


def passed_in(path: Path) -> list[str]:
    """Return the names of the failpoints that a module passes, with a star for what is only known when it runs."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "failpoints.point":
            (name,) = node.args
            parts = name.values if isinstance(name, ast.JoinedStr) else [name]
            found.append("".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in parts))
    return found


def test_the_list_names_all_and_no_others() -> None:
    """What the code passes is what `NAMES` has."""
    assert {name for path in PACKAGE.rglob("*.py") for name in passed_in(path)} == set(failpoints.NAMES)


@pytest.mark.parametrize("name", ["load.before_comit", "write.state.json", "nonsense#2"])
def test_unknown_names_are_refused(name: str) -> None:
    """By `arm`, and when the process starts."""
    with pytest.raises(ConfigurationValueError, match="there is no failpoint"):
        failpoints.arm(name)
    environment = {**os.environ, "DLT_CRASH_POINT": name}
    line = [sys.executable, "-c", "from dlt.io import failpoints"]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and f"there is no failpoint '{name}'" in done.stderr


@pytest.mark.parametrize("name", ["SIGKIL", "9", "kill"])
def test_unknown_signals_are_refused(name: str) -> None:
    """By `arm`, which then changes nothing, and when the process starts."""
    with pytest.raises(ConfigurationValueError, match=f"DLT_CRASH_SIGNAL: there is no signal '{name}'"):
        failpoints.arm("load.after_ddl", signal_name=name)
    environment = {**os.environ, "DLT_CRASH_SIGNAL": name}
    line = [sys.executable, "-c", "from dlt.io import failpoints"]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and f"there is no signal '{name}'" in done.stderr


def test_nothing_happens_unless_asked(tmp_path: Path) -> None:
    """Without the environment variables all are passed; with a log their names are written."""
    program = "from dlt.io import failpoints as f; f.point('load.after_ddl'); f.point('load.after_ddl')"
    plain = {key: value for key, value in os.environ.items() if not key.startswith("DLT_CRASH")}
    assert subprocess.run([sys.executable, "-c", program], env=plain, check=False).returncode == 0
    log = tmp_path / "log"
    subprocess.run([sys.executable, "-c", program], env={**plain, "DLT_CRASH_LOG": str(log)}, check=True)
    assert log.read_text().split() == ["load.after_ddl#1", "load.after_ddl#2"]
