"""Programs whose runs are planned and not done, as `dlt plan` wants it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from tempfile import TemporaryDirectory
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
        folder: Holds what stands in for databases that are not there; it is deleted.
        sample: Rows of each resource that are read at most; None for all.
        plans: One for each run so far.
        locations: Where pipelines load, by the ids of their targets.
    """

    folder: str
    sample: int | None = None
    plans: list[PipelinePlan] = field(default_factory=list)
    locations: dict[int, str] = field(default_factory=dict)

    def plan(self, parts: Parts, data: object, hints: Hints, refresh: Refresh | None, file_format: str | None) -> None:
        """Plan a run."""
        target = parts.target
        target.need("plan")
        location = self.locations.setdefault(id(target), target.location())
        plan = plan_run(parts, data, hints, refresh, file_format, self.sample)
        self.plans.append(replace(plan, destination=location))
        with target.configured():
            if target.there().is_missing():
                # a program looks at its data behind the run: to connect would make the database
                target.destination = target.there().stand_in(self.folder)


@contextmanager
def planning(sample: int | None = None) -> Iterator[Planned]:
    """Let all runs be planned for the length of a block, and nothing be loaded.

    Args:
        sample: Rows of each resource that are read at most; None for all.
    """
    with TemporaryDirectory(prefix="dlt-plan-") as folder:
        found = Planned(folder, sample)
        with planned_by(found.plan):
            yield found
