"""State and schemas back from the destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlt.errors import CannotRestorePipelineException
from dlt.schema.schema import Schema
from dlt.workdir.state import decode

if TYPE_CHECKING:
    from dlt.pipeline.pipeline import Pipeline


def restore_from(pipeline: Pipeline) -> tuple[dict[str, Any], list[Schema]] | None:
    """Return the state that the last complete load left, with every schema that it names; None if there is none.

    Raises:
        CannotRestorePipelineException: a schema of the state is not at the destination.
    """
    dataset = pipeline.dataset_for(pipeline.default_schema_name)
    with pipeline.destination_client_for(dataset, None) as client:
        if not client.has_dataset():
            return None
        text = client.read_state(pipeline.pipeline_name)
        if text is None:
            return None
        state = decode(text, pipeline.pipeline_name)
        default = state.get("default_schema_name")
        schemas = [_schema(client.read_schema(name=default), default, dataset)] if default else []
    for name in state.get("schema_names") or []:
        if name == default:
            continue
        other = dataset if pipeline.config.use_single_dataset else f"{dataset}_{name}"
        with pipeline.destination_client_for(other, None) as client:
            stored = client.read_schema(name=name) if client.has_dataset() else None
        schemas.append(_schema(stored, name, other))
    return state, schemas


def _schema(stored: dict[str, Any] | None, name: str, dataset: str) -> Schema:
    if stored is None:
        raise CannotRestorePipelineException(
            f"The state names the schema {name!r}, but dataset {dataset} holds no version of it. "
            "Run with restore_from_destination=False to begin anew.",
            schema_name=name,
        )
    return Schema.from_dict(stored)
