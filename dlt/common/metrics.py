"""Figures of files and jobs under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import NamedTuple

from dlt.metrics import Metrics
from dlt.metrics import StepFigures as StepMetrics

__all__ = [
    "EMPTY_DATA_WRITER_METRICS",
    "DataWriterMetrics",
    "ExtractMetrics",
    "LoadJobMetrics",
    "LoadMetrics",
    "Metrics",
    "NormalizeMetrics",
    "StepMetrics",
]

ExtractMetrics = NormalizeMetrics = LoadMetrics = StepMetrics


class DataWriterMetrics(NamedTuple):
    """What was written into a file, or into all files of a table."""

    file_path: str
    items_count: int
    file_size: int
    created: float
    last_modified: float

    def __add__(self, other: object) -> DataWriterMetrics:
        """Return both together, over the time of both."""
        if not isinstance(other, DataWriterMetrics):
            return NotImplemented
        return DataWriterMetrics(
            self.file_path if self.file_path == other.file_path else "",
            self.items_count + other.items_count,
            self.file_size + other.file_size,
            min(self.created, other.created),
            max(self.last_modified, other.last_modified),
        )


EMPTY_DATA_WRITER_METRICS = DataWriterMetrics("", 0, 0, 2**32, 0.0)
"""What adds nothing to others."""


class LoadJobMetrics(NamedTuple):
    """What a job of a load came to."""

    job_id: str
    file_path: str
    table_name: str
    started_at: datetime.datetime
    finished_at: datetime.datetime | None
    state: str
    remote_url: str | None
    retry_count: int = 0
    followup_jobs: Sequence[str] | None = ()
