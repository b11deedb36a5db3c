"""Memory of the process, asked of Python and not of what a program calls alike."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dlt.progress.memory import of_python, peak_megabytes

PROGRAM = """
import dlt

pipeline = dlt.pipeline("named", destination="duckdb", progress="log", pipelines_dir="pipelines")
pipeline.run([{"id": 1}], table_name="items")
print(pipeline.dataset()["items"].fetchall())
"""


def test_a_process_has_some_memory() -> None:
    """A Python takes more than a megabyte."""
    assert peak_megabytes() > 1


def test_a_module_that_python_does_not_have() -> None:
    """As `resource` on Windows."""
    assert of_python("no_such_module") is None


@pytest.mark.parametrize("name", ["resource", "program"])
def test_a_program_may_have_files_with_names_of_python(tmp_path: Path, name: str) -> None:
    """A file beside the program, or the program itself, is not run as a module of Python."""
    if name != "program":
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('this is no module of Python')")
    program = tmp_path / ("resource.py" if name == "program" else "main.py")
    program.write_text(PROGRAM)
    # a new interpreter: one that is forked has all modules already
    done = subprocess.run([sys.executable, program.name], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().count("[(1") == 1
