"""A plan of a run: extract and normalize in a folder that is thrown away, then a look at the destination."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from dlt import context
from dlt.errors import DataValidationError, PipelineStepFailed
from dlt.load.foreseen import foreseen
from dlt.load.planning import make_plan
from dlt.load.preview import TablePreview, joined, preview
from dlt.load.standing import look
from dlt.packages.manifest import CheckDone
from dlt.packages.package import LoadPackage
from dlt.pipeline.extracting import Hints, extract
from dlt.pipeline.late_masks import clear_columns, late_masks
from dlt.pipeline.normalizing import normalize
from dlt.pipeline.parts import Parts, make_parts
from dlt.pipeline.plan import CursorMove, LateMask, PipelinePlan, doubts_of
from dlt.states.cursor import cursors
from dlt.states.model import State

if TYPE_CHECKING:
    from dlt.extract.vocabulary import (
        ColumnNamesHint,
        ColumnsHint,
        ContractHint,
        FileFormat,
        Refresh,
        WriteDispositionHint,
    )
    from dlt.schema.schema import Schema
    from dlt.schema.typing import TableFormat


class PlanOptions(TypedDict, total=False):
    """What a call of `plan` says of the data; the words are those of `run`."""

    table_name: str | None
    write_disposition: WriteDispositionHint | None
    columns: ColumnsHint | None
    primary_key: ColumnNamesHint | None
    schema: Schema | None
    table_format: TableFormat | None
    schema_contract: ContractHint | None
    refresh: Refresh | None
    loader_file_format: FileFormat | None


class _Prepared(NamedTuple):
    """What extract and normalize of a plan came to: the state from before, and what a contract discards or holds."""

    before: State
    discarded: Mapping[str, int]
    quarantined: Mapping[str, int]
    late_masks: tuple[LateMask, ...]


_LEFT_OUT = ("loaded", "tmp", "trace.json", "lock")
"""What of a working folder no plan needs; packages that wait, state and schemas are copied."""


def plan_of_call(parts: Parts, data: object, options: PlanOptions, sample: int | None) -> PipelinePlan:
    """Return what a run would do, for a call of `Pipeline.plan`; see `plan_run`.

    Args:
        parts: The pipeline.
        data: What would be loaded; None for what waits only.
        options: What the call says of it.
        sample: Rows of each resource that are read at most; None for all.

    Raises:
        TypeError: there is no such option.
        ValueError: the sample has no row.
    """
    unknown = sorted(set(options) - PlanOptions.__annotations__.keys())
    if unknown:
        known = ", ".join(("data", "sample", *PlanOptions.__annotations__))
        raise TypeError(f"pipeline.plan() has no argument {unknown[0]!r}. It takes {known}.")
    hints = Hints(
        options.get("table_name"),
        None,
        options.get("write_disposition"),
        options.get("columns"),
        options.get("primary_key"),
        options.get("schema"),
        options.get("table_format"),
        options.get("schema_contract"),
    )
    if sample is not None and (not isinstance(sample, int) or sample < 1):
        raise ValueError(f"pipeline.plan(): found sample={sample!r}. Give the number of rows, one at least.")
    parts.home.refuse_inside("plan")
    parts.target.choose()
    return plan_run(parts, data, hints, options.get("refresh"), options.get("loader_file_format"), sample)


def plan_run(
    parts: Parts,
    data: object,
    hints: Hints,
    refresh: Refresh | None,
    file_format: str | None,
    sample: int | None,
) -> PipelinePlan:
    """Return what a run would do; working folder, state and destination stay as they are.

    Args:
        parts: The pipeline, whose destination is chosen.
        data: What would be loaded; None for what waits only.
        hints: What the call says of it.
        refresh: What would go first.
        file_format: Format of the files that would be loaded.
        sample: Rows of each resource that are read at most; None for all.

    Raises:
        PipelineStepFailed: a step failed, for another reason than a contract; the cause is chained.
    """
    parts.target.need("plan")
    with _thrown_away(parts) as copy, copy.tracer.run():
        plan = PipelinePlan(
            parts.pipeline_name, parts.target.location(), copy.target.main_dataset(), is_sample=sample is not None
        )
        try:
            prepared = _prepare(copy, data, hints, refresh, file_format, sample)
        except PipelineStepFailed as failed:
            refusal = _refusal(failed)
            if refusal is None:
                raise
            return replace(plan, refused=refusal)
        tables: list[TablePreview] = []
        ddl: list[str] = []
        failing: list[CheckDone] = []
        for package in copy.home.workdir.packages("normalized"):
            found, statements, checks = _preview(copy, package)
            tables += found
            ddl += statements
            failing += checks
        return replace(
            plan,
            dataset_name=copy.target.main_dataset(),
            tables=joined(tables),
            ddl=ddl,
            cursors=list(_moves(prepared.before, copy.home.state)),
            doubts=doubts_of(joined(tables)),
            discarded=prepared.discarded,
            quarantined=prepared.quarantined,
            failing_checks=failing,
            late_masks=prepared.late_masks,
            changes_state=_kept(prepared.before.get("sources")) != _kept(copy.home.state.get("sources")),
        )


@contextmanager
def _thrown_away(parts: Parts) -> Iterator[Parts]:
    """Make a pipeline of the same name, state and destination in a folder that is deleted."""
    active = context.active_pipeline()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="dlt-plan-"))
        stack.callback(context.activate, active)
        if os.path.isdir(parts.home.working_dir) and not parts.settings.full_refresh:
            # no other process may be half through when it is copied
            with parts.home.lock:
                shutil.copytree(
                    parts.home.working_dir,
                    os.path.join(folder, parts.pipeline_name),
                    ignore=lambda place, _names: _LEFT_OUT if place == parts.home.working_dir else (),
                )
        copy = make_parts(replace(parts.settings, pipelines_dir=folder, export_schema_path=None), parts.whose)
        copy.home.is_thrown_away = True
        copy.target.take_from(parts.target)
        with parts.target.configured():
            there = parts.target.there()
            if there.is_missing():
                # to connect to it would make it
                copy.target.destination = there.stand_in(folder)
        yield copy


def _prepare(
    copy: Parts, data: object, hints: Hints, refresh: Refresh | None, file_format: str | None, sample: int | None
) -> _Prepared:
    """Extract and normalize."""
    with copy.tracer.failing("sync"):
        copy.begin()
        copy.remote.sync_on_start()
    # what the sync takes over is there already: it is no move of a cursor
    before, clear = deepcopy(copy.home.state), clear_columns(copy.home.schemas)
    if data is not None:
        if sample is not None:
            # copies: a limit must not stay on the resources of the program
            sources = [source.clone().add_limit(sample, count_rows=True) for source in hints.wrap(data, copy)]
            data, hints = sources, Hints(schema_contract=hints.schema_contract)
        extract(copy, data, hints, refresh)
    normalize(copy, file_format)
    discarded, quarantined = Counter[str](), Counter[str]()
    for package in copy.home.workdir.packages("normalized"):
        metrics = package.manifest.metrics
        came, stayed = (metrics[step].rows if step in metrics else {} for step in ("extract", "normalize"))
        aside, before_it = (metrics[step].quarantined if step in metrics else {} for step in ("normalize", "extract"))
        # those of normalize are all of the package
        quarantined.update(aside)
        for table, rows in came.items():
            # what extract puts aside is not among what came
            gone = rows - stayed.get(table, 0) - aside.get(table, 0) + before_it.get(table, 0)
            if gone > 0:
                discarded[table] += gone
    masks = tuple(late_masks(clear, copy.home.schemas))
    return _Prepared(before, dict(discarded), dict(quarantined), masks)


def _refusal(failed: BaseException) -> str | None:
    """Return why a contract refuses the data; None where something else failed."""
    error: BaseException | None = failed
    while error is not None:
        if isinstance(error, DataValidationError):
            return str(error)
        error = error.__cause__
    return None


def _preview(copy: Parts, package: LoadPackage) -> tuple[list[TablePreview], list[str], list[CheckDone]]:
    """Return what a package would do to tables, statements that would add tables and columns, and failing checks."""
    dataset = copy.target.dataset_for(package.schema_name)
    order = replace(copy.order(package, dataset), run=copy.remote.run_load(package))
    with copy.target.connect(dataset, package.schema) as client:
        # in a transaction, so that all of it is of one moment
        client.begin()
        try:
            standing = look(order, client)
        finally:
            client.rollback()
        plan = make_plan(order, standing)
        # behind the transaction: some engines lock a table that a change of tables is asked for
        return preview(plan, client), list(client.ddl(plan.changes.tables)), list(foreseen(plan, client))


def _kept(value: object) -> object:
    """Return what sources keep; a place for it that is empty yet is nothing."""
    if not isinstance(value, dict):
        return value
    found = {key: _kept(each) for key, each in value.items()}
    return {key: each for key, each in found.items() if each is not None and each != {}}


def _moves(before: State, after: State) -> Iterator[CursorMove]:
    old = {key: cursor.last_value for key, cursor in cursors(before)}
    for key, cursor in cursors(after):
        if cursor.last_value != old.get(key):
            yield CursorMove(key.source, key.resource, key.cursor_path, old.get(key), cursor.last_value)
