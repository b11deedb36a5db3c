"""What a load package holds and how its files fared: tuples that read well, and turn into JSON-safe dicts."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, get_args, runtime_checkable

if TYPE_CHECKING:
    from dlt.packages.manifest import CheckDone
    from dlt.schema.schema import Schema
    from dlt.schema.typing import TableSchema

JobState = Literal["new_jobs", "started_jobs", "failed_jobs", "completed_jobs"]
JOB_STATES: tuple[JobState, ...] = get_args(JobState)
"""The groups that the jobs of every package come in; all of them are always there."""


_SCALARS = frozenset({type(None), bool, int, float, str})


@runtime_checkable
class Info(Protocol):
    """What an info, or a part of one, is as a dict."""

    def asdict(self) -> dict[str, object]:
        """Return a JSON-safe dict."""


@runtime_checkable
class Document(Protocol):
    """What is written as a document, such as a schema."""

    def to_dict(self) -> Mapping[str, object]:
        """Return it as it is stored."""


def json_safe(value: object) -> object:
    """Return a value as dicts, lists and scalars that every JSON encoder takes."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    # first by the exact type: asking each value of a large schema for its methods takes longer than all the rest
    if type(value) is dict:
        return json_object(value)
    if type(value) is list:
        return [json_safe(item) for item in value]
    # before tuples: an info is one too
    if isinstance(value, Info):
        # what is a part of another layer, such as a value that was configured, is no more than a dict
        return json_safe(value.asdict())
    if isinstance(value, Mapping):
        return json_object(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [json_safe(item) for item in value]
    # ISO text, so that a loaded trace gets timestamps again
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, Document):
        return json_object(value.to_dict())
    return str(value)


def json_object(value: Mapping[str, object]) -> dict[str, object]:
    """Return a mapping as a dict that every JSON encoder takes."""
    # most items are scalars, and a large load has very many
    return {str(key): item if type(item) in _SCALARS else json_safe(item) for key, item in value.items()}


class ParsedLoadJobFileName(NamedTuple):
    """The parts of a job's name."""

    table_name: str
    file_id: str
    retry_count: int
    file_format: str
    is_compressed: bool = False

    @classmethod
    def parse(cls, file_name: str) -> ParsedLoadJobFileName:
        """Return the parts of the name that a job's file has in PyPI `dlt` 1.x: table, id, retries and format.

        Args:
            file_name: The name, or a path.

        Raises:
            ValueError: It has other parts.
        """
        *parts, last = os.path.basename(file_name).split(".")
        is_compressed = last == "gz"
        parts = parts if is_compressed else [*parts, last]
        if len(parts) != 4 or not parts[2].isdigit():
            raise ValueError(f"{file_name} is not TABLE.ID.RETRIES.FORMAT, the name of a job's file.")
        return cls(parts[0], parts[1], int(parts[2]), parts[3], is_compressed)

    def file_name(self) -> str:
        """Return the name that the job's file has in PyPI `dlt` 1.x, from which `parse` makes these parts."""
        return f"{self.table_name}.{self.file_id}.{self.retry_count}.{self.full_extension()}"

    def job_id(self) -> str:
        """Return what stays the same over retries."""
        return ".".join(part for part in (self.table_name, self.file_id, self.full_extension()) if part)

    def full_extension(self) -> str:
        """Return the ending of the file's name."""
        return f"{self.file_format}.gz" if self.is_compressed else self.file_format

    def with_retry(self) -> ParsedLoadJobFileName:
        """Return the name of the next try."""
        return self._replace(retry_count=self.retry_count + 1)

    def asdict(self) -> dict[str, object]:
        """Return the parts, and the job's id."""
        return {**self._asdict(), "job_id": self.job_id()}

    def __str__(self) -> str:
        return self.job_id()


class LoadJobInfo(NamedTuple):
    """One file on its way; times in seconds, sizes in bytes."""

    state: str
    file_path: str
    file_size: int
    created_at: datetime.datetime | None
    elapsed: float
    job_file_info: ParsedLoadJobFileName
    failed_message: str | None
    rows: int = 0

    def asdict(self) -> dict[str, object]:
        """Return a flat JSON-safe dict."""
        found = {**self._asdict(), **self.job_file_info.asdict()}
        # its parts stand beside the others, so that a job is one row
        found.pop("job_file_info")
        return json_object(found)

    def asstr(self, verbosity: int = 0) -> str:
        """Return one line; with the path of the file where verbosity is more than 0."""
        line = (
            f"Job: {self.job_file_info.job_id()}, table: {self.job_file_info.table_name} in {self.state}. "
            f"File type: {self.job_file_info.file_format}, rows: {self.rows}, size: {size_text(self.file_size)}."
        )
        if self.created_at is not None:
            line += f" Started on: {self.created_at} and completed in {duration_text(self.elapsed)}."
        if verbosity > 0:
            line += f" File: {self.file_path}."
        return f"{line}\nThe job FAILED with: {self.failed_message}" if self.failed_message else line

    def __str__(self) -> str:
        return self.asstr()


class LoadPackageInfo(NamedTuple):
    """One package and its jobs by state."""

    load_id: str
    package_path: str
    state: str
    schema: Schema
    schema_update: dict[str, TableSchema]
    completed_at: datetime.datetime | None
    jobs: dict[str, list[LoadJobInfo]]
    dataset_name: str | None = None
    refresh: Mapping[str, Sequence[str]] | None = None
    checks: Sequence[CheckDone] = ()

    @property
    def schema_name(self) -> str:
        """Return the name of the schema."""
        return self.schema.name

    @property
    def schema_hash(self) -> str:
        """Return the version hash of the schema."""
        return self.schema.version_hash

    @property
    def schema_migrated(self) -> bool:
        """Tell whether tables or columns were added at the destination."""
        return bool(self.schema_update)

    def asdict(self) -> dict[str, object]:
        """Return a JSON-safe dict; the schema stands in it by name and hash."""
        found = self._asdict()
        # a schema is larger than all the rest, and is stored where its hash leads to
        found.pop("schema")
        found["schema_name"], found["schema_hash"] = self.schema_name, self.schema_hash
        found["jobs"] = None
        found["schema_migrated"] = self.schema_migrated
        found["tables"] = [self._updated(table) for table in self.schema_update.values()]
        # as rows under `tables`, which can be loaded
        found.pop("schema_update")
        safe = json_object(found)
        # one list: each job says its state, and a table of jobs can be made of it
        safe["jobs"] = [{"load_id": self.load_id, **job.asdict()} for jobs in self.jobs.values() for job in jobs]
        return safe

    def _updated(self, table: TableSchema) -> dict[str, object]:
        """Return a table that the load made or changed, as a row that can be loaded."""
        of = {"schema_name": self.schema_name, "load_id": self.load_id}
        columns = [{**column, "table_name": table["name"], **of} for column in (table.get("columns") or {}).values()]
        return {**table, "columns": columns, **of}

    def asstr(self, verbosity: int = 0) -> str:
        """Return some lines: the package, then its jobs."""
        completed = f"was LOADED at {self.completed_at}" if self.completed_at else "is NOT YET LOADED"
        lines = [
            f"The package with load id {self.load_id} for schema {self.schema_name} is in {self.state.upper()} state. "
            f"It updated schema for {len(self.schema_update)} tables. The package {completed}.",
            "Jobs details:",
            *(job.asstr(verbosity) for jobs in self.jobs.values() for job in jobs),
        ]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.asstr()


def size_text(size: float) -> str:
    """Return a number of bytes for people."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return ""


def duration_text(seconds: float) -> str:
    """Return a number of seconds for people."""
    if seconds < 60:
        return f"{seconds:.2f} seconds"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min {rest} s" if hours else f"{minutes} min {rest} s"
