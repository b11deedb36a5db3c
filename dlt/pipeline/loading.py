"""The step that loads."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dlt import user_log
from dlt.clock import utc_now
from dlt.destinations.base import Destination
from dlt.errors import ChecksFailed, DestinationHasFailedJobs, LoadClientJobFailed
from dlt.info import LoadInfo, LoadPackageInfo
from dlt.late_dataclass import dataclass
from dlt.load.execute import LoadResult
from dlt.metrics import DataLocation, StepFigures
from dlt.packages.manifest import Job
from dlt.packages.package import STATE, LoadPackage
from dlt.pipeline import signals
from dlt.pipeline.packages import as_told, failed_message, load_metrics, package_info
from dlt.pipeline.parts import Parts
from dlt.redact import redact
from dlt.schema.system_tables import STATE_TABLE

if TYPE_CHECKING:
    from dlt.destinations.base import DestinationRef

# their manifests tell people what was loaded; without a limit a folder would grow with every run
KEPT_LOADED_PACKAGES = 100


def load(
    parts: Parts,
    destination: DestinationRef | None = None,
    dataset_name: str | None = None,
    credentials: object = None,
    raises: bool | None = None,
) -> LoadInfo:
    """Load normalized packages, each in one transaction.

    Args:
        parts: The pipeline.
        destination: Where to, if the pipeline does not say.
        dataset_name: Dataset at the destination.
        credentials: Credentials of the destination.
        raises: Whether a failed job is an error; as the settings say when None.

    Raises:
        PipelineStepFailed: with the cause chained; the packages stay.
    """
    home = parts.home
    # what was to be extracted is planned already
    if parts.home.planner is not None:
        parts.target.choose(destination, None, credentials, dataset_name)
        return load_info(parts, [], {}, home.first_run)
    with parts.tracer.step("load") as step:
        parts.target.choose(destination, None, credentials, dataset_name)
        parts.begin()
        parts.target.need("load")
        done, metrics, first_run = [], {}, home.first_run
        waiting = home.workdir.packages("normalized")
        if waiting:
            # noted before the load: whoever finishes it after a crash must go on at the same place
            parts.target.note_place()
            place = _place(parts)
        for package in waiting:
            loaded, result, dataset = _load_one(parts, package)
            metrics[package.load_id] = [load_metrics(loaded, result, dataset, place)]
            done.append(package_info(loaded))
            if result.failed:
                break
        if not parts.settings.defaults.keeps_loaded_files:
            home.workdir.prune_loaded(KEPT_LOADED_PACKAGES)
        step.info = info = load_info(parts, done, metrics, first_run)
        if _raises(parts) if raises is None else raises:
            _raise_on_failed_job(info)
    _tell_loaded(parts, info)
    return info


def _tell_loaded(parts: Parts, info: LoadInfo) -> None:
    # those whose failure is an error are told with the error
    if failed := [result for result in info.checks if not result.passed]:
        parts.hooks.call("failed_check", failed)
    if info.quarantined:
        parts.hooks.call("quarantined", info.quarantined)
    if info.loads_ids and not info.has_failed_jobs:
        parts.hooks.call("loaded", info)


def _raises(parts: Parts) -> bool:
    """Tell whether a load with a failed job is an error, by what is configured when it is done."""
    settings = parts.settings
    if settings.raise_on_failed_jobs is not None:
        return settings.raise_on_failed_jobs
    return parts.option("raise_on_failed_jobs", "load", settings.defaults.failed_jobs_raise)


def _raise_on_failed_job(info: LoadInfo) -> None:
    """Raise the error that names the first job that failed; it is one of all failed jobs too."""
    try:
        info.raise_on_failed_jobs()
    except DestinationHasFailedJobs as error:
        job = error.failed_jobs[0]
        raise LoadClientJobFailed(
            str(error),
            load_id=error.load_id,
            failed_jobs=error.failed_jobs,
            destination_name=error.destination_name,
            job_id=job.job_file_info.job_id(),
            failed_message=job.failed_message,
        ) from None


def _load_one(parts: Parts, package: LoadPackage) -> tuple[LoadPackage, LoadResult, str]:
    home = parts.home
    # nothing of another pipeline, and nothing that was damaged since normalize, may be half loaded
    home.workdir.check_owner(package)
    package.check()
    dataset = parts.target.dataset_for(package.schema_name)
    if not parts.target.capabilities().supports_ddl_transactions and not package.manifest.tried:
        # tables and columns that it makes stay, also if it is given up
        package = home.workdir.record(package, replace(package.manifest, tried=True))
    # between the commit there and the move of the folder here a signal would leave a question for the next run
    with signals.finishing():
        try:
            result = parts.load_one(parts, package, dataset)
        except Exception as error:
            if isinstance(error, ChecksFailed):
                # beside the package, which waits: nothing of its load is at the destination
                home.workdir.record(package, replace(package.manifest, checks=error.checks))
            from dlt.pipeline.refusal import tell_waiting

            tell_waiting(parts, package, error)
            raise
        # what a failed load added was taken back with it
        update = {} if result.failed else dict(result.schema_update)
        jobs = (*result.jobs, *_state_as_job(parts, package, result))
        manifest = replace(
            package.manifest, jobs=jobs, dataset_name=dataset, schema_update=update, checks=result.checks
        )
        if result.failed:
            package = home.workdir.record(package, manifest)
            user_log.error(f"{parts.pipeline_name}: {failed_message(package, parts.is_task)}")
            parts.hooks.call("failed_job", [as_told(job) for job in result.jobs if job.state == "failed"])
        else:
            keeps = not parts.option("delete_completed_jobs", "load", not parts.settings.defaults.keeps_loaded_files)
            package = home.workdir.finish(package, replace(manifest, completed_at=utc_now()), keeps)
            home.note_loaded(dataset)
            parts.remote.note_state(result)
    return package, result, dataset


def _state_as_job(parts: Parts, package: LoadPackage, result: LoadResult) -> list[Job]:
    """Return the job of 1.x that loads the state, where programs count on it; it goes with the load here."""
    # programs open the files of jobs, so it is one that is there
    path = os.path.join(package.path, STATE)
    if not parts.settings.state_as_row or package.state is None or result.failed:
        return []
    job = Job(STATE_TABLE, STATE, "json", 1, os.path.getsize(path), "completed", result.started_at, result.finished_at)
    return [job]


@dataclass(frozen=True)
class _Shown:
    """Where files wait, as infos name it; nothing where there is none."""

    kind: str | None = None
    name: str | None = None
    location: str | None = None

    @classmethod
    def of(cls, destination: Destination | None) -> _Shown:
        if destination is None:
            return cls()
        location = redact(destination.displayable_credentials())
        return cls(destination.destination_type, destination.destination_name, location)


def _place(parts: Parts) -> DataLocation:
    """Return what metrics say of the destination."""
    with parts.target.configured():
        there = parts.target.there()
        return {
            "location": redact(there.displayable_credentials()),
            "destination_type": there.destination_type,
            "destination_name": there.destination_name,
            "destination_fingerprint": there.fingerprint(),
            "case_sensitive": parts.target.capabilities().has_case_sensitive_identifiers,
            "dataset_name": parts.target.main_dataset(),
        }


def load_info(
    parts: Parts, packages: Sequence[LoadPackageInfo], metrics: dict[str, list[StepFigures]], first_run: bool
) -> LoadInfo:
    """Return the info of a load.

    Args:
        parts: The pipeline.
        packages: What was loaded.
        metrics: What is known of each of them, by load id.
        first_run: Nothing was loaded before.
    """
    with parts.target.configured():
        there, staging = parts.target.there(), _Shown.of(parts.target.staging)
        location = redact(there.displayable_credentials())
        fingerprint, environment = there.fingerprint(), there.configured_environment()
    return LoadInfo(
        parts.whose,
        metrics,
        destination_type=there.destination_type,
        destination_displayable_credentials=location,
        destination_name=there.destination_name,
        environment=environment,
        staging_type=staging.kind,
        staging_name=staging.name,
        staging_displayable_credentials=staging.location,
        destination_fingerprint=fingerprint,
        dataset_name=parts.target.main_dataset(),
        loads_ids=[package.load_id for package in packages],
        load_packages=list(packages),
        first_run=first_run,
    )


def joined(first: LoadInfo, second: LoadInfo) -> LoadInfo:
    """Return the info of two loads of one run."""
    return second._replace(
        metrics={**first.metrics, **second.metrics},
        loads_ids=[*first.loads_ids, *second.loads_ids],
        load_packages=[*first.load_packages, *second.load_packages],
        # what is told is the whole run, which began with the first load
        first_run=first.first_run,
    )
