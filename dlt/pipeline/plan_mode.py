"""Programs whose runs are planned and not done, as `dlt plan` wants it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dlt.pipeline.plan_flag import planned_by
from dlt.pipeline.planning import plan_run

if TYPE_CHECKING:
    from dlt.extract.vocabulary import Refresh
    from dlt.pipeline.extracting import Hints
    from dlt.pipeline.parts import Parts
    from dlt.pipeline.plan import PipelinePlan


@dataclass
class Planned:
    """Plans that take the place of runs.

    Attributes:
        sample: Rows of each resource that are read at most; None for all.
        plans: One for each run so far.
    """

    sample: int | None = None
    plans: list[PipelinePlan] = field(default_factory=list)

    def plan(self, parts: Parts, data: object, hints: Hints, refresh: Refresh | None, file_format: str | None) -> None:
        """Plan a run."""
        self.plans.append(plan_run(parts, data, hints, refresh, file_format, self.sample))


@contextmanager
def planning(sample: int | None = None) -> Iterator[Planned]:
    """Let all runs be planned for the length of a block, and nothing be loaded.

    Args:
        sample: Rows of each resource that are read at most; None for all.
    """
    found = Planned(sample)
    with planned_by(found.plan):
        yield found
