"""Messages to a webhook or to Slack: a load or a check failed, a schema changed, rows were set aside."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from dlt.clock import utc_now
from dlt.configuration import get_value
from dlt.errors import ConfigurationValueError, DestinationHasFailedJobs, PipelineStepFailed
from dlt.info import LoadInfo, json_safe
from dlt.late_dataclass import dataclass
from dlt.observe.outbox import outbox
from dlt.packages.manifest import CheckDone
from dlt.redact import redact
from dlt.schema.system_tables import is_system_name
from dlt.schema.update import SchemaUpdate

DEFAULT_EVENTS = ("failed_load", "schema_change", "failed_check", "quarantined")
EVENTS = (*DEFAULT_EVENTS, "loaded")
PLACES = ("webhook_url", "slack_incoming_hook")
_MOST_NAMES = 10
_MOST_TEXT = 2000
"""Characters of an error: Slack cuts messages that are much longer."""
_TIMEOUT = 4.0


@dataclass(frozen=True)
class Notice:
    """What is told.

    Attributes:
        event: One of `EVENTS`.
        text: For people.
        details: For programs; JSON values.
    """

    event: str
    text: str
    details: Mapping[str, object]


def tell(event: str, name: str, payload: object) -> None:
    """Send what a hook is told to where the configuration says, if it says so; nobody waits for it.

    Args:
        event: Event of the hook.
        name: Name of the pipeline.
        payload: What the event is about.
    """
    wanted = events(name)
    # asked for before anything is looked up: every load has this event
    if event == "loaded" and event not in wanted:
        return
    notice = notice_of(event, name, payload)
    if notice is None or notice.event not in wanted:
        return
    for key, url in places(name).items():
        # as bytes now: the objects of the run are not kept alive by a message that waits
        outbox(f"{name}: runtime.{key}").post(notice.event, _sending(url, _body(key, name, notice), seconds(name)))


def try_out(name: str) -> dict[str, str | None]:
    """Send a message to each place that is configured, and wait; return why it did not arrive, None where it did.

    Args:
        name: Name of the pipeline.

    Raises:
        ConfigurationValueError: a setting is none.
    """
    from dlt.observe.posting import NotDelivered, post

    notice = Notice("test", f"Pipeline {name}: messages arrive here.", {})
    found: dict[str, str | None] = {}
    for key, url in places(name).items():
        try:
            post(url, _body(key, name, notice), seconds(name))
        except NotDelivered as error:
            found[key] = str(error)
        else:
            found[key] = None
    return found


def notice_of(event: str, name: str, payload: object) -> Notice | None:
    """Return what is to be told of an event, None where it is nothing.

    Args:
        event: Event of the hook.
        name: Name of the pipeline.
        payload: What the event is about.
    """
    if event == "failed_load" and isinstance(payload, BaseException):
        return _failed(name, payload)
    if event == "failed_job" and isinstance(payload, Sequence):
        return _failed_jobs(name, payload)
    if event == "schema_change" and isinstance(payload, SchemaUpdate):
        return _changed(name, payload)
    if event == "failed_check" and isinstance(payload, Sequence):
        return _failed_checks(name, [result for result in payload if isinstance(result, CheckDone)])
    if event == "quarantined" and isinstance(payload, Mapping):
        told = _some([f"{count} of {table}" for table, count in payload.items()])
        text = f"Pipeline {name}: items went to quarantine: {told}. See: dlt pipeline {name} quarantine list"
        return Notice(event, text, {"items": dict(payload)})
    if event == "loaded" and isinstance(payload, LoadInfo):
        return _loaded(name, payload)
    return None


def _failed(name: str, error: BaseException) -> Notice | None:
    step, load_id, cause = None, None, error
    if isinstance(error, PipelineStepFailed):
        step, load_id, cause = error.step, error.load_id, error.exception or error
    # its jobs were told already
    if isinstance(cause, DestinationHasFailedJobs):
        return None
    text = redact(str(error))[:_MOST_TEXT]
    details = {"step": step, "load_id": load_id, "error": {"type": type(cause).__name__, "message": text}}
    return Notice("failed_load", text if step else f"Pipeline {name} failed: {text}", details)


def _failed_jobs(name: str, jobs: Sequence[Mapping[str, object]]) -> Notice:
    failed = [{"table": job["table"], "message": redact(str(job["error"]))[:_MOST_TEXT]} for job in jobs]
    causes = "; ".join(f"{job['table']}: {job['message']}" for job in failed[:_MOST_NAMES])
    text = f"Pipeline {name}: a load failed, and nothing of it is visible. {causes}"[:_MOST_TEXT]
    return Notice("failed_load", text, {"step": "load", "failed_jobs": failed})


def _failed_checks(name: str, failed: Sequence[CheckDone]) -> Notice:
    # keys of rows at most, as the checks themselves tell them
    text = redact(f"Pipeline {name}: checks failed: {_some([result.text for result in failed], '; ')}.")[:_MOST_TEXT]
    checks = [
        {"table": result.table, "check": result.check, "severity": result.severity, "failing": result.failing}
        for result in failed
    ]
    return Notice("failed_check", text, {"load_id": failed[0].load_id if failed else None, "checks": checks})


def _changed(name: str, update: SchemaUpdate) -> Notice | None:
    columns = {
        table: [column for column in found.get("columns", {}) if not is_system_name(column)]
        for table, found in update.tables.items()
        if not is_system_name(table)
    }
    # columns of the library come with the first row of any table, and tell nobody anything
    columns = {table: names for table, names in columns.items() if names}
    if not columns:
        return None
    told = [f"{table} has new {_some(names)}" for table, names in columns.items()]
    text = f"Pipeline {name}: the schema changed: {_some(told, '; ')}."
    return Notice("schema_change", text, {"new_columns": columns})


def _loaded(name: str, info: LoadInfo) -> Notice:
    rows = {line.name: line.rows for package in info.load_packages for line in info.tables_of(package)}
    told = _some([f"{table} {count}" for table, count in rows.items()]) or "no rows"
    text = f"Pipeline {name} loaded into {info.destination_name} {info.dataset_name}: {told}."
    details = {"load_ids": info.loads_ids, "dataset": info.dataset_name, "rows": rows}
    return Notice("loaded", text, details)


def _some(names: Sequence[str], separator: str = ", ") -> str:
    more = len(names) - _MOST_NAMES
    return separator.join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


# -- where to, and how


def places(name: str) -> dict[str, str]:
    """Return the addresses that are configured, by the names of the settings; both are secrets.

    Args:
        name: Name of the pipeline.

    Raises:
        ConfigurationValueError: one of them is no address of the web.
    """
    found = {}
    for key in PLACES:
        url = get_value(key, str, sections=("runtime",), default=None, secret=True, pipeline_name=name)
        if url:
            if not url.lower().startswith(("http://", "https://")):
                raise ConfigurationValueError(f"runtime.{key} is no address of the web. Begin it with https://.")
            found[key] = url
    return found


def events(name: str) -> Sequence[str]:
    """Return the events that are told.

    Args:
        name: Name of the pipeline.

    Raises:
        ConfigurationValueError: one of them is none.
    """
    wanted = get_value("webhook_events", list, sections=("runtime",), default=None, pipeline_name=name)
    if wanted is None:
        return DEFAULT_EVENTS
    if unknown := [str(event) for event in wanted if event not in EVENTS]:
        raise ConfigurationValueError(
            f"runtime.webhook_events has {', '.join(unknown)}. Use some of {', '.join(EVENTS)}."
        )
    return wanted


def seconds(name: str) -> float:
    """Return how long a server has for each of its answers.

    Args:
        name: Name of the pipeline.

    Raises:
        ConfigurationValueError: it is no time.
    """
    wanted = get_value("webhook_timeout", float, sections=("runtime",), default=_TIMEOUT, pipeline_name=name)
    if not 0 < wanted < float("inf"):
        raise ConfigurationValueError(f"runtime.webhook_timeout is {wanted}. Give seconds, more than 0.")
    return wanted


def _body(key: str, name: str, notice: Notice) -> bytes:
    document: dict[str, object] = {"event": notice.event, "at": utc_now(), "pipeline": name, "text": notice.text}
    document.update(notice.details)
    if key == "slack_incoming_hook":
        # these three have a meaning in Slack's texts, and no other character
        escaped = notice.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        document = {"text": escaped, "mrkdwn": False}
    return json.dumps(json_safe(document)).encode()


def _sending(url: str, body: bytes, timeout: float) -> Callable[[], None]:
    def send() -> None:
        # in the thread that sends: what it imports takes longer than a small load
        from dlt.observe.posting import post

        post(url, body, timeout)

    return send
