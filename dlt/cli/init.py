"""`dlt init`: a project to start from."""

from __future__ import annotations

import argparse
import os
import re
from typing import TYPE_CHECKING

from dlt.cli import elsewhere
from dlt.cli.asked import read
from dlt.cli.output import say, say_error
from dlt.configuration.similar import did_you_mean
from dlt.destinations.base import KNOWN, load_destination
from dlt.errors import NotOffered
from dlt.late_dataclass import dataclass

if TYPE_CHECKING:
    from dlt.cli.asked import Commands

_PIPELINE = '''"""Load {source} into {destination}."""

import dlt
from dlt.destinations import {destination}


@dlt.resource(table_name="items", write_disposition="append")
def items():
    """Yield rows: dicts, lists of dicts, Arrow tables or frames. Put the code that reads {source} here."""
    yield [{{"id": 1, "name": "first", "tags": ["a", "b"]}}]


@dlt.source
def {source}_data():
    """Return the resources of {source}."""
    return items


if __name__ == "__main__":
    pipeline = dlt.pipeline(destination={destination}, dataset_name="{source}")
    print(pipeline.run({source}_data()))
'''


def add_parser(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "init",
        help="make a project in the current, empty folder",
        description="Make a project in the current, empty folder.",
        epilog="examples:\n  dlt init github duckdb\n  dlt init --list-destinations",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", nargs="?", help="name of the source: letters, digits and underscores")
    parser.add_argument("destination", nargs="?", help=f"one of {', '.join(KNOWN)}")
    parser.add_argument("-l", "--list-sources", action="store_true", help="say where sources come from")
    parser.add_argument("--list-destinations", action="store_true", help="list the destinations")
    not_offered = "known from PyPI dlt, and not offered: sources of others are not fetched"
    parser.add_argument("--location", help=not_offered)
    parser.add_argument("--branch", help=not_offered)
    parser.add_argument("--eject", action="store_true", help=not_offered)
    parser.set_defaults(run=_run)


@dataclass(frozen=True)
class _Wanted:
    """What is asked for."""

    source: str | None = None
    destination: str | None = None
    list_sources: bool = False
    list_destinations: bool = False
    location: str | None = None
    branch: str | None = None
    eject: bool = False


def _run(arguments: argparse.Namespace) -> int:
    wanted = read(_Wanted, arguments)
    for option, given in (("location", wanted.location), ("branch", wanted.branch), ("eject", wanted.eject)):
        if given:
            raise NotOffered(f"dlt init --{option} is not offered. {elsewhere.INIT}")
    if wanted.list_destinations:
        say("\n".join(KNOWN))
        return 0
    if wanted.list_sources:
        say(f"Any name: dlt init NAME DESTINATION makes a source to fill in. {elsewhere.INIT}")
        return 0
    if wanted.source is None or wanted.destination is None:
        say_error("name a source and a destination: dlt init github duckdb. For destinations: --list-destinations")
        return 2
    return _make(wanted.source, wanted.destination)


def _make(source: str, destination: str) -> int:
    if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_]*", source):
        say_error(f"{source!r} is no name for a source: use letters, digits and underscores, a letter first.")
        return 1
    if destination not in KNOWN:
        near = did_you_mean(destination, KNOWN) or "."
        say_error(f"there is no destination {destination!r}{near} Known are {', '.join(KNOWN)}.")
        return 1
    # files of a person are never written over
    found = sorted(os.listdir())
    if found:
        say_error(f"the folder is not empty: it has {', '.join(found[:5])}. Make an empty folder and go there first.")
        return 1
    extra = f"[{destination}]" if destination != "dummy" else ""
    # each destination says itself what its credentials look like
    secrets = load_destination(destination).example.format(source=source)
    files = {
        ".dlt/config.toml": f'[pipelines]\npipeline_name = "{source}"\n\n[runtime]\nuser_log = true\n',
        ".dlt/secrets.toml": f"# this file stays out of version control\n{secrets}",
        "requirements.txt": f"dlt-tasks{extra}\nrequests\n",
        ".gitignore": "secrets.toml\n.env\n*.duckdb\n__pycache__/\n",
        "pipeline.py": _PIPELINE.format(source=source, destination=destination),
        "README.md": (
            f"# {source} to {destination}\n\n```\npip install -r requirements.txt\npython pipeline.py\n```\n\n"
            "Credentials belong into `.dlt/secrets.toml`, everything else into `.dlt/config.toml`.\n"
        ),
    }
    for path, content in files.items():
        if os.path.dirname(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
        # nobody else on the machine reads secrets, and no file that somebody made meanwhile is written over
        mode = 0o600 if path.endswith("secrets.toml") else 0o644
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            file.write(content)
    say(f"made {', '.join(files)}")
    say("next: pip install -r requirements.txt, then python pipeline.py")
    return 0
