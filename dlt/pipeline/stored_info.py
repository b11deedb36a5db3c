"""Infos of steps as they stand in a stored trace, made whole again for programs and commands that read it later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Union

from dlt.info import (
    JOB_STATES,
    ExtractInfo,
    LoadInfo,
    LoadJobInfo,
    LoadPackageInfo,
    NormalizeInfo,
    ParsedLoadJobFileName,
)
from dlt.metrics import Metrics, moment
from dlt.types import JsonObject

_KINDS: Mapping[str, type[ExtractInfo] | type[NormalizeInfo] | type[LoadInfo]] = {
    "extract": ExtractInfo,
    "normalize": NormalizeInfo,
    "load": LoadInfo,
    # a whole run tells what it loaded
    "run": LoadInfo,
}
_MOMENTS = ("started_at", "finished_at")


class StoredPipeline(NamedTuple):
    """What is kept of the pipeline of an info."""

    pipeline_name: str


class StoredSchema(NamedTuple):
    """What is kept of the schema of a package."""

    name: str
    version_hash: str


class StoredInfo:
    """The info of a step as an earlier version stored it: a dict with attributes.

    Args:
        content: What `asdict` gave.
    """

    def __init__(self, content: JsonObject) -> None:
        self._content = content

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_content"][name]
        except KeyError:
            raise AttributeError(f"The stored info has no {name!r}; it has {', '.join(self._content)}.") from None

    def asdict(self) -> JsonObject:
        """Return the stored dict."""
        return dict(self._content)

    def asstr(self, verbosity: int = 0) -> str:
        """Return the rows of each table, one a line; before them the other facts where verbosity is more than 0."""
        tables = self._content.get("table_metrics") or []
        facts = [(key, value) for key, value in self._content.items() if not isinstance(value, (list, dict))]
        lines = [f"{key}: {value}" for key, value in facts] if verbosity > 0 else []
        return "\n".join([*lines, *(f"- {table['table_name']}: {table['items_count']} row(s)" for table in tables)])

    def __str__(self) -> str:
        return self.asstr()


StepInfo = Union[ExtractInfo, NormalizeInfo, LoadInfo, StoredInfo]
"""What a step left: of this process, or as it was stored."""


def restored(step: str, content: JsonObject) -> StepInfo:
    """Return the info of a step from what its `asdict` gave.

    Args:
        step: Name of the step.
        content: What was stored.
    """
    kind = _KINDS.get(step)
    if kind is None:
        return StoredInfo(content)
    try:
        own: dict[str, object] = {
            "pipeline": StoredPipeline(content["pipeline"]["pipeline_name"]),
            "metrics": _metrics(content),
            "load_packages": [_package(package) for package in content["load_packages"]],
        }
        return kind._make(own[name] if name in own else content[name] for name in kind._fields)
    except (LookupError, TypeError, ValueError, AttributeError):
        # another version stored other fields
        return StoredInfo(content)


def _metrics(content: JsonObject) -> dict[str, list[dict[str, Any]]]:
    times = {name: moment(content[name]) for name in _MOMENTS}
    found: dict[str, list[dict[str, Any]]] = {load_id: [] for load_id in content["loads_ids"]}
    groups = (("job_metrics", "job_id"), ("table_metrics", "table_name"), ("resource_metrics", "resource_name"))
    for group, key in groups:
        # an earlier release kept none of resources
        for stored in content[group] if group != "resource_metrics" else content.get(group) or ():
            entries = found.setdefault(stored["load_id"], [])
            while len(entries) <= stored["extract_idx"]:
                entries.append({**times, **{name: {} for name, _ in groups}})
            values = {name: value for name, value in stored.items() if name not in ("load_id", "extract_idx")}
            if group != "job_metrics":
                del values[key]
            if group == "resource_metrics":
                values.setdefault("custom_metrics", {})
            read = {name: moment(value) if name in _MOMENTS else value for name, value in values.items()}
            entries[stored["extract_idx"]][group][stored[key]] = Metrics(read)
    return found


def _package(stored: JsonObject) -> LoadPackageInfo:
    jobs: dict[str, list[LoadJobInfo]] = {state: [] for state in JOB_STATES}
    for job in stored["jobs"]:
        name = ParsedLoadJobFileName(**{part: job[part] for part in ParsedLoadJobFileName._fields})
        values = {**job, "created_at": moment(job["created_at"]), "job_file_info": name}
        jobs[job["state"]].append(LoadJobInfo(**{part: values[part] for part in LoadJobInfo._fields}))
    update = {
        table["name"]: {**table, "columns": {column["name"]: column for column in table["columns"]}}
        for table in stored["tables"]
    }
    own: dict[str, object] = {
        "schema": StoredSchema(stored["schema_name"], stored["schema_hash"]),
        "schema_update": update,
        "completed_at": moment(stored["completed_at"]),
        "jobs": jobs,
    }
    return LoadPackageInfo._make(own[part] if part in own else stored[part] for part in LoadPackageInfo._fields)
