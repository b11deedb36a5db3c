"""What a pipeline tells, and takes back, beyond its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from dlt.pipeline.parts import Parts
    from dlt.pipeline.plan import PipelinePlan
    from dlt.pipeline.planning import PlanOptions


class Trust:
    """What lets people trust the loads of a pipeline; most programs use none of it, so it is imported in place."""

    parts: Parts

    def plan(self, data: object = None, *, sample: int | None = None, **options: Unpack[PlanOptions]) -> PipelinePlan:
        """Tell what `run` would do with the data; nothing is written: no state, no cursor, nothing at the destination.

        The data is read, in a folder that is thrown away. What can be read once only is used up.

        Args:
            data: What would be loaded; None for packages that wait.
            sample: Rows of each resource that are read at most; whole pages are taken.
            **options: Those of `run` that say what the data is and how it goes in.

        Raises:
            PipelineStepFailed: a step failed, for another reason than a contract; the cause is chained.
        """
        from dlt.pipeline.planning import plan_of_call

        return plan_of_call(self.parts, data, options, sample)
