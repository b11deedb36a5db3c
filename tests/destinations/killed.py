"""Loads that are killed at each point, and the run that follows: one program and one check for all destinations."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dlt.io import failpoints
from tests.processes import run_python

OF_FEATURES = ("load.after_undo", "load.after_checks")
"""Points that only loads pass which undo others or check their rows; tests of their own are killed there."""
POINTS = (
    *(name for name in failpoints.NAMES if name.startswith("load.") and name not in OF_FEATURES),
    "move.loaded_package.before",
    "move.loaded_package.renamed",
)
Places = Mapping[str, tuple[str, Mapping[str, Any]]]
ROWS = 20
"""Rows that each run loads, with one nested row each."""

_PROGRAM = """
import json, os, sys, dlt
places = {what: getattr(dlt.destinations, kind)(**options) for what, (kind, options) in json.loads(sys.argv[1]).items()}
pipeline = dlt.pipeline("killed", dataset_name="data", **places)
rows = [{"id": n, "v": int(sys.argv[2]), "list": [n]} for n in range(int(sys.argv[4]))]
pipeline.run(rows, table_name="t", primary_key="id", write_disposition=sys.argv[3])
# at once: what extensions of DuckDB do at the end of an interpreter, they cannot do in one that was forked
os._exit(0)
"""


def run_once(places: Places, value: int, disposition: str, point: str | None = None) -> int:
    """Run the program in a process of its own; return how it ended.

    Args:
        places: Kind and options of "destination", and of "staging" where there is one; JSON values.
        value: What the column v of all its rows holds.
        disposition: "append" or "merge".
        point: Where it is killed, if it is.
    """
    environment = {"DLT_CRASH_POINT": point} if point is not None else {}
    arguments = ["-c", _PROGRAM, json.dumps(places), str(value), disposition, str(ROWS)]
    return run_python(arguments, env={**os.environ, **environment}).returncode


def check_kills(
    places: Places,
    disposition: str,
    values: Callable[[], Sequence[int]],
    nested: Callable[[], int],
    *,
    points: Sequence[str] = POINTS,
    killed: Callable[[str], None] | None = None,
    finished: Callable[[str], None] | None = None,
) -> None:
    """Kill a load at each point and run once more: no row is lost or there twice.

    Args:
        places: Kind and options of "destination", and of "staging" where there is one; JSON values.
        disposition: "append" or "merge".
        values: Gives the column v of all rows of table t, as readers see them.
        nested: Gives the number of rows of table t__list.
        points: Where loads are killed.
        killed: Is called with the point after a kill.
        finished: Is called with the point after the run that followed.
    """

    def run(value: int, point: str | None = None) -> int:
        return run_once(places, value, disposition, point)

    assert run(0) == 0
    expected = {0}
    for number, point in enumerate(points, 1):
        assert run(number, point) == -signal.SIGKILL, point
        if killed is not None:
            killed(point)
        # the next run finishes the package that was killed, and then loads its own
        assert run(number + 100) == 0
        expected = {*expected, number, number + 100} if disposition == "append" else {number + 100}
        assert sorted(values()) == sorted(value for value in expected for _ in range(ROWS)), point
        assert nested() == ROWS * len(expected), point
        if finished is not None:
            finished(point)
