"""How much of a matrix of kills runs: all of it, unless DLT_TEST_SHARE says that every n-th point is enough."""

from __future__ import annotations

import os
from collections.abc import Sequence

COMMITS = ("load.", "task.", "handoff.")
"""Points at which something becomes visible, or does not; the first time at each of them runs always."""


def chosen(points: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the points to try, of pairs of stage and point.

    Args:
        points: All points that a run passes.
    """
    share = int(os.environ.get("DLT_TEST_SHARE", "1"))
    return [
        (stage, point)
        for number, (stage, point) in enumerate(points)
        if number % share == 0 or (point.startswith(COMMITS) and point.partition("#")[2] in ("", "1"))
    ]
