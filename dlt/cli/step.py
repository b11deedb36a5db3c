"""`dlt step`: extract, normalize and load as separate processes, for schedulers that run commands."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import orjson

from dlt.cli.asked import read
from dlt.cli.output import say_error, say_json, say_traceback, stdout_as_stderr
from dlt.errors import SpecInvalid
from dlt.io import atomic
from dlt.late_dataclass import dataclass
from dlt.progress import TableLog
from dlt.redact import clean_error
from dlt.tasks import (
    Spec,
    StepContext,
    Token,
    Window,
    cleanup_step,
    extract_step,
    is_terminal,
    load_step,
    moment,
    normalize_step,
    resource_names,
)
from dlt.tasks.elsewhere import stop_when_alone
from dlt.tasks.pruning import KEEP_DAYS, prune
from dlt.tasks.request import StepRequest, carry_out, failed
from dlt.types import JsonObject

if TYPE_CHECKING:
    from dlt.cli.asked import Commands

TRY_AGAIN = 75
"""Exit code for errors that may pass, as sysexits.h names it."""


PROGRESS_PERIOD = 30.0
"""Seconds between two lines on standard error for a table that goes on."""


def add_parser(commands: Commands) -> None:
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
    run = _add(
        steps,
        "run",
        "run the step that a request asks for, as orchestrators do in other environments",
        "dlt step run request.json --answer answer.json",
    )
    run.add_argument("request", nargs="?", default="-", help="JSON file, or - for standard input, or env:VARIABLE")
    run.add_argument("--answer", metavar="FILE", help="write the answer there, and end with 0 whatever it says")
    run.set_defaults(run=_answer)
    old = steps.add_parser(
        "prune",
        help="delete what old runs left",
        description="Delete what old runs left on this worker and at the hand-off, and virtual environments that no "
        "step used since; print the folders as JSON.",
        epilog="example: dlt step prune --keep-days 2 --dry-run",
    )
    old.add_argument("--work-dir", metavar="FOLDER", help="folder for packages under way; as configured without")
    old.add_argument("--handoff", metavar="URL", help="hand-off; as configured without")
    old.add_argument("--keep-days", type=float, metavar="DAYS", help=f"days since a run was touched ({KEEP_DAYS:.0f})")
    old.add_argument("--dry-run", action="store_true", help="delete nothing")
    old.set_defaults(run=_prune)


def _add(steps: Commands, name: str, text: str, example: str) -> argparse.ArgumentParser:
    parser = steps.add_parser(
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
    # the second name is that of earlier releases
    parser.add_argument("--revision", "--generation", dest="revision", type=int, metavar="N", help=text)


def _run(arguments: argparse.Namespace) -> int:
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


def _prune(arguments: argparse.Namespace) -> int:
    """Delete what old runs left."""
    asked = read(_Old, arguments)
    say_json({"deleted": prune(asked.work_dir, asked.handoff, asked.keep_days, asked.dry_run)})
    return 0


def _answer(arguments: argparse.Namespace) -> int:
    """Run the step of a request; standard output, or a file, carries the answer and nothing else."""
    asked = read(_Request, arguments)
    hidden: Sequence[str] = ()
    try:
        with stdout_as_stderr():
            request = StepRequest.from_dict(_request(asked.request))
            hidden = request.hidden
            if request.watched and asked.request == "-":
                stop_when_alone(sys.stdin.buffer)
            answer = carry_out(request, _progress())
    except Exception as error:  # noqa: BLE001 - the answer says what happened
        answer = failed(error, hidden)
        say_traceback(error)
    data = orjson.dumps(answer)
    if asked.answer:
        # who waits for the file must not find half of it
        atomic.write_bytes(os.path.abspath(asked.answer), data)
        return 0
    sys.stdout.buffer.write(data + b"\n")
    sys.stdout.flush()
    return 0 if "made" in answer else 1 if answer["error"]["terminal"] else TRY_AGAIN


def _request(place: str) -> JsonObject:
    if place.startswith("env:"):
        text = os.environ.get(place[4:])
        if text is None:
            raise SpecInvalid(f"dlt step run: the environment has no variable {place[4:]}.")
        return _parse(text.encode(), place)
    # one line: the program that asks may keep the pipe open
    return _parse(sys.stdin.buffer.readline(), place) if place == "-" else _read(place)


def _told(error: BaseException) -> str:
    text = f"{type(error).__name__}: {error}"
    cause = error.__cause__
    return text if cause is None or str(cause) in text else f"{text} Cause: {type(cause).__name__}: {cause}"


@dataclass(frozen=True)
class _Extract:
    """An extract: the spec, the run and the try."""

    spec: str
    run_id: str
    chunk: str = ""
    attempt: int = 1
    moment: str | None = None
    window: Sequence[str] | None = None
    revision: int | None = None
    reprocess: str | None = None


@dataclass(frozen=True)
class _Old:
    """Which old runs are to go."""

    work_dir: str | None = None
    handoff: str | None = None
    keep_days: float | None = None
    dry_run: bool = False


@dataclass(frozen=True)
class _Request:
    """Where the request is, and where the answer goes."""

    request: str = "-"
    answer: str | None = None


@dataclass(frozen=True)
class _Later:
    """A step behind the extract: files with tokens, and the spec where it holds what no token carries."""

    token: Sequence[str]
    attempt: int = 1
    revision: int | None = None
    spec: str | None = None


def _step(arguments: argparse.Namespace) -> object:
    step: str = arguments.step
    if step == "resources":
        return resource_names(_read(arguments.spec))
    if step == "extract":
        return _extract(read(_Extract, arguments)).to_dict()
    asked = read(_Later, arguments)
    spec = _read(asked.spec) if asked.spec else None
    # normalize takes one file, the others several
    paths = [asked.token] if isinstance(asked.token, str) else asked.token
    tokens = [Token.from_dict(_read(path)) for path in paths]
    if step == "normalize":
        return normalize_step(tokens[0], _context(tokens[0], asked), spec).to_dict()
    if step == "cleanup":
        cleanup_step(tokens, spec=spec)
        return {"cleaned": tokens[0].run_id}
    report = load_step(tokens, _context(tokens[0], asked), spec)
    # standard output is JSON, for the program that called
    print(report.text, file=sys.stderr)
    return report.to_dict()


def _extract(asked: _Extract) -> Token:
    spec = _read(asked.spec)
    if asked.reprocess:
        spec = {**spec, "reprocess": asked.reprocess} if isinstance(spec, dict) else spec
    context = StepContext(
        asked.run_id,
        asked.chunk,
        asked.attempt,
        moment(asked.moment) if asked.moment else None,
        Window.from_list(asked.window) if asked.window else None,
        asked.revision or 0,
        progress=_progress(),
    )
    return extract_step(Spec.from_dict(spec), context)


def _context(token: Token, asked: _Later) -> StepContext:
    generation = token.generation if asked.revision is None else asked.revision
    return StepContext(token.run_id, token.chunk, asked.attempt, generation=generation, progress=_progress())


def _progress() -> TableLog:
    return TableLog(PROGRESS_PERIOD, sys.stderr)


def _read(path: str) -> JsonObject:
    try:
        data = sys.stdin.buffer.read() if path == "-" else open(path, "rb").read()  # noqa: SIM115 - read at once
    except OSError as error:
        raise _no_json(path, error) from error
    return _parse(data, path)


def _parse(data: bytes, place: str) -> JsonObject:
    try:
        # what is no object is refused by what reads it as a spec or a token
        found: JsonObject = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        # its text may hold secrets, and is not shown
        raise _no_json(place, error) from None
    return found


def _no_json(place: str, error: Exception) -> SpecInvalid:
    return SpecInvalid(f"{place}: {error}. Give a file with the JSON that the step before printed, or a spec.")
