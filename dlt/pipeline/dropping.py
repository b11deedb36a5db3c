"""Drop tables of some resources and reset their state, at the destination and here, in one load."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING

from dlt.clock import new_load_id
from dlt.errors import PipelineHasPendingDataException, ValueErrorWithKnownValues
from dlt.ids import random_id
from dlt.late_dataclass import dataclass
from dlt.packages.manifest import Manifest, Refresh
from dlt.packages.undo import undo_of
from dlt.schema.quarantine import note_emptied
from dlt.schema.schema import Schema
from dlt.states.delta import difference, encode_delta
from dlt.states.model import State, bump
from dlt.user_log import use

if TYPE_CHECKING:
    from jsonpath_ng import JSONPath
    from typing_extensions import TypedDict, Unpack

    from dlt.info import LoadInfo
    from dlt.pipeline.pipeline import Pipeline

    class Selection(TypedDict, total=False):
        """What `plan_drop` takes beside the schema and the state."""

        resources: str | Iterable[str]
        state_paths: str | Iterable[str]
        drop_all: bool
        state_only: bool


@dataclass(frozen=True)
class DropPlan:
    """What a drop does.

    Attributes:
        schema_name: Name of the schema.
        resources: Resources that were selected.
        tables: Tables that go, nested ones first.
        states: Resources whose state is reset.
        state_paths: Further parts of the source's state that go.
        unknown: Names and patterns that select nothing.
        known: Resources that there are.
    """

    schema_name: str
    resources: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    state_paths: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    known: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to do."""
        return not (self.tables or self.states or self.state_paths)


def plan_drop(
    schema: Schema,
    source_state: State,
    resources: str | Iterable[str] = (),
    state_paths: str | Iterable[str] = (),
    drop_all: bool = False,
    state_only: bool = False,
) -> DropPlan:
    """Return what a drop would do.

    Args:
        schema: Schema with the tables.
        source_state: State of the source of the same name.
        resources: Names, and patterns that begin with "re:".
        state_paths: Keys or JSONPaths in the state of the source.
        drop_all: Select all resources.
        state_only: Keep the tables.

    Raises:
        ValueErrorWithKnownValues: a pattern or a path cannot be read.
    """
    tables = schema.data_tables(include_incomplete=True)
    of_table = {table["name"]: str(schema.tables[schema.root_of(table["name"])].get("resource")) for table in tables}
    with_state = source_state.get("resources") or {}
    known = sorted({*of_table.values(), *with_state})
    wanted = [resources] if isinstance(resources, str) else list(resources)
    paths_given = [state_paths] if isinstance(state_paths, str) else state_paths
    found = {pattern: [name for name in known if _fits(pattern, name)] for pattern in wanted}
    selected = set(known) if drop_all else {name for names in found.values() for name in names}
    going = [name for name, resource in of_table.items() if resource in selected]
    paths = [(path, _matches(path, source_state)) for path in paths_given]
    return DropPlan(
        schema.name,
        tuple(sorted(selected)),
        # nested tables come behind their parents in a schema, and have to go before them
        () if state_only else tuple(reversed(going)),
        tuple(sorted(selected & set(with_state))),
        tuple(dict.fromkeys(match for _, matches in paths for match in matches)),
        (*(p for p, names in found.items() if not names), *(path for path, matches in paths if not matches)),
        tuple(known),
    )


def drop(
    pipeline: Pipeline,
    resources: str | Iterable[str] = (),
    schema_name: str | None = None,
    state_paths: str | Iterable[str] = (),
    drop_all: bool = False,
    state_only: bool = False,
) -> LoadInfo | None:
    """Drop the tables of resources, with nested ones, and reset their state; the next run loads them from the start.

    Both happen at the destination in one transaction, and in the working folder. None is returned where there is
    nothing to do.

    Args:
        pipeline: The pipeline.
        resources: Names, and patterns that begin with "re:".
        schema_name: Name of the schema; the default one when None.
        state_paths: Keys or JSONPaths in the state of the source.
        drop_all: Select all resources.
        state_only: Keep the tables.

    Raises:
        PipelineHasPendingDataException: packages wait; what is in them would come after the drop.
        PipelineStepFailed: the load failed. The package with the drop waits and is tried again by the next run.
    """
    # another machine may have loaded since: it is its tables that would stay, and its cursors that would go on
    pipeline.sync_destination()
    plan = plan_for(
        pipeline,
        schema_name,
        resources=resources,
        state_paths=state_paths,
        drop_all=drop_all,
        state_only=state_only,
    )
    return None if plan.is_empty else carry_out(pipeline, plan)


def catch_up(pipeline: Pipeline) -> None:
    """Take over what the destination has, so that a plan knows the tables of every machine.

    It is not told, and leaves the trace of the last run: a look at what would go is no run.

    Args:
        pipeline: The pipeline.

    Raises:
        PipelineConfigMissing: no destination is known.
    """
    parts = pipeline.parts
    parts.target.need("drop")
    with use(parts.tracer.telling), parts.home.lock:
        parts.begin()
        parts.remote.sync()


def plan_for(pipeline: Pipeline, schema_name: str | None = None, **selection: Unpack[Selection]) -> DropPlan:
    """Return what `drop` would do now.

    Args:
        pipeline: The pipeline.
        schema_name: Name of the schema; the default one when None.
        selection: As for `plan_drop`.
    """
    schema = pipeline.schemas[schema_name] if schema_name else pipeline.default_schema
    return plan_drop(schema, _source_state(pipeline.state, schema.name), **selection)


def carry_out(pipeline: Pipeline, plan: DropPlan) -> LoadInfo:
    """Do what a plan says.

    Raises:
        PipelineHasPendingDataException: packages wait; what is in them would come after the drop.
        PipelineStepFailed: the load failed.
    """
    # no other process may extract between the look at what waits and the commit
    with pipeline.parts.home.lock:
        pipeline.parts.begin()
        if pipeline.has_pending_data:
            raise PipelineHasPendingDataException(
                f"pipeline {pipeline.pipeline_name}: packages wait to be loaded, and their rows would come after the "
                f"drop. Load them first, with dlt pipeline {pipeline.pipeline_name} run-pending, or give them up, "
                f"with dlt pipeline {pipeline.pipeline_name} abort-packages.",
                pipeline_name=pipeline.pipeline_name,
            )
        _commit(pipeline, plan)
        return pipeline.load(raise_on_failed_jobs=True)


def _commit(pipeline: Pipeline, plan: DropPlan) -> None:
    """Make a package without rows, whose load drops the tables and brings schema and state."""
    # a package, though one without rows: if the process dies now, the next run finishes the drop
    before, state = pipeline.state, deepcopy(pipeline.state)
    schema_before = pipeline.schemas[plan.schema_name].clone()
    schema = schema_before.clone()
    schema.drop_tables(plan.tables)
    load_id = new_load_id([pipeline.workdir.newest_load_id() or "0"])
    note_emptied(schema.tables, plan.tables, load_id)
    schema.bump()
    source_state = _source_state(state, plan.schema_name)
    for resource in plan.states:
        source_state["resources"].pop(resource)
    for path in plan.state_paths:
        _remove(source_state, path)
    changed = bump(state)
    changes = difference(before, state)
    manifest = Manifest(
        schema.name,
        "normalized",
        pipeline_name=pipeline.pipeline_name,
        known_state=pipeline.parts.home.known_state(),
        refresh=Refresh(drop_tables=plan.tables) if plan.tables else None,
        state_delta=encode_delta(changes),
    )
    pipeline.workdir.begin(load_id).commit(
        manifest,
        schema,
        state if changed else None,
        undo_of(random_id(), before, changes, schema_before, schema),
    )
    # what the package brings is taken from it by the next step, where a kill comes in between
    pipeline.schemas.adopt(schema)
    pipeline.parts.home.save_state(state)


def _source_state(state: State, name: str) -> State:
    found: State = (state.get("sources") or {}).get(name) or {}
    return found


def _fits(pattern: str, name: str) -> bool:
    if not pattern.startswith("re:"):
        return pattern == name
    try:
        return re.search(pattern.removeprefix("re:"), name) is not None
    except re.error as error:
        raise ValueErrorWithKnownValues("resources", pattern, ["a name", f"re: and a pattern ({error})"]) from error


def _parsed(path: str) -> JSONPath:
    from jsonpath_ng.exceptions import JSONPathError
    from jsonpath_ng.parser import parse

    try:
        found: JSONPath = parse(path)
        return found
    except (JSONPathError, AttributeError) as error:
        raise ValueErrorWithKnownValues("state_paths", path, ["a key", f"a JSONPath ({error})"]) from error


def _matches(path: str, source_state: State) -> Sequence[str]:
    """Return the paths of what a path finds; a key that no path can be is taken as it is."""
    if path in source_state:
        return [path]
    return [str(match.full_path) for match in _parsed(path).find(source_state)]


def _remove(source_state: State, path: str) -> None:
    if path in source_state:
        del source_state[path]
    else:
        _parsed(path).filter(lambda _: True, source_state)
