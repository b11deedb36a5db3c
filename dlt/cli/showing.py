"""What `dlt pipeline` shows: it reads the working folder, and only `show` asks the destination."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone

from dlt.cli import elsewhere
from dlt.cli.asked import Asked
from dlt.cli.output import say, say_error, say_json, say_table
from dlt.cli.schema import say_schema
from dlt.errors import NotOffered
from dlt.info import LoadPackageInfo, size_text
from dlt.packages.of_1x import pending_of_1x
from dlt.pipeline.pipeline import Pipeline
from dlt.schema.schema import Schema
from dlt.schema.typing import TableSchema
from dlt.schema.x_keys import SEEN_DATA, X_NORMALIZER
from dlt.states.model import State

STAGES = (
    ("extracted", "extracted packages ready to be normalized"),
    ("normalized", "normalized packages ready to be loaded"),
    ("loaded", "completed load packages"),
)


def pipelines_in(folder: str) -> list[tuple[str, datetime | None]]:
    """Return the pipelines of a folder by name, and when each one ran last."""
    if not os.path.isdir(folder):
        return []
    # other folders stand beside those of pipelines
    names = sorted(n for n in os.listdir(folder) if os.path.exists(os.path.join(folder, n, "state.json")))
    return [(name, _last_run(os.path.join(folder, name, "trace.json"))) for name in names]


def _last_run(path: str) -> datetime | None:
    try:
        # a trace is written at the end of each run, and reading all of them takes long
        return datetime.fromtimestamp(os.path.getmtime(path), timezone.utc)
    except FileNotFoundError:
        return None


def say_found(pipeline: Pipeline) -> None:
    """Say which pipeline the rest is about."""
    say(f"Found pipeline {pipeline.pipeline_name} in {pipeline.pipelines_dir}")


def info(asked: Asked, pipeline: Pipeline) -> int:
    """Show state, schemas and packages."""
    state = pipeline.state
    packages = {stage: load_ids(pipeline, stage) for stage, _ in STAGES}
    if asked.json:
        facts = {
            "pipeline_name": pipeline.pipeline_name,
            "working_dir": pipeline.working_dir,
            "destination": state.get("destination_name"),
            "dataset_name": pipeline.dataset_name,
            "default_schema_name": pipeline.default_schema_name,
            "schema_names": pipeline.schema_names,
            "state_version": state["_state_version"],
            "first_run": pipeline.first_run,
            **{f"{stage}_packages": load_ids for stage, load_ids in packages.items()},
            "resources_with_state": {
                name: sorted(source.get("resources", {})) for name, source in state.get("sources", {}).items()
            },
        }
        say_json(facts)
        return 0
    say_found(pipeline)
    _say_state(pipeline, asked.verbose)
    for name in pipeline.schema_names:
        _say_resources(pipeline.schemas[name], state, asked.verbose)
    say("Working dir content:")
    for stage, text in STAGES:
        if packages[stage]:
            say(f"Has {len(packages[stage])} {text} with following load ids:")
            for load_id in packages[stage]:
                say(load_id)
    of_1x = pending_of_1x(pipeline.working_dir)
    if of_1x:
        say(f"Has {len(of_1x)} packages that wait for PyPI dlt, which has to load them: {', '.join(of_1x)}")
    name = pipeline.pipeline_name
    if pipeline.has_pending_data:
        say(f"\nPackages wait. Use 'dlt pipeline {name} run-pending' to load them")
    if pipeline.last_trace is not None:
        say(f"\nPipeline has last run trace. Use 'dlt pipeline {name} trace' to inspect")
    else:
        say("\nPipeline does not have last run trace.")
    return 0


def _say_state(pipeline: Pipeline, verbosity: int) -> None:
    state = pipeline.state
    say("Synchronized state:")
    for key, value in state.items():
        if key not in ("_local", "sources"):
            say(f"{key}: {', '.join(map(str, value)) if isinstance(value, list) else value}")
    if state.get("sources"):
        say("\nsources:")
        if verbosity:
            say_json(state["sources"])
        else:
            say("Add -v option to see sources state. Note that it could be large.")
    say("\nLocal state:")
    for key, text in _local_facts(pipeline).items():
        say(f"{key}: {text}")
    say()


def _local_facts(pipeline: Pipeline) -> dict[str, object]:
    """Return what the folder alone knows, in words: its keys and hashes are for the library."""
    local = pipeline.state.get("_local", {})
    facts: dict[str, object] = {"working_dir": pipeline.working_dir, "first_run": pipeline.first_run}
    if local.get("place"):
        # as they were when the program ran last: a command does not know what stands in a program
        facts["loads into"], facts["initial_cwd"] = local["place"][1:3]
    return facts


def plain(value: object) -> object:
    """Return a value that YAML writes without tags of Python."""
    if isinstance(value, Mapping):
        # keys of a state may be anything that was a key of a dict
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _say_resources(schema: Schema, state: State, verbosity: int) -> None:
    say(f"Resources in schema: {schema.name}")
    resources: dict[str, list[TableSchema]] = {}
    for table in schema.data_tables(include_incomplete=True):
        resources.setdefault(str(schema.tables[schema.root_of(table["name"])].get("resource")), []).append(table)
    slots = state.get("sources", {}).get(schema.name, {}).get("resources", {})
    for resource, tables in resources.items():
        say(f"{resource} with {len(tables)} table(s) and {len(slots.get(resource, {}))} resource state slot(s)")
        for table in tables if verbosity else ():
            seen = "received data" if (table.get(X_NORMALIZER) or {}).get(SEEN_DATA) else "no data yet"
            say(f"\t{table['name']} table {len(table['columns'])} column(s) {seen}")
    say()


def load_ids(pipeline: Pipeline, stage: str) -> list[str]:
    """Return the load ids of the packages of a stage."""
    return [package.load_id for package in pipeline.workdir.packages(stage)]


def has_dataset(pipeline: Pipeline) -> bool:
    """Tell whether there is something to read at the destination; say what is the matter where there is nothing."""
    # a dataset that is not there would be an error of the engine, in words of its own
    with pipeline.destination_client_for() as client:
        found = client.has_dataset()
    if not found:
        where = pipeline.parts.target.location()
        say_error(f"there is no dataset {pipeline.dataset_name} at {where}: nothing was loaded yet, or it was dropped")
    return found


def show(asked: Asked, pipeline: Pipeline) -> int:
    """Show the tables of the dataset."""
    if asked.edit:
        raise NotOffered(f"show --edit is not offered. {elsewhere.EDIT}")
    if not has_dataset(pipeline):
        return 1
    rows = pipeline.dataset().row_counts().fetchall()
    if asked.json:
        say_json({"dataset_name": pipeline.dataset_name, "tables": dict(rows)})
        return 0
    say(f"dataset {pipeline.dataset_name}")
    say_table(("table", "rows"), rows)
    return 0


def lineage(asked: Asked, pipeline: Pipeline) -> int:
    """Show where columns come from."""
    table, _, column = (asked.of or "").partition(".")
    found = pipeline.lineage(table or None, column or None)
    if asked.json:
        say_json([origin.asdict() for origin in found])
        return 0
    rows = [
        (f"{origin.table}.{origin.column}", origin.data_type, origin.resource, origin.path or "made by dlt")
        for origin in found
    ]
    say_table(("column", "type", "resource", "path in its items"), rows)
    return 0


def trace(asked: Asked, pipeline: Pipeline) -> int:
    """Show the last run."""
    found = pipeline.last_trace
    if asked.json:
        say_json(found.asdict() if found else None)
        return 0
    if found is None:
        say(f"pipeline {pipeline.pipeline_name} has no trace yet")
        return 0
    say_found(pipeline)
    say(found.asstr(asked.verbose))
    return 0


def packages(asked: Asked, pipeline: Pipeline) -> int:
    """Show the packages of all stages."""
    found = [pipeline.get_load_package_info(name) for stage, _ in STAGES for name in load_ids(pipeline, stage)]
    if asked.json:
        say_json(found)
        return 0
    rows = []
    for package in found:
        jobs = [job for group in package.jobs.values() for job in group]
        size = size_text(sum(job.file_size for job in jobs))
        failed = len(package.jobs["failed_jobs"])
        count = sum(job.rows for job in jobs)
        rows.append((package.load_id, package.state, package.schema_name, len(jobs), count, size, failed))
    say_table(("load id", "stage", "schema", "files", "rows", "size", "failed"), rows)
    return 0


def failed_jobs(asked: Asked, pipeline: Pipeline) -> int:
    """Show the jobs that failed."""
    chosen = [asked.load_id] if asked.load_id else None
    names = chosen or [name for stage in ("normalized", "loaded") for name in load_ids(pipeline, stage)]
    found: dict[str, LoadPackageInfo] = {name: pipeline.get_load_package_info(name) for name in names}
    failed = {name: package.jobs["failed_jobs"] for name, package in found.items() if package.jobs["failed_jobs"]}
    if asked.json:
        say_json({load_id: [job.asdict() for job in jobs] for load_id, jobs in failed.items()})
        return 0
    say_found(pipeline)
    for load_id in found:
        say(f"Checking failed jobs in load id '{load_id}'")
        for job in failed.get(load_id, []):
            say(f"JOB: {job.job_file_info.job_id()}({job.job_file_info.table_name})")
            say(f"JOB file type: {job.job_file_info.file_format}")
            say(f"JOB file path: {job.file_path}")
            say(str(job.failed_message))
    if failed:
        name = pipeline.pipeline_name
        say(f"Mend the cause, then: dlt pipeline {name} run-pending, or dlt pipeline {name} abort-packages")
    else:
        say("No failed jobs found")
    return 0


def schema(asked: Asked, pipeline: Pipeline) -> int:
    """Show a schema."""
    found = pipeline.schemas[asked.schema_name] if asked.schema_name else pipeline.default_schema
    say_schema(found, replace(asked.form, format="json") if asked.json else asked.form)
    return 0
