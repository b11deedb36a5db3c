"""The command line: `python -m dlt_prefect` with `reschedule`, `automation` or `deploy`."""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from collections.abc import Sequence

from dlt.cli.output import say_table
from dlt_prefect.factory import deploy
from dlt_prefect.reschedule import MOST_TRIES, SETTLE, automation, reschedule


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    whole = argparse.ArgumentParser(
        prog="python -m dlt_prefect", description="Run crashed flow runs again, and deploy pipelines."
    )
    commands = whole.add_subparsers(dest="command", required=True)
    once = commands.add_parser("reschedule", help="schedule crashed flow runs again now")
    once.add_argument("flow_run_ids", nargs="*", metavar="ID", help="flow runs; all crashed ones when there are none")
    once.add_argument("--since", type=float, default=24.0, metavar="HOURS", help="only runs due in the last hours (24)")
    once.add_argument("--watch", type=float, metavar="SECONDS", help="do it again every some seconds, until stopped")
    always = commands.add_parser("automation", help="create an automation on the server that does it at once")
    always.add_argument("--tag", action="append", default=[], help="only runs with this tag; may be repeated")
    file = commands.add_parser("deploy", help="deploy the pipelines of a file of YAML, and set its limits")
    file.add_argument("file", metavar="FILE", help="the file")
    file.add_argument("--pool", metavar="NAME", help="work pool of pipelines that name none")
    for command in (once, always):
        command.add_argument("--deployment", metavar="FLOW/NAME", help="only runs of this deployment")
        command.add_argument("--settle", type=float, default=SETTLE.total_seconds(), help="seconds after a crash (30)")
        command.add_argument("--most-tries", type=int, default=MOST_TRIES, help=f"leave others alone ({MOST_TRIES})")
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit code.

    Args:
        arguments: Those of the process when None.
    """
    chosen = parser().parse_args(arguments)
    if chosen.command == "deploy":
        return _deploy(chosen.file, chosen.pool)
    settle = datetime.timedelta(seconds=chosen.settle)
    if chosen.command == "automation":
        made = automation(deployment=chosen.deployment, tags=chosen.tag, most_tries=chosen.most_tries, settle=settle)
        print(f"automation {made.name!r} has the id {made.id}")
        return 0
    since = datetime.timedelta(hours=chosen.since)
    while True:
        for flow_run_id in reschedule(chosen.flow_run_ids, chosen.deployment, since, chosen.most_tries, settle):
            # by a pipe lines would wait in a buffer, and the command may watch for days
            print(flow_run_id, flush=True)
        if chosen.watch is None:
            return 0
        # a run that crashed meanwhile is found by the next look
        time.sleep(chosen.watch)


def _deploy(file: str, pool: str | None) -> int:
    try:
        made = deploy(file, pool)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    say_table(("deployment", "id"), [(f"dlt-run-pipeline/{name}", made[name]) for name in made])
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        # what shells give after Ctrl-C
        sys.exit(130)
