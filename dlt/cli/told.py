"""`dlt signals`: who is told of loads, and whether messages arrive."""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from typing import TYPE_CHECKING

from dlt.cli.output import add_telling, say_json, say_table
from dlt.observe import lineage, webhook

if TYPE_CHECKING:
    from dlt.cli.asked import Commands


def add_parser(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "signals",
        help="tell who is told of loads: webhooks, Slack, OpenLineage, OpenTelemetry",
        description="Tell where messages and events of loads go, as the configuration says for a pipeline. With --send "
        "a message goes to the webhook and to Slack; exit code 1 if one does not arrive.",
        epilog="example: dlt signals my_pipeline --send",
    )
    parser.add_argument("pipeline_name", nargs="?", default="", metavar="PIPELINE", help="name of the pipeline")
    parser.add_argument("--send", action="store_true", help="send a message, and wait until it is taken")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_telling(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    name = arguments.pipeline_name
    sent = webhook.try_out(name) if arguments.send else {}
    found = [*_webhooks(name, sent), _openlineage(name), _opentelemetry()]
    if arguments.json:
        say_json(found)
    else:
        headers = ("signal", "configured", "what", *(("sent",) if arguments.send else ()))
        say_table(headers, [[_shown(row.get(header)) for header in headers] for row in found])
    return 1 if any(why is not None for why in sent.values()) else 0


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _webhooks(name: str, sent: dict[str, str | None]) -> list[dict[str, object]]:
    known, events = webhook.places(name), ", ".join(webhook.events(name))
    rows = []
    for key, called in zip(webhook.PLACES, ("webhook", "Slack"), strict=True):
        row: dict[str, object] = {"signal": called, "configured": key in known}
        row["what"] = events if key in known else f"set runtime.{key} in secrets.toml"
        if key in sent:
            row["sent"] = sent[key] or "taken"
        rows.append(row)
    return rows


def _openlineage(name: str) -> dict[str, object]:
    configured, installed = lineage.is_configured(name), _is_installed("openlineage.client")
    what = "START, COMPLETE, FAIL with tables and columns" if configured else "set OPENLINEAGE_URL"
    if not installed:
        what = "pip install 'dlt-tasks[openlineage]'"
    return {"signal": "OpenLineage", "configured": configured and installed, "what": what}


def _opentelemetry() -> dict[str, object]:
    installed = _is_installed("opentelemetry.trace")
    what = "spans and metrics, where the program sets a provider" if installed else "pip install opentelemetry-sdk"
    return {"signal": "OpenTelemetry", "configured": installed, "what": what}


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        # what it stands in is missing
        return False
