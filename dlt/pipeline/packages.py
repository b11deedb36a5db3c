"""Packages on disk as infos."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from dlt import metrics
from dlt.errors import ValueErrorWithKnownValues
from dlt.ids import digest_id
from dlt.info import JOB_STATES, LoadJobInfo, LoadPackageInfo, ParsedLoadJobFileName
from dlt.packages.advice import waiting_advice
from dlt.packages.manifest import Job, PackageFile, Refresh
from dlt.schema.chains import root_of
from dlt.schema.x_keys import NEW_TABLE, SEEN_DATA, X_NORMALIZER

if TYPE_CHECKING:
    from dlt.load.execute import LoadResult
    from dlt.packages.package import LoadPackage
    from dlt.schema.schema import Schema
    from dlt.schema.typing import TableSchema


def package_info(package: LoadPackage) -> LoadPackageInfo:
    """Return what is known of a package."""
    manifest = package.manifest
    done = {job.file: job for job in manifest.jobs}
    # a job without a file stands for the package as a whole
    known = {file.name for file in package.files}
    alone = [
        PackageFile(name, job.table, job.format, job.rows, job.bytes) for name, job in done.items() if name not in known
    ]
    jobs: dict[str, list[LoadJobInfo]] = {state: [] for state in JOB_STATES}
    for file in [*package.files, *alone]:
        entry = _job(package, file, done.get(file.name))
        jobs[entry.state].append(entry)
    return LoadPackageInfo(
        package.load_id,
        package.path,
        package.stage,
        package.schema,
        # as load noted it: tables, each with the columns that are new
        cast("dict[str, TableSchema]", dict(manifest.schema_update)),
        manifest.completed_at,
        jobs,
        manifest.dataset_name,
        _by_name(manifest.refresh),
        manifest.checks,
    )


def _by_name(refresh: Refresh | None) -> dict[str, list[str]] | None:
    if refresh is None:
        return None
    return {"drop_tables": list(refresh.drop_tables), "truncate_tables": list(refresh.truncate_tables)}


def _job(package: LoadPackage, file: PackageFile, job: Job | None) -> LoadJobInfo:
    started, finished = (job.started_at, job.finished_at) if job is not None else (None, None)
    state = f"{job.state if job is not None else 'new'}_jobs"
    if state == "new_jobs" and package.stage == "loaded":
        # a load that the destination had before
        state = "completed_jobs"
    return LoadJobInfo(
        state,
        os.path.join(package.path, file.name),
        file.bytes,
        package.manifest.created_at,
        (finished - started).total_seconds() if started and finished else 0.0,
        ParsedLoadJobFileName(file.table, metrics.file_id(file.name), 0, *_format_of(file)),
        job.error if job is not None else None,
        file.rows,
    )


def _format_of(file: PackageFile) -> tuple[str, bool]:
    """Return the format of a file, and whether it is compressed."""
    kind, _, packed = file.format.partition(".")
    return kind, bool(packed)


def as_told(job: Job) -> dict[str, Any]:
    """Return a job as hooks get it."""
    return {
        "table": job.table,
        "file": job.file,
        "format": job.format,
        "rows": job.rows,
        "bytes": job.bytes,
        "state": job.state,
        "started_at": job.started_at and job.started_at.isoformat(),
        "finished_at": job.finished_at and job.finished_at.isoformat(),
        "error": job.error,
    }


def failed_message(package: LoadPackage, is_task: bool) -> str:
    """Return a line on the failed jobs of a package."""
    failed = [job for job in package.manifest.jobs if job.state == "failed"]
    details = "; ".join(f"{job.table} ({os.path.join(package.path, job.file)}): {job.error}" for job in failed)
    advice = waiting_advice(None if is_task else package.pipeline_name, package.load_id)
    return f"package {package.load_id} has {len(failed)} failed jobs and nothing of it was loaded: {details}. {advice}"


def mark_seen(schema: Schema, rows: dict[str, int]) -> None:
    """Remember which tables had data."""
    for table in rows:
        entry = schema.tables[table]
        settings = entry.get(X_NORMALIZER) or {}
        if not settings.get(SEEN_DATA) or NEW_TABLE in settings:
            kept = settings.copy()
            # a contract lets a new table grow until its first rows were normalized
            kept.pop(NEW_TABLE, None)
            schema.tables[table] = {**entry, X_NORMALIZER: {**kept, SEEN_DATA: True}}


def normalize_metrics(
    folder: str,
    started_at: datetime.datetime,
    finished_at: datetime.datetime,
    schema_name: str,
    files: Iterable[PackageFile],
    rows: dict[str, int],
) -> metrics.StepFigures:
    """Return what normalize made of one package."""
    return {
        "started_at": started_at,
        "finished_at": finished_at,
        "schema_name": schema_name,
        **metrics.written(folder, files, rows, started_at, finished_at),
    }


def told_quarantine(pipeline_name: str, quarantined: Mapping[str, int]) -> str:
    """Return a line on items that went to quarantine.

    Args:
        pipeline_name: Name of the pipeline.
        quarantined: Their numbers, by root table.
    """
    total = sum(quarantined.values())
    tables = ", ".join(f"{table} {count:,}" for table, count in quarantined.items())
    return f"{total:,} item(s) go to quarantine ({tables}). See: dlt pipeline {pipeline_name} quarantine list"


def load_metrics(
    package: LoadPackage, result: LoadResult, dataset: str, place: metrics.DataLocation
) -> metrics.StepFigures:
    """Return what load made of one package.

    Args:
        package: The package as it was loaded.
        result: What became of it.
        dataset: Dataset that it went to.
        place: What is known of the destination.
    """
    normalized = package.manifest.metrics.get("normalize")
    quarantined = normalized.quarantined if normalized is not None and not result.failed else {}
    return {
        "started_at": result.started_at,
        "finished_at": result.finished_at,
        "dataset_name": dataset,
        **({"quarantined": quarantined} if quarantined else {}),
        **metrics.loaded(package.path, result.jobs),
        "outputs": _outputs(package, {**place, "physical_dataset_name": dataset}),
    }


def _outputs(package: LoadPackage, place: metrics.DataLocation) -> list[metrics.DataLocation]:
    """Return where each resource was loaded; of a package that failed nothing is there."""
    schema, filled = package.schema, {job.table for job in package.manifest.jobs if job.state == "completed"}
    tables: dict[str, list[str]] = {}
    for table in sorted(filled & set(schema.tables)) if not any(job.error for job in package.manifest.jobs) else ():
        root = schema.tables[root_of(schema.tables, table)]
        tables.setdefault(root.get("resource") or table, []).append(table)
    # of all of the schema: once, and not for each of its tables
    version: metrics.SchemaReference = {"name": schema.name, "version_hash": schema.version_hash}
    return [
        {
            "kind": "dataset",
            "resource_name": resource,
            "version": digest_id(version["version_hash"]),
            "schemas": [version],
            "tables": names,
            **place,
        }
        for resource, names in tables.items()
    ]


def path_of_job(jobs: Iterable[LoadJobInfo], name: str) -> str:
    """Return the path of the file of a job.

    Args:
        jobs: The jobs that there are.
        name: Name of the file, or the id of the job.

    Raises:
        ValueErrorWithKnownValues: there is none of this name.
    """
    found = {job.job_file_info.file_name(): job for job in jobs}
    by_id = {job.job_file_info.job_id(): job for job in found.values()}
    if name not in {**found, **by_id}:
        raise ValueErrorWithKnownValues("job_file_name", name, found)
    return {**by_id, **found}[name].file_path
