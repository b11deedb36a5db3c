"""The command `dlt`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence

from dlt.cli import config, init, pipeline, schedule, step
from dlt.cli.output import say_error
from dlt.errors import DltException
from dlt.version import __version__


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="dlt",
        description="Look after pipelines: list them, see what they loaded, drop or restore them.",
        epilog="example: dlt pipeline my_pipeline info",
    )
    parser.add_argument("--version", action="version", version=f"dlt-tasks {__version__}")
    parser.add_argument("--non-interactive", action="store_true", help="never ask; answer no")
    parser.add_argument("-y", "--yes", action="store_true", help="never ask; answer yes")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    pipeline.add_parser(commands)
    init.add_parser(commands)
    config.add_parser(commands)
    schedule.add_parser(commands)
    step.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code.

    Args:
        arguments: The command line without the program's name; that of the process when None.
    """
    try:
        given = list(sys.argv[1:] if arguments is None else arguments)
        if given[:2] == ["pipeline", "list"]:
            # list stands where the name of a pipeline stands
            given[1] = "--list-pipelines"
        parsed = make_parser().parse_args(given)
        return int(parsed.run(parsed) or 0)
    except DltException as error:
        say_error(str(error))
        return 1
    except BrokenPipeError:
        # the reader of our output went away
        sys.stderr.close()
        return 1
    except KeyboardInterrupt as stopped:
        number = getattr(stopped, "signal_code", signal.SIGINT)
        if not getattr(stopped, "told", False):
            say_error(f"stopped by {signal.Signals(number).name}")
        return 128 + number
