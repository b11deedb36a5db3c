"""What the steps did: tuples that read well, and turn into JSON-safe dicts."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, cast

from dlt.errors import DestinationHasFailedJobs
from dlt.metrics import DataWriterMetrics, LoadJobMetrics, table_of
from dlt.package_info import (
    JOB_STATES,
    Document,
    Info,
    JobState,
    LoadJobInfo,
    LoadPackageInfo,
    ParsedLoadJobFileName,
    duration_text,
    json_object,
    json_safe,
    size_text,
)
from dlt.packages.advice import waiting_advice

__all__ = [
    "JOB_STATES",
    "Document",
    "ExtractInfo",
    "Info",
    "JobState",
    "LoadInfo",
    "LoadJobInfo",
    "LoadPackageInfo",
    "NormalizeInfo",
    "ParsedLoadJobFileName",
    "duration_text",
    "json_object",
    "json_safe",
    "size_text",
]

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dlt.context import PipelineAtWork
    from dlt.metrics import StepFigures
    from dlt.packages.manifest import CheckDone
    from dlt.tables import TableLine


class _Step:
    """What the infos of all steps share."""

    metrics: dict[str, list[StepFigures]]
    loads_ids: list[str]
    load_packages: list[LoadPackageInfo]
    pipeline: PipelineAtWork

    @property
    def started_at(self) -> datetime.datetime:
        """Return when the first package began; None of an empty info, which its type leaves out."""
        return cast("datetime.datetime", self._span()[0])

    @property
    def finished_at(self) -> datetime.datetime:
        """Return when the last package ended; None of an empty info, which its type leaves out."""
        return cast("datetime.datetime", self._span()[1])

    def _span(self) -> tuple[datetime.datetime | None, datetime.datetime | None]:
        began = min((at for m in self._each() if (at := m["started_at"]) is not None), default=None)
        ended = max((at for m in self._each() if (at := m["finished_at"]) is not None), default=None)
        return began, ended

    @property
    def is_empty(self) -> bool:
        """Tell whether there was nothing to do."""
        return not self.loads_ids

    @property
    def quarantined(self) -> dict[str, int]:
        """Return the items that went to quarantine, by root table, over all packages."""
        counts: dict[str, int] = {}
        for entry in self._each():
            for table, count in entry.get("quarantined", {}).items():
                counts[table] = counts.get(table, 0) + count
        return counts

    def _told_quarantine(self) -> list[str]:
        return [f"{count:,} item(s) of {table} went to quarantine" for table, count in self.quarantined.items()]

    def _each(self) -> Iterator[StepFigures]:
        for metrics in self.metrics.values():
            yield from metrics

    def writer_metrics_asdict(self) -> dict[str, object]:
        """Return what the step did as rows that can be loaded: by job, by table and, where it is known, by resource."""
        found: dict[str, list[dict[str, object]]] = {"job_metrics": [], "table_metrics": []}
        for load_id, entries in self.metrics.items():
            for index, entry in enumerate(entries):
                of = {"load_id": load_id, "extract_idx": index}
                for group, rows in _rows(entry):
                    found.setdefault(group, []).extend({**of, **json_object(row)} for row in rows)
        return dict(found)

    def _base(self, fields: dict[str, object]) -> dict[str, object]:
        found = dict(fields)
        # they come as rows instead, by job and by table, so that a trace can be loaded
        found.pop("metrics")
        found["pipeline"] = {"pipeline_name": self._name()}
        found.update(started_at=self.started_at, finished_at=self.finished_at, load_packages=None)
        # JSON-safe already, and large: they are not walked again
        packages = [package.asdict() for package in self.load_packages]
        return {**json_object(found), "load_packages": packages, **self.writer_metrics_asdict()}

    def _took(self) -> str:
        began, ended = self._span()
        if began is None or ended is None:
            return "was empty"
        return f"completed in {duration_text((ended - began).total_seconds())}"

    def _name(self) -> str:
        return self.pipeline.pipeline_name


class _ExtractInfo(NamedTuple):
    pipeline: PipelineAtWork
    metrics: dict[str, list[StepFigures]]
    extract_data_info: list[dict[str, str]]
    loads_ids: list[str]
    load_packages: list[LoadPackageInfo]
    first_run: bool


class ExtractInfo(_ExtractInfo, _Step):
    """What extract did."""

    __slots__ = ()

    def asdict(self) -> dict[str, object]:
        """Return a JSON-safe dict."""
        return self._base(self._asdict())

    def asstr(self, verbosity: int = 0) -> str:
        """Return some lines to read."""
        lines = [f"Pipeline {self._name()} extract step {self._took()}"]
        for package in self.load_packages:
            lines.append(f"Load package {package.load_id} with schema {package.schema_name} is extracted")
            if verbosity > 0:
                lines.append(package.asstr(verbosity))
        lines += _table_lines(self.metrics)
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.asstr()


class _NormalizeInfo(NamedTuple):
    pipeline: PipelineAtWork
    metrics: dict[str, list[StepFigures]]
    loads_ids: list[str]
    load_packages: list[LoadPackageInfo]
    first_run: bool


class NormalizeInfo(_NormalizeInfo, _Step):
    """What normalize did."""

    __slots__ = ()

    @property
    def row_counts(self) -> dict[str, int]:
        """Return the rows of each table, over all packages."""
        counts: dict[str, int] = {}
        for entry in self._each():
            for table, values in entry.get("table_metrics", {}).items():
                # a run with several schemas has a package each, and they may share names of tables
                counts[table] = counts.get(table, 0) + values.items_count
        return counts

    def asdict(self) -> dict[str, object]:
        """Return a JSON-safe dict."""
        return self._base(self._asdict())

    def asstr(self, verbosity: int = 0) -> str:
        """Return some lines to read."""
        lines = [f"Pipeline {self._name()} normalize step {self._took()}"]
        lines += [f"- {table}: {count} row(s)" for table, count in self.row_counts.items()]
        lines += self._told_quarantine()
        for package in self.load_packages:
            lines.append(f"Load package {package.load_id} is normalized and ready to load")
            if verbosity > 0:
                lines.append(package.asstr(verbosity))
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.asstr()


class _LoadInfo(NamedTuple):
    pipeline: PipelineAtWork
    metrics: dict[str, list[StepFigures]]
    destination_type: str
    destination_displayable_credentials: str
    destination_name: str
    environment: str | None
    staging_type: str | None
    staging_name: str | None
    staging_displayable_credentials: str | None
    destination_fingerprint: str
    dataset_name: str
    loads_ids: list[str]
    load_packages: list[LoadPackageInfo]
    first_run: bool


class _LoadedFile(NamedTuple):
    """What the metrics say of one file."""

    table: str
    rows: int
    state: str
    started_at: datetime.datetime | None
    finished_at: datetime.datetime | None


class LoadInfo(_LoadInfo, _Step):
    """What load did: where the data went, which packages, which jobs."""

    __slots__ = ()

    @property
    def has_failed_jobs(self) -> bool:
        """Tell whether a job ended with an error that a retry would not help."""
        return any(package.jobs["failed_jobs"] for package in self.load_packages)

    @property
    def failed_jobs(self) -> dict[str, list[LoadJobInfo]]:
        """Return the failed jobs by load id."""
        return {p.load_id: p.jobs["failed_jobs"] for p in self.load_packages if p.jobs["failed_jobs"]}

    @property
    def checks(self) -> list[CheckDone]:
        """Return what came of checks of data, of the packages that were loaded."""
        return [result for package in self.load_packages for result in package.checks]

    def raise_on_failed_jobs(self) -> None:
        """Raise when a job failed.

        Raises:
            DestinationHasFailedJobs: naming tables, files and causes.
        """
        for load_id, jobs in self.failed_jobs.items():
            details = "; ".join(f"{job.job_file_info.table_name}: {job.failed_message}" for job in jobs)
            raise DestinationHasFailedJobs(
                f"package {load_id} has {len(jobs)} failed jobs at {self.destination_name}: {details}. Nothing of it "
                f"is visible. {self._advice(load_id)}",
                load_id=load_id,
                failed_jobs=jobs,
                destination_name=self.destination_name,
            )

    def _advice(self, load_id: str) -> str:
        return waiting_advice(self._name(), load_id)

    def tables_of(self, package: LoadPackageInfo) -> list[TableLine]:
        """Return what was loaded into each table; of a package that failed nothing was."""
        # one transaction: where one job failed, nothing of the package is visible
        if package.jobs["failed_jobs"]:
            return []
        new = {name: tuple(table.get("columns") or ()) for name, table in package.schema_update.items()}
        entries = self.metrics.get(package.load_id) or []
        jobs = [
            _LoadedFile(job.table_name, job.items_count, job.state, job.started_at, job.finished_at)
            for entry in entries
            for job in entry.get("job_metrics", {}).values()
            if isinstance(job, LoadJobMetrics)
        ]
        from dlt.tables import table_lines

        return [found for found in table_lines(jobs, new) if not found.name.startswith("_dlt")]

    def asdict(self) -> dict[str, object]:
        """Return a JSON-safe dict."""
        checks = [result.asdict() for result in self.checks]
        return {**self._base(self._asdict()), "has_failed_jobs": self.has_failed_jobs, "checks": checks}

    def asstr(self, verbosity: int = 0) -> str:
        """Return some lines to read."""
        from dlt.tables import text_table

        lines = [
            f"Pipeline {self._name()} load step {self._took()}",
            f"{len(self.loads_ids) - len(self.failed_jobs)} load package(s) were loaded to destination "
            f"{self.destination_name} and into "
            f"dataset {self.dataset_name}",
            f"The {self.destination_name} destination used {self.destination_displayable_credentials} location "
            "to store data",
        ]
        lines += self._told_quarantine()
        for package in self.load_packages:
            failed = package.jobs["failed_jobs"]
            state = "LOADED and contains no failed jobs"
            if failed:
                # as scripts look for it in what PyPI dlt prints
                state = f"NOT LOADED and contains {len(failed)} FAILED job(s)!"
            # named only where it differs, as with several schemas
            where = f" in dataset {package.dataset_name}" if package.dataset_name != self.dataset_name else ""
            lines.append(f"Load package {package.load_id}{where} is {state}")
            lines.extend(f"  {text}" for text in text_table(self.tables_of(package)))
            lines.extend(f"\t{job.asstr()}" for job in failed)
            lines.extend(_check_lines(package.checks))
            if verbosity > 0:
                lines.append(package.asstr(verbosity))
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.asstr()


def _check_lines(checks: Sequence[CheckDone]) -> list[str]:
    """Return lines on checks of data: how many passed, and each that failed."""
    if not checks:
        return []
    failed = [result for result in checks if not result.passed]
    lines = [f"  {len(checks) - len(failed)} of {len(checks)} checks of its data passed"]
    lines += [f"  {result.severity}: {result.text}" for result in failed]
    return lines


def _rows(entry: StepFigures) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """Yield what a step did with one package as rows of tables, by their names."""
    yield "job_metrics", [_job_row(name, job, entry) for name, job in entry.get("job_metrics", {}).items()]
    yield (
        "table_metrics",
        [{"table_name": name, **row._asdict()} for name, row in entry.get("table_metrics", {}).items()],
    )
    if "resource_metrics" in entry:
        yield (
            "resource_metrics",
            [{"resource_name": name, **row._asdict()} for name, row in entry["resource_metrics"].items()],
        )
    if "dag" in entry:
        yield "dag", [{"parent_name": parent, "resource_name": name} for parent, name in entry["dag"]]
    if "hints" in entry:
        yield "hints", [{"resource_name": name, **hints} for name, hints in entry["hints"].items()]
    if "outputs" in entry:
        yield "outputs", [dict(place) for place in entry["outputs"]]


def _job_row(name: str, job: DataWriterMetrics | LoadJobMetrics, entry: StepFigures) -> dict[str, object]:
    if isinstance(job, LoadJobMetrics):
        return {"dataset_name": entry.get("dataset_name"), **job._asdict()}
    return {"job_id": name, "table_name": table_of(name), **job._asdict()}


def _table_lines(metrics: Mapping[str, list[StepFigures]]) -> list[str]:
    return [
        f"- {table}: {values.items_count} item(s)"
        for entries in metrics.values()
        for entry in entries
        for table, values in entry.get("table_metrics", {}).items()
    ]
