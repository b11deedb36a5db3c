"""Progress in the log of a task. Used in tasks only."""

from __future__ import annotations

import logging

from dlt.progress import TableLog

PERIOD = 30.0
"""Seconds between two reports of a step that goes on."""


def task_progress(period: float = PERIOD) -> TableLog:
    """Return a collector that tells rows, rows per second and memory in the task's log.

    Args:
        period: Seconds between two reports.
    """
    # bars would be lines without number in the log of a task
    return TableLog(period, logging.getLogger("dlt"))
