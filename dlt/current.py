"""`dlt.current`: what is running here, and its state."""

from __future__ import annotations

from typing import Any

from dlt.context import active_pipeline, current
from dlt.errors import (
    CurrentSourceNotAvailable,
    CurrentSourceSchemaNotAvailable,
    PipelineNotActive,
    PipelineStateNotAvailable,
    ResourceNameNotAvailable,
)
from dlt.extract.state import resource_state, source_state

__all__ = [
    "destination_state",
    "get_resource",
    "get_resource_metrics",
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
]

state = source_state


def pipeline() -> Any:
    """Return the pipeline at work, or the active one.

    Raises:
        PipelineNotActive: there is none.
    """
    found = current().pipeline or active_pipeline()
    if found is None:
        raise PipelineNotActive("dlt.current.pipeline(): no pipeline is active. Make one with dlt.pipeline(...).")
    return found


def source() -> Any:
    """Return the source at work.

    Raises:
        CurrentSourceNotAvailable: no source is being extracted.
    """
    found = current().source
    if found is None:
        raise CurrentSourceNotAvailable("dlt.current.source(): no source is being extracted here.")
    return found


def source_schema() -> Any:
    """Return the schema of the source at work.

    Raises:
        CurrentSourceSchemaNotAvailable: no source is being evaluated.
    """
    found = current().schema
    if found is None:
        raise CurrentSourceSchemaNotAvailable(
            "dlt.current.source_schema(): no source is being evaluated here. Call it in a source or resource function."
        )
    return found


def resource() -> Any:
    """Return the resource at work.

    Raises:
        ResourceNameNotAvailable: no resource is being extracted.
    """
    found = current().resource
    if found is None:
        raise ResourceNameNotAvailable("dlt.current.resource(): no resource is being extracted here.")
    return found


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


def resource_metrics() -> dict[str, Any]:
    """Return the custom metrics of the resource at work.

    Raises:
        ResourceNameNotAvailable: no resource is being extracted.
    """
    found: dict[str, Any] = resource().custom_metrics
    return found


get_resource_metrics = resource_metrics


def pipe() -> Any:
    """Return the pipe at work.

    Raises:
        ResourceNameNotAvailable: no resource is being extracted.
    """
    found = current().pipe
    if found is None:
        raise ResourceNameNotAvailable("dlt.current.pipe(): no resource is being extracted here.")
    return found


def load_package_state() -> dict[str, Any]:
    """Return the state of the package at work.

    Raises:
        PipelineStateNotAvailable: no package is being made or loaded.
    """
    found = current().package_state
    if found is None:
        raise PipelineStateNotAvailable("dlt.current.load_package_state(): no load package is at work here.")
    return found


def destination_state() -> dict[str, Any]:
    """Return the part of the package's state that a destination keeps.

    Raises:
        PipelineStateNotAvailable: no package is being made or loaded.
    """
    found: dict[str, Any] = load_package_state().setdefault("destination_state", {})
    return found


def run_context() -> Any:
    """Return all that is known of what is running here."""
    return current()
