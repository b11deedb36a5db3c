"""`dlt plan`: what a script would load, without loading it."""

from __future__ import annotations

import argparse
import os
import runpy
import sys
import traceback
from typing import TYPE_CHECKING

from dlt.cli.asked import positive
from dlt.cli.output import add_telling, say, say_json, say_note, stdout_as_stderr
from dlt.errors import DltException
from dlt.pipeline.plan_mode import Planned, planning

if TYPE_CHECKING:
    from dlt.cli.asked import Commands

CHANGES = 2
"""Exit code where something would change, if it is asked for."""


class ScriptMissing(DltException):
    """There is no script to plan."""


def add_parser(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "plan",
        help="tell what a script would load: tables, columns, rows, cursors; nothing is written",
        description="Run a script whose pipelines load nothing: each run becomes a plan. Working folders, state and "
        f"destinations stay as they are. Exit code 0; with --detailed-exitcode {CHANGES} if something would change; 1 "
        "if the script fails, a contract refuses its data, or it would fail a check that is an error.",
        epilog="example: dlt plan --detailed-exitcode my_pipeline.py",
    )
    parser.add_argument("script", help="path of the script")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGS", help="arguments of the script")
    parser.add_argument("--sample", type=positive, metavar="N", help="read at most N rows of each resource")
    parser.add_argument("--ddl", action="store_true", help="print the statements that would change tables, too")
    parser.add_argument(
        "--detailed-exitcode", action="store_true", help=f"exit with {CHANGES} if something would change"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_telling(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    failed: Exception | SystemExit | None = None
    # what the script prints is no part of the plan
    with planning(arguments.sample) as planned, stdout_as_stderr():
        try:
            _run_script(arguments.script, arguments.arguments)
        except ScriptMissing:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - told below, behind the plans that were made before it
            failed = error
    if arguments.json:
        say_json([plan.asdict() for plan in planned.plans])
    else:
        _say(planned, arguments.ddl, failed is not None)
    if failed is not None:
        say_note(_where(failed, arguments.script))
        if not isinstance(failed, SystemExit):
            raise failed
        # a code of its own would be taken for one of the plan
        return 1
    if any(plan.would_fail for plan in planned.plans):
        return 1
    changes = any(plan.has_changes for plan in planned.plans)
    return CHANGES if changes and arguments.detailed_exitcode else 0


def _where(error: Exception | SystemExit, script: str) -> str:
    """Return a sentence that says where a script stopped."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == script]
    line = f" at line {lines[-1]}" if lines else ""
    # what a script says when it ends itself: a number, or a text
    why = f" with sys.exit({error.code!r})" if isinstance(error, SystemExit) else ""
    return (
        f"{script} stopped{line}{why}. The plans above are those of its runs before. In a plan nothing is loaded: "
        "infos are empty, and datasets and schemas are those of the last real run."
    )


def _say(planned: Planned, ddl: bool, failed: bool) -> None:
    for number, plan in enumerate(planned.plans):
        if number:
            say()
        say(str(plan))
        if ddl and plan.ddl:
            say("\n" + "\n".join(f"{statement};" for statement in plan.ddl))
    if not planned.plans and not failed:
        say_note("the script ran no pipeline, so there is nothing to plan")


def _run_script(path: str, arguments: list[str]) -> None:
    if not os.path.isfile(path):
        raise ScriptMissing(
            f"there is no script {path}. Give the path of a Python file whose pipelines are to be planned."
        )
    before, folders = sys.argv, list(sys.path)
    sys.argv = [path, *arguments]
    # as Python does it for a script
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as stopped:
        # a script may end itself when all is well
        if stopped.code not in (None, 0):
            raise
    finally:
        sys.argv, sys.path[:] = before, folders
