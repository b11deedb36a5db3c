"""What people see of a run in Prefect: progress, tables, changes of the schema, assets, events, log lines."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.assets import Asset
from prefect.context import AssetContext, FlowRunContext, TaskRunContext
from prefect.events import emit_event
from prefect.logging.handlers import APILogHandler

from dlt.places import table_place
from dlt.progress import Collector, TableLog
from dlt.tasks.checked import shown_keys, verdict

if TYPE_CHECKING:
    from uuid import UUID

    from dlt.types import JsonObject

_MOST_TABLES = 10


def artifact_key(*words: str) -> str:
    """Return a key of lower case letters, digits and dashes."""
    # Prefect takes no other letters in a key
    return "-".join(filter(None, (re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-") for word in ("dlt", *words))))


LOG_PERIOD = 30.0
"""Seconds between two lines in the log of a task run for a table that goes on."""


def log_lines() -> TableLog:
    """Return a collector that writes lines into the log of the task run at work."""
    return TableLog(LOG_PERIOD, logging.getLogger("dlt"))


class ProgressArtifact(Collector):
    """Show a step's progress as an artifact, which is updated at most once in a while.

    A load knows how many rows there are; an extract does not, so it stays at 0 % and its text counts them.

    Args:
        step: Name of the step.
        words: What its key is made of, beside the step.
        period: Seconds between two updates.
    """

    def __init__(self, step: str, *words: str, period: float = 2.0) -> None:
        self._name, self._words, self._period = step, words, period
        self._log = log_lines()
        self._counts: dict[str, int] = {}
        self._totals: dict[str, int] = {}
        self._shown = 0.0
        self._id: UUID | None = None

    def open(self) -> ProgressArtifact:
        """Make the artifact."""
        self._id = create_progress_artifact(
            progress=0.0, key=artifact_key(*self._words, self._name, "progress"), description=f"{self._name}: begun"
        )
        self._shown = time.monotonic()
        return self

    def start(self) -> None:
        """Begin to write lines into the log of the task run as well."""
        self._log(self.step).start()

    def stop(self) -> None:
        """End the lines."""
        self._log.stop()

    def update(
        self, name: str, inc: int = 1, total: int | None = None, message: str | None = None, label: str = ""
    ) -> None:
        """Count, and show it when the period is over."""
        self._log.update(name, inc, total, message, label)
        name = f"{name} {label}".strip()
        self._counts[name] = self._counts.get(name, 0) + inc
        if total:
            self._totals[name] = total
        # each update is a request to the server
        if time.monotonic() - self._shown >= self._period:
            self._show(self._share())

    def close(self, counts: Mapping[str, int]) -> None:
        """Show the end.

        Args:
            counts: Rows by table.
        """
        self._counts = dict(counts)
        self._show(100.0)

    def _share(self) -> float:
        # a share of what is not known yet would go backwards
        if not self._totals or set(self._totals) != set(self._counts):
            return 0.0
        # the end is shown when the step has ended, and not when all rows were counted
        return min(99.0, 100.0 * sum(self._counts.values()) / max(1, sum(self._totals.values())))

    def _show(self, share: float) -> None:
        if self._id is None:
            return
        counts = {name: count for name, count in self._counts.items() if count}
        # a description is one paragraph on a page
        most = sorted(counts.items(), key=lambda item: -item[1])[:_MOST_TABLES]
        text = ", ".join(f"{count} {name}" for name, count in most) or "nothing new"
        if len(counts) > len(most):
            text += f" and {len(counts) - len(most)} more"
        self._shown = time.monotonic()
        update_progress_artifact(self._id, progress=share, description=f"{self._name}: {text}")


def show_report(report: JsonObject) -> None:
    """Make the artifacts of a finished load: its tables, what changed in the schema, and a summary.

    Args:
        report: A LoadReport as JSON.
    """
    name = str(report["pipeline_name"])
    rows, quarantined = report["rows"], report["quarantined"]
    loads = ", ".join(report["load_ids"]) or "none"
    create_table_artifact(
        key=artifact_key(name, "load"),
        table=[
            {
                "table": table,
                "rows": rows.get(table, 0),
                "quarantined": quarantined.get(table, 0),
                "seconds": round(report["seconds"].get(table, 0.0), 2),
                "new columns": ", ".join(report["schema_update"].get(table, {})),
                "columns": len(report["tables"].get(table, {})),
                "dataset": report["datasets"].get(table, report["dataset_name"]),
            }
            # of a table all items may wait in quarantine
            for table in sorted({*rows, *quarantined})
        ],
        description=f"{name}: load {loads} into {report['location']}",
    )
    create_markdown_artifact(
        key=artifact_key(name, "schema-changes"), markdown=schema_changes(report), description=f"{name}: schema"
    )
    create_markdown_artifact(key=artifact_key(name, "summary"), markdown=summary(report), description=f"{name}: load")
    show_checks(name, report["checks"], f"load {loads}")


def show_undo(report: JsonObject) -> None:
    """Make the artifact of an undo: what it did to tables and state.

    Args:
        report: A LoadReport as JSON.
    """
    name = str(report["pipeline_name"])
    create_markdown_artifact(
        key=artifact_key(name, "undo"), markdown=f"```text\n{report['text']}\n```\n", description=f"{name}: undo"
    )


def show_checks(pipeline_name: str, checks: Sequence[JsonObject], what: str) -> None:
    """Make the artifact of checks of data, of those that passed too; none where no check was done.

    Args:
        pipeline_name: Name of the pipeline.
        checks: What came of them, as JSON.
        what: What was checked.
    """
    if not checks:
        return
    failed = sum(not check["passed"] for check in checks)
    create_table_artifact(
        key=artifact_key(pipeline_name, "checks"),
        table=[
            {
                "table": check["table"],
                "check": check["check"],
                "scope": check["scope"],
                "result": verdict(check),
                "failing": check["failing"],
                "checked": check["checked"],
                "keys": shown_keys(check),
            }
            for check in checks
        ],
        description=f"{pipeline_name}: {what}, {len(checks) - failed} of {len(checks)} checks of its data passed",
    )


def schema_changes(report: JsonObject) -> str:
    """Return the columns that a load added, as Markdown."""
    update = report["schema_update"]
    if not update:
        return "No table and no column was added.\n"
    lines = ["| table | column | type |", "| --- | --- | --- |"]
    for table in sorted(update):
        lines += [f"| {table} | + {column} | {kind} |" for column, kind in update[table].items()]
    return "\n".join(lines) + "\n"


def summary(report: JsonObject) -> str:
    """Return what a load did, as Markdown, with a bar for each table."""
    rows = report["rows"]
    most = max(rows.values(), default=0) or 1
    lines = [
        f"# {report['pipeline_name']}",
        "",
        f"{sum(rows.values())} rows in {len(rows)} tables were "
        f"{'loaded before' if report['skipped'] else 'loaded'} into `{report['location']}`.",
        "",
        "| table | rows | |",
        "| --- | ---: | --- |",
    ]
    for table in sorted(rows, key=lambda table: (-rows[table], table)):
        lines.append(f"| {table} | {rows[table]} | {'█' * round(20 * rows[table] / most)} |")
    if report["quarantined"]:
        items = ", ".join(f"{count} of {table}" for table, count in sorted(report["quarantined"].items()))
        lines += ["", f"Items that went to quarantine: {items}."]
    if report["checks"]:
        lines += ["", "| check | table | result | failing | checked |", "| --- | --- | --- | ---: | ---: |"]
        for check in report["checks"]:
            # a pattern may hold what ends a cell
            shown = [str(value).replace("|", "\\|") for value in (check["check"], check["table"], verdict(check))]
            lines.append(f"| {' | '.join(shown)} | {check['failing']} | {check['checked']} |")
    lines += ["", "Load ids: " + (", ".join(f"`{load}`" for load in report["load_ids"]) or "none"), ""]
    lines += ["```text", report["text"], "```", ""]
    return "\n".join(lines)


def asset_key(location: str, dataset: str, table: str, destination: str = "dlt") -> str:
    """Return the key of a table: a URI without user, password and characters that Prefect refuses."""
    scheme, _, path = table_place(location, dataset, table, destination).uri.partition("://")
    return f"{re.sub(r'[^a-z0-9]', '', scheme)}://{re.sub(r'[^A-Za-z0-9_./:=-]', '_', unquote(path))}"


def record_assets(report: JsonObject) -> None:
    """Let the task at work materialise an asset for each table, child tables too, when it completes.

    Which tables there are is known only now, so they cannot stand in `@materialize`.
    """
    context = AssetContext.get()
    if context is None:
        return
    # a table that only lost rows changed too
    for table, rows in {**dict.fromkeys(report["datasets"], 0), **report["rows"]}.items():
        dataset = str(report["datasets"].get(table, report["dataset_name"]))
        kind = str(report["destination_type"] or "dlt")
        asset = Asset(key=asset_key(str(report["location"]), dataset, table, kind))
        context.downstream_assets.add(asset)
        context.add_asset_metadata(
            asset.key,
            {
                "rows": rows,
                "quarantined": report["quarantined"].get(table, 0),
                "undone": report["undone"],
                "load_ids": report["load_ids"],
                "columns": report["tables"].get(table, {}),
                "schema_hash": report["schema_hash"],
            },
        )
    context.materialized_by = "dlt"
    context.update_tracked_assets()


def tell(event: str, pipeline_name: str, run: str, **payload: object) -> None:
    """Emit an event about a pipeline.

    Args:
        event: Such as "dlt.load.completed".
        pipeline_name: Name of the pipeline.
        run: Id of the run.
        **payload: Details.
    """
    resource = {"prefect.resource.id": f"dlt.pipeline.{pipeline_name}", "prefect.resource.name": pipeline_name}
    emit_event(event, resource=resource, payload={"run": run, **payload})


def send_logs() -> None:
    """Send what the library logs to Prefect, with the task run that it comes from."""
    logger = logging.getLogger("dlt")
    # steps of one process share its logger
    if not any(isinstance(handler, _StepLogs) for handler in logger.handlers):
        logger.addHandler(_StepLogs())
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)


class _StepLogs(APILogHandler):
    """Send records that belong to a run; the handler of Prefect warns about others."""

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record."""
        if FlowRunContext.get() is not None or TaskRunContext.get() is not None:
            super().emit(record)
