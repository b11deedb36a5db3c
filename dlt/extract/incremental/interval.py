"""The time that a scheduler asks for, as start and end of a cursor."""

from __future__ import annotations

import datetime
import os

from dlt.context import current
from dlt.extract.incremental.cursor import as_datetime


def asked_interval(kind: object) -> tuple[object, object] | None:
    """Return start and end, end excluded, as values of a cursor; None if nobody asks for a time.

    The window of a task comes before DLT_INTERVAL_START and DLT_INTERVAL_END.

    Args:
        kind: Class of the cursor's values; what is no class stands for moments.
    """
    start, end = os.environ.get("DLT_INTERVAL_START"), os.environ.get("DLT_INTERVAL_END")
    # the window belongs to this task, the variables to the whole process
    window = current().window
    if window is not None:
        start, end = window[0].isoformat(), window[1].isoformat()
    known = kind if isinstance(kind, type) else datetime.datetime
    return (_as_kind(start, known), _as_kind(end, known)) if start and end else None


def _as_kind(text: str, kind: type) -> object:
    if issubclass(kind, str):
        return text
    moment = as_datetime(text)
    if issubclass(kind, (int, float)) and kind is not bool:
        aware = moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)
        # a cursor of numbers holds seconds since 1970
        return kind(aware.timestamp())
    if issubclass(kind, datetime.date) and not issubclass(kind, datetime.datetime):
        return moment.date()
    return moment
