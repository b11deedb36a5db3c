"""The undo of loads as a task: it may run on any machine, and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dlt.errors import SpecInvalid
from dlt.load.undo_plan import UndoPlan
from dlt.tasks.bench import bench
from dlt.tasks.report import LoadReport, bare_report
from dlt.tasks.spec import Spec, StepContext
from dlt.tasks.task_run import TaskRun


def undo_step(
    spec: Spec | Mapping[str, object],
    load_ids: str | Sequence[str],
    context: StepContext,
    cascade: bool = False,
    is_retry: bool = False,
) -> LoadReport:
    """Undo loads, each in a transaction of its own, the newest first; one that was undone before stays as it is.

    The tables that changed are in the report without rows, and `undone` has the loads that are gone.

    Args:
        spec: A spec with the pipeline; it needs no source.
        load_ids: The loads, such as `load_ids` of the report of a run.
        context: The run and the try.
        cascade: Undo later loads that are in the way too.
        is_retry: A try before this one may have died behind its undo: loads that were undone before are told as if it
            was now, with all tables of their schema.

    Raises:
        SpecInvalid: no load is named.
        UndoRefused: a load is not there, or cannot be undone.
        PipelineStepFailed: the destination failed; nothing of the load was undone.
    """
    whole = spec if isinstance(spec, Spec) else Spec.from_dict(spec)
    wanted = [load_ids] if isinstance(load_ids, str) else list(load_ids)
    if not wanted or not all(wanted):
        raise SpecInvalid("undo_step: no load is named. Give load ids, as in _dlt_loads and in the report of a run.")
    with bench(whole, context, "undo") as (run, _):
        plans = [run.pipeline.undo(load_id, cascade=cascade) for load_id in sorted(set(wanted), reverse=True)]
        return _report(run, plans, is_retry)


def _report(run: TaskRun, plans: Sequence[UndoPlan], is_retry: bool) -> LoadReport:
    told = [plan for plan in plans if not plan.was_undone or is_retry]
    datasets: dict[str, str] = {}
    for plan in told:
        datasets |= dict.fromkeys(_tables(run, plan), plan.dataset_name)
    undone = [load_id for plan in told for load_id in (plan.loads or (plan.load_id,))]
    report = bare_report(run, [], [plan.undo_id for plan in plans if plan.undo_id is not None])
    return replace(
        report,
        datasets=datasets,
        undone=list(dict.fromkeys(undone)),
        skipped=all(plan.was_undone for plan in plans),
        known=not told,
        text="\n\n".join(map(str, plans)),
    )


def _tables(run: TaskRun, plan: UndoPlan) -> list[str]:
    if plan.was_undone:
        return [table["name"] for table in run.pipeline.schemas[plan.schema_name].data_tables()]
    return [name for part in plan.tables for name in (part.table, *part.nested)]
