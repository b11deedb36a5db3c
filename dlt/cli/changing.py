"""What `dlt pipeline` changes: nothing is lost without a question that says so."""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict

from dlt.cli import showing
from dlt.cli.asked import Asked
from dlt.cli.output import confirm, say, say_error, say_json
from dlt.configuration.defaults import defaults_for
from dlt.configuration.similar import did_you_mean
from dlt.pipeline import dropping
from dlt.pipeline.pipeline import Pipeline


def sync(asked: Asked, pipeline: Pipeline) -> int:
    """Take state and schemas from the destination."""
    had = pipeline.default_schema_name
    is_new = not os.path.isdir(pipeline.working_dir)
    try:
        pipeline.sync_destination()
    finally:
        if is_new and pipeline.default_schema_name is None:
            # a name that was misspelt must not be listed as a pipeline from now on
            shutil.rmtree(pipeline.working_dir, ignore_errors=True)
    if pipeline.default_schema_name is None and had is None:
        say_error(
            f"dataset {pipeline.dataset_name} at {pipeline.parts.target.location()} holds no state of pipeline "
            f"{pipeline.pipeline_name}"
        )
        return 1
    if pipeline.default_schema_name is None and not asked.json:
        say("The dataset is gone from the destination: state and schemas begin anew")
    return showing.info(asked, pipeline)


def run_pending(asked: Asked, pipeline: Pipeline) -> int:
    """Normalize and load what waits."""
    if not pipeline.has_pending_data:
        _say_result(asked, {"loaded": []}, f"No package of {pipeline.pipeline_name} waits")
        return 0
    # without data it finishes what waits, and nothing else
    info = pipeline.run()
    _say_result(asked, info, str(info))
    return 1 if info.has_failed_jobs else 0


def drop(asked: Asked, pipeline: Pipeline) -> int:
    """Drop tables of resources and reset their state."""
    selection = asked.selection
    selects = selection.resources or selection.drop_all or selection.state_paths
    if selects:
        # tables that another machine loaded go too
        dropping.catch_up(pipeline)
    plan = dropping.plan_for(
        pipeline,
        asked.schema_name,
        resources=selection.resources,
        state_paths=selection.state_paths,
        drop_all=selection.drop_all,
        state_only=selection.state_only,
    )
    if not asked.json:
        showing.say_found(pipeline)
    if plan.unknown:
        known = ", ".join(plan.known) or "none"
        near = "".join(did_you_mean(name, plan.known) for name in plan.unknown[:1])
        names = ", ".join(plan.unknown)
        say_error(f"{names} selected nothing in schema {plan.schema_name}{near or '.'} Resources are: {known}")
    if plan.is_empty:
        return _nothing_to_drop(asked, pipeline, plan)
    if not asked.json:
        _say_plan(pipeline, plan)
    if selection.dry_run:
        _say_result(asked, asdict(plan), "Nothing was changed")
        return 0
    if not confirm("Do you want to apply these changes?", asked.yes, asked.non_interactive):
        return defaults_for(pipeline.pipeline_name).exit_code_declined
    dropping.carry_out(pipeline, plan)
    _say_result(asked, asdict(plan), f"Dropped {len(plan.tables)} table(s)")
    return 0


def _nothing_to_drop(asked: Asked, pipeline: Pipeline, plan: dropping.DropPlan) -> int:
    name = pipeline.pipeline_name
    text = (
        "Could not select any resources to drop and no resource/source state to reset. Name resources, or give "
        f"--drop-all. Use the command below to inspect the pipeline:\ndlt pipeline {name} info -v\n"
        f"To delete the local folder: dlt pipeline {name} delete-folder"
    )
    _say_result(asked, asdict(plan), text)
    return 1 if plan.unknown else 0


def _say_plan(pipeline: Pipeline, plan: dropping.DropPlan) -> None:
    destination = pipeline.destination.destination_name if pipeline.destination is not None else None
    dataset = pipeline.dataset_for(plan.schema_name)
    say(f"About to drop the following data in dataset {dataset} in destination {destination}:")
    say(f"Selected schema: {plan.schema_name}")
    say(f"Selected resource(s): {list(plan.resources)}")
    say(f"Table(s) to drop: {list(plan.tables)}")
    say(f"Resource(s) state to reset: {list(plan.states)}")
    say(f"Source state path(s) to reset: {list(plan.state_paths)}")


def abort_packages(asked: Asked, pipeline: Pipeline) -> int:
    """Give packages up that were not loaded."""
    # packages that go on from one that goes have to go too: the question names them all
    going = pipeline.abort_packages(asked.load_id, dry_run=True)
    if not asked.json:
        showing.say_found(pipeline)
    if not going:
        _say_result(asked, {"dropped": []}, "No pending packages found. Nothing to abort.")
        return 0
    question = (
        f"Give up {len(going)} package(s) of {pipeline.pipeline_name} that were not loaded ({', '.join(going)})? "
        "Their files are deleted, and what their extracts changed in the state goes back."
    )
    if not confirm(question, asked.yes, asked.non_interactive):
        return defaults_for(pipeline.pipeline_name).exit_code_declined
    gone = pipeline.abort_packages(asked.load_id)
    _say_result(asked, {"dropped": gone}, f"Gave up {len(gone)} package(s): {', '.join(gone)}")
    return 0


def drop_pending_packages(asked: Asked, pipeline: Pipeline) -> int:
    """Give all packages up that were not loaded."""
    return abort_packages(asked, pipeline)


def delete_folder(asked: Asked, pipeline: Pipeline) -> int:
    """Delete the working folder."""
    # rows of these may be nowhere else
    waiting = [*pipeline.list_extracted_load_packages(), *pipeline.list_normalized_load_packages()]
    lost = f" {len(waiting)} package(s) that were not loaded are LOST." if waiting else ""
    question = f"Delete state, schemas and packages in {pipeline.working_dir}?{lost} The destination stays as it is."
    if not confirm(question, asked.yes, asked.non_interactive):
        return defaults_for(pipeline.pipeline_name).exit_code_declined
    pipeline.drop()
    _say_result(asked, {"deleted": pipeline.pipeline_name}, f"Deleted {pipeline.working_dir}")
    return 0


def _say_result(asked: Asked, value: object, text: str) -> None:
    if asked.json:
        say_json(value)
    else:
        say(text)
