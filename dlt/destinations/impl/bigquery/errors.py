"""Errors of Google's client and of jobs as ours: what may pass, and what will not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from google.api_core.exceptions import GoogleAPICallError, GoogleAPIError, NotFound, RetryError
from google.auth.exceptions import GoogleAuthError
from google.resumable_media.common import DataCorruption, InvalidResponse
from requests.exceptions import RequestException

from dlt.error_kinds import Kind, database_error, is_transient
from dlt.errors import DestinationException

if TYPE_CHECKING:
    from google.cloud.bigquery import CopyJob, ExtractJob, LoadJob, QueryJob, UnknownJob

Job: TypeAlias = "LoadJob | QueryJob | CopyJob | ExtractJob | UnknownJob"
"""A job of any kind: to wait for one, and to ask why it failed, is the same for all of them."""
_KINDS: Mapping[str, Kind] = {
    "backendError": "overloaded",
    "badGateway": "overloaded",
    "internalError": "overloaded",
    "jobBackendError": "overloaded",
    "jobInternalError": "overloaded",
    "jobRateLimitExceeded": "overloaded",
    "quotaExceeded": "overloaded",
    "rateLimitExceeded": "overloaded",
    "tableUnavailable": "overloaded",
    "stopped": "interrupted",
    "timeout": "timeout",
    # the answer to a request did not come, and it was sent again while its job ran
    "duplicate": "timeout",
    "notFound": "undefined",
    "accessDenied": "right",
}
"""What reasons of errors are: https://cloud.google.com/bigquery/docs/error-messages"""
TRANSIENT_REASONS = frozenset(reason for reason, kind in _KINDS.items() if is_transient(kind))
CLASH = "due to concurrent update"
"""What BigQuery says of transactions that it aborted because of another one."""
GUARD = "what this load was made for has changed"
"""What our own guards say beside it: to repeat the same transaction is of no use."""


@contextmanager
def translating(what: str = "") -> Iterator[None]:
    """Turn exceptions of Google's client into ours.

    Args:
        what: Describes in errors what is done.
    """
    try:
        yield
    except (GoogleAPIError, GoogleAuthError, RequestException, OSError, InvalidResponse, DataCorruption) as error:
        raise translate(error, what) from error


def translate(error: BaseException, what: str = "") -> DestinationException:
    """Return an exception of Google's client as ours.

    Args:
        error: What was raised.
        what: What failed.
    """
    # Google's client raises it when it gives up; whether another try may help is told by the cause
    if isinstance(error, RetryError) and error.cause is not None:
        return translate(error.cause, what)
    text = _first_line(
        (error.message if isinstance(error, GoogleAPICallError) else "") or str(error) or type(error).__name__
    )
    if not isinstance(error, GoogleAPICallError):
        return database_error("connection", _message("", what, text))
    reason = _reason(error)
    if isinstance(error, NotFound) and reason in ("", "notFound"):
        return database_error("undefined", _message("notFound", what, text))
    if (error.code or 0) >= 500 or error.code == 429:
        return database_error("overloaded", _message(reason, what, text))
    return by_reason(reason, text, what)


def by_reason(reason: str, text: str, what: str = "") -> DestinationException:
    """Return the exception for a reason that BigQuery gives."""
    message = _message(reason, what, text)
    return database_error("clash" if CLASH in text else _KINDS.get(reason, "refused"), message)


def is_guarded(error: DestinationException) -> bool:
    """Tell whether a transaction failed by a guard of ours, so that the same one will fail again."""
    return GUARD in str(error)


def of_job(job: Job, what: str = "") -> DestinationException:
    """Return why a job failed, with the details that BigQuery lists."""
    result: Mapping[str, str] = job.error_result or {}
    # the first ones tell it: a load job may list an error for each bad row
    texts = [result.get("message"), *(error.get("message") for error in (job.errors or [])[:3])]
    text = " ".join(dict.fromkeys(_first_line(text) for text in texts if text)) or "no cause given"
    return by_reason(str(result.get("reason") or ""), f"{text} (job {job.job_id})", what)


def _reason(error: GoogleAPICallError) -> str:
    for entry in error.errors or ():
        if isinstance(entry, Mapping) and entry.get("reason"):
            return str(entry["reason"])
    return ""


def _message(reason: str, what: str, text: str) -> str:
    return f"bigquery{f' {reason}' if reason else ''}: {f'{what}: ' if what else ''}{text.rstrip('.')}."


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0].strip()
