"""`dlt pipeline`: what pipelines did, what they hold, and what is to be done about it."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from dlt.cli import changing, checks, package, quarantine, reconcile, showing
from dlt.cli.asked import Asked, Form, InQuarantine, Selection, read
from dlt.cli.output import add_common, say, say_json, say_note
from dlt.cli.schema import add_form
from dlt.cli.undo import undo
from dlt.clock import utc_now
from dlt.configuration.similar import did_you_mean
from dlt.errors import CannotRestorePipelineException
from dlt.late_dataclass import dataclass
from dlt.pipeline.factory import attach
from dlt.pipeline.factory import pipeline as make_pipeline
from dlt.pipeline.pipeline import Pipeline
from dlt.pipeline.place import check_place
from dlt.pipeline.settings import default_pipelines_dir

if TYPE_CHECKING:
    from dlt.cli.asked import Commands


@dataclass(frozen=True)
class _Action:
    """One action of the command."""

    run: Callable[[Asked, Pipeline], int]
    help: str
    examples: tuple[str, ...]
    more: str = ""
    asks: bool = False
    has_destination: bool = False


ACTIONS: dict[str, _Action] = {
    "info": _Action(
        showing.info,
        "state, schemas and packages of a pipeline",
        ("dlt pipeline shop info", "dlt pipeline shop info -v"),
        "This is what the command does without an action. -v shows the state of the sources and the tables.",
    ),
    "show": _Action(
        showing.show,
        "tables of the dataset with their numbers of rows",
        ("dlt pipeline shop show",),
        has_destination=True,
    ),
    "trace": _Action(
        showing.trace,
        "the last run, step by step",
        ("dlt pipeline shop trace --json",),
        "-v shows errors with the places in the program where they came up.",
    ),
    "packages": _Action(showing.packages, "load packages in all stages", ("dlt pipeline shop packages",)),
    "load-package": _Action(
        package.load_package,
        "one load package with its jobs",
        (
            "dlt pipeline shop load-package",
            "dlt pipeline shop load-package 1700000000.1234567 -v",
            "dlt pipeline shop load-package 1700000000.1234567 row-counts",
            "dlt pipeline shop load-package 1700000000.1234567 job orders",
            "dlt pipeline shop load-package 1700000000.1234567 abort",
        ),
        "-v shows the tables and columns that its load added. Without a load id it is the most recent package. "
        "row-counts asks the destination how many rows of the load it has; job PART shows jobs with PART in their "
        "names; abort gives the package up, and those that build on it.",
        asks=True,
    ),
    "reconcile": _Action(
        reconcile.reconcile,
        "count the rows of each load, and tell where they differ",
        ("dlt pipeline shop reconcile", "dlt pipeline shop reconcile --json"),
        "For each table of each load: what was extracted, normalized, discarded, quarantined and loaded, and what the "
        "destination has of it now. Exit code 1 if counts differ that should be equal; a query shows the rows.",
        has_destination=True,
    ),
    "failed-jobs": _Action(
        showing.failed_jobs,
        "failed jobs, with their files and the causes",
        ("dlt pipeline shop failed-jobs", "dlt pipeline shop failed-jobs 1700000000.1234567"),
    ),
    "checks": _Action(
        checks.checks,
        "what came of checks of data",
        ("dlt pipeline shop checks", "dlt pipeline shop checks --load-id 1700000000.1234567 --json"),
        "Those of loads are read from the destination; those of packages that were not loaded, as a check failed, from "
        "the folder. The exit code is 1 if such a package waits.",
        has_destination=True,
    ),
    "schema": _Action(
        showing.schema,
        "the default schema",
        ("dlt pipeline shop schema", "dlt pipeline shop schema --name other --format mermaid"),
    ),
    "lineage": _Action(
        showing.lineage,
        "from where in its source each column comes",
        ("dlt pipeline shop lineage", "dlt pipeline shop lineage orders.id --json"),
        "For each column the resource, and the path in its items: address.city, items[*].sku.",
    ),
    "sync": _Action(
        changing.sync,
        "take state and schemas from the destination",
        ("dlt pipeline shop sync --destination duckdb --dataset-name shop",),
        "They are taken if they are newer than those here, or if there are none here. Packages that wait stay.",
        has_destination=True,
    ),
    "run-pending": _Action(
        changing.run_pending,
        "normalize and load what waits, without the source",
        ("dlt pipeline shop run-pending",),
        "For packages that a run left behind: its load failed, or its process ended. Nothing is extracted. The command "
        "is run in the folder of the program, where its configuration is.",
        has_destination=True,
    ),
    "quarantine": _Action(
        quarantine.run,
        "items that a contract kept out of the tables: look at them, replay or drop them",
        quarantine.EXAMPLES,
        quarantine.MORE,
        asks=True,
        has_destination=True,
    ),
    "drop": _Action(
        changing.drop,
        "drop tables of resources and reset their state",
        (
            "dlt pipeline shop drop orders customers",
            'dlt pipeline shop drop "re:^order"',
            "dlt pipeline shop drop --drop-all --yes",
            "dlt pipeline shop drop orders --state-only",
            "dlt pipeline shop drop --state-paths archives",
        ),
        "The tables go at the destination, with those nested in them, and so does the state of the resources, in one "
        "transaction; the next run loads them from the start. What goes is shown first, and asked for.",
        asks=True,
        has_destination=True,
    ),
    "undo": _Action(
        undo,
        "let the dataset be as it was before a load",
        (
            "dlt pipeline shop undo 1700000000.1234567 --dry-run",
            "dlt pipeline shop undo 1700000000.1234567",
            "dlt pipeline shop undo 1700000000.1234567 --cascade --yes --json",
        ),
        "Its rows go, those that it replaced come back where load.keep_undo kept them, and cursors go back, in one "
        "transaction; the next run loads its rows again. What happens is shown first, and asked for. The exit code is "
        "1 where it is refused: then later loads are in the way (--cascade undoes them too), or nothing was kept.",
        asks=True,
        has_destination=True,
    ),
    "abort-packages": _Action(
        changing.abort_packages,
        "give packages up that were not loaded",
        ("dlt pipeline shop abort-packages", "dlt pipeline shop abort-packages 1700000000.1234567 --yes"),
        "What their extracts changed in the state goes back, so that their rows come again with the next run. Later "
        "packages that go on from where one of them ended go too. Without a load id: all packages that wait.",
        asks=True,
    ),
    "drop-pending-packages": _Action(
        changing.drop_pending_packages,
        "the same for all packages that wait",
        ("dlt pipeline shop drop-pending-packages",),
        asks=True,
    ),
    "delete-folder": _Action(
        changing.delete_folder,
        "delete the local folder: state, schemas and packages",
        ("dlt pipeline shop delete-folder --yes",),
        "The destination stays as it is; dlt pipeline NAME sync takes state and schemas from there. Packages that wait "
        "are lost: load them first with run-pending.",
        asks=True,
    ),
}


def add_parser(commands: Commands) -> None:
    """Add the command."""
    examples = ("dlt pipeline list", "dlt pipeline shop", *(action.examples[0] for action in ACTIONS.values()))
    parser = commands.add_parser(
        "pipeline",
        help="list pipelines, look into one, and change what it holds",
        description="List pipelines, or look into one: dlt pipeline NAME ACTION.\nWithout an action: info.",
        epilog=_examples(examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_common(parser, top=True)
    parser.add_argument("-l", "--list-pipelines", action="store_true", help="list pipelines")
    parser.add_argument("name", nargs="?", help="name of a pipeline, or list")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    for name, action in ACTIONS.items():
        _add_action(actions, name, action)
    parser.set_defaults(run=_run)


def _add_action(actions: Commands, name: str, action: _Action) -> None:
    text = action.help[0].upper() + action.help[1:] + "."
    parser = actions.add_parser(
        name,
        help=action.help,
        # the lines of the examples stay, and so argparse breaks none
        description=textwrap.fill(f"{text} {action.more}".strip(), 78),
        epilog=_examples(action.examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_common(parser)
    if action.has_destination:
        parser.add_argument("--destination", help="name of the destination, if the pipeline does not know it")
        parser.add_argument("--dataset-name", help="name of the dataset")
    if action.asks:
        # the same option stands before the command, and must not be taken back here
        parser.add_argument("-y", "--yes", action="store_true", default=argparse.SUPPRESS, help="do not ask")
    # an action takes only what it reads, so that a wrong option is an error
    if name in ("load-package", "failed-jobs", "abort-packages"):
        parser.add_argument("load_id", nargs="?", metavar="LOAD_ID", help="load id of a package")
    if name == "load-package":
        what = list(package.PACKAGE_ACTIONS)
        parser.add_argument("package_action", nargs="?", choices=what, help="what of it; info without it")
        parser.add_argument("job", nargs="?", metavar="PART", help="part of the name of a job")
    if name == "undo":
        parser.add_argument("load_id", metavar="LOAD_ID", help="load id, as in _dlt_loads")
        parser.add_argument("--dry-run", action="store_true", help="only show what would be undone")
        parser.add_argument("--cascade", action="store_true", help="undo later loads that are in the way too")
    if name == "checks":
        parser.add_argument("--load-id", metavar="LOAD_ID", help="load id of one load; all without it")
    if name == "lineage":
        parser.add_argument("of", nargs="?", metavar="TABLE[.COLUMN]", help="one table, or one column; all without it")
    if name == "show":
        parser.add_argument("--edit", action="store_true", help="known from PyPI dlt, and not offered: no dashboard")
    if name == "schema":
        parser.add_argument("--name", dest="schema_name", help="name of the schema; the default one without it")
        add_form(parser)
    if name == "quarantine":
        quarantine.add_options(parser)
    if name == "drop":
        parser.add_argument("resources", nargs="*", metavar="RESOURCE", help="names, or patterns that begin with re:")
        parser.add_argument("--drop-all", action="store_true", help="all resources of the schema")
        parser.add_argument("--state-paths", nargs="*", default=[], metavar="PATH", help="more of the state to reset")
        parser.add_argument("--schema", dest="schema_name", help="name of the schema; the default one without it")
        parser.add_argument("--state-only", action="store_true", help="keep the tables")
        parser.add_argument("--dry-run", action="store_true", help="only show what would go")
    parser.set_defaults(run=_run)


def _examples(examples: tuple[str, ...]) -> str:
    return "\n".join(["examples:", *(f"  {example}" for example in examples)])


def _run(arguments: argparse.Namespace) -> int:
    asked = replace(
        read(Asked, arguments),
        form=read(Form, arguments),
        selection=read(Selection, arguments),
        quarantine=read(InQuarantine, arguments),
    )
    # an option of PyPI dlt 1.x, and what people type first
    if asked.list_pipelines or asked.name is None:
        return _list(asked)
    action = ACTIONS[asked.action or "info"]
    return action.run(asked, _attach(asked, asked.name, action))


def _attach(asked: Asked, name: str, action: _Action) -> Pipeline:
    found = _found(asked, name)
    # the others look at the folder only, wherever its program loads
    if action.has_destination and asked.destination is None:
        check_place(found.pipeline_name, found.destination, found.state)
    return found


def _found(asked: Asked, name: str) -> Pipeline:
    folder = asked.pipelines_dir or default_pipelines_dir()
    known = [known for known, _ in showing.pipelines_in(folder)]
    # it is what makes the folder where there is none
    if asked.action == "sync":
        return _to_sync(asked, name, name in known)
    if name in known or asked.destination is not None:
        if name not in known:
            say_note(f"No local pipeline state found in {folder} for {name!r}: it is taken from {asked.destination}")
        return attach(
            name, pipelines_dir=asked.pipelines_dir, destination=asked.destination, dataset_name=asked.dataset_name
        )
    raise _unknown(name, folder, known)


def _to_sync(asked: Asked, name: str, is_known: bool) -> Pipeline:
    found = make_pipeline(
        name, pipelines_dir=asked.pipelines_dir, destination=asked.destination, dataset_name=asked.dataset_name
    )
    if found.destination is None and not is_known:
        # a step would fail with the same, and leave a folder
        raise _unknown(name, found.pipelines_dir, [known for known, _ in showing.pipelines_in(found.pipelines_dir)])
    return found


def _unknown(name: str, folder: str, known: Sequence[str]) -> CannotRestorePipelineException:
    return CannotRestorePipelineException(
        f"No local pipeline state found: there is no pipeline {name!r} in {folder}"
        f"{did_you_mean(name, known) or '.'} See: dlt pipeline list. "
        f"To take it from its destination: dlt pipeline {name} sync --destination NAME --dataset-name NAME",
        pipeline_name=name,
    )


def _list(asked: Asked) -> int:
    folder = asked.pipelines_dir or default_pipelines_dir()
    found = showing.pipelines_in(folder)
    if asked.json:
        say_json({"pipelines_dir": folder, "pipelines": [name for name, _ in found]})
        return 0
    say(f"{len(found) or 'No'} pipeline{'' if len(found) == 1 else 's'} found in {folder}")
    for name, last in found:
        say(f"{name} (last run: {_ago(last)} ({last:%Y-%m-%d %H:%M:%S} UTC))" if last else f"{name} (last run: never)")
    return 0


def _ago(moment: datetime) -> str:
    """Return how long ago a moment was, in the largest unit."""
    seconds = max(0, int((utc_now() - moment).total_seconds()))
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if count := seconds // size:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"
