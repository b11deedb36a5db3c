"""What the command prints: aligned tables for people, JSON for programs."""

from __future__ import annotations

import argparse
import os
import select
import stat
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout

import orjson

from dlt.info import json_safe
from dlt.redact import redact

# seconds until a program that is to answer has begun
_PATIENCE = 1.0


def add_common(parser: argparse.ArgumentParser, top: bool = False) -> None:
    """Add the options that stand before or behind an action.

    Args:
        parser: Parser of a command, or of one of its actions.
        top: It is the one of the command: what is not given has a value there.
    """
    # an action must not take back what was given before it
    absent = None if top else argparse.SUPPRESS
    off = False if top else argparse.SUPPRESS
    parser.add_argument("--pipelines-dir", default=absent, help="parent of the folders of pipelines")
    parser.add_argument("--json", action="store_true", default=off, help="print JSON")
    add_telling(parser)


def add_telling(parser: argparse.ArgumentParser, top: bool = False) -> None:
    """Add the options that say how much is told; they may stand anywhere."""
    absent = 0 if top else argparse.SUPPRESS
    parser.add_argument("-v", "--verbose", action="count", default=absent, help="tell more; -vv for still more")
    off = False if top else argparse.SUPPRESS
    parser.add_argument("--debug", action="store_true", default=off, help="show where an error came up")


def say(text: str = "") -> None:
    """Print a line."""
    print(text)


def say_error(text: str) -> None:
    """Print an error."""
    print(f"dlt: error: {redact(text)}", file=sys.stderr)


def say_note(text: str) -> None:
    """Print what a person should know, beside the result that programs read."""
    print(f"dlt: {redact(text)}", file=sys.stderr)


def say_traceback(error: BaseException) -> None:
    """Print where an error came up, with its causes."""
    # lines of the program may show what it was called with
    print(redact("".join(traceback.format_exception(error))), file=sys.stderr, end="")


def say_json(value: object) -> None:
    """Print a value as JSON."""
    # infos hold times and objects, which programs get as text
    print(orjson.dumps(json_safe(value), option=orjson.OPT_INDENT_2).decode())


def say_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows in aligned columns; numbers stand right."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max([len(header), *(len(row[i]) for row in texts)]) for i, header in enumerate(headers)]
    numeric = [bool(rows) and all(isinstance(row[i], (int, float)) for row in rows) for i in range(len(headers))]

    def line(cells: Sequence[str]) -> str:
        parts = [c.rjust(w) if n else c.ljust(w) for c, w, n in zip(cells, widths, numeric, strict=True)]
        return "  ".join(parts).rstrip()

    say(line(headers))
    say("  ".join("-" * width for width in widths))
    for row in texts:
        say(line(row))


@contextmanager
def stdout_as_stderr() -> Iterator[None]:
    """Let all that is printed inside the block go to stderr, by other libraries and programs as well."""
    # libraries in C write to the file descriptor, past sys.stdout
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def confirm(question: str, assume_yes: bool, never_ask: bool) -> bool:
    """Ask a question; where nobody can answer, the answer is no.

    Args:
        question: What is asked.
        assume_yes: It was answered before: yes.
        never_ask: It was answered before: no.
    """
    if assume_yes:
        return True
    if never_ask:
        answer = None
    elif sys.stdin.isatty():
        answer = _asked(question)
    else:
        answer = _piped()
        if answer is not None:
            say(f"{question} [y/N] {answer}")
    if answer is None:
        say_error(f"nothing was done, for nobody answers: {question} Give --yes.")
    return answer is not None and answer.strip().lower() in ("y", "yes")


def _asked(question: str) -> str:
    try:
        return input(f"{question} [y/N] ")
    except EOFError:
        # Ctrl-D stays on the line of the question
        say()
        return "n"


def _piped() -> str | None:
    """Return the line that a script gives, as `yes | dlt ...` does; None where none comes."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
        # a script whose input is open to nobody would wait without end
        if not (stat.S_ISFIFO(mode) or stat.S_ISREG(mode)) or not select.select([sys.stdin], [], [], _PATIENCE)[0]:
            return None
    except (OSError, ValueError):
        # no file at all
        return None
    return sys.stdin.readline().strip() or None
