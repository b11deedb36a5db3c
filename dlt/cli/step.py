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


PROGRESS_PERIOD = 30.0
"""Seconds between two lines on standard error for a table that goes on."""


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
    extract.add_argument(
        "--moment",
        help="when the run was due, ISO; finds what earlier versions, which named loads by it, loaded for the run",
    )
    extract.add_argument("--window", nargs=2, metavar=("START", "END"), help="time to load, ISO with a time zone")
    _add_revision(extract, "a higher one extracts the run anew, and loads it once more if it was loaded")
    extract.add_argument(
        "--reprocess",
        choices=("auto", "undo", "keep"),
        help="rows that the run appended, when it is loaded once more: deleted where they come again (auto, unless the "
        "spec says otherwise), always, or never",
    )
    normalize = _add(steps, "normalize", "normalize what was extracted", "dlt step normalize t.json")
    normalize.add_argument("token", help="JSON file that extract printed, or -")
    _add_spec(normalize)
    load = _add(steps, "load", "load the parts of a run, all or nothing", "dlt step load n.json")
    load.add_argument("token", nargs="+", help="JSON files that normalize printed, or -")
    _add_spec(load)
    _add_revision(load, "one that is not that of the load tells a new wish from a retry; the report says it as known")
    cleanup = _add(steps, "cleanup", "delete what a run left on the way", "dlt step cleanup n.json")
    cleanup.add_argument("token", nargs="+", help="JSON files that a step printed, or -")
    _add_spec(cleanup)
    resources = _add(steps, "resources", "print the names of a source's resources", "dlt step resources spec.json")
    resources.add_argument("spec", help="JSON file, or -")


def _add(steps: Any, name: str, text: str, example: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = steps.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".", epilog=f"example: {example}"
    )
    parser.add_argument("--attempt", type=int, default=1, help="number of the try; a later one takes a load over")
    parser.set_defaults(run=_run)
    return parser


def _add_spec(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--spec", help="JSON file with the spec of the run, where it holds secrets of the pipeline: tokens carry none"
    )


def _add_revision(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--revision", "--generation", dest="revision", type=int, metavar="N", help=text)


def _run(arguments: argparse.Namespace) -> int:
    from dlt.tasks import is_terminal

    try:
        # standard output carries the token, and nothing that the source or a collector prints
        with stdout_as_stderr():
            made = _step(arguments)
        say_json(made)
    except Exception as error:  # noqa: BLE001 - a command ends with a sentence and a code
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
    from dlt import tasks as orchestrate

    step = arguments.step
    if step == "resources":
        return orchestrate.resource_names(_read(arguments.spec))
    if step == "extract":
        spec = _read(arguments.spec)
        if arguments.reprocess and isinstance(spec, dict):
            spec["reprocess"] = arguments.reprocess
        context = orchestrate.StepContext(
            arguments.run_id,
            arguments.chunk,
            arguments.attempt,
            orchestrate.moment(arguments.moment) if arguments.moment else None,
            orchestrate.Window.from_list(arguments.window) if arguments.window else None,
            arguments.revision or 0,
            progress=_progress(),
        )
        return orchestrate.extract_step(spec, context).to_dict()
    spec = _read(arguments.spec) if arguments.spec else None
    if step == "normalize":
        token = orchestrate.Token.from_dict(_read(arguments.token))
        return orchestrate.normalize_step(token, _context(token, arguments), spec).to_dict()
    tokens = [orchestrate.Token.from_dict(_read(path)) for path in arguments.token]
    if step == "cleanup":
        orchestrate.cleanup_step(tokens, spec=spec)
        return {"cleaned": tokens[0].run_id}
    report = orchestrate.load_step(tokens, _context(tokens[0], arguments), spec)
    print(report.text, file=sys.stderr)
    return report.to_dict()


def _context(token: Any, arguments: argparse.Namespace) -> Any:
    from dlt.tasks import StepContext

    revision = getattr(arguments, "revision", None)
    generation = token.generation if revision is None else revision
    return StepContext(token.run_id, token.chunk, arguments.attempt, generation=generation, progress=_progress())


def _progress() -> Any:
    from dlt.progress import TableLog

    return TableLog(PROGRESS_PERIOD, sys.stderr)


def _read(path: str) -> Any:
    try:
        data = sys.stdin.buffer.read() if path == "-" else open(path, "rb").read()  # noqa: SIM115 - read at once
        return orjson.loads(data)
    except (OSError, orjson.JSONDecodeError) as error:
        raise SpecInvalid(
            f"{path}: {error}. Give a file with the JSON that the step before printed, or a spec."
        ) from error
