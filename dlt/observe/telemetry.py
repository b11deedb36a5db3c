"""Spans and metrics of OpenTelemetry, where the program has its API and has set up a provider.

Nothing is imported for it: a provider that is set has brought the API along.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dlt import user_log
from dlt.errors.base import ended
from dlt.info import ExtractInfo, LoadInfo, NormalizeInfo
from dlt.metrics import LoadJobMetrics
from dlt.redact import redact
from dlt.version import __version__

if TYPE_CHECKING:
    from opentelemetry.metrics import Counter, Histogram, Meter
    from opentelemetry.trace import Link, Span, Tracer

    Attributes = Mapping[str, str | int]
    Info = ExtractInfo | NormalizeInfo | LoadInfo | None

_SCOPE = "dlt"
_SYSTEMS = {
    "postgres": "postgresql",
    "redshift": "aws.redshift",
    "mssql": "microsoft.sql_server",
    "oracle": "oracle.db",
}
"""Names of databases by the conventions, where a URL names them otherwise."""


def in_use(signal: str = "trace") -> bool:
    """Tell whether the program may have set a provider.

    Args:
        signal: "trace" or "metrics".
    """
    name = "TRACER" if signal == "trace" else "METER"
    return f"opentelemetry.{signal}" in sys.modules or f"OTEL_PYTHON_{name}_PROVIDER" in os.environ


@contextmanager
def span(name: str, attributes: Attributes, links: Sequence[Link] = ()) -> Iterator[None]:
    """Let a block be a span; an error that leaves it is noted, without secrets.

    Args:
        name: Name of the span: few different ones.
        attributes: What tells this one from the others.
        links: Spans of other traces that it goes on from, too.
    """
    if not in_use():
        yield
        return
    from opentelemetry.trace import StatusCode

    # errors are noted below: as they are, they would show secrets
    with _tracer().start_as_current_span(
        name, attributes=attributes, links=links, record_exception=False, set_status_on_exception=False
    ) as made:
        try:
            yield
        except BaseException as error:
            kind, text = error_type(error), redact(str(error))
            made.set_attribute("error.type", kind)
            made.set_status(StatusCode.ERROR, text)
            made.add_event("exception", {"exception.type": kind, "exception.message": text})
            raise


def error_type(error: BaseException) -> str:
    """Return the class of what happened, which is inside of the error that names the step."""
    inner = error.__dict__.get("exception")
    return type(inner if isinstance(inner, BaseException) else error).__qualname__


def end_of_step(name: str, pipeline_name: str, info: Info, started_at: datetime, error: BaseException | None) -> None:
    """Note what a step did, in its span and in metrics.

    Args:
        name: Name of the step.
        pipeline_name: Name of the pipeline.
        info: What it did; None where it failed before it did anything.
        started_at: When it began.
        error: What ended it.
    """
    if not in_use() and not in_use("metrics"):
        return
    try:
        tables = _tables(info)
        if in_use():
            _note_tables(name, info, tables)
        if in_use("metrics"):
            _measure({"dlt.pipeline.name": pipeline_name, "dlt.step": name}, tables, started_at, error)
    except Exception as failure:  # noqa: BLE001 - what is told of a load must not decide what becomes of it
        why = ended(f"{type(failure).__name__}: {failure}")
        user_log.error(f"{pipeline_name}: OpenTelemetry cannot be told of {name}: {why}")


def _measure(
    of: Mapping[str, str], tables: Mapping[str, tuple[int, int]], started_at: datetime, error: BaseException | None
) -> None:
    failed = {"error.type": error_type(error)} if error is not None else {}
    seconds = (datetime.now(started_at.tzinfo) - started_at).total_seconds()
    instruments = _instruments()
    instruments.duration.record(seconds, {**of, **failed})
    for table, (rows, size) in tables.items():
        instruments.rows.add(rows, {**of, "dlt.table.name": table})
        instruments.bytes.add(size, {**of, "dlt.table.name": table})


def count_retry(pipeline_name: str, step: str) -> None:
    """Count a step that is tried again.

    Args:
        pipeline_name: Name of the pipeline.
        step: Name of the step.
    """
    if in_use("metrics"):
        _instruments().retries.add(1, {"dlt.pipeline.name": pipeline_name, "dlt.step": step})


# -- across processes


def travelling() -> str | None:
    """Return what lets another process go on in the trace of the span at work: a `traceparent` of the W3C."""
    if not in_use():
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def continued(name: str, attributes: Attributes, traceparents: Sequence[str | None]) -> Iterator[None]:
    """Let a block be a span that goes on from those of other processes.

    Args:
        name: Name of the span.
        attributes: What tells this one from the others.
        traceparents: What `travelling` returned there. The span is of the trace of the first, and linked to the others.
    """
    if not in_use():
        yield
        return
    from opentelemetry import context, trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    found = [TraceContextTextMapPropagator().extract({"traceparent": text}) for text in traceparents if text]
    spans = [trace.get_current_span(one).get_span_context() for one in found]
    links = [trace.Link(one) for one in spans[1:] if one.trace_id != spans[0].trace_id]
    # what the orchestrator made a trace of by itself leads here, where it is another one
    around = trace.get_current_span().get_span_context()
    if found and around.is_valid and around.trace_id != spans[0].trace_id:
        links.append(trace.Link(around))
    token = context.attach(found[0]) if found else None
    try:
        with span(name, attributes, links):
            yield
    finally:
        if token is not None:
            context.detach(token)


def settle(seconds: float) -> None:
    """Let the spans that ended leave the process.

    Args:
        seconds: How long it may take at most.
    """
    for signal in ("trace", "metrics"):
        if not in_use(signal):
            continue
        from opentelemetry import metrics, trace

        provider: object = trace.get_tracer_provider() if signal == "trace" else metrics.get_meter_provider()
        # the API has no such method: that of the SDK has it
        flush = getattr(provider, "force_flush", None)
        if flush is not None:
            flush(int(seconds * 1000))


# -- inside


def _tracer() -> Tracer:
    from opentelemetry import trace

    return trace.get_tracer(_SCOPE, __version__)


class _Instruments:
    """What is counted."""

    def __init__(self, meter: Meter) -> None:
        self.duration: Histogram = meter.create_histogram("dlt.step.duration", "s", "Time that a step took")
        self.rows: Counter = meter.create_counter("dlt.rows", "{row}", "Rows that a step put out")
        self.bytes: Counter = meter.create_counter("dlt.bytes", "By", "Bytes that a step put out")
        self.retries: Counter = meter.create_counter("dlt.retries", "{retry}", "Steps that were tried again")


@cache
def _instruments() -> _Instruments:
    from opentelemetry import metrics

    # a provider that is set later is that of instruments that are there already
    return _Instruments(metrics.get_meter(_SCOPE, __version__))


def _tables(info: Info) -> dict[str, tuple[int, int]]:
    """Return rows and bytes by table."""
    found: dict[str, tuple[int, int]] = {}
    for entries in info.metrics.values() if info is not None else ():
        for entry in entries:
            for table, values in entry.get("table_metrics", {}).items():
                rows, size = found.get(table, (0, 0))
                found[table] = rows + values.items_count, size + values.file_size
    return found


def _note_tables(name: str, info: Info, tables: Mapping[str, tuple[int, int]]) -> None:
    from opentelemetry import trace

    current: Span = trace.get_current_span()
    # most of these values are made for nobody where no provider is set
    if not current.is_recording():
        return
    # the span at work is the step's: it ends behind this
    current.set_attribute("dlt.rows", sum(rows for rows, _ in tables.values()))
    current.set_attribute("dlt.bytes", sum(size for _, size in tables.values()))
    if info is not None:
        current.set_attribute("dlt.load.ids", list(info.loads_ids))
    if not isinstance(info, LoadInfo):
        return
    there = place_attributes(info)
    current.set_attributes(there)
    for table, (first, last) in _spans_of_tables(info).items():
        rows, size = tables.get(table, (0, 0))
        own = {**there, "db.collection.name": table, "dlt.rows": rows, "dlt.bytes": size}
        made = _tracer().start_span(
            f"dlt.{name}.table", attributes=own, kind=trace.SpanKind.CLIENT, start_time=_nanoseconds(first)
        )
        made.end(_nanoseconds(last))


def _spans_of_tables(info: LoadInfo) -> dict[str, tuple[datetime, datetime]]:
    """Return when the destination took the files of each table."""
    found: dict[str, tuple[datetime, datetime]] = {}
    for entries in info.metrics.values():
        for entry in entries:
            for job in entry.get("job_metrics", {}).values():
                if isinstance(job, LoadJobMetrics) and job.started_at is not None and job.finished_at is not None:
                    began, ended = found.get(job.table_name, (job.started_at, job.finished_at))
                    found[job.table_name] = min(began, job.started_at), max(ended, job.finished_at)
    return found


def place_attributes(info: LoadInfo) -> dict[str, str | int]:
    """Return where a load went, by the conventions for databases."""
    parts = urlsplit(info.destination_displayable_credentials)
    scheme = parts.scheme.partition("+")[0].lower()
    found: dict[str, str | int] = {
        "db.system.name": _SYSTEMS.get(scheme, scheme) or info.destination_name,
        "dlt.destination.name": info.destination_name,
        "dlt.dataset.name": info.dataset_name,
    }
    database = parts.path.strip("/") if parts.hostname else ""
    found["db.namespace"] = f"{database}.{info.dataset_name}" if database else info.dataset_name
    if parts.hostname:
        found["server.address"] = parts.hostname
    if parts.hostname and parts.port:
        found["server.port"] = parts.port
    return found


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000_000)
