"""Whether runs of this process are planned and not done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dlt.errors import PipelineException

Planner = Callable[..., object]
"""What takes the place of runs: it gets parts, data, hints, refresh and file format, of modules above this one."""


class CannotPlan(PipelineException):
    """A program that is planned wants to change what a plan must leave as it is."""


# of the whole process: a program may run its pipelines in threads
_planner: Planner | None = None


@contextmanager
def planned_by(planner: Planner) -> Iterator[None]:
    """Let all runs be planned for the length of a block, and nothing be loaded.

    Args:
        planner: Gets each of them.
    """
    global _planner
    _planner = planner
    try:
        yield
    finally:
        _planner = None


def planner() -> Planner | None:
    """Return what takes the place of runs; None where they are done."""
    return _planner
