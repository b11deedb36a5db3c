"""Words of the command of PyPI `dlt` 1.x with nothing behind them here: each says what to do instead."""

from __future__ import annotations

import argparse
import textwrap
from typing import TYPE_CHECKING

from dlt.cli.output import say, say_note

if TYPE_CHECKING:
    from dlt.cli.asked import Commands
    from dlt.cli.line import Line

_PLUGIN = (
    "It comes with a plugin of PyPI dlt, and there are no plugins, workspaces and profiles here. "
    "A pipeline is run by its program, python my_pipeline.py; settings that differ between places stand in "
    "environment variables, or in a .dlt folder each."
)
COMMANDS = {
    "ai": "Nothing of an assistant belongs to this library; dlt pipeline NAME ... --json gives programs what it shows.",
    "dashboard": (
        "There is no dashboard. In the terminal: dlt pipeline list, dlt pipeline NAME info -v, trace, schema and show; "
        "in a notebook: dlt.attach(NAME).dataset()."
    ),
    "deploy": (
        "Programs are deployed as any other: dlt schedule SCRIPT runs one at its times, and the pages on schedule, "
        "Airflow, Prefect and Docker Compose in the documentation have files to copy."
    ),
    "render-docs": "dlt --help and each command's --help say it all, and the page on the command line of the docs.",
    **dict.fromkeys(
        ("workspace", "profile", "runtime", "project", "run", "serve", "mcp", "transformation", "license"), _PLUGIN
    ),
}
ACTIONS = {
    "mcp": "There is no server for assistants. dlt pipeline NAME ... --json gives programs what it shows.",
    "run": "A pipeline is run by its program: python my_pipeline.py. To load what waits: dlt pipeline NAME run-pending",
}
INIT = (
    "Sources of others are not fetched. Copy the folder of one beside the program, install what its requirements.txt "
    "names, and import it from there."
)
EDIT = "There is no dashboard that could be edited: show prints the tables of the dataset."
FAIL_JOB = (
    "A package is loaded as a whole or not at all, so no job of it is given up alone. To give the package up: "
    "dlt pipeline NAME load-package LOAD_ID abort"
)


def summary() -> str:
    """Return a paragraph that names the commands which are not offered."""
    words = ", ".join(COMMANDS)
    return textwrap.fill(f"Commands of PyPI dlt that are not offered say what to do instead: {words}.", 78)


def instead_of(line: Line) -> str | None:
    """Return what to do instead of what was asked for; None where that is offered.

    Args:
        line: The command line.
    """
    for what, word, known in (("dlt", line.command, COMMANDS), ("dlt pipeline NAME", line.action, ACTIONS)):
        if word is not None and word in known:
            return f"{what} {word} is not offered. {known[word]}"
    return None


def add_telemetry_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of scripts for PyPI `dlt` that switch its telemetry."""
    text = "known from PyPI dlt; there is no telemetry, and the command says so"
    parser.add_argument("--disable-telemetry", dest="telemetry", action="store_false", default=None, help=text)
    parser.add_argument("--enable-telemetry", dest="telemetry", action="store_true", default=None, help=text)


def say_telemetry(switched: bool | None) -> None:
    """Say what became of a switch.

    Args:
        switched: On, off, or None where it was not asked for.
    """
    if switched is not None:
        say_note(f"there is no telemetry to switch {'on' if switched else 'off'}: nothing is ever sent")


def add_parser(commands: Commands) -> None:
    """Add the command `dlt telemetry`."""
    parser = commands.add_parser(
        "telemetry",
        help="say that there is none",
        description="Say whether data about the use of this library is sent anywhere: never.",
        epilog="example: dlt telemetry",
    )
    parser.set_defaults(run=_telemetry)


def _telemetry(_: argparse.Namespace) -> int:
    say("Telemetry is DISABLED: there is none, and nothing is ever sent")
    return 0
