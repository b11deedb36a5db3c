"""Errors of dbt packages under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from typing import NamedTuple

from dlt.errors import DltException


class DBTNodeResult(NamedTuple):
    """What became of one model.

    Attributes:
        model_name: The model.
        message: What dbt said.
        time: Seconds that it took.
        status: "success", "error" or another word of dbt.
    """

    model_name: str
    message: str
    time: float
    status: str


class DBTRunnerException(DltException):
    """Named by programs, raised by nothing here."""


class PrerequisitesException(DBTRunnerException):
    """Named by programs, raised by nothing here."""


class DBTProcessingError(DBTRunnerException):
    """Named by programs, raised by nothing here."""


class IncrementalSchemaOutOfSyncError(DBTProcessingError):
    """Named by programs, raised by nothing here."""
