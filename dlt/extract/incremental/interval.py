"""The time that a scheduler asks for, as start and end of a cursor."""

from __future__ import annotations

import datetime
import importlib
import os
import sys

from dlt.context import current
from dlt.extract.incremental.cursor import LastValueFunc, align, as_datetime

_AIRFLOW = ("airflow.sdk", "airflow.operators.python")
"""Where a task of Airflow 3 and of Airflow 2 finds what it was started with."""


def asked_interval(kind: object) -> tuple[object, object] | None:
    """Return start and end, end excluded, as values of a cursor; None if nobody asks for a time.

    The window of a task comes before DLT_INTERVAL_START and DLT_INTERVAL_END, and these before the data interval of
    the Airflow task that runs.

    Args:
        kind: Class of the cursor's values; what is no class stands for moments.
    """
    start, end = os.environ.get("DLT_INTERVAL_START"), os.environ.get("DLT_INTERVAL_END")
    # the window belongs to this task, the variables to the whole process
    window = current().window or (None if start and end else airflow_interval())
    if window is not None:
        start, end = window[0].isoformat(), window[1].isoformat()
    known = kind if isinstance(kind, type) else datetime.datetime
    return (_as_kind(start, known), _as_kind(end, known)) if start and end else None


def inside(
    own: tuple[object, object],
    asked: tuple[object, object],
    last_value_func: LastValueFunc,
    cursor_path: str,
    resource_name: str,
) -> tuple[object, object]:
    """Return the part of what is asked for that lies between the start and the end of the cursor's settings.

    Args:
        own: Start and end of the settings; None where they have none.
        asked: Start and end that a scheduler asks for.
        last_value_func: max or min.
        cursor_path: For messages.
        resource_name: For messages.

    Raises:
        IncrementalCursorInvalidCoercion: the two cannot be compared.
    """
    first, last = (align(value, like, cursor_path, resource_name) for value, like in zip(own, asked, strict=True))
    start, end = asked
    if first is not None and last_value_func((first, start)) == first:
        start = first
    if last is not None and last_value_func((last, end)) == end:
        end = last
    return start, end


def airflow_interval() -> tuple[datetime.datetime, datetime.datetime] | None:
    """Return the data interval of the Airflow task that runs; None outside of one, and for a run without an interval.

    A task of `dlt_airflow` says by its window what is loaded, and without one it is what the cursors say.
    """
    if current().in_task:
        return None
    for name in _AIRFLOW:
        # in a task Airflow is imported by now, and anywhere else it is not worth its seconds
        if name not in sys.modules and "airflow" not in sys.modules:
            continue
        try:
            found = importlib.import_module(name).get_current_context()
        # each version of Airflow says in its own class that no task runs
        except Exception:  # noqa: BLE001
            continue
        start, end = found.get("data_interval_start"), found.get("data_interval_end")
        return (start, end) if start and end else None
    return None


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
