"""Packages on disk as infos."""

from __future__ import annotations

import datetime
import os
from typing import TYPE_CHECKING, Any

from dlt.info import LoadJobInfo, LoadPackageInfo, ParsedLoadJobFileName

if TYPE_CHECKING:
    from dlt.schema.schema import Schema
    from dlt.workdir.package import LoadPackage

_GROUPS = {"completed": "completed_jobs", "failed": "failed_jobs", "started": "started_jobs"}


def package_info(package: LoadPackage) -> LoadPackageInfo:
    """Return what is known of a package."""
    info = package.info
    done = {job["file"]: job for job in info.get("jobs") or []}
    jobs: dict[str, list[LoadJobInfo]] = {}
    for file in package.files:
        job = done.get(file["name"], {})
        entry = _job(package, file, job)
        jobs.setdefault(_GROUPS.get(entry.state, "new_jobs"), []).append(entry)
    for job in info.get("jobs") or []:
        if job["file"] not in {file["name"] for file in package.files}:
            # a job without a file: the package as a whole
            file = {"name": job["file"], "table": job["table"], "format": "", "rows": 0, "bytes": 0}
            entry = _job(package, file, job)
            jobs.setdefault(_GROUPS.get(entry.state, "new_jobs"), []).append(entry)
    completed = info.get("completed_at")
    return LoadPackageInfo(
        package.load_id,
        package.path,
        package.stage,
        package.schema,
        info.get("schema_update") or {},
        datetime.datetime.fromisoformat(completed) if completed else None,
        jobs,
        info.get("dataset_name"),
        info.get("refresh"),
    )


def _job(package: LoadPackage, file: dict[str, Any], job: dict[str, Any]) -> LoadJobInfo:
    started, finished = _moment(job.get("started_at")), _moment(job.get("finished_at"))
    created = _moment(package.info.get("created_at"))
    return LoadJobInfo(
        job.get("state", "new"),
        os.path.join(package.path, file["name"]),
        file["bytes"],
        created,
        (finished - started).total_seconds() if started and finished else 0.0,
        ParsedLoadJobFileName(file["table"], _file_id(file["name"]), 0, file["format"]),
        job.get("error"),
        file["rows"],
    )


def _file_id(name: str) -> str:
    parts = name.split(".")
    return next((part for part in parts if part.isdigit()), parts[0])


def _moment(value: Any) -> datetime.datetime | None:
    if isinstance(value, str):
        return datetime.datetime.fromisoformat(value)
    return value if isinstance(value, datetime.datetime) else None


def failed_message(package: LoadPackage) -> str:
    """Return a line on the failed jobs of a package."""
    failed = [job for job in package.info.get("jobs") or [] if job["state"] == "failed"]
    details = "; ".join(f"{job['table']} ({job['file']}): {job['error']}" for job in failed)
    return f"package {package.load_id} has {len(failed)} failed jobs and nothing of it was loaded: {details}"


def mark_seen(schema: Schema, rows: dict[str, int]) -> None:
    """Remember which tables had data."""
    for table in rows:
        entry = schema.tables[table]
        settings = entry.get("x-normalizer") or {}
        if not settings.get("seen-data"):
            schema.tables[table] = {**entry, "x-normalizer": {**settings, "seen-data": True}}


def normalize_metrics(
    started_at: datetime.datetime, finished_at: datetime.datetime, schema_name: str, files: Any, rows: dict[str, int]
) -> dict[str, Any]:
    """Return what normalize made of one package."""
    sizes: dict[str, int] = {}
    for file in files:
        sizes[file["table"]] = sizes.get(file["table"], 0) + file["bytes"]
    return {
        "started_at": started_at,
        "finished_at": finished_at,
        "schema_name": schema_name,
        "job_metrics": [
            {"file_path": f["name"], "table_name": f["table"], "items_count": f["rows"], "file_size": f["bytes"]}
            for f in files
        ],
        "table_metrics": {
            table: {"items_count": count, "file_size": sizes.get(table, 0)} for table, count in rows.items()
        },
    }


def load_metrics(result: Any, dataset: str) -> dict[str, Any]:
    """Return what load made of one package."""
    tables: dict[str, dict[str, int]] = {}
    for job in result.jobs:
        entry = tables.setdefault(job["table"], {"items_count": 0, "file_size": 0})
        if job["state"] == "completed":
            entry["items_count"] += job["rows"]
            entry["file_size"] += job["bytes"]
    return {
        "started_at": result.started_at,
        "finished_at": result.finished_at,
        "dataset_name": dataset,
        "job_metrics": result.jobs,
        "table_metrics": tables,
    }
