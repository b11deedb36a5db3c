"""Undo loads: a look at the destination, a plan, and a package without rows whose load carries it out.

A package, so that the undo reaches folder and destination as any load does, in one transaction, and a process that dies
leaves the rest of it to the next run. What it brings is the state from before as a newer version, which counts on every
machine.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

from dlt import user_log
from dlt.clock import new_load_id
from dlt.errors import DltException, PipelineHasPendingDataException, PipelineStepFailed, TerminalException, UndoRefused
from dlt.errors.base import ended
from dlt.ids import random_id
from dlt.load.undo import plan_undo
from dlt.load.undo_facts import UndoFacts, look_for_undo
from dlt.load.undo_plan import UndoPlan
from dlt.packages.abandon import abandon
from dlt.packages.manifest import Manifest
from dlt.packages.undo import undo_of
from dlt.pipeline.loading import load
from dlt.pipeline.parts import Parts
from dlt.states.delta import encode_delta
from dlt.states.model import bump

_LISTED = 5
"""Loads that are named where the one that is asked for is not there."""


def undo(parts: Parts, load_id: str, dry_run: bool, cascade: bool) -> UndoPlan:
    """Undo a load, or tell what that would do.

    Args:
        parts: The pipeline.
        load_id: The load.
        dry_run: Only tell it.
        cascade: Undo later loads that are in the way too.

    Raises:
        UndoRefused: the load is not there, or cannot be undone.
        PipelineHasPendingDataException: packages wait.
        PipelineStepFailed: the destination failed; the undo waits, and the next run tries it again.
    """
    home = parts.home
    home.refuse_inside("undo")
    parts.target.choose()
    parts.target.need("undo")
    with user_log.use(parts.tracer.telling), home.lock:
        parts.begin()
        if not dry_run:
            _finish(parts)
        _refuse_pending(parts)
        # another machine may have loaded since: it is its state that goes back
        parts.remote.sync()
        plan = _plan(parts, load_id, cascade)
        if dry_run or plan.was_undone:
            return plan
        if plan.refused is not None:
            raise UndoRefused(
                f"pipeline {parts.pipeline_name}, load {load_id}: {ended(plan.refused)} Nothing was undone.",
                load_id=load_id,
                blocking=list(plan.blocking),
            )
        undo_id = _commit(parts, plan)
        _carry_out(parts, undo_id)
        user_log.info(f"{parts.pipeline_name}: undid load {', '.join(plan.loads)}, as load {undo_id}")
    return replace(plan, undo_id=undo_id)


def _plan(parts: Parts, load_id: str, cascade: bool) -> UndoPlan:
    """Return the plan of an undo; the load is looked for in the datasets of all schemas."""
    target, name = parts.target, parts.pipeline_name
    if parts.settings.state_stays:
        raise UndoRefused(
            f"pipeline {name}, load {load_id}: its state stays in the working folder, as "
            "restore_from_destination=False says, and nobody knows what it was before. Nothing was undone.",
            load_id=load_id,
        )
    seen: list[str] = []
    datasets = list(dict.fromkeys(target.dataset_for(schema) for schema in parts.home.schemas))
    for dataset in datasets:
        facts, known = _look(parts, load_id, dataset)
        seen += known
        if facts is None:
            continue
        row = facts.load(load_id)
        if row is not None and row.schema_name in parts.home.schemas:
            return plan_undo(facts, load_id, name, parts.home.state, cascade)
        if row is not None:
            raise UndoRefused(
                f"pipeline {name}, load {load_id}: it is of schema {row.schema_name}, which this pipeline does not "
                "have. Undo it with the pipeline that loaded it. Nothing was undone.",
                load_id=load_id,
            )
    newest = f"The newest are {', '.join(seen[-_LISTED:])}. " if seen else ""
    raise UndoRefused(
        f"pipeline {name}: no load {load_id} is in dataset {', '.join(datasets) or target.main_dataset()} at "
        f"{target.location()}. {newest}See: dlt pipeline {name} packages",
        load_id=load_id,
    )


def _look(parts: Parts, load_id: str, dataset: str) -> tuple[UndoFacts | None, list[str]]:
    """Return what is known of a load in a dataset, None where it is not there, and the loads that are there."""
    with parts.target.connect(dataset, None) as client:
        if not client.has_dataset():
            return None, []
        # in a transaction, so that all of it is of one moment
        client.begin()
        try:
            facts = look_for_undo(client, load_id, dataset, parts.pipeline_name, parts.target.main_dataset())
            undoing = client.undoing()
            known = [row.load_id for row in undoing.loads()] if facts is None and undoing is not None else []
        finally:
            client.rollback()
    return facts, known


def _finish(parts: Parts) -> None:
    """Finish undos that a process left which died."""
    waiting = [package for stage in ("extracted", "normalized") for package in parts.home.workdir.packages(stage)]
    if waiting and all(package.manifest.undoes for package in waiting):
        for package in waiting:
            _carry_out(parts, package.load_id)


def _refuse_pending(parts: Parts) -> None:
    if parts.home.has_pending_data:
        name = parts.pipeline_name
        raise PipelineHasPendingDataException(
            f"pipeline {name}: packages wait to be loaded, and may go on from the load that is to be undone. Load them "
            f"first, with dlt pipeline {name} run-pending, or give them up, with dlt pipeline {name} abort-packages.",
            pipeline_name=name,
        )


def _commit(parts: Parts, plan: UndoPlan) -> str:
    """Make a package without rows whose load undoes loads; return its load id."""
    home = parts.home
    before, schema = home.state, home.schemas[plan.schema_name]
    state = deepcopy(plan.reverted if plan.reverted is not None else before)
    changed = bump(state)
    manifest = Manifest(
        schema.name,
        "normalized",
        pipeline_name=parts.pipeline_name,
        known_state=home.known_state(),
        state_delta=encode_delta(plan.state),
        undoes=plan.loads,
    )
    load_id = new_load_id([home.workdir.newest_load_id() or "0", *plan.loads])
    home.workdir.begin(load_id).commit(
        manifest,
        schema,
        state if changed else None,
        undo_of(random_id(), before, plan.state, schema, schema),
    )
    # a kill in between: the next step takes it from the package
    home.save_state(state)
    return load_id


def _carry_out(parts: Parts, undo_id: str) -> None:
    try:
        load(parts, raises=True)
    except PipelineStepFailed as failed:
        cause: BaseException | None = failed
        while cause is not None and not isinstance(cause, TerminalException):
            cause = cause.__cause__
        if cause is None:
            raise
        # it would fail for ever: what is there changed since the plan was made
        abandon(parts.home.workdir, [undo_id])
        parts.home.refresh()
        if isinstance(cause, DltException):
            raise cause from failed
        raise
