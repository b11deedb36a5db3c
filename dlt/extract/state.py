"""State of sources and resources: what a resource writes is kept with the data it yields."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from copy import deepcopy
from typing import Any

from dlt.context import active_pipeline, current
from dlt.errors import PipelineStateNotAvailable, ResourceNameNotAvailable, SourceSectionNotAvailable
from dlt.states.model import State


def _pipeline_state(key: str) -> tuple[State, bool]:
    context = current()
    if context.state is not None:
        return context.state, context.writable
    pipeline = context.pipeline or active_pipeline()
    if pipeline is None:
        raise PipelineStateNotAvailable(
            f"The state of the source '{key}' is asked for, and no pipeline is active that could keep it. Call "
            "dlt.pipeline(...) before the source, or ask for the state in a resource.",
            source_state_key=key,
            pipeline_name=None,
        )
    # a copy of what the last run left: outside of a run nothing would store what is written
    return dict(pipeline.state), False


def _source_name() -> str:
    context = current()
    if context.source_name:
        return context.source_name
    if context.schema is not None:
        return str(context.schema.name)
    if context.state is None:
        raise SourceSectionNotAvailable(
            "The state of a source is asked for where no source is at work. Pass the name of the source, or ask in a "
            "source or resource.",
            pipeline_name=context.pipeline_name,
        )
    return default_source_name()


def default_source_name() -> str:
    """Return the name of the source that resources without one belong to."""
    context = current()
    pipeline = context.pipeline or active_pipeline()
    named = None if pipeline is None else pipeline.default_schema_name
    return named or context.pipeline_name or "dlt"


def source_state(source_state_key: str | None = None) -> State:
    """Return the state of the source at work; a copy where writes are not kept.

    Args:
        source_state_key: Name of another source.

    Raises:
        SourceSectionNotAvailable: no source is at work and no name was given.
        PipelineStateNotAvailable: no pipeline is active, nor is a resource being read.
    """
    key = source_state_key or _source_name()
    state, writable = _pipeline_state(key)
    # a copy, as what is written outside of a run must not reach the next one
    if not writable:
        return deepcopy(state.get("sources", {}).get(key, {}))
    found: State = state.setdefault("sources", {}).setdefault(key, {})
    return found


def resource_state(resource_name: str | None = None, source_state_: State | None = None) -> State:
    """Return the state of the resource at work.

    Args:
        resource_name: Name of another resource of the source.
        source_state_: State of the source to look in.

    Raises:
        ResourceNameNotAvailable: no resource is at work and no name was given.
    """
    name = resource_name or current().resource_name
    if not name:
        raise ResourceNameNotAvailable(
            "resource_state(): no resource is being extracted here. Pass resource_name, or call it in a resource."
        )
    state = source_state() if source_state_ is None else source_state_
    found: State = state.setdefault("resources", {}).setdefault(name, {})
    return found


def reset_resource_state(resource_name: str, source_state_: State | None = None) -> None:
    """Forget the state of a resource."""
    state = source_state() if source_state_ is None else source_state_
    state.get("resources", {}).pop(resource_name, None)
    # an empty dict would be a difference to a state that never had one
    if not state.get("resources", True):
        del state["resources"]


# a program knows what it keeps, and would have to say it at every look-up
class StateView(MutableMapping[str, Any]):
    """`dlt.state`: the state of the source at work, as a mapping and as a function."""

    def __call__(self, source_state_key: str | None = None) -> State:
        """Return the state of a source, of the one at work if none is named."""
        return source_state(source_state_key)

    def __getitem__(self, key: str) -> Any:
        return source_state()[key]

    def __setitem__(self, key: str, value: object) -> None:
        source_state()[key] = value

    def __delitem__(self, key: str) -> None:
        del source_state()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(source_state())

    def __len__(self) -> int:
        return len(source_state())

    def __repr__(self) -> str:
        return repr(source_state())


state = StateView()


def state_of_reading() -> State:
    """Return the state that resources get which are read outside of a run: what they write is thrown away."""
    active = current().pipeline or active_pipeline()
    return {} if active is None else deepcopy(dict(active.state))


def get_current_pipe() -> object:
    """Return the pipe at work.

    Raises:
        ResourceNameNotAvailable: no resource is being extracted.
    """
    found = current().pipe
    if found is None:
        raise ResourceNameNotAvailable("get_current_pipe(): no resource is being extracted here.")
    return found


def get_current_pipe_name() -> str:
    """Return the name of the resource at work.

    Raises:
        ResourceNameNotAvailable: no resource is being extracted.
    """
    found = current().resource_name
    if not found:
        raise ResourceNameNotAvailable("get_current_pipe_name(): no resource is being extracted here.")
    return found
