"""The command line: `python -m dlt_airflow check FILE` and `python -m dlt_airflow pools FILE`."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence

from dlt.cli.output import say_table
from dlt.tasks.definitions import Definitions, read_definitions


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    whole = argparse.ArgumentParser(prog="python -m dlt_airflow", description="Look after a file of pipelines.")
    commands = whole.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="say what is wrong in the file, or what its DAGs are")
    pools = commands.add_parser("pools", help="make the pools of its limits, or change their slots")
    for command in (check, pools):
        command.add_argument("file", metavar="FILE", help="the file of YAML that dags_from_yaml reads")
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit code.

    Args:
        arguments: Those of the process when None.
    """
    chosen = parser().parse_args(arguments)
    try:
        found = read_definitions(chosen.file)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return _check(found) if chosen.command == "check" else _pools(found)


def _check(found: Definitions) -> int:
    rows = [
        (one.name, one.schedule or "by hand", one.timezone, one.destination or str(one.pipeline), one.source)
        for one in found.pipelines
    ]
    say_table(("dag", "schedule", "timezone", "destination", "source"), rows)
    return 0


def _pools(found: Definitions) -> int:
    from dlt_airflow.factory import pool_of

    if not found.limits:
        print(f"{found.path}: it has no limits, so there are no pools to make.")
    for destination, slots in found.limits.items():
        command = ["airflow", "pools", "set", pool_of(destination), str(slots), f"Loads into {destination} at once"]
        # by the command of Airflow, which knows where its database is and who may change it
        code = subprocess.run([sys.executable, "-m", *command], check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
