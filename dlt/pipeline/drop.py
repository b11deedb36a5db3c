"""What drops the tables of resources: names of PyPI `dlt` 1.x."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dlt.absent import absent_names
from dlt.pipeline.dropping import carry_out, catch_up, drop, plan_for

if TYPE_CHECKING:
    from typing_extensions import TypedDict

    from dlt.pipeline.pipeline import Pipeline

    class DropInfo(TypedDict):
        """What a drop does, as programs for PyPI `dlt` 1.x read it."""

        tables: list[str]
        tables_with_data: list[str]
        resource_states: list[str]
        state_paths: list[str]
        resource_names: list[str]
        schema_name: str
        drop_all: bool
        resource_pattern: re.Pattern[str]
        warnings: list[str]


__all__ = ["PlannedDrop", "drop"]


class PlannedDrop:
    """A drop that was looked up and is not done yet: programs show `info`, and call it to carry it out.

    Attributes:
        pipeline: The pipeline.
        schema: The schema whose tables go.
        info: What the drop does, and in `warnings` what selected nothing.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        resources: str | Iterable[str] = (),
        schema_name: str | None = None,
        state_paths: str | Iterable[str] = (),
        drop_all: bool = False,
        state_only: bool = False,
    ) -> None:
        """Look up what goes; nothing is changed.

        Args:
            pipeline: The pipeline.
            resources: Names, and patterns that begin with "re:".
            schema_name: Name of the schema; the default one when None.
            state_paths: Keys or JSONPaths in the state of the source.
            drop_all: Select all resources.
            state_only: Keep the tables.

        Raises:
            PipelineNeverRan: there is no schema yet.
        """
        catch_up(pipeline)
        self.pipeline = pipeline
        self.schema = pipeline.schemas[schema_name] if schema_name else pipeline.default_schema
        self._plan = plan = plan_for(
            pipeline,
            schema_name,
            resources=resources,
            state_paths=state_paths,
            drop_all=drop_all,
            state_only=state_only,
        )
        loaded = {table["name"] for table in self.schema.data_tables(seen_data_only=True)}
        known = ", ".join(plan.known)
        self.info: DropInfo = {
            "tables": list(plan.tables),
            "tables_with_data": [name for name in plan.tables if name in loaded],
            "resource_states": list(plan.states),
            "state_paths": list(plan.state_paths),
            "resource_names": list(plan.resources),
            "schema_name": plan.schema_name,
            "drop_all": drop_all,
            "resource_pattern": re.compile("|".join(f"(^{re.escape(name)}$)" for name in plan.resources)),
            "warnings": [f"{name!r} selects nothing. There are the resources {known}." for name in plan.unknown],
        }

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to do."""
        return self._plan.is_empty

    def __call__(self) -> None:
        """Drop, at the destination in one transaction, and in the working folder.

        Raises:
            PipelineHasPendingDataException: packages wait; what is in them would come after the drop.
            PipelineStepFailed: the load failed. The package with the drop waits and is tried again by the next run.
        """
        if not self.is_empty:
            carry_out(self.pipeline, self._plan)


__getattr__ = absent_names(
    __name__, "dlt.pipeline.helpers.drop(pipeline, resources) plans and drops.", "prepare_drop_resources DropCommand"
)
