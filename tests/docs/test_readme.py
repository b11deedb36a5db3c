"""The first screen of the README tells the truth."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[2] / "README.md"


def masked(text: str) -> list[str]:
    """Return lines without what differs from run to run: path, load id and seconds."""
    return [re.sub(r"duckdb:///\S+|\d+\.\d+", "…", line) for line in text.strip().splitlines()]


def block(language: str) -> str:
    """Return the first block of a language."""
    found = re.search(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found.group(1)


def test_the_ten_lines_print_what_the_readme_shows(tmp_path: Path) -> None:
    """The program of the README prints what the README shows, and the same when it runs again, but for new columns."""
    program = tmp_path / "program.py"
    program.write_text(block("python"), encoding="utf-8")
    env = {**os.environ, "HOME": str(tmp_path), "PIPELINES_DIR": str(tmp_path / "pipelines")}
    first = masked(block("text"))
    # no column is new when it runs again
    again = [re.sub(r"(… s)  .+$", r"\1", line) for line in first]
    for expected in (first, again):
        run = subprocess.run(
            [sys.executable, str(program)], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr
        assert masked(run.stdout) == expected
