"""The script behind `make test-pythons` finds each Python that is here, and says what it did not find."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import tomlkit

from tools.pythons import VERSIONS, find, is_current, main

ROOT = Path(__file__).parents[2]


def interpreter(path: Path, version: str) -> Path:
    """Write a program that says which Python it is."""
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)
    return path


def test_the_newest_of_pyenv_comes_first(tmp_path: Path) -> None:
    """Patch versions are numbers; one that cannot run is passed over."""
    for patch in ("9", "10"):
        interpreter(tmp_path / "versions" / f"3.12.{patch}" / "bin" / "python", "3.12")
    (tmp_path / "versions" / "3.12.11" / "bin").mkdir(parents=True)
    (tmp_path / "versions" / "3.12.11" / "bin" / "python").symlink_to(tmp_path / "gone")
    found = find("3.12", {"PYENV_ROOT": str(tmp_path), "PATH": os.defpath})
    assert found == str(tmp_path / "versions" / "3.12.10" / "bin" / "python")


def test_a_program_of_the_path_counts_by_what_it_is(tmp_path: Path) -> None:
    """A shim that finds no interpreter behind it, or another version, is none."""
    variables = {"HOME": str(tmp_path), "PATH": str(tmp_path / "bin")}
    program = interpreter(tmp_path / "bin" / "python3.12", "3.12")
    assert find("3.12", variables) == str(program)
    program.write_text("#!/bin/sh\necho 3.11\n")
    assert find("3.12", variables) is None
    program.write_text("#!/bin/sh\nexit 127\n")
    assert find("3.12", variables) is None


def test_a_version_that_is_not_there_is_told(tmp_path: Path) -> None:
    """It is no failure where another one ran, and one where none did."""
    variables = {"HOME": str(tmp_path), "PATH": os.defpath}
    done = subprocess.run(
        [sys.executable, "-m", "tools.pythons", "3.1"],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == "Python 3.1: not found by pyenv, uv or PATH; the tests did not run\n"
    assert main(["3.1"]) == 1


def test_an_environment_is_made_anew_when_what_it_is_made_of_changed(tmp_path: Path) -> None:
    """The stamp is newer than pyproject.toml and the lock."""
    assert not is_current(tmp_path)
    (tmp_path / ".installed").touch()
    assert is_current(tmp_path)
    os.utime(tmp_path / ".installed", (0, 0))
    assert not is_current(tmp_path)


def test_all_versions_that_the_package_allows_are_tried() -> None:
    """The list begins with the oldest one of pyproject.toml."""
    project = tomlkit.parse((ROOT / "pyproject.toml").read_text(encoding="utf-8")).unwrap()["project"]
    assert project["requires-python"] == f">={VERSIONS[0]}"
