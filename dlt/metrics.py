"""Numbers of steps: the tuples and dicts that programs for PyPI `dlt` 1.x read."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypedDict, Union

from dlt.clock import moment_of
from dlt.packages.manifest import Job, PackageFile
from dlt.types import JsonObject

if TYPE_CHECKING:
    from typing_extensions import Self


class DataWriterMetrics(NamedTuple):
    """What was written into a file, or into all files of a table."""

    file_path: str
    items_count: int
    file_size: int
    created: float
    last_modified: float

    def __add__(self, other: object) -> DataWriterMetrics:
        """Return both together, over the time of both."""
        if not isinstance(other, DataWriterMetrics):
            return NotImplemented
        return DataWriterMetrics(
            self.file_path if self.file_path == other.file_path else "",
            self.items_count + other.items_count,
            self.file_size + other.file_size,
            min(self.created, other.created),
            max(self.last_modified, other.last_modified),
        )


EMPTY_DATA_WRITER_METRICS = DataWriterMetrics("", 0, 0, 2**32, 0.0)
"""What adds nothing to others."""


class DataWriterAndCustomMetrics(DataWriterMetrics):
    """What a resource wrote, and what it says of itself.

    Args:
        file_path: "", as a resource has no file of its own.
        items_count: Items that it gave.
        file_size: Bytes in files of its tables.
        created: When the first of them was begun.
        last_modified: When the last of them was ended.
        custom_metrics: What the resource says; anything.
    """

    custom_metrics: JsonObject

    def __new__(
        cls,
        file_path: str,
        items_count: int,
        file_size: int,
        created: float,
        last_modified: float,
        custom_metrics: JsonObject | None = None,
    ) -> Self:
        """Make a tuple of the numbers; what the resource says is an attribute."""
        made = super().__new__(cls, file_path, items_count, file_size, created, last_modified)
        made.custom_metrics = custom_metrics or {}
        return made

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), (*self, self.custom_metrics)

    def _asdict(self) -> JsonObject:
        """Return the numbers and what the resource says; its lists stand beside them, so that each is a table."""
        found: JsonObject = super()._asdict()
        lists = {name: value for name, value in self.custom_metrics.items() if _is_table(name, value)}
        other = {name: value for name, value in self.custom_metrics.items() if name not in lists}
        return {**found, **lists, **({"custom_metrics": other} if other else {})}


def _is_table(name: str, value: object) -> bool:
    return isinstance(value, list) and name not in DataWriterMetrics._fields


class LoadJobMetrics(NamedTuple):
    """What a job of a load came to."""

    job_id: str
    file_path: str
    table_name: str
    started_at: datetime.datetime | None
    finished_at: datetime.datetime | None
    state: str
    remote_url: str | None
    retry_count: int = 0
    followup_jobs: Sequence[str] | None = ()
    items_count: int = 0
    file_size: int = 0
    failed_message: str | None = None


class SchemaReference(TypedDict):
    """A schema of a dataset, in the version that was loaded."""

    name: str
    version_hash: str


class DataLocation(TypedDict, total=False):
    """Where a resource read or wrote; of a dataset all, of other places what there is to know."""

    kind: str
    resource_name: str
    location: str
    version: str
    schemas: list[SchemaReference]
    tables: list[str]
    destination_type: str
    destination_name: str
    destination_fingerprint: str
    case_sensitive: bool
    dataset_name: str
    physical_dataset_name: str


class StepFigures(TypedDict, total=False):
    """What a step did with one package; each step adds to it what it alone knows."""

    started_at: Union[datetime.datetime, None]
    finished_at: Union[datetime.datetime, None]
    schema_name: str
    dataset_name: str
    job_metrics: Mapping[str, Union[DataWriterMetrics, LoadJobMetrics]]
    table_metrics: Mapping[str, DataWriterMetrics]
    quarantined: Mapping[str, int]
    """Items that went to quarantine, by root table; left out where there are none."""
    resource_metrics: Mapping[str, DataWriterAndCustomMetrics]
    dag: list[tuple[str, str]]
    """Which resource takes the items of which: parent and child, a resource without parent with itself."""
    hints: dict[str, JsonObject]
    """Hints of the resources, by their names."""
    outputs: list[DataLocation]
    """Where each resource was loaded."""


def job_id(file_name: str, table: str, file_format: str) -> str:
    """Return what names a job over all of its tries.

    Args:
        file_name: Name of its file in the package.
        table: Table that it fills.
        file_format: Format of the file.
    """
    return ".".join(part for part in (table, file_id(file_name), file_format) if part)


def table_of(job: str) -> str:
    """Return the table of a job from what `job_id` gave."""
    return job.removesuffix(".gz").rsplit(".", 2)[0]


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
    jobs: dict[str, DataWriterMetrics] = {}
    sizes: dict[str, int] = {}
    for file in files:
        sizes[file.table] = sizes.get(file.table, 0) + file.bytes
        path = os.path.join(folder, file.name)
        name = job_id(file.name, file.table, file.format)
        jobs[name] = DataWriterMetrics(path, file.rows, file.bytes, created, modified)
    tables = {name: DataWriterMetrics("", count, sizes.get(name, 0), created, modified) for name, count in rows.items()}
    return {"job_metrics": jobs, "table_metrics": tables}


def loaded(folder: str, jobs: Iterable[Job]) -> StepFigures:
    """Return the metrics of files that load took, by job and by table.

    Args:
        folder: Where the files were.
        jobs: What became of each file.
    """
    entries: dict[str, LoadJobMetrics] = {}
    tables: dict[str, DataWriterMetrics] = {}
    for job in jobs:
        name = job_id(job.file, job.table, job.format)
        entries[name] = LoadJobMetrics(
            name,
            os.path.join(folder, job.file),
            job.table,
            job.started_at,
            job.finished_at,
            job.state,
            # a file that is taken in a transaction has no address, and is not tried again alone
            remote_url=None,
            items_count=job.rows,
            file_size=job.bytes,
            failed_message=job.error,
        )
        found = tables.get(job.table, EMPTY_DATA_WRITER_METRICS)
        # rows of a failed job are not in the table
        if job.state == "completed" and job.started_at is not None and job.finished_at is not None:
            took = job.started_at.timestamp(), job.finished_at.timestamp()
            found += DataWriterMetrics("", job.rows, job.bytes, *took)
        tables[job.table] = found
    return {"job_metrics": entries, "table_metrics": tables}


def document(figures: StepFigures) -> JsonObject:
    """Return the metrics of files and tables as a package keeps them, where each has its fields by name.

    Args:
        figures: What a step did.
    """
    tables = {table: found._asdict() for table, found in figures["table_metrics"].items()}
    jobs = {name: {**job._asdict(), "table_name": table_of(name)} for name, job in figures["job_metrics"].items()}
    return {**figures, "job_metrics": jobs, "table_metrics": tables}


def moment(value: object) -> datetime.datetime | None:
    """Return a moment that a manifest holds as text."""
    if isinstance(value, str):
        return moment_of(value)
    return value if isinstance(value, datetime.datetime) else None
