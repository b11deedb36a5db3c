"""`dlt config`: where a value comes from, and which keys nobody reads."""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict
from typing import TYPE_CHECKING

from dlt.cli.asked import read
from dlt.cli.config_check import Document, check, variables
from dlt.cli.output import say, say_json
from dlt.configuration.container import CONFIG, SECRETS
from dlt.configuration.lookup import MISSING, find_value
from dlt.late_dataclass import dataclass
from dlt.pipeline.settings import default_pipelines_dir
from dlt.redact import MASK, clean

if TYPE_CHECKING:
    from dlt.cli.asked import Commands

_LEVELS = ("known", "unchecked", "without effect", "problem")


def add_parser(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "config",
        help="see where a configuration value comes from, and check files and variables",
        description="See where a configuration value comes from, and check files and variables.",
        epilog="example: dlt config explain sources.github.access_token --secret",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    explain = actions.add_parser(
        "explain",
        help="list every place that is asked for a key, in order",
        description="List every place that is asked for a key, in order; the value of a secret is not shown.",
        epilog="example: dlt config explain pipelines.shop.dataset_name",
    )
    explain.add_argument("key", help="dotted key: sections, then the name")
    explain.add_argument("--secret", action="store_true", help="look in places for secrets only, and hide the value")
    explain.add_argument("--pipeline", help="name of the pipeline that asks")
    explain.add_argument("--json", action="store_true", help="print JSON")
    explain.set_defaults(run=_explain)
    checking = actions.add_parser(
        "check",
        help="find misspelt keys, wrong types, and secrets in config.toml",
        description="Check config.toml, secrets.toml and the environment: misspelt sections and options, values of a "
        "wrong type, secrets in config.toml. Keys of your own sources cannot be checked; they are listed.",
        epilog="example: dlt config check. Exit status 1 when there is a problem.",
    )
    checking.add_argument("--json", action="store_true", help="print JSON")
    checking.set_defaults(run=_check)


@dataclass(frozen=True)
class _Explain:
    """What is to be explained: a dotted key, as one pipeline asks for it."""

    key: str
    secret: bool = False
    pipeline: str | None = None
    json: bool = False


@dataclass(frozen=True)
class _Check:
    """How findings are printed."""

    json: bool = False


def _explain(arguments: argparse.Namespace) -> int:
    asked = read(_Explain, arguments)
    *sections, key = asked.key.split(".")
    value, trace = find_value(key, sections, secret=asked.secret, pipeline_name=asked.pipeline)
    found = value is not MISSING
    hidden = asked.secret or trace.hidden
    # what comes from a place for secrets is not shown, whatever its name
    shown = MASK if found and hidden else clean(value) if found else None
    if asked.json:
        places = [{"provider": entry.provider, "key": entry.key} for entry in trace]
        say_json({"key": asked.key, "found": found, "value": shown, "places": places})
        return 0 if found else 1
    for number, entry in enumerate(trace, 1):
        hit = found and number == len(trace)
        say(f"{'found' if hit else '  -  '}  {entry.provider}: {entry.key}")
    if trace.misplaced:
        say(f"seen   {trace.misplaced[1]}: {trace.misplaced[0]}, where secrets are not read: move it to secrets.toml")
    say(f"value: {shown}" if found else "no value: the default of the code counts")
    return 0 if found else 1


def _check(arguments: argparse.Namespace) -> int:
    files = [
        Document(str(path), values, provider.supports_secrets)
        for provider in (CONFIG, SECRETS)
        for path, values in provider.files()
    ]
    # sections may bear the name of a pipeline
    folder = default_pipelines_dir()
    pipelines = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    found = check([*files, variables(os.environ)], pipelines)
    problems = [finding for finding in found if finding.level == "problem"]
    if read(_Check, arguments).json:
        say_json({"problems": len(problems), "keys": [asdict(finding) for finding in found]})
        return 1 if problems else 0
    for level in ("problem", "without effect", "unchecked"):
        for finding in found:
            if finding.level == level:
                say(f"{level}  {finding.place}: {finding.key}: {finding.text}")
    counts = ", ".join(f"{sum(f.level == level for f in found)} {level}" for level in _LEVELS)
    say(f"{len(found)} keys in {len(files)} files and the environment: {counts}")
    return 1 if problems else 0
