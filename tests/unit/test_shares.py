"""A part of a matrix of kills has every commit in it."""

from __future__ import annotations

import pytest

from tests.shares import chosen

POINTS = [("extract", f"write.{n}") for n in range(9)] + [("load", "load.before_commit#1"), ("load", "task.sent#1")]
POINTS.append(("load", "task.sent#2"))


def test_all_points_run_unless_less_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every point by default; every n-th, and each commit for the first time, where a share is set."""
    monkeypatch.delenv("DLT_TEST_SHARE", raising=False)
    assert chosen(POINTS) == POINTS
    monkeypatch.setenv("DLT_TEST_SHARE", "3")
    assert chosen(POINTS) == [POINTS[n] for n in (0, 3, 6, 9, 10)]
