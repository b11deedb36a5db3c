"""Numbers of steps: dicts whose keys are attributes as well, as programs for PyPI `dlt` 1.x read them."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict, Union

from dlt.packages.manifest import Job, PackageFile

Figure = Any
"""One figure of a job or a table: a number, a moment or a text, as its name says."""


class Metrics(dict[str, Figure]):
    """What one job or one table came to: `metrics["items_count"]`, or `metrics.items_count`."""

    def __getattr__(self, name: str) -> Figure:
        try:
            return self[name]
        except KeyError:
            # pickle and copy ask for attributes that are not there, and take an AttributeError only
            raise AttributeError(f"The metrics have no {name!r}; they have {', '.join(self)}.") from None

    def _asdict(self) -> dict[str, Figure]:
        # those of PyPI dlt 1.x are named tuples
        return dict(self)


class StepFigures(TypedDict, total=False):
    """What a step did with one package; each step adds to it what it alone knows."""

    started_at: Union[datetime.datetime, None]
    finished_at: Union[datetime.datetime, None]
    schema_name: str
    dataset_name: str
    job_metrics: dict[str, Metrics]
    table_metrics: dict[str, Metrics]
    resource_metrics: dict[str, Metrics]


def job_id(file_name: str, table: str, file_format: str) -> str:
    """Return what names a job over all of its tries.

    Args:
        file_name: Name of its file in the package.
        table: Table that it fills.
        file_format: Format of the file.
    """
    return ".".join(part for part in (table, file_id(file_name), file_format) if part)


def file_id(file_name: str) -> str:
    """Return the part of a file's name that tells it from the other files of its table."""
    parts = file_name.split(".")
    # names begin with a number in extract, and have it in second place after normalize
    return next((part for part in parts if part.isdigit()), parts[0])


def written(
    folder: str,
    files: Iterable[PackageFile],
    rows: Mapping[str, int],
    started_at: datetime.datetime,
    finished_at: datetime.datetime,
) -> StepFigures:
    """Return the metrics of files that a step wrote, by job and by table.

    Args:
        folder: Where the files are.
        files: The files.
        rows: Number of rows of each table.
        started_at: When the step began to write.
        finished_at: When it ended.
    """
    created, modified = started_at.timestamp(), finished_at.timestamp()
    jobs: dict[str, Metrics] = {}
    sizes: dict[str, int] = {}
    for file in files:
        sizes[file.table] = sizes.get(file.table, 0) + file.bytes
        jobs[job_id(file.name, file.table, file.format)] = Metrics(
            file_path=os.path.join(folder, file.name),
            table_name=file.table,
            items_count=file.rows,
            file_size=file.bytes,
            created=created,
            last_modified=modified,
        )
    tables = {
        name: Metrics(
            file_path="", items_count=count, file_size=sizes.get(name, 0), created=created, last_modified=modified
        )
        for name, count in rows.items()
    }
    return {"job_metrics": jobs, "table_metrics": tables}


def loaded(folder: str, jobs: Iterable[Job]) -> StepFigures:
    """Return the metrics of files that load took, by job and by table.

    Args:
        folder: Where the files were.
        jobs: What became of each file.
    """
    entries: dict[str, Metrics] = {}
    tables: dict[str, Metrics] = {}
    for job in jobs:
        name = job_id(job.file, job.table, job.format)
        entries[name] = Metrics(
            job_id=name,
            file_path=os.path.join(folder, job.file),
            table_name=job.table,
            started_at=job.started_at,
            finished_at=job.finished_at,
            state=job.state,
            # programs for PyPI dlt 1.x read both; a file that is taken in a transaction has neither
            remote_url=None,
            retry_count=0,
            items_count=job.rows,
            file_size=job.bytes,
            failed_message=job.error,
        )
        table = tables.setdefault(job.table, Metrics(items_count=0, file_size=0))
        # rows of a failed job are not in the table
        if job.state == "completed":
            table["items_count"] += job.rows
            table["file_size"] += job.bytes
    return {"job_metrics": entries, "table_metrics": tables}


def moment(value: object) -> datetime.datetime | None:
    """Return a moment that a manifest holds as text."""
    if isinstance(value, str):
        return datetime.datetime.fromisoformat(value)
    return value if isinstance(value, datetime.datetime) else None
