"""`dlt init`: a project to start from."""

from __future__ import annotations

import argparse
import os
import re
from fnmatch import fnmatch
from typing import TYPE_CHECKING

from dlt.cli import elsewhere
from dlt.cli.asked import read
from dlt.cli.output import say, say_error, say_note
from dlt.cli.source_templates import SOURCES
from dlt.cli.templates import DEFAULT, FILES, TEMPLATES
from dlt.configuration.providers.parsing import parse_toml
from dlt.configuration.similar import did_you_mean
from dlt.destinations.base import KNOWN, load_destination
from dlt.errors import ConfigProviderException, NotOffered
from dlt.late_dataclass import dataclass

if TYPE_CHECKING:
    from dlt.cli.asked import Commands

_SECRETS = "./.dlt/secrets.toml"


def add_parser(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "init",
        help="make a program to begin with, and the files beside it, in the current folder",
        description="Make a program to begin with, and the files beside it, in the current folder.",
        epilog="examples:\n  dlt init github duckdb\n  dlt init fruitshop duckdb\n  dlt init --list-sources",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "source", nargs="?", help="a source, a template, or a name of your own: letters, digits and underscores"
    )
    parser.add_argument("destination", nargs="?", help=f"one of {', '.join(KNOWN)}")
    parser.add_argument("-l", "--list-sources", action="store_true", help="list sources and templates")
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
        for title, found in (("core sources", SOURCES), ("single file templates", FILES)):
            say(f"---\nAvailable dlt {title}:\n---")
            say("\n".join(f"{name}: {template.about}" for name, template in found.items()))
        say(f"\nAny other name: dlt init NAME DESTINATION makes a source to fill in. {elsewhere.INIT}")
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
    # told before anything is written
    if os.path.exists(".dlt") and not os.path.isdir(".dlt"):
        say_error(".dlt is a file here, and should be a folder with settings. Move it away, or go to another folder.")
        return 1
    script = f"{source}_pipeline.py"
    # what a person wrote is never written over
    if os.path.exists(script):
        say_error(f"Pipeline script {script} already exists. Give the source another name, or go to another folder.")
        return 1
    # not an error: most people begin with a name of their own
    template = TEMPLATES.get(source)
    if template is None:
        near = did_you_mean(source, TEMPLATES) or "."
        say_note(f"There is no source or template {source!r}{near} This is one to fill in; dlt init -l lists others.")
        template = TEMPLATES[DEFAULT]
    say(f"Creating and configuring a new pipeline with the template {script} ({template.about})")
    _write(script, template.text.format(source=source, destination=destination))
    # a folder may have several programs: they share what stands beside them
    _begin(".dlt/config.toml", '# settings that are no secrets\n\n[runtime]\nlog_level = "WARNING"\n')
    # each destination says itself what its credentials look like
    of_destination = load_destination(destination).example.format(source=source)
    sections = {f"destination.{destination}": of_destination, _section_of(template.secrets): template.secrets}
    left_out = [example for section, example in sections.items() if not _add_secrets(section, example)]
    _begin(".gitignore", "secrets.toml\n*.secrets.toml\n.env\n.venv/\n*.duckdb\n*.wal\n__pycache__/\n")
    needed = [f"dlt-tasks[{destination}]" if destination != "dummy" else "dlt-tasks", *template.packages]
    is_new = _begin("requirements.txt", "\n".join(needed) + "\n")
    say(f"\nYour new pipeline {source} is ready to be customized!")
    say(f"* Review and change how dlt loads your data in {script}")
    say(f"* Add credentials for {destination} and other secrets to {_SECRETS}")
    for example in left_out:
        say(f"  This could not be added, as the file says something of it in one line already:\n{example}")
    if not _is_ignored():
        say_note(f".gitignore lets {_SECRETS} into the repository. Add the line secrets.toml to it.")
    if is_new:
        say("* requirements.txt was created. Install it with:\npip3 install -r requirements.txt")
    else:
        say("* Add the required dependencies to requirements.txt:")
        for package in needed:
            say(f"  {package}")
    say(f"* Then: python {script}")
    return 0


def _write(path: str, text: str) -> None:
    """Write a file that is not there."""
    if os.path.dirname(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
    # nobody else on the machine reads secrets, and no file that somebody made meanwhile is written over
    mode = 0o600 if path.endswith("secrets.toml") else 0o644
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)


def _begin(path: str, text: str) -> bool:
    """Write a file unless there is one; tell whether it is new."""
    if os.path.exists(path):
        return False
    _write(path, text)
    return True


def _section_of(example: str) -> str:
    return example.partition("]")[0].lstrip("[")


def _add_secrets(section: str, example: str) -> bool:
    """Add what credentials look like to the file of secrets, unless it has the section; tell whether that could be."""
    if _begin(_SECRETS, f"# this file stays out of version control\n{example}") or not example:
        return True
    with open(_SECRETS, encoding="utf-8") as file:
        known = file.read()
    # by the section, not by its text: whoever filled it in has another one, and may write it in another form
    found: object = parse_toml(known, _SECRETS)
    for part in section.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    if found is not None:
        return True
    added = ("" if known.endswith("\n") or not known else "\n") + f"\n{example}"
    try:
        parse_toml(known + added, _SECRETS)
    except ConfigProviderException:
        # a table that is written in one line takes no section behind it
        return False
    with open(_SECRETS, "a", encoding="utf-8") as file:
        file.write(added)
    return True


def _is_ignored() -> bool:
    """Tell whether the file of secrets stays out of a repository, by the patterns of the folder."""
    with open(".gitignore", encoding="utf-8") as file:
        patterns = [line.strip().strip("/").removeprefix("**/") for line in file]
    return any(fnmatch(name, pattern) for pattern in patterns for name in (".dlt", "secrets.toml", ".dlt/secrets.toml"))
