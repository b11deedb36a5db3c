"""Carry a plan out, in one transaction."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from dlt.clock import utc_now
from dlt.destinations.client import Client
from dlt.errors import DestinationException, TerminalException
from dlt.io import failpoints
from dlt.load.drift import Drift
from dlt.load.keeping import Keeper, keeper_of, note_again
from dlt.load.order import LoadOrder
from dlt.load.plan import LoadPlan, Publication
from dlt.load.planning import make_plan
from dlt.load.standing import look
from dlt.packages.manifest import CheckDone, Job
from dlt.progress import Collector, NullCollector
from dlt.redact import redact
from dlt.schema.typing import TableSchema
from dlt.states.model import State
from dlt.user_log import logger


@dataclass
class LoadResult:
    """What became of one package.

    Attributes:
        jobs: What became of each file.
        schema_update: Tables and columns that were added.
        skipped: The destination had this load already.
        known: It had it by another wish than that of this task, so that this is no retry.
        load_ids: Loads that hold the rows.
        removed: Tables from which the rows of an earlier load of the same work were deleted.
        checks: What came of checks of data.
        state: State that the destination has now, if this load changed it.
        joined: The state holds what another run left there meanwhile.
    """

    load_id: str
    dataset_name: str
    started_at: datetime.datetime
    finished_at: datetime.datetime | None = None
    jobs: list[Job] = field(default_factory=list)
    schema_update: Mapping[str, TableSchema] = field(default_factory=dict)
    skipped: bool = False
    known: bool = False
    load_ids: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    checks: tuple[CheckDone, ...] = ()
    state: State | None = None
    joined: bool = False

    @property
    def failed(self) -> bool:
        """Tell whether a job failed; then nothing of the package is visible."""
        return any(job.state == "failed" for job in self.jobs)


class _JobFailed(Exception):
    """A terminal error of the destination; `file` names the file that it is about, if there is one."""

    def __init__(self, file: str, error: BaseException) -> None:
        self.file, self.error = file, error


def execute(what: LoadPlan | LoadOrder, client: Client, collector: Collector | None = None) -> LoadResult:
    """Load a package in one transaction: tables, data, schema version, state and the record of the load.

    A load that the destination already has is not repeated. A terminal error of one job undoes all of it and is
    recorded in the result; any other error undoes all of it and is raised.

    Args:
        what: A plan, which counts where what it was made for still stands; otherwise, and for an order, the plan is
            made inside of the transaction.
        client: Client of the dataset.
        collector: Shows progress.

    Raises:
        Superseded: another try of the task took over.
        StaleExtract: another run changed the same state since this package was extracted.
        ChecksFailed: a check of its data failed.
    """
    plan, order = (what, what.order) if isinstance(what, LoadPlan) else (None, what)
    package, task = order.package, order.task
    result = LoadResult(package.load_id, order.dataset_name, utc_now(), load_ids=list(order.load_ids))
    jobs = {file.name: Job(file.table, file.name, file.format, file.rows, file.bytes) for file in package.files}
    failpoints.point("load.before_begin")
    # in a transaction of its own, before this one: it holds whatever becomes of the load
    epoch = client.claim(task.pipeline_name, package.load_id, task.attempt) if task is not None else 0
    client.begin()
    try:
        # first in the transaction: where loads take turns they wait for them here
        client.create_dataset()
        _hold(order, client, epoch)
        if order.run is not None and order.compares:
            # before the look: what is compared must not change between the look and the commit
            client.hold_state(order.run.pipeline_name, order.home)
        standing = look(order, client)
        # a plan that was made before counts only where nothing changed since
        if plan is None or plan.standing != standing:
            plan = make_plan(order, standing)
        if plan.settled:
            client.rollback()
            result.skipped, result.load_ids = True, [done.load_id for done in plan.settled]
            result.known = task is not None and all(done.wish != task.wish for done in plan.settled)
            jobs = {name: replace(job, state="completed") for name, job in jobs.items()}
        else:
            result.schema_update, result.joined = plan.changes.added, plan.joined
            result.removed = [removal.chain[0]["name"] for removal in plan.removals]
            _carry_out(plan, client, jobs, collector or NullCollector())
            if plan.checks:
                from dlt.load.checking import run_checks

                # behind all publications: a check may look at other tables
                result.checks = run_checks(plan, client)
                failpoints.point("load.after_checks")
            result.state = _record(plan, client)
            # another try may have taken over while this one loaded
            _hold(order, client, epoch)
            failpoints.point("load.before_commit")
            client.commit()
            failpoints.point("load.after_commit")
    except _JobFailed as failure:
        _roll_back(client)
        jobs = _with_failure(jobs, failure)
    except BaseException:
        _roll_back(client)
        raise
    result.jobs = list(jobs.values())
    result.finished_at = utc_now()
    return result


def _hold(order: LoadOrder, client: Client, epoch: int) -> None:
    """Let no other try of a task commit before this one."""
    if order.task is not None:
        client.hold(order.task.pipeline_name, order.package.load_id, epoch)


def _roll_back(client: Client) -> None:
    try:
        client.rollback()
    except DestinationException:
        # the connection is gone, and the transaction with it; the first error is the one to see
        return


def _carry_out(plan: LoadPlan, client: Client, jobs: dict[str, Job], collector: Collector) -> None:
    if plan.order.package.manifest.undoes:
        from dlt.load.undo import carry_out

        carry_out(plan.undo, client, plan.order.package, plan.standing.loads_there)
        failpoints.point("load.after_undo")
    for removal in plan.removals:
        client.remove_load(removal.chain, removal.load_id)
    changes = plan.changes
    if changes.dropped:
        # before the DDL, which makes tables of the same names anew
        client.remove_tables(changes.dropped, ())
    _tell_drift(changes.drift, plan.order.dataset_name)
    client.apply_ddl(changes.tables)
    keeper = keeper_of(plan, client) if plan.order.keep_undo else None
    if keeper is not None:
        keeper.prepare()
    elif plan.removals:
        note_again(plan, client)
    if changes.emptied:
        # after all DDL: DuckDB 1 does not commit what deletes rows of a table and then alters it
        client.remove_tables((), changes.emptied)
    failpoints.point("load.after_ddl")
    files = plan.order.package.files
    totals = Counter[str]()
    for file in files:
        totals[file.table] += file.rows
    for name, total in totals.items():
        # before the first file, so that a bar knows how long it is
        collector.update(name, 0, total)
    if of_parts := {plan.path(file): file.load_id for file in files if file.load_id is not None}:
        # before any file comes: files have no rows that could tell their load
        client.note_parts(of_parts)
    for publication in plan.publications:
        _publish(plan, publication, client, jobs, collector, totals, keeper)
        failpoints.point("load.after_publish")
    if keeper is not None:
        keeper.end()


def _publish(
    plan: LoadPlan,
    publication: Publication,
    client: Client,
    jobs: dict[str, Job],
    collector: Collector,
    totals: Mapping[str, int],
    keeper: Keeper | None,
) -> None:
    chain, load_id = publication.chain, plan.order.package.load_id
    # an error that is about no file is told at the first one: failures are shown by jobs only
    first = publication.groups[0].files[0].name
    with _failing(first, jobs):
        if keeper is not None:
            keeper.before_stage(publication)
        targets = client.stage(chain, load_id)
    for group in publication.groups:
        name = group.table["name"]
        for file in group.files:
            jobs[file.name] = replace(jobs[file.name], state="started", started_at=utc_now())
        with _failing(group.files[0].name, jobs):
            paths = [plan.path(file) for file in group.files]
            client.load_files(group.table, targets[name], paths, group.file_format)
        for file in group.files:
            jobs[file.name] = replace(jobs[file.name], state="completed", finished_at=utc_now())
            collector.update(name, file.rows, totals[name])
        failpoints.point("load.after_files")
    with _failing(first, jobs):
        if keeper is not None:
            keeper.before_publish(publication)
        client.publish(chain, load_id)


def _record(plan: LoadPlan, client: Client) -> State | None:
    records = plan.records
    assert records is not None, "only a settled plan has none"
    if records.state is not None:
        client.record_state(plan.order.home, plan.order.package.load_id, records.state)
    for load_id in records.loads:
        client.record_load(load_id, records.schema)
    for key, done in records.works.items():
        client.record_work(key, done)
    return records.state


def _tell_drift(drift: Drift, dataset_name: str) -> None:
    """Tell of what others removed and what is made again without a loss."""
    for name, gone in drift.columns.items():
        logger.warning(
            "dataset %s: the columns %s of table %s were removed by others; rows that are there have no values in them",
            dataset_name,
            ", ".join(gone),
            name,
        )
    if drift.empty:
        logger.warning(
            "dataset %s: tables of parents were removed by others, so %s are emptied",
            dataset_name,
            ", ".join(drift.empty),
        )


@contextmanager
def _failing(file: str, jobs: Mapping[str, Job]) -> Iterator[None]:
    """Turn a terminal error of the destination into the failure of a job: of the file that the error names, if any."""
    try:
        yield
    except TerminalException as error:
        named = error.file if isinstance(error, DestinationException) else ""
        raise _JobFailed(named if named in jobs else file, error) from error


def _with_failure(jobs: Mapping[str, Job], failure: _JobFailed) -> dict[str, Job]:
    # files that were taken were given back with all the rest
    found = {name: replace(job, state="new", finished_at=None) for name, job in jobs.items()}
    why = redact(str(failure.error))
    found[failure.file] = replace(found[failure.file], state="failed", finished_at=utc_now(), error=why)
    return found
