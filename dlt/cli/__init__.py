"""The command `dlt`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence

from dlt import user_log
from dlt.cli import config, elsewhere, init, pipeline, plan, schedule, schema, step, told
from dlt.cli.line import Line
from dlt.cli.output import add_telling, say, say_error, say_traceback
from dlt.configuration.defaults import defaults_for
from dlt.errors import (
    CannotRestorePipelineException,
    ConfigurationException,
    DltException,
    NotOffered,
    SignalReceivedException,
)
from dlt.pipeline import signals
from dlt.pipeline.settings import configured_telling
from dlt.redact import clean_error
from dlt.version import __version__, form

_COMMANDS = {
    "pipeline": pipeline.add_parser,
    "plan": plan.add_parser,
    "schema": schema.add_parser,
    "init": init.add_parser,
    "config": config.add_parser,
    "signals": told.add_parser,
    "schedule": schedule.add_parser,
    "step": step.add_parser,
    "telemetry": elsewhere.add_parser,
}


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="dlt",
        description="Look after pipelines: list them, see what they loaded, load what waits,\ndrop or restore them.",
        epilog="example: dlt pipeline my_pipeline info\n\n" + elsewhere.summary(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    # the first two words as PyPI dlt prints them; the rest tells which library it is
    parser.add_argument("--version", action="version", version=f"dlt {__version__} (dlt-tasks, {form()})")
    parser.add_argument("--non-interactive", action="store_true", help="never ask; answer no")
    parser.add_argument("-y", "--yes", action="store_true", help="never ask; answer yes")
    parser.add_argument("--no-pwd", action="store_true", help="do not import modules from the folder where it is run")
    elsewhere.add_telemetry_options(parser)
    add_telling(parser, top=True)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for add in _COMMANDS.values():
        add(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code.

    Args:
        arguments: The command line without the program's name; that of the process when None.
    """
    try:
        return _answer(Line.read(sys.argv[1:] if arguments is None else arguments))
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


def _answer(line: Line) -> int:
    instead = elsewhere.instead_of(line)
    if instead is not None:
        if line.asks_for_help:
            say(instead)
            return 0
        return _guarded(lambda: _refuse(instead), is_debug=False)
    misspelt = line.misspelt(_COMMANDS, pipeline.ACTIONS)
    if misspelt is not None:
        say_error(misspelt)
        return 2
    parser = make_parser()
    if line.command is None and not line.is_answered_alone:
        # PyPI dlt shows what there is, too
        parser.print_help(sys.stderr)
        return 2
    parsed = parser.parse_args(line.complete())
    if not parsed.no_pwd and os.getcwd() not in sys.path:
        # naming conventions and destinations of the program, as in its scripts
        sys.path.insert(0, os.getcwd())
    elsewhere.say_telemetry(parsed.telemetry)
    return _guarded(lambda: parsed.run(parsed), is_debug=parsed.debug)


def _refuse(text: str) -> int:
    raise NotOffered(text)


def _guarded(run: Callable[[], int | None], is_debug: bool) -> int:
    try:
        # a command is about no pipeline or several, so their sections say nothing of it
        with user_log.use(configured_telling(None)):
            return int(run() or 0)
    except (BrokenPipeError, KeyboardInterrupt):
        raise
    except Exception as error:  # noqa: BLE001 - a command ends with a sentence and a code
        # drivers put passwords into their messages
        clean_error(error)
        if is_debug:
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
