"""The packages of one extract committed: all or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dlt import metrics
from dlt.extract.step import SchemaExtract
from dlt.ids import random_id
from dlt.io.codec import decode
from dlt.packages.manifest import Manifest, StepMetrics
from dlt.packages.package import LoadPackage
from dlt.packages.undo import is_of, own_changes, undo_of
from dlt.packages.workdir import Workdir
from dlt.schema.schema import Schema
from dlt.states.delta import Change, encode_delta
from dlt.states.model import State


def commit_extracts(
    workdir: Workdir,
    extracts: Iterable[SchemaExtract],
    state: State | None,
    *,
    before: State,
    changes: list[Change],
    schemas_before: Mapping[str, Schema],
    pipeline_name: str,
    known_state: str | None,
) -> list[LoadPackage]:
    """Commit the packages of one extract, all or none; the last one carries the state.

    Args:
        workdir: Their working folder.
        extracts: What `extract_sources` gave.
        state: Pipeline state that becomes visible with the last load, or None.
        before: State before the extract.
        changes: What the extract changed in it.
        schemas_before: Schemas before the extract, by name.
        pipeline_name: Name of the pipeline.
        known_state: Version hash of the state that is at the destination, where it is known.
    """
    prepared = list(extracts)
    extract_id = random_id()
    elsewhere = {name for extract in prepared[:-1] for name in extract.sources}
    for position, extract in enumerate(prepared):
        # the state becomes visible with the last load, when all the rows it tells of are there
        last = position == len(prepared) - 1
        own = own_changes(changes, extract.sources)
        if last:
            # names of schemas and the like, and what a resource wrote for another source
            own = [change for change in changes if change in own or not is_of(change, elsewhere)]
        manifest = Manifest(
            extract.schema.name,
            "extracted",
            files=tuple(extract.files),
            pipeline_name=pipeline_name,
            known_state=known_state,
            state_delta=encode_delta(changes) if last and state is not None else None,
            refresh=extract.refresh or None,
            unfilled=tuple(extract.unfilled),
            metrics={"extract": decode(StepMetrics, metrics.document(extract.figures()))},
        )
        undo = undo_of(extract_id, before, own, schemas_before.get(extract.schema.name), extract.schema)
        extract.builder.prepare(manifest, extract.schema, state if last else None, undo)
    return workdir.commit([extract.builder for extract in prepared], "extracted")
