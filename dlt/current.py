"""`dlt.current`: what is running here, and its state."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NoReturn, TypeVar

from dlt.configuration.run_context import run_context
from dlt.context import active_pipeline, current
from dlt.errors import (
    CurrentSourceNotAvailable,
    CurrentSourceSchemaNotAvailable,
    DltException,
    NotOffered,
    PipelineNotActive,
    PipelineStateNotAvailable,
    ResourceNameNotAvailable,
)
from dlt.extract.incremental.context import get_interval_context, timezone
from dlt.extract.pipe import Pipe
from dlt.extract.resource import DltResource
from dlt.extract.source import DltSource
from dlt.extract.state import resource_state, source_state
from dlt.schema.schema import Schema
from dlt.types import JsonObject

if TYPE_CHECKING:
    from dlt.pipeline.pipeline import Pipeline

__all__ = [
    "destination_state",
    "get_resource",
    "get_resource_metrics",
    "get_source_schema",
    "interval",
    "load_package_state",
    "pipe",
    "pipeline",
    "resource",
    "resource_metrics",
    "resource_name",
    "resource_state",
    "run_context",
    "source",
    "source_schema",
    "source_state",
    "state",
    "timezone",
    "workspace",
]

state = source_state
Kind = TypeVar("Kind")


def _known(found: object, kind: type[Kind], missing: type[DltException], text: str) -> Kind:
    if not isinstance(found, kind):
        raise missing(text)
    return found


def pipeline() -> Pipeline:
    """Return the pipeline at work, or the active one.

    Raises:
        PipelineNotActive: there is none.
    """
    # a source that only reads its state must not load all steps
    from dlt.pipeline.pipeline import Pipeline

    return _known(
        current().pipeline or active_pipeline(),
        Pipeline,
        PipelineNotActive,
        "dlt.current.pipeline(): no pipeline is active. Make one with dlt.pipeline(...).",
    )


def source() -> DltSource:
    """Return the source at work.

    Raises:
        CurrentSourceNotAvailable: no source is being extracted.
    """
    text = "dlt.current.source(): no source is being extracted here."
    return _known(current().source, DltSource, CurrentSourceNotAvailable, text)


def get_source_schema() -> Schema:
    """Return the schema of the source at work.

    Raises:
        CurrentSourceSchemaNotAvailable: no source is being evaluated.
    """
    return _known(
        current().schema,
        Schema,
        CurrentSourceSchemaNotAvailable,
        "dlt.current.source_schema(): no source is being evaluated here. Call it in a source or resource function.",
    )


source_schema = get_source_schema


def resource() -> DltResource:
    """Return the resource at work.

    Raises:
        ResourceNameNotAvailable: no resource is being extracted.
    """
    text = "dlt.current.resource(): no resource is being extracted here."
    return _known(current().resource, DltResource, ResourceNameNotAvailable, text)


get_resource = resource


def resource_name() -> str:
    """Return the name of the resource at work.

    Raises:
        ResourceNameNotAvailable: no resource is being extracted.
    """
    found = current().resource_name
    if not found:
        raise ResourceNameNotAvailable("dlt.current.resource_name(): no resource is being extracted here.")
    return found


def resource_metrics() -> JsonObject:
    """Return the custom metrics of the resource at work.

    Raises:
        ResourceNameNotAvailable: no resource is being extracted.
    """
    return resource().custom_metrics


get_resource_metrics = resource_metrics


def pipe() -> Pipe:
    """Return the pipe at work.

    Raises:
        ResourceNameNotAvailable: no resource is being extracted.
    """
    text = "dlt.current.pipe(): no resource is being extracted here."
    return _known(current().pipe, Pipe, ResourceNameNotAvailable, text)


def load_package_state() -> JsonObject:
    """Return the state of the package at work.

    Raises:
        PipelineStateNotAvailable: no package is being made or loaded.
    """
    found = current().package_state
    if found is None:
        raise PipelineStateNotAvailable("dlt.current.load_package_state(): no load package is at work here.")
    return found


def destination_state() -> JsonObject:
    """Return the part of the package's state that a destination keeps.

    Raises:
        PipelineStateNotAvailable: no package is being made or loaded.
    """
    found: JsonObject = load_package_state().setdefault("destination_state", {})
    return found


def interval() -> tuple[datetime, datetime] | None:
    """Return start and end of the time that a scheduler asks for, end excluded; None where nobody asks for one."""
    found = get_interval_context()
    return None if found is None else found.interval


def workspace() -> NoReturn:
    """Say that there are no workspaces.

    Raises:
        NotOffered: always.
    """
    raise NotOffered(
        "dlt.current.workspace(): workspaces and profiles are not part of this library. dlt.current.run_context() has "
        "the folders of the program; another configuration is chosen by DLT_PROJECT_DIR or DLT_CONFIG_FOLDER."
    )
