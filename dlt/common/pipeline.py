"""Infos of steps, pipelines and their state under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, ClassVar, Literal

from dlt import context
from dlt.common.configuration.container import Container, ContainerInjectableContext
from dlt.configuration.spec import configspec
from dlt.errors import DestinationHasFailedJobs
from dlt.info import ExtractInfo, LoadInfo, LoadJobInfo, LoadPackageInfo, NormalizeInfo, ParsedLoadJobFileName
from dlt.info import _Step as StepInfo
from dlt.io.folders import data_folder
from dlt.metrics import StepFigures
from dlt.schema.schema import Schema
from dlt.states.model import State
from dlt.types import JsonObject

if TYPE_CHECKING:
    from typing_extensions import Self

    from dlt.context import PipelineAtWork as SupportsPipeline
    from dlt.extract.source import DltSource
else:
    # the Protocol is for type checkers only; programs that ask for the class at run time mean that of pipelines
    from dlt.pipeline.pipeline import Pipeline as SupportsPipeline

__all__ = [
    "Container",
    "DestinationHasFailedJobs",
    "ExtractInfo",
    "ExtractMetrics",
    "LoadInfo",
    "LoadJobInfo",
    "LoadMetrics",
    "LoadPackageInfo",
    "NormalizeInfo",
    "NormalizeMetrics",
    "ParsedLoadJobFileName",
    "PipelineContext",
    "SourceInjectableContext",
    "SourceSchemaInjectableContext",
    "StateInjectableContext",
    "StepInfo",
    "StepMetrics",
    "SupportsPipeline",
    "TPipelineLocalState",
    "TPipelineState",
    "TRefreshMode",
    "TSourceState",
    "current_pipeline",
    "get_dlt_pipelines_dir",
    "get_dlt_repos_dir",
    "pipeline_state",
]
StepMetrics = ExtractMetrics = NormalizeMetrics = LoadMetrics = StepFigures
TPipelineState = State
TPipelineLocalState = State
TSourceState = JsonObject
TRefreshMode = Literal["drop_sources", "drop_resources", "drop_data"]


@configspec(init=False)
class PipelineContext(ContainerInjectableContext):
    """The active pipeline.

    Args:
        enable_activation_history: Remember all pipelines that are activated through this context.
    """

    global_affinity: ClassVar[bool] = True

    def __init__(self, enable_activation_history: bool = False) -> None:
        self.enable_activation_history = enable_activation_history
        self._history: list[SupportsPipeline] = []

    def pipeline(self) -> SupportsPipeline:
        """Return the active pipeline, or make the default one."""
        return context.pipeline_or_default()

    def is_active(self) -> bool:
        """Tell whether a pipeline is active."""
        return context.active_pipeline() is not None

    def activate(self, pipeline: SupportsPipeline) -> None:
        """Make a pipeline the active one."""
        if self.enable_activation_history:
            self._history.append(pipeline)
        context.activate(pipeline)

    def deactivate(self) -> None:
        """Let no pipeline be active."""
        context.activate(None)

    def activation_history(self) -> list[SupportsPipeline]:
        """Return the pipelines that were activated, the last one at the end."""
        return list(self._history)

    def clear_activation_history(self) -> None:
        """Forget them."""
        self._history.clear()


@configspec(init=False)
class StateInjectableContext(ContainerInjectableContext):
    """The state that sources and resources read and write.

    Args:
        state: State of a pipeline; what a source writes lies under "sources".
    """

    can_create_default: ClassVar[bool] = False

    def __init__(self, state: TPipelineState | None = None) -> None:
        self.state: TPipelineState = {} if state is None else state

    @classmethod
    def at_work(cls) -> Self | None:
        """Return the state of the step that runs."""
        found = context.current().state
        return None if found is None else cls(found)

    def applied(self) -> AbstractContextManager[object]:
        """Let sources and resources work with this state for a block."""
        return context.use(state=self.state, writable=True)


@configspec(init=False)
class SourceSchemaInjectableContext(ContainerInjectableContext):
    """The schema of the source at work.

    Args:
        schema: The schema.
    """

    can_create_default: ClassVar[bool] = False

    def __init__(self, schema: Schema | None = None) -> None:
        self.schema = schema

    @classmethod
    def at_work(cls) -> Self | None:
        """Return the schema of the source that is being evaluated."""
        found = context.current().schema
        return cls(found) if isinstance(found, Schema) else None

    def applied(self) -> AbstractContextManager[object]:
        """Let it be the schema of the source at work for a block."""
        return context.use(schema=self.schema)


@configspec(init=False)
class SourceInjectableContext(ContainerInjectableContext):
    """The source at work.

    Args:
        source: The source.
    """

    can_create_default: ClassVar[bool] = False

    def __init__(self, source: DltSource | None = None) -> None:
        self.source = source

    def applied(self) -> AbstractContextManager[object]:
        """Let it be the source at work for a block."""
        return context.use(source=self.source)


def current_pipeline() -> SupportsPipeline:
    """Return the active pipeline, or make the default one."""
    return context.pipeline_or_default()


def pipeline_state(container: Container, initial_default: TPipelineState | None = None) -> tuple[TPipelineState, bool]:
    """Return the state at work, and whether what is written to it is kept.

    Args:
        container: The container of contexts.
        initial_default: What comes back where no state is at work and no pipeline is active.
    """
    injected = container.get(StateInjectableContext)
    if injected is not None:
        return injected.state, context.current().writable
    active = context.active_pipeline()
    return (dict(active.state) if active is not None else initial_default or {}), False


def get_dlt_pipelines_dir() -> str:
    """Return the folder under which pipelines keep what they work on, unless they are told another one."""
    return os.path.join(data_folder(), "pipelines")


def get_dlt_repos_dir() -> str:
    """Return the folder for repositories that `dlt init` fetches."""
    return os.path.join(data_folder(), "repos")
