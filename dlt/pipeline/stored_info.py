"""Infos of steps as they stand in a stored trace, made whole again for programs and commands that read it later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Union, cast

from dlt.info import (
    JOB_STATES,
    ExtractInfo,
    LoadInfo,
    LoadJobInfo,
    LoadPackageInfo,
    NormalizeInfo,
    ParsedLoadJobFileName,
)
from dlt.io.codec import decode
from dlt.metrics import (
    EMPTY_DATA_WRITER_METRICS,
    DataLocation,
    DataWriterAndCustomMetrics,
    DataWriterMetrics,
    LoadJobMetrics,
    StepFigures,
    moment,
)
from dlt.packages.manifest import CheckDone
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


def _metrics(content: JsonObject) -> dict[str, list[StepFigures]]:
    times = {name: moment(content[name]) for name in _MOMENTS}
    found: dict[str, list[StepFigures]] = {load_id: [] for load_id in content["loads_ids"]}
    for group, read in _GROUPS.items():
        # an earlier release kept fewer groups
        for stored in content[group] if group in _ALWAYS else content.get(group) or ():
            entries = found.setdefault(stored["load_id"], [])
            while len(entries) <= stored["extract_idx"]:
                entries.append(
                    {"started_at": times["started_at"], "finished_at": times["finished_at"], **_none_of(content)}
                )
            read(entries[stored["extract_idx"]], {key: stored[key] for key in stored if key not in _OF})
    return found


def _none_of(content: JsonObject) -> StepFigures:
    """Return figures of nothing, with the groups that the info has."""
    empty: StepFigures = {"job_metrics": {}, "table_metrics": {}}
    if "resource_metrics" in content:
        empty["resource_metrics"] = {}
    if "dag" in content:
        empty["dag"], empty["hints"] = [], {}
    if "outputs" in content:
        empty["outputs"] = []
    return empty


def _read_job(entry: StepFigures, row: JsonObject) -> None:
    # made by `_none_of` for this entry alone
    jobs = cast("dict[str, DataWriterMetrics | LoadJobMetrics]", entry["job_metrics"])
    if "state" not in row:
        jobs[row["job_id"]] = DataWriterMetrics(**{name: row[name] for name in DataWriterMetrics._fields})
    else:
        if row.get("dataset_name"):
            entry["dataset_name"] = row["dataset_name"]
        times = {name: moment(row[name]) for name in _MOMENTS}
        jobs[row["job_id"]] = LoadJobMetrics(**{**{n: row[n] for n in LoadJobMetrics._fields if n in row}, **times})


def _read_table(entry: StepFigures, row: JsonObject) -> None:
    numbers = {**EMPTY_DATA_WRITER_METRICS._asdict(), **{n: row[n] for n in DataWriterMetrics._fields if n in row}}
    cast("dict[str, DataWriterMetrics]", entry["table_metrics"])[row["table_name"]] = DataWriterMetrics(**numbers)


def _read_resource(entry: StepFigures, row: JsonObject) -> None:
    numbers = {**EMPTY_DATA_WRITER_METRICS._asdict(), **{n: row[n] for n in DataWriterMetrics._fields if n in row}}
    skipped = {"resource_name", "custom_metrics", *numbers}
    # lists stand beside the numbers, so that each can be loaded as a table
    custom = {**row.get("custom_metrics", {}), **{name: row[name] for name in row if name not in skipped}}
    found = DataWriterAndCustomMetrics(**numbers, custom_metrics=custom)
    cast("dict[str, DataWriterAndCustomMetrics]", entry["resource_metrics"])[row["resource_name"]] = found


def _read_edge(entry: StepFigures, row: JsonObject) -> None:
    entry["dag"].append((row["parent_name"], row["resource_name"]))


def _read_hints(entry: StepFigures, row: JsonObject) -> None:
    entry["hints"][row.pop("resource_name")] = row


def _read_output(entry: StepFigures, row: JsonObject) -> None:
    entry["outputs"].append(cast("DataLocation", row))


_GROUPS: Mapping[str, Callable[[StepFigures, JsonObject], None]] = {
    "job_metrics": _read_job,
    "table_metrics": _read_table,
    "resource_metrics": _read_resource,
    "dag": _read_edge,
    "hints": _read_hints,
    "outputs": _read_output,
}
"""How each group of rows in a stored info is read."""
_ALWAYS = ("job_metrics", "table_metrics")
_OF = ("load_id", "extract_idx")


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
        # an earlier release had none
        "checks": tuple(decode(CheckDone, result) for result in stored.get("checks") or ()),
    }
    return LoadPackageInfo._make(own[part] if part in own else stored[part] for part in LoadPackageInfo._fields)
