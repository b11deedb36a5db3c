"""`dlt config explain`: where a value comes from."""

from __future__ import annotations

import argparse
from typing import Any

from dlt.cli.output import say, say_json
from dlt.configuration.lookup import MISSING, find_value


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "config",
        help="see where a configuration value comes from",
        description="See where a configuration value comes from.",
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


def _explain(arguments: argparse.Namespace) -> int:
    *sections, key = arguments.key.split(".")
    value, trace = find_value(key, sections, secret=arguments.secret, pipeline_name=arguments.pipeline)
    found = value is not MISSING
    hidden = arguments.secret or getattr(trace, "hidden", False)
    shown = "***" if found and hidden else value if found else None
    if arguments.json:
        places = [{"provider": entry.provider, "key": entry.key} for entry in trace]
        say_json({"key": arguments.key, "found": found, "value": shown, "places": places})
        return 0 if found else 1
    for number, entry in enumerate(trace, 1):
        hit = found and number == len(trace)
        say(f"{'found' if hit else '  -  '}  {entry.provider}: {entry.key}")
    say(f"value: {shown}" if found else "no value: the default of the code counts")
    return 0 if found else 1
