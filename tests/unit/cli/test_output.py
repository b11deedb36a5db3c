"""What the command prints: aligned tables for people, JSON for programs, nothing secret."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.cli import output
from dlt.redact import remember

CELLS = st.integers() | st.text("abc ", max_size=8)


@given(st.lists(st.tuples(st.integers(0, 10**9), CELLS.map(str), CELLS), max_size=6))
def test_columns_stand_below_their_headers(rows: list[tuple[Any, ...]]) -> None:
    """Numbers end where their header ends, texts begin where theirs begins, and no line ends in blanks."""
    lines: list[str] = []
    say, output.say = output.say, lines.append  # type: ignore[assignment]
    try:
        output.say_table(["rows", "name", "any"], rows)
    finally:
        output.say = say
    header, rule, *shown = lines
    assert len(shown) == len(rows) and set(rule) <= {"-", " "} and all(line == line.rstrip() for line in lines)
    width = len(rule.split(" ")[0])
    assert all(line[:width] == str(row[0]).rjust(width) for line, row in zip(shown, rows, strict=True))
    assert header.index("name") == width + 2
    assert all(line[width + 2 :].startswith(str(row[1]).rstrip()) for line, row in zip(shown, rows, strict=True))


def test_json_holds_values_that_json_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    """Moments and decimals are texts."""
    output.say_json({"at": datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc), "price": Decimal("1.50")})
    assert json.loads(capsys.readouterr().out) == {"at": "2024-01-02T00:00:00+00:00", "price": "1.50"}


def test_errors_and_tracebacks_show_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    """They go to standard error, and known secrets are taken out."""
    remember({"password": "hunter-of-the-output"})
    output.say_error("wrong: hunter-of-the-output")
    output.say_traceback(ValueError("postgresql://ann:hunter-of-the-output@db/x"))
    said = capsys.readouterr()
    assert said.out == "" and "hunter-of-the-output" not in said.err
    assert said.err.startswith("dlt: error: wrong: ***") and "ValueError" in said.err


def test_what_libraries_print_is_no_output(capfd: pytest.CaptureFixture[str]) -> None:
    """Standard output is for the answer only."""
    with output.stdout_as_stderr():
        print("noise")
    print("answer")
    sys.stdout.flush()
    said = capfd.readouterr()
    assert said.out == "answer\n" and "noise" in said.err


@pytest.mark.parametrize(
    ("assume_yes", "never_ask", "expected"), [(True, False, True), (True, True, True), (False, True, False)]
)
def test_nothing_is_confirmed_in_silence(
    assume_yes: bool, never_ask: bool, expected: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nobody can be asked the answer is no, and the option is named."""
    assert output.confirm("Delete?", assume_yes, never_ask) is expected
    assert ("--yes" in capsys.readouterr().err) is not expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["show"], (None, False, 0, False)),
        (["--json", "-vv", "show"], (None, True, 2, False)),
        (["show", "--json", "--debug"], (None, True, 0, True)),
        (["--pipelines-dir", "x", "show", "-v"], ("x", False, 1, False)),
        (["--pipelines-dir", "x", "show", "--pipelines-dir", "y"], ("y", False, 0, False)),
    ],
)
def test_common_options_stand_before_or_behind_an_action(words: list[str], expected: tuple[Any, ...]) -> None:
    """An action takes nothing back that was given before it."""
    parser = argparse.ArgumentParser()
    output.add_common(parser, top=True)
    parser.set_defaults(verbose=0, debug=False)
    output.add_common(parser.add_subparsers().add_parser("show"))
    found = parser.parse_args(words)
    assert (found.pipelines_dir, found.json, found.verbose, found.debug) == expected
