"""What `dlt pipeline NAME load-package` shows of one load package, here and at the destination."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from dlt.cli import changing, elsewhere
from dlt.cli.output import say, say_error, say_json
from dlt.cli.showing import STAGES, has_dataset, load_ids, plain, say_found
from dlt.destinations.ledger import UNDONE
from dlt.errors import LoadPackageNotFound, NotOffered
from dlt.late_dataclass import dataclass
from dlt.pipeline.place import check_place

if TYPE_CHECKING:
    from collections.abc import Callable

    from dlt.cli.asked import Asked
    from dlt.info import LoadJobInfo, LoadPackageInfo
    from dlt.pipeline.pipeline import Pipeline


def load_package(asked: Asked, pipeline: Pipeline) -> int:
    """Do with a package what was asked for; show it by default."""
    return PACKAGE_ACTIONS[asked.package_action or "info"](asked, pipeline)


def _info(asked: Asked, pipeline: Pipeline) -> int:
    package = _package(asked, pipeline)
    if asked.json:
        say_json(package)
        return 0
    _say_package(pipeline, package)
    say(package.asstr(asked.verbose))
    if not package.schema_update:
        return 0
    if asked.verbose:
        say("Schema update:")
        say(yaml.safe_dump({"tables": plain(package.schema_update)}, sort_keys=False, allow_unicode=True).rstrip())
    else:
        say("Add -v option to see schema update. Note that it could be large.")
    return 0


def _jobs(asked: Asked, pipeline: Pipeline) -> int:
    """Show jobs of a package with what the destination said of them."""
    package = _package(asked, pipeline)
    # of what is left out there is nothing to choose by
    pattern = asked.job or ""
    jobs = [job for group in package.jobs.values() for job in group]
    found = [
        job for job in jobs if pattern in job.file_path.rpartition("/")[2] or pattern in job.job_file_info.job_id()
    ]
    if not found:
        names = ", ".join(job.job_file_info.job_id() for job in jobs) or "none"
        say_error(f"no job of package {package.load_id} has {pattern!r} in its name. Jobs are: {names}")
        return 1
    if asked.json:
        say_json([job.asdict() for job in found])
        return 0
    _say_package(pipeline, package)
    for job in found:
        _say_job(job)
    return 0


def _say_job(job: LoadJobInfo) -> None:
    say(f"Job {job.job_file_info.job_id()} (table: {job.job_file_info.table_name})")
    say(f"  state: {job.state}  rows: {job.rows}  retry count: {job.job_file_info.retry_count}")
    say(f"  file: {job.file_path}")
    say(f"  {job.failed_message}\n" if job.failed_message else "  no exception messages recorded\n")


@dataclass(frozen=True)
class _Loaded:
    """What the destination has of a load.

    Attributes:
        load_id: Its load id.
        dataset_name: Where it went.
        completed_at: When its load ended; None where it is not complete there.
        rows: Rows that carry the load id, by table.
        is_undone: It was complete there, and was undone.
    """

    load_id: str
    dataset_name: str
    completed_at: str | None
    rows: dict[str, int]
    is_undone: bool = False


def _row_counts(asked: Asked, pipeline: Pipeline) -> int:
    """Count the rows that a load left at the destination, also where its package is not here any more."""
    load_id = asked.load_id or _most_recent(pipeline)
    check_place(pipeline.pipeline_name, pipeline.destination, pipeline.state)
    if not has_dataset(pipeline):
        return 1
    schema_name = _schema_of(pipeline, load_id)
    loaded = _loaded(pipeline, schema_name, load_id)
    if asked.json:
        say_json(
            {
                "load_id": loaded.load_id,
                "dataset_name": loaded.dataset_name,
                "completed_at": loaded.completed_at,
                "rows": loaded.rows,
                "undone": loaded.is_undone,
            }
        )
        return 0
    say_found(pipeline)
    say(f"Row counts for load {load_id} in dataset {loaded.dataset_name}:")
    at = loaded.completed_at
    without = "Package was UNDONE at" if loaded.is_undone else "Package is NOT COMPLETED at"
    say(f"Package is COMPLETED, loaded at {at}" if at else f"{without} the destination")
    schema = pipeline.schemas[schema_name]
    for table, count in loaded.rows.items():
        say(f"  {table}: {count} (write disposition: {schema.get_table(table).get('write_disposition', 'append')})")
    say(f"  total: {sum(loaded.rows.values())} rows across {len(loaded.rows)} tables, without nested ones")
    return 0


def _loaded(pipeline: Pipeline, schema_name: str, load_id: str) -> _Loaded:
    dataset = pipeline.dataset(schema_name)
    rows = dataset.row_counts(load_id=load_id).fetchall()
    done = dataset.loads_table().where("load_id", "eq", load_id).select("inserted_at", "status").fetchall()
    is_undone = any(status == UNDONE for _, status in done)
    at = str(done[0][0]) if done and not is_undone else None
    return _Loaded(load_id, dataset.dataset_name, at, dict(rows), is_undone)


def _schema_of(pipeline: Pipeline, load_id: str) -> str:
    """Return the name of the schema of a load, which says in which dataset it is."""
    if any(load_id in load_ids(pipeline, stage) for stage, _ in STAGES):
        return pipeline.get_load_package_info(load_id).schema_name
    names = sorted(pipeline.schema_names, key=lambda name: name != pipeline.default_schema_name)
    for name in names:
        if load_id in pipeline.dataset(name).load_ids(name):
            return name
    raise LoadPackageNotFound(
        f"pipeline {pipeline.pipeline_name} has no package {load_id} here, and no dataset of it has a load of that id. "
        f"See: dlt pipeline {pipeline.pipeline_name} packages",
        load_id=load_id,
    )


def _fail_job(_: Asked, __: Pipeline) -> int:
    raise NotOffered(f"load-package ... fail-job is not offered. {elsewhere.FAIL_JOB}")


PACKAGE_ACTIONS: dict[str, Callable[[Asked, Pipeline], int]] = {
    "info": _info,
    "row-counts": _row_counts,
    "abort": changing.abort_packages,
    "job": _jobs,
    "fail-job": _fail_job,
}


def _package(asked: Asked, pipeline: Pipeline) -> LoadPackageInfo:
    return pipeline.get_load_package_info(asked.load_id or _most_recent(pipeline))


def _say_package(pipeline: Pipeline, package: LoadPackageInfo) -> None:
    say_found(pipeline)
    say(f"Package {package.load_id} found in {package.package_path}")


def _most_recent(pipeline: Pipeline) -> str:
    found = [load_id for stage, _ in STAGES for load_id in load_ids(pipeline, stage)]
    if not found:
        raise LoadPackageNotFound(f"pipeline {pipeline.pipeline_name} has no load packages yet: it never ran.")
    return max(found, key=lambda load_id: (pipeline.workdir.order(load_id), load_id))
