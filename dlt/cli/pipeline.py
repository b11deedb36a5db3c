"""`dlt pipeline`: what pipelines did, and what they hold."""

from __future__ import annotations

import argparse
import os
from typing import Any

from dlt.cli.output import confirm, say, say_error, say_json, say_table
from dlt.errors import CannotRestorePipelineException
from dlt.info import size_text
from dlt.pipeline.factory import attach
from dlt.pipeline.factory import pipeline as make_pipeline
from dlt.pipeline.pipeline import Pipeline
from dlt.pipeline.settings import default_pipelines_dir

_ACTIONS: dict[str, tuple[str, str]] = {
    "info": ("state, schemas and packages of a pipeline", "dlt pipeline shop info"),
    "show": ("tables of the dataset with their numbers of rows", "dlt pipeline shop show"),
    "trace": ("the last run, step by step", "dlt pipeline shop trace --json"),
    "packages": ("load packages in all stages", "dlt pipeline shop packages"),
    "failed-jobs": ("failed jobs of pending packages, with the causes", "dlt pipeline shop failed-jobs"),
    "schema": ("the default schema as YAML", "dlt pipeline shop schema --name shop"),
    "sync": ("take state and schemas from the destination", "dlt pipeline shop sync --destination duckdb"),
    "drop": ("delete the local folder: state, schemas and packages", "dlt pipeline shop drop --yes"),
    "drop-pending-packages": ("delete packages that were not loaded", "dlt pipeline shop drop-pending-packages"),
}


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "pipeline",
        help="list pipelines and look into one",
        description="List pipelines, or look into one: dlt pipeline NAME ACTION.",
        epilog="\n".join(["examples:", "  dlt pipeline list", *(f"  {example}" for _, example in _ACTIONS.values())]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _common(parser)
    parser.add_argument("-l", "--list-pipelines", action="store_true", help="list pipelines")
    parser.add_argument("name", nargs="?", help="name of a pipeline, or list")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    for name, (text, example) in _ACTIONS.items():
        action = actions.add_parser(name, help=text, description=text, epilog=f"example: {example}")
        _common(action, suppress=True)
        if name in ("sync", "show", "drop"):
            action.add_argument("--destination", help="name of the destination, if the pipeline does not know it")
            action.add_argument("--dataset-name", help="name of the dataset")
        if name == "schema":
            action.add_argument("--name", dest="schema_name", help="name of the schema; the default one without it")
        if name.startswith("drop"):
            action.add_argument("-y", "--yes", action="store_true", default=argparse.SUPPRESS, help="do not ask")
        action.set_defaults(run=_run)
    parser.set_defaults(run=_run)


def _common(parser: argparse.ArgumentParser, suppress: bool = False) -> None:
    absent = argparse.SUPPRESS if suppress else None
    parser.add_argument("--pipelines-dir", default=absent, help="parent of the folders of pipelines")
    default = argparse.SUPPRESS if suppress else False
    parser.add_argument("--json", action="store_true", default=default, help="print JSON")


def _run(arguments: argparse.Namespace) -> int:
    if arguments.list_pipelines or arguments.name is None:
        return _list(arguments)
    action = arguments.action or "info"
    function = globals()[f"_{action.replace('-', '_')}"]
    found: int = function(arguments, _attach(arguments)) or 0
    return found


def _attach(arguments: argparse.Namespace) -> Pipeline:
    if arguments.action == "sync":
        return make_pipeline(
            arguments.name,
            pipelines_dir=arguments.pipelines_dir,
            destination=arguments.destination,
            dataset_name=arguments.dataset_name,
        )
    folder = os.path.join(arguments.pipelines_dir or default_pipelines_dir(), arguments.name)
    if not os.path.isdir(folder):
        raise CannotRestorePipelineException(
            f"There is no pipeline {arguments.name!r} in {os.path.dirname(folder)}. See: dlt pipeline list"
        )
    options = {"destination": getattr(arguments, "destination", None)}
    return attach(
        arguments.name,
        pipelines_dir=arguments.pipelines_dir,
        dataset_name=getattr(arguments, "dataset_name", None),
        **options,
    )


def _list(arguments: argparse.Namespace) -> int:
    folder = arguments.pipelines_dir or default_pipelines_dir()
    names = []
    if os.path.isdir(folder):
        names = sorted(n for n in os.listdir(folder) if os.path.exists(os.path.join(folder, n, "state.json")))
    if arguments.json:
        say_json({"pipelines_dir": folder, "pipelines": names})
        return 0
    say(f"{len(names)} pipeline(s) in {folder}")
    for name in names:
        say(f"  {name}")
    return 0


def _info(arguments: argparse.Namespace, pipeline: Pipeline) -> int:
    state = pipeline.state
    facts = {
        "pipeline_name": pipeline.pipeline_name,
        "working_dir": pipeline.working_dir,
        "destination": state.get("destination_name"),
        "dataset_name": pipeline.dataset_name,
        "default_schema_name": pipeline.default_schema_name,
        "schema_names": pipeline.schema_names,
        "state_version": state["_state_version"],
        "first_run": pipeline.first_run,
        "extracted_packages": pipeline.list_extracted_load_packages(),
        "normalized_packages": pipeline.list_normalized_load_packages(),
        "loaded_packages": pipeline.list_completed_load_packages(),
        "resources_with_state": {
            name: sorted(source.get("resources", {})) for name, source in state.get("sources", {}).items()
        },
    }
    if arguments.json:
        say_json(facts)
        return 0
    for key, value in facts.items():
        if key.endswith("_packages"):
            value = f"{len(value)}{': ' + ', '.join(value[-3:]) if value else ''}"
        say(f"{key.replace('_', ' '):>22}  {value}")
    return 0


def _show(arguments: argparse.Namespace, pipeline: Pipeline) -> int:
    rows = pipeline.dataset().row_counts().fetchall()
    if arguments.json:
        say_json({"dataset_name": pipeline.dataset_name, "tables": dict(rows)})
        return 0
    say(f"dataset {pipeline.dataset_name}")
    say_table(("table", "rows"), rows)
    return 0


def _trace(arguments: argparse.Namespace, pipeline: Pipeline) -> int:
    trace = pipeline.last_trace
    if arguments.json:
        say_json(trace.asdict() if trace else None)
    else:
        say(str(trace) if trace else f"pipeline {pipeline.pipeline_name} has no trace yet")
    return 0


def _packages(arguments: argparse.Namespace, pipeline: Pipeline) -> int:
    found = [
        pipeline.get_load_package_info(load_id)
        for load_id in (
            *pipeline.list_extracted_load_packages(),
            *pipeline.list_normalized_load_packages(),
            *pipeline.list_completed_load_packages(),
        )
    ]
    if arguments.json:
        say_json(found)
        return 0
    rows = []
    for info in found:
        jobs = [job for group in info.jobs.values() for job in group]
        size = size_text(sum(job.file_size for job in jobs))
        failed = len(info.jobs["failed_jobs"])
        rows.append((info.load_id, info.state, info.schema_name, len(jobs), sum(j.rows for j in jobs), size, failed))
    say_table(("load id", "stage", "schema", "files", "rows", "size", "failed"), rows)
    return 0


def _failed_jobs(arguments: argparse.Namespace, pipeline: Pipeline) -> int:
    found = {
        load_id: jobs
        for load_id in pipeline.list_normalized_load_packages()
        if (jobs := pipeline.list_failed_jobs_in_package(load_id))
    }
    if arguments.json:
        say_json({load_id: [job.asdict() for job in jobs] for load_id, jobs in found.items()})
        return 0
    if not found:
        say("no failed jobs")
    for load_id, jobs in found.items():
        for job in jobs:
            say(f"package {load_id}, table {job.job_file_info.table_name}: {job.failed_message}")
            say(f"  file {job.file_path}")
    return 0


def _schema(arguments: argparse.Namespace, pipeline: Pipeline) -> int:
    schema = pipeline.schemas[arguments.schema_name] if arguments.schema_name else pipeline.default_schema
    if arguments.json:
        say_json(schema.to_dict())
    else:
        say(schema.to_pretty_yaml())
    return 0


def _sync(arguments: argparse.Namespace, pipeline: Pipeline) -> int:
    pipeline.sync_destination()
    if pipeline.default_schema_name is None:
        say_error(f"dataset {pipeline.dataset_name} holds no state of pipeline {pipeline.pipeline_name}")
        return 1
    return _info(arguments, pipeline)


def _drop(arguments: argparse.Namespace, pipeline: Pipeline) -> int:
    question = f"Delete state, schemas and packages in {pipeline.working_dir}? The destination stays as it is."
    if not confirm(question, arguments.yes, arguments.non_interactive):
        return 1
    pipeline.drop()
    if arguments.json:
        say_json({"dropped": pipeline.pipeline_name})
    else:
        say(f"dropped {pipeline.working_dir}")
    return 0


def _drop_pending_packages(arguments: argparse.Namespace, pipeline: Pipeline) -> int:
    names = pipeline.abort_packages(dry_run=True)
    question = f"Delete {len(names)} pending package(s) of {pipeline.pipeline_name}? Their data is lost."
    if names and not confirm(question, arguments.yes, arguments.non_interactive):
        return 1
    pipeline.abort_packages()
    if arguments.json:
        say_json({"dropped": names})
    else:
        say(f"deleted {len(names)} package(s)")
    return 0
