"""The command `dlt`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from dlt import user_log
from dlt.cli import config, init, pipeline, schedule, schema, step
from dlt.cli.output import add_telling, say_error, say_traceback
from dlt.configuration.defaults import defaults_for
from dlt.errors import CannotRestorePipelineException, ConfigurationException, DltException, SignalReceivedException
from dlt.pipeline import signals
from dlt.pipeline.settings import configured_telling
from dlt.redact import clean_error
from dlt.version import __version__


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="dlt",
        description="Look after pipelines: list them, see what they loaded, load what waits, drop or restore them.",
        epilog="example: dlt pipeline my_pipeline info",
    )
    parser.add_argument("--version", action="version", version=f"dlt-tasks {__version__}")
    parser.add_argument("--non-interactive", action="store_true", help="never ask; answer no")
    parser.add_argument("-y", "--yes", action="store_true", help="never ask; answer yes")
    parser.add_argument("--no-pwd", action="store_true", help="do not import modules from the folder where it is run")
    add_telling(parser, top=True)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    pipeline.add_parser(commands)
    schema.add_parser(commands)
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
        parsed = make_parser().parse_args(_with_action(given))
        if not parsed.no_pwd and os.getcwd() not in sys.path:
            # naming conventions and destinations of the program, as in its scripts
            sys.path.insert(0, os.getcwd())
        return _run(parsed)
    except BrokenPipeError:
        # the reader of our output went away
        # Python flushes stdout once more at its end, and would print the error then
        sys.stderr.close()
        return 1
    except KeyboardInterrupt as stopped:
        # Ctrl-C that came while no pipeline was at work is Python's own
        number = stopped.signal_code if isinstance(stopped, SignalReceivedException) else signal.SIGINT
        if not signals.was_told(stopped):
            say_error(f"stopped by {signal.Signals(number).name}")
        # as shells tell of a process that a signal ended
        return 128 + number


def _with_action(given: list[str]) -> list[str]:
    """Return the command line with the action that is meant where there is none: argparse would take a name for one."""
    words = [index for index, word in enumerate(given) if not word.startswith("-") and not _is_value(given, index)]
    if not words or given[words[0]] != "pipeline" or len(words) == 1:
        return given
    name = words[1]
    if given[name] == "list":
        return [*given[:name], "--list-pipelines", *given[name + 1 :]]
    return [*given[: name + 1], "info", *given[name + 1 :]] if len(words) == 2 else given


def _is_value(given: list[str], index: int) -> bool:
    return index > 0 and given[index - 1] == "--pipelines-dir"


def _run(parsed: argparse.Namespace) -> int:
    try:
        # a command is about no pipeline or several, so their sections say nothing of it
        with user_log.use(configured_telling(None)):
            return int(parsed.run(parsed) or 0)
    except (BrokenPipeError, KeyboardInterrupt):
        raise
    except Exception as error:  # noqa: BLE001 - a command ends with a sentence and a code
        # drivers put passwords into their messages
        clean_error(error)
        if parsed.debug:
            say_traceback(error)
        # a sentence of ours says what failed; of anything else the kind tells, and the place
        ours = isinstance(error, DltException)
        say_error(str(error) if ours else f"{type(error).__name__}: {error}. --debug shows where it came up.")
        return _code_of(error)


def _code_of(error: Exception) -> int:
    """Return 1; for scripts that were written for PyPI `dlt` 1.x, what its command returned."""
    try:
        defaults = defaults_for()
    except ConfigurationException:
        # the error may be that a file cannot be read
        return 1
    unknown = isinstance(error, CannotRestorePipelineException)
    return defaults.exit_code_unknown_pipeline if unknown else defaults.exit_code
