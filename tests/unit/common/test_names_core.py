"""Every name that public programs for PyPI `dlt` 1.x import is where they import it from."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

FILES = sorted(Path(__file__).parent.glob("names_*.txt"))
LINES = [line.split() for file in FILES for line in file.read_text().splitlines()]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[0])
def test_names_are_where_programs_import_them_from(line: list[str]) -> None:
    """`from module import name`, whether the name is an object or a module."""
    place, *names = line
    module = importlib.import_module(place)
    for name in names:
        if not hasattr(module, name):
            importlib.import_module(f"{place}.{name}")


@pytest.mark.parametrize(
    "chain",
    [
        "destinations.exceptions.DatabaseTerminalException",
        "sources.config.with_config",
        "sources.credentials.ConnectionStringCredentials",
        "dbt.package",
        "hub.__found__",
        "current.interval",
    ],
)
def test_modules_are_reached_without_importing_them(chain: str) -> None:
    """`import dlt` is all that a program says."""
    subprocess.run([sys.executable, "-c", f"import dlt; dlt.{chain}"], check=True)
