"""The script behind every target of make: it says what goes on, and completes what an earlier try left half made."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "environment.py"
NOTHING = ("--no-index", "--dry-run", "pip")
"""Arguments of pip that ask for what is there already: no network is needed."""


def environment(folder: Path, *arguments: str, path: str = os.defpath) -> subprocess.CompletedProcess[str]:
    """Run the script, without a uv if none is put into the path."""
    command = [sys.executable, str(SCRIPT), str(folder), *arguments]
    variables = {**os.environ, "PATH": path}
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def program(path: Path, text: str) -> Path:
    """Write a program of the shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("uv", path=os.defpath) is not None, reason="a uv is where every program finds it")
def test_what_was_left_half_made_is_completed(tmp_path: Path) -> None:
    """An interpreter that is gone, and a pip that is missing, do not stand in the way of the next try."""
    folder = tmp_path / "env"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(tmp_path / "gone")
    made = environment(folder, "--python", sys.executable, *NOTHING)
    assert made.returncode == 0, made.stderr
    assert "making it with Python" in made.stdout and "ready after" in made.stdout
    for found in folder.glob("lib*/python*/site-packages/pip*"):
        if not found.parents[2].is_symlink():
            shutil.rmtree(found)
    completed = environment(folder, "--python", sys.executable, *NOTHING)
    assert completed.returncode == 0, completed.stderr
    assert "updating it with Python" in completed.stdout


def test_a_python_that_is_too_old_is_told_before_anything_is_made(tmp_path: Path) -> None:
    """The message says what is needed and how to choose."""
    old = program(tmp_path / "python3.8", "echo 3.8")
    done = environment(tmp_path / "env", "--python", str(old))
    assert done.returncode == 1 and not (tmp_path / "env").exists()
    assert "is Python 3.8; 3.10 or newer is needed" in done.stdout and "make PYTHON=" in done.stdout


def test_another_python_than_the_one_that_is_there(tmp_path: Path) -> None:
    """An environment keeps its Python and says so; where the version is what counts, it is made anew."""
    there = program(tmp_path / "env" / "bin" / "python", "echo 3.99")
    uv = program(tmp_path / "path" / "uv", 'echo "$@" >> ' + str(tmp_path / "asked"))
    path = f"{uv.parent}:{os.defpath}"
    kept = environment(there.parents[1], "--python", sys.executable, "pip", path=path)
    assert kept.returncode == 0 and "has Python 3.99, and" in kept.stdout
    assert environment(there.parents[1], "--exact", "--python", sys.executable, "pip", path=path).returncode == 0
    verbs = [line.split()[0] for line in (tmp_path / "asked").read_text().splitlines()]
    assert verbs == ["pip", "venv", "pip"]


def test_a_failure_shows_what_was_said_and_what_to_do(tmp_path: Path) -> None:
    """The installer's own words come last but one, and the exit code is its own."""
    uv = program(tmp_path / "path" / "uv", "echo cannot reach pypi.org >&2; exit 7")
    done = environment(tmp_path / "env", "pip", path=f"{uv.parent}:{os.defpath}")
    assert done.returncode == 7
    assert "cannot reach pypi.org" in done.stderr and "give the same command again" in done.stderr


def test_ctrl_c_ends_it_with_one_line(tmp_path: Path) -> None:
    """No traceback: it says that the same command goes on."""
    ready = tmp_path / "ready"
    uv = program(tmp_path / "path" / "uv", f"touch {ready}; exec sleep 600")
    command = [sys.executable, str(SCRIPT), str(tmp_path / "env"), "pip"]
    variables = {**os.environ, "PATH": f"{uv.parent}:{os.defpath}"}
    with subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        while not ready.exists():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=250)
    assert process.returncode == 130
    assert errors.splitlines() == [
        f"{tmp_path / 'env'}: interrupted. Give the same command again: it goes on from here."
    ]
