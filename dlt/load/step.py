"""Load one package, all or nothing."""

from __future__ import annotations

import datetime
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dlt.clock import utc_now
from dlt.destinations.client import Client, WorkDone
from dlt.errors import (
    DestinationException,
    LoadPackageAborted,
    StaleExtract,
    TerminalException,
)
from dlt.io import failpoints
from dlt.load.drift import Drift, check_drift, find_drift
from dlt.load.work import known_work, roots_to_empty
from dlt.packages.advice import drop_advice
from dlt.packages.manifest import Job, PackageFile, Refresh
from dlt.packages.package import LoadPackage
from dlt.progress import Collector, NullCollector
from dlt.redact import redact
from dlt.schema.capabilities import Capabilities
from dlt.schema.dispositions import check_disposition
from dlt.schema.row_order import as_staged
from dlt.schema.schema import Schema
from dlt.schema.typing import TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.states.delta import apply
from dlt.states.model import decode
from dlt.user_log import logger

MAX_GROUP_BYTES = 128 << 20
"""Size, in bytes, of files that a destination takes at once; it bounds the memory of a load."""


@dataclass(frozen=True)
class TaskLoad:
    """A load that runs as a task: other tries of it, and other runs of its pipeline, may be alive.

    Attributes:
        pipeline_name: Name of the pipeline.
        attempt: Number of the try.
        wish: The same in all tries that follow one wish to load, and another one when someone asks again.
    """

    pipeline_name: str
    attempt: int = 1
    wish: int = 0


@dataclass(frozen=True)
class RunLoad:
    """A load of a pipeline that runs in its own folder; the same pipeline may run on other machines.

    Attributes:
        pipeline_name: Name of the pipeline.
        known_states: Version hashes of the states that the destination may have when nobody else loaded meanwhile.
    """

    pipeline_name: str
    known_states: frozenset[str] = frozenset()


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
        state: State that the destination has now, if this load changed it.
        joined: The state holds what another run left there meanwhile.
    """

    load_id: str
    dataset_name: str
    started_at: datetime.datetime
    finished_at: datetime.datetime | None = None
    jobs: list[Job] = field(default_factory=list)
    schema_update: Mapping[str, Any] = field(default_factory=dict)
    skipped: bool = False
    known: bool = False
    load_ids: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    state: dict[str, Any] | None = None
    joined: bool = False

    @property
    def failed(self) -> bool:
        """Tell whether a job failed; then nothing of the package is visible."""
        return any(job.state == "failed" for job in self.jobs)


class _JobFailed(Exception):
    """A terminal error of the destination; `file` names the file that it is about, if there is one."""

    def __init__(self, file: str, error: BaseException) -> None:
        self.file, self.error = file, error


def load_package(
    package: LoadPackage,
    client: Client,
    dataset_name: str,
    *,
    capabilities: Capabilities,
    collector: Collector | None = None,
    state_dataset_name: str | None = None,
    task: TaskLoad | None = None,
    run: RunLoad | None = None,
) -> LoadResult:
    """Load a package in one transaction: tables, data, schema version, state and the record of the load.

    A load that the destination already has is not repeated. A terminal error of one job undoes all of it and is
    recorded in the result; any other error undoes all of it and is raised.

    Args:
        package: A normalized package.
        client: Client of the dataset.
        dataset_name: Name of the dataset.
        capabilities: What the destination can do.
        collector: Shows progress.
        state_dataset_name: Dataset that holds the pipeline's state; the package's own when None.
        task: Given for a load that runs as a task: its state and schema are then joined with those that other runs
            left at the destination meanwhile.
        run: Given for a load that runs in the pipeline's own folder: its state is joined with what the pipeline left
            from elsewhere meanwhile. The state is written as the package has it when None.

    Raises:
        Superseded: another try of the task took over.
        StaleExtract: another run changed the same state since this package was extracted.
    """
    result = LoadResult(package.load_id, dataset_name, utc_now(), load_ids=_parts(package))
    jobs = {file.name: _new_job(file) for file in package.files}
    failpoints.point("load.before_begin")
    epoch = client.claim(task.pipeline_name, package.load_id, task.attempt) if task is not None else 0
    client.begin()
    try:
        client.create_dataset()
        if task is not None:
            client.hold(task.pipeline_name, package.load_id, epoch)
        home = state_dataset_name or dataset_name
        compares = run is not None and package.state is not None and package.manifest.state_delta is not None
        if run is not None and compares:
            client.hold_state(run.pipeline_name, home)
        settled = _settled(package, client)
        if settled is not None:
            result.skipped, result.load_ids = True, [done.load_id for done in settled]
            result.known = task is not None and bool(settled) and all(done.wish != task.wish for done in settled)
            client.rollback()
            jobs = {name: replace(job, state="completed") for name, job in jobs.items()}
        else:
            state = package.state
            if run is not None and compares:
                # before the data: it is of no use to load what will be refused
                state, result.joined = _state_of_run(package, client, home, run)
            schema = _joined_schema(package.schema, client) if task is not None or result.joined else package.schema
            _take_back(package, schema, client, result)
            _load(package, schema, client, capabilities, jobs, collector or NullCollector(), result)
            if task is not None:
                state = _joined_state(package, client, home, task)
            if state is not None:
                client.record_state(home, package.load_id, state)
            result.state = state
            for load_id in _parts(package):
                client.record_load(load_id, schema)
            for work in package.manifest.works:
                client.record_work(
                    work.key, WorkDone(work.revision, task.wish if task is not None else 0, work.load_id)
                )
            if task is not None:
                # another try may have taken over while this one loaded
                client.hold(task.pipeline_name, package.load_id, epoch)
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


def _parts(package: LoadPackage) -> list[str]:
    """Return the load ids that the rows of a package bear: its own, or those of the packages that it was made of."""
    return list(package.manifest.parts or [package.load_id])


def _settled(package: LoadPackage, client: Client) -> list[WorkDone] | None:
    """Return what the destination has of a package, None if it is to be loaded."""
    parts, works = _parts(package), package.manifest.works
    if not works:
        found = [WorkDone(0, 0, load_id) for load_id in parts if client.has_load(load_id)]
    else:
        found = [done for work in works if (done := known_work(work, client)) and done.revision >= work.revision]
    if found and len(found) < len(parts):
        raise LoadPackageAborted(
            f"package {package.load_id}: {', '.join(done.load_id for done in found)} of its parts were loaded before "
            "and the others were not. Nothing of it was loaded now. Load the others without them.",
            load_id=package.load_id,
        )
    if not works and found and (name := client.loaded_schema(found[0].load_id)) not in (None, package.schema_name):
        # two clocks, or one that was set back, can give one id twice
        raise LoadPackageAborted(
            f"package {package.load_id} of schema {package.schema_name}: the destination has a load of this id, "
            f"of schema {name}: it is another one. Nothing of this package was loaded. "
            f"{drop_advice(package.pipeline_name, package.load_id)}",
            load_id=package.load_id,
        )
    return found or None


def _take_back(package: LoadPackage, schema: Schema, client: Client, result: LoadResult) -> None:
    """Delete what earlier loads of the same work appended to tables that this one fills anew."""
    refresh = package.manifest.refresh or Refresh()
    for work in package.manifest.works:
        done = known_work(work, client)
        if done is None:
            continue
        for root in roots_to_empty(schema, work, refresh.drop_tables):
            chain = [_complete(table) for table in schema.chain(root)]
            client.remove_load(chain, done.load_id)
            result.removed.append(root)


def _roll_back(client: Client) -> None:
    try:
        client.rollback()
    except DestinationException:
        # the connection is gone, and the transaction with it; the first error is the one to see
        return


def _joined_schema(schema: Schema, client: Client) -> Schema:
    """Return the schema with what other runs added to the one at the destination since it was restored."""
    stored = client.read_schema(name=schema.name)
    if stored is None:
        return schema
    there = Schema.from_dict(stored)
    known = {schema.version_hash, schema.stored_version_hash, *schema.previous_hashes}
    if there.version_hash in known or there.stored_version_hash in known:
        return schema
    joined = there.clone()
    joined.update_schema(schema)
    joined.bump()
    return joined


def _joined_state(package: LoadPackage, client: Client, dataset_name: str, task: TaskLoad) -> dict[str, Any] | None:
    delta = package.state_delta
    if delta is None:
        return None
    stored = client.read_state(task.pipeline_name, dataset_name)
    current = decode(stored, task.pipeline_name) if stored is not None else None
    return apply(current, delta, task.pipeline_name, _is_repeatable(package))


def _state_of_run(
    package: LoadPackage, client: Client, dataset_name: str, run: RunLoad
) -> tuple[dict[str, Any] | None, bool]:
    """Return the state to write, and whether it was joined with that of another run."""
    stored = client.read_state(run.pipeline_name, dataset_name)
    current = decode(stored, run.pipeline_name) if stored is not None else None
    before = package.undo.version_hash if package.undo is not None else None
    if current is None or current.get("_version_hash") in {*run.known_states, before}:
        return package.state, False
    try:
        return apply(current, package.state_delta or (), run.pipeline_name, False), True
    except StaleExtract as error:
        raise StaleExtract(
            f"pipeline {run.pipeline_name}, package {package.load_id}: another run of this pipeline, from another "
            "folder, loaded since this package was extracted and went on from the same state. To load this one as well "
            f"would repeat its rows; nothing of it was loaded. {drop_advice(run.pipeline_name, package.load_id)}",
            pipeline_name=run.pipeline_name,
            load_id=package.load_id,
        ) from error


def _is_repeatable(package: LoadPackage) -> bool:
    schema = package.schema
    roots = {schema.root_of(file.table) for file in package.files}
    return all(schema.get_table(root).get("write_disposition") in ("merge", "replace") for root in roots)


def _load(
    package: LoadPackage,
    schema: Schema,
    client: Client,
    capabilities: Capabilities,
    jobs: dict[str, Job],
    collector: Collector,
    result: LoadResult,
) -> None:
    refresh = package.manifest.refresh or Refresh()
    if refresh.drop_tables:
        client.remove_tables(refresh.drop_tables, ())
    result.schema_update, orphaned = _migrate(schema, client, package, result.dataset_name)
    if emptied := [*orphaned, *refresh.truncate_tables]:
        # after all DDL: DuckDB 1 does not commit what deletes rows of a table and then alters it
        client.remove_tables((), list(dict.fromkeys(emptied)))
    failpoints.point("load.after_ddl")
    totals = Counter[str]()
    for file in package.files:
        totals[file.table] += file.rows
    for name, total in totals.items():
        collector.update(name, 0, total)
    path_of = {file.name: os.path.join(package.path, file.name) for file in package.files}
    of_parts = {path_of[file.name]: file.load_id for file in package.files if file.load_id is not None}
    if of_parts:
        client.note_parts(of_parts)
    for chain, files in _chains(schema, package):
        check_disposition(chain[0], capabilities)
        first = files[0].name
        with _failing(first, jobs):
            targets = client.stage(chain, package.load_id)
        for group in _groups(files):
            name, file_format = group[0].table, group[0].format
            paths = [os.path.join(package.path, file.name) for file in group]
            for file in group:
                jobs[file.name] = replace(jobs[file.name], state="started", started_at=utc_now())
            with _failing(group[0].name, jobs):
                table = as_staged(_complete(schema.get_table(name)), chain[0])
                client.load_files(table, targets[name], paths, file_format)
            for file in group:
                jobs[file.name] = replace(jobs[file.name], state="completed", finished_at=utc_now())
                collector.update(name, file.rows, totals[name])
            failpoints.point("load.after_files")
        with _failing(first, jobs):
            client.publish(chain, package.load_id)
        failpoints.point("load.after_publish")


def _replaced(schema: Schema, package: LoadPackage) -> set[str]:
    roots = {schema.root_of(file.table) for file in package.files}
    emptied = set((package.manifest.refresh or Refresh()).tables)
    return emptied | {root for root in roots if schema.get_table(root).get("write_disposition") == "replace"}


def _migrate(
    schema: Schema, client: Client, package: LoadPackage, dataset_name: str
) -> tuple[dict[str, Any], Sequence[str]]:
    """Make what is missing; return what the schema update was, and the tables whose rows lost those of their parents.

    What others did to tables that this load neither fills nor empties is left to those that do, and keeps none out.
    """
    # parents first: nested rows get from them what they lack
    tables = sorted(schema.data_tables(), key=lambda table: _depth(schema, table))
    wanted = {table["name"]: _complete(table) for table in tables}
    stored = client.stored_tables(list(wanted))
    missing = schema.missing_in(stored)
    data = {name: table for name, table in missing.tables.items() if name in wanted}
    roots = {schema.root_of(file.table) for file in package.files} | _replaced(schema, package)
    filled = {name for name in wanted if schema.root_of(name) in roots}
    found = _find_drift(schema, client, stored) if stored and data else Drift()
    drift = found.within(filled)
    check_drift(drift, schema, stored, _replaced(schema, package), dataset_name)
    _tell_drift(drift, dataset_name)
    # types are compared as well, so every table that is filled goes to the client, and it adds only what is not there
    made = {n: table for n, table in wanted.items() if n in filled or (n in data and n not in found.tables)}
    client.apply_ddl(SchemaUpdate(made))
    return {name: table for name, table in data.items() if name in made}, drift.empty


def _find_drift(schema: Schema, client: Client, stored: Mapping[str, Any]) -> Drift:
    before = client.read_schema(name=schema.name)
    return Drift() if before is None else find_drift(Schema.from_dict(before), stored)


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


def _depth(schema: Schema, table: TableSchema) -> int:
    depth, parent = 0, table.get("parent")
    while parent:
        depth, parent = depth + 1, schema.tables[parent].get("parent") if parent in schema.tables else None
    return depth


def _complete(table: TableSchema) -> TableSchema:
    complete = {name: column for name, column in table["columns"].items() if "data_type" in column}
    return {**table, "columns": complete}


def _chains(schema: Schema, package: LoadPackage) -> Iterator[tuple[list[TableSchema], list[PackageFile]]]:
    files: dict[str, list[PackageFile]] = {}
    for file in package.files:
        files.setdefault(schema.root_of(file.table), []).append(file)
    children: dict[str, list[TableSchema]] = {}
    for table in schema.data_tables():
        if table.get("parent"):
            children.setdefault(table["parent"], []).append(table)
    for root_name, own in files.items():
        chain = [_complete(schema.get_table(root_name))]
        for table in chain:
            chain.extend(_complete(child) for child in children.get(table["name"], []))
        yield chain, sorted(own, key=lambda file: file.table)


def _groups(files: Sequence[PackageFile]) -> Iterator[list[PackageFile]]:
    """Yield files of one table and format that are taken in one go, up to a size."""
    group: list[PackageFile] = []
    for file in files:
        same = group and (group[0].table, group[0].format) == (file.table, file.format)
        if group and (not same or sum(known.bytes for known in group) + file.bytes > MAX_GROUP_BYTES):
            yield group
            group = []
        group.append(file)
    if group:
        yield group


class _failing:
    """Turn a terminal error of the destination into the failure of a job: of the file that the error names, if any."""

    def __init__(self, file: str, jobs: Mapping[str, Job]) -> None:
        self._file, self._jobs = file, jobs

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, TerminalException):
            named = getattr(error, "file", "")
            raise _JobFailed(named if named in self._jobs else self._file, error) from error


def _new_job(file: PackageFile) -> Job:
    return Job(file.table, file.name, file.format, file.rows, file.bytes)


def _with_failure(jobs: Mapping[str, Job], failure: _JobFailed) -> dict[str, Job]:
    found = {name: replace(job, state="new", finished_at=None) for name, job in jobs.items()}
    if failure.file in found:
        why = redact(str(failure.error))
        found[failure.file] = replace(found[failure.file], state="failed", finished_at=utc_now(), error=why)
    return found
