"""Rounds of property tests go on until the time is over, and stop at the first that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.fuzz import fuzz

PROGRAM = """
from hypothesis import settings, given, strategies as st

@settings(database=None)
@given(st.integers())
def test_numbers(number):
    assert number < {limit}
"""


def test_a_round_that_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is one at least, however short the time is."""
    program = tmp_path / "test_it.py"
    program.write_text(PROGRAM.format(limit=10**99))
    assert fuzz(0, 7, [str(program)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("round 1, seed 7: passed") and "seeds 7 to 7: all passed" in printed


def test_a_round_that_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is the last one; the data is shown, and the command that gives the same again."""
    program = tmp_path / "test_it.py"
    program.write_text(PROGRAM.format(limit=1000))
    assert fuzz(600, 3, [str(program)]) == 1
    printed = capsys.readouterr().out
    assert "number=1000" in printed and "python -m tools.fuzz --seconds 0 --seed 3" in printed
