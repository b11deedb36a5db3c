"""Runs that are loaded once more: what the destination knows of them, and what an extract of them gives again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from dlt.destinations.client import WorkDone
from dlt.errors import LoadUndone, SpecInvalid
from dlt.extract.resource import DltResource
from dlt.extract.source import DltSource
from dlt.load.work import GOES_ON, OWN_STATE, REPEATS
from dlt.packages.manifest import Refresh, Work
from dlt.packages.package import LoadPackage
from dlt.states.cursor import cursors_of, other_keys
from dlt.states.model import State
from dlt.tasks.folder import former_load_id, work_key
from dlt.tasks.spec import StepContext
from dlt.tasks.token import PackageRef, Token

if TYPE_CHECKING:
    from dlt.extract.pipe import Pipe
    from dlt.tasks.task_run import TaskRun


def work_of(
    pipeline_name: str,
    context: StepContext,
    schema_name: str,
    load_id: str = "",
    resources: Mapping[str, str] | None = None,
    reprocess: str = "auto",
) -> Work:
    """Return the work of a step.

    Args:
        pipeline_name: Name of the pipeline.
        context: The run, the part and the wish.
        schema_name: Its schema.
        load_id: Load id of the package.
        resources: What an extract of the same run gives again, by resource.
        reprocess: What becomes of earlier rows.
    """
    key = work_key(pipeline_name, context.run_id, context.chunk, schema_name)
    before = former_load_id(pipeline_name, context, schema_name)
    return Work(key, context.revision, load_id, before, resources or {}, reprocess)


def loaded_before(run: TaskRun, context: StepContext, schema_name: str | None = None) -> WorkDone | None:
    """Return what the destination knows of the work of an extract, None if it was never loaded.

    Args:
        run: The step, with its pipeline, in step with the destination.
        context: The run, the part and the wish.
        schema_name: Its schema; the default one when None.
    """
    name = schema_name or run.pipeline.default_schema_name
    found = run.known_works(name, [work_of(run.pipeline_name, context, name)])[0] if name else None
    # what was undone is to be extracted again, as if it had never been loaded
    return None if found is not None and found.is_undone else found


def refuse_undone(run: TaskRun, tokens: Sequence[Token]) -> None:
    """Let no step go on with packages whose load was undone since.

    Args:
        run: The step.
        tokens: What it was given.

    Raises:
        LoadUndone: the load of one of them was undone.
    """
    for token in tokens:
        gone = undone_packages(run, token)
        if gone:
            raise LoadUndone(
                f"pipeline {run.pipeline_name}, run {token.run_id}: load {gone[0]} was loaded before and undone since. "
                "It is neither loaded again nor taken for loaded. Clear the extract task with those behind it, so that "
                "the run is extracted again.",
                load_id=gone[0],
            )


def undone_packages(run: TaskRun, token: Token) -> list[str]:
    """Return the load ids of those packages of a token that were loaded, and undone since.

    Args:
        run: The step.
        token: What an earlier step left.
    """
    found = []
    for reference in token.packages:
        key = work_key(token.pipeline_name, token.run_id, token.chunk, reference.schema_name)
        work = Work(key, token.revision, reference.load_id, before=reference.load_id)
        (known,) = run.known_works(reference.schema_name, [work])
        if known is not None and known.is_undone and known.load_id == reference.load_id:
            found.append(reference.load_id)
    return found


def known_packages(run: TaskRun, found: Sequence[tuple[Token, PackageRef]]) -> list[WorkDone | None]:
    """Return for each package of a schema whether the destination has its work, or a later wish for it."""
    if not found:
        return []
    works = [
        Work(
            work_key(token.pipeline_name, token.run_id, token.chunk, reference.schema_name),
            token.revision,
            reference.load_id,
            before=reference.load_id,
        )
        for token, reference in found
    ]
    done = run.known_works(found[0][1].schema_name, works)
    return [
        known if known and known.revision >= work.revision and not known.is_undone else None
        for work, known in zip(works, done, strict=True)
    ]


def check_parts(fresh: Sequence[LoadPackage], done: Sequence[PackageRef]) -> None:
    """Make sure that parts of a run can be loaded beside those that were loaded before.

    Raises:
        SpecInvalid: they would empty a table that holds rows of the others.
    """
    # a package of a part that is loaded now may empty a table as a whole
    kept = {table for reference in done for table, rows in reference.rows.items() if rows}
    for package in fresh:
        schema, refresh = package.schema, package.manifest.refresh or Refresh()
        emptied = set(refresh.tables)
        for file in package.files:
            if schema.get_table(schema.root_of(file.table)).get("write_disposition") == "replace":
                emptied.add(file.table)
        if emptied & kept:
            names = ", ".join(sorted(emptied & kept))
            raise SpecInvalid(
                f"package {package.load_id}: it replaces {names}, which holds rows of parts of the run that were "
                "loaded before and are not loaded now. Clear the extract of all parts of the run."
            )


def what_repeats(data: object, base: State, window: object) -> dict[str, str]:
    """Return for each resource what an extract gives when a run is loaded once more.

    Args:
        data: What was extracted.
        base: State that the extract started from.
        window: Time that the run loads, or None.
    """
    # dlt schedule tells the time by these variables
    by_time = window is not None or bool(os.environ.get("DLT_INTERVAL_START") and os.environ.get("DLT_INTERVAL_END"))
    found = {}
    for source_name, resource in _resources(data):
        state = _states(base, source_name)
        # what a resource wrote itself nobody can judge: it may be where it goes on, or nothing of the kind
        own = {key: value for key, value in state.items() if key != "resources" and value}
        pipes = list(_pipes(resource.pipe))
        kinds = [_cursor(pipe, state, by_time) for pipe in pipes]
        for pipe in pipes:
            of_resource = (state.get("resources") or {}).get(pipe.name) or {}
            own.update({key: value for key, value in other_keys(of_resource).items() if value})
        if GOES_ON in kinds:
            found[resource.name] = GOES_ON
        else:
            found[resource.name] = OWN_STATE if own and REPEATS not in kinds else REPEATS
    return found


def _cursor(pipe: Pipe, state: State, by_time: bool) -> str | None:
    """Return whether a cursor goes on where it stood, takes a time that is given, or is not there."""
    known = cursors_of(state, pipe.name)
    # the configuration is looked up while the source runs, and that is over
    cursor = pipe.merged_incremental(look_up=False)
    if cursor is None or not cursor.cursor_path:
        # one that is configured, or is made inside of the resource, is seen in the state only
        return GOES_ON if known else None
    # such a cursor reads what lies in a time, whatever it read before
    if cursor.end_value is not None or (cursor.allow_external_schedulers and by_time):
        return REPEATS
    return GOES_ON if cursor.cursor_path in known else None


def _pipes(pipe: Pipe | None) -> Iterator[Pipe]:
    while pipe is not None:
        yield pipe
        pipe = pipe.parent


def _resources(data: object) -> Iterator[tuple[str | None, DltResource]]:
    if isinstance(data, DltSource):
        for resource in data.selected_resources.values():
            yield data.name, resource
    elif isinstance(data, DltResource):
        yield None, data
    elif isinstance(data, (list, tuple)):
        for item in data:
            yield from _resources(item)


def _states(base: State, source_name: str | None) -> State:
    """Return the state of a source; of bare resources that of all sources together, since they share the first."""
    sources: State = base.get("sources") or {}
    if source_name is not None:
        return dict(sources.get(source_name) or {})
    joined: State = {"resources": {}}
    for state in sources.values():
        joined["resources"].update(state.get("resources") or {})
    return joined
