"""`dlt step`: extract, normalize and load as separate processes, for schedulers that run commands."""

from __future__ import annotations

import argparse
import sys
from typing import Any

import orjson

from dlt.cli.output import say_error, say_json, say_traceback, stdout_as_stderr
from dlt.errors import SpecInvalid
from dlt.redact import clean_error

TRY_AGAIN = 75
"""Exit code for errors that may pass, as sysexits.h names it."""


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "step",
        help="run one step of a pipeline as a task; JSON in, JSON out",
        description="Run one step of a pipeline as a task. A step reads JSON and prints JSON, which the next one "
        "reads. It may run again: committed work is found and not repeated. "
        f"Exit code {TRY_AGAIN} means that another try may help, 1 that it cannot.",
        epilog="example: dlt step extract spec.json --run-id 2026-01-31 > t.json && dlt step normalize t.json > n.json "
        "&& dlt step load n.json",
    )
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    extract = _add(steps, "extract", "extract what a spec names", "dlt step extract spec.json --run-id 2026-01-31")
    extract.add_argument(
        "spec", help='JSON file, or - for standard input: {"source": "shop.py:orders", "pipeline": {...}}'
    )
    extract.add_argument("--run-id", required=True, help="the same for all steps and tries of one run, and of no other")
    extract.add_argument("--chunk", default="", help="name of the part, in a fan-out")
    extract.add_argument("--moment", help="when the run was due, ISO; load ids sort by it")
    extract.add_argument("--window", nargs=2, metavar=("START", "END"), help="time to load, ISO with a time zone")
    extract.add_argument("--generation", type=int, default=0, help="higher to extract again what was not loaded")
    normalize = _add(steps, "normalize", "normalize what was extracted", "dlt step normalize t.json")
    normalize.add_argument("token", help="JSON file that extract printed, or -")
    load = _add(steps, "load", "load the parts of a run, all or nothing", "dlt step load n.json")
    load.add_argument("token", nargs="+", help="JSON files that normalize printed, or -")
    cleanup = _add(steps, "cleanup", "delete what a run left on the way", "dlt step cleanup n.json")
    cleanup.add_argument("token", nargs="+", help="JSON files that a step printed, or -")
    resources = _add(steps, "resources", "print the names of a source's resources", "dlt step resources spec.json")
    resources.add_argument("spec", help="JSON file, or -")


def _add(steps: Any, name: str, text: str, example: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = steps.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".", epilog=f"example: {example}"
    )
    parser.add_argument("--attempt", type=int, default=1, help="number of the try; a later one takes a load over")
    parser.set_defaults(run=_run)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    from dlt.orchestrate import is_terminal

    try:
        # standard output carries the token, and nothing that the source or a collector prints
        with stdout_as_stderr():
            made = _step(arguments)
        say_json(made)
    except Exception as error:
        clean_error(error)
        if arguments.debug:
            say_traceback(error)
        say_error(_told(error))
        return 1 if is_terminal(error) else TRY_AGAIN
    return 0


def _told(error: BaseException) -> str:
    text = f"{type(error).__name__}: {error}"
    cause = error.__cause__
    return text if cause is None or str(cause) in text else f"{text} Cause: {type(cause).__name__}: {cause}"


def _step(arguments: argparse.Namespace) -> Any:
    from dlt import orchestrate

    step = arguments.step
    if step == "resources":
        return orchestrate.resource_names(_read(arguments.spec))
    if step == "extract":
        context = orchestrate.StepContext(
            arguments.run_id,
            arguments.chunk,
            arguments.attempt,
            orchestrate.moment(arguments.moment) if arguments.moment else None,
            orchestrate.Window.from_list(arguments.window) if arguments.window else None,
            arguments.generation,
        )
        return orchestrate.extract_step(_read(arguments.spec), context).to_dict()
    if step == "normalize":
        token = orchestrate.Token.from_dict(_read(arguments.token))
        return orchestrate.normalize_step(token, _context(token, arguments)).to_dict()
    tokens = [orchestrate.Token.from_dict(_read(path)) for path in arguments.token]
    if step == "cleanup":
        orchestrate.cleanup_step(tokens)
        return {"cleaned": tokens[0].run_id}
    return orchestrate.load_step(tokens, _context(tokens[0], arguments)).to_dict()


def _context(token: Any, arguments: argparse.Namespace) -> Any:
    from dlt.orchestrate import StepContext

    return StepContext(token.run_id, token.chunk, arguments.attempt)


def _read(path: str) -> Any:
    try:
        data = sys.stdin.buffer.read() if path == "-" else open(path, "rb").read()  # noqa: SIM115 - read at once
        return orjson.loads(data)
    except (OSError, orjson.JSONDecodeError) as error:
        raise SpecInvalid(
            f"{path}: {error}. Give a file with the JSON that the step before printed, or a spec."
        ) from error
